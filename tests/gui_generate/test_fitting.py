"""All that can be touched on the Generate tab can be reached in a small window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication

from fstmuse_core.classify.result import Doubt
from tests.gui.fakes import make_classification
from tests.gui.reach import check_sizes, scrolled_sideways
from tests.gui.stillness import settle
from tests.gui_generate.conftest import GenerateBench

SHIPPED = ["FstMuse", "ToyModel", "Original"]
MANY = [f"My own model {number}" for number in range(1, 9)] + ["A model of a very long name " * 3]


def test_takes_in_a_small_window(bench: GenerateBench) -> None:
    check_sizes(bench.window)
    bench.make(seed=1)
    bench.form.blend.setCurrentIndex(1)
    bench.make(seed=2)
    check_sizes(bench.window)
    bench.form.generate_button.click()
    check_sizes(bench.window)
    bench.draw()
    check_sizes(bench.window)
    bench.fail("toy-gan: what it made is silence; try another seed or genre")
    check_sizes(bench.window)


@pytest.mark.parametrize("titles", [SHIPPED, MANY])
def test_nothing_is_wider_than_the_page(bench: GenerateBench, titles: list[str]) -> None:
    bench.make(seed=1)
    bench.make(seed=2)
    opinion = make_classification()
    for width in (*range(720, 1025, 38), 1024, 720):
        bench.window.resize(width, 600)
        bench.page.show_opinions(titles, (opinion,) * len(titles), 0)
        settle()
        assert bench.window.width() == width
        assert not scrolled_sideways(bench.window), f"at {width}"
        assert bench.page.judges.isVisible()


def test_what_the_judge_says_is_said_once(bench: GenerateBench) -> None:
    bench.make()
    unsure = make_classification(
        doubt=Doubt.UNFAMILIAR, sentence="Not sure: this is unlike the music the model knows."
    )
    bench.page.show_opinions(SHIPPED, (unsure,) * len(SHIPPED), 0)
    assert bench.page._said.text() == f"{SHIPPED[0]} is not sure."
    assert bench.page._honest.text() == "This is unlike the music the model knows."
    bench.page.show_opinions(SHIPPED, (make_classification(),) * len(SHIPPED), 0)
    assert bench.page._honest.text() == "84 % sure."


def test_judges_that_do_not_fit_in_a_row_are_a_list(bench: GenerateBench) -> None:
    bench.make()
    bench.page.show_opinions(MANY, (make_classification(),) * len(MANY), 2)
    QCoreApplication.processEvents()
    judges = bench.page.judges
    assert judges.list.isVisible()
    assert judges.list.currentText() == MANY[2]
    asked: list[int] = []
    bench.page.judge_chosen.connect(asked.append)
    judges.list.activated.emit(1)
    assert asked == [1]
