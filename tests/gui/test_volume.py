"""The volume of playback in the window, and in the settings."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_gui.settings import MUTED, VOLUME
from fstmuse_gui.widgets.transport_bar import LOWEST_DB, VolumeControl
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_result


def control_of(bench: Bench) -> VolumeControl:
    return bench.view.clip_page.transport.volume


def test_the_slider_sets_the_volume_and_it_is_kept(
    bench: Bench, make_bench: MakeBench, qtbot: QtBot
) -> None:
    assert bench.player.gain == 1.0
    control_of(bench).slider.setValue(50)
    assert bench.player.gain == pytest.approx(0.25)
    assert bench.settings.get(VOLUME) == 50
    again = make_bench()
    assert again.player.gain == pytest.approx(0.25)
    assert control_of(again).slider.value() == 50


def test_mute_silences_and_gives_the_volume_back(bench: Bench, qtbot: QtBot) -> None:
    control = control_of(bench)
    control.slider.setValue(80)
    qtbot.keyClick(bench.window, Qt.Key.Key_M)
    assert bench.player.gain == 0.0
    assert bench.settings.get(MUTED)
    assert control.mute_button.accessibleName() == "Unmute"
    assert control.slider.value() == 80
    control.mute_button.click()
    assert bench.player.gain == pytest.approx(0.64)
    assert control.mute_button.accessibleName() == "Mute"


def test_keys_make_it_louder_and_softer_within_bounds(bench: Bench, qtbot: QtBot) -> None:
    ctrl = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(bench.window, Qt.Key.Key_Down, ctrl)
    assert bench.settings.get(VOLUME) == 90
    for _ in range(3):
        qtbot.keyClick(bench.window, Qt.Key.Key_Up, ctrl)
    assert bench.settings.get(VOLUME) == 100
    assert control_of(bench).slider.value() == 100


def test_moving_the_slider_ends_the_muting(bench: Bench) -> None:
    bench.settings.set(MUTED, True)
    control_of(bench).slider.setValue(30)
    assert not bench.settings.get(MUTED)
    assert bench.player.gain == pytest.approx(0.09)


def test_the_level_shows_while_it_plays_and_is_gone_after(
    bench: Bench, music: FloatArray, qtbot: QtBot
) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    meter = control_of(bench).meter
    bench.player.toggle()
    bench.player.level_changed.emit(-9.0)
    assert meter.shown_db == pytest.approx(-9.0)
    bench.player.toggle()
    assert meter.shown_db == LOWEST_DB


def test_a_volume_that_makes_no_sense_is_full(bench: Bench) -> None:
    with pytest.raises(ValueError, match="sound/volume"):
        bench.settings.set(VOLUME, 101)
    bench.settings._store.setValue(VOLUME.key, "-5")
    assert bench.settings.get(VOLUME) == 100
