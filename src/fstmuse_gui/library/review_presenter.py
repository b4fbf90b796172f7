"""Decides what the review pane shows, plays, and does with the user's word."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from fstmuse_core.classify.result import Classification
from fstmuse_core.library.rows import LibraryRow, ReviewKind, State
from fstmuse_gui.library.correction_queue import CorrectionQueue
from fstmuse_gui.library.store import LibraryStore
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.plain import counted
from fstmuse_gui.shared.correction_presenter import Corrections
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.player import Playing

# Each is decoded to be kept among the corrections.
_LEARNT_AT_ONCE = 20
_SHOWN_OF_ANSWER = (
    *("file_id", "path", "state", "error", "content", "seconds"),
    *("verdict", "genre", "confidence", "is_sure"),
)


class ReviewPresenter(QObject):
    """Presenter of the review pane: plays and reviews the table's current file.

    Signals
    -------
    message(str), trouble(str)
        For the status bar, and for the notice.
    changed
        What can be done may have changed.
    reviewed
        The user has spoken on files.
    started
        Something plays.
    train_wanted(str)
        The corrections in this folder are to be trained on.
    """

    message = Signal(str)
    trouble = Signal(str)
    changed = Signal()
    reviewed = Signal()
    started = Signal()
    train_wanted = Signal(str)

    def __init__(
        self,
        view: LibraryView,
        library_store: LibraryStore,
        player: Playing,
        corrections: Callable[[], Corrections],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._table, self._pane, self._library_store = view.table, view.review, library_store
        self._player = player
        self._learning = CorrectionQueue(library_store, corrections, self)
        self._row: LibraryRow | None = None
        self._answer: Classification | None = None
        self._loaded = self._sha = ""
        self._said: list[list[int]] = []
        # By file, for the rows learn of it a moment later.
        self._genres_said: dict[int, str] = {}
        self._connect()
        self._show()

    def _connect(self) -> None:
        pane, bar, player = self._pane, self._pane.correction, self._player
        self._learning.counted.connect(bar.show_count)
        self._learning.trouble.connect(self.trouble)
        self._table.current_changed.connect(self._on_current)
        self._table.activated.connect(lambda _index: self.play())
        self._library_store.answered.connect(self._on_answered)
        pane.play_requested.connect(self.play)
        pane.seek_requested.connect(self.seek)
        pane.next_requested.connect(lambda: self.walk(1))
        pane.previous_requested.connect(lambda: self.walk(-1))
        bar.correct_requested.connect(self.ask)
        bar.confirm_requested.connect(self.accept)
        bar.undo_requested.connect(self.take_back_shown)
        bar.genre_chosen.connect(self.correct)
        bar.train_requested.connect(self._train)
        player.position_changed.connect(self._on_position)
        player.state_changed.connect(self._on_state)
        player.failed.connect(self.trouble)

    # -- what is shown -----------------------------------------------------------------

    @property
    def row(self) -> LibraryRow | None:
        """The file that is shown."""
        return self._row

    @property
    def is_playing(self) -> bool:
        """True while a file is heard."""
        return self._player.state == "playing"

    @property
    def can_review(self) -> bool:
        """True while a classified file is shown, which can be reviewed."""
        return self._row is not None and self._row.content is not None and bool(self._row.verdict)

    @property
    def can_accept(self) -> bool:
        """True while the model names a genre to accept."""
        return self.can_review and self._row is not None and bool(self._row.genre)

    @property
    def can_take_back(self) -> bool:
        """True while a review can be taken back."""
        is_reviewed = self._row is not None and self._row.review is not None
        return bool(self._said) or is_reviewed

    def follow_news(self, rows: Sequence[LibraryRow]) -> None:
        """Take over the news of some files."""
        for row in rows:
            if self._row is not None and row.file_id == self._row.file_id:
                is_same = _says_the_same(row, self._row)
                self._row = row
                self._show(keep_answer=is_same)

    def follow_load(self) -> None:
        """Follow a reload of all rows, perhaps as another model knows them."""
        index = self._table.currentIndex()
        row = self._table.rows.row_at(index.row()) if index.isValid() else None
        is_same = row is not None and self._row is not None and _says_the_same(row, self._row)
        self._row = row
        self._show(keep_answer=is_same and self._sha == self._library_store.model_sha)

    def follow_order(self) -> None:
        """Follow another order of the files."""
        self._pane.show_place(self._place())

    def _on_current(self) -> None:
        index = self._table.currentIndex()
        row = self._table.rows.row_at(index.row()) if index.isValid() else None
        is_other = row is None or self._row is None or row.file_id != self._row.file_id
        was_playing = self._player.state == "playing"
        self._row = row
        if is_other:
            self.pause()
            self._loaded = ""
            self._pane.scroll_to_top()
        self._show(keep_answer=not is_other)
        if is_other and was_playing and row is not None and row.state is not State.GONE:
            self.play()

    def _show(self, *, keep_answer: bool = False) -> None:
        row = self._row
        if row is None:
            self._answer = None
            self._pane.show_nothing()
        else:
            self._pane.show_file(row, self._place())
            self._show_review(row)
            if not keep_answer:
                self._answer = None
                self._sha = self._library_store.model_sha
                if row.verdict:
                    self._pane.show_waiting(row)
                    self._library_store.answer(row.file_id)
                else:
                    self._pane.show_answer(row, None)
        self.changed.emit()

    def _show_review(self, row: LibraryRow) -> None:
        bar = self._pane.correction
        bar.picker.hide()
        bar.setVisible(self.can_review)
        if row.review_genre is not None:
            bar.show_correction(row.review_genre)
        else:
            bar.show_open(can_confirm=self.can_accept)
            bar.name_confirmation(row.genre or "", is_sure=row.is_sure)

    def _place(self) -> str:
        line, total = self._table.currentIndex().row(), self._table.rows.rowCount()
        return f"{line + 1:,} of {total:,}" if line >= 0 else ""

    def _on_answered(self, file_id: int, answer: Classification | None) -> None:
        if self._row is not None and self._row.file_id == file_id:
            self._answer = answer
            self._pane.show_answer(self._row, answer)

    # -- walking and playing -----------------------------------------------------------

    def walk(self, lines: int) -> None:
        """Go to a file further down, or up if negative."""
        line = self._table.currentIndex().row() + lines
        self._table.go_to_line(max(0, min(line, self._table.rows.rowCount() - 1)))

    def play(self) -> None:
        """Play or pause the file that is shown."""
        row = self._row
        if row is None or row.state is State.GONE:
            return
        if self._loaded != row.path:
            if not os.path.isfile(row.path):
                self.trouble.emit(f"{row.path}: it is no longer there; look for changes (F5)")
                return
            self._player.load_file(row.path, row.seconds)
            self._loaded = row.path
        self._player.toggle()

    def pause(self) -> None:
        """Be silent."""
        if self._player.state == "playing":
            self._player.pause()

    def play_to(self, device: DeviceId | None, gain: float) -> None:
        """Use this output and volume from now on; ``None`` is the system's default output."""
        self._player.set_device(device)
        self._player.set_gain(gain)

    def seek(self, seconds: float) -> None:
        """Go to a second of the file, and play from there."""
        if self._row is not None and self._loaded != self._row.path:
            self.play()
        if self._loaded:
            self._player.seek(max(0.0, seconds))

    def step(self, seconds: float) -> None:
        """Go forward by so many seconds, or back if negative."""
        if self._loaded:
            self._player.seek(max(0.0, self._player.position + seconds))

    def _on_position(self, seconds: float) -> None:
        if self._loaded:
            self._pane.set_position(seconds)

    def _on_state(self, state: str) -> None:
        self._pane.set_playing(state == "playing")
        if state == "playing":
            self.started.emit()

    # -- the user's word ---------------------------------------------------------------

    def ask(self) -> None:
        """Let the user choose a genre for what is chosen."""
        if self.can_review and self._row is not None:
            likely = [genre for genre, _ in self._answer.ranked()] if self._answer else []
            self._pane.correction.ask(likely, self._row.review_genre or "")

    def accept(self) -> None:
        """Accept the model's genres for the chosen files, and go on to the next file."""
        rows = [row for row in self._chosen() if row.genre and row.review is None]
        by_genre: dict[str, list[LibraryRow]] = {}
        for row in rows:
            by_genre.setdefault(row.genre or "", []).append(row)
        for genre, alike in by_genre.items():
            self._say(alike, genre, ReviewKind.ACCEPTED)
            self._learning.learn(_once(alike), genre)
        self._go_on(rows)

    def correct(self, genre: str) -> None:
        """Give the chosen files this genre, and go on to the next file."""
        rows = self._chosen()
        self._say(rows, genre, ReviewKind.CORRECTED)
        self._learning.learn(_once(rows), genre)
        self._go_on(rows)

    def _chosen(self) -> list[LibraryRow]:
        ids = self._table.chosen_ids()
        if len(ids) < 2 and self._row is not None:
            ids = [self._row.file_id]
        catalogue = self._table.rows.catalogue
        rows = [catalogue.rows[catalogue.places[file_id]] for file_id in ids]
        return [row for row in rows if row.content is not None and row.verdict]

    def _say(self, rows: list[LibraryRow], genre: str, kind: ReviewKind) -> None:
        if not rows:
            return
        self._genres_said |= {row.file_id: genre for row in rows}
        self._library_store.review(self._alike(rows), genre, kind)
        self.reviewed.emit()
        if len(rows) > 1:
            self.message.emit(f"{counted(len(rows), 'file')} kept as {genre}.")
        else:
            self.message.emit(f"Kept as {genre}.")

    def _alike(self, rows: list[LibraryRow]) -> list[int]:
        """Ids of these files and of others with the same sound, which are reviewed too."""
        sounds = {row.content for row in rows}
        return [row.file_id for row in self._table.rows.catalogue.rows if row.content in sounds]

    def _go_on(self, rows: list[LibraryRow]) -> None:
        if rows:
            self._said.append([row.file_id for row in rows])
        if len(rows) == 1 and self._table.currentIndex().row() < self._table.rows.rowCount() - 1:
            self.walk(1)
        self.changed.emit()

    def take_back(self) -> None:
        """Forget what was said last; before anything was, what was said of the file shown."""
        if not self._said:
            self.take_back_shown()
            return
        ids = self._said.pop()
        if len(ids) == 1:
            self._table.go_to(ids[0])
        self._forget(ids)

    def take_back_shown(self) -> None:
        """Forget what was said of the file that is shown."""
        shown = self._row
        if shown is not None and shown.review is not None:
            said = [[i for i in ids if i != shown.file_id] for ids in self._said]
            self._said = [ids for ids in said if ids]
            self._forget([shown.file_id])

    def _forget(self, ids: list[int]) -> None:
        catalogue = self._table.rows.catalogue
        ids = [file_id for file_id in ids if file_id in catalogue.places]
        rows = [catalogue.rows[catalogue.places[file_id]] for file_id in ids]
        said = [(row, self._genres_said.pop(row.file_id, row.review_genre)) for row in rows]
        self._learning.unlearn([(row, genre) for row, genre in said if genre])
        self._library_store.unreview(self._alike(rows))
        self.reviewed.emit()
        self.message.emit("Taken back.")
        self.changed.emit()

    def count_corrections(self) -> None:
        """Say how many corrections there are, and go on with what was left to learn."""
        self._learning.begin()

    def _train(self) -> None:
        self.train_wanted.emit(str(self._learning.folder))

    def close(self) -> None:
        """Free the sound device, and wait until what was said is kept."""
        self._player.close()
        self._learning.close()


def _says_the_same(row: LibraryRow, before: LibraryRow) -> bool:
    """True if both rows show the same, the user's review aside."""
    return all(getattr(row, name) == getattr(before, name) for name in _SHOWN_OF_ANSWER)


def _once(rows: Sequence[LibraryRow]) -> list[LibraryRow]:
    """The first file of each sound."""
    return list({row.content: row for row in reversed(rows)}.values())[::-1]
