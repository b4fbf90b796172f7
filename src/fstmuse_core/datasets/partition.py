"""Partition of a data set into training, validation and test, by its authors or by artists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fstmuse_core.datasets.groups import Sounds, side_bonds, side_groups
from fstmuse_core.datasets.track import PARTS, Track
from fstmuse_core.system.wording import counted

Method = Literal["official", "artists"]
# Wanted share of the clips of each genre, for each part.
Shares = Mapping[str, float]
# Why a track of the official validation or test is left out.
KNOWN_ARTIST = "the model that the training starts from knows its artist"
# Parts in the order in which what stands in two of them is kept.
_BY_TRUST = ("test", "validation", "train")
# Parts in the order in which a genre with few artists gets them.
_BY_NEED = ("train", "test", "validation")


@dataclass(frozen=True)
class Split:
    """Tracks for training, validation and test.

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
        True if each part holds the same number of clips of each genre.
    notes : tuple of str
        Cautions about a test on it.
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


def split_of(
    parts: Mapping[int, str], left_out: Mapping[int, str], method: Method, seed: int
) -> Split:
    """Return the split in which each track of ``parts`` has the part of that name."""
    train, validation, test = (
        tuple(index for index in sorted(parts) if parts[index] == name) for name in PARTS
    )
    aside = tuple(sorted(left_out.items()))
    return Split(train, validation, test, aside, method=method, seed=seed)


def split_by_artists(
    tracks: Sequence[Track],
    groups: Sequence[Sequence[int]],
    shares: Shares,
    seed: int,
    known: Collection[int],
    aside: Mapping[int, str],
) -> Split:
    """Divide groups of tracks so that each part gets about its share of each genre.

    ``known`` holds tracks that the model already knows: their groups are for training.
    ``aside`` gives the parts of tracks that it has been judged by, where they stay.
    """
    rng = np.random.default_rng(seed)
    order = sorted(rng.permutation(len(groups)).tolist(), key=lambda g: -len(groups[g]))
    division = _Division(tracks, groups, shares)
    for number, group in enumerate(groups):
        if any(i in known for i in group):
            division.put(number, "train")
        elif places := sorted(aside[i] for i in group if i in aside):
            division.put(number, places[0])
    division.give_each_genre_its_parts(order)
    division.put_the_rest(order)
    parts = {i: division.part_of[g] for g, group in enumerate(groups) for i in group}
    return split_of(parts, {}, "artists", seed)


class _Division:
    """Parts that groups get one after the other, and the clips that each part holds so far."""

    def __init__(
        self, tracks: Sequence[Track], groups: Sequence[Sequence[int]], shares: Shares
    ) -> None:
        self._shares = shares
        self._counts = [Counter(tracks[i].genre for i in group) for group in groups]
        self._totals = Counter(track.genre for track in tracks)
        self._held: dict[str, Counter[str]] = {part: Counter() for part in PARTS}
        self.part_of: dict[int, str] = {}

    def put(self, group: int, part: str) -> None:
        self.part_of[group] = part
        self._held[part].update(self._counts[group])

    def give_each_genre_its_parts(self, order: Sequence[int]) -> None:
        """Give each part a group of each genre, as far as they go; genres with few come first."""
        groups_of = {
            genre: [g for g in order if genre in self._counts[g]] for genre in self._totals
        }
        for genre in sorted(self._totals, key=lambda genre: (len(groups_of[genre]), genre)):
            for part in _BY_NEED:
                if self._shares[part] and not self._held[part][genre]:
                    self._put_nearest(genre, groups_of[genre], part)

    def _put_nearest(self, genre: str, groups: Sequence[int], part: str) -> None:
        """Put the free group there that comes nearest to the share of the genre."""
        free = [g for g in groups if g not in self.part_of]
        wanted = self._shares[part] * self._totals[genre]
        if free:
            self.put(min(free, key=lambda g: abs(self._counts[g][genre] - wanted)), part)

    def put_the_rest(self, order: Sequence[int]) -> None:
        """Put each free group where it takes the parts nearest to their shares."""
        used = [part for part in PARTS if self._shares[part]]
        for group in order:
            if group not in self.part_of:
                costs = {part: self._cost(group, part) for part in used}
                self.put(group, min(used, key=costs.__getitem__))

    def _cost(self, group: int, part: str) -> float:
        """Return how much farther from its shares the part is with the group than without."""
        change = 0.0
        for genre, n in self._counts[group].items():
            before = self._held[part][genre] / self._totals[genre] - self._shares[part]
            change += (before + n / self._totals[genre]) ** 2 - before**2
        return change


def split_officially(
    tracks: Sequence[Track],
    sounds: Sounds,
    shares: Shares,
    seed: int,
    known: Collection[int],
    about: Collection[str],
) -> Split:
    """Take the split of the data set's authors, and divide what it does not place.

    Where an artist or a sound stands on two sides, the test keeps it and the training loses it.
    ``known`` holds tracks that the model already knows: they stay out of validation and test.
    """
    placement = _Placement(tracks, sounds, known)
    for part in _BY_TRUST:
        for index in (i for i, track in enumerate(tracks) if track.official_part == part):
            placement.place(index, part)
    others = [i for i, track in enumerate(tracks) if not track.official_part]
    numbered, notes = side_groups([tracks[i] for i in others], sounds, about)
    groups = [[others[i] for i in group] for group in numbered]
    free = [group for group in groups if not placement.place_group(group)]
    placement.parts.update(_divided(tracks, free, shares, seed, known))
    if all(track.official_part != "validation" for track in tracks):
        inside = [i for i, part in placement.parts.items() if part == "train" and i not in others]
        placement.parts.update(_drawn_validation(tracks, inside, sounds, shares, seed, known))
    split = split_of(placement.parts, placement.left_out, "official", seed)
    return replace(split, notes=(*notes, *_others_note(len(others), len(tracks))))


class _Placement:
    """Parts that tracks get one after the other, none where another side has its artist or sound.

    Attributes
    ----------
    parts : dict of int to str
    left_out : dict of int to str
        Tracks that could not have the part they were given, with the reason.
    """

    def __init__(self, tracks: Sequence[Track], sounds: Sounds, known: Collection[int]) -> None:
        self._tracks, self._sounds, self._known = tracks, sounds, known
        self._part_with: dict[tuple[str, str], str] = {}
        self.parts: dict[int, str] = {}
        self.left_out: dict[int, str] = {}

    def place(self, index: int, part: str) -> None:
        if part != "train" and index in self._known:
            self.left_out[index] = KNOWN_ARTIST
            return
        clash = next(((b, p) for b, p in self._bound_to(index).items() if p != part), None)
        if clash:
            (kind, _), other = clash
            what = "its sound" if kind == "sound" else "its artist"
            self.left_out[index] = f"{what} is also in {other}"
            return
        self.parts[index] = part
        for bond in side_bonds(self._tracks[index], self._sounds):
            self._part_with.setdefault(bond, part)

    def place_group(self, group: Sequence[int]) -> bool:
        """Place a group where its artists and sounds are; False where no part has any of them."""
        drawn = {index: self._most_trusted(index) for index in group}
        wanted = [part for part in _BY_TRUST if part in drawn.values()]
        # Those with a bond of their own first; a record's other tracks then follow them.
        for part in wanted:
            for index in (i for i in group if drawn[i] == part):
                self.place(index, part)
        for index in (i for i in group if wanted and not drawn[i]):
            self.place(index, next(iter(self._bound_to(index).values()), wanted[0]))
        return bool(wanted)

    def _most_trusted(self, index: int) -> str:
        bound = self._bound_to(index).values()
        return next((part for part in _BY_TRUST if part in bound), "")

    def _bound_to(self, index: int) -> dict[tuple[str, str], str]:
        """Return the parts that have the track's artist or sound, by what they have of it."""
        bonds = side_bonds(self._tracks[index], self._sounds)
        return {bond: self._part_with[bond] for bond in bonds if bond in self._part_with}


def _divided(
    tracks: Sequence[Track],
    groups: Sequence[Sequence[int]],
    shares: Shares,
    seed: int,
    known: Collection[int],
) -> dict[int, str]:
    """Return the part of each track of ``groups``, which hold some of the tracks only."""
    order = [i for group in groups for i in group]
    at = {index: n for n, index in enumerate(order)}
    split = split_by_artists(
        [tracks[i] for i in order],
        [[at[i] for i in group] for group in groups],
        shares,
        seed,
        {at[i] for i in known if i in at},
        {},
    )
    return {order[n]: name for name in PARTS for n in split.part(name)}


def _drawn_validation(
    tracks: Sequence[Track],
    inside: Sequence[int],
    sounds: Sounds,
    shares: Shares,
    seed: int,
    known: Collection[int],
) -> dict[int, str]:
    """Return the parts of an official training of which some artists are to choose the epoch."""
    numbered, _ = side_groups([tracks[i] for i in inside], sounds, frozenset())
    share = shares["validation"] / (shares["train"] + shares["validation"])
    groups = [[inside[i] for i in group] for group in numbered]
    within = {"train": 1.0 - share, "validation": share, "test": 0.0}
    return _divided(tracks, groups, within, seed, known)


def _others_note(others: int, total: int) -> tuple[str, ...]:
    if not others:
        return ()
    note = (
        f"of {counted(total, 'clip')} the official split places {total - others}; the others are "
        "divided by artists, so the test is not only the official one"
    )
    return (note,)
