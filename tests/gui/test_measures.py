"""Figures of a test in words, with what guessing would get beside them."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_gui.shared.measures import MeasuresView, measures

GENRES = ("Rock", "Jazz")
CONFUSION = ((60, 20), (10, 10))


def test_each_figure_stands_beside_its_baseline() -> None:
    recall, precision, f1, calibration = measures(GENRES, CONFUSION, 0.12)
    # Found: 60 of 80 and 10 of 20. Right: 60 of 70 and 10 of 30.
    assert (recall.value, recall.baseline) == (
        "63\N{NO-BREAK SPACE}%",
        "always saying Rock: 50\N{NO-BREAK SPACE}%",
    )
    assert (precision.value, precision.baseline) == (
        "60\N{NO-BREAK SPACE}%",
        "always saying Rock: 80\N{NO-BREAK SPACE}%, for that one",
    )
    assert "least for Jazz, 33\N{NO-BREAK SPACE}%" in precision.sentence
    assert (f1.value, f1.baseline) == ("0.60", "always saying Rock: 0.44")
    assert calibration.value == "off by 12 points"
    assert calibration.baseline.endswith("sure: off by 0")


def test_of_few_songs_there_is_no_number_but_the_sentence() -> None:
    few = measures(GENRES, ((3, 1), (0, 2)), 0.3)
    assert {measure.value for measure in few} == {"\N{EN DASH}"}
    assert all(measure.sentence for measure in few)


@pytest.mark.parametrize("confusion", [(), ((0, 0), (0, 0)), ((1,),)])
def test_without_songs_nothing_is_said(confusion: tuple[tuple[int, ...], ...]) -> None:
    assert measures(GENRES, confusion, 0.1) == []


def test_calibration_that_nobody_knows_is_left_out() -> None:
    assert [m.name for m in measures(GENRES, CONFUSION, None)][-1] == "Macro-F1"
    assert [m.name for m in measures(GENRES, CONFUSION, float("nan"))][-1] == "Macro-F1"


def test_a_genre_that_was_not_tested_counts_in_no_mean() -> None:
    recall, *_ = measures(("Rock", "Jazz", "Folk"), ((60, 20, 0), (10, 10, 0), (0, 0, 0)), None)
    assert recall.value == "63\N{NO-BREAK SPACE}%"


def test_the_view_reads_them_out_and_goes_without(qtbot: QtBot) -> None:
    view = MeasuresView()
    qtbot.addWidget(view)
    view.show_measures(measures(GENRES, CONFUSION, 0.12))
    assert not view.isHidden()
    spoken = [measure.spoken for measure in view.shown]
    assert spoken[2].startswith("Macro-F1 0.60, always saying Rock: 0.44. Recall and precision")
    view.show_measures([])
    assert view.isHidden()
