"""The genre timeline and the probability bars."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.classify.result import Classification, Timeline, Verdict
from fstmuse_gui.plain import percent
from fstmuse_gui.theme import ThemeController, current_colours, genre_colour, scaled_font
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars, ProbabilityBars
from fstmuse_gui.widgets.timeline_view import TimelineView, _Curve
from tests.gui.fakes import GENRES, make_classification


def two_halves() -> Classification:
    """Folk for ten seconds, then Rock for ten; the last segment is silent."""
    start = np.arange(20, dtype=np.float64)
    rows = np.zeros((20, 2), dtype=np.float32)
    rows[:10, 0] = rows[10:, 1] = 1.0
    silent = np.zeros(20, dtype=bool)
    silent[-1] = True
    timeline = Timeline(start, start + 1.0, rows, silent)
    p = np.array([0.5, 0.5], dtype=np.float32)
    said = Verdict("Folk", None, "Folk, 50 % sure.")
    return Classification("m", "0", ("Folk", "Rock"), 20.0, p, timeline, said)


@pytest.fixture
def timeline(qtbot: QtBot, theme: ThemeController) -> Iterator[TimelineView]:
    theme.choose("light")
    made = TimelineView()
    made.resize(400, made.height())
    made.show_result(two_halves())
    made.set_range(0.0, 20.0)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()
    made.deleteLater()


def test_segments_have_the_colours_of_their_genres(timeline: TimelineView) -> None:
    image = timeline.grab().toImage()
    middle = timeline.height() // 2
    assert image.pixelColor(100, middle) == QColor(genre_colour("Folk", False).name())
    assert image.pixelColor(300, middle) == QColor(genre_colour("Rock", False).name())


def test_it_shares_the_range_of_the_spectrogram(timeline: TimelineView) -> None:
    timeline.set_range(12.0, 16.0)
    image = timeline.grab().toImage()
    assert image.pixelColor(20, timeline.height() // 2) == QColor(
        genre_colour("Rock", False).name()
    )


def test_pointing_tells_the_segment(timeline: TimelineView, qtbot: QtBot) -> None:
    assert timeline.describe(3.5) == "0:03\N{EN DASH}0:04   Folk 100\xa0%   Rock 0\xa0%"
    assert timeline.describe(19.5).endswith("silent")
    assert timeline.describe(99.0) == ""
    qtbot.mouseMove(timeline, QPoint(50, 10))
    QApplication.processEvents()
    assert "Folk" in timeline._readout.text()


def test_a_click_asks_to_go_there(timeline: TimelineView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(timeline.seek_requested) as asked:
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(100, 10))
    assert asked.args[0] == pytest.approx(5.0, abs=0.1)


def test_the_cursor_is_drawn(timeline: TimelineView) -> None:
    before = timeline.grab().toImage()
    timeline.set_position(5.0)
    assert timeline.grab().toImage() != before
    timeline.set_position(None)
    assert timeline.grab().toImage() == before


def test_a_screen_reader_tells_the_timeline(timeline: TimelineView) -> None:
    assert timeline.accessibleDescription() == ("from 0:00 Folk, from 0:10 Rock, from 0:19 silence")


def test_a_pixel_is_the_mean_of_its_span() -> None:
    """Against a fine sampling of the same straight lines."""
    result = make_classification(duration_s=60.0)
    curve = _Curve(result)
    rows = result.timeline.probabilities
    centres = (result.timeline.start_s + result.timeline.end_s) / 2
    for edges in (np.linspace(0, 60, 8), np.linspace(20.0, 20.4, 5)):
        fine = np.linspace(edges[0], edges[-1], 40 * 5 * 7 + 1)
        fine = (fine[1:] + fine[:-1]) / 2
        values = np.stack([np.interp(fine, centres, row) for row in rows.T], axis=1)
        expected = values.reshape(len(edges) - 1, -1, len(GENRES)).mean(axis=1)
        np.testing.assert_allclose(curve.mean_between(edges), expected, atol=2e-3)


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.84, "84\xa0%"),
        (1.0, "100\xa0%"),
        (0.997, "> 99\xa0%"),
        (0.004, "< 1\xa0%"),
        (0.0, "0\xa0%"),
        (0.0001, "0\xa0%"),
    ],
)
def test_percent(probability: float, text: str) -> None:
    assert percent(probability) == text


@pytest.fixture
def bars(qtbot: QtBot, theme: ThemeController) -> Iterator[ProbabilityBars]:
    made = ProbabilityBars()
    made.resize(500, 220)
    made.show_genres(GENRES)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made._glide.stop()
    made.close()
    made.deleteLater()


def test_bars_are_sorted_and_speak(bars: ProbabilityBars) -> None:
    bars.show_result(make_classification(), animate=False)
    assert bars.order[:3] == ["Rock", "Punk", "Pop"]
    assert bars.spoken()[0] == "Rock, 84\xa0%"
    tops = [bars._rows[name].y() for name in bars.order]
    assert tops == sorted(tops)
    assert len(set(tops)) == len(GENRES)
    assert bars._rows["Rock"].value() == 840
    assert bars.accessibleDescription().startswith("Rock 84\xa0%, Punk 9\xa0%")


def test_bars_glide_to_their_values(bars: ProbabilityBars, qtbot: QtBot) -> None:
    bars.show_result(make_classification())
    assert bars._rows["Rock"]._now < 0.84, "not at once"
    with qtbot.waitSignal(bars._glide.finished):
        pass
    assert bars._rows["Rock"]._now == pytest.approx(0.84)
    assert bars._rows[bars.order[0]].y() == 0


class Paintings(QObject):
    """Notes who is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.of: set[QObject] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self.of.add(watched)
        return False


def test_only_bars_that_look_different_are_painted(bars: ProbabilityBars) -> None:
    chances = dict.fromkeys(GENRES, 0.0) | {"Rock": 0.78, "Punk": 0.12, "Pop": 0.1}
    bars.show_result(make_classification(chances), animate=False)
    QApplication.processEvents()
    paintings = Paintings()
    for row in bars._rows.values():
        row.installEventFilter(paintings)
    chances |= {"Rock": 0.75, "Punk": 0.15, "Pop": 0.10001}
    bars.show_result(make_classification(chances), animate=False)
    QApplication.processEvents()
    assert paintings.of == {bars._rows["Rock"], bars._rows["Punk"]}


def test_bars_take_the_genres_of_another_model(bars: ProbabilityBars) -> None:
    other = make_classification({"Folk": 0.2, "Hip-Hop": 0.7, "Rock": 0.1})
    bars.show_result(other, animate=False)
    assert bars.order == ["Hip-Hop", "Folk", "Rock"]


def test_what_stands_behind_a_figure_is_never_cut(qtbot: QtBot) -> None:
    bars = GenreBars("Recall")
    qtbot.addWidget(bars)
    notes = ["8 songs, artists unknown", "1,234 songs, artists unknown"]
    bars.show_bars([GenreBar("Rock", 0.5, "50 %", note) for note in notes])
    bars.resize(bars.minimumSizeHint())
    small = QFontMetrics(scaled_font(bars.font(), 0.92))
    for row in bars._rows:
        assert row._note_width - 8 >= max(map(small.horizontalAdvance, notes))


@pytest.mark.parametrize("width", [386, 600])
def test_a_bar_can_be_seen_beside_a_short_note(qtbot: QtBot, width: int) -> None:
    bars = GenreBars("Taken for the genre asked for")
    qtbot.addWidget(bars)
    bars.show_bars([GenreBar("Rock", 0.0, "0 %", "real music 88 %")])
    bars.resize(width, 40)
    bars.show()
    image = bars.grab().toImage()
    track = QColor(current_colours().track)
    middle = bars._rows[0].geometry().center().y()
    assert sum(image.pixelColor(x, middle) == track for x in range(width)) >= 60


def test_a_click_on_a_bar_asks_about_the_genre(bars: ProbabilityBars, qtbot: QtBot) -> None:
    bars.show_result(make_classification(), animate=False)
    with qtbot.waitSignal(bars.genre_clicked) as asked:
        qtbot.mouseClick(bars._rows["Jazz"], Qt.MouseButton.LeftButton)
    assert asked.args == ["Jazz"]
