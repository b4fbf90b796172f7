"""All that can be touched on the Train tab can be reached in a small window."""

from __future__ import annotations

import itertools

from PySide6.QtCore import Qt

from tests.gui.reach import check_breadth, check_sizes
from tests.gui.stillness import settle
from tests.gui_train.conftest import TrainBench
from tests.gui_train.fakes import make_done, make_epoch, make_progress, make_started


def test_a_training_in_a_small_window(bench: TrainBench) -> None:
    check_sizes(bench.window)
    bench.survey()
    check_sizes(bench.window)
    bench.train(make_started(), make_progress(1), make_epoch(1), make_progress(2))
    check_sizes(bench.window)
    bench.tell(make_done())
    check_sizes(bench.window)


def test_the_genres_are_seen_without_scrolling(bench: TrainBench) -> None:
    bench.window.resize(1024, 640)
    bench.survey()
    settle()
    first = list(bench.form.chips.chips.values())[:5]
    assert all(chip.visibleRegion().boundingRect() == chip.rect() for chip in first)
    # One walks to them from above them, and from there to what is below.
    walked = [bench.form.about_button, *bench.form.chips.chips.values()]
    for one, other in itertools.pairwise(walked):
        after = one.nextInFocusChain()
        while after is not None and after.focusPolicy() is Qt.FocusPolicy.NoFocus:
            after = after.nextInFocusChain()
        assert after is other
    # What is wrong with the name has all of the width, however short its field is.
    bench.form.name.setText("what is this?")
    bench.presenter.form.check()
    settle()
    assert bench.form.name_field.trouble
    assert bench.form.name_field._trouble.width() > 1.5 * bench.form.name.width()


def test_nothing_is_scrolled_sideways(bench: TrainBench) -> None:
    check_breadth(bench.window)
    bench.survey()
    check_breadth(bench.window)
    bench.train(make_started(), make_progress(1), make_epoch(1), make_progress(2))
    check_breadth(bench.window)
    bench.tell(make_done())
    check_breadth(bench.window)
