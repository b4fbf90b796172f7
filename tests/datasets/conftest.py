"""Made-up data sets: a tiny FMA, genre folders, tagged files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.datasets import cache as cache_module
from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.datasets.track import Track
from fstmuse_core.system import pool
from tests.rounding import mel_tolerance

RATE = 22_050
MakeClip = Callable[..., Path]


def tone(seconds: float = 4.0, pitch: float = 220.0, rate: int = RATE) -> np.ndarray:
    """A steady chord; its pitch makes it differ from others."""
    t = np.arange(int(seconds * rate)) / rate
    sound = sum(np.sin(2 * np.pi * pitch * k * t) / k for k in (1, 2, 3, 5))
    return np.asarray(0.2 * sound, dtype=np.float32)


def write_clip(path: Path, samples: np.ndarray | None = None, pitch: float = 220.0) -> Path:
    """A sound file by its suffix, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(pitch=pitch) if samples is None else samples, RATE)
    return path


@pytest.fixture
def make_track() -> Callable[..., Track]:
    """Tracks without a file behind them."""

    def make(genre: str, artist: str, name: str = "", **more: str) -> Track:
        return Track(Path(f"{genre}-{artist}-{name}.wav"), genre, artist, name, 30.0, **more)

    return make


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """To start a second one takes longer than it saves, unless a test asks for it."""
    monkeypatch.setattr(pool, "default_processes", lambda: 1)


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Eight clips of four seconds."""
    return [write_clip(tmp_path / "music" / f"{n}.wav", pitch=100 + 30 * n) for n in range(8)]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[FeatureCache]:
    """An empty one."""
    with FeatureCache(tmp_path / "cache") as opened:
        yield opened


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clips of four seconds in each."""
    monkeypatch.setattr(cache_module, "_SHARD_BYTES", 60_000)


def expected(path: Path) -> np.ndarray:
    """The features of a file, computed without a cache."""
    return mel_spectrogram(load_audio(path))


def assert_features(mel: np.ndarray, wanted: np.ndarray) -> None:
    """The same frames, but for the rounding of ``mel`` to half precision."""
    assert mel.dtype == np.float16
    smallest = float(np.finfo(np.float16).smallest_subnormal)
    tolerance = mel_tolerance(wanted) + smallest / 2
    np.testing.assert_allclose(
        mel.astype(np.float32), wanted, rtol=float(np.finfo(np.float16).eps) / 2, atol=tolerance
    )


def shards(folder: Path) -> list[Path]:
    """The files in a cache's folder that hold features."""
    return sorted(folder.glob("*.mel.npy"))


@dataclass
class FmaRow:
    """A row of tracks.csv; ``pitch`` 0 leaves the sound file out."""

    number: int
    top: str
    genres_all: str
    artist: str = "Someone"
    split: str = "training"
    subset: str = "small"
    album: str = "Album"
    pitch: float = 220.0
    extra: dict[tuple[str, str], str] = field(default_factory=dict)


COLUMNS = [
    ("album", "comments"),
    ("album", "id"),
    ("album", "title"),
    ("artist", "bio"),
    ("artist", "id"),
    ("artist", "name"),
    ("set", "split"),
    ("set", "subset"),
    ("track", "duration"),
    ("track", "genre_top"),
    ("track", "genres"),
    ("track", "genres_all"),
    ("track", "license"),
    ("track", "title"),
]
GENRES = [
    (12, 0, "Rock"),
    (25, 12, "Punk"),
    (109, 25, "Hardcore"),
    (17, 0, "Folk"),
    (21, 0, "Hip-Hop"),
]
ROWS = [
    FmaRow(2, "Hip-Hop", "[21]", "Rapper", pitch=110),
    FmaRow(5, "Hip-Hop", "[21]", "Emcee", "test", pitch=115),
    FmaRow(10, "Rock", "[12]", "Rocker", pitch=220),
    FmaRow(1141, "Rock", "[12, 25]", "Punk", pitch=230),
    FmaRow(1142, "Rock", "[12, 109]", "Punk", "validation", pitch=240),
    FmaRow(1300, "Folk", "[17]", "Singer", pitch=330),
    FmaRow(1301, "Folk", "[17]", "Bard", "validation", pitch=340),
    FmaRow(1302, "", "[12, 17]", "Mixed", pitch=350),
    FmaRow(1400, "Folk", "[17]", "Gone", pitch=0),
    FmaRow(1500, "Folk", "[17]", "Medium", subset="medium", pitch=0),
]


def write_tracks_csv(file: Path, rows: list[FmaRow], columns: list[tuple[str, str]]) -> None:
    """The three header rows and a row for each track, as pandas writes them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    artists = sorted({row.artist for row in rows})
    with file.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["", *(group for group, _ in columns)])
        table.writerow(["", *(name for _, name in columns)])
        table.writerow(["track_id", *("" for _ in columns)])
        for row in rows:
            values = {
                ("album", "id"): "7",
                ("album", "title"): row.album,
                ("artist", "bio"): '<p>Born,\nraised and "played" here</p>',
                ("artist", "id"): str(100 + artists.index(row.artist)),
                ("artist", "name"): row.artist,
                ("set", "split"): row.split,
                ("set", "subset"): row.subset,
                ("track", "duration"): "168",
                ("track", "genre_top"): row.top,
                ("track", "genres_all"): row.genres_all,
                ("track", "license"): "CC BY",
                ("track", "title"): f"Track {row.number}",
                **row.extra,
            }
            table.writerow([row.number, *(values.get(column, "") for column in columns)])


def write_genres_csv(file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["genre_id", "#tracks", "parent", "title", "top_level"])
        table.writerows([g, 1, parent, title, parent or g] for g, parent, title in GENRES)


def write_fma(root: Path, rows: list[FmaRow]) -> Path:
    """A whole FMA of small size, with mp3 files."""
    write_tracks_csv(root / "fma_metadata" / "tracks.csv", rows, COLUMNS)
    write_genres_csv(root / "fma_metadata" / "genres.csv")
    for row in rows:
        if row.pitch:
            name = f"{row.number:06d}"
            write_clip(root / "fma_small" / name[:3] / f"{name}.mp3", pitch=row.pitch)
    return root


@pytest.fixture
def fma(tmp_path: Path) -> Path:
    """Ten tracks in tracks.csv, eight of them with a file."""
    return write_fma(tmp_path / "fma", ROWS)


@pytest.fixture
def genre_folders(tmp_path: Path) -> Path:
    """Two genres with three artists each, one clip of four seconds by each."""
    root = tmp_path / "music"
    for genre, base in (("rock", 100), ("hip hop", 400)):
        for n in range(3):
            write_clip(root / genre / f"{genre} artist {n}" / "song.wav", pitch=base + 10 * n)
    return root
