"""Proof that a file's new version differs in its genre alone, and what can be told beforehand."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np

from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.errors import AudioError
from fstmuse_core.tags.extras import Extras, names_of
from fstmuse_core.tags.formats import TagError, TagFile, open_tags
from fstmuse_core.tags.spans import audio_digest
from fstmuse_core.tags.tag_file import Genres

# Left free on the disk, for what others are writing.
_SPARE = 1 << 20
# What is decoded of a file before and after: its start, and a piece towards its end.
_COMPARED_S = 0.5
_FAR = 0.9

_Sound = tuple[float, int, int, FloatArray]


def foresee(
    target: Path,
    tags: TagFile,
    genres: Genres,
    note: str,
    separator: str = "\0",
    extras: Extras = (),
) -> None:
    """Raise what making a new version of ``target`` would raise, as far as can be told.

    Nothing is written.

    Raises
    ------
    OSError
        If the disk has no room for a second version, or the file cannot be read.
    TagError
        If the tags cannot be changed, or the file does not play.
    """
    require_space(target)
    tags.check(genres, note, separator, extras)
    _some_sound(target)


def prove(
    target: Path, copy: Path, before: object, genres: Genres, note: str, extras: Extras = ()
) -> None:
    """Raise ``TagError`` unless ``copy`` has the new tags, and all else is as in ``target``."""
    tags: TagFile = open_tags(copy)
    names = names_of(extras)
    if genres is None:
        old = open_tags(target)
        is_read = (tags.provenance, tags.fields) == (old.provenance, old.fields)
    else:
        is_read = tags.provenance == note and tags.says(genres)
    if not is_read:
        raise _refused(target, "the new genre did not read back")
    if tags.extras(names) != dict(extras):
        raise _refused(target, "the new tags did not read back")
    if tags.rest(names) != before:
        raise _refused(target, "other tags would have changed")
    if audio_digest(target) != audio_digest(copy):
        raise _refused(target, "its sound would have changed")
    old_sound, far_s = _some_sound(target), 0.0
    if tags.has_index:
        # Some decoders cannot go to a place in every file that they can play.
        with suppress(TagError):
            wanted_s = max(0.0, _FAR * old_sound[0] - _COMPARED_S)
            old_sound, far_s = _some_sound(target, wanted_s), wanted_s
    try:
        is_same = _same_sound(old_sound, _some_sound(copy, far_s), exactly=tags.has_index)
    except TagError:
        is_same = False
    if not is_same:
        raise _refused(target, "it would no longer have played the same")


def require_space(target: Path) -> None:
    """Raise ``OSError`` if a second version would fill the disk, before it does."""
    disk = shutil.disk_usage(target.parent)
    # Some network disks do not tell how large they are.
    if disk.total and disk.free < target.stat().st_size + _SPARE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _refused(target: Path, what: str) -> TagError:
    return TagError(target, f"{what}, so it was left as it is", "see it with a tag editor")


def _some_sound(path: Path, far_s: float = 0.0) -> _Sound:
    """Length in seconds, rate, channels and some samples: the first, and some from ``far_s`` on.

    The length is 0 where it is not known; it may be a guess from the file's size.
    """
    blocks: list[FloatArray] = []
    try:
        for start_s in (0.0, *([far_s] if far_s else [])):
            with AudioStream(
                path, sample_rate=None, mono=False, start_s=start_s, duration_s=_COMPARED_S
            ) as stream:
                info = stream.info
                blocks += list(stream)
    except AudioError as error:
        raise TagError(path, error.reason, error.remedy) from error
    samples = np.concatenate(blocks) if blocks else np.empty((0, info.channels), np.float32)
    if not len(samples):
        raise TagError(path, "no sound could be read in it", "get the file again")
    return info.duration_s or 0.0, info.sample_rate, info.channels, samples


def _same_sound(one: _Sound, other: _Sound, *, exactly: bool) -> bool:
    """Compare what two files play; their frames are known to be the same.

    Around damaged tags one decoder may step in for another, which rounds otherwise and cuts the
    start elsewhere: samples count only with ``exactly``.
    """
    if one[1:3] != other[1:3]:
        return False
    return np.array_equal(one[3], other[3]) if exactly else len(other[3]) > 0
