"""Earlier trainings: the list, what it shows, and going on with one."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from fstmuse_core.bundle.bundle import load_bundle, shipped_models_folder
from fstmuse_core.bundle.changes import delete_model, find_deleted, rename_model, restore_model
from fstmuse_core.bundle.manifest import manifest_bytes
from fstmuse_core.runs.events import event_line
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.results.presenter import PastRun, past_runs
from fstmuse_gui.train.run.background import running_run
from fstmuse_gui.train.run.curves import smoothed
from tests.gui_train.child import DONE, EPOCH, START
from tests.gui_train.conftest import TrainBench
from tests.gui_train.fakes import make_done, make_epoch, make_started
from tests.gui_train.told import line

UNFINISHED = PastRun(
    RunRow("r3", "jazz-or-folk", "Unfinished, 4 of 20 epochs", "unfinished"), Path("/r3"), True
)


def test_an_unfinished_run_resumes(bench: TrainBench, qtbot: QtBot) -> None:
    bench.runs.append(UNFINISHED)
    with qtbot.waitSignal(bench.tab.past.listed):
        bench.tab.past.refresh()
    listed = bench.view.form.runs.list
    listed.setFocus()
    qtbot.keyClick(listed, Qt.Key.Key_Down)
    assert bench.view.page is bench.view.trouble_page
    assert "4 of 20 epochs" in bench.view.trouble_page.sentence
    bench.view.trouble_page.retry_button.click()
    assert bench.training.what == ["--resume", "r3"]


def test_who_resumes_while_another_runs_waits_for_it(
    running: TrainBench, own_folders: Path, qtbot: QtBot
) -> None:
    (own_folders / "fstmuse" / "runs" / "r3").mkdir(parents=True)
    running.runs.append(UNFINISHED)
    with qtbot.waitSignal(running.tab.past.listed):
        running.tab.past.refresh()
    running.presenter.show_run("r3")
    with qtbot.waitSignal(running.tab.message) as said:
        running.view.trouble_page.retry_button.click()
    assert said.args == ["jazz-or-folk goes on when the trainings before it have ended."]
    running.view.trouble_page.retry_button.click()  # once is enough
    assert [item.title for item in running.presenter.queue._queue.items] == ["jazz-or-folk"]
    assert len(running.begun) == 1
    running.tell(make_done())
    qtbot.waitUntil(lambda: len(running.begun) == 2)
    assert running.training.what == ["--resume", "r3"]
    assert running.tab.live.title == "jazz-or-folk"


def test_what_was_deleted_meanwhile_does_not_go_on(
    running: TrainBench, own_folders: Path, qtbot: QtBot
) -> None:
    said: list[str] = []
    running.tab.message.connect(said.append)
    running.presenter.queue.add_resume("r3", "jazz-or-folk")
    running.tell(make_done())
    qtbot.waitUntil(lambda: "jazz-or-folk does not go on: the training was deleted." in said)
    assert len(running.begun) == 1
    assert running.presenter.queue._queue.items == ()


def test_what_waits_says_that_its_training_was_deleted(
    running: TrainBench, own_folders: Path, qtbot: QtBot
) -> None:
    folder = own_folders / "fstmuse" / "runs" / "r3"
    folder.mkdir(parents=True)
    running.runs.append(UNFINISHED)
    queue, runs = running.presenter.queue, running.view.form.runs.list

    def listed() -> list[str]:
        with qtbot.waitSignal(running.tab.past.listed):
            running.tab.past.refresh()
        return [str(runs.item(place).toolTip()) for place in range(runs.count())]

    queue.add_resume("r3", "jazz-or-folk")
    running.presenter.show_run(queue._queue.items[0].key)
    assert "Waiting, next" in listed()
    folder.rmdir()
    running.runs.remove(UNFINISHED)
    assert "Deleted, does not go on" in listed()
    page = running.view.trouble_page
    assert "was deleted" in page.sentence
    # As after the undo of what deleted it.
    folder.mkdir()
    assert "Waiting, next" in listed()
    folder.rmdir()
    listed()
    page.remove_button.click()
    assert queue._queue.items == ()


def test_what_is_gone_on_with_by_hand_waits_no_more(bench: TrainBench, qtbot: QtBot) -> None:
    bench.runs.append(UNFINISHED)
    with qtbot.waitSignal(bench.tab.past.listed):
        bench.tab.past.refresh()
    bench.presenter.queue.add_resume("r3", "jazz-or-folk")
    bench.presenter.show_run("r3")
    bench.view.trouble_page.retry_button.click()
    assert bench.training.what == ["--resume", "r3"]
    assert bench.presenter.queue._queue.items == ()


def test_a_finished_run_shows_its_result_again(
    bench: TrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "events.jsonl").write_text(
        "\n".join([line("started", **START), line("epoch", **EPOCH), line("done", **DONE), ""])
    )
    bench.runs.append(PastRun(RunRow("r1", "mine", "Done, 2 of 2 epochs", "done"), tmp_path, False))
    with qtbot.waitSignal(bench.tab.past.listed):
        bench.tab.past.refresh()
    bench.presenter.show_run("r1")
    assert bench.view.page is bench.view.results_page
    bench.view.results_page.curves_button.click()
    assert bench.view.run_page.classifier.curves.loss.validation.y == [0.6]
    assert not bench.view.run_page.stop_button.isVisible()


PREPARING = line("preparing", stage="reading", done=0, total=1)
FAILURE = "the disk is full"


@pytest.mark.parametrize(
    "later",
    [
        [PREPARING],
        [PREPARING, line("cancelled", run="r1", kept=True)],
        [PREPARING, line("failed", sentence=FAILURE, run="r1", resumable=True)],
    ],
    ids=["killed", "stopped", "failed"],
)
def test_a_resume_that_did_not_go_on_leaves_the_result(
    later: list[str], bench: TrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    done = line("done", **{**DONE, "stopped_early": True, "resumable": True})
    said = [line("started", **START), line("epoch", **EPOCH), done, *later, ""]
    (tmp_path / "events.jsonl").write_text("\n".join(said))
    row = RunRow("r1", "mine", "Stopped, 1 of 2 epochs", "stopped")
    bench.runs.append(PastRun(row, tmp_path, True))
    with qtbot.waitSignal(bench.tab.past.listed):
        bench.tab.past.refresh()
    bench.presenter.show_run("r1")
    assert bench.view.page is bench.view.results_page
    assert bench.view.results_page.resume_button.isVisible()
    assert (f"{FAILURE}." in bench.view.notice.text) == ("failed" in later[-1])


def test_a_resumed_run_that_went_on_and_was_cut_off_says_how_far_it_is(
    bench: TrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    resumed = line("started", **{**START, "resumed_from_epoch": 1})
    said = [line("started", **START), line("epoch", **EPOCH), line("done", **DONE), resumed, ""]
    (tmp_path / "events.jsonl").write_text("\n".join(said))
    row = RunRow("r1", "mine", "Stopped, 1 of 2 epochs", "stopped")
    bench.runs.append(PastRun(row, tmp_path, True))
    with qtbot.waitSignal(bench.tab.past.listed):
        bench.tab.past.refresh()
    bench.presenter.show_run("r1")
    assert "interrupted after 1 of 2 epochs." in bench.view.trouble_page.sentence


def test_stop_beside_an_earlier_result_ends_in_the_new_one(
    running: TrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "events.jsonl").write_text(
        "\n".join([line("started", **START), line("done", **DONE), ""])
    )
    row = RunRow("r0", "mine", "Done, 2 of 2 epochs", "done")
    running.runs.append(PastRun(row, tmp_path, False))
    with qtbot.waitSignal(running.tab.past.listed):
        running.tab.past.refresh()
    running.presenter.show_run("r0")
    running.tab._stop.trigger()
    running.tell(make_done(name="new", resumable=True))
    with qtbot.waitSignal(running.presenter.model_wanted) as wanted:
        running.view.results_page.use_button.click()
    assert wanted.args == ["new"]
    running.view.results_page.resume_button.click()
    assert running.training.what == ["--resume", "r1"]


def test_a_training_that_runs_already_is_followed(bench: TrainBench, qtbot: QtBot) -> None:
    row = RunRow("r9", "in-a-terminal", "Training now", "running")
    bench.runs.append(PastRun(row, Path("/r9"), False))
    with qtbot.waitSignal(bench.tab.past.listed):
        bench.tab.past.refresh()
    assert bench.training.what == Path("/r9")
    bench.tell(make_started("/runs/r9"), make_epoch(1))
    assert bench.view.page is bench.view.run_page


def test_only_models_of_this_tab_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fstmuse_core.runs.store.runs_folder", lambda: tmp_path)
    for model in ("toy-gan", "other"):
        (tmp_path / model).mkdir()
        settings = {"model": model, "design": "ours", "out": model, "epochs": 2}
        (tmp_path / model / "run.json").write_text(json.dumps({"settings": settings}))

    assert [run.row.title for run in past_runs()] == ["toy-gan"]

    for model, found in (("toy-gan", ("toy-gan", tmp_path / "toy-gan")), ("other", None)):
        monkeypatch.setattr("fstmuse_core.runs.store.running_training", lambda name=model: name)
        assert running_run() == found


def test_a_renamed_model_is_used_by_its_new_name_and_a_deleted_one_is_said(
    running: TrainBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own" / "models"
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: folder)
    shutil.copytree(shipped_models_folder() / "toy-model", folder / "mine")
    values = json.loads((folder / "mine" / "model.json").read_bytes())
    values |= {"name": "mine", "title": "mine"}
    (folder / "mine" / "model.json").write_bytes(manifest_bytes(values))
    sha = load_bundle(folder / "mine").sha256
    running.tell(replace(make_done(name="mine"), sha256=sha))
    wanted: list[str] = []
    running.presenter.model_wanted.connect(wanted.append)

    rename_model("mine", "My songs")
    running.view.results_page.use_button.click()
    assert wanted == ["My-songs"]
    delete_model("My-songs")
    running.view.results_page.use_button.click()
    assert wanted == ["My-songs"]
    assert "My songs was deleted: bring it back in the Models tab" in running.view.notice.text
    restore_model(find_deleted())
    running.view.results_page.use_button.click()
    assert wanted == ["My-songs", "My-songs"]


def other_run(folder: Path, name: str, losses: list[float], model: str = "toy-model") -> PastRun:
    folder.mkdir()
    epochs = [replace(make_epoch(n), epoch=n, val_loss=loss) for n, loss in enumerate(losses, 1)]
    (folder / "events.jsonl").write_text(
        event_line(make_started()) + "".join(event_line(epoch) for epoch in epochs)
    )
    row = RunRow(name, name.upper(), "Done", "done")
    return PastRun(row, folder, False, model, has_epochs=True)


def test_curves_of_other_trainings_are_laid_over(
    running: TrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    running.runs.append(other_run(tmp_path / "a", "earlier", [0.9, 0.7, 0.8]))
    running.runs.append(other_run(tmp_path / "b", "music", [9.0], model="toy-gan"))
    with qtbot.waitSignal(running.tab.past.listed):
        running.tab.past.refresh()
    page = running.view.run_page
    (entry,) = page.others.menu().actions()
    assert entry.text() == "EARLIER", "a generator's figures are others"
    entry.trigger()
    loss = page.classifier.curves.loss
    qtbot.waitUntil(lambda: bool(loss._others))
    ((title, curve),) = loss._others
    assert (title, curve.x, curve.y) == ("EARLIER", [1, 2, 3], [0.9, 0.7, 0.8])
    assert "EARLIER" in page.classifier.curves.legend.text()
    entry.trigger()
    qtbot.waitUntil(lambda: not loss._others)
    assert not page.classifier.curves.legend.isVisible()


def test_smoothing_draws_running_means_and_keeps_the_values(running: TrainBench) -> None:
    page, loss = running.view.run_page, running.view.run_page.classifier.curves.loss
    kept = list(loss.validation.y)
    page.smoothing.setValue(60)
    drawn = loss.validation.item.getData()[1]
    assert list(drawn) == pytest.approx(smoothed(kept, 0.6))
    assert loss.validation.y == kept
    assert smoothed([1.0, 0.0, 0.0], 0.5) == pytest.approx([1.0, 1 / 3, 1 / 7])
    assert smoothed([2.0, 2.0], 0.9) == pytest.approx([2.0, 2.0])
    page.smoothing.setValue(0)
    assert list(loss.validation.item.getData()[1]) == kept
