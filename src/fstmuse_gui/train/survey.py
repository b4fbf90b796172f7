"""What a data set holds: clips and artists of each genre, and what cannot be used."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from fstmuse_core.datasets.track import Track

KINDS = {
    "fma": "FMA",
    "folders": "Genre folders",
    "tags": "Genres from tags",
    "manifest": "A list of songs",
    "corrections": "Your corrections",
}
# Artists are parted into three: those that teach, those that choose, and those that test.
MIN_ARTISTS = 3


@dataclass(frozen=True)
class GenreCount:
    """How much music of a genre there is; ``artists`` is 0 if nobody knows them."""

    genre: str
    clips: int
    artists: int


@dataclass(frozen=True)
class Survey:
    """A data set at a glance; the genre with the most clips comes first."""

    path: str
    kind: str
    genres: tuple[GenreCount, ...]
    n_clips: int
    n_artists: int
    n_set_aside: int = 0
    why_set_aside: str = ""

    @property
    def name(self) -> str:
        """Its folder's name."""
        return Path(self.path).name or self.path

    @property
    def findings(self) -> list[str]:
        """Sentences about what will make the model or its test worse."""
        found = []
        if len(self.genres) < 2:
            found.append("There is one genre only; a model needs two or more to choose from.")
        thin = [count.genre for count in self.genres if 0 < count.artists < MIN_ARTISTS]
        if thin:
            found.append(
                f"{_listed(thin)}: fewer than {MIN_ARTISTS} artists. Such a genre cannot be tested "
                "on artists that the model has not heard."
            )
        unknown = [count.genre for count in self.genres if count.artists == 0]
        if unknown:
            found.append(
                f"{_listed(unknown)}: the artists are not known, so songs of one artist may stand "
                "on both sides of the test and flatter it."
            )
        counts = [count.clips for count in self.genres]
        if len(counts) > 1 and counts[0] > 5 * counts[-1]:
            found.append(
                f"{self.genres[0].genre} has {counts[0] / counts[-1]:.0f} times as many clips as "
                f"{self.genres[-1].genre}; the rarer a genre, the less often it will be heard."
            )
        if n := self.n_set_aside:
            files = f"{n:,} files are" if n > 1 else "1 file is"
            found.append(f"{files} set aside: {self.why_set_aside}.")
        return found


def survey(
    path: str,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Survey:
    """Read what the data set at ``path`` holds.

    Raises
    ------
    FstMuseError
        If it is no data set.
    """
    from fstmuse_core.datasets.detect import load_tracks

    collection = load_tracks(Path(path), progress=progress, cancelled=cancelled)
    reasons = Counter(aside.reason for aside in collection.set_aside)
    found = count(path, KINDS[collection.kind], collection.tracks)
    return replace(
        found,
        n_set_aside=reasons.total(),
        why_set_aside="; ".join(reason for reason, _ in reasons.most_common(2)),
    )


def count(path: str, kind: str, tracks: Iterable[Track]) -> Survey:
    """The survey of these tracks."""
    clips: Counter[str] = Counter()
    artists: dict[str, set[str]] = defaultdict(set)
    for track in tracks:
        clips[track.genre] += 1
        artists[track.genre] |= {track.artist_id or track.artist} - {""}
    genres = [GenreCount(genre, n, len(artists[genre])) for genre, n in clips.most_common()]
    everyone = set().union(*artists.values())
    return Survey(path, kind, tuple(genres), clips.total(), len(everyone))


def _listed(names: list[str]) -> str:
    return ", ".join(names)
