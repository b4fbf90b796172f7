"""Features of a folder of clips: how fast the cache is filled, and what memory that takes."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rows import Row, mp3_clips, python

_CLIPS = 240
# Encoding is slow: the others are copies that differ in their tags, as the cache goes by content.
_RECORDINGS = 12
_PROCESSES = 2

_CODE = """
import json, sys, threading, time
from pathlib import Path
from benchmarks.memory import megabytes_of_tree
from fstmuse_core.datasets.cache import FeatureCache

peak, done = [0.0], threading.Event()

def watch():
    while not done.wait(0.5):
        try:
            peak[0] = max(peak[0], megabytes_of_tree())
        except OSError:  # a process has just ended
            continue

music, folder, processes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
clips = sorted(music.glob("*.mp3"))
watcher = threading.Thread(target=watch)
watcher.start()
with FeatureCache(folder) as cache:
    start = time.perf_counter()
    filled = cache.fill(clips, processes=processes)
    taken = time.perf_counter() - start
done.set()
watcher.join()
assert filled.computed == len(clips), filled
print(json.dumps({"rate": len(clips) / taken, "peak": peak[0]}))
"""


@contextmanager
def _folder_of_clips() -> Iterator[Path]:
    from mutagen.mp3 import EasyMP3

    with mp3_clips(_RECORDINGS) as recordings:
        folder = recordings[0].parent
        for number in range(_RECORDINGS, _CLIPS):
            copy = folder / f"copy {number}.mp3"
            shutil.copy(recordings[number % _RECORDINGS], copy)
            tagged = EasyMP3(copy)
            tagged.add_tags()
            tagged["title"] = f"copy {number}"
            tagged.save()
        yield folder


def measure(repeats: int) -> list[Row]:
    """Clips a second with an empty cache, and the peak memory of all processes together."""
    rates, peaks = [], []
    with _folder_of_clips() as music:
        for _ in range(max(1, repeats // 2)):
            with TemporaryDirectory() as cache:
                taken = python(_CODE, str(music), cache, str(_PROCESSES))
            rates.append(taken["rate"])
            peaks.append(taken["peak"])
    note = f"{_CLIPS} mp3 clips of 30 s, {_PROCESSES} processes, their start included"
    return [
        Row("features of a folder", statistics.median(rates), "clips/s", 25, True, note),
        Row("  peak memory of all processes", max(peaks), "MiB", 1024),
    ]
