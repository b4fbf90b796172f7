"""Sounds that the tests make themselves, and the real music where it is at hand."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.reading import SAMPLE_RATE

Samples = npt.NDArray[np.float32]

MUSIC = Path(os.environ.get("FSTMUSE_TEST_MUSIC", Path(__file__).parents[2] / "shared" / "music"))

_PATIENCE_MS = 120_000
_exit_status = 0


def pytest_configure() -> None:
    """Let Ctrl+C through: what a shell starts in the background ignores it, with its children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # The screen that Qt makes up by itself is 800 x 800, which is too small for the window.
    if sys.platform != "win32" and os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        screen = Path(__file__).with_name("screen.json")
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}"


def pytest_sessionfinish(exitstatus: int) -> None:
    global _exit_status
    _exit_status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """End before the interpreter takes Qt apart.

    Hundreds of windows were built in this one process, and what is left of them is destroyed
    in no order at all, after the application they belong to: now and then that crashes. The
    program's own end is tested in processes of its own, by their exit codes.
    """
    if "PySide6.QtWidgets" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_exit_status)


class PatientBot(QtBot):
    """Waits longer than five seconds: tests are about what happens, benchmarks about when."""

    waitSignal = partialmethod(QtBot.waitSignal, timeout=_PATIENCE_MS)
    waitSignals = partialmethod(QtBot.waitSignals, timeout=_PATIENCE_MS)
    waitUntil = partialmethod(QtBot.waitUntil, timeout=_PATIENCE_MS)
    waitExposed = partialmethod(QtBot.waitExposed, timeout=_PATIENCE_MS)


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> PatientBot:
    """The bot of pytest-qt, with more patience."""
    return PatientBot(request)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: to the folder FSTMUSE_SCREENSHOTS, or nowhere for long."""
    named = os.environ.get("FSTMUSE_SCREENSHOTS")
    path = Path(named) if named else tmp_path
    assert not path.resolve().is_relative_to(Path(__file__).parents[1]), "outside, please"
    path.mkdir(parents=True, exist_ok=True)
    return path


def make_music(seconds: float = 10.0, rate: int = SAMPLE_RATE, seed: int = 0) -> Samples:
    """A little band: a bass, chords and a drum at 120 beats a minute; peak 0.6."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    t = np.arange(n) / rate
    roots = 55.0 * 2.0 ** (np.array([0, 5, 7, 3]) / 12.0)
    root = roots[(t // 2).astype(int) % 4]
    phase = 2 * np.pi * np.cumsum(root) / rate
    sound = 0.5 * np.sin(phase) + sum(
        0.15 * np.sin(phase * ratio) for ratio in (2.0, 2.52, 3.0, 4.0, 6.0)
    )
    beat = t % 0.5
    sound = sound * (0.6 + 0.4 * np.exp(-4 * beat))
    sound = sound + 0.5 * np.exp(-40 * beat) * np.sin(2 * np.pi * 70 * beat)
    sound = sound + 0.25 * np.exp(-80 * ((t + 0.25) % 0.5)) * rng.normal(size=n)
    return np.asarray(0.6 * sound / np.abs(sound).max(), dtype=np.float32)


def make_speech(seconds: float = 10.0, rate: int = SAMPLE_RATE, seed: int = 0) -> Samples:
    """Something like speech: a voiced pulse through moving formants, in syllables and pauses."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    out = np.zeros(n)
    at = 0
    while at < n:
        length = int(rate * rng.uniform(0.10, 0.25))
        t = np.arange(min(length, n - at)) / rate
        pitch = rng.uniform(95, 150) * (1 - 0.3 * t / max(t[-1], 1e-3))
        phase = 2 * np.pi * np.cumsum(pitch) / rate
        formants = (rng.uniform(300, 800), rng.uniform(900, 2200), rng.uniform(2300, 3000))
        voice = np.zeros(t.size)
        for harmonic in range(1, 30):
            frequency = harmonic * pitch.mean()
            gain = sum(np.exp(-(((frequency - f) / 150) ** 2)) for f in formants)
            voice += (gain + 0.02) / harmonic**0.3 * np.sin(harmonic * phase)
        out[at : at + t.size] = voice * np.sin(np.pi * np.arange(t.size) / t.size) ** 0.7
        gap = rng.uniform(0.02, 0.08) if rng.random() < 0.8 else rng.uniform(0.2, 0.5)
        at += length + int(rate * gap)
    return np.asarray(0.5 * out / np.abs(out).max(), dtype=np.float32)


@pytest.fixture(scope="session")
def music() -> Samples:
    """Ten seconds of synthetic music, mono, 22,050 Hz."""
    return make_music()


@pytest.fixture(scope="session")
def music_file(tmp_path_factory: pytest.TempPathFactory, music: Samples) -> Path:
    """The same as a WAV file."""
    path = tmp_path_factory.mktemp("music") / "song.wav"
    soundfile.write(path, music, SAMPLE_RATE)
    return path


@pytest.fixture
def make_file(tmp_path: Path, music: Samples) -> Callable[..., Path]:
    """Writes a sound file through libsndfile: ``make_file(name, samples=..., rate=..., **kw)``."""

    def make(
        name: str, samples: Samples | None = None, rate: int = SAMPLE_RATE, **options: str
    ) -> Path:
        path = tmp_path / name
        soundfile.write(path, music if samples is None else samples, rate, **options)
        return path

    return make


@pytest.fixture(scope="session")
def real_music() -> Path:
    """The folder of real music with its manifest; tests that need it skip where it is absent."""
    if not (MUSIC / "manifest.csv").is_file():
        pytest.skip("the folder ../shared/music with real recordings is not here")
    return MUSIC
