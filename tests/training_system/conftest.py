"""Tones in the place of music, and trainings of a few seconds."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest
import soundfile

from fstmuse_core.training.control import Control
from fstmuse_core.training.session import train

RATE = 22_050
# What each "genre" sounds like: pitch in hertz and how much noise is in it.
SOUNDS = {
    "Folk": (220.0, 0.0),
    "Hip-Hop": (60.0, 0.3),
    "Rock": (440.0, 0.6),
    "Classical": (1760.0, 0.0),
}
ARTISTS = 4

Event = dict[str, Any]


def write_tones(
    folder: Path,
    artists: dict[str, int],
    seconds: float = 4.0,
    *,
    who: str = "player",
    tune: float = 1.0,
    seed: int = 3,
) -> Path:
    """A folder with a manifest: so many artists of each genre, with a clip each."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)  # the same noise would be the same recording
    times = np.arange(int(RATE * seconds)) / RATE
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "genre", "artist", "title", "seconds"])
        for genre, count in artists.items():
            pitch, noise = SOUNDS[genre]
            for number in range(count):
                name = f"{genre}-{number}.wav"
                sound = 0.3 * np.sin(2 * np.pi * tune * pitch * (1 + 0.02 * number) * times)
                sound = sound + noise * 0.2 * rng.standard_normal(times.size)
                soundfile.write(folder / name, sound.astype(np.float32), RATE)
                table.writerow([name, genre, f"{genre} {who} {number}", f"Song {number}", seconds])
    return folder


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four genres by four artists each."""
    return write_tones(tmp_path_factory.mktemp("tones") / "music", dict.fromkeys(SOUNDS, ARTISTS))


@pytest.fixture(scope="session")
def other_tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same genres by other artists."""
    folder = tmp_path_factory.mktemp("other-tones") / "music"
    return write_tones(folder, dict.fromkeys(SOUNDS, ARTISTS), who="singer", tune=1.01, seed=4)


@dataclass
class Home:
    """The user's folders of a test, and trainings in this process."""

    folder: Path
    features: Path  # where those of all tests are kept
    events: list[Event] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """For processes that are to use the same folders."""
        return {
            **os.environ,
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            # JAX compiles each step once for all tests, not ten seconds long in each process.
            "JAX_COMPILATION_CACHE_DIR": str(self.features / "jax"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }

    def train(
        self,
        *,
        resume: str | None = None,
        on: Callable[[Event, Control], None] | None = None,
        **options: Any,
    ) -> int:
        """Run a training; its events are in ``events``. ``on`` sees each as it comes."""
        control = Control()
        self.events, self.said = [], []

        class Machine(io.StringIO):
            def write(machine, text: str) -> int:  # noqa: N805
                event = json.loads(text)
                self.events.append(event)
                if on:
                    on(event, control)
                return len(text)

        return train(
            options, resume=resume, machine=Machine(), say=self.said.append, control=control
        )

    def of_kind(self, kind: str) -> list[Event]:
        """The events of a kind."""
        return [event for event in self.events if event["event"] == kind]

    @property
    def last(self) -> Event:
        """The last event."""
        return self.events[-1]


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def make_home(folder: Path, cache: Path, patch: pytest.MonkeyPatch) -> Home:
    """User folders in ``folder``, for as long as ``patch`` lasts."""
    patch.setenv("FSTMUSE_CACHE", str(cache))
    for name in ("data", "cache"):
        kind = "XDG_DATA_HOME" if name == "data" else "XDG_CACHE_HOME"
        patch.setenv(kind, str(folder / name))
        patch.setattr(
            platformdirs,
            f"user_{name}_dir",
            lambda app, appauthor=None, name=name: str(folder / name / app),
        )
    return Home(folder, cache)


@pytest.fixture
def home(tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Empty user folders."""
    return make_home(tmp_path, shared_cache, monkeypatch)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tones: Path, shared_cache: Path) -> Home:
    """One whole training, called "tones"; its folders are the user's only while it runs."""
    with pytest.MonkeyPatch.context() as patch:
        home = make_home(tmp_path_factory.mktemp("trained"), shared_cache, patch)
        code = home.train(
            model="toy-model",
            data=[str(tones)],
            epochs=10,
            batch_size=8,
            out="tones",
            genres=["Folk", "Hip-Hop", "Rock"],  # so that there is other music
            learning_rate=4e-3,
        )
        assert code == 0, home.said
    return home


def fstmuse(*arguments: str) -> list[str]:
    """The command line as another process."""
    return [sys.executable, "-m", "fstmuse_core.cli", *arguments]


def killed_in_epoch(number: int, command: list[str], environment: dict[str, str]) -> None:
    """Run a training as another process and kill it between two steps of an epoch."""
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            event = json.loads(line)
            if event["event"] == "progress" and event["epoch"] == number:
                os.kill(child.pid, signal.SIGKILL)
                return
    pytest.fail(f"it ended before epoch {number}")
