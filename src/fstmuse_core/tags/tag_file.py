"""The tags of one file, as they are read, compared and changed in every format."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.process_limits import heartbeat
from fstmuse_core.tags.extras import Extras
from fstmuse_core.tags.id3_frames import PROVENANCE as PROVENANCE
from fstmuse_core.tags.reading import GenreField

# Genres to write; ``None`` leaves those of the file.
Genres = tuple[str, ...] | None
_SEPARATORS = re.compile(r"[;,|/\\\0]")


class TagError(FstMuseError):
    """Tags that cannot be read or written."""


class TagFile(ABC):
    """The tags of one file: its genres, our note beside them, and all the rest.

    Attributes
    ----------
    path : Path
    genres : tuple of str
        As the library shows them; ID3's numbers are names here.
    fields : tuple of GenreField
        Every place where genres stand; players show now the one, now the other.
    provenance : str
        Text of :data:`PROVENANCE`; empty without it.
    has_index : bool
        The format says where in the file each moment lies. Streams of frames do not: a decoder
        that goes to some second guesses its place, also from how long the tags are.
    """

    has_index = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.genres: tuple[str, ...] = ()
        self.fields: tuple[GenreField, ...] = ()
        self.provenance = ""

    @abstractmethod
    def rest(self, names: Collection[str] = ()) -> object:
        """All other tags but these, in a form by which two files can be compared."""

    @abstractmethod
    def extras(self, names: Collection[str]) -> dict[str, str]:
        """Values of those tags of :mod:`~fstmuse_core.tags.extras` that the file has."""

    def fitting(self, extras: Extras) -> Extras:
        """The same tags as the file's format has them."""
        return extras

    @abstractmethod
    def check(self, genres: Genres, note: str, separator: str = "\0", extras: Extras = ()) -> None:
        """Raise :class:`TagError` if :meth:`change` would; nothing is written."""

    @abstractmethod
    def _write(self, genres: Genres, note: str, separator: str, extras: Extras) -> None: ...

    def change(self, genres: Genres, note: str, separator: str = "\0", extras: Extras = ()) -> None:
        """Put genres and the note into the file itself; where they are empty, take them out.

        With ``None`` for genres, they and the note stay as they are. ``extras`` take the place of
        tags of their names. All places where the file names a genre are changed alike;
        ``separator`` stands between several in ID3 before version 2.4.

        Raises
        ------
        OSError
            If it cannot be written, which may leave it in pieces.
        TagError
            If the tags have no room for it.
        """
        self.check(genres, note, separator, extras)
        with own_errors(self.path):
            self._write(genres, note, separator, extras)

    def says(self, genres: Sequence[str]) -> bool:
        """True if the file names these genres, and no others, wherever it names any."""
        return same_genres(self.genres, genres) and not self.stale(genres)

    def stale(self, genres: Sequence[str]) -> list[GenreField]:
        """The places where the file names other genres."""
        return [field for field in self.fields if not same_genres(field.genres, genres)]


def same_genres(one: Sequence[str], other: Sequence[str]) -> bool:
    """True if both name the same genres in their order, with whatever sign between them."""
    return _split(one) == _split(other)


def _split(names: Sequence[str]) -> list[str]:
    parts = (" ".join(part.split()) for name in names for part in _SEPARATORS.split(name))
    return [part for part in parts if part]


@contextmanager
def own_errors(path: Path) -> Iterator[None]:
    """Turn what parsing raises into ``OSError`` and :class:`TagError`."""
    try:
        yield
    except FstMuseError:
        raise
    except Exception as error:
        # mutagen wraps OSError in its own, and raises some with no number where tags break off;
        # damaged ones also bring out IndexError, struct.error and others.
        cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else error
        if isinstance(cause, OSError) and cause.errno is not None:
            raise cause from None
        what = " ".join(str(error).split())[:80] or "they break off"
        raise TagError(
            path,
            f"its tags are damaged ({what})",
            "mend them with a tag editor, or leave it as it is",
        ) from error


_BLOCK = 1 << 20


class Edit(NamedTuple):
    """Put ``new`` in place of ``length`` bytes at the offset ``at``."""

    at: int
    length: int
    new: bytes


def rewrite(stream: BinaryIO, edits: list[Edit]) -> None:
    """Make edits that do not overlap; raises ``OSError``."""
    # From the end, so that no offset is moved by another edit.
    for edit in sorted(edits, reverse=True):
        _resize(stream, edit.at + edit.length, len(edit.new) - edit.length)
        stream.seek(edit.at)
        stream.write(edit.new)


def _resize(stream: BinaryIO, start: int, by: int) -> None:
    """Move all bytes from ``start`` on."""
    end = stream.seek(0, 2)
    if by > 0:
        place = end
        while place > start:
            length = min(_BLOCK, place - start)
            place -= length
            _move(stream, place, length, by)
    elif by < 0:
        for place in range(start, end, _BLOCK):
            _move(stream, place, min(_BLOCK, end - place), by)
        stream.truncate(end + by)


def _move(stream: BinaryIO, place: int, length: int, by: int) -> None:
    heartbeat()
    stream.seek(place)
    block = stream.read(length)
    stream.seek(place + by)
    stream.write(block)
