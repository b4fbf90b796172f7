"""A data set's division into training, validation and test, with every artist on one side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fstmuse_core.datasets.groups import Sounds, count_unknown, lead_key, side_groups
from fstmuse_core.datasets.partition import (
    KNOWN_ARTIST,
    Shares,
    Split,
    split_by_artists,
    split_of,
    split_officially,
)
from fstmuse_core.datasets.track import PARTS, Track
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import counted

# Fewer clips than these say nothing, however they are divided.
FEWEST_CLIPS = 10
_WITHOUT = {
    "train": "it is not learnt",
    "validation": "it has no say in when to stop",
    "test": "the test says nothing about it",
}


def check_enough(tracks: Sequence[Track]) -> None:
    """Raise ``FstMuseError`` if nothing can be learnt from ``tracks``, whatever the split."""
    genres = sorted({track.genre for track in tracks})
    if not tracks:
        raise FstMuseError("data set", "no music was found in it", "name a folder that holds some")
    if len(genres) == 1:
        raise FstMuseError(
            "data set",
            f"all its clips ({len(tracks)}) are {genres[0]}",
            "add music of another genre, for there is nothing to tell apart",
        )
    if len(tracks) < FEWEST_CLIPS:
        raise FstMuseError(
            "data set",
            f"{counted(len(tracks), 'clip')} are too few to train and to test",
            f"at least {FEWEST_CLIPS} are needed, and a hundred of each genre are better",
        )


def too_few_artists(part: str) -> FstMuseError:
    """Error of music of which nothing can be held back for ``part``."""
    return FstMuseError(
        "music",
        f"there are too few artists to put some aside for {part}",
        "one genre at least needs three artists, for what is known of an artist from training "
        "proves nothing",
    )


def split_tracks(
    tracks: Sequence[Track],
    *,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    sounds: Sounds | None = None,
    official: bool | None = None,
    balance: bool = False,
    known: Collection[int] = (),
    aside: Mapping[int, str] | None = None,
    about: Collection[str] | None = None,
) -> Split:
    """Divide tracks so that no artist, record or sound is on two sides.

    Parameters
    ----------
    tracks : sequence of Track
    validation, test : float
        Wanted shares of the clips of each genre, 0 to 1; without effect on an official split.
    seed : int
        Orders what is otherwise equal; the same tracks and seed give the same split, in
        whatever order the tracks come.
    sounds : mapping of Path to str, optional
        Marks duplicates; see :func:`fstmuse_core.datasets.groups.connected_tracks`.
    official : bool, optional
        Take the split of the data set's authors; by default if there is one: a training beside
        a test, or beside a validation alone, which then is the test. What chooses the epoch is
        drawn from their training, by artists, where they have no part for it. Their test stays
        whole; training clips by an artist, or of a sound, that is also in validation or test
        are left out, and likewise validation clips against the test. Music that it does not
        place, as that of a second data set, goes where its artist is, and else is divided by
        artists into the same three parts.
    balance : bool
        In each part keep the same number of clips of each genre.
    known : collection of int, optional
        Tracks that the model already knows, or whose artists it does: they and all that hangs
        together with them can only be for training. Where the official split says otherwise
        they are left out.
    aside : mapping of int to str, optional
        Parts of tracks that the model has been judged by, where they stay; without effect on an
        official split.
    about : collection of str, optional
        Genres that notes are wanted about; all by default.

    Raises
    ------
    FstMuseError
        If there are too few clips or genres, or no official split where one is asked for.
    """
    if min(validation, test) < 0.0 or validation + test >= 1.0:
        raise ValueError(f"shares {validation} and {test} must be 0 or more, below 1 together")
    check_enough(tracks)
    about = {track.genre for track in tracks} if about is None else about
    tracks, more = _with_test(tracks) if official is not False else (tracks, ())
    groups, group_notes = side_groups(tracks, sounds, about)
    shares = {"train": 1.0 - validation - test, "validation": validation, "test": test}
    has_official = {"train", "test"} <= {track.official_part for track in tracks}
    if official and not has_official:
        raise FstMuseError("data set", "it has no official split", "let it be split by artists")
    if has_official if official is None else official:
        split = split_officially(tracks, sounds or {}, shares, seed, known, about)
    else:
        split = split_by_artists(tracks, groups, shares, seed, known, aside or {})
        split = replace(split, notes=group_notes)
    split = _without_copies(tracks, split, sounds or {})
    if balance:
        split = _balanced(tracks, split, groups)
    notes = _notes_about(tracks, groups, split, shares, about)
    return replace(split, notes=(*more, *split.notes, *notes))


def _with_test(tracks: Sequence[Track]) -> tuple[Sequence[Track], tuple[str, ...]]:
    """Return tracks whose validation is the test where there is no other; and that in words."""
    if {track.official_part for track in tracks} - {""} != {"train", "validation"}:
        return tracks, ()
    note = (
        "its authors made parts for training and validation only: the validation is the test, and "
        "the best epoch is chosen on artists drawn from the training"
    )
    return [
        replace(track, official_part="test") if track.official_part == "validation" else track
        for track in tracks
    ], (note,)


def _without_copies(tracks: Sequence[Track], split: Split, sounds: Sounds) -> Split:
    """Return the split with each sound tested once; what an official one places stays whole."""
    copies: dict[int, str] = {}
    for part in ("validation", "test"):
        first: dict[str, int] = {}
        for index in sorted(split.part(part), key=lambda i: str(tracks[i].path)):
            track = tracks[index]
            if track.path not in sounds or track.official_part:
                continue
            original = first.setdefault(sounds[track.path], index)
            if original != index:
                copies[index] = f"a copy of {tracks[original].path.name}"
    if not copies:
        return split
    return replace(
        split,
        validation=tuple(i for i in split.validation if i not in copies),
        test=tuple(i for i in split.test if i not in copies),
        left_out=tuple(sorted({**dict(split.left_out), **copies}.items())),
    )


def _balanced(tracks: Sequence[Track], split: Split, groups: list[list[int]]) -> Split:
    group_of = {i: g for g, group in enumerate(groups) for i in group}
    rng = np.random.default_rng([split.seed, 1])
    rank = {i: r for r, i in enumerate(rng.permutation([*group_of]).tolist())}
    kept: dict[int, str] = {}
    for part in PARTS:
        of_genre: dict[str, list[int]] = defaultdict(list)
        for index in split.part(part):
            of_genre[tracks[index].genre].append(index)
        n = min(map(len, of_genre.values()), default=0)
        for indices in of_genre.values():
            chosen = _from_many_groups(sorted(indices, key=rank.__getitem__), group_of, n)
            kept.update(dict.fromkeys(chosen, part))
    dropped = {i for part in PARTS for i in split.part(part)} - kept.keys()
    left_out = {**dict(split.left_out), **dict.fromkeys(dropped, "left out to balance the genres")}
    result = split_of(kept, left_out, split.method, split.seed)
    return replace(result, balanced=True, notes=split.notes)


def _from_many_groups(indices: list[int], group_of: dict[int, int], n: int) -> list[int]:
    """Return ``n`` of the indices, from as many groups as possible."""
    turn: Counter[int] = Counter()
    turns = {}
    for index in indices:
        turns[index] = turn[group_of[index]]
        turn[group_of[index]] += 1
    return sorted(indices, key=turns.__getitem__)[:n]


@dataclass(frozen=True)
class _GenreUse:
    """The tracks of one genre, and where they ended up.

    ``parts`` are the names of their parts, and ``group_sizes`` counts the tracks of each group.
    """

    genre: str
    tracks: list[Track]
    parts: set[str]
    group_sizes: list[int]


def _notes_about(
    tracks: Sequence[Track],
    groups: list[list[int]],
    split: Split,
    shares: Shares,
    about: Collection[str],
) -> list[str]:
    """Return what to know of a split before believing a test on it, in sentences."""
    notes = []
    for use in _genre_uses(tracks, groups, split, about):
        notes += [*_missing_notes(use, split, shares), *_one_sided_note(use)]
    return [*notes, *_unknown_note(tracks, split), *_left_out_notes(tracks, split)]


def _genre_uses(
    tracks: Sequence[Track], groups: list[list[int]], split: Split, about: Collection[str]
) -> list[_GenreUse]:
    group_of = {i: g for g, group in enumerate(groups) for i in group}
    part_of = split.by_track(len(tracks))
    members: dict[str, list[int]] = defaultdict(list)
    for index, track in enumerate(tracks):
        members[track.genre].append(index)
    return [
        _GenreUse(
            genre,
            [tracks[i] for i in members[genre]],
            {part_of[i] for i in members[genre]} - {""},
            list(Counter(group_of[i] for i in members[genre]).values()),
        )
        for genre in sorted(members.keys() & set(about))
    ]


def _missing_notes(use: _GenreUse, split: Split, shares: Shares) -> list[str]:
    """Return a sentence for each part that has no clips of the genre, or one for all."""
    if not use.parts:
        return [f"{use.genre} is in no part, so it is not learnt"]
    if len(use.group_sizes) == 1 and split.method == "artists":
        clips = counted(len(use.tracks), "clip")
        return [
            f"{use.genre} {_why_undivided(use)}: {clips} for training, and the test says "
            f"nothing about {use.genre}"
        ]
    return [
        f"{use.genre} has no clips for {part}: {_WITHOUT[part]}"
        for part in PARTS
        if part not in use.parts and (shares[part] or split.method == "official")
    ]


def _why_undivided(use: _GenreUse) -> str:
    artists = {lead_key(track.artist) for track in use.tracks}
    if len(artists) > 1 or artists == {""}:
        return "cannot be divided, since shared records or copies join all artists"
    return "is by one artist"


def _one_sided_note(use: _GenreUse) -> list[str]:
    """Return a sentence where most clips of a genre are one group."""
    largest, total = max(use.group_sizes), len(use.tracks)
    if len(use.group_sizes) == 1 or not 2 * largest > total > 2:
        return []
    return [
        f"{largest} of {total} {use.genre} clips are by one artist or joined by records "
        "or duplicates, so what is learnt may be that artist"
    ]


def _unknown_note(tracks: Sequence[Track], split: Split) -> list[str]:
    is_official = split.method == "official"
    unknown = count_unknown(t for t in tracks if not (is_official and t.official_part))
    if not unknown:
        return []
    return [
        f"of {unknown} of {counted(len(tracks), 'clip')} the artist is not known: the same "
        "artist may be in training and in test, which then flatters by 5 to 9 points"
    ]


def _left_out_notes(tracks: Sequence[Track], split: Split) -> list[str]:
    """Return a sentence for each reason for which clips will not be used."""
    notes = []
    if known := sum(reason == KNOWN_ARTIST for _, reason in split.left_out):
        notes.append(
            f"{counted(known, 'clip')} of the official validation and test will not be used: "
            "the model that the training starts from knows the artist"
        )
    moved = [tracks[i] for i, reason in split.left_out if "is also in" in reason]
    official = sum(bool(track.official_part) for track in moved)
    for which, count in (
        ("the official split", official),
        ("the other music", len(moved) - official),
    ):
        if count:
            notes.append(
                f"of {which} {counted(count, 'clip')} with an artist or a sound that is also on "
                "its other side will not be used"
            )
    return notes
