"""The whole ``fstmuse`` process, against the same with TensorFlow imported."""

from __future__ import annotations

import sys

from benchmarks.rows import Row, interleaved, mp3_clips

_PROGRAM = "from fstmuse_core.cli import main; raise SystemExit(main())"


def measure(repeats: int) -> list[Row]:
    """Rows for ``classify`` and ``--help``."""
    with mp3_clips() as (clip,):
        arguments = ["classify", str(clip), "--format", "json"]
        taken = interleaved(
            {
                "classify": [sys.executable, "-c", _PROGRAM, *arguments],
                "with TensorFlow": [
                    sys.executable,
                    "-c",
                    f"import tensorflow; {_PROGRAM}",
                    *arguments,
                ],
                "help": [sys.executable, "-c", _PROGRAM, "--help"],
            },
            repeats,
        )
    ratio = taken["with TensorFlow"] / taken["classify"]
    return [
        Row("fstmuse classify clip.mp3 --format json, whole process", taken["classify"], "s", 1.0),
        Row("  the same with TensorFlow imported", taken["with TensorFlow"], "s"),
        Row("  times faster without", ratio, "x", 4.0, at_least=True),
        Row("fstmuse --help, whole process", taken["help"], "s", 0.3),
    ]
