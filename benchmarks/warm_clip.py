"""A 30 s mp3 file to its Classification, with everything loaded."""

from __future__ import annotations

from benchmarks.rows import Row, mp3_clips, python

_CODE = """
import json, sys, time
from fstmuse_core.classify.classifier import GenreClassifier
classifiers = {n: GenreClassifier.load("fst-muse", num_threads=n) for n in (1, 2)}
times = {n: [] for n in classifiers}
for _ in range(23):
    for n, classifier in classifiers.items():
        start = time.perf_counter()
        classifier.classify_file(sys.argv[1], with_activation=True)
        times[n].append(time.perf_counter() - start)
taken = {n: sorted(each[3:]) for n, each in times.items()}
print(json.dumps({n: {"median": each[10], "worst": each[-1]} for n, each in taken.items()}))
"""


def measure(repeats: int) -> list[Row]:
    """A row for each number of threads, in turn: one, as for many clips, and two, as in the window.

    ``repeats`` does not matter, as one process classifies the clip 20 times with each.
    """
    with mp3_clips() as (clip,):
        taken = python(_CODE, str(clip))
    return [
        Row(
            f"warm: 30 s mp3 to Classification, {words}",
            taken[n]["median"],
            "s",
            0.15,
            note=f"worst of 20: {taken[n]['worst']:.3f} s",
        )
        for n, words in (("1", "one thread"), ("2", "two"))
    ]
