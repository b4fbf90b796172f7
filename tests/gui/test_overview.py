"""The strip that shows where in the clip a zoomed picture is."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.widgets.overview_strip import OverviewStrip, envelope
from tests.gui.conftest import Bench
from tests.gui.fakes import make_image, make_result

_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def song(bench: Bench, music: FloatArray) -> Bench:
    """A window that shows a ten-second song."""
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    return bench


def strip_of(bench: Bench) -> OverviewStrip:
    return bench.view.clip_page.overview


def test_the_wave_form_is_as_loud_as_the_sound() -> None:
    times = np.arange(6 * 22_050) / 22_050
    loudness = np.repeat([0.4, 0.1, 0.0], 2 * 22_050)
    sound = (loudness * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    level = envelope(make_image(sound), 60)
    assert level[5:15].mean() == pytest.approx(1.0, abs=0.05)
    assert level[25:35].mean() == pytest.approx(0.25, abs=0.03)
    assert level[45:].max() < 0.01


def test_hours_and_nothing_have_a_wave_form_too() -> None:
    levels = np.zeros((400_000, 128), dtype=np.uint8)
    levels[200_000:] = 200
    level = envelope(SpectrogramImage(levels, 512 / 22_050), 100)
    assert level[:49].max() == 0.0
    assert level[51:].min() == pytest.approx(1.0, abs=0.01)
    silent = SpectrogramImage(levels[:100], 512 / 22_050)
    assert not envelope(silent, 10).any()
    assert envelope(SpectrogramImage(levels[:0], 512 / 22_050), 10).shape == (10,)


def test_it_is_there_only_while_the_picture_is_zoomed(song: Bench) -> None:
    picture = song.view.clip_page.spectrogram
    assert not strip_of(song).isVisible()
    picture.zoom(0.25)
    assert strip_of(song).isVisible()
    assert strip_of(song).width() == picture._canvas.width()
    picture.reset_zoom()
    assert not strip_of(song).isVisible()


def test_pointing_at_it_shows_that_part(song: Bench) -> None:
    picture, strip = song.view.clip_page.spectrogram, strip_of(song)
    picture.zoom(0.2)
    QTest.qWait(0)
    QTest.mouseClick(strip, _LEFT, pos=QPoint(strip.width() * 3 // 4, 10))
    start, end = picture.visible_range
    assert (start + end) / 2 == pytest.approx(7.5, abs=0.1)
    assert end - start == pytest.approx(2.0, abs=0.05)
    QTest.mouseClick(strip, _LEFT, pos=QPoint(2, 10))
    assert picture.visible_range[0] == pytest.approx(0.0)


def test_a_part_that_was_pointed_at_stays_while_another_plays(song: Bench) -> None:
    picture, strip = song.view.clip_page.spectrogram, strip_of(song)
    picture.zoom(0.2)
    song.presenter.playback.seek(5.0)
    QTest.qWait(0)
    QTest.mouseClick(strip, _LEFT, pos=QPoint(strip.width() - 3, 10))
    away = picture.visible_range
    song.player.position_changed.emit(5.2)
    assert picture.visible_range == away
    song.presenter.playback.seek(1.0)
    assert picture.visible_range[0] == pytest.approx(1.0), "it follows again"


def test_it_is_not_that_of_the_clip_before(song: Bench, music: FloatArray) -> None:
    song.view.clip_page.spectrogram.zoom(0.2)
    song.recording.started.emit()
    assert not strip_of(song).isVisible()
    song.recording.finished.emit(Take(music[:110_250], 22_050))
    quiet = make_result(0.1 * music[:110_250])
    song.answer(quiet)
    assert not strip_of(song).isVisible()
    song.view.clip_page.spectrogram.zoom(0.5)
    assert strip_of(song)._image is quiet.image
