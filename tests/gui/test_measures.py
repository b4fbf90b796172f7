"""Figures of a test in words, with what guessing would get beside them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from fstmuse_gui.shared.measures import MeasuresView, measures
from fstmuse_gui.theme import ThemeController, current_colours, scaled_font
from fstmuse_gui.widgets.confusion_view import ConfusionView

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


@pytest.mark.parametrize(("times", "is_said"), [(1, True), (10, False)])
def test_why_there_is_no_number_is_said(qtbot: QtBot, times: int, is_said: bool) -> None:
    view = MeasuresView()
    qtbot.addWidget(view)
    view.show_measures(measures(GENRES, ((3 * times, times), (0, 2 * times)), 0.3))
    said = [label.text() for label in view.findChildren(QLabel)]
    assert any("Fewer than 30 songs" in text for text in said) is is_said


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


def _accent() -> float:
    return QColor(current_colours().accent).lightnessF()


@pytest.mark.parametrize("most", [88, 101, 1012, 20_101])
def test_no_digit_of_a_count_is_cut(qtbot: QtBot, theme: ThemeController, most: int) -> None:
    theme.choose("light")
    genres = tuple(f"Genre {number}" for number in range(14))
    counts = tuple(tuple(most * (row == column) for column in range(14)) for row in range(14))
    view = ConfusionView()
    qtbot.addWidget(view)
    view.resize(380, 500)
    view.show_counts(genres, counts)
    with qtbot.waitExposed(view):
        view.show()

    place = view.viewport().mapTo(view, view.visualRect(view.model().index(1, 1)).topLeft())
    cell = view.grab(QRect(place, QSize(view.side, view.side))).toImage()
    # The count as it is drawn where there is room for all of it.
    small, usual = (scaled_font(view.font(), size) for size in (0.74, 0.92))
    fits = QFontMetrics(usual).horizontalAdvance(str(most)) <= view.side - 3
    whole = QImage(100, cell.height(), cell.format())
    whole.fill(QColor(current_colours().accent))
    painter = QPainter(whole)
    painter.setPen(QColor(current_colours().on_accent))
    painter.setFont(usual if fits else small)
    painter.drawText(whole.rect(), Qt.AlignmentFlag.AlignCenter, str(most))
    painter.end()
    rows = range(cell.height() // 2 - 3, cell.height() // 2 + 3)
    there, expected = (
        sum(
            each.pixelColor(x, y).lightnessF() - _accent()
            for y in rows
            for x in range(2, each.width() - 2)
        )
        for each in (cell, whole)
    )
    assert there == pytest.approx(expected, rel=0.08)
