"""Decides what the Library tab shows."""

from __future__ import annotations

import os
import time
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from fstmuse_core.library.catalogue import Catalogue, Column, Filter, Order, SongList
from fstmuse_core.library.rows import LibraryFolder, LibraryRow
from fstmuse_gui.library.review_presenter import ReviewPresenter
from fstmuse_gui.library.store import LibrarySnapshot, LibraryStore
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.library.words import folder_name
from fstmuse_gui.library.work_presenter import WorkPresenter
from fstmuse_gui.shared.models import ModelInfo

# While answers come in, the rows take their places anew this often.
_SETTLE_MS = 1000
_CHANGES_EVERY_MS = 3000
# Titles that become known while files are classified count in the order after so long.
_RANKED_ANEW_S = 20.0


class LibraryPresenter(QObject):
    """Loads, sorts and filters the rows, and keeps them up with what happens.

    Signals
    -------
    message(str)
        For the status bar.
    changed
        What can be done may have changed.
    rows_shown
        The table shows other rows, or others of them.
    """

    message = Signal(str)
    changed = Signal()
    rows_shown = Signal()

    def __init__(
        self,
        view: LibraryView,
        library_store: LibraryStore,
        work: WorkPresenter,
        reviewing: ReviewPresenter,
        model: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._library_store = view, library_store
        self.work, self.reviewing = work, reviewing
        self._model = model
        self._folders: tuple[LibraryFolder, ...] = ()
        self._filter, self._order = Filter(), Order()
        self._order_before = Order()  # a list of songs was shown
        self._is_open = self._is_loaded = False
        self._is_loading = False
        self._loaded_at = 0.0
        self._changed_meanwhile: set[int] = set()
        self._to_add: list[str] = []
        self.resumes = False
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.refresh)
        self._change_timer = QTimer(self, interval=_CHANGES_EVERY_MS)
        self._change_timer.timeout.connect(self._look_for_changes)
        self._connect()
        view.show_page(view.blank_page)

    def _connect(self) -> None:
        view, library_store, sidebar = self._view, self._library_store, self._view.sidebar
        view.shown.connect(self._on_shown)
        view.add_button.clicked.connect(self.choose_folder)
        sidebar.add_requested.connect(self.choose_folder)
        sidebar.remove_requested.connect(self.remove_folder)
        sidebar.model_chosen.connect(self.choose_model)
        sidebar.folder_chosen.connect(self._filter_by_folder)
        sidebar.genre_chosen.connect(self._filter_by_genre)
        sidebar.artist_chosen.connect(self._filter_by_artist)
        sidebar.watch_box.toggled.connect(self.work.set_watching)
        sidebar.tree_toggled.connect(self.refresh)
        bar = view.filter_bar
        bar.changed.connect(lambda: self._filter_by(bar.apply_to(self._filter)))
        bar.cleared.connect(self.clear_filter)
        bar.least_sure_toggled.connect(self.sort_least_sure)
        view.list_bar.back_requested.connect(self.clear_filter)
        view.table.order_wanted.connect(self.sort)
        library_store.opened.connect(self._on_opened)
        library_store.loaded.connect(self._on_loaded)
        library_store.news.connect(self._on_news)
        library_store.folder_added.connect(self._on_folder_added)
        library_store.changed_elsewhere.connect(self.reload)
        library_store.trouble.connect(self._on_trouble)
        for part in (self.work, self.reviewing):
            part.message.connect(self.message)
            part.changed.connect(self.changed)
        self.work.trouble.connect(self.say)
        self.reviewing.trouble.connect(lambda sentence: self.say(sentence, of_file=True))
        view.table.current_changed.connect(view.notice.leave_item)
        view.review.forget_requested.connect(self._forget_shown)
        self.work.scanned.connect(self.reload)
        self.reviewing.reviewed.connect(self._settle_later)

    # -- opening and loading -----------------------------------------------------------

    @property
    def model(self) -> str:
        """Name of the model that classifies."""
        return self._model

    @property
    def catalogue(self) -> Catalogue:
        """All rows."""
        return self._view.table.rows.catalogue

    @property
    def chosen_ids(self) -> list[int]:
        """The files that are chosen in the table."""
        return self._view.table.chosen_ids()

    @property
    def shown_ids(self) -> list[int]:
        """The files that pass the filter, from top to bottom."""
        return self._view.table.rows.ids()

    def _on_shown(self) -> None:
        if not self._is_open:
            self._is_open = True
            self._library_store.open()

    def _on_opened(self, notice: str) -> None:
        self.say(notice)
        self.reload()
        self.reviewing.count_corrections()
        self._library_store.tidy()
        self._change_timer.start()

    def reload(self) -> None:
        """Read everything anew."""
        if self._library_store.path is not None:
            self._is_loading = True
            self._changed_meanwhile.clear()
            self._library_store.load(self._model)

    def _on_loaded(self, loaded: LibrarySnapshot) -> None:
        is_first, self._is_loaded = not self._is_loaded, True
        self._is_loading, self._loaded_at = False, time.monotonic()
        self._folders = loaded.folders
        self.work.model, self.work.n_lacking = loaded.model, loaded.n_lacking
        self.work.n_unmeasured = loaded.n_unmeasured
        self.work.watch_folders(tuple(folder.path for folder in loaded.folders))
        before, catalogue = self.catalogue, loaded.catalogue
        self.work.overlay(catalogue)
        if self._filter.folder not in {folder.folder_id for folder in loaded.folders}:
            self._filter = replace(self._filter, folder=None)
        view = self._view
        view.show_page(view.files_page if loaded.folders else view.empty_page)
        self._show(catalogue)
        self.reviewing.follow_load()
        self._library_store.let_go(before)
        if self._changed_meanwhile:
            self._library_store.read(sorted(self._changed_meanwhile))
        to_add, self._to_add = self._to_add, []
        self.add_folders(to_add)
        if is_first and self.resumes and self.work.n_waiting:
            self.work.start()
        else:
            self.work.start_if_wanted()

    def _on_news(self, rows: list[LibraryRow]) -> None:
        catalogue = self.catalogue
        if self._is_loading:
            self._changed_meanwhile.update(row.file_id for row in rows)
        rows = self.work.overlaid(rows)
        places = [place for row in rows if (place := catalogue.replace(row)) is not None]
        self._view.table.rows.tell_changed(places)
        self.reviewing.follow_news(rows)
        if not self.work.is_busy:
            self.work.show()
        self._settle_later()

    def _settle_later(self) -> None:
        if not self._settle.isActive():
            self._settle.start()

    def _look_for_changes(self) -> None:
        """Look for changes by another window while this one is idle."""
        if self._is_loaded and self._view.isVisible() and not self.work.is_busy:
            self._library_store.look_for_changes()

    # -- models and folders ------------------------------------------------------------

    def offer_models(self, models: list[ModelInfo]) -> None:
        """Let one of these be chosen."""
        names = [model.name for model in models]
        if self._model not in names and names:
            self._model = names[0]
            if self._is_loaded:
                self.reload()
        self._view.sidebar.show_models(models, self._model)

    def follow_rename(self, old: str, new: str) -> None:
        """The model of the first name is now called by the second."""
        if self._model == old:
            self._model = new
        if self.work.model == old:
            self.work.model = new

    def choose_model(self, name: str) -> None:
        """Classify with another model; the results of this one are kept."""
        if name == self._model:
            return
        self._model = name
        if self.work.is_working:
            self.work.cancel()
        if self._is_loaded:
            self.reload()

    def choose_folder(self) -> None:
        """Ask for a folder, and add it."""
        start = os.path.dirname(self._folders[-1].path) if self._folders else ""
        path = self._view.ask_folder(start)
        if path:
            self.add_folders([path])

    def add_folders(self, paths: list[str]) -> None:
        """Add folders."""
        if not self._is_loaded:
            self._to_add += paths
            self._on_shown()
            return
        folders = [path for path in paths if os.path.isdir(path)]
        if paths and not folders:
            self.say("The library takes folders; drop a single song on the Classify tab")
        for folder in folders:
            self._library_store.add_folder(folder)

    def _on_folder_added(self, _folder: LibraryFolder) -> None:
        self._view.show_page(self._view.files_page)
        self.work.scan()

    def remove_folder(self, folder_id: int) -> None:
        """Ask, then take a folder out of the library."""
        folder = next((f for f in self._folders if f.folder_id == folder_id), None)
        if folder is not None and self._view.ask_remove(folder_name(folder.path)):
            self._library_store.remove_folder(folder.folder_id, self.reload)

    def _forget_shown(self) -> None:
        if (row := self.reviewing.row) is not None:
            self.work.forget_gone([row.file_id])

    # -- sorting and filtering ---------------------------------------------------------

    def sort(self, order: Order) -> None:
        """Sort by a heading."""
        self._order = order
        self._view.filter_bar.least_sure.setChecked(order.least_sure)
        self._view.table.show_order(order)
        self.refresh()

    def sort_least_sure(self, is_wanted: bool) -> None:
        """Sort doubtful, unreviewed files first, or by the heading again."""
        self.sort(replace(self._order, least_sure=is_wanted))
        if is_wanted:
            self._view.table.go_to_line(0)

    def clear_filter(self) -> None:
        """Show everything."""
        self._view.filter_bar.clear()
        if self._filter.songs is None:
            self._filter_by(Filter())
        else:
            self._filter = Filter()
            self.sort(self._order_before)

    def show_list(self, songs: SongList) -> None:
        """Show these songs in their order, and nothing else until all are wanted again."""
        if self._filter.songs is None:
            self._order_before = self._order
        self._view.filter_bar.clear()
        self._filter = Filter(songs=songs)
        self.sort(Order(Column.NEAR))
        self._view.table.go_to_line(0)

    def _filter_by_folder(self, key: str) -> None:
        self._filter_by(replace(self._filter, folder=int(key) if key else None))

    def _filter_by_artist(self, names: tuple[str | None, str | None]) -> None:
        artist, album = names
        self._filter_by(replace(self._filter, artist=artist, album=album))

    def _filter_by_genre(self, genre: str) -> None:
        self._filter_by(replace(self._filter, genre=genre or None))

    def _filter_by(self, wanted: Filter) -> None:
        if wanted != self._filter:
            self._filter = wanted
            self.refresh()

    def refresh(self) -> None:
        """Let every row take its place."""
        if not self._is_loaded:
            return
        self._settle.stop()
        self._show(self.catalogue)
        is_due = time.monotonic() - self._loaded_at > _RANKED_ANEW_S
        if self.catalogue.is_stale and is_due and not self._is_loading:
            self.reload()

    def _show(self, catalogue: Catalogue) -> None:
        view, wanted = self._view, self._filter
        found = catalogue.find(wanted, self._order)
        songs = wanted.songs
        view.table.show_rows(catalogue, found, songs)
        view.list_bar.show_list(songs.title if songs is not None else "")
        view.table.say_nothing_found(self._words_for_nothing(catalogue))
        view.filter_bar.show_count(len(found), len(catalogue), is_filtered=not wanted.is_open)
        inside = catalogue.folder_counts(wanted)
        counts = [inside.get(folder.folder_id, 0) for folder in self._folders]
        total = sum(inside.values())
        view.sidebar.show_folders(self._folders, counts, total, wanted.folder)
        if view.sidebar.are_artists_shown:
            chosen = wanted.artist, wanted.album
            view.sidebar.artists.show_artists(catalogue.artists(wanted), chosen)
        view.sidebar.show_genres(catalogue.genre_counts(wanted), wanted.genre or "")
        self.reviewing.follow_order()
        self.rows_shown.emit()
        self.changed.emit()

    def _words_for_nothing(self, catalogue: Catalogue) -> str:
        if len(catalogue):
            return "No file is like that."
        return "" if self.work.is_busy else "There is no music in these folders."

    def _on_trouble(self, sentence: str) -> None:
        self.say(sentence)
        self._is_loading = False
        if not self._is_loaded:
            # The next look at the tab tries once more.
            self._is_open = self._library_store.path is not None
            self._view.show_page(self._view.empty_page)

    # -- saying and ending -------------------------------------------------------------

    def say(self, sentence: str, *, of_file: bool = False) -> None:
        """Show a sentence in the notice; one of the file shown goes with it."""
        notice = self._view.notice
        tell = notice.say_of_item if of_file else notice.say
        tell(f"{sentence.removesuffix('.')}." if sentence else "")

    def close(self) -> None:
        """Stop in good order."""
        self._settle.stop()
        self._change_timer.stop()
        self.work.watch.close()
        self.reviewing.close()
        self._library_store.close()
