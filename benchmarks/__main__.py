"""Every figure of the project in one run: a table and, with ``--json``, the numbers.

    python -m benchmarks [--only NAME ...] [--repeats 7] [--json FILE]

Each row is measured in processes of its own, and each ratio within one run. Nothing else
should be working on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    cluster,
    command_line,
    features,
    generate,
    groove,
    inversion,
    kernels,
    library,
    library_window,
    live,
    measures,
    quick,
    similar,
    spectrograms,
    training,
    training_window,
    warm_clip,
    window,
)
from benchmarks.rows import Row, table

SECTIONS: dict[str, Callable[[int], list[Row]]] = {
    "command-line": command_line.measure,
    "warm-clip": warm_clip.measure,
    "spectrogram": spectrograms.measure,
    "window": window.measure,
    "kernels": kernels.measure,
    "features": features.measure,
    "live": live.measure,
    "measures": measures.measure,
    "quick": quick.measure,
    "training": training.measure,
    "training-window": training_window.measure,
    "inversion": inversion.measure,
    "generate": generate.measure,
    "groove": groove.measure,
    "library": library.measure,
    "similar": similar.measure,
    "cluster": cluster.measure,
    "library-window": library_window.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--repeats", type=int, default=7, help="runs of each whole process")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for name in arguments.only:
        print(f"measuring {name} ...", file=sys.stderr)
        rows += SECTIONS[name](arguments.repeats)
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps([row.to_dict() for row in rows], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
