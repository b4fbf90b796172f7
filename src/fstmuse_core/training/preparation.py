"""Tracks, features and parts of the music that a training is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as SizedSet
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.datasets.cache_index import Features, Place
from fstmuse_core.datasets.detect import how_chosen, kinds_of, load_tracks
from fstmuse_core.datasets.duplicates import Pair, Print, joined, pairs_sentence, same_recordings
from fstmuse_core.datasets.examine import file_state
from fstmuse_core.datasets.track import Collection, SetAside, Track, merged
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.text_encoding import AUTO
from fstmuse_core.training.control import Control
from fstmuse_core.training.events import Events
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.settings import TrainSettings

if TYPE_CHECKING:
    from fstmuse_core.bundle.bundle import Bundle
    from fstmuse_core.training.data_split import Parts


_MIN_FRAMES = 128
_GONE = "it vanished after it was listed"
_CHANGED = "it changed since it was read"

Tell = Callable[[int, int], None]
Asked = Callable[[], bool]


def read_tracks(
    data: Sequence[str],
    kinds: Sequence[str],
    progress: Tell,
    cancelled: Asked,
    *,
    tag_encoding: str = AUTO,
) -> tuple[Collection, list[str]]:
    """Tracks of all the data sets named, and a sentence for each whose kind was found out.

    Raises
    ------
    FstMuseError
        If one cannot be read, or holds no usable track.
    """
    wanted = kinds_of(data, kinds)
    found = [
        load_tracks(
            Path(path), kind, tag_encoding=tag_encoding, progress=progress, cancelled=cancelled
        )
        for path, kind in zip(data, wanted, strict=True)
    ]
    said = [how_chosen(one) for one, kind in zip(found, wanted, strict=True) if kind is None]
    return merged(found), [line for line in said if line]


class Mels(Sequence[MelArray]):
    """Mel spectrograms of clips, read from the disk where they are needed."""

    def __init__(self, *parts: Sequence[MelArray]) -> None:
        self._items = [(part, i) for part in parts for i in range(len(part))]

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> MelArray: ...
    @overload
    def __getitem__(self, index: slice) -> Mels: ...
    def __getitem__(self, index: int | slice) -> MelArray | Mels:
        if isinstance(index, slice):
            chosen = Mels()
            chosen._items = self._items[index]
            return chosen
        part, place = self._items[index]
        return part[place]


class MelTable:
    """The features of all music of a training.

    They stay what they were when they were read, whatever becomes of the files.

    Parameters
    ----------
    folder : Path
        Of the cache.
    places : mapping of Path to Place
        Places of the features of each usable file.
    prints : mapping of Path to fingerprint, optional
        Of the files, as far as they are known.
    """

    def __init__(
        self,
        folder: Path,
        places: Mapping[Path, Place],
        prints: Mapping[Path, Print] | None = None,
    ) -> None:
        self._folder = folder
        self.prints = prints or {}
        self._places = dict(places)
        self._states = {path: file_state(path) for path in places}

    @property
    def usable(self) -> SizedSet[Path]:
        """Files that have features."""
        return self._places.keys()

    def of(self, tracks: Sequence[Track]) -> Mels:
        """Mel spectrograms of tracks, in their order; all must be usable."""
        return Mels(Features(self._folder, [self._places[track.path] for track in tracks]))

    def sounds(self, tracks: Sequence[Track]) -> dict[Path, str]:
        """Equal values for files of the same sound, also where one only sounds like a copy."""
        places = {track.path: self._places[track.path] for track in tracks}
        sounds = {path: place.sound for path, place in places.items() if place.sound}
        return joined(sounds, self.near_copies(tracks))

    def near_copies(self, tracks: Sequence[Track]) -> list[Pair[Path]]:
        """Pairs of files that hold the same recording."""
        paths = dict.fromkeys(track.path for track in tracks)
        return same_recordings({p: self.prints[p] for p in paths if p in self.prints})

    def changed(self, tracks: Sequence[Track]) -> list[SetAside]:
        """Files that are no longer what their features were made of."""
        now = {track.path: file_state(track.path) for track in tracks}
        return [
            SetAside(path, _GONE if state is None else _CHANGED)
            for path, state in now.items()
            if state is None or state != self._states[path]
        ]


def read_features(
    tracks: Sequence[Track], progress: Tell, cancelled: Asked
) -> tuple[MelTable, list[SetAside]]:
    """Features of all tracks that can be decoded, and the files that cannot.

    Raises
    ------
    FstMuseError
        If the disk is full.
    """
    with FeatureCache() as cache:
        filled = cache.fill([t.path for t in tracks], progress=progress, cancelled=cancelled)
        if not filled.is_complete:
            return MelTable(cache.folder, {}), list(filled.set_aside)
        set_aside = {file.path: file for file in filled.set_aside}
        paths = [track.path for track in tracks if track.path not in set_aside]
        places = cache.places(paths)
        prints = cache.prints(paths)
    for path in paths:
        if path not in places:  # since a moment ago
            reason = "it changed while it was read" if path.exists() else _GONE
            set_aside[path] = SetAside(path, reason)
        elif places[path].frames < _MIN_FRAMES:
            set_aside[path] = SetAside(path, "it is too short; 3 seconds are needed")
            del places[path]
    return MelTable(cache.folder, places, prints), list(set_aside.values())


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
        Warnings that were given.
    """

    def __init__(self, events: Events, control: Control) -> None:
        self._events = events
        self._control = control
        self.warnings: list[str] = []

    def tracks(self, settings: TrainSettings) -> list[Track]:
        """The tracks of all data sets."""
        from fstmuse_core.training.data_split import in_wanted_genres

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

    def undisputed(self, settings: TrainSettings, tracks: list[Track]) -> list[Track]:
        """The tracks whose own tags do not contradict their genre; says which do."""
        from fstmuse_core.training.data_split import without_disputed

        used, disputed = without_disputed(settings, tracks)
        if disputed:
            self.warn(
                f"{len(disputed)} clips labelled Pop call themselves something else in their tags "
                "and are left out; name the genres with --genres to use them"
            )
        return used

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
        from fstmuse_core.training.data_split import (
            check_base,
            choose_genres,
            divide,
            left_out,
        )

        used = self.undisputed(settings, tracks)
        wanted = choose_genres(settings, used)
        if base is not None:  # before minutes go into features
            check_base(base, [track for track in used if track.genre in wanted])
        mels, set_aside = self._features(used)
        usable = [track for track in used if track.path in mels.usable]
        if not usable:
            raise FstMuseError(
                "music", f"none of its {len(used)} files can be used", commonest_reason(set_aside)
            )
        genres = choose_genres(settings, usable)
        for sentence in left_out(settings, usable, genres):
            self.warn(sentence)
        lost = [genre for genre in wanted if genre not in genres]
        if lost:
            self.warn(f"all music of {', '.join(lost)} was set aside, so it is not learned")
        if sentence := pairs_sentence(mels.near_copies(usable)):
            self.warn(sentence)
        parts = divide(settings, usable, genres, mels.sounds(usable), base, mels.prints)
        for note in parts.notes:
            self.warn(note)
        return parts, mels

    def take_up(self, run: str, parts: Parts) -> tuple[Parts, MelTable]:
        """Take up the parts of an earlier start, as far as they are left, and their features.

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


def commonest_reason(set_aside: Sequence[SetAside]) -> str:
    """The commonest reason of files that are set aside, with how many have it."""
    reasons = Counter(file.reason for file in set_aside).most_common(1)
    return f"of {reasons[0][1]} of them: {reasons[0][0]}" if reasons else ""


def record_of(
    settings: TrainSettings, parts: Parts | None, warnings: list[str]
) -> Mapping[str, Any]:
    """Record of a run; without ``parts`` while its music is still being read."""
    known = {"parts": parts.to_dict()} if parts is not None else {}
    return {"settings": settings.to_dict(), **known, "warnings": warnings}
