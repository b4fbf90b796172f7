"""MP4: mutagen writes the tags, and moves what says where the sound lies."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from pathlib import Path
from typing import Any, BinaryIO

import mutagen.mp4

from fstmuse_core.tags.extras import Extras, mp4_key, mp4_text, mp4_value, names_of
from fstmuse_core.tags.reading import GenreField, tag_values
from fstmuse_core.tags.spans import mp4_boxes
from fstmuse_core.tags.tag_file import PROVENANCE, Genres, TagError, TagFile, own_errors

_MP4: Any = mutagen.mp4.MP4
_NOTE = f"----:com.apple.iTunes:{PROVENANCE}"
_GENRE = "\xa9gen"


class Mp4File(TagFile):
    """M4A and the like; those in fragments are refused."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with path.open("rb") as stream, own_errors(path):
            _refuse_fragments(path, stream)
            stream.seek(0)
            self._file: Any = _MP4(stream)
        genres = tuple(tag_values(self._tags, "genre"))
        self.genres = genres
        self.fields = (GenreField("its tags", genres),) if genres else ()
        values = self._tags.get(_NOTE)
        self.provenance = bytes(values[0]).decode("utf-8", "replace") if values else ""

    @property
    def _tags(self) -> Any:
        return {} if self._file.tags is None else self._file.tags

    def extras(self, names: Collection[str]) -> dict[str, str]:
        found = {name: mp4_text(self._tags.get(mp4_key(name))) for name in names}
        return {name: text for name, text in found.items() if text}

    def fitting(self, extras: Extras) -> Extras:
        return tuple((n, mp4_text(mp4_value(n, value))) for n, value in extras)

    def check(self, genres: Genres, note: str, separator: str = "\0", extras: Extras = ()) -> None:
        """Try it on the file without its sound."""
        trial = io.BytesIO()
        with self.path.open("rb") as stream, own_errors(self.path):
            _copy_without_sound(stream, self.path.stat().st_size, trial)
            _save(trial, genres, note, extras)
            trial.seek(0)
            if _rest(_MP4(trial), names_of(extras)) != self.rest(names_of(extras)):
                raise TagError(
                    self.path,
                    "other tags would change, which cannot be written as they are",
                    "see it with a tag editor",
                )

    def _write(self, genres: Genres, note: str, separator: str, extras: Extras) -> None:
        with self.path.open("r+b") as stream:
            _save(stream, genres, note, extras)

    def rest(self, names: Collection[str] = ()) -> object:
        return _rest(self._file, names)


def _save(stream: Any, genres: Genres, note: str, extras: Extras) -> None:
    stream.seek(0)
    file: Any = _MP4(stream)
    if file.tags is None:
        file.add_tags()
    ours: list[tuple[str, list[Any]]] = []
    ours += [] if genres is None else [(_GENRE, list(genres)), (_NOTE, [note.encode()])]
    for key, values in (*ours, *((mp4_key(n), mp4_value(n, value)) for n, value in extras)):
        file.tags.pop(key, None)
        if any(values):
            file.tags[key] = values
    stream.seek(0)
    file.save(stream)


def _rest(file: Any, names: Collection[str]) -> object:
    tags = {} if file.tags is None else file.tags
    ours = {_GENRE, _NOTE, *map(mp4_key, names)}
    kept = {k: _mark(v) for k, v in tags.items() if k not in ours}
    return kept, _mark(getattr(tags, "_failed_atoms", {}))


def _copy_without_sound(stream: BinaryIO, size: int, copy: BinaryIO) -> None:
    """All boxes but those with media data, of which the heads are copied."""
    at = 0
    sound = sorted(mp4_boxes(stream, size).get(b"mdat", []))
    for place, length in sound:
        stream.seek(max(0, place - 16))
        is_large = stream.read(8) == (1).to_bytes(4, "big") + b"mdat"
        stream.seek(at)
        copy.write(stream.read(max(0, place - (16 if is_large else 8) - at)))
        copy.write((8).to_bytes(4, "big") + b"mdat")
        at = place + length
    stream.seek(at)
    copy.write(stream.read())


def _refuse_fragments(path: Path, stream: Any) -> None:
    if any(name in (b"moof", b"sidx") for name in mp4_boxes(stream, path.stat().st_size)):
        raise TagError(
            path,
            "it is an MP4 in fragments, as streams are recorded, and has no room for tags",
            "copy it into an ordinary one first: ffmpeg -i OLD -c copy NEW.m4a",
        )


def _mark(value: Any) -> object:
    """``value`` for comparison, with a digest in place of what is long, such as pictures."""
    if isinstance(value, bytes | bytearray):
        return hashlib.sha256(value).digest(), getattr(value, "imageformat", None)
    if isinstance(value, dict):
        return {str(key): _mark(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mark(item) for item in value]
    return repr(value)
