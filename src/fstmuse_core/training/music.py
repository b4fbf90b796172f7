"""The one place where a training gets its tracks and their features from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as SizedSet
from pathlib import Path
from typing import overload

from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.datasets.cache_index import Place
from fstmuse_core.datasets.cached_features import Features
from fstmuse_core.datasets.collection import Collection, SetAside, merged
from fstmuse_core.datasets.detect import how_chosen, kinds_of, load_tracks
from fstmuse_core.datasets.examine import file_state
from fstmuse_core.datasets.sound_prints import Pair, Print, joined, same_recordings
from fstmuse_core.datasets.track import Track
from fstmuse_core.file_tags.text_encoding import AUTO
from fstmuse_core.training.mels import MelArray

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
        Where the features of each usable file lie.
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
        """Equal values for files of the same sound, also where one is a copy by ear only."""
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
    """Features of all tracks that can be heard, and the files that cannot.

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
