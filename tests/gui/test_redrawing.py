"""Redrawing after a change, also where the new has the shape of the old.

Each widget is compared, pixel by pixel, with a new one that never showed anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.classify.result import Classification, Doubt
from fstmuse_core.classify.traits import Group, Trait
from fstmuse_core.runs.events import Sample
from fstmuse_gui.classify.clip_page import ClipPage
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.train.results.page import ReliabilityView
from fstmuse_gui.train.run.curves import CurvePlot
from fstmuse_gui.train.run.samples import SamplesPanel
from fstmuse_gui.widgets.confusion_view import ConfusionView
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars, ProbabilityBars
from fstmuse_gui.widgets.level_meter import LevelMeter
from fstmuse_gui.widgets.spectrogram_view import LIVE_WINDOW_S, SpectrogramView
from fstmuse_gui.widgets.timeline_view import TimelineView
from fstmuse_gui.widgets.verdict import VerdictPanel
from tests.gui.fakes import make_classification, make_image, make_result

RATE = 22_050
COLUMN_S = 512 / RATE


def tone(hertz: float, seconds: float = 12.0) -> np.ndarray[Any, np.dtype[np.float32]]:
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def picture_of(hertz: float, seconds: float = 12.0) -> SpectrogramImage:
    return make_image(tone(hertz, seconds))


ANSWERS = (
    make_classification(duration_s=12.0, traits=(Trait(Group.MOOD, "calm", 1.4),)),
    make_classification(
        {"Jazz": 0.5, "Rock": 0.2, "Pop": 0.1, "Folk": 0.1, "Punk": 0.04}
        | {"Hip-Hop": 0.03, "Electronic": 0.03},
        duration_s=12.0,
        seed=5,
        warnings=("the sound may be clipped",),
    ),
    make_classification(duration_s=12.0, seed=9, doubt=Doubt.UNDECIDED, sentence="Not sure: no."),
)
TONES = tuple(picture_of(hertz) for hertz in (200.0, 1000.0, 4000.0))


def curve(plot: CurvePlot, level: float) -> None:
    plot.start(3)
    for epoch in (1, 2, 3):
        plot.add(epoch, level / epoch, level / epoch / 2, is_best=epoch == 2)
    plot.draw()


Show = Callable[[Any, int], None]
CASES: dict[str, tuple[Callable[[], QWidget], Show]] = {
    "spectrogram": (SpectrogramView, lambda w, n: w.show_image(TONES[n], 12.0)),
    "timeline": (TimelineView, lambda w, n: w.show_result(ANSWERS[n])),
    "bars": (ProbabilityBars, lambda w, n: w.show_result(ANSWERS[n], animate=False)),
    "verdict": (VerdictPanel, lambda w, n: w.show_result(ANSWERS[n])),
    "genre bars": (
        lambda: GenreBars("Recall"),
        lambda w, n: w.show_bars([GenreBar("Rock", n / 3, f"{n}", f"of {n}")]),
    ),
    "confusion": (
        ConfusionView,
        lambda w, n: w.show_counts(("Rock", "Jazz"), ((7 - n, n), (2 * n, 3))),
    ),
    "reliability": (
        ReliabilityView,
        lambda w, n: w.show_groups(((0.2, 0.1 + n / 9, 4), (0.8, 0.9 - n / 9, 9))),
    ),
    "curves": (lambda: CurvePlot("Loss"), lambda w, n: curve(w, 1.0 + n)),
    "curves of shares": (
        lambda: CurvePlot("Accuracy", percents=True),
        lambda w, n: curve(w, 0.2 + n / 5),
    ),
}


@pytest.fixture
def shown(qtbot: QtBot, theme: ThemeController) -> Iterator[Callable[[QWidget], QWidget]]:
    """Puts widgets on the screen, all of one size."""
    theme.choose("light")
    made: list[QWidget] = []

    def show(widget: QWidget) -> QWidget:
        made.append(widget)
        widget.resize(900, 560)
        with qtbot.waitExposed(widget):
            widget.show()
        return widget

    yield show
    for widget in made:
        widget.close()
        widget.deleteLater()


def drawn(widget: QWidget) -> QImage:
    QApplication.processEvents()
    focused = QApplication.focusWidget()
    if focused is not None:  # its ring is drawn in the newest window alone
        focused.clearFocus()
    return widget.grab().toImage()


@pytest.mark.parametrize("case", CASES)
def test_another_of_the_same_shape_is_drawn(shown: Callable[[QWidget], QWidget], case: str) -> None:
    make, show = CASES[case]
    widget = shown(make())
    pictures = []
    for n in (0, 1, 2, 0):
        show(widget, n)
        new = shown(make())
        show(new, n)
        pictures.append(drawn(widget))
        assert pictures[-1] == drawn(new), f"number {n}"
    assert pictures[0] != pictures[1] != pictures[2] != pictures[3] == pictures[0]


def test_what_is_saved_is_what_was_asked_for(shown: Callable[[QWidget], QWidget]) -> None:
    view, saved = shown(SpectrogramView()), []
    assert isinstance(view, SpectrogramView)
    view.clearFocus()
    for image in TONES:
        view.show_image(image, 12.0)
        saved.append(view.picture())  # at once: nothing waits for a turn of the event loop
        new = shown(SpectrogramView())
        assert isinstance(new, SpectrogramView)
        new.clearFocus()
        new.show_image(image, 12.0)
        assert saved[-1] == new.picture()
    assert saved[0] != saved[1] != saved[2] != saved[0]


def test_the_readout_tells_of_the_picture_that_is_seen(
    shown: Callable[[QWidget], QWidget],
) -> None:
    view = shown(SpectrogramView())
    assert isinstance(view, SpectrogramView)
    view.show_image(TONES[0], 12.0)
    view._on_hover(QPointF(view._canvas.width() / 2, view._canvas.height() / 2))
    assert view._readout.isVisible()
    before = view._readout.text()
    view.zoom(0.25)
    assert view._readout.isVisible()
    view.zoom(4.0)
    view.show_range(0.0, 1.0)
    assert view._readout.text() != before, "it says what lies under the pointer now"
    view.show_image(TONES[1], 12.0)
    assert not view._readout.isVisible()


def test_nothing_of_one_clip_stays_for_the_next(shown: Callable[[QWidget], QWidget]) -> None:
    page, new = shown(ClipPage()), shown(ClipPage())
    assert isinstance(page, ClipPage)
    assert isinstance(new, ClipPage)
    first, second = (make_result(tone(h), a) for h, a in zip((200, 900), ANSWERS, strict=False))
    page.show_clip("One", "FstMuse", first, animate=False)
    page.show_why(first.classification, "Rock")
    page.spectrogram.zoom(0.1)
    page.set_position(7.0)
    page.timeline.mouseMoveEvent(_move(page.timeline))
    assert page.timeline._readout.isVisible()
    for widget in (page, new):
        widget.show_clip("Two", "FstMuse", second, animate=False)
        widget.show_why(second.classification, None)
        widget.set_position(0.0)
    assert not page.timeline._readout.isVisible()
    assert drawn(page) == drawn(new)


def _move(widget: QWidget) -> Any:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    where = QPointF(widget.width() / 2, 10)
    none = Qt.MouseButton.NoButton
    return QMouseEvent(
        QEvent.Type.MouseMove,
        where,
        widget.mapToGlobal(where),
        none,
        none,
        Qt.KeyboardModifier.NoModifier,
    )


def live(page: ClipPage, seconds: float, level: float) -> None:
    page.start_live("FstMuse", ANSWERS[0].genres)
    rng = np.random.default_rng(1)
    frames = level * rng.random((round(seconds / COLUMN_S), 128), dtype=np.float32)
    for part in np.array_split(frames, 7):
        page.append_live(part)
    page.show_live(ANSWERS[0])


@pytest.mark.parametrize("seconds", [5.0, 20.0])
def test_a_second_recording_begins_empty(
    shown: Callable[[QWidget], QWidget], seconds: float, qtbot: QtBot
) -> None:
    page, new = shown(ClipPage()), shown(ClipPage())
    assert isinstance(page, ClipPage)
    assert isinstance(new, ClipPage)
    live(page, seconds, 30.0)
    for widget in (page, new):
        widget.start_live("FstMuse", ANSWERS[0].genres)
    assert drawn(page) == drawn(new), "before its first sound"
    for widget in (page, new):
        live(widget, seconds, 0.3)
    glides = [widget.bars._glide for widget in (page, new)]
    qtbot.waitUntil(lambda: all(glide.state() == glide.State.Stopped for glide in glides))
    assert drawn(page) == drawn(new)


def test_a_clip_as_long_as_the_live_window_takes_its_place(
    shown: Callable[[QWidget], QWidget],
) -> None:
    page, new = shown(ClipPage()), shown(ClipPage())
    assert isinstance(page, ClipPage)
    assert isinstance(new, ClipPage)
    live(page, 20.0, 30.0)
    samples = tone(900.0, LIVE_WINDOW_S)
    result = make_result(samples, make_classification(duration_s=LIVE_WINDOW_S))
    for widget in (page, new):
        widget.show_clip("Take", "FstMuse", result, animate=False)
        widget.show_why(result.classification, None)
    assert drawn(page.timeline) == drawn(new.timeline)
    assert drawn(page.spectrogram) == drawn(new.spectrogram)


def test_bars_that_glide_arrive(shown: Callable[[QWidget], QWidget], qtbot: QtBot) -> None:
    bars = shown(ProbabilityBars())
    assert isinstance(bars, ProbabilityBars)
    for answer in ANSWERS:
        bars.show_result(answer)
        qtbot.waitUntil(lambda: bars._glide.state() == bars._glide.State.Stopped)
        new = shown(ProbabilityBars())
        assert isinstance(new, ProbabilityBars)
        new.show_result(answer, animate=False)
        assert drawn(bars) == drawn(new)


def test_bars_of_other_genres_take_their_place(shown: Callable[[QWidget], QWidget]) -> None:
    bars, new = shown(ProbabilityBars()), shown(ProbabilityBars())
    assert isinstance(bars, ProbabilityBars)
    assert isinstance(new, ProbabilityBars)
    other: Classification = make_classification({"Rock": 0.5, "Waltz": 0.3, "Polka": 0.2})
    bars.show_result(ANSWERS[0], animate=False)
    for widget in (bars, new):
        widget.show_result(other, animate=False)
    assert drawn(bars) == drawn(new)


def test_a_meter_that_is_reset_shows_nothing(shown: Callable[[QWidget], QWidget]) -> None:
    meter, new = shown(LevelMeter()), shown(LevelMeter())
    assert isinstance(meter, LevelMeter)
    meter.set_level(0.0, -3.0)
    loud = drawn(meter)
    meter.reset()
    assert drawn(meter) == drawn(new) != loud


def test_a_sample_that_was_written_anew_is_drawn_anew(
    shown: Callable[[QWidget], QWidget], tmp_path: Any, qtbot: QtBot
) -> None:
    panel = SamplesPanel()
    panel.set_colour_map("magma")
    shown(panel)
    file, seen = tmp_path / "picture.png", []
    for grey in (40, 200):
        picture = QImage(200, 128, QImage.Format.Format_Grayscale8)
        picture.fill(grey)
        picture.save(str(file))
        panel.add(Sample(1, "", str(file), str(tmp_path / "sound.wav")))
        qtbot.waitUntil(lambda: not panel._timer.isActive())
        seen.append(drawn(panel.cards[0].picture))
    assert seen[0] != seen[1]


def test_the_view_follows_the_cursor(shown: Callable[[QWidget], QWidget]) -> None:
    view = shown(SpectrogramView())
    assert isinstance(view, SpectrogramView)
    view.show_image(TONES[0], 12.0)
    view.zoom(0.25)
    assert view.visible_range == pytest.approx((4.5, 7.5))
    for seconds in np.arange(0.1, 12.0, 0.1):
        view.set_position(float(seconds))
        start, end = view.visible_range
        assert start <= seconds <= end
    assert end - start == pytest.approx(3.0), "as far in as before"


def test_a_view_that_is_dragged_away_stays_until_it_is_played_anew(
    shown: Callable[[QWidget], QWidget],
) -> None:
    view = shown(SpectrogramView())
    assert isinstance(view, SpectrogramView)
    view.show_image(TONES[0], 12.0)
    view.set_position(0.5)
    view.show_range(0.0, 2.0)
    target = view._canvas.viewport()
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=QPoint(500, 100))
    for x in (400, 200, 20):
        QTest.mouseMove(target, QPoint(x, 100))
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(20, 100))
    away = view.visible_range
    assert away[0] > 0.6
    view.set_position(0.6)
    assert view.visible_range == away
    view.follow_cursor()
    view.set_position(0.7)
    assert view.visible_range[0] == pytest.approx(0.7)
