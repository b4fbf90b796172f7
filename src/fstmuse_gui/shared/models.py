"""The models one can choose from, and their coming and going."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer

from fstmuse_core.bundle import bundle as bundles
from fstmuse_core.bundle.bundle import bundle_folders
from fstmuse_core.bundle.manifest import CLASSIFIER, GENERATOR, MANIFEST_NAME, manifest_values
from fstmuse_core.system.errors import BundleError
from fstmuse_gui.shared.tabs import ModelNews

_log = logging.getLogger(__name__)
# Writing a bundle changes the folder several times.
_SETTLED_MS = 300


@dataclass(frozen=True)
class ModelInfo:
    """A model's name, what people call it, and the genres it can name or make."""

    name: str
    title: str
    genres: tuple[str, ...]


def installed_models() -> list[ModelInfo]:
    """Models that name genres."""
    return _installed(CLASSIFIER)


def installed_generators() -> list[ModelInfo]:
    """Models that make music."""
    return _installed(GENERATOR)


def _installed(kind: str) -> list[ModelInfo]:
    """Models of this kind that look sound; their use shows whether they are."""
    found = []
    for name, folder in bundle_folders().items():
        try:
            values = manifest_values(folder)
            if values["kind"] != kind:
                continue
            genres = tuple(str(genre) for genre in values["genres"])
            found.append(ModelInfo(name, str(values["title"]), genres))
        except (BundleError, KeyError, TypeError) as error:
            _log.warning("The model in %s cannot be offered: %s", folder, error)
    return found


class ModelWatch(QObject):
    """Tells the tabs when the user's folder of models has changed.

    Parameters
    ----------
    news : ModelNews
        ``changed`` is emitted; it is also received, for the window's own changes are known.
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
    """Modification time of each model in nanoseconds, by its name."""
    found = {}
    for name, folder in bundles.bundle_folders().items():
        with contextlib.suppress(OSError):  # it is being deleted
            found[name] = (folder / MANIFEST_NAME).stat().st_mtime_ns
    return found
