from __future__ import annotations

import time

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.player import Player

from .fake_feed import LENGTH_S, FakeFeed
from .fake_portaudio import FakePortAudio, FakeStream

RATE = 48_000
HALF_BUFFER = RATE


def play_file(player: Player, portaudio: FakePortAudio, qtbot: QtBot) -> FakeStream:
    player.load_file("song.mp3", LENGTH_S)
    player.play()
    return wait_for_sound(player, portaudio, qtbot)


def wait_for_sound(player: Player, portaudio: FakePortAudio, qtbot: QtBot) -> FakeStream:
    """The stream, once its cue has a second of sound read ahead."""

    def is_ready() -> bool:
        cue = player._cue
        return cue is not None and cue.ring.available >= HALF_BUFFER

    qtbot.waitUntil(is_ready)
    return portaudio.stream


def test_a_file_is_read_at_the_device_s_rate_and_played(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot, feed: FakeFeed
) -> None:
    stream = play_file(player, portaudio, qtbot)
    assert feed.opened == [("song.mp3", 0.0, RATE, 2)]
    assert player.state == "playing"
    heard = stream.ask(4800)
    np.testing.assert_allclose(heard[:, 0], np.arange(4800) / RATE, atol=1e-6)
    np.testing.assert_array_equal(heard[:, 0], heard[:, 1])


def test_the_position_counts_what_the_device_has_played(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = play_file(player, portaudio, qtbot)
    with qtbot.waitSignal(player.position_changed, check_params_cb=lambda s: s >= 0.1):
        stream.ask(4800)
    assert player.position == pytest.approx(0.1)


def test_seeking_while_playing_never_replays_old_sound(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot, feed: FakeFeed
) -> None:
    stream = play_file(player, portaudio, qtbot)
    stream.ask(4800)
    for target in (2.0, 3.0, 6.0):
        player.seek(target)
    assert player.position == 6.0
    wait_for_sound(player, portaudio, qtbot)
    assert stream.ask(480)[0, 0] == pytest.approx(6.0)
    assert feed.opened[-1][1] == 6.0
    assert len(portaudio.streams) == 1


def test_old_sound_is_silent_as_soon_as_one_seeks(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = play_file(player, portaudio, qtbot)
    stream.ask(4800)
    player.seek(5.0)
    heard = stream.ask(480)[:, 0]
    assert np.all((heard == 0.0) | (heard >= 5.0))


def test_pausing_frees_the_device_and_playing_goes_on_there(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = play_file(player, portaudio, qtbot)
    stream.ask(24_000)
    qtbot.waitUntil(lambda: player.position >= 0.5)
    player.pause()
    assert player.state == "paused"
    qtbot.waitUntil(lambda: not stream.is_open)
    player.play()
    again = wait_for_sound(player, portaudio, qtbot)
    assert again is not stream
    assert again.ask(10)[0, 0] == pytest.approx(0.5)


def test_seeking_while_paused_plays_from_there(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    player.load_file("song.mp3", LENGTH_S)
    player.seek(4.0)
    assert (player.state, player.position) == ("stopped", 4.0)
    player.toggle()
    stream = wait_for_sound(player, portaudio, qtbot)
    assert stream.ask(10)[0, 0] == pytest.approx(4.0)
    player.toggle()
    assert player.state == "paused"


@pytest.mark.parametrize(("asked", "expected"), [(-3.0, 0.0), (99.0, LENGTH_S)])
def test_seeking_stays_within_the_music(
    player: Player, portaudio: FakePortAudio, asked: float, expected: float
) -> None:
    player.load_file("song.mp3", LENGTH_S)
    player.seek(asked)
    assert player.position == expected


def test_at_the_end_it_stops_and_goes_back_to_the_start(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    player.load_file("song.mp3", LENGTH_S)
    player.seek(LENGTH_S - 0.1)
    player.play()
    qtbot.waitUntil(lambda: player._cue is not None and player._cue.is_complete)
    heard = portaudio.stream.ask(9600)[:, 0]
    assert np.count_nonzero(heard) == 4800
    qtbot.waitUntil(lambda: player.state == "stopped")
    assert player.position == 0.0


def test_samples_are_played_at_the_device_s_rate(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    times = np.arange(2 * 22_050, dtype=np.float32) / 22_050
    player.load_samples(np.sin(2 * np.pi * 440 * times), 22_050)
    assert player.duration_s == pytest.approx(2.0)
    player.play()
    stream = wait_for_sound(player, portaudio, qtbot)
    heard = stream.ask(RATE // 2)[:, 0]
    expected = np.sin(2 * np.pi * 440 * np.arange(heard.size) / RATE)
    np.testing.assert_allclose(heard[4800:], expected[4800:], atol=1e-3)


def test_a_device_that_refuses_the_rate_is_asked_for_a_common_one(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot, feed: FakeFeed
) -> None:
    portaudio.devices[1]["default_samplerate"] = 192_000.0
    portaudio.rates = {44_100}
    player.load_file("song.mp3", LENGTH_S)
    player.play()
    qtbot.waitUntil(lambda: bool(feed.opened))
    assert feed.opened[-1][2:] == (44_100, 2)


def test_no_loudspeaker_is_a_sentence(
    no_devices: FakePortAudio, player: Player, qtbot: QtBot
) -> None:
    player.load_file("song.mp3", LENGTH_S)
    player.seek(3.0)
    with qtbot.waitSignal(player.failed) as failed:
        player.play()
    assert failed.args is not None
    assert failed.args[0].startswith("Loudspeaker: no output device was found")
    assert (player.state, player.position) == ("paused", 3.0)


def test_unplugging_pauses_and_keeps_the_position(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = play_file(player, portaudio, qtbot)
    stream.ask(24_000)
    qtbot.waitUntil(lambda: player.position >= 0.5)
    with qtbot.waitSignal(player.failed) as failed:
        stream.unplug()
    assert failed.args is not None
    assert failed.args[0].startswith("Speakers: the device stopped playing")
    assert player.state == "paused"
    assert player.position == pytest.approx(0.5)


def test_a_device_that_asks_for_no_more_sound_counts_as_unplugged(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = play_file(player, portaudio, qtbot)
    outlet = stream.settings["callback"].__self__
    with qtbot.waitSignal(player.failed):
        outlet.called_at = time.perf_counter() - 60.0


def test_a_file_that_breaks_off_is_a_sentence(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot, feed: FakeFeed
) -> None:
    feed.error = "song.mp3: the file is gone"
    player.load_file("song.mp3", LENGTH_S)
    with qtbot.waitSignal(player.failed) as failed:
        player.play()
    assert failed.args == ["song.mp3: the file is gone"]
    assert player.state == "paused"


def test_a_reading_process_that_died_is_started_again(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot, feed: FakeFeed
) -> None:
    feed.broken = True
    player.load_file("song.mp3", LENGTH_S)
    with qtbot.waitSignal(player.failed):
        player.play()
    feed.broken = False
    player.play()
    wait_for_sound(player, portaudio, qtbot)
    assert feed.starts == 2


def test_another_device_takes_over_at_the_same_place(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    headset = portaudio.add("Headset", outputs=2)
    first = play_file(player, portaudio, qtbot)
    first.ask(24_000)
    qtbot.waitUntil(lambda: player.position >= 0.5)
    player.set_device(DeviceId("Headset", "ALSA"))
    qtbot.waitUntil(lambda: len(portaudio.streams) == 2)
    second = wait_for_sound(player, portaudio, qtbot)
    assert second.settings["device"] == headset
    assert second.ask(10)[0, 0] == pytest.approx(0.5)
    assert not first.is_open


def test_loading_something_else_stops(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = play_file(player, portaudio, qtbot)
    stream.ask(24_000)
    player.load_samples(np.zeros(100, dtype=np.float32), 22_050)
    assert (player.state, player.position) == ("stopped", 0.0)
    player.unload()
    player.play()
    assert player.state == "stopped"


def test_closing_ends_the_reading_process_and_the_stream(
    player: Player, portaudio: FakePortAudio, qtbot: QtBot, feed: FakeFeed
) -> None:
    stream = play_file(player, portaudio, qtbot)
    player.close()
    player.close()
    assert not feed.is_running
    assert not stream.is_open
