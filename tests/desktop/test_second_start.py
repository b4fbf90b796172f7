"""A second start opens what it is given in the window that is there, and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import soundfile

from tests.conftest import make_music

from .conftest import OpenWindow

_RATE = 22_050


def start_again(environment: dict[str, str], *paths: str, folder: Path) -> None:
    """Start the program once more; it ends by itself."""
    done = subprocess.run(
        [sys.executable, "-m", "fstmuse_core.cli", "gui", *paths],
        cwd=folder,
        env={**os.environ, **environment, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_opens_what_a_second_start_is_given(
    screen: str, tmp_path: Path, open_window: OpenWindow
) -> None:
    names = ("first song.wav", "zweites Stück.wav", "in folder.wav")
    (tmp_path / "folder").mkdir()
    for name in names:
        place = tmp_path / "folder" if name.startswith("in") else tmp_path
        soundfile.write(place / name, make_music(6.0), _RATE)
    environment = {"DISPLAY": screen, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    window = open_window({}, str(tmp_path / names[0]))
    window.wait("result", timeout=60)

    before = len(window.events)
    start_again(environment, names[1], folder=tmp_path)  # named from where it was started
    window.wait("result", since=before, timeout=60)
    before = len(window.events)
    start_again(environment, "folder", folder=tmp_path)
    window.wait("result", since=before, timeout=60)
    start_again(environment, folder=tmp_path)  # with nothing to open: to the front


def test_a_window_that_was_killed_or_hangs_is_not_waited_for(
    screen: str, tmp_path: Path, open_window: OpenWindow
) -> None:
    killed = open_window({})
    killed.process.kill()
    killed.quit()
    killed.quit = lambda: 0  # type: ignore[method-assign]

    hanging = open_window({})  # the killed one's place is free
    os.kill(hanging.process.pid, signal.SIGSTOP)
    try:
        other = open_window({})
    finally:
        os.kill(hanging.process.pid, signal.SIGCONT)

    assert other.process.poll() is None
