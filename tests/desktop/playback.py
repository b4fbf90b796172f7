"""True if what a window plays is what it should play, and its cursor where the ear is."""

from __future__ import annotations

import numpy as np
import pytest

from .signals import Signal, decibels, longest_silence_s, offset_of
from .sound_server import RATE, SoundServer, wait_for
from .window import Window

_FROM_S, _TO_S = 1.0, 6.0


def is_quiet(sound: SoundServer) -> bool:
    """True if nothing has been played for a while."""
    return longest_silence_s(sound.capture.since(0)[-RATE // 2 :], RATE) > 0.4


def check_playback(window: Window, sound: SoundServer, music: Signal) -> None:
    """Play from the start with the space bar, and compare with ``music`` at the server's rate.

    Level, spectrum and place must be right, without a gap; the cursor must be within 50 ms of
    what is heard in the middle, and within 80 ms all but 5 % of the time.
    """
    wait_for(lambda: is_quiet(sound), "silence")
    heard_from, mark = sound.capture.now, window.press("space")
    window.wait("position", since=mark, where=lambda event: event["seconds"] > _TO_S + 0.5)
    window.press("space")
    window.wait("player", since=mark, where=lambda event: event["state"] == "paused")
    heard = sound.capture.since(heard_from)

    part = music[round(_FROM_S * RATE) : round(_TO_S * RATE)]
    start, fit = offset_of(part, heard)
    assert fit > 0.9
    same = heard[start : start + part.size]
    assert decibels(same) == pytest.approx(decibels(part), abs=0.5)
    assert longest_silence_s(same, RATE) < longest_silence_s(part, RATE) + 0.02

    seconds = np.arange(_FROM_S, _TO_S, 0.05)
    samples = heard_from + start + ((seconds - _FROM_S) * RATE).astype(np.int64)
    moments, shown = window.positions(mark)
    error = np.interp(sound.capture.moments(samples), moments, shown) - seconds
    assert np.abs(np.median(error)) < 0.05
    assert np.percentile(np.abs(error), 95) < 0.08
