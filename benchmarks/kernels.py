"""``fstmuse classify FOLDER`` on each BLAS kernel that this processor can run, in turns.

OpenBLAS has a kernel for each kind of processor, and they start threads for products of other
sizes. What depends on that is fast on one machine and slow on the next. ``FSTMUSE_BEFORE`` may
name another checkout, which is then measured in the same turns on one BLAS thread.
"""

from __future__ import annotations

import csv
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rows import RATE, Row, band, python

_ROOT = Path(__file__).parents[1]
_MUSIC = _ROOT.parent / "shared" / "music"
_PROGRAM = "from fstmuse_core.cli import main; raise SystemExit(main())"
_SONGS, _SECONDS = 40, 60.0
# Encoding is slow: the other made songs are copies.
_RECORDINGS = 4
_WITHIN, _NO_SLOWER = 1.3, 1.05
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
_ONE, _OLD = "one thread", "one thread in the other checkout"

_SMALL_PRODUCTS = """
import json, statistics, time
import numpy as np
from fstmuse_core.inversion import invert_mel
from fstmuse_core.audio.features import pattern_statistics
from fstmuse_core.audio.spectrogram import mel_spectrogram

samples = 0.1 * np.random.default_rng(0).normal(size=30 * 22050).astype(np.float32)
mel = mel_spectrogram(samples)
work = {
    "spectrogram of 30 s": lambda: mel_spectrogram(samples),
    "patterns of 12 s": lambda: pattern_statistics(mel[:512]),
    "inversion of 5 s": lambda: invert_mel(mel[:216], iterations=8),
}
taken = {}
for name, run in work.items():
    run()
    times = []
    for _ in range(9):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    taken[name] = 1000 * min(times)
print(json.dumps(taken))
"""


@dataclass
class _Taken:
    """Wall times and processor times of one way to run it, in seconds."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def measure(repeats: int) -> list[Row]:
    """Whole processes over 40 songs of a minute, and the small products by themselves."""
    kernels, skipped = _kernels()
    ways = {name: {"OPENBLAS_CORETYPE": name} for name in kernels}
    ways[_ONE] = _ONE_THREAD
    before = os.environ.get("FSTMUSE_BEFORE")
    if before:
        ways[_OLD] = {**_ONE_THREAD, "PYTHONPATH": str(Path(before) / "src")}
    with _songs() as (folder, what):
        taken = {name: _Taken() for name in ways}
        for turn in range(max(2, repeats // 2 + 1)):
            for name, environment in ways.items():
                wall, processor = _classified(folder, environment)
                if turn:  # the first fills the caches
                    taken[name].wall.append(wall)
                    taken[name].processor.append(processor)
    note = f"not run, as this processor cannot: {', '.join(skipped)}" if skipped else ""
    rows = [
        Row(f"{what}, {name}", statistics.median(times.wall), "s", note=_processor(times))
        for name, times in taken.items()
    ]
    rows += _ratios(taken, kernels, note, bool(before))
    return rows + _small_products(kernels)


def _kernels() -> tuple[list[str], list[str]]:
    """Kernels that this processor can run, and the others."""
    sys.path.append(str(_ROOT / "scripts"))
    from blas_kernels import KERNELS, runnable_kernels

    kernels = runnable_kernels()
    return kernels, [name for name in KERNELS if name not in kernels]


def _processor(taken: _Taken) -> str:
    return f"{statistics.median(taken.processor):.2f} s of processor time"


def _ratios(taken: dict[str, _Taken], kernels: list[str], note: str, has_old: bool) -> list[Row]:
    """Ratios within each turn, so that what else the machine does cancels out; their medians."""
    rows = []
    for what in ("wall", "processor") if len(kernels) > 1 else ():
        turns = zip(*(getattr(taken[kernel], what) for kernel in kernels), strict=True)
        spread = statistics.median(max(turn) / min(turn) for turn in turns)
        rows.append(
            Row(f"  slowest kernel by fastest, {what} time", spread, "x", _WITHIN, note=note)
        )
    against = _OLD if has_old else _ONE
    for name in taken:
        if name != against:
            pairs = zip(taken[name].processor, taken[against].processor, strict=True)
            ratio = statistics.median(mine / theirs for mine, theirs in pairs)
            rows.append(Row(f"  {name} by {against}, processor time", ratio, "x", _NO_SLOWER))
    return rows


def _small_products(kernels: list[str]) -> list[Row]:
    """Spectrogram, patterns and inversion in one process for each kernel, without a limit."""
    taken = {}
    for kernel in kernels:
        code = f"import os; os.environ['OPENBLAS_CORETYPE'] = '{kernel}'\n{_SMALL_PRODUCTS}"
        taken[kernel] = python(code)
    return [
        Row(f"{what}, {kernel}", value, "ms")
        for kernel, values in taken.items()
        for what, value in values.items()
    ]


def _classified(folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Wall and processor seconds of the whole command, its processes included."""
    before = _processor_seconds()
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", _PROGRAM, "classify", str(folder), "--format", "jsonl"],
        env={**_unlimited(), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=600,
    )
    return time.perf_counter() - begun, _processor_seconds() - before


def _processor_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _unlimited() -> dict[str, str]:
    """This environment without the variables that limit BLAS threads."""
    return {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}


@contextmanager
def _songs() -> Iterator[tuple[Path, str]]:
    """A folder of songs of a minute, real ones where they are at hand, and its description."""
    real = _real_songs()
    with TemporaryDirectory() as name:
        folder = Path(name)
        if real:
            for number, path in enumerate(real):
                shutil.copy(path, folder / f"song {number}{path.suffix}")
        else:
            _make_songs(folder)
        kind = "real" if real else "made"
        yield folder, f"fstmuse classify, {_SONGS} {kind} songs of a minute"


def _real_songs() -> list[Path]:
    manifest = _MUSIC / "manifest.csv"
    if not manifest.is_file():
        return []
    with manifest.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if abs(float(row["seconds"]) - _SECONDS) < 1]
    step = max(1, len(rows) // _SONGS)
    songs = [_MUSIC / row["path"] for row in rows[::step]][:_SONGS]
    return songs if len(songs) == _SONGS else []


def _make_songs(folder: Path) -> None:
    import soundfile

    for number in range(_SONGS):
        path = folder / f"song {number}.ogg"
        if number < _RECORDINGS:
            soundfile.write(path, band(_SECONDS, seed=number), RATE)
        else:
            shutil.copy(folder / f"song {number % _RECORDINGS}.ogg", path)
