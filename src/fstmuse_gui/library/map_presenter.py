"""Decides what the map of the library shows, and when it is drawn."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from fstmuse_core.library.catalogue import (
    NOT_SURE,
    Catalogue,
    Filter,
    SongList,
    shown_genre,
    shown_title,
)
from fstmuse_core.library.rows import State
from fstmuse_core.system.errors import one_line
from fstmuse_core.workers.tasks.library import DrawMap
from fstmuse_gui.library.presenter import LibraryPresenter
from fstmuse_gui.library.store import LibraryStore
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.library.words import GAP, MORE, genre_text
from fstmuse_gui.plain import counted

if TYPE_CHECKING:
    from fstmuse_core.library.song_map import SongMap
    from fstmuse_gui.workers.library import LibraryJobs

# While songs are heard, they take their places on the map this often.
_EVERY_MS = 15_000
HOLLOW = "\N{WHITE CIRCLE}"
_NOTHING_YET = (
    "The map shows which songs sound alike. Let FstMuse listen to them first (Ctrl+L): "
    "each then finds its place."
)


class MapPresenter(QObject):
    """Presenter of the map.

    Signals
    -------
    message(str)
        For the status bar.
    """

    message = Signal(str)

    def __init__(
        self,
        view: LibraryView,
        library_store: LibraryStore,
        presenter: LibraryPresenter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._library_store, self._presenter = view, library_store, presenter
        self._process: LibraryJobs | None = None
        self._ids: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._at: npt.NDArray[np.float32] = np.zeros((0, 2), np.float32)
        # Of each song, the place of its row in the catalogue, or -1.
        self._rows: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._catalogue: Catalogue | None = None
        # Of each dot, the place and the number of its file.
        self._dots, self._dot_ids = self._rows, self._ids
        self._is_wanted_anew = False
        self._later = QTimer(self, singleShot=True, interval=_EVERY_MS)
        self._later.timeout.connect(self.update)
        pane = view.map_pane
        view.map_toggled.connect(self._on_toggled)
        pane.redraw_requested.connect(lambda: self.update(anew=True))
        pane.map.describe = self.describe
        pane.map.chosen.connect(self._on_chosen)
        pane.map.drawn_around.connect(self._on_drawn_around)
        presenter.rows_shown.connect(lambda: self._show())
        view.table.current_changed.connect(self._show_current)
        library_store.loaded.connect(lambda _loaded: self.update())
        library_store.news.connect(self._on_news)

    # -- drawing -----------------------------------------------------------------------

    def _on_toggled(self, is_shown: bool) -> None:
        if is_shown:
            self._show()
            self.update()

    def _on_news(self, _rows: object) -> None:
        if self._view.is_map_shown and not self._later.isActive():
            self._later.start()

    def update(self, *, anew: bool = False) -> None:
        """Let what is new find its place, if the map is looked at."""
        from fstmuse_gui.workers.library import LibraryJobs

        path = self._library_store.path
        if path is None or not self._view.is_map_shown:
            return
        if not self._presenter.catalogue.n_answered:
            self._view.map_pane.say(_NOTHING_YET)
            return
        if self._process is None:
            self._process = LibraryJobs(path, self)
            self._process.done.connect(self._on_drawn)
            self._process.failed.connect(self._on_failed)
        if self._process.is_busy:
            self._is_wanted_anew |= anew
            return
        self._is_wanted_anew = False
        if anew or not len(self._ids):
            n_songs = counted(self._presenter.catalogue.n_answered, "song")
            self._view.map_pane.say(f"Drawing the map of {n_songs}{MORE}", is_at_work=True)
        self._process.run(DrawMap(anew))

    def _on_drawn(self, drawn: SongMap | None) -> None:
        if drawn is None:
            return
        self._ids, self._at = drawn.file_ids, drawn.places
        self._catalogue = None
        if drawn.is_new:
            self.message.emit(f"The map is drawn: {counted(len(self._ids), 'song')}.")
        self._show(fit=drawn.is_new)
        if self._is_wanted_anew:
            self.update(anew=True)

    def _on_failed(self, sentence: str) -> None:
        self._view.map_pane.say(f"{sentence[:1].upper()}{sentence[1:].removesuffix('.')}.")

    def close(self) -> None:
        """Leave what is not done."""
        self._later.stop()
        if self._process is not None:
            self._process.close(patiently=False)

    # -- showing -----------------------------------------------------------------------

    def _show(self, *, fit: bool = False) -> None:
        """Show the dots of the rows that there are, those that the filter leaves in colour."""
        if not self._view.is_map_shown or not len(self._ids):
            # Rows that the table has no more are not to be kept for a map that nobody sees.
            self._catalogue = None
            return
        catalogue = self._presenter.catalogue
        if catalogue is not self._catalogue:
            self._catalogue = catalogue
            self._rows = catalogue.places_of(self._ids)
        is_there = self._rows >= 0
        rows = self._rows[is_there]
        codes, names = catalogue.likely_genres(rows)
        shown = np.zeros(len(catalogue), np.bool_)
        shown[self._view.table.rows.places] = True
        self._dots, self._dot_ids = rows, self._ids[is_there]
        pane = self._view.map_pane
        is_sure = np.ones(len(catalogue), np.bool_)
        is_sure[catalogue.passing(Filter(genre=NOT_SURE))] = False
        is_sure = is_sure[rows]
        pane.map.show_dots(self._at[is_there], codes, names, shown[rows], is_sure, fit=fit)
        n_there, n_shown = len(catalogue), len(rows)
        n_there -= catalogue.state_counts()[State.GONE]
        n_shown -= catalogue.state_counts(rows)[State.GONE]
        n_missing = n_there - n_shown
        # What the hollow dots are stands first: where there is little room, the rest is cut.
        n_unsure = int((~is_sure).sum())
        note = f"{HOLLOW} not sure: {n_unsure:,}{GAP}" if n_unsure else ""
        note += f"{counted(len(rows), 'song')}{GAP}neighbours sound alike"
        if n_missing:
            note += f"{GAP}{n_missing:,} not on the map yet"
        pane.show_map(note)
        self._show_current()

    def _show_current(self) -> None:
        if self._view.is_map_shown and self._catalogue is not None:
            current = self._view.table.current_id
            place = self._catalogue.places.get(current, -1) if current is not None else -1
            is_it = self._dots == place
            is_there = place >= 0 and bool(is_it.any())
            self._view.map_pane.map.show_current(int(is_it.argmax()) if is_there else -1)

    def describe(self, number: int) -> tuple[str, str]:
        """Two lines of a dot's label."""
        if self._catalogue is None or number >= len(self._dots):
            return "", ""
        row = self._catalogue.rows[int(self._dots[number])]
        rest = [one_line(row.artist)] if row.artist else []
        genre = genre_text(row)
        if shown_genre(row) == NOT_SURE:
            genre = f"not sure, rather {row.genre}" if row.genre else "not sure"
        return one_line(shown_title(row)), GAP.join([*rest, genre])

    # -- choosing ----------------------------------------------------------------------

    def _on_chosen(self, number: int, is_to_be_heard: bool) -> None:
        file_id = int(self._dot_ids[number])
        is_same = self._view.table.current_id == file_id
        self._view.table.go_to(file_id)
        reviewing = self._presenter.reviewing
        if is_to_be_heard and (is_same or not reviewing.is_playing):
            reviewing.play()

    def _on_drawn_around(self, numbers: npt.NDArray[np.intp]) -> None:
        if not len(numbers):
            self.message.emit("There is no song within the line.")
            return
        songs = tuple(zip(self._dot_ids[numbers].tolist(), repeat(None), strict=False))
        self._presenter.show_list(
            SongList(f"Drawn around on the map{GAP}{counted(len(songs), 'song')}", songs)
        )
