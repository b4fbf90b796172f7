"""What a take keeps: rate and channels of the input, its length, and no more than is wanted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.sound.recorder import Recorder
from fstmuse_gui.sound.sources import SampleSource

from .fake_portaudio import FakePortAudio, FakeStream
from .test_recorder import start, stop, tone

RATE = 48_000


@pytest.fixture
def stereo(portaudio: FakePortAudio) -> FakePortAudio:
    portaudio.devices[0].update(max_input_channels=32, default_samplerate=float(RATE))
    return portaudio


def two_tones(seconds: float) -> np.ndarray:
    return np.stack([tone(seconds, RATE, 440.0), tone(seconds, RATE, 660.0)], axis=1)


def bring(stream: FakeStream, frames: np.ndarray, recorder: Recorder, qtbot: QtBot) -> None:
    before = recorder.elapsed_s
    stream.bring(frames)
    qtbot.waitUntil(lambda: recorder.elapsed_s > before)


def test_rate_and_channels_are_kept(
    recorder: Recorder, stereo: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, stereo, qtbot)
    assert (stream.settings["samplerate"], stream.settings["channels"]) == (RATE, 2)
    told: list[np.ndarray] = []
    recorder.frames_ready.connect(lambda frames, _rate: told.append(frames.copy()))
    for block in np.array_split(two_tones(1.0), 11):
        stream.bring(block)
    take = stop(recorder, qtbot)
    sound, rate = take.best
    assert rate == RATE
    np.testing.assert_array_equal(sound, two_tones(1.0))
    np.testing.assert_array_equal(np.concatenate(told), sound)
    assert (take.sample_rate, take.samples.ndim) == (22_050, 1)
    assert take.duration_s == pytest.approx(1.0, abs=1e-3)


def test_one_microphone_offered_twice_is_kept_once(
    recorder: Recorder, stereo: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, stereo, qtbot)
    stream.bring(tone(0.5, RATE))
    sound, rate = stop(recorder, qtbot).best
    assert (sound.shape, rate) == ((RATE // 2, 1), RATE)


def test_a_take_ends_at_the_length_that_was_chosen(
    recorder: Recorder, stereo: FakePortAudio, qtbot: QtBot
) -> None:
    recorder.length_s = 10.0
    stream = start(recorder, stereo, qtbot)
    with qtbot.waitSignal(recorder.finished) as finished:
        for _ in range(3):
            bring(stream, two_tones(4.0), recorder, qtbot)
    assert finished.args is not None
    take: Take = finished.args[0]
    assert take.duration_s == 10.0
    assert len(take.best[0]) == 10 * RATE


def pause(recorder: Recorder, qtbot: QtBot) -> None:
    with qtbot.waitSignal(recorder.state_changed):
        recorder.pause()
    assert recorder.state == "paused"


def test_what_comes_in_a_pause_is_left_out(
    recorder: Recorder, stereo: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, stereo, qtbot)
    stream.bring(two_tones(1.0))
    pause(recorder, qtbot)
    with qtbot.waitSignal(recorder.level_changed):  # the meter goes on
        stream.bring(0.1 * two_tones(2.0))
    stream.bring(0.1 * two_tones(1.0))
    recorder.resume()
    assert recorder.state == "recording"
    stream.bring(two_tones(0.5))
    take = stop(recorder, qtbot)
    np.testing.assert_array_equal(take.best[0], np.concatenate([two_tones(1.0), two_tones(0.5)]))
    assert take.duration_s == pytest.approx(1.5, abs=1e-3)
    assert len(stereo.streams) == 1, "the device stays open"


def test_a_take_can_end_in_its_pause(
    recorder: Recorder, stereo: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, stereo, qtbot)
    stream.bring(two_tones(1.0))
    pause(recorder, qtbot)
    stream.bring(two_tones(1.0))
    np.testing.assert_array_equal(stop(recorder, qtbot).best[0], two_tones(1.0))


def test_unplugging_in_a_pause_keeps_the_take(
    recorder: Recorder, stereo: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, stereo, qtbot)
    stream.bring(two_tones(1.0))
    pause(recorder, qtbot)
    with qtbot.waitSignal(recorder.finished) as finished:
        stream.unplug()
    assert finished.args is not None
    assert "what was recorded is kept" in finished.args[0].warnings[0]


@pytest.mark.parametrize("act", [Recorder.pause, Recorder.resume])
def test_without_a_take_there_is_no_pause(recorder: Recorder, act: Callable[..., None]) -> None:
    act(recorder)
    assert recorder.state == "idle"


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_stereo_take_is_played_on_what_is_there(channels: int) -> None:
    source = SampleSource(two_tones(0.1), RATE)
    source.open(0.0, RATE, channels)
    block = source.read(0.0)
    assert block is not None
    assert block.samples.shape == (round(0.1 * RATE), channels)
    expected = two_tones(0.1)
    if channels == 1:
        np.testing.assert_allclose(block.samples[:, 0], expected.mean(axis=1), atol=1e-6)
    else:
        np.testing.assert_array_equal(block.samples[:, :2], expected)
        assert not block.samples[:, 2:].any()


def test_a_part_of_a_take_is_cut_at_both_rates() -> None:
    take = Take(tone(2.0), 22_050, ("quiet",), two_tones(2.0), RATE)
    part = take.part(0.5, 1.5)
    np.testing.assert_array_equal(part.best[0], two_tones(2.0)[RATE // 2 : RATE * 3 // 2])
    assert part.duration_s == pytest.approx(1.0)
