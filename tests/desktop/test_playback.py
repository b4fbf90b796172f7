"""A song from a file, played by the window and heard from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import OpenWindow
from .playback import check_playback
from .signals import Signal, offset_of
from .sound_server import RATE, SoundServer
from .window import Window

pytestmark = [pytest.mark.desktop, pytest.mark.slow]


@pytest.fixture
def window(sound: SoundServer, open_window: OpenWindow, piece: tuple[Path, Signal]) -> Window:
    """A window with the piece opened and classified."""
    opened = open_window(sound.environment, str(piece[0]))
    opened.wait("result")
    return opened


def test_a_file_is_played_in_step_with_the_cursor(
    window: Window, sound: SoundServer, piece: tuple[Path, Signal]
) -> None:
    check_playback(window, sound, piece[1])


def test_a_click_while_playing_goes_on_at_the_new_place(
    window: Window, sound: SoundServer, piece: tuple[Path, Signal], screenshots: Path
) -> None:
    mark = window.press("space")
    window.wait("position", since=mark, where=lambda event: event["seconds"] > 1.0)
    window.screenshot(screenshots / "desktop-6-playing.png")
    left, top, width, height = window.picture
    heard_from = sound.capture.now
    mark = window.click(left + 0.6 * width, top + 0.5 * height)
    aim = 0.6 * piece[1].size / RATE
    landed = window.wait("position", since=mark, where=lambda event: event["seconds"] > aim - 0.2)
    assert landed["seconds"] == pytest.approx(aim, abs=0.1)
    window.wait("position", since=mark, where=lambda event: event["seconds"] > aim + 1.5)
    heard = sound.capture.since(heard_from)
    window.press("space")

    after = round(landed["seconds"] * RATE)
    start, fit = offset_of(piece[1][after : after + RATE], heard)
    assert fit > 0.9
    assert start < RATE
