"""Volume and level of playback, as the sound card gets and the window shows them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from fstmuse_gui.sound.player import Player
from fstmuse_gui.widgets.transport_bar import LOWEST_DB, PlaybackMeter

from .fake_portaudio import FakePortAudio
from .test_player import wait_for_sound

RATE = 48_000


def play_tone(player: Player, portaudio: FakePortAudio, qtbot: QtBot) -> np.ndarray:
    """Half a second of a level of 0.5, as the loudspeaker gets it."""
    player.load_samples(np.full(2 * RATE, 0.5, dtype=np.float32), RATE)
    player.play()
    return wait_for_sound(player, portaudio, qtbot).ask(RATE // 2)[:, 0]


@pytest.mark.parametrize("gain", [1.0, 0.25, 0.0])
def test_a_volume_chosen_before_playing_holds(
    gain: float, player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    player.set_gain(gain)
    np.testing.assert_allclose(play_tone(player, portaudio, qtbot), 0.5 * gain)


def test_a_volume_changed_while_playing_glides(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    play_tone(player, portaudio, qtbot)
    player.set_gain(0.0)
    fading = portaudio.stream.ask(480)[:, 0]
    assert fading[0] == pytest.approx(0.5)
    assert fading[-1] == pytest.approx(0.0)
    assert np.abs(np.diff(fading)).max() < 0.01, "no step that clicks"
    assert not portaudio.stream.ask(480).any()


def test_the_level_is_that_of_what_is_heard(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    player.set_gain(0.5)
    with qtbot.waitSignal(player.level_changed, check_params_cb=math.isfinite) as level:
        play_tone(player, portaudio, qtbot)
    assert level.args is not None
    assert level.args[0] == pytest.approx(20 * math.log10(0.25), abs=0.01)


def test_the_meter_rises_at_once_and_falls_slowly(qtbot: QtBot) -> None:
    now = [0.0]
    meter = PlaybackMeter(clock=lambda: now[0])
    qtbot.addWidget(meter)
    meter.set_level(-6.0)
    assert meter.shown_db == -6.0
    now[0] = 0.5
    meter.set_level(-math.inf)
    assert LOWEST_DB < meter.shown_db < -6.0
    assert meter.text().endswith("dB")
    meter.reset()
    assert (meter.shown_db, meter.text()) == (LOWEST_DB, "silent")
