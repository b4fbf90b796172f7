"""Smoothness of the window while a training uses every core.

A timer that fires every five milliseconds sees each longer gap between two turns of the window's
event loop. Beside it a bare Python process sleeps five milliseconds at a time: what it sees, the
machine does to any process. How much the window's own thread worked between two turns says whose
fault a gap was.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.rows import Row, python
from benchmarks.training import synthetic_music

_SECONDS = 60.0
_STALL_MS = 50.0

_BARE = """
import json, sys, time
seconds = float(sys.argv[1])
gaps, begun = [], time.perf_counter()
last = begun
while last < begun + seconds:
    time.sleep(0.005)
    now = time.perf_counter()
    gaps.append(now - last)
    last = now
print(json.dumps(gaps))
"""

# The real window with its Train tab in front, and the real child process.
_WINDOW = """
import json, subprocess, sys, time
from pathlib import Path
from tempfile import TemporaryDirectory
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication
from fstmuse_gui.settings import Settings
from fstmuse_gui.start import open_window
from fstmuse_gui.train.run.closing import Closing
from fstmuse_core.runs.events import Epoch, Progress

music, seconds, bare = sys.argv[1], float(sys.argv[2]), sys.argv[3]
app = QApplication([])


def until(condition, what, seconds=300.0):
    deadline = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < deadline, what
        loop = QEventLoop()
        QTimer.singleShot(50, loop.quit)
        loop.exec()


class Heart:
    def __enter__(self):
        self.gaps, self.works = [], []
        self.last, self.worked = time.perf_counter(), time.thread_time()
        self.timer = QTimer()
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.beat)
        self.timer.start(5)
        return self

    def beat(self):
        now, worked = time.perf_counter(), time.thread_time()
        self.gaps.append(now - self.last)
        self.works.append(worked - self.worked)
        self.last, self.worked = now, worked

    def __exit__(self, *error):
        self.timer.stop()


told = []
with TemporaryDirectory() as folder:
    window = open_window(app, Settings(Path(folder) / "settings.ini"))
    window._tab_widget.setCurrentIndex([tab.title for tab in window.tabs].index("Train"))
    tab = next(tab for tab in window.tabs if tab.title == "Train")
    tab.presenter.data.add(music)
    until(lambda: tab.presenter.can_train, "the data set")
    tab.view.form.recipe.controls["epochs"].setValue(1000)
    tab.live.taken.connect(lambda training, _title: training.told.connect(told.append))
    tab.presenter.train()
    until(lambda: any(isinstance(e, Progress) and e.step > 5 for e in told), "the first steps")
    del told[:]
    other = subprocess.Popen(
        [sys.executable, "-c", bare, str(seconds)], stdout=subprocess.PIPE, text=True
    )
    began = time.perf_counter()
    with Heart() as heart:
        until(lambda: time.perf_counter() > began + seconds, "the time")
    out, _ = other.communicate()
    tab.presenter._closing = Closing.CANCEL
    child = tab.live._training._child
    tab.presenter.may_close = lambda: True
    window.close()
    child.wait(60)
print(json.dumps({
    "gaps": heart.gaps,
    "works": heart.works,
    "bare": json.loads(out),
    "events": len(told),
    "epochs": sum(isinstance(event, Epoch) for event in told),
}))
"""


def measure(_repeats: int) -> list[Row]:
    """One minute of a training; not a median, for the longest stall is what is felt."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    # The training is to take whatever it would take on the user's machine.
    os.environ.pop("OMP_NUM_THREADS", None)
    with TemporaryDirectory() as folder:
        music = synthetic_music(Path(folder) / "music")
        own = {"FSTMUSE_CACHE": f"{folder}/cache", "XDG_DATA_HOME": f"{folder}/data"}
        before = dict(os.environ)
        os.environ.update(own)
        try:
            run = python(_WINDOW, str(music), str(_SECONDS), _BARE, timeout_s=600.0)
        finally:
            os.environ.clear()
            os.environ.update(before)
    return _rows(run)


def _rows(run: dict[str, Any]) -> list[Row]:
    gaps, works = ([1e3 * value for value in run[name]] for name in ("gaps", "works"))
    bare = [1e3 * gap for gap in run["bare"]]
    seen = f"{run['events']} events, {run['epochs']} epochs in {_SECONDS:.0f} s"
    return [
        Row(
            "longest stall of the GUI thread while both cores train",
            max(gaps),
            "ms",
            _STALL_MS,
            note=_spread(gaps),
        ),
        Row("the same of a bare Python process beside it", max(bare), "ms", note=_spread(bare)),
        Row(
            "longest work of the GUI thread between two turns meanwhile",
            max(works),
            "ms",
            _STALL_MS,
            note=f"99 % below {_quantile(works, 0.99):.1f} ms; {seen}",
        ),
    ]


def _spread(gaps: list[float]) -> str:
    long = sum(gap > _STALL_MS for gap in gaps)
    return (
        f"half below {_quantile(gaps, 0.5):.1f} ms, 99 % below {_quantile(gaps, 0.99):.1f} ms, "
        f"{long} of {len(gaps):,} above {_STALL_MS:.0f} ms"
    )


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
