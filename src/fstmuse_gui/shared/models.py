"""The models one can choose from, and their coming and going."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QFileSystemWatcher, QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from fstmuse_core.bundle import bundle as bundles
from fstmuse_core.bundle.bar_noise import Grid
from fstmuse_core.bundle.bundle import LIKENESS_NAME, bundle_folders
from fstmuse_core.bundle.likeness import likeness_tagger
from fstmuse_core.bundle.manifest import CLASSIFIER, GENERATOR, MANIFEST_NAME, manifest_values
from fstmuse_core.system.errors import BundleError
from fstmuse_gui.plain import tip
from fstmuse_gui.settings import Option, Settings
from fstmuse_gui.shared.tabs import ModelSignals
from fstmuse_gui.widgets.controls import WheelSafeComboBox

_log = logging.getLogger(__name__)
# Writing a bundle changes the folder several times.
_SETTLED_MS = 300


@dataclass(frozen=True)
class ModelInfo:
    """A model's name, what people call it, and the genres it can name or make.

    ``grid`` is what a generator knows of beats, if it knows any. ``knows_songs`` if it was told of
    songs, so that a clip like one can be asked of it.
    """

    name: str
    title: str
    genres: tuple[str, ...]
    grid: Grid | None = None
    knows_songs: bool = False


class ModelChooser(WheelSafeComboBox):
    """Offers models by their titles.

    Signals
    -------
    chosen(str)
        The user chose the model of this name.
    """

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.activated.connect(lambda _i: self.chosen.emit(self.currentData()))

    def show_models(self, models: Sequence[ModelInfo], chosen: str) -> None:
        """Offer these, with one in use, without telling anyone."""
        with QSignalBlocker(self):
            self.clear()
            for model in models:
                self.addItem(model.title, model.name)
                knows = tip("Knows " + ", ".join(model.genres))
                self.setItemData(self.count() - 1, knows, Qt.ItemDataRole.ToolTipRole)
        self.show_chosen(chosen)

    def show_chosen(self, name: str) -> None:
        """Show which model is in use, without telling anyone."""
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findData(name))


class ModelChoice:
    """Model in use: of those offered the one that the user chose, while it is there.

    Parameters
    ----------
    settings : Settings
    option : Option of str
        Option that keeps the name of the user's choice.
    """

    def __init__(self, settings: Settings, option: Option[str]) -> None:
        self._settings = settings
        self._option = option
        self.offered: dict[str, ModelInfo] = {}
        self.model: ModelInfo | None = None

    @property
    def name(self) -> str:
        """Name of the model in use; empty if there is none."""
        return self.model.name if self.model is not None else ""

    def offer(self, models: Sequence[ModelInfo]) -> None:
        """Choose among these: the user's choice, else the one in use, else the first."""
        self.offered = {model.name: model for model in models}
        wishes = [self._settings.get(self._option), self.name, *self.offered]
        self.model = next((self.offered[name] for name in wishes if name in self.offered), None)

    def choose(self, name: str) -> bool:
        """Use the model of this name from now on; False if it is not there."""
        if name not in self.offered:
            return False
        self._settings.set(self._option, name)
        self.model = self.offered[name]
        return True

    def follow_rename(self, old: str, new: str) -> None:
        """Call the model of the first name, which may be in use, by the second."""
        if self._settings.get(self._option) == old:
            self._settings.set(self._option, new)
        if self.model is not None and self.model.name == old:
            self.model = replace(self.model, name=new)


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
            architecture = dict(values["architecture"]) if kind == GENERATOR else {}
            grid = Grid.from_dict(architecture)
            is_told = bool(likeness_tagger(architecture)) and LIKENESS_NAME in values["files"]
            found.append(ModelInfo(name, str(values["title"]), genres, grid, is_told))
        except (BundleError, KeyError, TypeError, ValueError) as error:
            _log.warning("The model in %s cannot be offered: %s", folder, error)
    return found


class ModelWatch(QObject):
    """Tells the tabs when the user's folder of models has changed.

    Parameters
    ----------
    signals : ModelSignals
        ``changed`` is emitted; it is also received, for the window's own changes are known.
    """

    def __init__(self, signals: ModelSignals, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._signals = signals
        self._known: dict[str, int] = {}
        self._watcher = QFileSystemWatcher(self)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._compare)
        self._watcher.directoryChanged.connect(lambda: self._settled.start())
        signals.changed.connect(self._note)

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
            self._signals.changed.emit()


def _models() -> dict[str, int]:
    """Modification time of each model in nanoseconds, by its name."""
    found = {}
    for name, folder in bundles.bundle_folders().items():
        with contextlib.suppress(OSError):  # it is being deleted
            found[name] = (folder / MANIFEST_NAME).stat().st_mtime_ns
    return found
