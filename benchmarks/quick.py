"""Quick trainings: the listening, and all else."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.rows import RATE, Row

_GENRES = ("Pop", "Jazz", "Rock", "Folk", "Hip-Hop", "Electronic", "Punk")
_CLIPS, _SECONDS, _ARTISTS = 300, 30.0, 6
_CACHED_S, _CLIPS_PER_S = 5.0, 25.0


def measure(repeats: int) -> list[Row]:
    """Train twice on 300 clips: the second time nothing has to be listened to."""
    with TemporaryDirectory() as folder:
        music = _music(Path(folder) / "music")
        before = _processor_s()
        first = _train(music, Path(folder))
        busy = _processor_s() - before
        cached = min(_train(music, Path(folder)) for _ in range(max(1, repeats)))
    speed = _CLIPS / max(0.1, first - cached)
    return [
        Row(
            "quick training of 300 songs, features cached, the whole process",
            cached,
            "s",
            _CACHED_S,
            note="`python -m benchmarks --only quick`",
        ),
        Row(
            "listening for a quick training, 30 s clips, all cores",
            speed,
            "clips a second",
            _CLIPS_PER_S,
            at_least=True,
            note=f"{os.cpu_count()} cores",
        ),
        Row(
            "the same, processor time of a clip, which other work on the machine changes less",
            1000.0 * busy / _CLIPS,
            "ms",
            1000.0 * (os.cpu_count() or 1) / _CLIPS_PER_S,
            note="with the fit and the start of all processes",
        ),
    ]


def _processor_s() -> float:
    """Processor time of all child processes that have ended, and of theirs."""
    used = os.times()
    return used.children_user + used.children_system


def _music(folder: Path) -> Path:
    """A data set of seven genres by six artists each, every clip another piece."""
    import soundfile

    folder.mkdir()
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "genre", "artist", "title", "seconds"])
        for number in range(_CLIPS):
            place = number % len(_GENRES)
            clip = _clip(place, np.random.default_rng(number))
            name, artist = f"{number}.mp3", number // len(_GENRES) % _ARTISTS
            soundfile.write(folder / name, clip, RATE)
            genre = _GENRES[place]
            table.writerow([name, genre, f"{genre} {artist}", str(number), _SECONDS])
    return folder


def _clip(place: int, rng: np.random.Generator) -> np.ndarray:
    """Notes at random, in a timbre, a register and a tempo of the genre's and the clip's own."""
    n = int(_SECONDS * RATE)
    times = np.arange(n) / RATE
    beat = rng.uniform(0.15, 0.9)
    notes = 55.0 * 2.0 ** (rng.integers(0, 12 + 4 * place, size=int(_SECONDS / beat) + 1) / 12.0)
    phase = 2 * np.pi * np.cumsum(notes[(times / beat).astype(int)]) / RATE
    tone = sum(np.sin(phase * k) / k ** rng.uniform(0.3, 2.0) for k in range(1, 4 + place))
    hits = np.exp(-rng.uniform(5, 60) * (times % beat)) * rng.standard_normal(n)
    sound = tone + rng.uniform(0.0, 2.0) * hits + rng.uniform(0.0, 0.2) * rng.standard_normal(n)
    return np.asarray(0.6 * sound / np.abs(sound).max(), dtype=np.float32)


def _train(music: Path, home: Path) -> float:
    """Wall time of the whole process."""
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "FSTMUSE_CACHE": str(home / "cache"),
    }
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "fstmuse_core.cli", "train", "--quick", "--data", str(music)],
        env=environment,
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - begun
