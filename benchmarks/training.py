"""Start-up time and speed of a training."""

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

from benchmarks.rows import RATE, Row, band, python

_GENRES = ("Pop", "Jazz", "Rock", "Folk", "Hip-Hop", "Electronic", "Punk")
_CLIPS, _SECONDS, _ARTISTS = 420, 4.0, 5
_EPOCH_CROPS, _EPOCH_S, _START_S = 8_000, 30.0, 12.0
_BATCH = 32
_MOST_STARTS = 3
# What a clip costs in an epoch: of ours so many crops, of the report's the whole clip.
_CROPS_PER_CLIP = 8
_FASTER_TRAINING, _FASTER_ANSWER = 20.0, 5.0
_DESIGNS = """
import json, time
import numpy as np
from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.bundle.litert import LiteRtNetwork
from fstmuse_core.original.fst_muse import build_original_fst_muse

def median_of(work, times):
    work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken))

report = build_original_fst_muse()
clips = np.random.default_rng(0).random((4, 1291, 128, 1), dtype=np.float32)
labels = np.eye(7, dtype=np.float32)[:4]
ours = LiteRtNetwork(find_bundle("fst-muse"), num_threads=1)
segments = np.random.default_rng(0).standard_normal((19, 128, 128)).astype(np.float32)
print(json.dumps({
    "train": median_of(lambda: report.train_on_batch(clips, labels), 3) / len(clips),
    "answer": median_of(lambda: report.predict_on_batch(clips[:1]), 5),
    "our_answer": median_of(lambda: ours.run(segments), 5),
}))
"""


def measure(repeats: int) -> list[Row]:
    """Train our seven-genre network for an epoch, and begin a training again and again."""
    with TemporaryDirectory() as folder:
        music = synthetic_music(Path(folder) / "music")
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
        *_against_the_report(_CROPS_PER_CLIP / speed),
    ]


def _against_the_report(our_clip_s: float) -> list[Row]:
    """Speed of ours over that of the report's FstMuse, features not counted."""
    report = python(_DESIGNS)
    return [
        Row(
            "the report's FstMuse against ours, training time per clip and epoch",
            report["train"] / our_clip_s,
            "times",
            _FASTER_TRAINING,
            at_least=True,
            note=f"{1e3 * report['train']:.0f} ms against {1e3 * our_clip_s:.0f} ms",
        ),
        Row(
            "the same, time to classify a clip",
            report["answer"] / report["our_answer"],
            "times",
            _FASTER_ANSWER,
            at_least=True,
            note=f"{1e3 * report['answer']:.0f} ms against {1e3 * report['our_answer']:.0f} ms",
        ),
    ]


def synthetic_music(folder: Path) -> Path:
    """A data set of seven genres by five artists each, in short clips."""
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
