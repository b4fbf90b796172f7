"""Decides what class buckets hold, asks about them, and makes a data set of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_core.audio.sound_files import AUDIO_SUFFIXES
from fstmuse_core.datasets.buckets import (
    BucketAnswers,
    Buckets,
    buckets_folder,
    read_buckets,
    with_class,
    with_songs,
    without_class,
    without_song,
    write_buckets,
    write_manifest,
)
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.workers.protocol import AnswerBuckets
from fstmuse_gui.plain import counted, percent
from fstmuse_gui.train.bucket_page import BucketsPage, SongRow
from fstmuse_gui.widgets.genre_bars import GenreBar
from fstmuse_gui.workers.learning import BucketWorker

_WAITING = "\N{HORIZONTAL ELLIPSIS}"
# As many songs of a folder are taken; whoever has more has a data set.
_MOST_SONGS = 500


class BucketsPresenter(QObject):
    """Keeps the buckets, on the disk too, and shows what is answered.

    Signals
    -------
    trouble(str)
        A sentence for the notice.
    train_wanted(str)
        The data set in this folder is to be trained on.
    """

    trouble = Signal(str)
    train_wanted = Signal(str)

    def __init__(
        self,
        page: BucketsPage,
        worker: BucketWorker,
        choose_files: Callable[[], list[str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._page, self._worker, self._choose_files = page, worker, choose_files
        self._buckets: Buckets | None = None
        self._question = ""
        self._answers = BucketAnswers()
        page.class_named.connect(self.add_class)
        page.songs_dropped.connect(self.add_songs)
        page.songs_requested.connect(lambda name: self.add_songs(name, self._choose_files()))
        page.class_removed.connect(lambda name: self._change(without_class(self.buckets, name)))
        page.song_removed.connect(lambda path: self._change(without_song(self.buckets, path)))
        page.question_dropped.connect(self.ask)
        page.train_requested.connect(self.train)
        worker.progressed.connect(self._on_progress)
        worker.answered.connect(self._on_answered)
        worker.failed.connect(self._on_failed)

    @property
    def buckets(self) -> Buckets:
        """Classes and their songs."""
        if self._buckets is None:
            self._buckets = read_buckets(buckets_folder())
        return self._buckets

    def open(self) -> None:
        """Show the buckets as they were left, and ask about them."""
        self._show()
        self._ask()

    # -- changed -----------------------------------------------------------------------

    def add_class(self, name: str) -> None:
        """Add a class."""
        buckets, trouble = with_class(self.buckets, name)
        if trouble:
            self.trouble.emit(trouble)
        else:
            self._page.name.clear()
            self._change(buckets)

    def add_songs(self, name: str, paths: Sequence[str]) -> None:
        """Put songs, and those in folders, into a class."""
        songs = _songs_in(paths)
        if paths and not songs:
            self.trouble.emit("There is no song in what was dropped.")
        buckets, trouble = with_songs(self.buckets, name, songs)
        if trouble:
            self.trouble.emit(trouble)
        self._change(buckets)

    def ask(self, paths: Sequence[str]) -> None:
        """Ask what a song is."""
        songs = _songs_in(paths)
        if not songs:
            self.trouble.emit("There is no song in what was dropped.")
            return
        self._question = songs[0]
        self._show()
        self._ask()

    def _change(self, buckets: Buckets) -> None:
        if buckets == self.buckets:
            return
        self._buckets = buckets
        try:
            write_buckets(buckets_folder(), buckets)
        except FstMuseError as error:
            self.trouble.emit(f"The buckets cannot be kept: {error}.")
        self._show()
        self._ask()

    def train(self) -> None:
        """Make a data set of the buckets and lead to a training on it."""
        full = [bucket for bucket in self.buckets if bucket.songs]
        if len(full) < 2:
            self.trouble.emit("Two classes with songs are needed.")
            return
        try:
            folder = write_manifest(buckets_folder(), self.buckets)
        except FstMuseError as error:
            self.trouble.emit(f"{error}.")
            return
        self.train_wanted.emit(str(folder))

    # -- answered ----------------------------------------------------------------------

    def _ask(self) -> None:
        questions = (self._question,) if self._question else ()
        if any(bucket.songs for bucket in self.buckets) or questions:
            self._worker.ask(AnswerBuckets(self.buckets, questions))

    def _on_progress(self, fraction: float) -> None:
        if fraction < 1.0:
            self._page.show_status(f"Listening: {percent(fraction)}")

    def _on_answered(self, answers: BucketAnswers) -> None:
        self._answers = answers
        self._show()

    def _on_failed(self, sentence: str) -> None:
        self.trouble.emit(f"{sentence}.")
        self._page.show_status("There is no answer.")

    def _show(self) -> None:
        self._page.show_classes([bucket.name for bucket in self.buckets])
        for bucket in self.buckets:
            rows = [self._row(song, bucket.name) for song in bucket.songs]
            self._page.boxes[bucket.name].show_songs(rows)
        self._page.show_status(self._status())
        self._page.train_button.setEnabled(sum(bool(b.songs) for b in self.buckets) > 1)
        self._show_question()

    def _status(self) -> str:
        answers = self._answers
        if not self.buckets:
            return "Name two classes or more."
        if answers.note or not answers.tested:
            return answers.note or "Drop songs into the classes, by several artists each."
        named = f"{answers.right} of {counted(answers.tested, 'song')}"
        return f"Named rightly when their artist is left out: {named}."

    def _row(self, song: str, name: str) -> SongRow:
        title, answer = Path(song).name, self._answers.songs.get(song)
        if answer is None:
            return SongRow(song, title, _WAITING, None, song)
        if answer.fault:
            return SongRow(song, title, answer.fault, False, f"{song}: {answer.fault}")
        genre, chance = self._best(answer.chances)
        how = "when its artist is left out" if answer.was_left_out else "having learned it"
        details = f"{genre} {percent(chance)}, {how}\n{song}"
        return SongRow(song, title, f"{genre} {percent(chance)}", genre == name, details)

    def _best(self, chances: Sequence[float]) -> tuple[str, float]:
        chance = max(chances)
        return self._answers.genres[list(chances).index(chance)], chance

    def _show_question(self) -> None:
        if not self._question:
            return
        title, answer = Path(self._question).name, self._answers.songs.get(self._question)
        if answer is None or (not answer.fault and not answer.chances):
            self._page.question.show_answer(f"{title}: {self._answers.note or _WAITING}", [])
            return
        if answer.fault:
            self._page.question.show_answer(f"{title}: {answer.fault}", [])
            return
        pairs = sorted(
            zip(self._answers.genres, answer.chances, strict=True), key=lambda pair: -pair[1]
        )
        bars = [GenreBar(genre, chance, percent(chance), "") for genre, chance in pairs[:8]]
        self._page.question.show_answer(title, bars)

    def close(self) -> None:
        """End the process."""
        self._worker.close()


def _songs_in(paths: Sequence[str]) -> list[str]:
    """Songs among what was dropped, by their names; those of folders in order."""
    found: list[str] = []
    for path in paths:
        if not os.path.isdir(path):
            found.append(os.path.abspath(path))
            continue
        for folder, folders, files in os.walk(path):
            folders.sort()
            songs = (name for name in sorted(files) if Path(name).suffix.lower() in AUDIO_SUFFIXES)
            found += [os.path.abspath(os.path.join(folder, name)) for name in songs]
            if len(found) >= _MOST_SONGS:
                break
    return found[:_MOST_SONGS]
