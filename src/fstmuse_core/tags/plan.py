"""Plan of what is written into which file, and why some are left alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from fstmuse_core import __version__
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import percent
from fstmuse_core.tags.extras import FIELDS, WORDS, Extras, chosen_extras, reasons
from fstmuse_core.tags.file_access import Stamp, obstacle, reason_for
from fstmuse_core.tags.formats import TagFile, open_tags
from fstmuse_core.tags.genres import canonical_genre, useful_genres
from fstmuse_core.tags.my_genres import MyGenres
from fstmuse_core.tags.proof import foresee
from fstmuse_core.tags.tag_containers import PartKind
from fstmuse_core.tags.tag_file import same_genres

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]
# Calls what it is given for each file, and gives what comes out of it in their order; an
# error in its place is why that file is left alone.
Each = Callable[
    [Callable[["FileGenres"], "Change"], Iterable["FileGenres"]], Iterator["Change | Exception"]
]


# Programs of the time take the one or the other; by the zero of ID3v2.4 they show the first.
SEPARATORS = ("\0", ";", "/")
_NO_GENRES = "the tags asked for are there or unknown"


class Mode(StrEnum):
    """Treatment of the genres that a file has."""

    ONLY_IF_EMPTY = "only-if-empty"
    REPLACE = "replace"
    APPEND = "append"


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules by which genres are chosen and written.

    Attributes
    ----------
    mode : Mode
    at_least : float
        Probability, 0 to 1, below which a file is left alone.
    most : int
        Most genres that a file may get, 1 and up.
    also_at_least : float
        Probability, 0 to 1, that each genre after the first needs.
    unsure : bool
        Take the likeliest genre also where the verdict is "not sure".
    note : bool
        Write beside the genre which model said so, and how sure it was.
    separator : str
        Between several genres in ID3 before version 2.4, one of :data:`SEPARATORS`.
    genres : bool
        Write genres at all.
    extras : tuple of str
        Other tags to write, of :data:`~fstmuse_core.tags.extras.FIELDS`; those that a file has
        stay unless the mode is to replace.
    mine : MyGenres
        The user's own names of genres, and the only ones that are written.
    """

    mode: Mode = Mode.ONLY_IF_EMPTY
    at_least: float = 0.0
    most: int = 1
    also_at_least: float = 0.25
    unsure: bool = False
    note: bool = True
    separator: str = "\0"
    genres: bool = True
    extras: tuple[str, ...] = ()
    mine: MyGenres = field(default_factory=MyGenres)


@dataclass(frozen=True, slots=True)
class FileGenres:
    """Genres of one file by a model and the user, and what was measured of it.

    Attributes
    ----------
    path : Path
    scores : mapping of str to float
        Probability of each genre; empty if there is no answer.
    is_sure : bool
        True if the verdict names a genre.
    model, model_sha256 : str
        The model's name and hash.
    said : str
        The genre that the user gave or confirmed; it counts more than the model's.
    extras : mapping of str to str
        Values of other tags by their names.
    """

    path: Path
    scores: Mapping[str, float]
    is_sure: bool = True
    model: str = ""
    model_sha256: str = ""
    said: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One file's line of the plan.

    Attributes
    ----------
    path : Path
        As it was given.
    old, new : tuple of str
        Genres before and after; the same where ``skipped`` says why.
    note : str
        Note on their origin that is written beside the genres; may be empty.
    skipped : str
        Reason the file is left alone; empty where it is not.
    is_broken : bool
        True where it is left alone because looking at it crashed or was given up.
    remark : str
        Further remark on a file that is changed.
    target : Path
        The file itself, where ``path`` is a link.
    stamp : Stamp or None
        Stamp by which a change of the file after the preview is noticed.
    links : tuple of Path
        Other names of the very same file that were given too; they stay names of it.
    separator : str
        Between several genres in ID3 before version 2.4.
    keeps_genres : bool
        True where only ``extras`` are written.
    extras, old_extras : tuple of (str, str)
        Other tags that are written, and those of their names that the file has.
    """

    path: Path
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    note: str = ""
    skipped: str = ""
    is_broken: bool = False
    remark: str = ""
    target: Path = field(default_factory=Path)
    stamp: Stamp | None = None
    links: tuple[Path, ...] = ()
    separator: str = "\0"
    keeps_genres: bool = False
    extras: Extras = ()
    old_extras: Extras = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "path": str(self.path),
            "old": list(self.old),
            "new": list(self.new),
            "note": self.note,
            "skipped": self.skipped or None,
            "remark": self.remark or None,
            "tags": {
                name: {"old": dict(self.old_extras).get(name), "new": value}
                for name, value in self.extras
            },
        }

    def extras_words(self) -> str:
        """Other tags for people: "BPM 120, key Am > F#"."""
        old = dict(self.old_extras)
        parts = (
            f"{WORDS[name]} " + (f"{one_line(old[name])} > " if name in old else "") + value
            for name, value in self.extras
        )
        return ", ".join(parts)


def plan_changes(
    files: Iterable[FileGenres],
    policy: Policy,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    each: Each = map,
) -> list[Change]:
    """Plan what to write into each file; nothing is written yet.

    Parameters
    ----------
    files : iterable of FileGenres
    policy : Policy
    progress : callable, optional
        Called with files read and files in all.
    cancelled : callable, optional
        Asked before each file; if it says so the plan ends there.
    each : callable, optional
        Function that goes through the files; may have other processes look at them.

    Returns
    -------
    list of Change
        One for each file, in their order.
    """
    files = list(files)
    changes: list[Change] = []
    seen: dict[tuple[int, int], int] = {}
    planned = each(partial(_plan, policy=policy), files)
    for index, file in enumerate(files):
        if cancelled and cancelled():
            break
        change = next(planned)
        if isinstance(change, Exception):
            change = Change(file.path, skipped=reason_for(change), is_broken=True)
        if change.stamp and not change.skipped:
            first = seen.setdefault(change.stamp.identity, index)
            if first != index:
                changes[first], change = _as_one(changes[first], change)
        changes.append(change)
        if progress:
            progress(index + 1, len(files))
    return [_with_remark(change) for change in changes]


def _plan(file: FileGenres, policy: Policy) -> Change:
    file, theirs = _with_my_names(file, policy)
    genres, why = _wanted(file, policy) if policy.genres else ((), _NO_GENRES)
    why = theirs if theirs and not genres and policy.genres else why
    if why and not (policy.extras and file.extras):
        if not policy.genres:
            return Change(file.path, skipped="nothing is known to write")
        return Change(file.path, skipped=why + ("; nothing else is known" if policy.extras else ""))
    target = Path(os.path.realpath(file.path))
    old: tuple[str, ...] = ()
    try:
        stamp = Stamp.of(target)
        if barred := obstacle(target):
            return Change(file.path, skipped=barred)
        tags = open_tags(target)
        old = tags.genres
        new, why = ((), why) if why else _merged(tags, genres, policy.mode)
        extras, present, others = _extras(tags, file, policy)
        if why and not extras:
            reasons = [why] if policy.genres else []
            return Change(file.path, old, old, skipped="; ".join([*reasons, *others]) or why)
        note = _note(file, genres) if policy.note and not why else ""
        foresee(target, tags, None if why else new, note, policy.separator, extras)
    except (FstMuseError, OSError) as error:
        return Change(file.path, old, old, skipped=reason_for(error))
    return Change(
        file.path,
        old,
        old if why else new,
        note,
        remark="; ".join(filter(None, (theirs, _said_elsewhere(tags)))) if not why else _stays(why),
        target=target,
        stamp=stamp,
        separator=policy.separator,
        keeps_genres=bool(why),
        extras=extras,
        old_extras=present,
    )


def _stays(why: str) -> str:
    return "" if why == _NO_GENRES else f"its genre stays: {why}"


def _with_my_names(file: FileGenres, policy: Policy) -> tuple[FileGenres, str]:
    """The file with genres as the user calls them, and what to say of its likeliest one."""
    if not policy.mine:
        return file, ""
    likeliest = file.said or max(file.scores, key=lambda name: file.scores[name], default="")
    name = policy.mine.name(likeliest) if likeliest else None
    if likeliest and name is None:
        return replace(file, scores={}, said=""), f"{likeliest} is not among your genres"
    scores = policy.mine.scores(file.scores)
    words = f"{likeliest} is {name} by your genres" if name != likeliest and name else ""
    return replace(file, scores=scores, said=name or "" if file.said else ""), words


def _extras(
    tags: TagFile, file: FileGenres, policy: Policy
) -> tuple[Extras, Extras, tuple[str, ...]]:
    """Other tags that a file gets, those of their names that it has, and why others are not."""
    if not policy.extras:
        return (), (), ()
    wanted = dict(tags.fitting(tuple(file.extras.items())))
    names = (*wanted, *(name for field in policy.extras for name in FIELDS[field]))
    present = tags.extras(names)
    is_replaced = policy.mode is Mode.REPLACE
    extras = chosen_extras(wanted, present, policy.extras, replace=is_replaced)
    old = tuple((name, present[name]) for name, _ in extras if name in present)
    return extras, old, reasons(wanted, present, policy.extras, replace=is_replaced)


def _said_elsewhere(tags: TagFile) -> str:
    """Say where a file names other genres than those that are shown."""
    others = [field for field in tags.fields if not same_genres(field.genres, tags.genres)]
    found = [f"{field.where} says {one_line('; '.join(field.genres))}" for field in others]
    return f"{', '.join(found)}; that is changed too" if found else ""


def _wanted(file: FileGenres, policy: Policy) -> tuple[tuple[str, ...], str]:
    """The genres for a file, or why there are none."""
    ranked = sorted(file.scores.items(), key=lambda item: -item[1])
    if file.said:
        ranked = [(file.said, 1.0), *(item for item in ranked if item[0] != file.said)]
    elif not ranked or ranked[0][1] <= 0.0:
        return (), "nothing was heard in it"
    elif not (file.is_sure or policy.unsure):
        return (), "the model is not sure"
    elif ranked[0][1] < policy.at_least:
        return (), f"only {percent(ranked[0][1])} sure, less than {percent(policy.at_least)}"
    others = [name for name, score in ranked[1 : policy.most] if score >= policy.also_at_least]
    return (ranked[0][0], *others), ""


def _merged(tags: TagFile, genres: tuple[str, ...], mode: Mode) -> tuple[tuple[str, ...], str]:
    """The genres that the file gets, or why it stays as it is."""
    useful = useful_genres(tags.genres)
    if mode is Mode.ONLY_IF_EMPTY and useful:
        return (), f"it has a genre: {one_line('; '.join(useful))}"
    if mode is Mode.APPEND:
        # ID3v1 knows few genres, and has the nearest.
        fields = [field.genres for field in tags.fields if field.where != PartKind.ID3V1]
        elsewhere = [name for names in fields for name in useful_genres(names)]
        kept = tuple(dict.fromkeys((*useful, *elsewhere)))
        known = {canonical_genre(part) or part.casefold() for n in kept for part in _parts(n)}
        genres = (*kept, *(name for name in genres if name not in known))
    return ((), "it says so already") if tags.says(genres) else (genres, "")


def _parts(name: str) -> list[str]:
    return [name, *(part.strip() for part in re.split(r"[;,|/\\\0]", name))]


def _note(file: FileGenres, genres: tuple[str, ...]) -> str:
    """Such as "Rock 0.84, Pop 0.31; fst-muse 1a2b3c4d; FstMuse 0.4.0"."""
    scored = [
        name if name == file.said else f"{name} {file.scores.get(name, 0.0):.2f}" for name in genres
    ]
    by = f"{file.model} {file.model_sha256[:8]}".strip()
    said = "said by the listener" if file.said else ""
    parts = (", ".join(scored), said, "" if said and len(genres) == 1 else by)
    return "; ".join([*filter(None, parts), f"FstMuse {__version__}"])


def _as_one(first: Change, second: Change) -> tuple[Change, Change]:
    """Two names of one file: it is changed once, under the first."""
    if first.target != second.target and second.target not in first.links:
        first = replace(first, links=(*first.links, second.target))
    why = f"it is the same file as {one_line(str(first.path))}, and is changed there"
    return first, Change(second.path, second.old, second.old, skipped=why)


def _with_remark(change: Change) -> Change:
    if change.skipped or change.stamp is None:
        return change
    others = change.stamp.names - 1 - len(change.links)
    if others <= 0:
        return change
    names = "another name" if others == 1 else f"{others} other names"
    links = f"it has {names} elsewhere (hard links); there the old tags stay"
    return replace(change, remark="; ".join(filter(None, (change.remark, links))))
