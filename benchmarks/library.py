"""A whole music library: scanning, hearing and reading it, from the window's side and by command.

The clips sound alike in groups but are different files, so that none is known by another.
``FSTMUSE_BENCH_CLIPS`` is their number, 1,000 if it is not set.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rows import Row, mp3_clips, python, seconds_of

_CLIPS = int(os.environ.get("FSTMUSE_BENCH_CLIPS", "1000"))
_KINDS = 20
_FILES = 50_000
_PATIENCE_S = 1800.0
_PROGRAM = "from fstmuse_core.cli import main; raise SystemExit(main())"

# What the Library tab does: a scan in a process of its own, then work in others.
_WINDOW = """
import contextlib, json, os, sys, threading, time
from pathlib import Path

def main():
    from benchmarks.memory import megabytes_of_tree
    from fstmuse_core.library.database import open_library
    from fstmuse_core.library.work import WorkProgress
    from fstmuse_core.library.scan import scan_library
    from fstmuse_core.library.work import LibraryWork

    file, folder = Path(sys.argv[1]), sys.argv[2]
    with open_library(file) as library:
        library.add_folder(folder)
        scan_library(library)
    is_over = threading.Event()
    ended = []

    def take(event):
        if not isinstance(event, WorkProgress):
            ended.append(event)
            is_over.set()

    work = LibraryWork(take, model="fst-muse", library=file)
    start = time.perf_counter()
    work.start()
    peak = 0.0
    while not is_over.wait(2.0):
        with contextlib.suppress(OSError):  # a process may end while it is looked at
            peak = max(peak, megabytes_of_tree())
    taken = time.perf_counter() - start
    work.stop()
    times = os.times()
    print(json.dumps({
        "seconds": taken, "done": ended[0].done, "peak": peak,
        "cpu": times.children_user + times.children_system,
        "own_cpu": times.user + times.system,
    }))

if __name__ == "__main__":
    main()
"""
_SCAN = """
import json, sys, time
from pathlib import Path
from fstmuse_core.library.database import open_library
from fstmuse_core.library.scan import scan_library

taken = []
with open_library(Path(sys.argv[1])) as library:
    library.add_folder(sys.argv[2])
    for _ in range(2):
        start = time.perf_counter()
        report = scan_library(library)
        taken.append(time.perf_counter() - start)
    start = time.perf_counter()
    rows = library.rows("no model")
    read = time.perf_counter() - start
assert report.n_found == len(rows)
print(json.dumps({"first": taken[0], "again": taken[1], "read": read}))
"""


def measure(repeats: int) -> list[Row]:
    """Rows for scanning, hearing and reading; each is measured once, for it lasts."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        with _library_of_clips(root / "clips", _CLIPS) as clips:
            rows = [*_window(root, clips), *_command(root, clips)]
        return [*rows, *_scan(root)]


@contextmanager
def _library_of_clips(folder: Path, count: int) -> Iterator[Path]:
    folder.mkdir()
    with mp3_clips(_KINDS) as kinds:
        for number in range(count):
            data = bytearray(kinds[number % _KINDS].read_bytes())
            # In the last frame, where it is not heard.
            data[-3:-1] = number.to_bytes(2, "big")
            (folder / f"clip {number:04}.mp3").write_bytes(data)
    yield folder


def _window(root: Path, clips: Path) -> list[Row]:
    script = root / "window.py"
    script.write_text(_WINDOW)
    command = [sys.executable, str(script), str(root / "library.db"), str(clips)]
    # The script lies elsewhere, and yet needs this package.
    paths = (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", ""))
    found_here = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=_PATIENCE_S, env=found_here
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["done"] == _CLIPS, found
    what = f"{_CLIPS:,} mp3 clips of 30 s"
    return [
        Row(f"{what} from the window", found["seconds"], "s", _CLIPS * 0.075),
        Row("  processor time of each", 1000 * found["cpu"] / _CLIPS, "ms"),
        Row("  the window's own part of it", 1000 * found["own_cpu"] / _CLIPS, "ms"),
        Row("  memory of all processes without the window", found["peak"], "MiB", 500.0),
    ]


def _command(root: Path, clips: Path) -> list[Row]:
    arguments = ["classify", str(clips), "--output", str(root / "results.jsonl")]
    taken, _ = seconds_of([sys.executable, "-c", _PROGRAM, *arguments], _PATIENCE_S)
    lines = (root / "results.jsonl").read_text().count("\n")
    assert lines == _CLIPS, lines
    what = f"fstmuse classify FOLDER with {_CLIPS:,} of them"
    return [Row(what, taken, "s", _CLIPS * 0.075)]


def _scan(root: Path) -> list[Row]:
    tree = root / "tree"
    for number in range(_FILES // 10):
        album = tree / f"artist {number // 10}" / f"album {number % 10}"
        album.mkdir(parents=True)
        for track in range(10):
            (album / f"{track} a song.mp3").write_bytes(b"%d" % track)
    found = python(_SCAN, str(root / "scan.db"), str(tree), timeout_s=_PATIENCE_S)
    return [
        Row(f"scan of {_FILES:,} files, all new", found["first"], "s", 15.0),
        Row("  again, nothing new", found["again"], "s", 15.0),
        Row(f"  reading {_FILES:,} rows", found["read"], "s", 0.5),
    ]
