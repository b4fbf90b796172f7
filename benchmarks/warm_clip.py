"""A 30 s mp3 file to its Classification, with everything loaded."""

from __future__ import annotations

from benchmarks.rows import Row, mp3_clips, python

_CODE = """
import json, sys, time
from fstmuse_core.classify.classifier import GenreClassifier
classifier = GenreClassifier.load("fst-muse")
times = []
for _ in range(23):
    start = time.perf_counter()
    classifier.classify_file(sys.argv[1], with_activation=True)
    times.append(time.perf_counter() - start)
times = sorted(times[3:])
print(json.dumps({"median": times[10], "worst": times[-1]}))
"""


def measure(repeats: int) -> list[Row]:
    """One row; ``repeats`` does not matter, as one process classifies the clip 20 times."""
    with mp3_clips() as (clip,):
        taken = python(_CODE, str(clip))
    note = f"worst of 20: {taken['worst']:.3f} s"
    return [Row("warm: 30 s mp3 to Classification", taken["median"], "s", 0.15, note=note)]
