"""Finds songs that sound alike, and ways between them, beside the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from fstmuse_core.library.catalogue import SongList, shown_title
from fstmuse_core.library.rows import LibraryRow
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.workers.protocol import FindCopies, LibraryRequest
from fstmuse_gui.library.store import LibraryStore
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.library.words import GAP, MORE
from fstmuse_gui.plain import counted

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.similar import SongFinder, SongIndex
    from fstmuse_gui.workers.library import LibraryJobs

_NEAREST = 50
_JOURNEY = 12
_UNHEARD = ("it is not known yet how it sounds", "let FstMuse listen to it first")


class SimilarPresenter(QObject):
    """Presenter of similar songs.

    Signals
    -------
    message(str)
        For the status bar.
    found(object)
        A :class:`~fstmuse_core.library.catalogue.SongList` to show.
    """

    message = Signal(str)
    found = Signal(object)

    def __init__(
        self, view: LibraryView, library_store: LibraryStore, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._view, self._library_store = view, library_store
        # Read and changed only in the thread in which the store asks.
        self._index: tuple[int, SongIndex] | None = None
        self._process: LibraryJobs | None = None
        self._is_of_albums = False

    def find_similar(self, file_ids: Sequence[int]) -> None:
        """Find what sounds like these together."""
        songs = self._rows(file_ids)
        if songs:
            self._ask(lambda finder: _similar(finder, songs), len(songs))

    def find_way(self, file_ids: Sequence[int]) -> None:
        """Find a way from the first of two songs to the second."""
        songs = self._rows(file_ids)
        if len(songs) != 2:
            self.message.emit("Choose two songs: where the way begins, and where it ends.")
            return
        self._ask(lambda finder: _way(finder, *songs))

    def find_copies(self) -> None:
        """Find the files that hold the same recording."""
        request = FindCopies(self._library_store.model_sha)
        self._run(request, f"Comparing how all songs sound{MORE}")

    def find_albums(self) -> None:
        """Find the albums whose songs are of several genres."""
        from fstmuse_core.workers.tasks.library import FindAlbums

        request = FindAlbums(self._library_store.model_sha)
        self._run(request, f"Looking through the albums{MORE}")

    def _run(self, request: LibraryRequest, words: str) -> None:
        """Do longer work in a process of its own."""
        from fstmuse_gui.workers.library import LibraryJobs

        path = self._library_store.path
        if path is None or (self._process is not None and self._process.is_busy):
            return
        if self._process is None:
            self._process = LibraryJobs(path, self)
            self._process.done.connect(self._on_done)
            self._process.failed.connect(self.message)
        self.message.emit(words)
        self._is_of_albums = not isinstance(request, FindCopies)
        self._process.run(request)

    def _on_done(self, found: list[tuple[int, float, str]] | None) -> None:
        (self._on_albums if self._is_of_albums else self._on_copies)(found)

    def _on_albums(self, found: list[tuple[int, float, str]] | None) -> None:
        if not found:
            has_albums = any(row.album for row in self._view.table.rows.catalogue.rows)
            agree = "The songs of each album agree, as far as they were heard."
            self.message.emit(agree if has_albums else "No file here names its album.")
            return
        songs = tuple((file_id, share) for file_id, share, _ in found)
        notes = tuple((file_id, words) for file_id, _, words in found)
        said = counted(len(songs), "song")
        self.message.emit(f"Albums of several genres: {said}.")
        self.found.emit(SongList(f"Albums of several genres{GAP}{said}", songs, notes))

    def _on_copies(self, copies: list[tuple[int, float, str]] | None) -> None:
        if not copies:
            self.message.emit("No two files of the library hold the same recording.")
            return
        n_kept = sum(words.startswith("Keep") for _, _, words in copies)
        said = f"{counted(len(copies), 'file')} of {counted(n_kept, 'recording')}"
        self.message.emit(f"{said}. Nothing is deleted.")
        songs = tuple((file_id, alike) for file_id, alike, _ in copies)
        notes = tuple((file_id, words) for file_id, _, words in copies)
        self.found.emit(SongList(f"Copies{GAP}{said}", songs, notes))

    def close(self) -> None:
        """Leave what is not done."""
        if self._process is not None:
            self._process.close(patiently=False)

    def _rows(self, file_ids: Sequence[int]) -> list[LibraryRow]:
        catalogue = self._view.table.rows.catalogue
        return [catalogue.rows[catalogue.places[file_id]] for file_id in file_ids]

    def _ask(self, find: Callable[[SongFinder], SongList], n_asked: int = 0) -> None:
        rows = self._view.table.rows.catalogue.rows
        self.message.emit(f"Looking through what all songs sound like{MORE}")

        def work(library: Library) -> SongList:
            from fstmuse_core.library.copies import read_prints
            from fstmuse_core.library.freshness import FileCheck
            from fstmuse_core.library.similar import SongFinder

            check, prints = FileCheck(library), partial(read_prints, library)
            index = self._loaded(library)
            return find(SongFinder(index, rows, lambda row: not check.fault(row), prints))

        def then(songs: SongList) -> None:
            # Of what sounds like a song, that song is none.
            n_found = len(songs.songs) - n_asked
            self.message.emit(f"{songs.title}: {counted(n_found, 'song')}.")
            self.found.emit(songs)

        self._library_store.change(work, then)

    def _loaded(self, library: Library) -> SongIndex:
        """All embeddings, read anew once the library has changed."""
        from fstmuse_core.library.similar import load_index

        changes = library.changes()
        if self._index is None or self._index[0] != changes:
            self._index = None  # two would be much
            self._index = changes, load_index(library)
        return self._index[1]


def _similar(finder: SongFinder, songs: Sequence[LibraryRow]) -> SongList:
    units = []
    for row in songs:
        place = finder.place_of(row)
        if place is None:
            raise FstMuseError(one_line(shown_title(row)), *_UNHEARD)
        units.append(finder.index.units[place])
    near = finder.near(units, _NEAREST, without=songs)
    first = one_line(shown_title(songs[0]))
    title = first if len(songs) == 1 else f"{first} and {counted(len(songs) - 1, 'other')}"
    asked = [(row.file_id, 1.0) for row in songs]
    n_copies = sum(one.n_copies for one in near)
    noun = "copy" if n_copies == 1 else "copies"
    aside = f"{GAP}{n_copies:,} {noun} of these left out" if n_copies else ""
    return SongList(
        f"Sounds like {title}{aside}", (*asked, *((one.row.file_id, one.nearness) for one in near))
    )


def _way(finder: SongFinder, start: LibraryRow, end: LibraryRow) -> SongList:
    from fstmuse_core.library.similar import journey

    for row in (start, end):
        if finder.place_of(row) is None:
            raise FstMuseError(one_line(shown_title(row)), *_UNHEARD)
    steps = journey(finder, start, end, _JOURNEY)
    return SongList(
        f"From {one_line(shown_title(start))} to {one_line(shown_title(end))}",
        tuple((step.row.file_id, step.nearness) for step in steps),
    )
