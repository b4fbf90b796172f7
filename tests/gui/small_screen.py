"""Open the whole window on the screen that Qt was told of, and say what cannot be reached.

``python -m tests.gui.small_screen FOLDER THEME``: pictures go to the folder, and a line of JSON
to standard output.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEventLoop, QPoint, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.reach import scrolled_sideways, unreachable

# Half of 1280 pixels, which is what is left of them at 200 %.
_NARROW = 700


def main(folder: Path, theme: str) -> None:
    from fstmuse_gui.library.tag_dialogs import TagDialog, WrittenTagsDialog
    from fstmuse_gui.main_window import MainWindow
    from fstmuse_gui.settings import THEME, Settings
    from fstmuse_gui.shared.tabs import TabContext
    from fstmuse_gui.theme import ThemeController
    from fstmuse_gui.widgets.dialogs import ShortcutsDialog, fit_to_screen
    from fstmuse_gui.workers.bridge import WorkerBridge
    from tests.gui.fakes import FakeWorker

    app = QApplication(["FstMuse"])
    settings = Settings(folder / "settings.ini")
    settings.set(THEME, theme)
    window = MainWindow(TabContext(settings, WorkerBridge(FakeWorker)), ThemeController(app))
    window.show()
    told: dict[str, object] = {"scale": window.devicePixelRatio()}
    parts: list[tuple[str, QWidget]] = [(tab.title, window) for tab in window.tabs]
    dialogs = (
        TagDialog(window),
        WrittenTagsDialog(window),
        ShortcutsDialog(window.menuBar(), window),
    )
    parts += [(type(dialog).__name__, dialog) for dialog in dialogs]
    for place, (title, shown) in enumerate(parts):
        if shown is window:
            window._tab_widget.setCurrentIndex(place)
        shown.show()
        _settle()
        room = shown.screen().availableGeometry()
        found = unreachable(shown)
        if shown.width() < _NARROW:
            found += scrolled_sideways(shown)
        told[title] = found
        if not room.contains(shown.frameGeometry()):
            told[title] = [f"{shown.frameGeometry()} is not on {room}"]
        shown.grab().save(str(folder / f"{theme} {title}.png"))
    # A window whose screen is gone comes back to one that is there.
    window.move(QPoint(5000, 3000))
    fit_to_screen(window)
    room = window.screen().availableGeometry()
    told["moved away"] = [] if room.contains(window.geometry()) else [str(window.geometry())]
    print(json.dumps(told), flush=True)
    os._exit(0)


def _settle() -> None:
    """Let what is asked of the event loop's next turns happen."""
    QCoreApplication.processEvents()
    loop = QEventLoop()
    QTimer.singleShot(300, loop.quit)
    loop.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
