"""Reading and writing of the library's database, beside the window."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from fstmuse_core.library.catalogue import Catalogue
from fstmuse_core.library.rows import LibraryFolder, LibraryRow, ReviewKind
from fstmuse_core.library.sort_keys import CHUNK, Turns
from fstmuse_core.system.errors import FstMuseError
from fstmuse_gui.shared.background import SerialExecutor

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_MANY = 10_000


@dataclass(frozen=True)
class LibrarySnapshot:
    """The library as one model knows it."""

    model: str
    model_sha: str
    catalogue: Catalogue
    folders: tuple[LibraryFolder, ...]
    # Songs that were heard and of which it is not kept how they sound.
    n_lacking: int = 0
    n_unmeasured: int = 0


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Spare the window's thread the search for cycles among very many rows, which have none.

    It would hold up every thread for a tenth of a second, now and from then on.
    """
    was_on = gc.isenabled()
    gc.disable()
    before = gc.get_count()[0]
    try:
        yield
    finally:
        if gc.get_count()[0] - before > _MANY:
            gc.freeze()
        if was_on:
            gc.enable()


def own_library() -> Library:
    """The user's own; importing what reads it takes a moment."""
    from fstmuse_core.library.database import open_library

    return open_library()


class LibraryStore(QObject):
    """Reads and changes the library; every answer comes as a signal.

    Long reading and short questions have a thread each, so that neither waits for the other.

    Signals
    -------
    opened(str)
        The library is open; what there is to say about it, if anything.
    loaded(object)
        :class:`LibrarySnapshot`.
    news(list)
        Of :class:`LibraryRow`: what now holds of some files.
    answered(int, object)
        A file's id and its :class:`~fstmuse_core.classify.result.Classification`, or ``None``.
    folder_added(object)
        A :class:`LibraryFolder`.
    changed_elsewhere
        Another window or program has changed the library.
    trouble(str)
        Why something could not be done.
    """

    opened = Signal(str)
    loaded = Signal(object)
    news = Signal(list)
    answered = Signal(int, object)
    folder_added = Signal(object)
    changed_elsewhere = Signal()
    trouble = Signal(str)

    def __init__(
        self, opener: Callable[[], Library] = own_library, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._opener = opener
        self._library: Library | None = None
        self._reader = SerialExecutor("library reader", self)
        self._queries = SerialExecutor("library queries", self)
        self._loads = 0
        self._sha = ""
        self._changes: int | None = None

    @property
    def path(self) -> Path | None:
        """The library's file, once it is open."""
        return self._library.path if self._library is not None else None

    @property
    def library(self) -> Library:
        """The library; only once it is open."""
        assert self._library is not None
        return self._library

    @property
    def model_sha(self) -> str:
        """The model that the library was loaded for last."""
        return self._sha

    @property
    def is_busy(self) -> bool:
        """True while something is being read or written."""
        return self._reader.is_busy or self._queries.is_busy

    # -- reading -----------------------------------------------------------------------

    def open(self) -> None:
        """Open the library."""

        def on_done(library: Library) -> None:
            self._library = library
            self.opened.emit(library.notice)

        self._reader.run(self._opener, on_done, self.trouble.emit)

    def tidy(self) -> None:
        """Clear up after tags that were being written when the program was killed."""

        def work() -> int:
            from fstmuse_core.tags.batch import recover

            return recover()

        self._reader.run(work, lambda _count: None, self.trouble.emit)

    def load(self, model: str) -> None:
        """Read all rows as a model knows them."""
        self._loads += 1
        number = self._loads
        library = self.library

        def work() -> LibrarySnapshot:
            from fstmuse_core.bundle.bundle import find_bundle

            bundle = find_bundle(model)
            sha, tagger = bundle.sha256, bundle.manifest.tagger
            n_lacking = library.count_lacking(tagger) if tagger else 0
            n_unmeasured = library.count_unmeasured()
            folders = tuple(library.folders())
            with _no_collecting():
                catalogue = Catalogue(library.rows(sha), Turns())
            return LibrarySnapshot(model, sha, catalogue, folders, n_lacking, n_unmeasured)

        def on_done(loaded: LibrarySnapshot) -> None:
            if number == self._loads:  # else a later one is under way
                self._sha = loaded.model_sha
                self.loaded.emit(loaded)

        self._reader.run(work, on_done, self.trouble.emit)

    def let_go(self, catalogue: Catalogue) -> None:
        """Free rows that are shown no more, a few at a time.

        All at once they would hold up the window: very many small things are in them.
        """
        parts = catalogue.contents()

        def work() -> None:
            let_in = Turns()
            for part in parts:
                while part:
                    del part[-CHUNK:]
                    let_in()

        # Once whoever gives them away has let go of them too.
        QTimer.singleShot(0, self, lambda: self._reader.run(work, lambda _none: None, _log.error))

    def read(self, file_ids: Sequence[int]) -> None:
        """Read the rows of some files anew."""
        library, sha = self.library, self._sha
        self._do(lambda: library.rows(sha, file_ids=file_ids), self.news.emit)

    def answer(self, file_id: int) -> None:
        """Ask for all that the model says of a file."""
        library, sha = self.library, self._sha
        self._do(
            lambda: library.classification(file_id, sha),
            lambda found: self.answered.emit(file_id, found),
        )

    def look_for_changes(self) -> None:
        """Find out whether somebody else has changed the library."""
        library = self.library

        def on_done(number: int) -> None:
            before, self._changes = self._changes, number
            # The upper half is of others, the lower half of this thread's own doing.
            if before is not None and before >> 32 != number >> 32:
                self.changed_elsewhere.emit()

        self._do(library.changes, on_done)

    def forget_changes(self) -> None:
        """Count every change so far as known."""
        self._changes = None

    # -- changing ----------------------------------------------------------------------

    def add_folder(self, path: str) -> None:
        """Add a folder to the library."""
        library = self.library
        self._do(lambda: library.add_folder(path), self.folder_added.emit)

    def remove_folder(self, folder_id: int, then: Callable[[], None]) -> None:
        """Take a folder out of the library."""
        library = self.library
        self._do(lambda: library.remove_folder(folder_id), lambda _none: then())

    def review(self, file_ids: Sequence[int], genre: str, kind: ReviewKind) -> None:
        """Keep what the user says of files; their rows follow as news."""
        library, sha = self.library, self._sha

        def work() -> list[LibraryRow]:
            if not library.review(file_ids, genre, kind):
                raise FstMuseError("Your word", "these files were not heard yet", "wait for them")
            return library.rows(sha, file_ids=file_ids)

        self._do(work, self.news.emit)

    def unreview(self, file_ids: Sequence[int]) -> None:
        """Forget what the user said of files; their rows follow as news."""
        library, sha = self.library, self._sha

        def work() -> list[LibraryRow]:
            library.unreview(file_ids)
            return library.rows(sha, file_ids=file_ids)

        self._do(work, self.news.emit)

    def change(self, work: Callable[[Library], _T], then: Callable[[_T], None]) -> None:
        """Do something else with the library, and tell its result."""
        library = self.library
        self._do(lambda: work(library), then)

    def _do(self, work: Callable[[], _T], on_done: Callable[[_T], None]) -> None:
        self._queries.run(work, on_done, self.trouble.emit)

    def close(self) -> None:
        """Wait for what is being read and written, and close the library."""
        self._reader.close()
        self._queries.close()
        if self._library is not None:
            self._library.close()
