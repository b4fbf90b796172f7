"""What to know of a split before believing a test on it, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from fstmuse_core.datasets.groups import count_unknown, lead_key
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.datasets.split import Split

# Why a track of the official validation or test is left out.
HEARD = "the model that the training starts from knows its artist"
_MEANING = {
    "train": "it is not learnt",
    "validation": "it has no say in when to stop",
    "test": "the test says nothing about it",
}


def others_note(others: int, total: int) -> tuple[str, ...]:
    """What is to know where an official split places only some of the clips, if it does."""
    if not others:
        return ()
    note = (
        f"of {counted(total, 'clip')} the official split places {total - others}; the others are "
        "divided by artists, so the test is not only the official one"
    )
    return (note,)


def notes_about(
    tracks: Sequence[Track],
    groups: list[list[int]],
    split: Split,
    shares: dict[str, float],
    about: Collection[str],
) -> list[str]:
    """What to know before believing a test.

    Parameters
    ----------
    tracks : sequence of Track
    groups : list of list of int
        Tracks that stay together.
    split : Split
    shares : dict of str to float
        What each part was to get of each genre.
    about : collection of str
        Genres that notes are wanted about.
    """
    notes = []
    group_of = {i: g for g, group in enumerate(groups) for i in group}
    part_of = split.by_track(len(tracks))
    for genre in sorted({track.genre for track in tracks} & set(about)):
        members = [i for i, track in enumerate(tracks) if track.genre == genre]
        sources = Counter(group_of[i] for i in members)
        parts = {part_of[i] for i in members}
        if not parts - {""}:
            notes.append(f"{genre} is in no part, so it is not learnt")
        elif len(sources) == 1 and split.method == "artists":
            known = {lead_key(tracks[i].artist) for i in members}
            who = "is by one artist"
            if len(known) > 1 or known == {""}:
                who = "cannot be divided, since shared records or copies join all artists"
            notes.append(
                f"{genre} {who}: {counted(len(members), 'clip')} for training, and the test says "
                f"nothing about {genre}"
            )
        else:
            notes += [
                f"{genre} has no clips for {part}: {_MEANING[part]}"
                for part in ("train", "validation", "test")
                if part not in parts and (shares[part] or split.method == "official")
            ]
        largest = max(sources.values())
        if len(sources) > 1 and 2 * largest > len(members) > 2:
            notes.append(
                f"{largest} of {len(members)} {genre} clips are by one artist or joined by records "
                "or duplicates, so what is learnt may be that artist"
            )
    is_official = split.method == "official"
    unknown = count_unknown(t for t in tracks if not (is_official and t.official_part))
    if unknown:
        notes.append(
            f"of {unknown} of {counted(len(tracks), 'clip')} the artist is not known: the same "
            "artist may be in training and in test, which then flatters by 5 to 9 points"
        )
    if n_heard := sum(reason == HEARD for _, reason in split.left_out):
        notes.append(
            f"{counted(n_heard, 'clip')} of the official validation and test will not be used: "
            "the model that the training starts from knows the artist"
        )
    moved = [tracks[i] for i, reason in split.left_out if "is also in" in reason]
    n_official = sum(bool(track.official_part) for track in moved)
    for which, count in (
        ("the official split", n_official),
        ("the other music", len(moved) - n_official),
    ):
        if count:
            notes.append(
                f"of {which} {counted(count, 'clip')} with an artist or a sound that is also on "
                "its other side will not be used"
            )
    return notes
