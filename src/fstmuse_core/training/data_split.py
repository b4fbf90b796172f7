"""The music that is learned from, that picks the best epoch, and that is only tested on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.datasets.duplicates import Print
from fstmuse_core.datasets.groups import Sounds, count_artists, count_unknown
from fstmuse_core.datasets.overlap import BASE, known_to
from fstmuse_core.datasets.split import FEWEST_CLIPS, split_tracks, too_few_artists
from fstmuse_core.datasets.track import PARTS, Track
from fstmuse_core.runs.spec import GAN, ORIGINAL
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.strict_json import typed
from fstmuse_core.system.wording import counted
from fstmuse_core.tags.genres import broader_genre, genre_key
from fstmuse_core.training.plan import PLANS, ModelPlan, is_disputed
from fstmuse_core.training.settings import TrainSettings

# Temperature and thresholds fitted on fewer clips are nearly arbitrary.
_ENOUGH_TO_CALIBRATE = 10
# For a generator to learn what a genre is, and not what a few records sound like.
# Either is enough, but by no fewer artists than the last number.
_ENOUGH_ARTISTS, _ENOUGH_MINUTES, _FEWEST_ARTISTS = 10, 30.0, 8


@dataclass(frozen=True)
class Parts:
    """The three parts of a data set; no artist is in two of them.

    ``genres`` are those the model is to name; other music is among the tracks too. ``notes``
    say what to know before believing the test.
    """

    genres: tuple[str, ...]
    train: tuple[Track, ...]
    validation: tuple[Track, ...]
    test: tuple[Track, ...]
    notes: tuple[str, ...] = ()

    def known(self, part: str) -> list[Track]:
        """Tracks of a part that are of the model's genres."""
        tracks: tuple[Track, ...] = getattr(self, part)
        return [track for track in tracks if track.genre in self.genres]

    def tracks(self) -> list[Track]:
        """Tracks of all three parts."""
        return [*self.train, *self.validation, *self.test]

    def only(self, usable: Collection[Path]) -> Parts:
        """Parts with only the tracks whose files are among ``usable``."""
        left = {
            part: tuple(track for track in getattr(self, part) if track.path in usable)
            for part in PARTS
        }
        return replace(self, **left)

    def check(self) -> None:
        """Raise FstMuseError if there is nothing of a genre to learn from, or to test on."""
        for part in ("validation", "test"):
            if not self.known(part):
                raise too_few_artists(part)
        taught = {track.genre for track in self.train}
        missing = [genre for genre in self.genres if genre not in taught]
        if missing:
            raise FstMuseError(
                "music",
                f"nothing of {', '.join(missing)} is left to learn from",
                "add artists who play nothing else",
            )

    def counts(self) -> dict[str, dict[str, int]]:
        """Clips and artists of the model's genres in each part, and clips of unknown artists."""
        return {
            "clips": {part: len(self.known(part)) for part in PARTS},
            "artists": {part: count_artists(self.known(part)) for part in PARTS},
            "of_unknown_artists": {part: count_unknown(self.known(part)) for part in PARTS},
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        tracks = {
            part: [{**asdict(t), "path": str(t.path)} for t in getattr(self, part)]
            for part in PARTS
        }
        return {"genres": list(self.genres), "notes": list(self.notes), **tracks}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Parts:
        """Inverse of :meth:`to_dict`; raises ``ValueError`` for what is missing or no such part."""
        return typed(values, cls)


def in_wanted_genres(settings: TrainSettings, tracks: Sequence[Track]) -> list[Track]:
    """Tracks with the genre asked for where theirs is it in another spelling, or a kind of it."""
    wanted = {genre_key(genre): genre for genre in settings.genres}
    return [
        replace(
            track,
            genre=wanted.get(genre_key(track.genre)) or broader_genre(track.genre, settings.genres),
        )
        for track in tracks
    ]


def choose_genres(settings: TrainSettings, tracks: Sequence[Track]) -> tuple[str, ...]:
    """The genres a model is to name: those asked for, else all that the music has.

    A generator learns those with enough music, where there are two.

    Raises
    ------
    FstMuseError
        If there are fewer than two, one asked for has no music, or all have too little.
    """
    there = Counter(track.genre for track in tracks)
    missing = [genre for genre in settings.genres if genre not in there]
    if missing:
        raise FstMuseError(
            "--genres",
            f"there is no music of {', '.join(missing)}",
            f"the music is {_counted(there)}",
        )
    genres = settings.genres or tuple(sorted(there))
    if settings.model == GAN and not settings.genres:
        enough = _enough_to_make(tracks)
        genres = enough if len(enough) > 1 else genres
    if len(genres) < 2:
        what = f"all of it is {_counted(there)}" if there else "all of it was left out, see above"
        raise FstMuseError("music", what, "two genres or more are needed")
    known = sum(there[genre] for genre in genres)
    if known < FEWEST_CLIPS:
        raise FstMuseError(
            "music", f"{known} clips are too few to learn from", f"{FEWEST_CLIPS} are needed"
        )
    return genres


def left_out(
    settings: TrainSettings, tracks: Sequence[Track], genres: Sequence[str]
) -> tuple[str, ...]:
    """A sentence on genres of the music that are not learned, and how to learn them."""
    others = Counter(track.genre for track in tracks if track.genre not in genres)
    if not others:
        return ()
    why = "they are not among --genres"
    if settings.model == GAN and not settings.genres:
        why = f"they have fewer than {_ENOUGH_ARTISTS} artists and {_ENOUGH_MINUTES:.0f} minutes"
    use = "add them to --genres to learn them"
    if settings.model in PLANS and settings.design != ORIGINAL and not settings.balance:
        use = f"their music only teaches what is none of the genres; {use}"
    return (f"not learned: {_counted(others)}, since {why}; {use}",)


def _enough_to_make(tracks: Sequence[Track]) -> tuple[str, ...]:
    """Genres with enough music for a generator."""
    there = {track.genre for track in tracks}
    artists = {g: count_artists(t for t in tracks if t.genre == g) for g in there}
    minutes = {g: sum(t.seconds for t in tracks if t.genre == g) / 60.0 for g in there}
    return tuple(
        genre
        for genre in sorted(there)
        if artists[genre] >= _FEWEST_ARTISTS
        and (artists[genre] >= _ENOUGH_ARTISTS or minutes[genre] >= _ENOUGH_MINUTES)
    )


def plan_for(settings: TrainSettings, genres: tuple[str, ...]) -> ModelPlan:
    """The model's plan with these genres."""
    plan = PLANS[settings.model]
    return replace(plan, genres=genres, undecidable=plan.undecidable - set(genres))


def without_disputed(
    settings: TrainSettings, tracks: Sequence[Track]
) -> tuple[list[Track], list[Track]]:
    """Tracks to use and those left out, because their own tags contradict their genre.

    Who names the genres is taken at their word.
    """
    if settings.genres:
        return [replace(t, tag_genre="") for t in tracks], []
    disputed = [track for track in tracks if is_disputed(track)]
    return [track for track in tracks if not is_disputed(track)], disputed


def divide(
    settings: TrainSettings,
    tracks: Sequence[Track],
    genres: tuple[str, ...],
    sounds: Sounds,
    base: Bundle | None = None,
    prints: Mapping[Path, Print] | None = None,
) -> Parts:
    """Divide the music; see :func:`fstmuse_core.datasets.split.split_tracks`.

    With ``settings.balance`` other music is left out, as there is no even number of it.

    Parameters
    ----------
    settings : TrainSettings
    tracks : sequence of Track
    genres : tuple of str
        Those that the model is to name.
    sounds : mapping
        Marks duplicates, which stay on one side.
    base : Bundle, optional
        The model that the training starts from: what it learned from, and all of those artists,
        can be learned from again and prove nothing in a test.
    prints : mapping of Path to fingerprint, optional
        Prints by which the base's music is known again under other names.

    Raises
    ------
    FstMuseError
        If there is nothing of a genre to learn from, or nothing to test on.
    """
    known = [track for track in tracks if track.genre in genres]
    used = known if settings.balance else list(tracks)
    is_generator = settings.model == GAN
    trained_on, base_notes = (
        _known_to_base(base, used, prints, ("train", BASE) if is_generator else None)
        if base
        else ([], [])
    )
    split = split_tracks(
        used,
        seed=settings.seed,
        sounds=sounds,
        balance=settings.balance,
        known=trained_on,
        aside=_judged_by(base, used, prints) if base and is_generator else None,
        about=genres,
    )
    train, validation, test = (tuple(used[i] for i in split.part(part)) for part in PARTS)
    parts = Parts(genres, train, validation, test, (*split.notes, *base_notes))
    try:
        parts.check()
    except FstMuseError as error:
        if not trained_on or not base:
            raise
        raise _too_well_known(base, len(trained_on), len(used)) from error
    n_validation = len(parts.known("validation"))
    is_calibrated = settings.model in PLANS and settings.design == "ours"
    if not is_calibrated or n_validation >= _ENOUGH_TO_CALIBRATE:
        return parts
    few = (
        f"only {counted(n_validation, 'clip')} chose the best epoch and how sure it may be: do not "
        "rely on its percentages"
    )
    return replace(parts, notes=(*parts.notes, few))


def check_base(base: Bundle, tracks: Sequence[Track]) -> None:
    """Raise FstMuseError if a model that is to be trained further knows all of the music."""
    known = known_to(base, tracks)
    trained_on = known.indices() if known is not None else []
    if tracks and len(trained_on) == len(tracks):
        raise _too_well_known(base, len(trained_on), len(tracks))


def _too_well_known(base: Bundle, known: int, clips: int) -> FstMuseError:
    return FstMuseError(
        "music",
        f"{base.name} was trained on {known} of these {clips} clips or on their artists, and too "
        "little is left to test on",
        "add music by other artists, or train without --fine-tune",
    )


def _judged_by(
    base: Bundle, tracks: Sequence[Track], prints: Mapping[Path, Print] | None
) -> dict[int, str]:
    """Parts of the tracks that a generator has not learned from, but its judge has."""
    parts: dict[int, str] = {}
    for part in ("test", "validation"):
        known = known_to(base, tracks, prints, (part,))
        parts |= dict.fromkeys(known.indices() if known is not None else [], part)
    return parts


def _known_to_base(
    base: Bundle,
    tracks: Sequence[Track],
    prints: Mapping[Path, Print] | None,
    parts: Collection[str] | None,
) -> tuple[list[int], list[str]]:
    known = known_to(base, tracks, prints, parts)
    if known is None:
        note = (
            f"the record of {base.name} does not list what it was trained on, so it may know the "
            "music of the test"
        )
        return [], [note]
    trained_on = known.indices()
    if not trained_on:
        return [], []
    note = (
        f"{base.name} was trained on {len(trained_on)} of these {len(tracks)} clips or on their "
        "artists: those are learned from only, and the test is on others"
    )
    return trained_on, [note]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{genre} ({n})" for genre, n in counts.most_common()) or "nothing"
