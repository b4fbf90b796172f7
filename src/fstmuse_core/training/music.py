"""The one place where a training gets its tracks and their features from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import platformdirs

from fstmuse_core.datasets.collection import SetAside
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.track import Track
from fstmuse_core.errors import AudioError
from fstmuse_core.training.mels import MelArray, load_mels

_MIN_FRAMES = 128

Progress = Callable[[int, int], None]


def read_tracks(
    data: Sequence[str], progress: Progress, cancelled: Callable[[], bool]
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


def read_features(
    tracks: Sequence[Track], progress: Progress
) -> tuple[list[MelArray | None], list[AudioError]]:
    """Mel spectrograms, and why some are missing (``None`` stands in their place)."""
    cache = Path(platformdirs.user_cache_dir("fstmuse", appauthor=False)) / "mels"
    mels: list[MelArray | None] = []
    set_aside = []
    for done, track in enumerate(tracks, 1):
        try:
            mel = load_mels([track], cache=cache)[0]
            if len(mel) < _MIN_FRAMES:
                raise AudioError(track.path, f"it is {track.seconds:.1f} s long; 3 s are needed")
            mels.append(mel)
        except AudioError as error:
            mels.append(None)
            set_aside.append(error)
        progress(done, len(tracks))
    return mels, set_aside
