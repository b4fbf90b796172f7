"""Tables, playlists, reports and comparisons: where they go, and what they say."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QSize,
    Signal,
)
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.library.catalogue import NOT_SURE
from fstmuse_core.system.errors import one_line
from fstmuse_core.workers.protocol import (
    ChangedFile,
    CompareModels,
    ExportKind,
    ExportRows,
    LibraryRequest,
)
from fstmuse_gui.library.store import LibraryStore
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.plain import PlainLabel, counted, percent
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.controls import WheelSafeComboBox
from fstmuse_gui.widgets.dialogs import FittingDialog
from fstmuse_gui.widgets.rows import PlainTable, TextTableModel

if TYPE_CHECKING:
    from fstmuse_gui.workers.library import LibraryJobs


_FILES: dict[str, tuple[str, str, str, ExportKind]] = {
    "csv": ("Export a table", "library.csv", "Tables (*.csv)", "table"),
    "json": ("Export a table", "library.json", "JSON (*.json *.jsonl)", "table"),
    "songs": ("Save a playlist", "playlist.m3u8", "Playlists (*.m3u8)", "playlist"),
    "html": ("Export a report", "library.html", "Web pages (*.html)", "report"),
}


class _ChangedFiles(TextTableModel):
    """Files that another model hears otherwise; ``titles`` are those of both models."""

    def __init__(self, parent: QObject, titles: tuple[str, str]) -> None:
        super().__init__((), parent)
        self.changes: list[ChangedFile] = []
        self.clear(titles)

    def clear(self, titles: tuple[str, str]) -> None:
        self.beginResetModel()
        self.changes = []
        self.headings = [(title, "") for title in ("File", *titles)]
        self.endResetModel()

    def add(self, changes: list[ChangedFile]) -> None:
        first = len(self.changes)
        self.beginInsertRows(QModelIndex(), first, first + len(changes) - 1)
        self.changes += changes
        self.endInsertRows()

    def n_rows(self) -> int:
        return len(self.changes)

    def text(self, row: int, column: int) -> str:
        change = self.changes[row]
        if column == 0:
            return one_line(os.path.basename(change.path))
        genre, sure = change.before if column == 1 else change.after
        return f"{genre or NOT_SURE}  {percent(sure)}"

    def hint(self, row: int, column: int) -> str:
        return one_line(self.changes[row].path)


class CompareDialog(FittingDialog):
    """Chooses the other model, and shows what it would change.

    Signals
    -------
    other_chosen(str)
        Name of the other model.
    file_wanted(int)
        This file shall be shown in the library.
    """

    other_chosen = Signal(str)
    file_wanted = Signal(int)

    def __init__(self, parent: QWidget, title: str, others: Sequence[ModelInfo]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare models")
        self._title = title
        self.other = WheelSafeComboBox()
        self.other.setAccessibleName("The other model")
        for model in others:
            self.other.addItem(model.title, model.name)
        self.other.activated.connect(lambda _i: self.choose_first())
        self._words = PlainLabel()
        self._words.setWordWrap(True)
        self._changes = _ChangedFiles(self, (title, ""))
        self.table = PlainTable("Files that change", self._changes)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.activated.connect(self._on_activated)
        self._build()
        self.resize(QSize(760, 560))
        self.other.setFocus()

    def _build(self) -> None:
        heading = PlainLabel(f"{self._title} and")
        heading.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(heading)
        head.addWidget(self.other)
        head.addStretch()
        frame = QFrame()
        frame.setObjectName("card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(2, 2, 2, 2)
        inside.addWidget(self.table)
        hint = PlainLabel("Enter or a double click shows the file in the library.")
        hint.setProperty("look", "small")
        close = QPushButton("Close")
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(hint, 1)
        foot.addWidget(close)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addLayout(head)
        column.addWidget(self._words)
        column.addWidget(frame, 1)
        self.set_parts(body, foot)

    @property
    def text(self) -> str:
        """Text below the heading."""
        return self._words.text()

    def choose_first(self) -> None:
        """Compare with what is chosen, if there is any."""
        if self.other.count():
            self.other_chosen.emit(self.other.currentData())
        else:
            self._words.setText("There is no other model. Train or import one first.")

    def show_busy(self) -> None:
        """Show that the two are being compared."""
        self.other.setEnabled(False)
        self._changes.clear((self._title, self.other.currentText()))
        self._words.setText("Comparing\N{HORIZONTAL ELLIPSIS}")

    def add_changes(self, changes: list[ChangedFile]) -> None:
        """Append files that change."""
        self._changes.add(changes)

    def show_comparison(self, words: str) -> None:
        """Show the result, or the reason that there is none."""
        self.other.setEnabled(True)
        self._words.setText(words)

    def _on_activated(self, index: QModelIndex) -> None:
        self.file_wanted.emit(self._changes.changes[index.row()].file_id)
        self.accept()


class ExportPresenter(QObject):
    """Writes what is shown into files, in a process of its own.

    Signals
    -------
    message(str), trouble(str)
        For the status bar, and for the notice.
    """

    message = Signal(str)
    trouble = Signal(str)

    def __init__(
        self, view: LibraryView, library_store: LibraryStore, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._view, self._library_store = view, library_store
        self._process: LibraryJobs | None = None
        self._on_done: Callable[[Any], None] = lambda _result: None
        self._dialog: CompareDialog | None = None

    # -- tables, playlists, reports ----------------------------------------------------

    def export(self, kind: str, file_ids: Sequence[int]) -> None:
        """Ask where to, and write ``csv``, ``json``, ``html``, ``songs`` or ``m3u8``.

        Of these ``songs`` is one playlist, and ``m3u8`` one for each genre, into a folder.
        """
        if self._is_taken():
            return
        if kind == "m3u8":
            path = QFileDialog.getExistingDirectory(self._view, "Folder for the playlists")
            what: ExportKind = "playlists"
        else:
            title, suggestion, filters, what = _FILES[kind]
            path, _ = QFileDialog.getSaveFileName(self._view, title, suggestion, filters)
        if path:
            self.write(what, file_ids, path)

    def write(self, kind: ExportKind, file_ids: Sequence[int], path: str) -> None:
        """Write to a place that was chosen."""
        name = Path(path).name

        def on_done(count: int) -> None:
            if kind == "playlists":
                self.message.emit(f"Saved {counted(count, 'playlist')} in {name}.")
            else:
                self.message.emit(f"Saved {name} with {counted(count, 'file')}.")

        self.message.emit(f"Writing {name}\N{HORIZONTAL ELLIPSIS}")
        self._run(on_done, ExportRows(kind, self._library_store.model_sha, list(file_ids), path))

    def _is_taken(self) -> bool:
        is_taken = self._process is not None and self._process.is_busy
        if is_taken:
            self.message.emit("The export before is still being written.")
        return is_taken

    def _run(self, on_done: Callable[[Any], None], request: LibraryRequest) -> None:
        from fstmuse_gui.workers.library import LibraryJobs

        if self._process is None:
            assert self._library_store.path is not None
            self._process = LibraryJobs(self._library_store.path, self)
            self._process.done.connect(lambda result: self._on_done(result))
            self._process.failed.connect(self._on_failed)
            self._process.part.connect(self._on_part)
        self._on_done = on_done
        self._process.run(request)

    def _on_part(self, part: list) -> None:
        if self._dialog is not None:
            self._dialog.add_changes(part)

    def _on_failed(self, sentence: str) -> None:
        if self._dialog is not None:
            self._dialog.show_comparison(sentence)
        else:
            self.trouble.emit(sentence)

    # -- comparing ---------------------------------------------------------------------

    def compare(self, model: str, models: Sequence[ModelInfo]) -> None:
        """Open the comparison with another model."""

        if self._is_taken():
            return
        this = next((info for info in models if info.name == model), None)
        others = [info for info in models if info.name != model]
        dialog = CompareDialog(self._view.window(), this.title if this else model, others)
        dialog.other_chosen.connect(self._compare_with)
        dialog.file_wanted.connect(self._view.table.go_to)
        dialog.finished.connect(self._on_dialog_closed)
        self._dialog = dialog
        dialog.open()
        dialog.choose_first()

    def _compare_with(self, name: str) -> None:
        from fstmuse_core.bundle.bundle import find_bundle

        if self._process is not None and self._process.is_busy:
            return  # the chooser is shut meanwhile
        dialog = self._dialog
        if dialog is not None:
            sha = find_bundle(name).sha256
            dialog.show_busy()
            self._run(dialog.show_comparison, CompareModels(self._library_store.model_sha, sha))

    def _on_dialog_closed(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
        if self._process is not None and self._process.is_busy:
            self._on_done = lambda _result: None
            self._process.cancel()

    def close(self) -> None:
        """Leave what is not done."""
        if self._dialog is not None:
            self._dialog.close()
        if self._process is not None:
            self._process.close(patiently=False)  # files are put in place whole
