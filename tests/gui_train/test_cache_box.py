"""The feature cache in the Train tab: its size, and how it is emptied."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel

from fstmuse_core.datasets.cache import CacheSize, FeatureCache
from fstmuse_core.runs.events import Cancelled
from fstmuse_core.runs.store import TrainingLock
from fstmuse_core.system.errors import FstMuseError
from fstmuse_gui.train.data.cache import CacheBox, CachePresenter
from fstmuse_gui.widgets.dialogs import Question
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.fakes import make_started

GIB = 2**30


@dataclass
class Cache:
    """Stands for the cache on the disk."""

    size: CacheSize = field(default_factory=lambda: CacheSize(3_400, round(1.2 * GIB)))
    trouble: str = ""
    may_end: threading.Event = field(default_factory=threading.Event)

    def look(self) -> CacheSize:
        if self.trouble:
            raise FstMuseError("index.sqlite", self.trouble)
        return self.size

    def empty(self) -> int:
        assert threading.current_thread() is not threading.main_thread()
        assert self.may_end.wait(120)
        freed, self.size = self.size.bytes, CacheSize(0, 20_480)
        return freed


@pytest.fixture
def cache() -> Cache:
    return Cache()


@pytest.fixture
def bench(make_bench: MakeTrainBench, cache: Cache) -> TrainBench:
    """A window with this cache behind it."""
    bench = make_bench(
        cache=lambda view, parent: CachePresenter(
            view, parent, sizer=cache.look, emptier=cache.empty
        )
    )
    bench.survey()
    return bench


def unfold(bench: TrainBench) -> CacheBox:
    """The box, as soon as it knows."""
    bench.form.recipe.fold_button.setChecked(True)
    bench.qtbot.waitUntil(lambda: ": " in bench.form.cache.text)
    return bench.form.cache


def answer(monkeypatch: pytest.MonkeyPatch, value: str) -> list[list[str]]:
    """Give this answer to each question; returns what the questions say."""
    said: list[list[str]] = []

    def ask(question: Question) -> str:
        said.append([label.text() for label in question.findChildren(QLabel)])
        question.deleteLater()
        return value

    monkeypatch.setattr(Question, "ask", ask)
    return said


def test_its_size_is_shown(bench: TrainBench) -> None:
    assert bench.form.cache.text == "Feature cache"
    box = unfold(bench)
    assert box.text == "Feature cache: 1.2 GiB, 3,400 clips"
    assert box.empty_button.isEnabled()
    assert box.empty_button.accessibleDescription() == box.text


@pytest.mark.parametrize(
    ("size", "text", "can_be"),
    [
        (CacheSize(0, 0), "empty", False),
        (CacheSize(0, 40_960), "empty", False),
        (CacheSize(0, 20 * 2**20), "20.0 MiB, 0 clips", True),
        (CacheSize(1, 400_000), "0.4 MiB, 1 clip", True),
    ],
)
def test_what_is_worth_emptying(
    bench: TrainBench, cache: Cache, size: CacheSize, text: str, can_be: bool
) -> None:
    cache.size = size
    box = unfold(bench)
    assert box.text == f"Feature cache: {text}"
    assert box.empty_button.isEnabled() == can_be


def test_emptying_asks_and_says_what_was_freed(
    bench: TrainBench, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = answer(monkeypatch, "yes")
    box = unfold(bench)

    box.empty_button.click()

    assert "1.2 GiB become free" in said[0][1]
    assert box.text == "Feature cache: being emptied\N{HORIZONTAL ELLIPSIS}"
    assert not box.empty_button.isEnabled()
    cache.may_end.set()
    bench.qtbot.waitUntil(lambda: box.text == "Feature cache: empty")
    assert bench.view.notice.text == "The feature cache is empty; 1.2 GiB were freed."
    assert not box.empty_button.isEnabled()


def test_who_would_rather_not_keeps_it(
    bench: TrainBench, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "")
    box = unfold(bench)
    box.empty_button.click()
    assert box.text == "Feature cache: 1.2 GiB, 3,400 clips"
    assert box.empty_button.isEnabled()


def test_not_while_a_training_runs(bench: TrainBench, cache: Cache) -> None:
    box = unfold(bench)
    bench.presenter.train()
    assert not box.empty_button.isEnabled()
    assert "when the training is over" in box.empty_button.toolTip()
    assert "when the training is over" in box.empty_button.accessibleDescription()
    cache.size = CacheSize(5_000, 2 * GIB)
    bench.tell(make_started(), Cancelled())
    bench.qtbot.waitUntil(lambda: box.text == "Feature cache: 2.0 GiB, 5,000 clips")
    assert box.empty_button.isEnabled()


def test_a_damaged_cache_can_be_emptied(
    bench: TrainBench, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.trouble = "the feature cache cannot be used"
    said = answer(monkeypatch, "yes")
    box = unfold(bench)
    assert box.text == "Feature cache: cannot be read"
    cache.may_end.set()
    cache.trouble = ""
    box.empty_button.click()
    assert said[0][1].startswith("Your music stays")
    bench.qtbot.waitUntil(lambda: box.text == "Feature cache: empty")


def test_the_real_cache_and_a_training_that_no_window_follows(
    make_bench: MakeTrainBench,
    tones: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FSTMUSE_CACHE", str(tmp_path))
    with FeatureCache() as features:
        features.fill(sorted(tones.rglob("*.wav")), processes=1)
        folder = features.folder
    answer(monkeypatch, "yes")
    bench = make_bench(cache=CachePresenter)
    box = unfold(bench)
    assert box.text == "Feature cache: 0.2 MiB, 4 clips"
    with TrainingLock("by-hand"):
        box.empty_button.click()
        bench.qtbot.waitUntil(lambda: "by-hand is being trained" in bench.view.notice.text)
        bench.qtbot.waitUntil(box.empty_button.isEnabled)
    box.empty_button.click()
    bench.qtbot.waitUntil(lambda: box.text == "Feature cache: empty")
    assert not list(folder.glob("*.mel.npy"))
    assert bench.view.notice.text == "The feature cache is empty; 0.2 MiB were freed."


def _trains(bench: TrainBench, _cache: Cache) -> None:
    bench.presenter.train()


def _asks(bench: TrainBench, _cache: Cache) -> None:
    bench.form.cache.empty_button.click()


def _emptied(bench: TrainBench, cache: Cache) -> None:
    cache.may_end.set()
    bench.form.cache.empty_button.click()
    bench.qtbot.waitUntil(lambda: bench.form.cache.text.endswith("empty"))


STATES: dict[str, Callable[[TrainBench, Cache], None]] = {
    "full": lambda _bench, _cache: None,
    "trains": _trains,
    "asks": _asks,
    "emptied": _emptied,
}


@pytest.mark.parametrize("theme_name", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_it_can_be_seen(
    state: str,
    theme_name: str,
    bench: TrainBench,
    cache: Cache,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ask(question: Question) -> str:
        question.show()
        QCoreApplication.processEvents()
        assert question.grab().save(str(pictures / f"cache-question-{theme_name}.png"))
        question.deleteLater()
        return "yes" if state == "emptied" else ""

    monkeypatch.setattr(Question, "ask", ask)
    bench.window.choose_theme(theme_name)
    bench.window.resize(1100, 900)
    unfold(bench)
    STATES[state](bench, cache)
    bench.qtbot.wait(300)  # what is unfolded comes into view
    assert bench.window.grab().save(str(pictures / f"cache-{state}-{theme_name}.png"))
