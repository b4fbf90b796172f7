"""Songs to correct, and a model's answers about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.classify.result import Classification, Doubt, Timeline, Verdict
from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.datasets.examine import one_process

RATE = 22_050
GENRES = ("Folk", "Hip-Hop", "Rock")
MakeSong = Callable[..., Path]


def answer(
    heard: str = "Rock", probability: float = 0.84, *, doubt: Doubt | None = None
) -> Classification:
    """What a model of three genres says of four seconds."""
    rest = (1.0 - probability) / 2
    p = np.array([probability if g == heard else rest for g in GENRES], dtype=np.float32)
    if doubt is Doubt.SILENCE:
        p[:] = 0.0
    empty = np.empty(0)
    timeline = Timeline(empty, empty, np.empty((0, 3), np.float32), np.empty(0, bool))
    verdict = Verdict(None if doubt else heard, doubt, "as it may be")
    return Classification("toy-model", "ab" * 32, GENRES, 4.0, p, timeline, verdict)


def tone(pitch: float, seconds: float = 4.0) -> np.ndarray:
    t = np.arange(int(RATE * seconds)) / RATE
    return (0.5 * np.sin(2 * np.pi * pitch * t)).astype(np.float32)


@pytest.fixture(scope="package", autouse=True)
def listener() -> Iterator[None]:
    """One process that listens for all tests."""
    with one_process():
        yield


@pytest.fixture
def store(tmp_path: Path) -> CorrectionStore:
    return CorrectionStore(tmp_path / "corrections")


@pytest.fixture
def make_song(tmp_path: Path) -> MakeSong:
    """Writes a tone with tags: ``make_song("a.flac", pitch=220, artist="Someone")``."""

    def make(
        name: str = "song.flac", *, pitch: float = 220.0, seconds: float = 4.0, **tags: str
    ) -> Path:
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(pitch, seconds), RATE)
        if tags:
            tag(path, **tags)
        return path

    return make


def tag(path: Path, **tags: str) -> None:
    """Write tags into a FLAC file."""
    import mutagen

    file = mutagen.File(path, easy=True)
    file.update({name: [value] for name, value in tags.items()})
    file.save()
