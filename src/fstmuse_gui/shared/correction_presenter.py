"""Decides what becomes of the user's word on a clip, and shows what is learned from it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification
from fstmuse_core.runs.metrics import Learned
from fstmuse_gui.shared.background import ThreadRunner
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.widgets.verdict import CorrectionBar

if TYPE_CHECKING:
    from fstmuse_core.datasets.corrections.journal import Correction
    from fstmuse_core.datasets.corrections.store import Change


class Corrections(Protocol):
    """The part of ``CorrectionStore`` that the window needs."""

    folder: Path

    def count(self) -> int: ...
    def genres(self) -> tuple[str, ...]: ...
    def notices(self) -> tuple[str, ...]: ...
    def find(self, path: Path) -> Correction | None: ...
    def of_sound(self, sound: str) -> Correction | None: ...
    def correct_file(self, path: Path, genre: str, result: Classification) -> Change: ...
    def correct_take(
        self, samples: FloatArray, sample_rate: int, title: str, genre: str, result: Classification
    ) -> Change: ...
    def undo(self, sound: str | None = None) -> Change: ...


@dataclass(frozen=True)
class _Found:
    """Corrections of some clips, by their keys, and of all together."""

    records: dict[int, Correction | None]
    count: int
    genres: tuple[str, ...]
    notices: tuple[str, ...]


def own_corrections() -> Corrections:
    """The user's own; importing what reads them takes a moment."""
    from fstmuse_core.datasets.corrections.store import CorrectionStore

    return CorrectionStore()


class CorrectionPresenter(QObject):
    """Looks up what was said of a clip, and keeps what is said now, beside the window's thread.

    Signals
    -------
    message(str)
        For the status bar.
    trouble(str)
        A sentence for the notice.
    changed
        What can be done may have changed.
    clip_changed(int)
        Something else is said of the clip of this key.
    train_wanted(str)
        The corrections, in this folder, are to be trained on.
    """

    message = Signal(str)
    trouble = Signal(str)
    changed = Signal()
    clip_changed = Signal(int)
    train_wanted = Signal(str)

    def __init__(
        self,
        bar: CorrectionBar,
        store: Callable[[], Corrections] = own_corrections,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bar = bar
        self._make_store = store
        self._made: Corrections | None = None
        self._background = ThreadRunner(self)
        self._clip: Clip | None = None
        self._known: dict[int, Correction | None] = {}
        self._at_work: set[int] = set()
        self._pending: dict[int, Clip] = {}
        self._is_looking_up = False
        self._told: tuple[str, ...] = ()
        bar.correct_requested.connect(self.ask)
        bar.confirm_requested.connect(self.confirm)
        bar.undo_requested.connect(self.undo)
        bar.genre_chosen.connect(self.correct)
        bar.train_requested.connect(self.train)

    @property
    def _store(self) -> Corrections:
        if self._made is None:
            self._made = self._make_store()
        return self._made

    # -- what is shown -----------------------------------------------------------------

    def show(self, clip: Clip | None) -> None:
        """Show what was said of this clip; nothing can be said of one without an answer."""
        self._clip = clip
        self._bar.picker.hide()
        self._bar.setVisible(self.can_correct)
        self._refresh()
        if clip is not None:
            self.look_up(clip)

    @property
    def _result(self) -> Classification | None:
        if self._clip is None or self._clip.result is None:
            return None
        return self._clip.result.classification

    @property
    def can_correct(self) -> bool:
        """True while a classified clip is shown, which can be corrected."""
        return self._result is not None and bool(self._result.probabilities.any())

    @property
    def can_confirm(self) -> bool:
        """True while there is a genre to confirm: the verdict, or the likeliest."""
        return self.can_correct

    @property
    def _likeliest(self) -> str:
        assert self._result is not None
        return self._result.verdict.genre or self._result.ranked()[0][0]

    @property
    def record(self) -> Correction | None:
        """Correction of the clip that is shown."""
        return self._known.get(self._clip.key) if self._clip is not None else None

    def _refresh(self) -> None:
        record = self.record
        if record is None:
            self._bar.show_open(can_confirm=self.can_confirm)
            if self._result is not None and self.can_confirm:
                self._bar.name_confirmation(self._likeliest, is_sure=self._result.verdict.is_sure)
        else:
            self._bar.show_correction(record.genre)
        self._bar.set_busy(self._clip is not None and self._clip.key in self._at_work)
        self.changed.emit()

    def look_up(self, clip: Clip) -> None:
        """Find out what was said of a clip that has an answer."""
        if clip.result is not None:
            self._pending[clip.key] = clip
            self._look_up_pending()

    def _look_up_pending(self) -> None:
        """Look up all clips that wait for it, in one thread at a time."""
        if self._is_looking_up or not self._pending:
            return
        self._is_looking_up = True
        clips = list(self._pending.values())
        self._pending.clear()
        sounds = {key: record.sound for key, record in self._known.items() if record is not None}

        def work() -> _Found:
            store = self._store
            records = {
                clip.key: store.find(Path(clip.path))
                if clip.path is not None
                else store.of_sound(sounds.get(clip.key, ""))
                for clip in clips
            }
            return _Found(records, store.count(), store.genres(), store.notices())

        def on_found(found: _Found) -> None:
            for clip in clips:
                if clip.key not in self._at_work:
                    self._note(clip, found.records[clip.key])
            self._bar.show_count(found.count)
            self._bar.offer(found.genres)
            if found.notices and found.notices != self._told:
                self.trouble.emit(" ".join(found.notices))
            self._told = found.notices
            self._on_looked_up()

        def on_trouble(sentence: str) -> None:
            self.trouble.emit(sentence)
            self._on_looked_up()

        self._background.run(work, on_found, on_trouble)

    def _on_looked_up(self) -> None:
        self._is_looking_up = False
        self._refresh()
        self._look_up_pending()

    def _note(self, clip: Clip, record: Correction | None) -> None:
        self._known[clip.key] = record
        said = record.genre if record is not None else ""
        if said != clip.said:
            clip.said = said
            self.clip_changed.emit(clip.key)

    # -- what is said ------------------------------------------------------------------

    def ask(self) -> None:
        """Let the user choose a genre."""
        if self.can_correct and self._result is not None and self._is_free:
            current = self.record.genre if self.record is not None else ""
            self._bar.ask([genre for genre, _ in self._result.ranked()], current)

    def confirm(self) -> None:
        """Confirm the verdict, or the genre that it leans to."""
        if self.can_confirm:
            self.correct(self._likeliest)

    def correct(self, genre: str) -> None:
        """Keep that the clip is of this genre."""
        clip, result = self._clip, self._result
        if clip is None or result is None or not self._is_free:
            return
        path = clip.path or clip.saved_as
        take = clip.take

        def work() -> Change:
            if path and (take is None or os.path.isfile(path)):
                return self._store.correct_file(Path(path), genre, result)
            assert take is not None
            return self._store.correct_take(
                take.samples, take.sample_rate, clip.title, genre, result
            )

        self._do(clip, work)

    def undo(self) -> None:
        """Take back what was said last of the clip that is shown."""
        clip, record = self._clip, self.record
        if clip is not None and record is not None and self._is_free:
            self._do(clip, lambda: self._store.undo(record.sound))

    def train(self) -> None:
        """Lead to a training on all that was said."""
        self.train_wanted.emit(str(self._store.folder))

    @property
    def _is_free(self) -> bool:
        return self._clip is not None and self._clip.key not in self._at_work

    def _do(self, clip: Clip, work: Callable[[], Change]) -> None:
        self._at_work.add(clip.key)
        self._refresh()

        def on_done(change: Change) -> None:
            self._at_work.discard(clip.key)
            self._note(clip, change.record)
            self._bar.show_count(change.count)
            if change.record is not None:
                self._bar.offer((*dict.fromkeys([*self._bar.picker.said, change.record.genre]),))
            said = f"Kept as {change.record.genre}." if change.record else "Taken back."
            self.message.emit(f"{clip.title}: {said}")
            for notice in change.notices:
                self.trouble.emit(notice)
            self._refresh()

        def on_trouble(sentence: str) -> None:
            self._at_work.discard(clip.key)
            self.trouble.emit(sentence)
            self._refresh()

        self._background.run(work, on_done, on_trouble)

    def close(self) -> None:
        """Wait until all is written."""
        self._background.close()


class LearningPresenter(QObject):
    """Lets the user's own model learn, and says what has changed."""

    def __init__(self, bar: CorrectionBar, context: TabContext, parent: QObject) -> None:
        super().__init__(parent)
        self._bar, self._models = bar, context.models
        self._learner = context.learner
        self._name = ""
        bar.learn_requested.connect(self._learner.learn)
        bar.use_requested.connect(self._use)
        self._learner.began.connect(bar.show_learning)
        self._learner.learned.connect(self._on_learned)
        self._learner.failed.connect(self._on_failed)

    def _on_learned(self, learned: Learned) -> None:
        self._name = learned.name
        details = "\n".join(learned.sentences())
        self._bar.show_learned(learned.summary, details, can_use=True)

    def _on_failed(self, sentence: str) -> None:
        self._bar.show_learned(f"Nothing was learned: {sentence}.")

    def _use(self) -> None:
        if self._name:
            self._models.wanted.emit(self._name)


def show_learning(bar: CorrectionBar, context: TabContext, parent: QObject) -> None:
    """Show beside the corrections of a tab what is learned from them."""
    LearningPresenter(bar, context, parent)
