"""A part that is played again and again."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from fstmuse_gui.sound.player import Player

from .fake_feed import LENGTH_S, FakeFeed
from .fake_portaudio import FakePortAudio
from .test_player import RATE, play_file, wait_for_sound


def test_a_part_is_played_again_and_again_without_a_gap(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    player.load_file("song.mp3", LENGTH_S)
    player.set_loop((2.0, 2.4))
    assert player.position == 2.0
    player.play()
    stream = wait_for_sound(player, portaudio, qtbot)
    heard = stream.ask(RATE)[:, 0]
    expected = 2.0 + (np.arange(RATE) % round(0.4 * RATE)) / RATE
    np.testing.assert_allclose(heard, expected, atol=1e-5)
    qtbot.waitUntil(lambda: player.position == pytest.approx(2.2, abs=1e-3))


def test_samples_are_looped_too(player: Player, portaudio: FakePortAudio, qtbot: QtBot) -> None:
    player.load_samples((np.arange(2 * RATE) / RATE).astype(np.float32), RATE)
    player.set_loop((0.5, 0.75))
    player.play()
    heard = wait_for_sound(player, portaudio, qtbot).ask(RATE // 2)[:, 0]
    expected = 0.5 + (np.arange(RATE // 2) % (RATE // 4)) / RATE
    np.testing.assert_allclose(heard, expected, atol=1e-5)


def test_seeking_stays_within_the_part(player: Player) -> None:
    player.load_file("song.mp3", LENGTH_S)
    player.set_loop((3.0, 5.0))
    player.seek(4.0)
    assert player.position == 4.0
    player.seek(9.0)
    assert player.position == 3.0


def test_playing_goes_on_behind_the_part_once_it_is_no_longer_looped(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot, feed: FakeFeed
) -> None:
    player.load_file("song.mp3", LENGTH_S)
    player.set_loop((2.0, 3.0))
    player.play()
    wait_for_sound(player, portaudio, qtbot)
    player.set_loop(None)
    stream = wait_for_sound(player, portaudio, qtbot)
    heard = stream.ask(RATE * 3 // 2)[:, 0]
    assert heard[-1] > 3.0


def test_the_next_sound_is_not_looped(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    player.load_file("song.mp3", LENGTH_S)
    player.set_loop((2.0, 3.0))
    stream = play_file(player, portaudio, qtbot)
    assert player.position < 2.0
    assert stream.ask(480)[0, 0] == pytest.approx(0.0)


def test_a_part_behind_the_end_of_the_sound_ends(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot, feed: FakeFeed
) -> None:
    player.load_file("song.mp3", 99.0)
    player.set_loop((20.0, 30.0))
    player.play()
    qtbot.waitUntil(lambda: bool(portaudio.streams))
    qtbot.waitUntil(lambda: player.state == "stopped")
    assert len(feed.opened) <= 2
