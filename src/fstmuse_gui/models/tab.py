"""The Models tab for the window: built when it is first looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from fstmuse_gui.models.words import tab_for
from fstmuse_gui.settings import Option
from fstmuse_gui.shared.tabs import LazyPage, MenuEntries, TabContext, make_action

if TYPE_CHECKING:
    from fstmuse_gui.models.presenter import ModelsPresenter
    from fstmuse_gui.models.store import Importer
    from fstmuse_gui.models.view import ModelsView

MODELS_SPLITTER = Option("models/splitter", list, [])
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


class ModelsTab(QObject):
    """The tab, as ``tabs.Tab`` asks for it.

    Parameters
    ----------
    context : TabContext
    importer : Importer, optional
        Makes a model of a file; only tests have another than :func:`~.store.import_model`.
    """

    message = Signal(str)
    title = "Models"

    def __init__(self, context: TabContext, importer: Importer | None = None) -> None:
        super().__init__()
        self._settings = context.settings
        self._signals = context.models
        self._importer = importer
        self._built: tuple[ModelsView, ModelsPresenter] | None = None
        self._is_telling = False
        self._stage = LazyPage(self._build)
        self._build_actions()

    # -- as a tab ----------------------------------------------------------------------

    @property
    def widget(self) -> QWidget:
        """Widget of the tab."""
        return self._stage

    def menus(self) -> dict[str, MenuEntries]:
        """Entries for File and Edit."""
        return {
            "File": [
                self._import,
                self._export,
                None,
                self._use,
                self._tune,
                self._measure,
            ],
            "Edit": [self._undo, None, self._rename, self._delete],
        }

    def open_paths(self, paths: list[str]) -> None:
        """Import files."""
        self.presenter.import_files(paths)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something hangs above the window."""
        self.view.set_drop_highlight(is_highlighted)

    def unsaved(self) -> None:
        """Return nothing: all of it lies in files."""

    def may_close(self) -> bool:
        """Return True: an import is done again as easily."""
        return True

    def close(self) -> None:
        """Give up an import, and remember how the tab looked."""
        if self._built is not None:
            self._settings.set(MODELS_SPLITTER, self.view.splitter.widths())
            self.presenter.close()

    # -- what is behind it -------------------------------------------------------------

    def _build(self) -> tuple[ModelsView, ModelsPresenter]:
        if self._built is None:
            from fstmuse_gui.models.presenter import ModelsPresenter
            from fstmuse_gui.models.store import ModelStore, import_model
            from fstmuse_gui.models.view import ModelsView

            view = ModelsView(self._stage)
            store = ModelStore(self._importer or import_model, self)
            presenter = ModelsPresenter(view, store, self)
            self._built = view, presenter
            presenter.message.connect(self.message)
            presenter.changed.connect(self._on_changed)
            presenter.model_renamed.connect(self._signals.renamed)
            presenter.models_changed.connect(self._tell_changed)
            presenter.use_wanted.connect(self._signals.wanted)
            presenter.generate_wanted.connect(self._signals.generator_wanted)
            presenter.fine_tune_wanted.connect(self._signals.fine_tune_wanted)
            # Of others: a training has made a model, say.
            self._signals.changed.connect(lambda: None if self._is_telling else store.refresh())
            rows = view.sidebar.list
            rows.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
            rows.addActions(
                [self._use, self._tune, self._measure, self._export, self._rename, self._delete],
            )
            view.splitter.restore(self._settings.get(MODELS_SPLITTER))
            self._stage.put(view)
            self._on_changed()
        return self._built

    def _tell_changed(self) -> None:
        self._is_telling = True
        self._signals.changed.emit()
        self._is_telling = False

    @property
    def view(self) -> ModelsView:
        """View of the tab, built on first use."""
        return self._build()[0]

    @property
    def presenter(self) -> ModelsPresenter:
        """Presenter of the tab, built on first use."""
        return self._build()[1]

    # -- actions -----------------------------------------------------------------------

    def _build_actions(self) -> None:
        self._import = make_action(
            self, f"&Import a model{_ELLIPSIS}", "Ctrl+I", lambda: self.presenter.choose_files()
        )
        self._export = make_action(
            self, f"&Export the model{_ELLIPSIS}", "Ctrl+E", lambda: self.presenter.export()
        )
        self._rename = make_action(self, "&Rename the model", "F2", lambda: self.presenter.rename())
        self._delete = make_action(
            self, "&Delete the model", "Del", lambda: self.presenter.delete()
        )
        self._undo = make_action(
            self, "&Undo the deletion", "Ctrl+Z", lambda: self.presenter.undo()
        )
        self._use = make_action(
            self, "Use the model in &Classify", "", lambda: self.presenter.use()
        )
        self._tune = make_action(
            self, f"&Fine-tune the model{_ELLIPSIS}", "", lambda: self.presenter.fine_tune()
        )

        self._measure = make_action(
            self, f"&Measure on music{_ELLIPSIS}", "Ctrl+M", lambda: self.presenter.measure()
        )

    def _on_changed(self) -> None:
        presenter = self.presenter
        self._measure.setEnabled(presenter.can_tune)
        for action in (self._rename, self._delete):
            action.setEnabled(presenter.can_change)
        self._export.setEnabled(presenter.can_export)
        self._undo.setEnabled(presenter.can_undo)
        self._tune.setEnabled(presenter.can_tune)
        self._use.setEnabled(presenter.can_use)
        entry = presenter.entry
        self._use.setText(
            f"Use the model in &{tab_for(entry) if entry is not None else 'Classify'}"
        )
