"""Decides what the Models tab does."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from fstmuse_core.bundle.changes import DeletedModel
from fstmuse_core.bundle.manifest import CLASSIFIER, TAGGER
from fstmuse_core.bundle.model_list import ModelDetails, ModelEntry
from fstmuse_gui.models.measuring import MeasureDialog
from fstmuse_gui.models.store import ModelStore
from fstmuse_gui.models.view import ModelsView

_SUFFIX = ".fstmuse"


class ModelsPresenter(QObject):
    """Shows the models and changes them.

    Signals
    -------
    message(str)
        For the status bar.
    models_changed
        There are others than before.
    model_renamed(str, str)
        The model of the first name is now called by the second.
    use_wanted(str), generate_wanted(str), fine_tune_wanted(str)
        A model is to be used to classify or to make music, or trained further.
    changed
        What can be done may have changed.
    """

    message = Signal(str)
    models_changed = Signal()
    model_renamed = Signal(str, str)
    use_wanted = Signal(str)
    generate_wanted = Signal(str)
    fine_tune_wanted = Signal(str)
    changed = Signal()

    def __init__(self, view: ModelsView, store: ModelStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._store = store
        self._chosen = ""
        # In this session, the latest first, and still in the trash.
        self._deleted: list[DeletedModel] = []
        self._connect_view()
        self._connect_store()

    def _connect_view(self) -> None:
        view, sidebar, details = self._view, self._view.sidebar, self._view.details
        view.shown.connect(self._store.refresh)
        sidebar.undo_bar.undo_requested.connect(self.undo)
        view.import_button.clicked.connect(self.choose_files)
        sidebar.list.chosen.connect(self.choose)
        sidebar.list.rename_requested.connect(self._store.rename)
        sidebar.import_requested.connect(self.choose_files)
        sidebar.cancel_requested.connect(self._store.cancel_imports)
        sidebar.restore_requested.connect(self._store.restore)
        details.use_requested.connect(self.use)
        details.fine_tune_requested.connect(self.fine_tune)
        details.measure_requested.connect(self.measure)
        details.export_requested.connect(self.export)
        details.rename_requested.connect(self.rename)
        details.delete_requested.connect(self.delete)

    def _connect_store(self) -> None:
        store = self._store
        store.listed.connect(self._on_listed)
        store.detailed.connect(self._on_detailed)
        store.renamed.connect(self._on_renamed)
        store.deleted.connect(self._on_deleted)
        store.restored.connect(self._on_restored)
        store.exported.connect(lambda path: self.message.emit(f"Saved {Path(path).name}."))
        store.imported.connect(self._on_imported)
        store.import_begun.connect(self._view.sidebar.show_work)
        store.import_ended.connect(lambda: self._view.sidebar.show_work(""))
        store.trouble.connect(self._on_trouble)
        store.list_trouble.connect(self._say)

    # -- the list ----------------------------------------------------------------------

    @property
    def entry(self) -> ModelEntry | None:
        """The model that is chosen."""
        entries = self._view.sidebar.list.entries
        return next((entry for entry in entries if entry.name == self._chosen), None)

    @property
    def can_change(self) -> bool:
        """True while the chosen model may be renamed and deleted."""
        return self.entry is not None and not self.entry.is_shipped

    @property
    def can_export(self) -> bool:
        """True while the chosen model is sound and can be exported; a tagger comes with us."""
        entry = self.entry
        return entry is not None and not entry.trouble and entry.kind != TAGGER

    @property
    def can_use(self) -> bool:
        """True while the chosen model can classify or make music."""
        return self.can_export

    @property
    def can_tune(self) -> bool:
        """True while the chosen model can be fine-tuned."""
        return self.can_use and self.entry is not None and self.entry.kind == CLASSIFIER

    @property
    def can_undo(self) -> bool:
        """True while a deletion can be undone."""
        return bool(self._deleted)

    def choose(self, name: str) -> None:
        """Show all about a model."""
        self._chosen = name
        self._view.sidebar.list.select(name)
        self._store.load_details(name)
        self.changed.emit()

    def _on_listed(self, found: list[ModelEntry], deleted: list[DeletedModel]) -> None:
        # By their folders: the title of a damaged one is not the same everywhere.
        in_trash = {model.folder for model in deleted}
        self._deleted = [model for model in self._deleted if model.folder in in_trash]
        sidebar = self._view.sidebar
        names = [entry.name for entry in found]
        before = [entry.name for entry in sidebar.list.entries]
        if self._chosen not in names:
            self._chosen = _neighbour(self._chosen, before, names)
        sidebar.list.show_models(found, self._chosen)
        sidebar.show_hint(bool(found) and all(entry.is_shipped for entry in found))
        sidebar.show_deleted(deleted)
        if self._chosen:
            self._store.load_details(self._chosen)
        else:
            self._view.show_page(self._view.empty_page)
        self.changed.emit()

    def _on_detailed(self, details: ModelDetails) -> None:
        self._view.details.show_details(details)
        self._view.show_page(self._view.details)

    # -- changing ----------------------------------------------------------------------

    def rename(self) -> None:
        """Let the chosen model's title be changed in the list."""
        if self.can_change:
            self._view.sidebar.list.edit_title()

    def delete(self) -> None:
        """Delete the chosen model; it can be brought back."""
        if self.can_change:
            self._store.delete(self._chosen)

    def undo(self) -> None:
        """Bring back the model that was deleted last."""
        if self._deleted:
            self._store.restore(self._deleted[0])

    def _on_renamed(self, old: str, entry: ModelEntry) -> None:
        self._view.notice.say("")
        self.model_renamed.emit(old, entry.name)
        if self._chosen == old:
            self._chosen = entry.name
        self._tell_change(f"{old} is now called {entry.title}.")

    def _on_deleted(self, deleted: DeletedModel) -> None:
        self._deleted.insert(0, deleted)
        self._view.notice.say("")
        self._view.sidebar.undo_bar.say(f"Deleted {deleted.title}")
        self._tell_change("")

    def _on_restored(self, entry: ModelEntry) -> None:
        self._view.sidebar.undo_bar.hide()
        self._chosen = entry.name
        self._tell_change(f"{entry.title} is back.")

    def _tell_change(self, sentence: str) -> None:
        self._store.refresh()
        self.models_changed.emit()
        if sentence:
            self.message.emit(sentence)

    def _on_trouble(self, sentence: str) -> None:
        self._say(sentence)
        self._store.refresh()

    def _say(self, sentence: str) -> None:
        self._view.notice.say(f"{sentence.removesuffix('.')}.")

    # -- moving and using --------------------------------------------------------------

    def use(self) -> None:
        """Classify or make music with the chosen model."""
        if self.entry is None or not self.can_use:
            return
        if self.entry.kind == CLASSIFIER:
            self.use_wanted.emit(self._chosen)
        else:
            self.generate_wanted.emit(self._chosen)

    def fine_tune(self) -> None:
        """Train the chosen model further."""
        if self.can_tune:
            self.fine_tune_wanted.emit(self._chosen)

    def measure(self) -> None:
        """Open the dialog that measures the chosen model on the user's music."""
        if self.entry is not None and self.can_tune:
            entries = [entry for entry in self._view.sidebar.list.entries if not entry.trouble]
            dialog = MeasureDialog(self._view.window(), self.entry, entries)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

    def export(self) -> None:
        """Ask where the chosen model goes, and write it there."""
        if not self.can_export:
            return
        path = self._view.ask_save_path(f"{self._chosen}{_SUFFIX}")
        if path:
            self._store.export(self._chosen, path)

    def choose_files(self) -> None:
        """Ask for files to import."""
        self.import_files(self._view.ask_files())

    def import_files(self, paths: list[str]) -> None:
        """Make models of files."""
        self._view.notice.say("")
        self._store.import_files(paths)

    def _on_imported(self, entry: ModelEntry) -> None:
        self._chosen = entry.name
        self._tell_change(f"{entry.title} was imported.")

    def close(self) -> None:
        """Give up an import, and wait for what is being written."""
        self._store.close()


def _neighbour(gone: str, before: list[str], names: list[str]) -> str:
    """Choose a model in place of one that has gone: the one above it, else the first."""
    above = before[: before.index(gone)] if gone in before else []
    return next((name for name in reversed(above) if name in names), names[0] if names else "")
