"""Nothing of the Train tab moves under the pointer while a training goes its way."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize

from fstmuse_core.runs import spec
from fstmuse_core.runs.events import Cancelled, Failed, Preparing, Warned
from fstmuse_gui.settings import Settings
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.form.presenter import TRAIN_DESIGN
from fstmuse_gui.train.run.curves import PlotStack
from tests.gui.stillness import settle, still
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.fakes import make_done, make_epoch, make_progress, make_started
from tests.gui_train.gan_fakes import (
    make_gan_done,
    make_gan_epoch,
    make_gan_progress,
    make_gan_started,
    make_samples,
)

SIZES = [QSize(1024, 640), QSize(1280, 800)]
LONG = "what-we-played-on-the-long-evenings-of-the-summer-by-the-sea"
SENTENCE = "The disk is nearly full; what is learned may not be kept. " * 4


def walk(bench: TrainBench, *events: object) -> None:
    """Let the training say these, each without a move."""
    stacks = bench.window.findChildren(PlotStack)
    for event in events:
        with still(bench.window):
            bench.tell(event)
        # Values stand above the curves once these are drawn, which is in turns to come.
        with still(bench.window):
            bench.qtbot.waitUntil(lambda: all(stack.is_drawn for stack in stacks))


def come_and_go(bench: TrainBench) -> None:
    """Let a short and a long notice come and go."""
    for text in ("The disk is nearly full.", SENTENCE, ""):
        with still(bench.window):
            bench.view.notice.say(text)


def begin(bench: TrainBench, size: QSize, name: str = "my-library") -> None:
    bench.window.resize(size)
    bench.survey()
    bench.form.name.setText(name)
    settle()
    # The user asked for this: another page comes.
    bench.presenter.train()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_before_a_training(bench: TrainBench, size: QSize) -> None:
    bench.window.resize(size)
    come_and_go(bench)
    bench.learn_from("/music/my library")
    come_and_go(bench)
    form, page = bench.form, bench.view.data_page
    for done in (0, 99, 12_345):
        with still(bench.window):
            page.show_checking(done, 12_345)
    with still(bench.window):
        page.show_idle()
    for count in (0, 1, 1_234):
        with still(bench.window):
            bench.music._on_corrections(count)
    rows = [RunRow(f"r{number}", f"{LONG}{number}", "Done", "done") for number in range(6)]
    for several in (rows[:1], rows[:2], rows, []):
        with still(bench.window):
            form.runs.show_runs(several)
    with still(bench.window):  # as when a model of that name is imported
        bench.presenter.form.taken_names = lambda: {"my-library"}
        bench.presenter.form.check()
    assert form.name_field.trouble
    chips = list(form.chips.chips.values())
    for chip in (*chips[1:], *chips[1:]):
        with still(bench.window):
            chip.click()
    assert form.left_out == ""


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_reading_music_moves_nothing_above_the_data_sets(bench: TrainBench, size: QSize) -> None:
    bench.window.resize(size)
    form = bench.form
    with still(bench.window, but=(form.data, form._genres, form.recipe, form.command)):
        bench.music.add("/music/my library", "/music/another")
    assert form.chips.chips


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", ["my-library", LONG])
def test_a_deep_training(bench: TrainBench, size: QSize, name: str) -> None:
    begin(bench, size, name)
    walk(bench, Preparing("reading", 0, 0), Preparing("features", 1, 100_000))
    come_and_go(bench)
    walk(bench, Preparing("features", 99_999, 100_000), make_started(), make_progress(1))
    walk(bench, make_epoch(1), Warned(SENTENCE), make_progress(2), make_epoch(2))
    bench.form.name.setText("another")
    with still(bench.window):
        bench.tab._train.trigger()  # it waits in the queue
    walk(bench, *(make_epoch(number) for number in range(3, 12)))
    with still(bench.window):
        bench.presenter.stop()
    walk(bench, Preparing("testing", 0, 0), make_done())


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_quick_training(make_bench: MakeTrainBench, settings: Settings, size: QSize) -> None:
    settings.set(TRAIN_DESIGN, spec.QUICK)
    bench = make_bench()
    begin(bench, size)
    walk(bench, Preparing("tagger", 1, 900), Preparing("tagger", 900, 900), make_started())
    come_and_go(bench)
    walk(bench, Preparing("testing", 0, 0), make_done())


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_generator(bench: TrainBench, size: QSize, tmp_path: Path) -> None:
    bench.form.model.setCurrentIndex(bench.form.model.findData("toy-gan"))
    bench.form._on_model()
    begin(bench, size)
    walk(bench, Preparing("beats", 1, 900), Preparing("judge", 3, 9), make_gan_started(tmp_path))
    walk(bench, make_gan_progress(1), make_gan_epoch(1), *make_samples(tmp_path, 1))
    come_and_go(bench)
    walk(bench, make_gan_progress(2), make_gan_epoch(2), *make_samples(tmp_path, 2))
    walk(bench, make_gan_done())


@pytest.mark.parametrize("end", [Cancelled(), Failed(SENTENCE, "r1", True)], ids=["gone", "failed"])
def test_an_end_without_a_model(bench: TrainBench, end: object) -> None:
    begin(bench, SIZES[0])
    walk(bench, make_started(), make_progress(1), make_epoch(1), end)


def test_one_that_waits_while_the_other_ends(bench: TrainBench) -> None:
    bench.presenter._begin_next = lambda: None  # type: ignore[method-assign]
    begin(bench, SIZES[0])
    walk(bench, make_started(), make_progress(1))
    bench.form.name.setText(LONG)
    bench.tab._train.trigger()
    bench.presenter.show_run(bench.presenter.queue._queue.items[0].key)
    walk(bench, make_epoch(1), make_done())


def test_a_page_that_comes_by_itself_takes_no_press_at_once(bench: TrainBench) -> None:
    begin(bench, SIZES[0])
    bench.tell(make_started(), make_progress(1), make_epoch(1), make_done())
    settle()
    button = bench.view.results_page.use_button
    where = button.mapTo(bench.window, button.rect().center())
    assert bench.window.childAt(where) is not button
    bench.qtbot.waitUntil(lambda: bench.window.childAt(where) is button)
