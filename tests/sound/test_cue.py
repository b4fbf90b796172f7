from __future__ import annotations

import numpy as np
import pytest

from fstmuse_gui.sound.buffers import OutputCallback, PlaybackBuffer

from .fake_portaudio import FakeStream

RATE = 1000


def cue_of(n_frames: int, start_s: float = 0.0) -> PlaybackBuffer:
    cue = PlaybackBuffer(start_s, RATE, 1)
    cue.ring.write(np.ones((n_frames, 1), dtype=np.float32))
    return cue


def block(frames: int) -> np.ndarray:
    return np.full((frames, 1), np.nan, dtype=np.float32)


def test_nothing_is_heard_before_it_leaves_the_loudspeaker() -> None:
    cue = cue_of(500, start_s=7.0)
    cue.fill(block(100), played_at=50.2)
    assert cue.position(50.0) == 7.0
    assert cue.position(50.25) == pytest.approx(7.05)


def test_the_position_follows_the_clock_between_blocks() -> None:
    cue = cue_of(500)
    cue.fill(block(100), played_at=10.0)
    cue.fill(block(100), played_at=10.1)
    assert cue.position(10.05) == pytest.approx(0.05)
    assert cue.position(10.15) == pytest.approx(0.15)


def test_the_position_stands_when_the_device_takes_no_more() -> None:
    cue = cue_of(500)
    cue.fill(block(100), played_at=10.0)
    assert cue.position(99.0) == pytest.approx(0.1)


def test_the_position_never_runs_back() -> None:
    cue = cue_of(500)
    cue.fill(block(100), played_at=10.0)
    ahead = cue.position(10.09)
    cue.fill(block(100), played_at=10.13)
    assert cue.position(10.10) == ahead


def test_a_lack_of_sound_is_silence_and_does_not_move_the_position() -> None:
    cue = cue_of(30)
    out = block(100)
    cue.fill(out, played_at=10.0)
    assert out[:, 0].tolist() == [1.0] * 30 + [0.0] * 70
    assert cue.position(99.0) == pytest.approx(0.03)


def test_it_is_over_once_the_last_frame_was_heard() -> None:
    cue = cue_of(100)
    cue.fill(block(100), played_at=10.0)
    assert not cue.is_over(20.0)
    cue.is_complete = True
    assert not cue.is_over(10.05)
    assert cue.is_over(10.1)


@pytest.mark.parametrize(("lead_s", "expected"), [(0.03, 0.03), (-100.0, 0.08), (60.0, 0.08)])
def test_the_device_s_own_latency_is_used_where_it_makes_sense(
    lead_s: float, expected: float
) -> None:
    outlet = OutputCallback(RATE, 1)
    outlet.latency_s = 0.08
    cue = outlet.cue = cue_of(500)
    stream = object.__new__(FakeStream)
    stream.settings = {"channels": 1, "callback": outlet.callback}
    stream.ask(100, lead_s)
    assert cue.position(outlet.called_at + expected + 0.02) == pytest.approx(0.02)


def test_an_outlet_without_a_cue_is_silent() -> None:
    out = block(10)
    OutputCallback(RATE, 1).callback(out, 10, None, None)
    assert not out.any()
