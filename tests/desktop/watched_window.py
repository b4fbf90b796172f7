"""The program's own window, started as users start it, that tells what happens in it.

Events go to standard output as lines of JSON; commands come as lines on standard input:
``screenshot PATH`` and ``quit``. Times are those of ``time.monotonic``, which all processes of
a machine share.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from pyqtgraph import GraphicsView
from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from fstmuse_gui import app, start
from fstmuse_gui.classify.recording import RecordPresenter
from fstmuse_gui.classify.tab import ClassifyTab
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.settings import Settings
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.sound.player import Player


class Watcher(QObject):
    """Listens to the window's parts and to the test."""

    commanded = Signal(str)

    def __init__(self, window: MainWindow, folder: Path) -> None:
        super().__init__(window)
        tab = window.tabs[0]
        assert isinstance(tab, ClassifyTab)
        self._window = window
        self._view = tab.view
        self._folder = folder
        self._presenter = tab.presenter
        self._watch(tab)
        window.painted.connect(lambda: QTimer.singleShot(0, self._tell_ready))
        self._beat = QTimer(self, interval=4, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._on_beat)
        self._beat_at = time.monotonic()
        self._longest = 0.0
        self.commanded.connect(self._obey, Qt.ConnectionType.QueuedConnection)
        threading.Thread(target=self._listen, daemon=True).start()

    def _watch(self, tab: ClassifyTab) -> None:
        player = tab.findChild(Player)
        recording = tab.findChild(RecordPresenter)
        assert player is not None
        assert recording is not None
        recording.started.connect(lambda: self._tell("recording"))
        recording.finished.connect(self._on_take)
        recording.message.connect(lambda text: self._tell("message", text=text))
        player.state_changed.connect(lambda state: self._tell("player", state=state))
        player.position_changed.connect(lambda s: self._tell("position", seconds=s))
        player.failed.connect(lambda text: self._tell("message", text=text))
        tab.presenter.queue.clip_changed.connect(self._on_clip)
        tab.presenter.takes.clip_changed.connect(self._on_clip)

    def _tell(self, event: str, **values: Any) -> None:
        print(json.dumps({"event": event, "at": time.monotonic(), **values}), flush=True)

    def _tell_ready(self) -> None:
        self._beat.start()
        self._tell("ready", window=int(self._window.winId()))

    def _on_beat(self) -> None:
        now = time.monotonic()
        self._longest = max(self._longest, now - self._beat_at)
        self._beat_at = now

    def _on_take(self, take: Take) -> None:
        path = self._folder / f"take-{time.monotonic_ns()}.npy"
        np.save(path, take.samples)
        sound, rate = take.best
        np.save(path.with_suffix(".original.npy"), sound)
        self._tell("take", path=str(path), warnings=take.warnings, rate=rate)

    def _on_clip(self, key: int) -> None:
        clip = self._presenter.clips.get(key)
        if clip is not None and clip.result is not None:
            self._tell("result", result=clip.result.classification.to_dict())

    def _listen(self) -> None:
        for line in sys.stdin:
            self.commanded.emit(line.strip())

    def _obey(self, command: str) -> None:
        verb, _, rest = command.partition(" ")
        if verb == "screenshot":
            self._screenshot(rest)
        elif verb == "stall":
            self._tell("stall", longest_s=self._longest)
            self._longest = 0.0
        elif verb == "quit":
            for clip in self._presenter.clips:
                clip.is_saved = True
            self._window.close()

    def _screenshot(self, path: str) -> None:
        screen = QApplication.primaryScreen()
        screen.grabWindow(0).save(path)
        picture = self._view.clip_page.spectrogram.findChild(GraphicsView)
        assert isinstance(picture, QWidget)
        corner = picture.mapToGlobal(QPoint(0, 0))
        box = [corner.x(), corner.y(), picture.width(), picture.height()]
        self._tell("screenshot", path=path, picture=box)


def main() -> int:
    folder = Path(sys.argv[1])
    open_window = start.open_window

    def open_watched(app: QApplication, settings: Settings) -> MainWindow:
        window = open_window(app, settings)
        Watcher(window, folder)
        return window

    start.open_window = open_watched
    return app.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
