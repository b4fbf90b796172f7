"""How soon a training begins, and how fast it goes."""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.rows import RATE, Row, band

_GENRES = ("Pop", "Jazz", "Rock", "Folk", "Hip-Hop", "Electronic", "Punk")
_CLIPS, _SECONDS, _ARTISTS = 420, 4.0, 5
_EPOCH_CROPS, _EPOCH_S, _START_S = 8_000, 30.0, 12.0
_BATCH = 32
_MOST_STARTS = 3


def measure(repeats: int) -> list[Row]:
    """Train our seven-genre network for an epoch, and begin a training again and again."""
    with TemporaryDirectory() as folder:
        music = _music(Path(folder) / "music")
        speed = _crops_per_second(music)
        starts = [_first_progress(music) for _ in range(min(repeats, _MOST_STARTS))]
    return [
        Row(
            "our seven-genre network, an epoch of 8,000 crops",
            _EPOCH_CROPS / speed,
            "s",
            _EPOCH_S,
            note=f"{speed:.0f} crops a second, augmentation and all",
        ),
        Row(
            "start of training to the first progress, features cached",
            statistics.median(starts),
            "s",
            _START_S,
        ),
    ]


def _music(folder: Path) -> Path:
    import soundfile

    folder.mkdir()
    sound = band(_SECONDS + _CLIPS * 0.01)
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "genre", "artist", "title", "seconds"])
        for number in range(_CLIPS):
            genre, artist = _GENRES[number % len(_GENRES)], number // len(_GENRES) % _ARTISTS
            start = int(number * 0.01 * RATE)
            soundfile.write(
                folder / f"{number}.wav", sound[start : start + int(_SECONDS * RATE)], RATE
            )
            table.writerow([f"{number}.wav", genre, f"{genre} {artist}", number, _SECONDS])
    return folder


@contextmanager
def _training(music: Path) -> Iterator[Iterator[dict[str, Any]]]:
    """The events of a training that is discarded in the end."""
    command = [sys.executable, "-m", "fstmuse_core.cli", "train", "--data", str(music)]
    command += ["--model=fst-muse", "--epochs=2", f"--batch-size={_BATCH}", "--events=-"]
    own = {
        "FSTMUSE_CACHE": str(music.parent / "cache"),
        "XDG_DATA_HOME": str(music.parent / "data"),
    }
    with subprocess.Popen(
        command,
        env={**os.environ, **own},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield map(json.loads, child.stdout)
        finally:
            child.stdin.write("cancel\n")
            child.stdin.flush()
            child.communicate()


def _first_progress(music: Path) -> float:
    begun = time.perf_counter()
    with _training(music) as events:
        next(event for event in events if event["event"] == "progress")
        return time.perf_counter() - begun


def _crops_per_second(music: Path) -> float:
    """Over an epoch but for its first quarter, in which the network is compiled."""
    seen: list[tuple[float, int]] = []
    with _training(music) as events:
        for event in events:
            if event["event"] == "epoch":
                break
            if event["event"] == "progress" and event["step"] > event["steps"] // 4:
                seen.append((time.perf_counter(), event["step"]))
    (begun, first), (ended, last) = seen[0], seen[-1]
    return (last - first) * _BATCH / (ended - begun)
