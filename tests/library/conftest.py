"""A library of its own for each test, and folders with short songs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bundle import Bundle, load_bundle, shipped_models_folder
from fstmuse_core.library.database import Library, open_library

RATE = 22_050
Song = Callable[..., Path]


@pytest.fixture(autouse=True)
def no_own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The library of whoever runs the tests is left alone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    with open_library(tmp_path / "kept" / "library.db") as opened:
        yield opened


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """An empty folder for songs."""
    folder = tmp_path / "Music"
    folder.mkdir()
    return folder


@pytest.fixture
def song(music: Path) -> Song:
    """Writes four seconds of a chord: ``song("artist/name.wav", pitch=220)``."""

    def write(name: str, pitch: float = 220.0, seconds: float = 4.0) -> Path:
        path = music / name
        path.parent.mkdir(parents=True, exist_ok=True)
        t = np.arange(int(seconds * RATE)) / RATE
        chord = np.sum([np.sin(2 * np.pi * pitch * k * t) / k for k in (1, 2, 3, 5)], axis=0)
        soundfile.write(path, (0.2 * chord).astype(np.float32), RATE)
        return path

    return write


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The model that is used when none is named."""
    return load_bundle(shipped_models_folder() / "fst-muse")
