"""The parts of the Library tab put together, once it is looked at."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from fstmuse_gui.library.export_presenter import ExportPresenter
from fstmuse_gui.library.map_presenter import MapPresenter
from fstmuse_gui.library.presenter import LibraryPresenter
from fstmuse_gui.library.review_presenter import ReviewPresenter
from fstmuse_gui.library.similar_presenter import SimilarPresenter
from fstmuse_gui.library.store import LibraryStore, own_library
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.library.work_presenter import WorkPresenter
from fstmuse_gui.plain import counted
from fstmuse_gui.shared.correction_presenter import Corrections, own_corrections
from fstmuse_gui.shared.models import ModelInfo, installed_models
from fstmuse_gui.sound.player import Playing, make_player
from fstmuse_gui.workers.library import (
    LibraryScan,
    LibraryWorkers,
    OnScan,
    OnWork,
    ScanJob,
    WorkJob,
    make_work,
)

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_gui.library.tag_presenter import TagPresenter


@dataclass(frozen=True)
class LibraryFactories:
    """Player, models, library and processes of the tab; only tests have others."""

    player: Callable[[QObject], Playing] = make_player
    models: Callable[[], list[ModelInfo]] = installed_models
    corrections: Callable[[], Corrections] = own_corrections
    opener: Callable[[], Library] = own_library
    scan: Callable[[OnScan, Path], ScanJob] = LibraryScan
    work: Callable[[OnWork, Path, str], WorkJob] = make_work


class LibraryWiring(QObject):
    """View, presenters, and the dialogs that they open."""

    def __init__(
        self,
        factories: LibraryFactories,
        model: str,
        stage: QWidget,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._factories = factories
        self.view = LibraryView(stage)
        self.library_store = LibraryStore(factories.opener, self)
        self.workers = LibraryWorkers(self, scan=factories.scan, work=factories.work)
        work = WorkPresenter(self.view, self.library_store, self.workers, self)
        reviewing = ReviewPresenter(
            self.view, self.library_store, factories.player(self), factories.corrections, self
        )
        self.presenter = LibraryPresenter(
            self.view, self.library_store, work, reviewing, model, self
        )
        self.exporting = ExportPresenter(self.view, self.library_store, self)
        self.exporting.message.connect(self.presenter.message)
        self.exporting.trouble.connect(self.presenter.say)
        self.similar = SimilarPresenter(self.view, self.library_store, self)
        self.similar.message.connect(self.presenter.message)
        self.similar.found.connect(self.presenter.show_list)
        self.map = MapPresenter(self.view, self.library_store, self.presenter, self)
        self.map.message.connect(self.presenter.message)
        self.view.list_bar.save_requested.connect(lambda: self.export("songs"))
        self._tagging: TagPresenter | None = None
        # Last choices for writing tags: the sign between genres, and True to keep file times.
        self.tag_choices = ("\0", False)

    # -- dialogs -----------------------------------------------------------------------

    @property
    def tagging(self) -> TagPresenter:
        """Writer of tags, made on first use."""
        if self._tagging is None:
            from fstmuse_gui.library.tag_presenter import TagPresenter

            self._tagging = TagPresenter(self.view, self.library_store, self)
            self._tagging.separator, self._tagging.keep_time = self.tag_choices
            self._tagging.written.connect(self.presenter.reload)
            self._tagging.trouble.connect(self.presenter.say)
        return self._tagging

    def write_tags(self) -> None:
        """Show what would be written, and write it if the user likes it."""
        if self.library_store.path is not None:
            self.tagging.open(self.presenter.chosen_ids, self.presenter.shown_ids)

    def show_written(self) -> None:
        """Show what was written before, to take it back."""
        if self.library_store.path is not None:
            self.tagging.open_written()

    def export(self, kind: str) -> None:
        """Ask where to, and write a table, playlists or a report of what is shown."""
        self.exporting.export(kind, self.presenter.shown_ids)

    def compare(self) -> None:
        """Lay what another model says beside what this one says."""
        models = self._factories.models()
        self.exporting.compare(self.presenter.model, models)

    # -- files -------------------------------------------------------------------------

    @property
    def chosen_paths(self) -> list[str]:
        """Paths of the files that are chosen."""
        catalogue = self.presenter.catalogue
        ids = self.presenter.chosen_ids
        return [catalogue.rows[catalogue.places[file_id]].path for file_id in ids]

    def show_in_folder(self) -> None:
        """Open the folder of the file that is chosen, the first of several."""
        for path in self.chosen_paths[:1]:
            folder = os.path.dirname(path)
            if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
                self.presenter.say(f"{folder} cannot be opened; look for it in your file manager")

    def copy_paths(self) -> None:
        """Put the paths of the chosen files into the clipboard, each in a line."""
        paths = self.chosen_paths
        if paths:
            QGuiApplication.clipboard().setText("\n".join(paths))
            self.presenter.message.emit(f"Copied {counted(len(paths), 'path')}.")

    # -- ending ------------------------------------------------------------------------

    def may_close(self) -> bool:
        """Ask while tags are being written."""
        return self._tagging is None or self._tagging.may_close()

    def close(self) -> None:
        """Stop everything in good order."""
        self.exporting.close()
        self.similar.close()
        self.map.close()
        if self._tagging is not None:
            self._tagging.close()
            self.tag_choices = (self._tagging.separator, self._tagging.keep_time)
        self.workers.close()
        self.presenter.close()
