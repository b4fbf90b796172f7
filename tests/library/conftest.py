"""A library of its own for each test, and folders with short songs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bundle import (
    TAGGER_HEAD_NAME,
    Bundle,
    load_bundle,
    shipped_models_folder,
    write_bundle,
)
from fstmuse_core.bundle.tagger_head import TaggerHead
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


@pytest.fixture(scope="session")
def tagger() -> Bundle:
    """The tagger that comes with FstMuse."""
    return load_bundle(shipped_models_folder() / "tagger")


@pytest.fixture(scope="session")
def tagged_model(
    tmp_path_factory: pytest.TempPathFactory, bundle: Bundle, tagger: Bundle
) -> Bundle:
    """A classifier that stands on the tagger, with a head that was never taught."""
    n_genres, size = len(bundle.manifest.genres), 100 + 712
    head = TaggerHead(
        tags=np.arange(n_genres + 2, dtype=np.int64)[:, None],
        offsets=np.zeros(n_genres + 2, np.float32),
        mean=np.zeros(size, np.float32),
        deviation=np.ones(size, np.float32),
        matrix=np.zeros((size, n_genres + 1), np.float32),
        bias=np.zeros(n_genres + 1, np.float32),
        shares=np.array((0.2, 0.7, 0.1), np.float32),
    )
    files = {name: (bundle.path / name).read_bytes() for name in bundle.manifest.files}
    files[TAGGER_HEAD_NAME] = head.to_bytes()
    folder = tmp_path_factory.mktemp("models") / "tagged"
    write_bundle(folder, replace(bundle.manifest, name="tagged", tagger=tagger.sha256), files)
    return load_bundle(folder)
