"""Trainings that wait for the one that runs: kept, listed, and begun in their turn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from fstmuse_core.runs.spec import OUT
from fstmuse_core.runs.store import running_training, runs_folder
from fstmuse_core.system.wording import counted
from fstmuse_gui.settings import Option, Settings
from fstmuse_gui.train.form.form import WAITING, RunRow
from fstmuse_gui.train.form.options import next_name
from fstmuse_gui.train.run.live import LiveTraining
from fstmuse_gui.train.view import TrainView

_RESUME = "--resume"


def _is_queue(entries: list[Any]) -> bool:
    """True for titles, each with the words that follow ``fstmuse train``."""
    return all(
        isinstance(entry, list)
        and len(entry) > 1
        and all(isinstance(word, str) and "\0" not in word for word in entry)
        for entry in entries
    )


TRAIN_QUEUE: Option[list[list[str]]] = Option("train/queue", list, [], _is_queue)


@dataclass(frozen=True)
class Waiting:
    """A training that waits: its key in the list, its title, and what it is begun with."""

    key: str
    title: str
    arguments: tuple[str, ...]

    @property
    def resumed(self) -> str:
        """The run that is gone on with; empty for a new training."""
        return self.arguments[1] if self.arguments[:1] == (_RESUME,) else ""

    @property
    def is_deleted(self) -> bool:
        """True if the run that is to be gone on with is no more."""
        return bool(self.resumed) and not (runs_folder() / self.resumed).is_dir()


class TrainingQueue(QObject):
    """Trainings that begin one after the other; kept from one start of the window to the next.

    Signals
    -------
    changed
        Others wait than before.
    removed(int, object)
        Place and :class:`Waiting` of one that the user has removed.
    """

    changed = Signal()
    removed = Signal(int, object)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._numbers = itertools.count(1)
        self._items: list[Waiting] = []
        for title, *arguments in settings.get(TRAIN_QUEUE):
            self._items.append(self._made(title, arguments))

    @property
    def items(self) -> tuple[Waiting, ...]:
        """Trainings that wait, the next one first."""
        return tuple(self._items)

    @property
    def titles(self) -> set[str]:
        """Names that the models of new trainings will have."""
        return {item.title for item in self._items if not item.resumed}

    def find(self, key: str) -> Waiting | None:
        """The one of this key; ``None`` if it waits no more."""
        return next((item for item in self._items if item.key == key), None)

    def add(self, title: str, arguments: Sequence[str]) -> None:
        """Let another one wait, behind the others."""
        self.insert(len(self._items), self._made(title, arguments))

    def insert(self, place: int, item: Waiting) -> None:
        """Let one wait at this place, or behind the others if there are fewer."""
        self._items.insert(place, item)
        self._keep()

    def bring_forward(self, item: Waiting) -> None:
        """Make one the next."""
        self._items.remove(item)
        self.insert(0, item)

    def take(self) -> Waiting:
        """Return the next one, which waits no more."""
        item = self._items.pop(0)
        self._keep()
        return item

    def drop(self, item: Waiting) -> None:
        """Let one wait no more, without a word."""
        self._items.remove(item)
        self._keep()

    def remove(self, key: str) -> None:
        """Take one out at the user's wish."""
        item = self.find(key)
        if item is not None:
            place = self._items.index(item)
            self.drop(item)
            self.removed.emit(place, item)

    def _made(self, title: str, arguments: Sequence[str]) -> Waiting:
        # A blank is in no run's name.
        return Waiting(f"waiting {next(self._numbers)}", title, tuple(arguments))

    def _keep(self) -> None:
        self._settings.set(TRAIN_QUEUE, [[item.title, *item.arguments] for item in self._items])
        self.changed.emit()


_REMOVE = "Remove from the queue"
_BACK = "Back to the data set"
_DELETED = "Deleted, does not go on"


class QueuePresenter(QObject):
    """Lists and shows what waits, and begins it when nothing else is being trained.

    What waits from an earlier start of the window begins after a training whose end this one has
    seen, or when it is asked for: nobody opens a window to have the machine busy.

    Signals
    -------
    message(str)
        For the status bar.
    changed
        Others wait than before.
    left
        What was shown waits no more.
    check_wanted
        The list of trainings is to be read, which :meth:`begin_next` follows.

    Attributes
    ----------
    shown : str
        Key of the one that is shown; empty if none is.
    """

    message = Signal(str)
    changed = Signal()
    left = Signal()
    check_wanted = Signal()

    def __init__(
        self,
        view: TrainView,
        live: LiveTraining,
        queue: TrainingQueue,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._live, self._queue = view, live, queue
        self._n_kept = len(queue.items)
        self._is_due = False
        self.shown = ""
        queue.changed.connect(self._on_changed)
        live.changed.connect(self.refresh)
        live.ended.connect(self._on_ended)

    def add(self, name: str, arguments: Sequence[str], taken: set[str]) -> None:
        """Let a training wait; its model is called otherwise where its name is ``taken``."""
        name = next_name(name, taken | self._queue.titles | {self._live.title})
        self._queue.add(name, _named(arguments, name))
        self.message.emit(f"{name} waits until the trainings before it have ended.")

    def add_resume(self, run: str, title: str) -> None:
        """Let a training wait to be gone on with."""
        if self._of_run(run) is None:
            self._queue.add(title, [_RESUME, run])
        self.message.emit(f"{title} goes on when the trainings before it have ended.")

    def leave_out(self, run: str) -> None:
        """A training is gone on with: it need not wait."""
        item = self._of_run(run)
        if item is not None:
            self._queue.drop(item)

    def _of_run(self, run: str) -> Waiting | None:
        return next((item for item in self._queue.items if item.resumed == run), None)

    def listed(self, rows: Sequence[RunRow]) -> list[RunRow]:
        """Return the rows with those that wait below the one that runs."""
        running = [row for row in rows if row.state == "running"]
        waiting = []
        for number, item in enumerate(self._queue.items, 1):
            # It stays in the list: deleting it may be undone before its turn comes.
            words = _DELETED if item.is_deleted else f"Waiting, {_place(number)}"
            waiting.append(RunRow(item.key, item.title, words, WAITING))
        return [*running, *waiting, *(row for row in rows if row.state != "running")]

    def holds(self, key: str) -> bool:
        """True if the one of this key waits."""
        return self._queue.find(key) is not None

    # -- the one that is shown ---------------------------------------------------------

    def show(self, key: str) -> None:
        """Show one that waits, and what can be done with it."""
        self.shown = key
        self.refresh()

    def refresh(self) -> None:
        """Say anew what the one that is shown waits for."""
        item = self._queue.find(self.shown)
        if item is None:
            return
        go_on = _BACK
        if item.is_deleted:
            sentence = "The training that it was to go on with was deleted: it will be left out."
        elif not self._live.is_running:
            sentence = "Nothing is being trained now; it begins when you start it."
            go_on = "Start it now"
        elif item == self._queue.items[0]:
            sentence = f"It begins by itself when {self._live.title} has ended."
        else:
            sentence = "It begins by itself when the trainings before it have ended."
        if self._view.trouble_page.retry_button.text() != go_on:
            self._view.shield()
        title = f"{item.title} is waiting"
        self._view.show_trouble(title, sentence, go_on=go_on, back=_REMOVE, is_failure=False)

    def begin(self) -> bool:
        """Start the one that is shown; False if it has to wait, or cannot be started."""
        item = self._queue.find(self.shown)
        if item is None or self._live.is_running or item.is_deleted:
            return False
        self._queue.bring_forward(item)
        self.go_on()
        return True

    def remove(self) -> None:
        """Take the one that is shown out of the queue."""
        self._queue.remove(self.shown)

    def go_on(self) -> None:
        """Let the next begin as soon as no other process trains."""
        self._is_due = True
        self.check_wanted.emit()

    def _on_changed(self) -> None:
        self.changed.emit()
        if self.shown and not self.holds(self.shown):
            self.shown = ""
            self.left.emit()
        self.refresh()

    # -- its turn ----------------------------------------------------------------------

    def _on_ended(self) -> None:
        self._is_due = True
        self.refresh()

    def begin_next(self, taken: set[str]) -> bool:
        """Begin the one that waits first, if it is its turn; returns whether it was shown."""
        if self._live.is_running or not self._is_due or running_training() is not None:
            return False
        self._is_due = False
        # Nothing is shown meanwhile: what begins is not to be left for the data sets.
        shown, self.shown = self.shown, ""
        item = self._take_next()
        was_shown = item is not None and shown == item.key
        if self.holds(shown):
            self.shown = shown
        elif shown and not was_shown:
            self.left.emit()
        if item is None:
            return False
        name, words = item.title, list(item.arguments)
        if not item.resumed:
            # A model of that name may have come since.
            name = next_name(item.title, taken | self._queue.titles)
            words = _named(item.arguments, name)
        self._live.hide()
        self._live.begin(words, name)
        goes = "goes on" if item.resumed else "has begun"
        self.message.emit(f"The training of {name} {goes}.")
        return was_shown

    def _take_next(self) -> Waiting | None:
        """The one that waits first; those whose training was deleted are said and left out."""
        while self._queue.items:
            item = self._queue.take()
            if not item.is_deleted:
                return item
            self.message.emit(f"{item.title} does not go on: the training was deleted.")
        return None

    @property
    def kept_sentence(self) -> str:
        """Sentence on those that wait since the window was closed; empty if none does."""
        if not self._n_kept:
            return ""
        waits, starts = ("waits", "it starts") if self._n_kept == 1 else ("wait", "they start")
        if self._live.is_running:
            when = f"{starts} when {self._live.title} has ended"
        else:
            when = "choose one in the list of trainings to start it"
        return f"{counted(self._n_kept, 'training')} {waits} since the last time: {when}."


def _place(number: int) -> str:
    return "next" if number == 1 else f"number {number}"


def _named(arguments: Sequence[str], name: str) -> list[str]:
    """The arguments of a training whose model is to be called ``name``."""
    words = list(arguments)
    if OUT.option in words[:-1]:
        words[words.index(OUT.option) + 1] = name
    return words
