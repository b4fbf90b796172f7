"""Proof that the program works on this machine: open, classify, say how long it took."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

_LIMIT_MS = 60_000
_SECONDS = 10
_RATE = 22_050


def run_smoke_test(app: QApplication, imported_at: float) -> int:
    """Print one JSON line with ``ready_ms``, ``first_result_ms`` and ``result``.

    Both times count from the start of the process, with the interpreter and all imports;
    where the system does not tell when that was, from the import of the window, and
    ``counted_from`` says so.

    Returns
    -------
    int
        0 if a result came, else 1.
    """
    from fstmuse_gui.settings import Settings
    from fstmuse_gui.start import open_window

    born_at, counted_from = _process_start(imported_at)
    with tempfile.TemporaryDirectory(prefix="fstmuse-smoke-") as folder:
        window = open_window(app, Settings(Path(folder) / "settings.ini"))
        test = _SmokeTest(window, Path(folder) / "smoke.wav", born_at)
        QTimer.singleShot(_LIMIT_MS, window, lambda: app.exit(1))
        code = app.exec()
        window.close()
    print(json.dumps({**test.outcome, "counted_from": counted_from}), flush=True)
    return code


class _SmokeTest:
    def __init__(self, window: object, clip: Path, born_at: float) -> None:
        from fstmuse_gui.classify.tab import ClassifyTab
        from fstmuse_gui.main_window import MainWindow

        assert isinstance(window, MainWindow)
        tab = window.tabs[0]
        assert isinstance(tab, ClassifyTab)
        self._window = window
        self._presenter = tab.presenter
        self._clip = clip
        self._born_at = born_at
        self.outcome: dict[str, object] = {"ready_ms": None, "first_result_ms": None}
        self._presenter.queue.clip_changed.connect(self._on_clip)
        window.painted.connect(self._on_painted)

    def _elapsed_ms(self) -> float:
        return round((time.time() - self._born_at) * 1000, 1)

    def _on_painted(self) -> None:
        # Once more through the event loop: then the picture is with the window system.
        QTimer.singleShot(0, self._window, self._on_ready)

    def _on_ready(self) -> None:
        self.outcome["ready_ms"] = self._elapsed_ms()
        _write_music(self._clip)
        self._presenter.open_paths([str(self._clip)])

    def _on_clip(self, key: int) -> None:
        clip = self._presenter.clips.get(key)
        if clip is None:
            return
        if clip.result is not None:
            self.outcome["result"] = clip.result.classification.to_dict()
            QTimer.singleShot(0, self._window, self._on_shown)
        elif clip.sentence:
            self.outcome["error"] = clip.sentence
            QApplication.exit(1)

    def _on_shown(self) -> None:
        self.outcome["first_result_ms"] = self._elapsed_ms()
        QApplication.exit(0)


def _write_music(path: Path) -> None:
    """A plucked arpeggio over a beat: not much of a song, but not silence either."""
    t = np.arange(_SECONDS * _RATE) / _RATE
    notes = np.array([220.0, 277.18, 329.63, 440.0])
    pitch = notes[(t / 0.25).astype(int) % len(notes)]
    pluck = np.sin(2 * np.pi * pitch * t) * np.exp(-6 * (t % 0.25))
    beat = t % 0.5
    kick = np.sin(2 * np.pi * (50 + 60 * np.exp(-30 * beat)) * beat) * np.exp(-9 * beat)
    samples = np.round(12000 * pluck + 14000 * kick).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(samples.tobytes())


def _process_start(imported_at: float) -> tuple[float, str]:
    """Start of this process, as ``time.time()`` counts, and the source of that figure."""
    try:
        fields = Path("/proc/self/stat").read_text("ascii").rsplit(")", 1)[1].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - started
        return time.time() - age, "process start"
    except (OSError, ValueError, IndexError, AttributeError):
        pass
    if sys.platform == "win32":
        return _windows_process_start(), "process start"
    return imported_at, "import of the window"


def _windows_process_start() -> float:
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    times = [wintypes.FILETIME() for _ in range(4)]
    kernel.GetProcessTimes(kernel.GetCurrentProcess(), *(ctypes.byref(item) for item in times))
    ticks = (times[0].dwHighDateTime << 32) | times[0].dwLowDateTime
    return ticks / 1e7 - 11_644_473_600.0
