"""Learning of corrections from everything that the user says in the library."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_core.library.rows import LibraryRow
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.strict_json import parse_json, typed
from fstmuse_gui.library.store import LibraryStore
from fstmuse_gui.shared.background import SerialExecutor
from fstmuse_gui.shared.correction_presenter import Corrections

_log = logging.getLogger(__name__)
_MOST_BYTES = 64 * 2**20
_WAITING_FILE = "waiting.json"
# Each is decoded, which takes a tenth of a second: so many are finished when the window closes,
# the others at the next start.
_FINISHED_AT_CLOSE = 20


@dataclass(frozen=True)
class _Review:
    """Genre that the user gave a file, and the model whose answer was shown."""

    path: str
    file_id: int
    genre: str
    sha: str


class CorrectionQueue(QObject):
    """Keeps corrections beside the window, one after the other.

    What waits is on the disk too, and goes on at the next start.

    Signals
    -------
    counted(int)
        So many corrections there are now.
    trouble(str)
        Why something cannot be learned.
    """

    counted = Signal(int)
    trouble = Signal(str)

    def __init__(
        self,
        library_store: LibraryStore,
        corrections: Callable[[], Corrections],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library_store = library_store
        self._make = corrections
        self._made: Corrections | None = None
        self._executor = SerialExecutor("library corrections", self)
        self._lock = threading.Lock()
        self._waiting: dict[int, _Review] = {}
        self._left_to_finish: int | None = None
        # Of the files that were learned since the start; of the executor's thread alone.
        self._sounds: dict[int, str] = {}

    @property
    def folder(self) -> Path:
        """Folder of the corrections."""
        return self._corrections.folder

    @property
    def _corrections(self) -> Corrections:
        if self._made is None:
            self._made = self._make()
        return self._made

    def begin(self) -> None:
        """Say how many corrections there are, and go on with what was left to learn."""
        self._run(self._take_up)

    def _take_up(self) -> int:
        for review in self._read():
            with self._lock:
                self._waiting.setdefault(review.file_id, review)
        for review in list(self._waiting.values()):
            self._learn_one(review)
        self._write()
        return self._corrections.count()

    def learn(self, rows: Sequence[LibraryRow], genre: str) -> None:
        """Let trainings learn that these files are of this genre."""
        reviews = [
            _Review(row.path, row.file_id, genre, self._library_store.model_sha) for row in rows
        ]
        with self._lock:
            self._waiting |= {review.file_id: review for review in reviews}
        if len(reviews) > 1:  # one is done in a moment
            self._run(self._written)
        for review in reviews:
            self._run(partial(self._learned, review))
        if len(reviews) > 1:
            self._run(self._written)

    def unlearn(self, said: Sequence[tuple[LibraryRow, str]]) -> None:
        """Take corrections back; one that says otherwise was made elsewhere and stays.

        Parameters
        ----------
        said : sequence of (LibraryRow, str)
            Files, and the genre that was said of each.
        """
        with self._lock:
            waited = {row.file_id for row, _ in said if self._waiting.pop(row.file_id, None)}

        def work() -> int:
            store = self._corrections
            # One that still waited may have been learned in this very moment.
            here = [one for one in said if one[0].file_id in self._sounds]
            # Copies were learned once, and so was what was said before this start.
            known = {row.content for row, _ in here}
            learned = [one for one in said if one[0].file_id not in waited]
            first = {row.content: (row, genre) for row, genre in reversed(learned)}
            before = [one for content, one in first.items() if content not in known]
            for row, genre in (*reversed(here), *before):
                sound = self._sounds.pop(row.file_id, "")
                record = store.of_sound(sound) if sound else store.find(Path(row.path))
                if record is not None and record.genre == genre:
                    store.undo(record.sound)
            self._write()
            return store.count()

        self._run(work)

    def _run(self, work: Callable[[], int]) -> None:
        self._executor.run(work, self.counted.emit, self.trouble.emit)

    def _written(self) -> int:
        self._write()
        return self._corrections.count()

    def _learned(self, review: _Review) -> int:
        self._learn_one(review)
        return self._corrections.count()

    def _learn_one(self, review: _Review) -> None:
        with self._lock:
            if self._waiting.get(review.file_id) != review:
                return  # it was taken back meanwhile, or something else was said
            if self._left_to_finish is not None:
                if self._left_to_finish < 1:
                    return
                self._left_to_finish -= 1
        try:
            answer = self._library_store.library.classification(review.file_id, review.sha)
            if answer is not None and answer.probabilities.any():
                change = self._corrections.correct_file(Path(review.path), review.genre, answer)
                if change.record is not None and change.record != change.before:
                    self._sounds[review.file_id] = change.record.sound
        finally:
            with self._lock:
                if self._waiting.get(review.file_id) == review:
                    del self._waiting[review.file_id]

    # -- what waits --------------------------------------------------------------------

    def _read(self) -> list[_Review]:
        try:
            values = parse_json(read_regular(self.folder / _WAITING_FILE, _MOST_BYTES))
            return [review for review in typed(values, list[_Review]) if review.genre]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            _log.warning("What waits to be learned cannot be read: %s", error)
            return []

    def _write(self) -> None:
        file = self.folder / _WAITING_FILE
        with self._lock:
            reviews = [asdict(review) for review in self._waiting.values()]
        try:
            if not reviews:
                file.unlink(missing_ok=True)
                return
            file.parent.mkdir(parents=True, exist_ok=True)
            with open_atomic(file) as stream:
                stream.write(json.dumps(reviews).encode())
        except OSError as error:
            _log.warning("What waits to be learned cannot be written: %s", error)

    def close(self) -> None:
        """Finish what takes a moment, and leave the rest to the next start."""
        with self._lock:
            self._left_to_finish = _FINISHED_AT_CLOSE
            has_any = bool(self._waiting)
        self._executor.close()
        if has_any:
            self._write()
