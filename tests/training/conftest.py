"""A tiny made-up music collection."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
import soundfile

from fstmuse_core.datasets.track import Track

RATE = 22_050
SECONDS = 4.0
# What each "genre" sounds like: pitch in hertz and how much noise is in it.
SOUNDS = {
    "Folk": (220.0, 0.0),
    "Hip-Hop": (60.0, 0.3),
    "Rock": (440.0, 0.6),
    "Classical": (1760.0, 0.0),
    "Ambient": (110.0, 0.02),
}
ARTISTS_PER_GENRE = 2


class MakeTrack(Protocol):
    def __call__(self, genre: str, artist: str, title: str = "", tag_genre: str = "") -> Track: ...


@pytest.fixture
def make_track() -> MakeTrack:
    """Tracks without a file behind them."""

    def make(genre: str, artist: str, title: str = "", tag_genre: str = "") -> Track:
        return Track(Path(f"{artist}-{title}.wav"), genre, artist, title, 30.0, tag_genre=tag_genre)

    return make


@pytest.fixture(scope="session")
def tiny_music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a manifest.csv: five genres, two artists each, one clip of 4 s by each."""
    folder = tmp_path_factory.mktemp("music")
    rng = np.random.default_rng(3)
    times = np.arange(int(RATE * SECONDS)) / RATE
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "genre", "artist", "title", "seconds", "licence", "collection"])
        for genre, (pitch, noise) in SOUNDS.items():
            for number in range(ARTISTS_PER_GENRE):
                name = f"{genre}-{number}.wav"
                sound = 0.3 * np.sin(2 * np.pi * pitch * (1 + 0.02 * number) * times)
                sound = sound + noise * 0.2 * rng.standard_normal(times.size)
                soundfile.write(folder / name, sound.astype(np.float32), RATE)
                table.writerow(
                    [name, genre, f"{genre} artist {number}", "Song", SECONDS, "CC0", "made up"]
                )
    return folder


@pytest.fixture
def shared_music() -> Path:
    """The recordings beside the checkout, which may be absent."""
    folder = Path(__file__).parents[3] / "shared" / "music"
    if not (folder / "manifest.csv").is_file():
        pytest.skip("the recordings in ../shared/music are not here")
    return folder
