"""Models that come and go outside the window: trained, imported, renamed in a terminal."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer

from fstmuse_core import bundle as bundles
from fstmuse_core.bundle_manifest import MANIFEST_NAME
from fstmuse_gui.tabs import ModelNews

# Writing a bundle changes the folder several times.
_SETTLED_MS = 300


class ModelWatch(QObject):
    """Tells the tabs when the user's folder of models has changed.

    Parameters
    ----------
    news : ModelNews
        ``changed`` is emitted; it is also heard, for what the window did itself is known.
    """

    def __init__(self, news: ModelNews, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._news = news
        self._known: dict[str, int] = {}
        self._watcher = QFileSystemWatcher(self)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._compare)
        self._watcher.directoryChanged.connect(lambda: self._settled.start())
        news.changed.connect(self._note)

    def start(self) -> None:
        """Begin to watch; what is there by now is known."""
        folder = bundles.user_models_folder()
        # What is not there cannot be watched. Where it cannot be made no model comes either.
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        self._watcher.addPath(str(folder))
        self._note()

    def _note(self) -> None:
        self._known = _models()

    def _compare(self) -> None:
        if _models() != self._known:
            self._news.changed.emit()


def _models() -> dict[str, int]:
    """When each model was written, in nanoseconds, by its name."""
    found = {}
    for name, folder in bundles.bundle_folders().items():
        with contextlib.suppress(OSError):  # it is being deleted
            found[name] = (folder / MANIFEST_NAME).stat().st_mtime_ns
    return found
