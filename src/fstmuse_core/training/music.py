"""The one place where a training gets its tracks and their features from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import overload

from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.datasets.collection import SetAside
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.mels import MelArray

_MIN_FRAMES = 128

Tell = Callable[[int, int], None]
Asked = Callable[[], bool]


def read_tracks(
    data: Sequence[str], progress: Tell, cancelled: Asked
) -> tuple[list[Track], list[SetAside]]:
    """Tracks of all the data sets named, and the files that cannot be used.

    Raises
    ------
    FstMuseError
        If one cannot be read, or holds no usable track.
    """
    found = [load_tracks(Path(path), progress=progress, cancelled=cancelled) for path in data]
    tracks = {track.path: track for collection in found for track in collection.tracks}
    return list(tracks.values()), [file for collection in found for file in collection.set_aside]


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
    """The features of all music of a training."""

    def __init__(self, cache: FeatureCache, usable: Iterable[Path]) -> None:
        self._cache = cache
        self.usable = frozenset(usable)

    def of(self, tracks: Sequence[Track]) -> Mels:
        """Mel spectrograms of tracks, in their order.

        Raises
        ------
        FstMuseError
            If a file has changed since the features were made.
        """
        return Mels(self._cache.open([track.path for track in tracks]))

    def sounds(self, tracks: Sequence[Track]) -> dict[Path, str]:
        """Equal values for files of the same sound."""
        return self._cache.sounds([track.path for track in tracks])


def read_features(
    tracks: Sequence[Track], progress: Tell, cancelled: Asked
) -> tuple[MelTable, list[SetAside]]:
    """Features of all tracks that can be heard, and the files that cannot.

    Raises
    ------
    FstMuseError
        If the disk is full.
    """
    cache = FeatureCache()
    filled = cache.fill([t.path for t in tracks], progress=progress, cancelled=cancelled)
    unheard = {file.path for file in filled.set_aside}
    heard = [track.path for track in tracks if track.path not in unheard]
    if not filled.is_complete:
        return MelTable(cache, ()), list(filled.set_aside)
    frames = dict(zip(heard, cache.open(heard).n_frames, strict=True))
    short = [
        SetAside(path, "it is too short; 3 seconds are needed")
        for path, count in frames.items()
        if count < _MIN_FRAMES
    ]
    usable = frames.keys() - {file.path for file in short}
    return MelTable(cache, usable), [*filled.set_aside, *short]
