"""Work of the Models tab on the disk, beside the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.bundle import archive, changes, model_list
from fstmuse_core.bundle.changes import DeletedModel
from fstmuse_core.bundle.model_list import ModelDetails, ModelEntry
from fstmuse_gui.shared.background import ThreadRunner


class Importer(Protocol):
    """Function that makes a model of a file, tells its steps, and ends early once cancelled."""

    def __call__(
        self, path: str, *, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> ModelEntry: ...


def import_model(
    path: str, *, tell: Callable[[str], None], cancelled: Callable[[], bool]
) -> ModelEntry:
    """Make a model of a file; see ``fstmuse_core.bundle.importing``."""
    from fstmuse_core.bundle import importing

    return importing.import_model(path, tell=tell, cancelled=cancelled)


class ModelStore(QObject):
    """Lists, changes and moves models; every answer comes as a signal.

    Signals
    -------
    listed(list, list)
        Of :class:`ModelEntry` and of :class:`DeletedModel`.
    detailed(object)
        The :class:`ModelDetails` that were asked for last.
    renamed(str, object), deleted(object), restored(object), exported(str), imported(object)
        It is done: the old name and the new entry, the :class:`DeletedModel`, the entry, the
        file, the entry.
    import_begun(str, str)
        A file's name and what is being done with it.
    import_ended
        No import is under way or waiting.
    trouble(str), list_trouble(str)
        Why something could not be done, or the models not be listed.
    """

    listed = Signal(list, list)
    detailed = Signal(object)
    renamed = Signal(str, object)
    deleted = Signal(object)
    restored = Signal(object)
    exported = Signal(str)
    imported = Signal(object)
    import_begun = Signal(str, str)
    import_ended = Signal()
    trouble = Signal(str)
    list_trouble = Signal(str)
    _stepped = Signal(str)

    def __init__(self, importer: Importer = import_model, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._importer = importer
        self._background = ThreadRunner(self)
        self._lists = 0
        self._asked = ""
        self._waiting: list[str] = []
        self._file = ""
        self._give_up = threading.Event()
        self._is_open = True
        # From the thread that imports.
        self._stepped.connect(self._tell_step, Qt.ConnectionType.QueuedConnection)

    # -- looking -----------------------------------------------------------------------

    def refresh(self) -> None:
        """List the models anew."""
        self._lists += 1
        number = self._lists

        def on_done(found: tuple[list[ModelEntry], list[DeletedModel]]) -> None:
            if number == self._lists:  # else a later list is under way
                self.listed.emit(*found)

        self._background.run(_list_all, on_done, self.list_trouble.emit)

    def load_details(self, name: str) -> None:
        """Ask for all that is known of a model."""
        self._asked = name

        def on_done(details: ModelDetails) -> None:
            if name == self._asked:
                self.detailed.emit(details)

        # One that has gone meanwhile is missing from the list that is under way.
        self._background.run(
            lambda: model_list.model_details(name), on_done, lambda _sentence: None
        )

    # -- changing ----------------------------------------------------------------------

    def rename(self, name: str, title: str) -> None:
        """Give a model another title and name."""
        self._background.run(
            lambda: changes.rename_model(name, title),
            lambda entry: self.renamed.emit(name, entry),
            self.trouble.emit,
        )

    def delete(self, name: str) -> None:
        """Move a model to the trash."""
        self._background.run(
            lambda: changes.delete_model(name), self.deleted.emit, self.trouble.emit
        )

    def restore(self, deleted: DeletedModel) -> None:
        """Bring a model back from the trash."""
        self._background.run(
            lambda: changes.restore_model(deleted), self.restored.emit, self.trouble.emit
        )

    # -- moving ------------------------------------------------------------------------

    def export(self, name: str, path: str) -> None:
        """Write a model as one file."""
        self._background.run(
            lambda: archive.export_model(name, path),
            lambda target: self.exported.emit(str(target)),
            self.trouble.emit,
        )

    @property
    def is_importing(self) -> bool:
        """True while an import runs."""
        return bool(self._file)

    def import_files(self, paths: list[str]) -> None:
        """Make models of files, one after the other."""
        self._waiting += paths
        if not self._file:
            self._next()

    def cancel_imports(self) -> None:
        """Give up what is being imported and what waits."""
        self._waiting.clear()
        self._give_up.set()

    def _next(self) -> None:
        if not self._waiting:
            self._file = ""
            self.import_ended.emit()
            return
        path = self._waiting.pop(0)
        self._file = Path(path).name
        self._give_up.clear()
        self._tell_step("Checking the file")

        def work() -> ModelEntry:
            return self._importer(path, tell=self._stepped.emit, cancelled=self._give_up.is_set)

        self._background.run(work, self._on_imported, self._on_import_trouble)

    @Slot(str)
    def _tell_step(self, step: str) -> None:
        if self._is_open and self._file:
            self.import_begun.emit(self._file, step)

    def _on_imported(self, entry: ModelEntry) -> None:
        self.imported.emit(entry)
        self._next()

    def _on_import_trouble(self, sentence: str) -> None:
        if not self._give_up.is_set():
            self.trouble.emit(sentence)
        self._next()

    def close(self) -> None:
        """Give up an import, and wait for what is being read or written."""
        self._is_open = False
        self.cancel_imports()
        self._background.close()


def _list_all() -> tuple[list[ModelEntry], list[DeletedModel]]:
    changes.empty_old_trash()
    return model_list.list_models(), changes.list_deleted()
