"""Trainings that nobody looks at, or that others begin: found, followed, and told of."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from fstmuse_core.runs import store
from fstmuse_core.runs.events import (
    Cancelled,
    Done,
    Ended,
    Epoch,
    Failed,
    Progress,
    Started,
    TrainEvent,
)
from fstmuse_gui.shared.background import ThreadRunner
from fstmuse_gui.shared.tabs import BadgeKind, TabBadge
from fstmuse_gui.train.form.recipe import MODEL_KINDS
from fstmuse_gui.train.run.closing import Closing, StopKeeps, stop_keeps
from fstmuse_gui.train.run.training import Training, follow_training

# Once the window stands: nobody waits for it.
_LOOK_AFTER_MS = 500
WATCH_MS = 2_000


def running_run() -> tuple[str, Path] | None:
    """Title and folder of the run that is being trained by another process, if one is.

    A run of a model that this tab does not train is left to whoever started it.
    """
    name = store.running_training()
    if not name:
        return None
    folder = store.runs_folder() / name
    try:
        settings = store.read_settings(folder)
        title, is_ours = settings.out, settings.model in MODEL_KINDS
    except (OSError, ValueError):
        title, is_ours = "", True
    return (title or name, folder) if is_ours and folder.is_dir() else None


class TrainBadge(QObject):
    """Sign beside the title of the tab while a training runs and when it has ended.

    Signals
    -------
    changed(object)
        A :class:`~fstmuse_gui.shared.tabs.TabBadge`, or ``None`` for nothing.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._title = ""
        self._epochs = 1
        self._told: TabBadge | None = None

    def watch(self, training: Training, title: str) -> None:
        """Show how far this training is."""
        self._title = title
        self._epochs = 1
        training.told.connect(self._on_event)
        self._tell(TabBadge(BadgeKind.BUSY, f"{title} is training"))

    def clear(self) -> None:
        """The tab has been looked at: what has ended needs no sign any more."""
        if self._told is not None and self._told.kind is not BadgeKind.BUSY:
            self._tell(None)

    def clear_busy(self) -> None:
        """Clear the sign of a training that runs no more and whose end was not seen."""
        if self._told is not None and self._told.kind is BadgeKind.BUSY:
            self._tell(None)

    def _on_event(self, event: TrainEvent) -> None:
        if isinstance(event, Started):
            self._epochs = max(1, event.epochs)
            self._show_share(event.resumed_from_epoch)
        elif isinstance(event, Progress):
            self._show_share(event.epoch - 1 + event.step / max(1, event.steps))
        elif isinstance(event, Epoch):
            self._show_share(event.epoch)
        elif isinstance(event, Done):
            self._tell(TabBadge(BadgeKind.DONE, f"{event.name} is ready"))
        elif isinstance(event, Failed):
            self._tell(TabBadge(BadgeKind.TROUBLE, f"{self._title} could not be trained"))
        elif isinstance(event, Cancelled):
            self._tell(None)

    def _show_share(self, epochs: float) -> None:
        percents = math.floor(100 * min(1.0, epochs / self._epochs))
        self._tell(
            TabBadge(BadgeKind.BUSY, f"{self._title} is training: {percents} %", percents / 100)
        )

    def _tell(self, sign: TabBadge | None) -> None:
        if sign != self._told:
            self._told = sign
            self.changed.emit(sign)


class BackgroundTraining(QObject):
    """Looks once whether a training runs already, and follows it until someone else does.

    Signals
    -------
    found(object, str)
        The :class:`~fstmuse_gui.train.run.training.Training` and its title.
    ended(object)
        Its last event.

    Attributes
    ----------
    title, run : str
        Of the one that was found.
    """

    found = Signal(object, str)
    ended = Signal(object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        finder: Callable[[], tuple[str, Path] | None] = running_run,
        follower: Callable[[Path, QObject], Training] = follow_training,
    ) -> None:
        super().__init__(parent)
        self._finder = finder
        self._follower = follower
        self._background = ThreadRunner(self)
        self._training: Training | None = None
        self.title = ""
        self.run = ""
        self._is_resumed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LOOK_AFTER_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    @property
    def is_running(self) -> bool:
        """True while one is being followed."""
        return self._training is not None

    @property
    def stop_keeps(self) -> StopKeeps:
        """Parts of it that would be kept."""
        is_learning = self._training is not None and self._training.is_learning
        return stop_keeps(is_learning=is_learning, is_resumed=self._is_resumed)

    def look(self) -> None:
        """Look beside the window whether one runs."""
        self._timer.stop()
        self._background.run(self._finder, self._on_found, lambda _sentence: None)

    def _on_found(self, found: tuple[str, Path] | None) -> None:
        if found is None or self._training is not None:
            return
        self.title, folder = found
        self.run = folder.name
        self._is_resumed = store.newest_checkpoint(folder)[0] > 0
        self._training = self._follower(folder, self)
        self._training.told.connect(self._on_event)
        self.found.emit(self._training, self.title)

    def _on_event(self, event: TrainEvent) -> None:
        if isinstance(event, Ended):
            training, self._training = self._training, None
            if training is not None:
                training.deleteLater()
            self.ended.emit(event)

    def close(self, closing: Closing = Closing.KEEP) -> None:
        """Follow it no longer; it goes on, or ends by itself as was chosen."""
        self._timer.stop()
        self._background.close()
        training, self._training = self._training, None
        if training is not None:
            training.leave(closing)
            training.deleteLater()


class RunsWatch(QObject):
    """Notices trainings that others begin, end or remove, such as a terminal.

    It looks now and then: not every file system tells of changes.

    Signals
    -------
    changed
        The list of trainings is another.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seen = self._look()
        self._timer = QTimer(self)
        self._timer.setInterval(WATCH_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Look now."""
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            self.changed.emit()

    @staticmethod
    def _look() -> tuple[str | None, frozenset[str]]:
        """Return which one runs, and the names of all."""
        try:
            names = frozenset(one.name for one in store.runs_folder().iterdir() if one.is_dir())
        except OSError:
            names = frozenset()
        return store.running_training(), names

    def close(self) -> None:
        """Look no more."""
        self._timer.stop()
