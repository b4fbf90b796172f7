"""Asking where something goes and writing it there, beside the window."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_gui.settings import LAST_FOLDER, Settings
from fstmuse_gui.shared.background import Background

_UNFIT = re.compile(r'[<>:"/\\|?*%\x00-\x1f]+')


class FileSaving(QObject):
    """Writes files and says how it went; who inherits knows what is in them.

    Signals
    -------
    message(str)
        For the status bar.
    trouble(str)
        A sentence for the notice.
    """

    message = Signal(str)
    trouble = Signal(str)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._background = Background(self)

    def close(self) -> None:
        """Wait until all is written."""
        self._background.close()

    def _suggest(self, name: str) -> str:
        """A file of this name where the last one went."""
        return os.path.join(self._settings.get(LAST_FOLDER) or str(Path.home()), name)

    def _write(
        self, path: str, work: Callable[[], None], on_done: Callable[[], None] = lambda: None
    ) -> None:
        def tell(_result: object) -> None:
            on_done()
            self._settings.set(LAST_FOLDER, str(Path(path).parent))
            self.message.emit(f"Saved {Path(path).name}")

        self._background.run(work, tell, self.trouble.emit)


def fit_for_a_name(text: str) -> str:
    """``text`` without what file names cannot hold on some system, or not as a link."""
    return _UNFIT.sub("_", text)
