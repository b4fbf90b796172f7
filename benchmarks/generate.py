"""A clip of 30 s: the whole process, the warm process beside the window, and the window."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rows import Row, interleaved, python

_PROGRAM = "from fstmuse_core.cli import main; raise SystemExit(main())"
_WHOLE_S, _FIRST_SOUND_S, _STALL_MS = 4.0, 1.0, 50.0

_WARM = """
import json, queue, statistics, sys, time
from fstmuse_core.workers.tasks import sound as sound_process
from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.workers.protocol import Done, Failed, MakeClip, Partial, Ready
from fstmuse_core.workers.client import WorkerClient

def measure():
    model, genre = sys.argv[1:]
    events = queue.Queue()
    worker = WorkerClient(events.put, warm_model=model, serve=sound_process.serve)
    worker.start()
    while not isinstance(events.get(), Ready):
        pass
    taken = {"picture": [], "sound": [], "judged": []}
    for seed in range(6):
        begun = time.perf_counter()
        worker.submit(MakeClip(model, genre, 30.0, seed, judges=("fst-muse", "toy-model")))
        event = None
        while not isinstance(event, Done):
            event = events.get()
            assert not isinstance(event, Failed), event
            if isinstance(event, Partial | Done) and seed:
                what = "judged" if isinstance(event, Done) else "sound"
                if isinstance(getattr(event, "payload", None), SpectrogramImage):
                    what = "picture"
                taken[what].append(time.perf_counter() - begun)
    worker.stop()
    print(json.dumps({name: statistics.median(values) for name, values in taken.items()}))

if __name__ == "__main__":
    measure()
"""

_WINDOW = """
import json, statistics, time
from pathlib import Path
from tempfile import TemporaryDirectory
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from fstmuse_gui.settings import Settings
from fstmuse_gui.start import open_window
from fstmuse_gui.widgets.file_list import RowState

_TAKES = 4

def measure():
    app = QApplication([])
    with TemporaryDirectory() as folder:
        window = open_window(app, Settings(Path(folder) / "settings.ini"))
        tab = next(tab for tab in window.tabs if tab.title == "Generate")
        window._show_tab("Generate")
        presenter, rows = tab.presenter, tab.view.form.takes
        gaps, last, asked, heard = [], [0.0], {}, {}

        def beat():
            now = time.perf_counter()
            gaps.append(now - last[0])
            last[0] = now
            for take in presenter.takes:
                if take.clip is not None:
                    heard.setdefault(take.key, now)
            done = sum(row.state is RowState.DONE for row in rows.rows)
            if done == len(rows.rows):
                if done == _TAKES:
                    heart.stop()
                    QTimer.singleShot(200, app.quit)
                else:
                    before = time.perf_counter()
                    presenter.surprise()
                    asked[max(take.key for take in presenter.takes)] = before

        heart = QTimer()
        heart.setInterval(1)
        heart.timeout.connect(beat)

        def begin():
            last[0] = time.perf_counter()
            heart.start()

        QTimer.singleShot(6000, begin)
        QTimer.singleShot(90_000, app.quit)
        app.exec()
        for take in presenter.takes:
            take.is_saved = True
        window.close()
    sound = statistics.median(heard[key] - asked[key] for key in heard)
    stall, takes = 1e3 * max(gaps[1:]), len(list(presenter.takes))
    print(json.dumps({"sound": sound, "stall_ms": stall, "takes": takes}))

if __name__ == "__main__":
    measure()
"""


def measure(repeats: int) -> list[Row]:
    """Times with the generator that ships; no rows while none is installed."""
    from fstmuse_core.bundle.bundle import bundle_folders
    from fstmuse_core.bundle.manifest import GENERATOR, MANIFEST_NAME

    manifests = {
        name: json.loads((folder / MANIFEST_NAME).read_bytes())
        for name, folder in bundle_folders().items()
    }
    generators = {n: m["genres"] for n, m in manifests.items() if m["kind"] == GENERATOR}
    if not generators:
        print("no model that makes music is installed", file=sys.stderr)
        return []
    model = "toy-gan" if "toy-gan" in generators else next(iter(generators))
    genre = str(generators[model][0])
    with TemporaryDirectory() as folder:
        arguments = ["generate", "--genre", genre, "--seed", "7", "--model", model]
        arguments += ["-o", str(Path(folder) / "out.wav")]
        whole = interleaved(
            {"generate": [sys.executable, "-c", _PROGRAM, *arguments]}, min(repeats, 5)
        )
        warm = _run(folder, _WARM, model, genre)
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        window = _run(folder, _WINDOW)
    return [
        Row("fstmuse generate, 30 s, whole process", whole["generate"], "s", _WHOLE_S),
        Row("warm: click to spectrogram, 30 s", warm["picture"], "s"),
        Row("warm: click to first sound, 30 s", warm["sound"], "s", _FIRST_SOUND_S),
        Row("  in the window", window["sound"], "s", _FIRST_SOUND_S),
        Row("  click to what two classifiers hear in it", warm["judged"], "s"),
        Row(
            "longest stall of the GUI thread, four takes",
            window["stall_ms"],
            "ms",
            _STALL_MS,
        ),
    ]


def _run(folder: str, code: str, *arguments: str) -> dict[str, float]:
    """Run code from a file: its child processes need one to import."""
    script = Path(folder) / "measured.py"
    script.write_text(code)
    runner = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], None, %r)"
    return python(runner % "__main__", str(script), *arguments)
