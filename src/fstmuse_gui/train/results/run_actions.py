"""Actions on an earlier training: rename, note, delete, and bring back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QWidget

from fstmuse_core.runs.labels import (
    LONGEST_NOTE,
    RunLabel,
    delete_run,
    read_label,
    restore_run,
    write_label,
)
from fstmuse_core.system.errors import FstMuseError
from fstmuse_gui.plain import visible
from fstmuse_gui.shared.tabs import make_action
from fstmuse_gui.theme import GRID
from fstmuse_gui.train.results.presenter import PastRun, PastRunsPresenter
from fstmuse_gui.train.view import TrainView
from fstmuse_gui.widgets.dialogs import FittingDialog, NameQuestion

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
        parent: QObject | None = None,
        *,
        name: Callable[[QWidget, str], str] = ask_name,
        note: Callable[[QWidget, str, str], str | None] = ask_note,
    ) -> None:
        super().__init__(parent)
        self._view, self._past = view, past
        self._name, self._note = name, note
        self._aside: list[tuple[Path, str]] = []
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
        self.allow()

    @property
    def _chosen(self) -> PastRun | None:
        return self._past.find(self._view.form.runs.current)

    def allow(self) -> None:
        """Allow what can be done with the chosen training."""
        run = self._chosen
        for action in (self.rename, self.write):
            action.setEnabled(run is not None)
        self.delete.setEnabled(run is not None and run.row.state != "running")
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
        run = self._chosen
        if run is None or run.row.state == "running":
            return
        try:
            self._aside.append((delete_run(run.folder), run.row.title))
        except FstMuseError as error:
            self.trouble.emit(str(error))
            return
        self.deleted.emit(run.row.run)
        self.message.emit(f"Deleted {run.row.title}; its model stays. Ctrl+Z brings it back.")
        self._past.refresh()
        self.allow()

    def _undo(self) -> None:
        if not self._aside:
            return
        aside, title = self._aside.pop()
        try:
            restore_run(aside)
        except FstMuseError as error:
            self.trouble.emit(str(error))
        else:
            self.message.emit(f"{title} is back.")
        self._past.refresh()
        self.allow()
