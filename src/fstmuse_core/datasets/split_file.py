"""A split on disk, so that a later run divides the same music alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fstmuse_core.datasets.split import Split
from fstmuse_core.datasets.track import PARTS, Track
from fstmuse_core.system.atomic_write import write_whole
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.strict_json import parse_json
from fstmuse_core.system.wording import counted

_FORMAT = "fstmuse-split"
_VERSION = 1
_MOST_BYTES = 256 * 2**20


def save_split(file: Path, split: Split, tracks: Sequence[Track], root: Path) -> None:
    """Write a split as JSON; tracks are named by their paths below ``root``.

    Raises
    ------
    FstMuseError
        If the file cannot be written.
    """
    names = [_name(track.path, root) for track in tracks]
    values = {
        "format": _FORMAT,
        "version": _VERSION,
        "method": split.method,
        "seed": split.seed,
        "balanced": split.balanced,
        "notes": list(split.notes),
        **{part: [names[i] for i in split.part(part)] for part in PARTS},
        "left_out": {names[i]: reason for i, reason in split.left_out},
    }
    text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
    write_whole(file, lambda stream: stream.write(text.encode("utf-8", "surrogateescape")))


def load_split(file: Path, tracks: Sequence[Track], root: Path) -> Split:
    """Read a split; the data set may have changed since, which is said in its notes.

    Tracks that are new are left out, so that the test stays what it was.

    Raises
    ------
    FstMuseError
        If the file cannot be read, is no split, or is one of other music.
    """
    try:
        values = parse_json(read_regular(file, _MOST_BYTES).decode("utf-8", "surrogateescape"))
        if values["format"] != _FORMAT or values["version"] != _VERSION:
            raise ValueError("another format")
        part_of = {name: part for part in PARTS for name in values[part]}
        left_out = dict(values["left_out"])
        split = Split(
            (),
            (),
            (),
            method="official" if values["method"] == "official" else "artists",
            seed=int(values["seed"]),
            balanced=bool(values["balanced"]),
            notes=tuple(map(str, values["notes"])),
        )
    except OSError as error:
        raise FstMuseError(file, f"it cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FstMuseError(file, "it is damaged or not a split", "make the split anew") from error
    names = {_name(track.path, root): index for index, track in enumerate(tracks)}
    if part_of.keys().isdisjoint(names):
        raise FstMuseError(file, "it is the split of other music", "name the music it was made of")
    gone = len(part_of.keys() - names.keys())
    new = [name for name in names if name not in part_of and name not in left_out]
    left_out.update(dict.fromkeys(new, "it is new since the split was made"))
    notes = list(split.notes)
    if gone:
        notes.append(f"no longer there since the split was made: {counted(gone, 'clip')}")
    if new:
        notes.append(f"new since the split was made, and left out: {counted(len(new), 'clip')}")
    train, validation, test = (
        tuple(sorted(i for name, i in names.items() if part_of.get(name) == part)) for part in PARTS
    )
    reasons = sorted((names[name], str(why)) for name, why in left_out.items() if name in names)
    return replace(
        split,
        train=train,
        validation=validation,
        test=test,
        left_out=tuple(reasons),
        notes=tuple(notes),
    )


def _name(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()
