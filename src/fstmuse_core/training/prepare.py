"""From the music that was named to parts and features, whatever becomes of its files meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fstmuse_core.datasets.collection import SetAside
from fstmuse_core.datasets.copies import pairs_sentence
from fstmuse_core.datasets.track import Track
from fstmuse_core.errors import FstMuseError
from fstmuse_core.training.control import Control
from fstmuse_core.training.events import Events
from fstmuse_core.training.music import MelTable, read_features, read_tracks
from fstmuse_core.training.settings import TrainSettings

if TYPE_CHECKING:
    from fstmuse_core.bundle import Bundle
    from fstmuse_core.training.parts import Parts

_MANY = 3


class Preparation:
    """Reads the music of a run; files that cannot be used are set aside and said.

    Parameters
    ----------
    events : Events
    control : Control

    Attributes
    ----------
    warnings : list of str
        What was said.
    """

    def __init__(self, events: Events, control: Control) -> None:
        self._events = events
        self._control = control
        self.warnings: list[str] = []

    def tracks(self, settings: TrainSettings) -> list[Track]:
        """The tracks of all data sets."""
        from fstmuse_core.training.parts import in_wanted_genres

        def progress(done: int, total: int) -> None:
            self._events.preparing("reading", done, total)

        found, said = read_tracks(
            settings.data,
            settings.kinds,
            progress,
            lambda: self._control.stopped,
            tag_encoding=settings.tag_encoding,
        )
        self._control.check_start()
        for line in said:
            self._events.note(line)
        for sentence in found.notes:
            self.warn(sentence)
        self.warn_about(found.set_aside)
        return in_wanted_genres(settings, found.tracks)

    def divide(
        self, settings: TrainSettings, tracks: list[Track], base: Bundle | None
    ) -> tuple[Parts, MelTable]:
        """The parts of a new run, and the features of its music.

        ``base`` is the model that it starts from, if it does.

        Raises
        ------
        FstMuseError
            If too little can be used.
        """
        from fstmuse_core.training.parts import (
            check_base,
            choose_genres,
            divide,
            left_out,
            without_disputed,
        )

        used, disputed = without_disputed(settings, tracks)
        if disputed:
            self.warn(
                f"{len(disputed)} clips labelled Pop call themselves something else in their tags "
                "and are left out; name the genres with --genres to use them"
            )
        wanted = choose_genres(settings, used)
        if base is not None:  # before minutes go into features
            check_base(base, [track for track in used if track.genre in wanted])
        mels, set_aside = self._features(used)
        heard = [track for track in used if track.path in mels.usable]
        if not heard:
            raise FstMuseError(
                "music", f"none of its {len(used)} files can be used", _commonest(set_aside)
            )
        genres = choose_genres(settings, heard)
        for sentence in left_out(settings, heard, genres):
            self.warn(sentence)
        lost = [genre for genre in wanted if genre not in genres]
        if lost:
            self.warn(f"all music of {', '.join(lost)} was set aside, so it is not learned")
        if sentence := pairs_sentence(mels.near_copies(heard)):
            self.warn(sentence)
        parts = divide(settings, heard, genres, mels.sounds(heard), base, mels.prints)
        for note in parts.notes:
            self.warn(note)
        return parts, mels

    def take_up(self, run: str, parts: Parts) -> tuple[Parts, MelTable]:
        """What is left of the parts of an earlier start, and its features.

        Raises
        ------
        FstMuseError
            If too little is left to go on.
        """
        mels, _ = self._features(parts.tracks())
        left = parts.only(mels.usable)
        try:
            left.check()
        except FstMuseError as error:
            raise FstMuseError(
                run,
                "music that it learned from cannot be read any more",
                "put it back or begin a new training",
            ) from error
        return left, mels

    def _features(self, tracks: list[Track]) -> tuple[MelTable, list[SetAside]]:
        def progress(done: int, total: int) -> None:
            self._events.preparing("features", done, total)

        mels, set_aside = read_features(tracks, progress, lambda: self._control.stopped)
        self._control.check_start()
        self.warn_about(set_aside)
        return mels, set_aside

    def warn(self, sentence: str) -> None:
        """Say something that does not end the training."""
        self.warnings.append(sentence)
        self._events.warn(sentence)

    def warn_about(self, files: Sequence[SetAside]) -> None:
        """Say which files are set aside: a few by name, many as a number."""
        if files:
            self.warn(set_aside_sentence([f"{file.path.name}: {file.reason}" for file in files]))


def set_aside_sentence(files: Sequence[str]) -> str:
    """``2 files are set aside: a.wav: it is too short; b.wav: the file is missing``."""
    shown = "; ".join(files[:_MANY])
    rest = f"; and {len(files) - _MANY} more" if len(files) > _MANY else ""
    noun = "files are" if len(files) > 1 else "file is"
    return f"{len(files)} {noun} set aside: {shown}{rest}"


def _commonest(set_aside: Sequence[SetAside]) -> str:
    reasons = Counter(file.reason for file in set_aside).most_common(1)
    return f"of {reasons[0][1]} of them: {reasons[0][0]}" if reasons else ""


def record_of(
    settings: TrainSettings, parts: Parts | None, warnings: list[str]
) -> Mapping[str, Any]:
    """What a run's record says; without ``parts`` while its music is still being read."""
    known = {"parts": parts.to_dict()} if parts is not None else {}
    return {"settings": settings.to_dict(), **known, "warnings": warnings}
