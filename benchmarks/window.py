"""The window: how soon it is there, how smooth it stays, how much memory it takes."""

from __future__ import annotations

import os
import statistics
import sys

from benchmarks.rows import Row, mp3_clips, python, seconds_of

_PROGRAM = "from fstmuse_core.cli import main; raise SystemExit(main())"

# The real window with its real worker; a timer that fires every millisecond sees each gap
# between two turns of the event loop.
_TEN_CLIPS = """
import json, sys, time
from pathlib import Path
from tempfile import TemporaryDirectory
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from benchmarks.memory import megabytes_of_tree
from fstmuse_gui.settings import Settings
from fstmuse_gui.start import open_window

app = QApplication([])
with TemporaryDirectory() as folder:
    window = open_window(app, Settings(Path(folder) / "settings.ini"))
    presenter = window.tabs[0].presenter
    clips = sys.argv[1:]
    gaps, last = [], [0.0]

    def beat():
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    heart = QTimer()
    heart.setInterval(1)
    heart.timeout.connect(beat)

    def begin():
        last[0] = time.perf_counter()
        heart.start()
        presenter.open_paths(clips)

    def look():
        found = list(presenter.clips)
        if len(found) == len(clips) and all(clip.result for clip in found):
            heart.stop()
            done.stop()
            QTimer.singleShot(500, app.quit)

    done = QTimer()
    done.setInterval(100)
    done.timeout.connect(look)
    QTimer.singleShot(1500, begin)
    QTimer.singleShot(2000, done.start)
    QTimer.singleShot(60_000, app.quit)
    app.exec()
    memory = megabytes_of_tree()
    window.close()
print(json.dumps({"stall_ms": 1e3 * max(gaps), "beats": len(gaps), "memory_mib": memory}))
"""


def measure(repeats: int) -> list[Row]:
    """Medians of ``repeats`` starts, and one run of ten clips."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    ready, first = [], []
    for number in range(repeats + 1):
        start = python_smoke()
        if number:
            ready.append(start["ready_ms"] / 1e3)
            first.append(start["first_result_ms"] / 1e3)
    with mp3_clips(10) as clips:
        run = python(_TEN_CLIPS, *map(str, clips))
    return [
        Row("window ready", statistics.median(ready), "s", 1.5),
        Row("first result", statistics.median(first), "s", 3.0),
        Row("longest stall of the GUI thread, ten clips", run["stall_ms"], "ms", 50.0),
        Row("memory, window and worker after ten clips", run["memory_mib"], "MiB", 500.0),
    ]


def python_smoke() -> dict[str, float]:
    """Run ``fstmuse gui --smoke-test`` and return what it says."""
    import json

    _, out = seconds_of([sys.executable, "-c", _PROGRAM, "gui", "--smoke-test"])
    result: dict[str, float] = json.loads(out.splitlines()[-1])
    return result
