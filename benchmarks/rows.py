"""Rows that a benchmark reports, and the sound it works on."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

RATE = 44_100


@dataclass(frozen=True)
class Row:
    """One measured figure; ``target`` is an upper limit unless ``at_least``."""

    what: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """True if the target is met; ``None`` without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "met": self.met}


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | measured | target | |", "|---|---|---|---|"]
    for row in rows:
        sign = "at least" if row.at_least else "at most"
        target = "" if row.target is None else f"{sign} {row.target:g} {row.unit}"
        verdict = {None: "", True: "met", False: "MISSED"}[row.met]
        note = " ".join(part for part in (verdict, row.note) if part)
        lines.append(f"| {row.what} | {row.value:.4g} {row.unit} | {target} | {note} |")
    return "\n".join(lines)


def band(seconds: float, seed: int = 0) -> np.ndarray:
    """Synthetic music, stereo at 44.1 kHz: bass, chords, drums and hiss; peak 0.7."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    root = (55.0 * 2.0 ** (np.array([0, 5, 7, 3]) / 12.0))[(t // 2).astype(int) % 4]
    phase = 2 * np.pi * np.cumsum(root) / RATE
    chord = sum(np.sin(phase * ratio) / ratio for ratio in (1, 2, 2.52, 3, 4, 6, 8))
    drum = np.exp(-30 * (t % 0.5)) * rng.normal(size=n)
    left = chord + drum + 0.02 * rng.normal(size=n)
    right = chord + 0.8 * drum + 0.02 * rng.normal(size=n)
    both = np.stack([left, right], axis=1)
    return np.asarray(0.7 * both / np.abs(both).max(), dtype=np.float32)


@contextmanager
def mp3_clips(count: int = 1, seconds: float = 30.0) -> Iterator[list[Path]]:
    """MP3 files in a folder that goes away."""
    import soundfile

    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"clip {number}.mp3" for number in range(count)]
        for number, path in enumerate(paths):
            soundfile.write(path, band(seconds, seed=number), RATE)
        yield paths


def seconds_of(command: list[str], timeout_s: float = 120.0) -> tuple[float, str]:
    """Wall time of a whole process, and its standard output; raises if it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=timeout_s)
    return time.perf_counter() - start, done.stdout


def python(code: str, *arguments: str, timeout_s: float = 120.0) -> dict[str, Any]:
    """Run code in a bare interpreter; the JSON object it prints last."""
    _, out = seconds_of([sys.executable, "-c", code, *arguments], timeout_s)
    result: dict[str, Any] = json.loads(out.splitlines()[-1])
    return result


def interleaved(commands: dict[str, list[str]], repeats: int) -> dict[str, float]:
    """Median wall time of each command, taken in turns, after one run that fills the caches."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(repeats + 1):
        for name, command in commands.items():
            taken, _ = seconds_of(command)
            if number:
                times[name].append(taken)
    return {name: statistics.median(values) for name, values in times.items()}
