"""Songs that come along, as taggers heard them: what learning is to keep, and what it changes.

``check_songs.npz`` holds outputs and no sound. ``python -m
fstmuse_core.training.quick.check_songs MUSIC`` makes it anew.
"""

from __future__ import annotations

import io
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.tagger import Tagger, installed_tagger, tagger_of_two
from fstmuse_core.bundle.tagger_head import TaggerHead
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.system.atomic_write import write_atomic
from fstmuse_core.tags.genres import FST_MUSE_GENRES
from fstmuse_core.training.plan import is_disputed
from fstmuse_core.training.tagger_rows import outputs_of, tagger_rows

FILE = Path(__file__).with_name("check_songs.npz")
_OF_EACH = 16
# Learning may cost the right answer to one song in 16, and change one answer in six: three and
# eight of the 48.
_MOST_LOST, _MOST_CHANGED = 16, 6


@dataclass(frozen=True, eq=False)
class KnownSongs:
    """Rows of some songs, shape ``(n, n_features + n_tags)``, and the genre of each."""

    rows: FloatArray
    genres: tuple[str, ...]


def anchors(tagger: Tagger) -> KnownSongs:
    """Songs whose answers are held when something is learned; none of another tagger."""
    return _songs(tagger, is_anchor=True)


def check_songs(tagger: Tagger) -> KnownSongs:
    """Songs of other artists to compare answers by; none of another tagger."""
    return _songs(tagger, is_anchor=False)


def _songs(tagger: Tagger, *, is_anchor: bool) -> KnownSongs:
    nothing = np.empty((0, tagger.n_features + len(tagger.tags)), dtype=np.float32)
    try:
        with np.load(FILE, allow_pickle=False) as arrays:
            name = _rows_of(tagger)
            if name in arrays:
                chosen = arrays["is_anchor"] == is_anchor
                rows = np.asarray(arrays[name][chosen], dtype=np.float32)
                return KnownSongs(rows, tuple(map(str, arrays["genres"][chosen])))
    except (OSError, ValueError, KeyError):
        pass
    return KnownSongs(nothing, ())


def _rows_of(tagger: Tagger) -> str:
    return f"rows_{tagger.sha256}"


@dataclass(frozen=True)
class Compared:
    """Songs that were compared, answers that are others now, and right ones before and after."""

    songs: int = 0
    changed: int = 0
    right_before: int = 0
    right_after: int = 0

    @property
    def is_kept(self) -> bool:
        """True if no more was lost than learning may cost."""
        lost = self.right_before - self.right_after
        return lost * _MOST_LOST <= self.songs and self.changed * _MOST_CHANGED <= self.songs


def compare(
    before: TaggerHead,
    after: TaggerHead,
    tagger: Tagger,
    genres_before: Sequence[str],
    genres_after: Sequence[str],
) -> Compared:
    """Compare the likeliest genres of two heads."""
    found = check_songs(tagger)
    if not found.genres:
        return Compared()
    outputs = outputs_of(found.rows, len(tagger.tags))
    first = [genres_before[i] for i in before.join_alone(outputs).logits.argmax(axis=1)]
    second = [genres_after[i] for i in after.join_alone(outputs).logits.argmax(axis=1)]
    return Compared(
        len(first),
        sum(one != other for one, other in zip(first, second, strict=True)),
        sum(one == genre for one, genre in zip(first, found.genres, strict=True)),
        sum(one == genre for one, genre in zip(second, found.genres, strict=True)),
    )


def make(music: Path, taggers: Sequence[Tagger]) -> None:
    """Choose songs of the data set in a folder and keep their rows by each tagger.

    Of each genre the artists are taken in turn for one use and the other.
    """
    sides: dict[str, bool] = {}
    turns: dict[str, bool] = defaultdict(bool)
    counts: Counter[tuple[str, bool]] = Counter()
    chosen = []
    for track in read_manifest(music):
        if track.genre not in FST_MUSE_GENRES or is_disputed(track):
            continue
        if track.artist not in sides:
            sides[track.artist] = turns[track.genre] = not turns[track.genre]
        use = track.genre, sides[track.artist]
        if counts[use] < _OF_EACH:
            counts[use] += 1
            chosen.append(track)
    arrays: dict[str, Any] = {
        _rows_of(tagger): tagger_rows([track.path for track in chosen], tagger).astype(np.float16)
        for tagger in taggers
    }
    arrays["genres"] = np.array([track.genre for track in chosen])
    arrays["is_anchor"] = np.array([sides[track.artist] for track in chosen])
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    write_atomic(FILE, lambda file: file.write(stream.getvalue()))


if __name__ == "__main__":
    # Models from before the tagger's third network stand on the first two.
    make(Path(sys.argv[1]), [Tagger(installed_tagger()), Tagger(tagger_of_two())])
