"""A data set's division into training, validation and test, with every artist on one side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fstmuse_core.datasets.groups import Sounds, connected_tracks, side_bonds
from fstmuse_core.datasets.split_notes import HEARD, notes_about, others_note
from fstmuse_core.datasets.track import PARTS, Track
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import counted

Method = Literal["official", "artists"]
# Fewer clips than these say nothing, however they are divided.
FEWEST_CLIPS = 10
# Parts in the order in which what stands in two of them is kept.
_BY_TRUST = ("test", "validation", "train")
# Parts in the order in which a genre with few artists gets them.
_NEED = ("train", "test", "validation")


@dataclass(frozen=True)
class Split:
    """Which tracks are for what.

    Attributes
    ----------
    train, validation, test : tuple of int
        Indices into the tracks, rising.
    left_out : tuple of (int, str)
        Tracks in no part, each with the reason.
    method : str
        ``"official"`` if the data set's authors made it, ``"artists"`` if it was made here.
    seed : int
    balanced : bool
        Whether each part holds the same number of clips of each genre.
    notes : tuple of str
        What to know before believing a test on it.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    left_out: tuple[tuple[int, str], ...] = ()
    method: Method = "artists"
    seed: int = 0
    balanced: bool = False
    notes: tuple[str, ...] = ()

    def part(self, name: str) -> tuple[int, ...]:
        """Indices of ``"train"``, ``"validation"`` or ``"test"``."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]

    def by_track(self, count: int) -> list[str]:
        """Name of each of ``count`` tracks' part, empty for those left out."""
        names = [""] * count
        for name in PARTS:
            for index in self.part(name):
                names[index] = name
        return names


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
    """What is wrong with music of which nothing can be held back for ``part``."""
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
    heard: Collection[int] = (),
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
        Take the split of the data set's authors; by default if there is one. Their test stays
        whole; training clips by an artist, or of a sound, that is also in validation or test
        are left out, and likewise validation clips against the test. Music that it does not
        place, as that of a second data set, goes where its artist is, and else is divided by
        artists into the same three parts.
    balance : bool
        In each part keep the same number of clips of each genre.
    heard : collection of int, optional
        Tracks that the model already knows, or whose artists it does: they and all that hangs
        together with them can only be for training. Where the official split says otherwise
        they are left out.
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
    groups, group_notes = _groups(tracks, sounds, about)
    shares = {"train": 1.0 - validation - test, "validation": validation, "test": test}
    has_official = {"train", "test"} <= {track.official_part for track in tracks}
    if official and not has_official:
        raise FstMuseError("data set", "it has no official split", "let it be split by artists")
    if has_official if official is None else official:
        split = _official(tracks, sounds or {}, shares, seed, heard, about)
    else:
        split = replace(_by_artists(tracks, groups, shares, seed, heard), notes=group_notes)
    split = _without_copies(tracks, split, sounds or {})
    if balance:
        split = _balanced(tracks, split, groups)
    return replace(split, notes=(*split.notes, *notes_about(tracks, groups, split, shares, about)))


def _groups(
    tracks: Sequence[Track], sounds: Sounds | None, about: Collection[str]
) -> tuple[list[list[int]], tuple[str, ...]]:
    """Groups that stay together; records join artists unless nearly all then hang together."""
    joined = connected_tracks(tracks, sounds)
    apart = connected_tracks(tracks, sounds, records=False)
    with_records, without = _largest_shares(tracks, joined), _largest_shares(tracks, apart)
    tangled = [g for g in sorted(with_records) if with_records[g] > 0.5 >= without[g]]
    if not tangled:
        return joined, ()
    # Said also where it is about other music only: records of the rest stand on two sides, too.
    named = [genre for genre in tangled if genre in about]
    note = (
        f"records with several artists would join more than half of "
        f"{', '.join(named) or 'the other music'}: only artists and copies are kept on one side"
    )
    return apart, (note,)


def _largest_shares(tracks: Sequence[Track], groups: list[list[int]]) -> dict[str, float]:
    """What share of each genre its largest group holds."""
    totals = Counter(track.genre for track in tracks)
    largest: dict[str, float] = defaultdict(float)
    for group in groups:
        for genre, count in Counter(tracks[i].genre for i in group).items():
            largest[genre] = max(largest[genre], count / totals[genre])
    return largest


def _from_parts(
    parts: dict[int, str], left_out: dict[int, str], method: Method, seed: int
) -> Split:
    train, validation, test = (
        tuple(index for index in sorted(parts) if parts[index] == name) for name in PARTS
    )
    aside = tuple(sorted(left_out.items()))
    return Split(train, validation, test, aside, method=method, seed=seed)


def _official(
    tracks: Sequence[Track],
    sounds: Sounds,
    shares: dict[str, float],
    seed: int,
    heard: Collection[int],
    about: Collection[str],
) -> Split:
    parts: dict[int, str] = {}
    left_out: dict[int, str] = {}
    taken: dict[tuple[str, str], str] = {}

    def sides(index: int) -> dict[tuple[str, str], str]:
        return {b: taken[b] for b in side_bonds(tracks[index], sounds) if b in taken}

    def place(index: int, part: str) -> None:
        if part != "train" and index in heard:
            left_out[index] = HEARD
            return
        clash = next((b for b, side in sides(index).items() if side != part), None)
        if clash:
            what = "its sound" if clash[0] == "sound" else "its artist"
            left_out[index] = f"{what} is also in {taken[clash]}"
            return
        parts[index] = part
        for bond in side_bonds(tracks[index], sounds):
            taken.setdefault(bond, part)

    # From test to training, so that what stands on both sides leaves the training.
    for part in _BY_TRUST:
        for index in (i for i, track in enumerate(tracks) if track.official_part == part):
            place(index, part)

    others = [i for i, track in enumerate(tracks) if not track.official_part]
    groups, notes = _groups([tracks[i] for i in others], sounds, about)
    free = []
    for group in ([others[i] for i in group] for group in groups):
        drawn = {i: next((p for p in _BY_TRUST if p in sides(i).values()), None) for i in group}
        wanted = [part for part in _BY_TRUST if part in drawn.values()]
        if not wanted:
            free.append(group)
        # Those with a bond of their own first; a record's other tracks then follow them.
        for part in wanted:
            for index in (i for i in group if drawn[i] == part):
                place(index, part)
        for index in (i for i in group if wanted and drawn[i] is None):
            place(index, next(iter(sides(index).values()), wanted[0]))
    order = [i for group in free for i in group]
    at = {index: n for n, index in enumerate(order)}
    new = _by_artists(
        [tracks[i] for i in order],
        [[at[i] for i in group] for group in free],
        shares,
        seed,
        {at[i] for i in heard if i in at},
    )
    parts.update({order[n]: name for name in PARTS for n in new.part(name)})
    split = _from_parts(parts, left_out, "official", seed)
    return replace(split, notes=(*notes, *others_note(len(others), len(tracks))))


def _by_artists(
    tracks: Sequence[Track],
    groups: list[list[int]],
    shares: dict[str, float],
    seed: int,
    heard: Collection[int],
) -> Split:
    rng = np.random.default_rng(seed)
    counts = [Counter(tracks[i].genre for i in group) for group in groups]
    order = sorted(rng.permutation(len(groups)).tolist(), key=lambda g: -len(groups[g]))
    totals = Counter(track.genre for track in tracks)
    held: dict[str, Counter[str]] = {part: Counter() for part in PARTS}
    side: dict[int, str] = {}

    def put(group: int, part: str) -> None:
        side[group] = part
        held[part].update(counts[group])

    for g, group in enumerate(groups):
        if any(i in heard for i in group):
            put(g, "train")
    groups_of = {genre: [g for g in order if genre in counts[g]] for genre in totals}
    for genre in sorted(totals, key=lambda genre: (len(groups_of[genre]), genre)):
        for part in _NEED:
            free = [g for g in groups_of[genre] if g not in side]
            if not free or held[part][genre] or not shares[part]:
                continue
            wanted = shares[part] * totals[genre]
            put(min(free, key=lambda g: abs(counts[g][genre] - wanted)), part)

    def cost(group: int, part: str) -> float:
        """How much farther from its shares the part is with the group than without."""
        change = 0.0
        for genre, n in counts[group].items():
            before = held[part][genre] / totals[genre] - shares[part]
            change += (before + n / totals[genre]) ** 2 - before**2
        return change

    for group in order:
        if group not in side:
            used = [part for part in PARTS if shares[part]]
            put(group, min(used, key=lambda part: cost(group, part)))
    parts = {i: side[g] for g, group in enumerate(groups) for i in group}
    return _from_parts(parts, {}, "artists", seed)


def _without_copies(tracks: Sequence[Track], split: Split, sounds: Sounds) -> Split:
    """The same with each sound tested once; what an official split places stays whole."""
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
            chosen = _from_many(sorted(indices, key=rank.__getitem__), group_of, n)
            kept.update(dict.fromkeys(chosen, part))
    dropped = {i for part in PARTS for i in split.part(part)} - kept.keys()
    left_out = {**dict(split.left_out), **dict.fromkeys(dropped, "left out to balance the genres")}
    result = _from_parts(kept, left_out, split.method, split.seed)
    return replace(result, balanced=True, notes=split.notes)


def _from_many(indices: list[int], group_of: dict[int, int], n: int) -> list[int]:
    """``n`` of the indices, from as many groups as possible."""
    turn: Counter[int] = Counter()
    turns = {}
    for index in indices:
        turns[index] = turn[group_of[index]]
        turn[group_of[index]] += 1
    return sorted(indices, key=turns.__getitem__)[:n]
