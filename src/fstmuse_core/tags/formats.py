"""Genres and the note of their origin, in the tags of every format that is written."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from fstmuse_core.datasets.tags import tag_values
from fstmuse_core.errors import FstMuseError
from fstmuse_core.tags.audio_bytes import tag_length
from fstmuse_core.tags.spans import riff_genre, skip_id3

PROVENANCE = "FSTMUSE_GENRE"
# Rewriting tags takes several times their size in memory.
LARGEST_TAGS = 32 << 20
_ID3V1_LENGTH = 128


class TagError(FstMuseError):
    """Tags that cannot be read or written."""


class TagFile(ABC):
    """The tags of one file: its genres, our note beside them, and all the rest.

    Attributes
    ----------
    path : Path
    genres : tuple of str
        As the tags have them, in their order; ID3's numbers are names here.
    provenance : str
        What :data:`PROVENANCE` holds; empty without it.
    """

    # Where mutagen has the class, and how it is to read.
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self, path: Path, module: str, name: str) -> None:
        import importlib

        self.path = path
        with path.open("rb") as stream, _own_errors(path):
            self._file = getattr(importlib.import_module(module), name)(stream, **self.options)
            self.genres = tuple(tag_values(self._tags, "genre"))
            self.provenance = self._note()

    @property
    def _tags(self) -> Any:
        return {} if self._file.tags is None else self._file.tags

    @abstractmethod
    def _note(self) -> str: ...

    @abstractmethod
    def _set(self, genres: tuple[str, ...], provenance: str) -> None: ...

    def _save(self) -> None:
        with self.path.open("r+b") as stream:
            self._file.save(stream)

    @abstractmethod
    def rest(self) -> object:
        """All other tags, in a form by which two files can be compared."""

    def change(self, genres: tuple[str, ...], provenance: str) -> None:
        """Put genres and the note into the file itself; where they are empty, take them out.

        Raises
        ------
        OSError
            If it cannot be written, which may leave it in pieces.
        TagError
            If the tags have no room for it.
        """
        with _own_errors(self.path):
            if self._file.tags is None:
                self._file.add_tags()
            self._set(genres, provenance)
            self._save()


@contextmanager
def _own_errors(path: Path) -> Iterator[None]:
    """Turn what mutagen raises into ``OSError`` and :class:`TagError`."""
    try:
        yield
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


class _Unparsed(dict[str, Any]):
    """Kinds of frames that are known by name and still left as bytes."""

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)


class _Id3File(TagFile):
    """MP3, WAV and AIFF; ID3v2.3 and 2.4 stay what they are, 2.2 becomes 2.3."""

    # mutagen would turn the fields of older versions into those of 2.4.
    options: ClassVar = {"translate": False}
    _KEY = f"TXXX:{PROVENANCE}"

    def _note(self) -> str:
        frame = self._tags.get(self._KEY)
        return str(frame.text[0]) if frame is not None and frame.text else ""

    def _set(self, genres: tuple[str, ...], provenance: str) -> None:
        import mutagen.id3

        frames: Any = mutagen.id3
        tags = self._file.tags
        for key in ("TCON", self._KEY):
            tags.pop(key, None)
        if genres:
            tags.add(frames.TCON(encoding=_encoding(*genres), text=list(genres)))
        if provenance:
            note = frames.TXXX(encoding=_encoding(provenance), desc=PROVENANCE, text=[provenance])
            tags.add(note)

    def _save(self) -> None:
        version = 4 if self._file.tags.version[1] not in (2, 3) else 3
        with self.path.open("r+b") as stream:
            # Values are told apart by a zero in 2.3 too, for any other sign is part of some
            # artist's name; programs that know but one value show the first.
            self._file.save(stream, v2_version=version, v23_sep=None)

    def rest(self) -> object:
        frames = {key: _mark(vars(f)) for key, f in self._tags.items() if key != self._KEY}
        frames.pop("TCON", None)
        return frames, _mark(getattr(self._tags, "unknown_frames", [])), self._unreadable()

    def _unreadable(self) -> list[str]:
        """Frames that are there, but so damaged that mutagen would drop them."""
        import mutagen.id3

        if self._file.tags is None or self._file.tags.version[:2] not in ((2, 3), (2, 4)):
            return []
        known: Any = _Unparsed(mutagen.id3.Frames)
        with self.path.open("rb") as stream, _own_errors(self.path):
            all_of_them = type(self._tags)(
                stream, known_frames=known, load_v1=False, **self.options
            )
        names = {bytes(frame[:4]).decode() for frame in all_of_them.unknown_frames}
        kept = {bytes(frame[:4]).decode() for frame in self._tags.unknown_frames}
        return sorted(names - kept - {frame.FrameID for frame in self._tags.values()})


class _Mp3File(_Id3File):
    """Genres in APEv2 are read where ID3 has none; they are left as they are."""

    def __init__(self, path: Path, module: str, name: str) -> None:
        super().__init__(path, module, name)
        self.genres = self.genres or _ape_genres(path)

    def _save(self) -> None:
        """Save, and keep ID3v1 as it was but for the genre, which mutagen would write anew."""
        with self.path.open("rb") as stream:
            old = _id3v1(stream)
        super()._save()
        if old:
            from mutagen.id3 import TCON

            genre = next(iter(tag_values(self._tags, "genre")), "")
            number = TCON.GENRES.index(genre) if genre in TCON.GENRES else 255
            with self.path.open("r+b") as stream:
                stream.seek(-_ID3V1_LENGTH, os.SEEK_END)
                stream.write(old[:-1] + bytes([number]))


class _WavFile(_Id3File):
    """Genres of RIFF's own are read where ID3 has none; they are left as they are."""

    def __init__(self, path: Path, module: str, name: str) -> None:
        super().__init__(path, module, name)
        if not self.genres:
            with path.open("rb") as stream:
                genre = riff_genre(stream, path.stat().st_size)
            self.genres = (genre,) if genre else ()


def _ape_genres(path: Path) -> tuple[str, ...]:
    import mutagen.apev2

    make: Any = mutagen.apev2.APEv2
    with path.open("rb") as stream, _own_errors(path):
        try:
            values = tag_values(make(stream), "genre")
        except mutagen.apev2.error:  # there are none
            return ()
    return tuple(name for value in values for name in value.split("\0") if name)


def _id3v1(stream: Any) -> bytes:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _ID3V1_LENGTH))
    tail = stream.read()
    return tail if len(tail) == _ID3V1_LENGTH and tail[:3] == b"TAG" else b""


def _encoding(*texts: str) -> int:
    """ID3's number of the plainest encoding that both versions have and that holds the texts."""
    return 0 if all(text.isascii() for text in texts) else 1


class _CommentFile(TagFile):
    """FLAC, and what is in Ogg: Vorbis comments."""

    _OURS = ("genre", PROVENANCE.casefold())

    def _note(self) -> str:
        return next(iter(self._tags.get(PROVENANCE, ())), "")

    def _set(self, genres: tuple[str, ...], provenance: str) -> None:
        for key, values in (("genre", list(genres)), (PROVENANCE, [provenance])):
            if key in self._file.tags:
                del self._file.tags[key]
            if any(values):
                self._file.tags[key] = values

    def rest(self) -> object:
        comments = [(k, v) for k, v in self._tags or () if k.casefold() not in self._OURS]
        blocks = getattr(self._file, "metadata_blocks", ())
        # 1 is padding, 4 the comments.
        return comments, [_mark(block.write()) for block in blocks if block.code not in (1, 4)]


class _Mp4File(TagFile):
    _KEY = f"----:com.apple.iTunes:{PROVENANCE}"
    _GENRE = "\xa9gen"

    def _note(self) -> str:
        values = self._tags.get(self._KEY)
        return bytes(values[0]).decode("utf-8", "replace") if values else ""

    def _set(self, genres: tuple[str, ...], provenance: str) -> None:
        for key, values in ((self._GENRE, genres), (self._KEY, (provenance.encode(),))):
            self._file.tags.pop(key, None)
            if any(values):
                self._file.tags[key] = list(values)

    def rest(self) -> object:
        ours = (self._GENRE, self._KEY)
        failed = getattr(self._tags, "_failed_atoms", {})
        return {k: _mark(v) for k, v in self._tags.items() if k not in ours}, _mark(failed)


def _mark(value: Any) -> object:
    """``value`` for comparison, with a digest in place of what is long, such as pictures."""
    if isinstance(value, bytes | bytearray):
        return hashlib.sha256(value).digest(), getattr(value, "imageformat", None)
    if isinstance(value, dict):
        # A frame's encoding may have to change with ID3's version; its text does not.
        return {str(key): _mark(item) for key, item in value.items() if key != "encoding"}
    if isinstance(value, list | tuple):
        return [_mark(item) for item in value]
    return repr(value)


_OGG = {
    b"\x01vorbis": ("oggvorbis", "OggVorbis"),
    b"OpusHead": ("oggopus", "OggOpus"),
    b"\x7fFLAC": ("oggflac", "OggFLAC"),
    b"Speex   ": ("oggspeex", "OggSpeex"),
}


def open_tags(path: Path) -> TagFile:
    """The tags of a file, whose format is told by its contents.

    Raises
    ------
    TagError
        If they are damaged or too large, or the format is none that is written.
    OSError
        If the file cannot be read.
    """
    if path.stat().st_size > LARGEST_TAGS and (length := tag_length(path)) > LARGEST_TAGS:
        raise TagError(
            path,
            f"its tags take {length >> 20} MiB; more than {LARGEST_TAGS >> 20} are not rewritten",
            "take large pictures out of it with a tag editor",
        )
    with path.open("rb") as stream:
        stream.seek(skip_id3(stream))
        head = stream.read(64)
    if head.startswith(b"fLaC"):
        return _CommentFile(path, "mutagen.flac", "FLAC")
    if head.startswith(b"OggS"):
        for magic, (module, name) in _OGG.items():
            if magic in head:
                return _CommentFile(path, f"mutagen.{module}", name)
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return _WavFile(path, "mutagen.wave", "WAVE")
    if head.startswith(b"FORM") and head[8:11] == b"AIF":
        return _Id3File(path, "mutagen.aiff", "AIFF")
    if head[4:8] == b"ftyp":
        return _Mp4File(path, "mutagen.mp4", "MP4")
    # Of MPEG sound only AAC has a layer of 0, and no tags.
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0
    if is_mpeg or path.suffix.lower() == ".mp3":
        return _Mp3File(path, "mutagen.mp3", "MP3")
    raise TagError(
        path,
        "genres are written to mp3, flac, ogg, opus, m4a, wav and aiff only",
        "convert it, or leave it as it is",
    )
