"""Decides where tables, playlists and reports go, and what is compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from fstmuse_gui.classify.models import ModelInfo
from fstmuse_gui.library.shelf import LibraryShelf
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.library.words import counted

if TYPE_CHECKING:
    from fstmuse_gui.library.chore_process import ChoreProcess
    from fstmuse_gui.library.compare_dialog import CompareDialog

_FILES = {
    "csv": ("Export a table", "library.csv", "Tables (*.csv)", "export"),
    "json": ("Export a table", "library.json", "JSON (*.json *.jsonl)", "export"),
    "html": ("Export a report", "library.html", "Web pages (*.html)", "report"),
}


class Exporting(QObject):
    """Writes what is shown into files, in a process of its own.

    Signals
    -------
    message(str), trouble(str)
        For the status bar, and for the notice.
    """

    message = Signal(str)
    trouble = Signal(str)

    def __init__(
        self, view: LibraryView, shelf: LibraryShelf, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._view, self._shelf = view, shelf
        self._process: ChoreProcess | None = None
        self._on_done: Callable[[Any], None] = lambda _result: None
        self._dialog: CompareDialog | None = None

    # -- tables, playlists, reports ----------------------------------------------------

    def export(self, kind: str, file_ids: Sequence[int]) -> None:
        """Ask where to, and write ``csv``, ``json``, ``html`` or, into a folder, ``m3u8``."""
        if self._is_taken():
            return
        if kind == "m3u8":
            path = QFileDialog.getExistingDirectory(self._view, "Folder for the playlists")
            chore = "playlists"
        else:
            title, suggestion, filters, chore = _FILES[kind]
            path, _ = QFileDialog.getSaveFileName(self._view, title, suggestion, filters)
        if path:
            self.write(chore, file_ids, path)

    def write(self, chore: str, file_ids: Sequence[int], path: str) -> None:
        """Write to a place that was chosen."""
        name = Path(path).name

        def on_done(count: int) -> None:
            if chore == "playlists":
                self.message.emit(f"Saved {counted(count, 'playlist')} in {name}.")
            else:
                self.message.emit(f"Saved {name} with {counted(count, 'file')}.")

        self.message.emit(f"Writing {name}\N{HORIZONTAL ELLIPSIS}")
        self._run(on_done, chore, self._shelf.model_sha, list(file_ids), path)

    def _is_taken(self) -> bool:
        is_taken = self._process is not None and self._process.is_busy
        if is_taken:
            self.message.emit("The export before is still being written.")
        return is_taken

    def _run(self, on_done: Callable[[Any], None], chore: str, *arguments: Any) -> None:
        from fstmuse_gui.library.chore_process import ChoreProcess

        if self._process is None:
            assert self._shelf.path is not None
            self._process = ChoreProcess(self._shelf.path, self)
            self._process.done.connect(lambda result: self._on_done(result))
            self._process.failed.connect(self._on_failed)
            self._process.part.connect(self._on_part)
        self._on_done = on_done
        self._process.run(chore, *arguments)

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
        from fstmuse_gui.library.compare_dialog import CompareDialog

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
        from fstmuse_core.bundle import find_bundle

        if self._process is not None and self._process.is_busy:
            return  # the chooser is shut meanwhile
        dialog = self._dialog
        if dialog is not None:
            sha = find_bundle(name).sha256
            dialog.show_busy()
            self._run(dialog.show_comparison, "compare", self._shelf.model_sha, sha)

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
