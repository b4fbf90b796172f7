"""A training that runs already when the window opens: found, shown by a quiet sign, told of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.runs.events import Cancelled, Failed, Preparing
from fstmuse_core.runs.store import TrainingLock, runs_folder
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.tabs import BadgeKind, TabBadge
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.results.presenter import PastRun
from fstmuse_gui.train.run.background import BackgroundTraining, running_run
from fstmuse_gui.train.run.closing import Closing, StopKeeps
from fstmuse_gui.train.run.queue import TRAIN_QUEUE
from tests.gui_train.child import DONE, EPOCH, START
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.fakes import FakeTraining, make_done, make_epoch, make_progress, make_started
from tests.gui_train.told import line
from tests.narrowing import current


class Kept:
    """A window with the Classify tab in front, while a training runs."""

    def __init__(
        self, make_bench: MakeTrainBench, qtbot: QtBot, run: Path = Path("/runs/r1")
    ) -> None:
        self.followed: list[FakeTraining] = []
        self.signs: list[TabBadge | None] = []
        self.said: list[str] = []

        def follow(folder: Path, parent: object) -> FakeTraining:
            self.followed.append(FakeTraining(folder))
            return self.followed[-1]

        def kept(parent: object) -> BackgroundTraining:
            return BackgroundTraining(
                parent,  # type: ignore[arg-type]
                finder=lambda: ("evening", run),
                follower=follow,
            )

        self.bench: TrainBench = make_bench(front=0, background=kept)
        self.bench.window._context.badges.changed.connect(
            lambda _title, sign: self.signs.append(sign)
        )
        self.bench.tab.message.connect(self.said.append)
        # On a busy machine it has looked by itself already.
        self.bench.tab._kept.look()
        qtbot.waitUntil(lambda: bool(self.followed))

    @property
    def tip(self) -> str:
        return self.bench.window._tab_widget.tabToolTip(1)

    @property
    def has_icon(self) -> bool:
        return not self.bench.window._tab_widget.tabIcon(1).isNull()


@pytest.fixture
def kept(make_bench: MakeTrainBench, qtbot: QtBot) -> Kept:
    return Kept(make_bench, qtbot)


def test_a_sign_beside_the_title_shows_how_far_it_is(kept: Kept) -> None:
    assert kept.bench.tab._built is None
    assert kept.has_icon
    assert kept.tip == "evening is training"
    kept.followed[0].told.emit(make_started("/runs/r1"))
    kept.followed[0].told.emit(make_progress(13, 50))
    assert kept.tip == "evening is training: 41 %"
    bar = kept.bench.window._tab_widget.tabBar()
    assert bar.accessibleTabName(1) == "Train: evening is training: 41 %"
    told = len(kept.signs)
    kept.followed[0].told.emit(make_progress(13, 51))
    assert len(kept.signs) == told  # the same per cent: nothing is drawn anew


def test_who_looks_twice_follows_it_once(kept: Kept, qtbot: QtBot) -> None:
    kept.bench.tab._kept.look()
    qtbot.waitUntil(lambda: not kept.bench.tab._kept._background._threads)
    assert len(kept.followed) == 1


def test_its_end_is_said_and_its_model_offered(kept: Kept, qtbot: QtBot) -> None:
    with qtbot.waitSignal(kept.bench.window._context.models.changed):
        kept.followed[0].told.emit(make_done(name="evening"))
    assert kept.said == ["evening is ready."]
    assert kept.tip == "evening is ready"
    assert kept.signs[-1] == TabBadge(BadgeKind.DONE, "evening is ready")
    assert kept.bench.tab.may_close()


@pytest.mark.parametrize(
    ("end", "said", "tip"),
    [
        (Failed("no"), "evening could not be trained to its end.", "evening could not be trained"),
        (Cancelled(), "evening was discarded.", ""),
    ],
)
def test_other_ends_are_said_too(kept: Kept, end: object, said: str, tip: str) -> None:
    kept.followed[0].told.emit(end)
    assert kept.said == [said]
    assert kept.tip == tip
    assert kept.has_icon == bool(tip)


def test_who_opens_the_tab_sees_what_has_ended(kept: Kept, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "events.jsonl").write_text(
        "\n".join([line("started", **START), line("epoch", **EPOCH), line("done", **DONE), ""])
    )
    row = RunRow("r1", "mine", "Done, 2 of 2 epochs", "done")
    kept.bench.runs.append(PastRun(row, tmp_path, False))
    kept.followed[0].told.emit(make_done())
    kept.bench.window._tab_widget.setCurrentIndex(1)
    assert not kept.has_icon
    qtbot.waitUntil(lambda: kept.bench.view.page is kept.bench.view.results_page)


def test_the_next_begins_though_nobody_looks(kept: Kept, settings: Settings, qtbot: QtBot) -> None:
    settings.set(TRAIN_QUEUE, [["second", "--model", "fst-muse", "--out", "second"]])
    kept.followed[0].told.emit(make_done())
    qtbot.waitUntil(lambda: len(kept.bench.begun) == 1)
    assert kept.bench.training.what == ["--model", "fst-muse", "--out", "second"]
    assert kept.said[-1] == "The training of second has begun."
    assert kept.tip == "second is training"


def test_who_opens_the_tab_follows_what_still_runs(kept: Kept, qtbot: QtBot) -> None:
    row = RunRow("r1", "evening", "Training now", "running")
    kept.bench.runs.append(PastRun(row, Path("/runs/r1"), False))
    kept.bench.window._tab_widget.setCurrentIndex(1)
    qtbot.waitUntil(lambda: kept.bench.tab.live.is_running)
    assert kept.followed[0].heard == ["let go"]
    kept.bench.tell(make_started("/runs/r1"), make_epoch(3))
    assert kept.tip == "evening is training: 10 %"
    kept.bench.window._tab_widget.setCurrentIndex(0)
    kept.bench.runs.clear()
    kept.bench.tell(make_done())
    assert kept.signs[-1] == TabBadge(BadgeKind.DONE, "my-library is ready")
    kept.bench.window._tab_widget.setCurrentIndex(1)
    assert not kept.has_icon


def test_an_end_that_nobody_heard_leaves_no_sign(kept: Kept, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "events.jsonl").write_text(line("started", **START) + "\n" + line("done", **DONE))
    kept.followed[0].told.emit(make_started("/runs/r1"))
    kept.followed[0].told.emit(make_epoch(29))
    row = RunRow("r1", "evening", "Done, 30 of 30 epochs", "done")
    kept.bench.runs.append(PastRun(row, tmp_path, False))
    kept.bench.window._tab_widget.setCurrentIndex(1)
    qtbot.waitUntil(lambda: kept.bench.view.page is kept.bench.view.results_page)
    assert not kept.has_icon
    assert kept.tip == ""


def test_what_ends_before_the_eyes_needs_no_sign(running: TrainBench) -> None:
    tabs = running.window._tab_widget
    assert not tabs.tabIcon(1).isNull()
    running.tell(make_done())
    assert tabs.tabIcon(1).isNull()


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (Closing.KEEP, ["let go"]),
        (Closing.STOP, ["stop", "let go"]),
        (Closing.CANCEL, ["cancel", "let go"]),
    ],
)
def test_closing_asks_though_the_tab_was_never_opened(
    kept: Kept, answer: Closing, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(_parent: object, title: str, _keeps: object) -> Closing:
        asked.append(title)
        return answer

    monkeypatch.setattr("fstmuse_gui.train.tab.ask_closing", ask)
    kept.bench.window.close()
    assert asked == ["evening"]
    assert kept.followed[0].heard == heard
    assert kept.bench.tab._built is None


def test_what_a_stop_would_keep_of_it(
    make_bench: MakeTrainBench, qtbot: QtBot, tmp_path: Path
) -> None:
    kept = Kept(make_bench, qtbot, tmp_path / "new")
    training = kept.bench.tab._kept
    assert current(training.stop_keeps) is StopKeeps.NOTHING
    kept.followed[0].told.emit(make_started())
    assert current(training.stop_keeps) is StopKeeps.MODEL
    kept.followed[0].told.emit(Preparing("testing", 0, 1))
    assert current(training.stop_keeps) is StopKeeps.MODEL

    (tmp_path / "old" / "checkpoint" / "epoch-00001").mkdir(parents=True)
    kept = Kept(make_bench, qtbot, tmp_path / "old")
    kept.followed[0].told.emit(make_started())
    kept.followed[0].told.emit(Preparing("reading", 0, 1))
    assert kept.bench.tab._kept.stop_keeps is StopKeeps.EARLIER


def test_a_running_run_is_found_by_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path))
    assert running_run() is None
    folder = runs_folder() / "r1"
    folder.mkdir(parents=True)
    with TrainingLock("r1"):
        assert running_run() == ("r1", folder)  # its record is not written yet
        settings = {"model": "toy-model", "design": "ours", "out": "evening", "epochs": 2}
        (folder / "run.json").write_text(json.dumps({"settings": settings}))
        assert running_run() == ("evening", folder)
    assert running_run() is None
