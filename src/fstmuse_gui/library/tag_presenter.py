"""Decides what is written into files, and what is taken back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.my_genres import MyGenres, parse_genres, read_text
from fstmuse_core.tags.outcome import BatchSummary
from fstmuse_core.workers.protocol import (
    ListBatches,
    ReadTexts,
    UndoTags,
    WriteTags,
    Written,
)
from fstmuse_core.workers.tasks.tags import PlanLine, PlanTags
from fstmuse_gui.library.genres_dialog import GenresDialog
from fstmuse_gui.library.store import LibraryStore
from fstmuse_gui.library.tag_dialogs import TagDialog, WrittenTagsDialog
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.plain import counted
from fstmuse_gui.widgets.dialogs import Answer, Question
from fstmuse_gui.workers.library import LibraryJobs


class TagPresenter(QObject):
    """One dialog at a time, and a process that does the work.

    Signals
    -------
    written
        Files have other tags than before.
    trouble(str)
        The user's own genres cannot be read.
    """

    written = Signal()
    trouble = Signal(str)

    def __init__(
        self, view: LibraryView, library_store: LibraryStore, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._view, self._library_store = view, library_store
        assert library_store.path is not None
        self.process = LibraryJobs(library_store.path, self)
        self.process.progress.connect(self._on_progress)
        self.process.part.connect(self._on_part)
        self.process.done.connect(self._on_done)
        self.process.failed.connect(self._on_failed)
        self.dialog: TagDialog | None = None
        self.list: WrittenTagsDialog | None = None
        self._scopes: dict[str, list[int]] = {}
        self._doing = ""
        self._is_stale = False
        self._batch = ""
        self._total = 0
        self._batches: list[BatchSummary] = []
        self._words = ""
        # As they were chosen last.
        self.separator, self.keep_time = "\0", False
        self._encoding = "auto"

    @property
    def is_writing(self) -> bool:
        """True while files are being changed."""
        return self._doing in ("write", "undo")

    # -- preview and writing -----------------------------------------------------------

    def open(self, chosen: Sequence[int], shown: Sequence[int]) -> None:
        """Show the preview for the files that are chosen, shown, or all."""
        if self._doing or self.dialog is not None or self.list is not None:
            return
        catalogue = self._view.table.rows.catalogue
        everything = [row.file_id for row in catalogue.rows]
        self._scopes = {"chosen": list(chosen), "shown": list(shown), "all": everything}
        dialog = self.dialog = TagDialog(self._view.window())
        dialog.form.offer_scopes(len(chosen), len(shown), len(everything))
        self._encoding = self._library_store.library.tag_encoding()
        dialog.form.restore(self.separator, self.keep_time, self._encoding)
        dialog.form.changed.connect(self._plan)
        dialog.form.genres_requested.connect(self.edit_genres)
        self._read_genres()
        dialog.write_requested.connect(self.write)
        dialog.undo_requested.connect(self.undo)
        dialog.cancel_requested.connect(self.process.cancel)
        dialog.finished.connect(self._on_closed)
        dialog.open()
        self._plan()

    def _read_genres(self) -> str:
        """Take the user's own genres into the form; their text."""
        assert self.dialog is not None
        text = ""
        try:
            text = read_text()
            self.dialog.form.mine = parse_genres(text)
        except FstMuseError as error:
            self.dialog.form.mine = MyGenres()
            self.trouble.emit(str(error))
        return text

    def edit_genres(self) -> None:
        """Let the user's own genres be edited, and plan anew with them."""
        if self.dialog is not None:
            editor = GenresDialog(self._read_genres(), self.dialog)
            editor.accepted.connect(self._read_genres)
            editor.accepted.connect(self._plan)
            editor.finished.connect(editor.deleteLater)
            editor.open()

    def _plan(self) -> None:
        dialog = self.dialog
        if dialog is None or self.is_writing:
            return
        if self.process.is_busy:
            # The preview that is being made is out of date; the next begins when it has ended.
            self._is_stale = True
            self.process.cancel()
            return
        self._is_stale = False
        dialog.table.plan.clear()
        dialog.table.say_nothing_found("")
        dialog.add_counts()
        dialog.show_reading(0, 0)
        if (encoding := dialog.form.encoding.currentData()) != self._encoding:
            self._doing, self._encoding = "texts", encoding
            self.process.run(ReadTexts(encoding))
            return
        self._doing = "plan"
        ids = self._scopes[dialog.form.scope.currentData()]
        form, sha256 = dialog.form, self._library_store.model_sha
        self.process.run(PlanTags(sha256, ids, form.policy, form.by_album.isChecked()))

    def write(self) -> None:
        """Write what the preview shows."""
        dialog = self.dialog
        if dialog is not None and not self.process.is_busy:
            self._doing = "write"
            plan = dialog.table.plan
            self._total = plan.n_written
            dialog.show_writing(0, self._total)
            without = frozenset(plan.left_out)
            self.process.run(WriteTags(dialog.form.keep_time.isChecked(), without))

    def undo(self) -> None:
        """Take back what was written last."""
        dialog = self.dialog
        if dialog is not None and self._batch and not self.process.is_busy:
            self._doing = "undo"
            dialog.show_writing(0, self._total, is_undo=True)
            self.process.run(UndoTags(self._batch, self._total))

    # -- earlier batches ---------------------------------------------------------------

    def open_written(self) -> None:
        """Show what was written before."""
        if self._doing or self.dialog is not None or self.list is not None:
            return
        dialog = self.list = WrittenTagsDialog(self._view.window())
        dialog.undo_requested.connect(self._undo_batch)
        dialog.cancel_requested.connect(self.process.cancel)
        dialog.finished.connect(self._on_closed)
        dialog.open()
        self._list_batches("")

    def _list_batches(self, words: str) -> None:
        self._doing, self._batches, self._words = "batches", [], words
        self.process.run(ListBatches())

    def _undo_batch(self, batch: BatchSummary) -> None:
        if self.list is not None and not self.process.is_busy:
            self._doing = "undo"
            self._total = batch.n_written - batch.n_undone
            self.list.show_busy("Giving the files back as they were", 0.0)
            self.process.run(UndoTags(batch.id, self._total))

    # -- what the process tells --------------------------------------------------------

    def _on_progress(self, done: int, total: int) -> None:
        if self.dialog is not None:
            if self.is_writing:
                self.dialog.show_writing(done, total, is_undo=self._doing == "undo")
            elif not self._is_stale:
                self.dialog.show_reading(done, total)
        elif self.list is not None and self.is_writing:
            self.list.show_busy(
                f"Taken back: {done:,} of {counted(total, 'file')}", done / max(1, total)
            )

    def _on_part(self, part: list) -> None:
        if self._doing == "batches":
            self._batches += part
        elif self.dialog is not None and not self._is_stale:
            lines = [line for line in part if isinstance(line, PlanLine)]
            self.dialog.table.plan.add(lines)
            self.dialog.add_counts()

    def _on_done(self, result: object) -> None:
        doing, self._doing = self._doing, ""
        if isinstance(result, Written):
            self._on_written(result, is_undo=doing == "undo")
        elif doing == "batches" and self.list is not None:
            self.list.show_batches(self._batches, self._words)
        elif doing == "texts":
            self.written.emit()
            self._plan()
        elif self._is_stale:
            self._plan()
        elif self.dialog is not None:
            plan = self.dialog.table.plan
            n_asked = len(self._scopes[self.dialog.form.scope.currentData()])
            self.dialog.show_plan(n_asked - len(plan.changing) - len(plan.staying))

    def _on_written(self, result: Written, *, is_undo: bool) -> None:
        self.written.emit()
        words = _summary(result, is_undo=is_undo)
        if self.dialog is not None:
            can_undo = not is_undo and result.n_done > 0
            self._batch = result.batch if can_undo else ""
            self._total = result.n_done
            self.dialog.show_end(words, result.problems, can_undo=can_undo)
        elif self.list is not None:
            self._list_batches(words)

    def _on_failed(self, sentence: str) -> None:
        if self._doing == "plan" and self._is_stale:
            self._doing = ""
            self._plan()
            return
        was_writing, self._doing = self.is_writing, ""
        if was_writing:
            self.written.emit()
        if self.dialog is not None:
            self.dialog.show_end(sentence, (), can_undo=False)
        elif self.list is not None:
            self.list.show_trouble(sentence)

    def _on_closed(self) -> None:
        for dialog in (self.dialog, self.list):
            if dialog is not None:
                dialog.deleteLater()
        if self.dialog is not None:
            self.dialog.form.stop()
            self.separator = self.dialog.form.policy.separator
            self.keep_time = self.dialog.form.keep_time.isChecked()
        self.dialog = self.list = None
        if self.process.is_busy:
            self.process.cancel()
        self._doing = self._doing if self.process.is_busy else ""

    # -- ending ------------------------------------------------------------------------

    def may_close(self) -> bool:
        """Ask while files are being changed."""
        if not self.is_writing:
            return True
        question = Question(
            self._view.window(),
            "Tags are being written",
            "What is written by now stays, and can be taken back at any time.",
            [
                Answer("wait", "Go on writing", is_default=True),
                Answer("stop", "Stop and close"),
            ],
        )
        return question.ask() == "stop"

    def close(self) -> None:
        """Stop after the file in work."""
        self.process.close(patiently=self.is_writing)
        for dialog in (self.dialog, self.list):
            if dialog is not None:
                dialog.done(0)


def _summary(result: Written, *, is_undo: bool) -> str:
    """Summarise a batch in a line or two."""
    what = "Taken back" if is_undo else "Written"
    words = f"{what}: {counted(result.n_done, 'file')}."
    if result.problems:
        words += f" {counted(len(result.problems), 'file')} could not be: {result.problems[0]}"
        words += f" (and {len(result.problems) - 1:,} more)." if len(result.problems) > 1 else "."
    if result.trouble:
        words += f" {result.trouble[:1].upper()}{result.trouble[1:]}."
    elif result.was_cancelled:
        words += " The rest was left as it is."
    return words
