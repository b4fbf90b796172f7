"""The spectrogram: what it shows, and how one moves in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.audio.spectrogram import mel_frequencies, mel_spectrogram, mel_to_hz
from fstmuse_gui.settings import COLOUR_MAPS
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.widgets.axes import MelScale, clock, frequency_label, time_label
from fstmuse_gui.widgets.colour_maps import level_table
from fstmuse_gui.widgets.heat import heat_image, heat_rect
from fstmuse_gui.widgets.spectrogram_items import (
    ClipLevels,
    LiveImage,
    LiveLevels,
    loudest_db,
)
from fstmuse_gui.widgets.spectrogram_view import LIVE_WINDOW_S, SpectrogramView
from tests.gui.fakes import make_activation
from tests.narrowing import current

SECOND = 22_050
PER_COLUMN = 512 / SECOND


def tone_image(hertz: float, seconds: float = 20.0) -> SpectrogramImage:
    """A steady tone at -6 dB."""
    t = np.arange(int(seconds * SECOND)) / SECOND
    mel = mel_spectrogram(0.5 * np.sin(2 * np.pi * hertz * t))
    decibels = 20 * np.log10(np.maximum(mel / 512, 1e-6))
    return SpectrogramImage(np.clip((decibels + 127.5) * 2, 0, 255).astype(np.uint8), PER_COLUMN)


@pytest.fixture
def view(qtbot: QtBot, theme: ThemeController) -> Iterator[SpectrogramView]:
    theme.choose("dark")
    made = SpectrogramView()
    made.resize(900, 360)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()
    made.deleteLater()


def brightest_row(view: SpectrogramView) -> float:
    """Height of the brightest row, as a share of the picture's from below."""
    picture = view._canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    stride = picture.bytesPerLine()
    grey = np.frombuffer(picture.constBits(), dtype=np.uint8).reshape(-1, stride)
    middle = grey[:, picture.width() // 4 : picture.width() * 3 // 4].mean(axis=1)
    return 1.0 - float(np.argmax(middle) + 0.5) / len(middle)


@pytest.mark.parametrize("hertz", [200.0, 1000.0, 4000.0])
def test_a_tone_is_a_line_at_its_frequency(view: SpectrogramView, hertz: float) -> None:
    view.show_image(tone_image(hertz), 20.0)
    QApplication.processEvents()
    assert brightest_row(view) == pytest.approx(MelScale().row(hertz) / 128, abs=0.02)


def test_rows_and_hertz_agree_with_the_kernel() -> None:
    scale = MelScale()
    for band, centre in enumerate(mel_frequencies()):
        assert scale.row(float(centre)) == pytest.approx(band + 0.5)
        assert scale.hertz(band + 0.5) == pytest.approx(centre)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.96, "0:07"), (225, "3:45"), (3723, "1:02:03")]
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_labels() -> None:
    assert clock(7.96, tenths=True) == "0:07.9"
    assert clock(59.99, tenths=True) == "0:59.9"
    assert [frequency_label(f) for f in (100, 2000)] == ["100 Hz", "2 kHz"]
    assert time_label(0.25, 0.05, 30) == "0.25 s"
    assert time_label(5, 5, 30) == "5 s"
    assert time_label(90, 30, 240) == "1:30"


def test_pointing_tells_time_frequency_and_level(view: SpectrogramView) -> None:
    view.show_image(tone_image(1000.0), 20.0)
    text = view._describe(QPointF(5.0, MelScale().row(1000.0)))
    assert text.startswith("0:05.0   1,000 Hz   ")
    level = float(text.split()[-2].replace("\N{MINUS SIGN}", "-"))
    assert level == pytest.approx(-6.0, abs=2.0)
    assert view._describe(QPointF(-1.0, 3.0)) == ""
    assert view._describe(QPointF(5.0, 128.5)) == ""


def wheel(view: SpectrogramView, steps: int, modifiers: Qt.KeyboardModifier) -> None:
    where = QPointF(view._canvas.viewport().rect().center())
    event = QWheelEvent(
        where,
        view._canvas.viewport().mapToGlobal(where),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view._canvas.viewport(), event)


def test_the_wheel_zooms_in_time_around_the_pointer(view: SpectrogramView) -> None:
    view.show_image(tone_image(440.0), 20.0)
    wheel(view, 4, Qt.KeyboardModifier.NoModifier)
    start, end = view.visible_range
    assert end - start == pytest.approx(10.0, rel=0.05)
    assert (start + end) / 2 == pytest.approx(10.0, abs=0.2)
    wheel(view, -40, Qt.KeyboardModifier.NoModifier)
    assert view.visible_range == pytest.approx((0.0, 20.0)), "not beyond the clip"


def test_with_shift_the_wheel_zooms_in_frequency(view: SpectrogramView) -> None:
    view.show_image(tone_image(440.0), 20.0)
    wheel(view, 4, Qt.KeyboardModifier.ShiftModifier)
    assert view.visible_range == pytest.approx((0.0, 20.0))
    low, high = view._box.viewRange()[1]
    assert high - low == pytest.approx(64, rel=0.05)


def test_dragging_moves_but_not_out_of_the_clip(view: SpectrogramView, qtbot: QtBot) -> None:
    view.show_image(tone_image(440.0), 20.0)
    view.zoom(0.25)
    start, _ = view.visible_range
    target = view._canvas.viewport()
    qtbot.mousePress(target, Qt.MouseButton.LeftButton, pos=QPoint(400, 100))
    for x in (380, 340, 300):
        qtbot.mouseMove(target, QPoint(x, 100))
    qtbot.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
    moved = view.visible_range[0] - start
    assert moved > 0.2
    view.show_range(500.0, 505.0)
    assert view.visible_range[1] == pytest.approx(20.0)


def test_a_click_asks_to_go_there_and_a_double_click_shows_all(
    view: SpectrogramView, qtbot: QtBot
) -> None:
    view.show_image(tone_image(440.0), 20.0)
    target = view._canvas.viewport()
    with qtbot.waitSignal(view.seek_requested) as asked:
        qtbot.mouseClick(target, Qt.MouseButton.LeftButton, pos=QPoint(target.width() // 4, 100))
    assert asked.args[0] == pytest.approx(5.0, abs=0.1)
    view.zoom(0.25)
    # As a window system sends it: the second press is the double click.
    where = QPointF(100.0, 100.0)
    double = QMouseEvent(
        QEvent.Type.MouseButtonDblClick,
        where,
        target.mapToGlobal(where),
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(target, double)
    qtbot.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert view.visible_range == pytest.approx((0.0, 20.0))


def test_a_zoomed_view_turns_the_page_with_the_cursor(view: SpectrogramView) -> None:
    view.show_image(tone_image(440.0), 20.0)
    view.set_position(1.0)
    view.show_range(0.0, 5.0)
    view.set_position(4.9)
    assert view.visible_range == pytest.approx((0.0, 5.0))
    view.set_position(5.1)
    assert view.visible_range == pytest.approx((5.1, 10.1))


def test_colours_and_range_change_colours_only(view: SpectrogramView) -> None:
    view.show_image(tone_image(440.0), 20.0)
    QApplication.processEvents()
    shown, before = view._shown, view._canvas.grab().toImage()
    view.set_colours("viridis", 40)
    QApplication.processEvents()
    assert view._shown is shown
    assert view._canvas.grab().toImage() != before


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colour_maps_grow_lighter_all_the_way(name: str) -> None:
    table = level_table(name, 0.0, 120.0).astype(float)
    lightness = table @ [0.299, 0.587, 0.114]
    assert (np.diff(lightness) >= -2.5).all()
    assert lightness[-1] - lightness[0] > 120


def test_the_range_says_what_is_darkest_and_brightest() -> None:
    table = level_table("magma", -20.0, 40.0)

    def level(decibels: float) -> int:
        return int((decibels + 127.5) * 2)

    assert (table[level(-60)] == table[0]).all()
    assert (table[level(-20)] == table[255]).all()
    assert (table[level(-40)] != table[0]).any()


def test_narrow_views_of_long_clips_leave_nothing_out() -> None:
    levels = np.zeros((1001, 128), dtype=np.uint8)
    levels[500] = 200
    clip = ClipLevels(SpectrogramImage(levels, PER_COLUMN))
    small = clip.fitting(9.0)
    assert small.shape[0] == 126
    assert small.max() >= 200 // 8 - 1, "a lone column leaves its mark"
    assert clip.fitting(0.5) is clip.full
    assert clip.fitting(9.0) is small, "made once"


def test_a_single_click_does_not_set_the_brightness() -> None:
    levels = np.full((2000, 128), 150, dtype=np.uint8)
    levels[7, 3] = 255
    assert loudest_db(levels) == pytest.approx(150 / 2 - 127.5)


def test_live_levels_grow_in_place() -> None:
    live = LiveLevels(capacity=8)
    for value in (1.0, 512.0, 2.0):
        live.append(np.full((5, 128), value, dtype=np.float32))
    assert len(live) == 15
    assert live.top_db == pytest.approx(0.0, abs=0.5)
    assert live.last(4).shape == (4, 128)
    assert live.last(100).shape == (15, 128)
    assert live.duration_s == pytest.approx(15 * PER_COLUMN)


def test_a_live_picture_scrolls(view: SpectrogramView) -> None:
    view.start_live()
    assert current(view.is_live)
    ranges: list[tuple[float, float]] = []
    view.range_changed.connect(lambda *where: ranges.append(where))
    view.append_live(np.ones((200, 128), dtype=np.float32))
    assert ranges[-1] == pytest.approx((0.0, LIVE_WINDOW_S))
    view.append_live(np.ones((800, 128), dtype=np.float32))
    end = 1000 * PER_COLUMN
    assert ranges[-1] == pytest.approx((end - LIVE_WINDOW_S, end), abs=PER_COLUMN)
    n = len(ranges)
    view.append_live(np.empty((0, 128), dtype=np.float32))
    assert len(ranges) == n, "nothing new, nothing moved"
    view.end_live()
    assert not current(view.is_live)
    view.append_live(np.ones((5, 128), dtype=np.float32))
    assert len(ranges) == n, "the take is over"


def test_a_second_take_is_coloured_like_the_first(view: SpectrogramView) -> None:
    takes = []
    for _ in range(2):
        view.start_live()
        view.append_live(np.full((200, 128), 5.0, dtype=np.float32))
        takes.append(painted(view._live_image, 500, 128))
    np.testing.assert_array_equal(takes[1], takes[0])
    assert takes[0].any()


def painted(image: LiveImage, n_columns: int, n_rows: int) -> npt.NDArray[np.uint8]:
    """Pixels that ``image`` paints, one a cell, as red, shape ``(columns, rows)``."""
    canvas = QImage(n_columns, n_rows, QImage.Format.Format_RGB32)
    canvas.fill(0)
    painter = QPainter(canvas)
    image.paint(painter)
    painter.end()
    pixels = np.frombuffer(canvas.constBits(), np.uint32).reshape(n_rows, n_columns)
    return (pixels >> 16 & 255).astype(np.uint8).T


@pytest.mark.usefixtures("qapp")
def test_a_live_image_holds_the_newest_columns_in_the_colours_of_now() -> None:
    image = LiveImage(6, 4, 1.0)
    table = np.zeros((256, 3), dtype=np.uint8)
    table[:, 0] = np.arange(256)
    image.set_colours(table)
    columns = np.arange(1, 12, dtype=np.uint8)[:, None] * np.array([1, 2, 3, 4], np.uint8)
    image.append(columns[:4])
    expected = np.zeros((6, 4), dtype=np.uint8)
    expected[:4] = columns[:4]
    np.testing.assert_array_equal(painted(image, 6, 4), expected)
    image.append(columns[4:7])
    np.testing.assert_array_equal(painted(image, 6, 4), columns[1:7])
    table[:, 0] = 255 - np.arange(256)
    image.set_colours(table)
    np.testing.assert_array_equal(painted(image, 6, 4), 255 - columns[1:7])
    image.append(np.concatenate([columns, columns]))
    np.testing.assert_array_equal(painted(image, 6, 4), 255 - columns[-6:])
    image.clear()
    assert not painted(image, 6, 4).any()


def test_why_lies_on_a_hushed_picture(view: SpectrogramView) -> None:
    view.show_image(tone_image(1000.0), 20.0)
    QApplication.processEvents()
    plain = view._canvas.grab().toImage()
    view.show_heat(make_activation(3, 20.0), 1, "Jazz")
    QApplication.processEvents()
    assert view.heat_is_shown
    assert view._canvas.grab().toImage() != plain
    assert view.legend.isVisible()
    assert view.legend.accessibleName() == "Colours: blue spoke against Jazz, amber for it"
    assert view._canvas.rect().contains(view.legend.geometry())
    view.hide_heat()
    QApplication.processEvents()
    assert not view.legend.isVisible()
    assert view._canvas.grab().toImage() == plain


def test_heat_glows_where_the_genre_shows_and_only_there() -> None:
    activation = make_activation(2, 20.0)
    activation.values[0] = 0
    activation.values[0, 40, 8] = 5
    activation.values[0, 80, 8] = -5
    heat = heat_image(activation, 0)
    columns, rows = heat.shape[0] / activation.values.shape[1], heat.shape[1] / 16

    def at(column: int) -> np.ndarray:
        return np.asarray(heat[int((column + 0.5) * columns), int(8.5 * rows)])

    assert at(40)[3] > 100
    assert at(40)[0] > at(40)[2], "warm: spoke for it"
    assert at(80)[2] > at(80)[0], "cool: spoke against it"
    assert at(80)[3] >= 0.9 * at(40)[3], "what spoke against is seen as well"
    assert at(10)[3] == 0
    assert heat_image(make_activation(2, 20.0), 1).shape == heat.shape


def test_heat_imports_nothing_and_is_as_bright_as_by_percentiles() -> None:
    code = """
import sys
import numpy as np
from fstmuse_gui.widgets import heat
values = np.random.default_rng(0).normal(size=977).astype(np.float32)
before = set(sys.modules)
found = heat._nearly_most(values)
print(sorted(name for name in set(sys.modules) - before if name.startswith("numpy")))
assert np.isclose(found, np.percentile(values, 99.0), rtol=1e-6)
assert heat._nearly_most(values[:1]) == values[0]
"""
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert told.stdout.strip() == "[]"


def test_heat_lies_on_the_frequencies_it_is_about() -> None:
    activation = make_activation(2, 20.0)
    edges = mel_to_hz(np.linspace(500.0, 1500.0, 17))
    part = type(activation)(activation.values, activation.seconds_per_column, edges)
    rect = heat_rect(part, MelScale())
    assert rect.top() == pytest.approx(MelScale().row(float(edges[0])))
    assert rect.bottom() == pytest.approx(MelScale().row(float(edges[-1])))
    assert rect.width() == pytest.approx(activation.values.shape[1] * activation.seconds_per_column)


def test_the_saved_picture_has_axes_and_twice_the_pixels(view: SpectrogramView) -> None:
    view.show_image(tone_image(440.0), 20.0)
    picture = view.picture()
    assert picture.size() == view.size() * 2


def test_the_focus_can_be_seen(view: SpectrogramView, qtbot: QtBot) -> None:
    view.show_image(tone_image(440.0), 20.0)
    view.clearFocus()
    QApplication.processEvents()
    plain = view._canvas.grab().toImage()
    view.activateWindow()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(view.hasFocus)
    QApplication.processEvents()
    assert view._canvas.grab().toImage() != plain


@pytest.mark.parametrize(
    ("key", "expected"), [(Qt.Key.Key_Plus, 10.0), (Qt.Key.Key_Minus, 20.0)], ids=["in", "out"]
)
def test_keys_zoom(view: SpectrogramView, qtbot: QtBot, key: Qt.Key, expected: float) -> None:
    view.show_image(tone_image(440.0), 20.0)
    qtbot.keyClick(view, key)
    start, end = view.visible_range
    assert end - start == pytest.approx(expected)
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.visible_range == pytest.approx((0.0, 20.0))
