"""A screen, a sound card and a microphone that no one sees or hears.

Needs Debian's xvfb, xdotool, pulseaudio, pulseaudio-utils, libasound2-plugins and libportaudio2.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from .signals import Signal, played_piece
from .sound_server import RATE, SoundServer, sound_server
from .window import Window

OpenWindow = Callable[..., Window]

_PROGRAMS = {
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "parec": "pulseaudio-utils",
    "paplay": "pulseaudio-utils",
}
_ALSA_PLUGIN = "alsa-lib/libasound_module_pcm_pulse.so"


def missing_packages() -> list[str]:
    """Debian packages that a desktop run lacks here."""
    missing = {package for program, package in _PROGRAMS.items() if not shutil.which(program)}
    if not any(Path("/usr").glob(f"lib*/{_ALSA_PLUGIN}")) and not any(
        Path("/usr/lib").glob(f"*/{_ALSA_PLUGIN}")
    ):
        missing.add("libasound2-plugins")
    if ctypes.util.find_library("portaudio") is None:
        missing.add("libportaudio2")
    return sorted(missing)


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """The display of a running Xvfb."""
    missing = missing_packages()
    if missing:
        pytest.skip(f"a desktop run needs these packages: {' '.join(missing)}")
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1440x900x24"]
    command += ["-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as answer:
        number = answer.readline().strip()
    if not number:
        server.kill()
        pytest.fail("Xvfb did not start")
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.fixture
def sound(screen: str) -> Iterator[SoundServer]:
    """A sound server of this test alone."""
    with sound_server() as server:
        yield server


@pytest.fixture
def open_window(screen: str, tmp_path: Path) -> Iterator[OpenWindow]:
    """Opens the program's window in an environment, with files; all are closed in the end."""
    windows: list[Window] = []

    def open_one(environment: dict[str, str], *paths: str) -> Window:
        settings = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
        everything = {**environment, "DISPLAY": screen, **settings}
        window = Window(tmp_path / "window", everything, paths)
        windows.append(window)
        return window

    yield open_one
    codes = [window.quit() for window in windows]
    assert codes == [0] * len(windows)


@pytest.fixture(scope="session")
def piece(music: Signal, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Signal]:
    """A file of tones and music, and its samples at the sound server's rate."""
    samples = played_piece(music)
    path = tmp_path_factory.mktemp("piece") / "piece.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path, samples


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the window go: outside the repository."""
    default = Path(tempfile.gettempdir()) / "fstmuse-screenshots"
    folder = Path(os.environ.get("FSTMUSE_SCREENSHOTS", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
