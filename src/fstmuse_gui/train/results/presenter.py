"""Decides which earlier trainings are listed, how one is shown, and what is done with one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QWidget

from fstmuse_core.runs import store
from fstmuse_core.runs.events import Done, Epoch, Failed, Started, ending, read_events
from fstmuse_core.runs.labels import (
    LONGEST_NOTE,
    RunLabel,
    delete_run,
    read_label,
    restore_run,
    write_label,
)
from fstmuse_core.runs.spec import QUICK
from fstmuse_core.system.errors import FstMuseError
from fstmuse_gui.plain import visible
from fstmuse_gui.shared.background import ThreadRunner
from fstmuse_gui.shared.tabs import make_action
from fstmuse_gui.theme import GRID
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.form.recipe import MODEL_KINDS
from fstmuse_gui.train.run.curves import OtherRun
from fstmuse_gui.train.run.live import about_result, draw_curves
from fstmuse_gui.train.run.queue import TrainingQueue, Waiting
from fstmuse_gui.train.view import TrainView
from fstmuse_gui.widgets.dialogs import FittingDialog, NameQuestion


@dataclass(frozen=True)
class PastRun:
    """A run of the list and where it lies."""

    row: RunRow
    folder: Path
    resumable: bool
    model: str = ""
    has_epochs: bool = False


def past_runs() -> list[PastRun]:
    """List the runs of models that this tab trains, the newest first."""
    found = [_past(summary) for summary in store.list_runs() if summary.model in MODEL_KINDS]
    return sorted(found, key=lambda run: _begun_at(run.folder), reverse=True)


def _begun_at(folder: Path) -> float:
    try:
        return (folder / store.RUN_FILE).stat().st_mtime
    except OSError:
        return 0.0


def _past(summary: store.RunSummary) -> PastRun:
    words = {
        "running": "Training now",
        "done": f"Done, {summary.progress}",
        "stopped": f"Stopped, {summary.progress}",
        "unfinished": f"Unfinished, {summary.progress}",
    }[summary.state.value]
    label = read_label(Path(summary.folder))
    title = label.title or summary.out or summary.run
    row = RunRow(summary.run, title, words, summary.state.value, label.note)
    has_epochs = summary.epoch > 0 and summary.design != QUICK
    return PastRun(row, Path(summary.folder), summary.resumable, summary.model, has_epochs)


_UNFINISHED = (
    "It was interrupted after {}. Nothing that it had learned by then is lost: Resume goes on "
    "as if nothing had happened."
)
_UNFINISHED_QUICK = (
    "It was interrupted. Resume begins it again, without the songs that it has heard already."
)


def _unfinished(words: str) -> str:
    how_far = words.partition(", ")[2]
    return _UNFINISHED.format(how_far) if how_far.endswith("epochs") else _UNFINISHED_QUICK


class PastRunsPresenter(QObject):
    """Lists runs and shows them.

    Signals
    -------
    listed(list)
        Of :class:`~fstmuse_gui.train.results.presenter.PastRun`, the newest first.
    trouble(str)
        Why something could not be read or written.
    """

    listed = Signal(list)
    trouble = Signal(str)

    def __init__(
        self,
        view: TrainView,
        parent: QObject | None = None,
        *,
        lister: Callable[[], list[PastRun]] = past_runs,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._lister = lister
        self._background = ThreadRunner(self)
        self._runs: dict[str, PastRun] = {}
        self._asked = 0
        self._shown = ("", "")
        self.done: Done | None = None
        view.run_page.started.connect(self._on_shown)
        view.run_page.others_chosen.connect(self._compare)

    def refresh(self) -> None:
        """List the runs again."""
        self._asked += 1
        number = self._asked
        self._background.run(
            self._lister, lambda found: self._on_listed(number, found), self.trouble.emit
        )

    def _on_listed(self, number: int, found: list[PastRun]) -> None:
        if number != self._asked:
            return  # a later list is under way
        self._runs = {run.row.run: run for run in found}
        self._offer_others()
        self.listed.emit(found)

    def _on_shown(self, run: str, model: str) -> None:
        """Another training is shown: those that were laid over the last one may be too."""
        self._shown = run, model
        self._offer_others()
        self._compare(self._view.run_page.chosen_others)

    def _offer_others(self) -> None:
        """Offer the curves of trainings that make the same kind of model."""
        name, model = self._shown
        makes_music = model in MODEL_KINDS and MODEL_KINDS[model].makes_music
        others = {
            run.row.run: run.row.title
            for run in self._runs.values()
            if run.has_epochs
            and run.row.run != name
            and MODEL_KINDS[run.model].makes_music == makes_music
        }
        self._view.run_page.offer_others(others)

    def _compare(self, names: list[str]) -> None:
        """Lay the curves of these runs over those that are shown."""
        shown = self._shown
        runs = [run for name in names if (run := self._runs.get(name)) is not None]

        def body() -> list[OtherRun]:
            found = []
            for run in runs:
                epochs = [e for e in read_events(run.folder) if isinstance(e, Epoch)]
                found.append(OtherRun(run.row.title, tuple(epochs)))
            return found

        def tell(found: list[OtherRun]) -> None:
            if shown == self._shown:  # else another one is shown by now
                self._view.run_page.show_others(found)

        self._background.run(body, tell, self.trouble.emit)

    def find(self, name: str) -> PastRun | None:
        """The run of this name."""
        return self._runs.get(name)

    def write(self, path: str, text: str, on_done: Callable[[], None]) -> None:
        """Write a text file beside the window."""

        def body() -> None:
            from fstmuse_core.runs.store import write_bytes

            write_bytes(Path(path), text.encode())

        self._background.run(body, lambda _none: on_done(), self.trouble.emit)

    def show(self, run: PastRun) -> None:
        """Show a run as far as it came."""
        self._view.notice.leave_item()
        story = read_events(run.folder)
        started = next((e for e in story if isinstance(e, Started)), None)
        end = ending(story)
        if started is not None:
            draw_curves(self._view.run_page, run.row.title, started, story)
        self.done = end if isinstance(end, Done) else None
        if self.done is not None:
            page = self._view.results_page
            page.show_result(self.done, about_result(self.done, started), run.row)
            page.curves_button.setVisible(started is not None)
            self._view.show_page(page)
            if isinstance(story[-1], Failed):
                self._view.notice.say_of_item(f"Resume did not go on: {story[-1].sentence}.")
            return
        why = f" It ended because: {end.sentence}." if isinstance(end, Failed) else ""
        self._view.show_trouble(
            f"{run.row.title} is not finished",
            _unfinished(run.row.words) + why if run.resumable else f"It cannot go on.{why}",
            go_on="Resume" if run.resumable else "",
            back="Back to the data set",
            is_failure=False,
        )

    def show_curves(self) -> None:
        """Show how the training went whose result is shown."""
        self._view.show_page(self._view.run_page)

    def close(self) -> None:
        """Wait for what is being read."""
        self._background.close()


_MORE = "\N{HORIZONTAL ELLIPSIS}"


class NoteQuestion(FittingDialog):
    """Asks for a note of some lines, beginning with the one in force."""

    def __init__(self, parent: QWidget, title: str, note: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(visible(title))
        self.field = QPlainTextEdit(note)
        self.field.setAccessibleName("Note")
        self.field.setTabChangesFocus(True)
        self.field.setMinimumSize(420, 140)
        keep, cancel = QPushButton("Keep the note"), QPushButton("Cancel")
        keep.setProperty("look", "primary")
        keep.setDefault(True)
        keep.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addStretch()
        foot.addWidget(cancel)
        foot.addWidget(keep)
        self.set_parts(self.field, foot)

    def ask(self) -> str | None:
        """Wait for a note; None if it stays as it is."""
        is_kept = self.exec() == QDialog.DialogCode.Accepted
        self.deleteLater()
        return self.field.toPlainText().strip()[:LONGEST_NOTE] if is_kept else None


def ask_name(window: QWidget, name: str) -> str:
    """Ask for a training's title; empty if it stays."""
    return NameQuestion(window, "Rename the training", name).ask()


def ask_note(window: QWidget, title: str, note: str) -> str | None:
    """Ask for a note on a training; None if it stays."""
    return NoteQuestion(window, f"Note on {title}", note).ask()


class RunActions(QObject):
    """Acts on the training that is chosen in the list.

    Signals
    -------
    message(str)
        For the user, in passing.
    trouble(str)
        Why something could not be done.
    deleted(str)
        The run of this name is off the list.
    changed
        Other actions than before are allowed.
    """

    message = Signal(str)
    trouble = Signal(str)
    deleted = Signal(str)
    changed = Signal()

    def __init__(
        self,
        view: TrainView,
        past: PastRunsPresenter,
        queue: TrainingQueue,
        parent: QObject | None = None,
        *,
        name: Callable[[QWidget, str], str] = ask_name,
        note: Callable[[QWidget, str, str], str | None] = ask_note,
    ) -> None:
        super().__init__(parent)
        self._view, self._past, self._queue = view, past, queue
        self._name, self._note = name, note
        self._aside: list[tuple[Callable[[], object], str]] = []
        self.rename = make_action(self, f"Rena&me the training{_MORE}", "", self._rename)
        self.write = make_action(self, f"&Note on the training{_MORE}", "", self._write)
        self.delete = make_action(self, "&Delete the training", "Del", self._delete)
        # Elsewhere in the tab that key deletes other things.
        self.delete.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.undo = make_action(self, "&Undo", "", self._undo)
        runs = view.form.runs
        runs.list.addActions([self.rename, self.write, self.delete])
        runs.chosen.connect(lambda _run: self.allow())
        past.listed.connect(lambda _found: self.allow())
        queue.changed.connect(self.allow)
        queue.removed.connect(self._on_removed)
        self.allow()

    @property
    def _chosen(self) -> PastRun | None:
        return self._past.find(self._view.form.runs.current)

    def allow(self) -> None:
        """Allow what can be done with the chosen training."""
        run = self._chosen
        for action in (self.rename, self.write):
            action.setEnabled(run is not None)
        waits = self._queue.find(self._view.form.runs.current) is not None
        self.delete.setEnabled(waits or (run is not None and run.row.state != "running"))
        self.undo.setEnabled(bool(self._aside))
        last = visible(self._aside[-1][1]) if self._aside else ""
        self.undo.setText(f"&Undo the deletion of {last.replace('&', '&&')}" if last else "&Undo")
        self.changed.emit()

    def _label(self, run: PastRun, change: Callable[[RunLabel], RunLabel]) -> None:
        try:
            write_label(run.folder, change(read_label(run.folder)))
        except FstMuseError as error:
            self.trouble.emit(str(error))
        self._past.refresh()

    def _rename(self) -> None:
        run = self._chosen
        title = self._name(self._view.window(), run.row.title) if run is not None else ""
        if run is not None and title:
            self._label(run, lambda label: replace(label, title=title))

    def _write(self) -> None:
        run = self._chosen
        if run is None:
            return
        note = self._note(self._view.window(), run.row.title, run.row.note)
        if note is not None:
            self._label(run, lambda label: replace(label, note=note))

    def _delete(self) -> None:
        self._queue.remove(self._view.form.runs.current)
        run = self._chosen
        if run is None or run.row.state == "running":
            return
        try:
            self._aside.append((partial(restore_run, delete_run(run.folder)), run.row.title))
        except FstMuseError as error:
            self.trouble.emit(str(error))
            return
        self.deleted.emit(run.row.run)
        self.message.emit(f"Deleted {run.row.title}; its model stays. Ctrl+Z brings it back.")
        self._past.refresh()
        self.allow()

    def _on_removed(self, place: int, item: Waiting) -> None:
        self._aside.append((partial(self._queue.insert, place, item), item.title))
        self.message.emit(f"{item.title} waits no more. Ctrl+Z brings it back.")
        self.allow()

    def _undo(self) -> None:
        if not self._aside:
            return
        bring_back, title = self._aside.pop()
        try:
            bring_back()
        except FstMuseError as error:
            self.trouble.emit(str(error))
        else:
            self.message.emit(f"{title} is back.")
        self._past.refresh()
        self.allow()
