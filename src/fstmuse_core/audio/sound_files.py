"""Search for the sound files of a folder: by name where that says it, else by their first bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from fstmuse_core.audio.decoders.byte_file import ByteFile, Part
from fstmuse_core.audio.decoders.ffmpeg import open_container
from fstmuse_core.audio.decoders.sniff import VIDEO, sniff
from fstmuse_core.audio.decoders.source import UnreadableError
from fstmuse_core.system.errors import AudioError, FstMuseError
from fstmuse_core.system.isolated import SharedWork

_SOUND = (
    "mp3 mp2 mp1 mpga wav wave bwf rf64 flac fla ogg oga opus spx aiff aif aifc au snd m4a m4b m4r "
    "m4p aac adts wma weba caf w64 mka wv tta dsf dff ape mpc tak ofr shn ac3 eac3 ec3 dtshd "
    "thd amr awb ra voc mid midi kar aax aa"
)
_VIDEO = (
    "mp4 m4v mov mkv webm avi mpg mpeg mpe vob wmv asf flv 3gp 3g2 ogv m2ts mts m2t divx rm f4v"
)
# Endings that never are sound's, so that these files need not be opened: a music folder has many.
_OTHER = (
    "txt md rtf pdf doc docx odt xls xlsx ods csv tsv json xml html htm css js py c h cpp rs "
    "go java sh bat toml yaml yml ini cfg conf log nfo sfv md5 sha256 ffp accurip url lnk "
    "desktop ds_store jpg jpeg png gif bmp tif tiff webp heic svg ico psd xcf raw cr2 nef dng "
    "m3u m3u8 pls xspf asx wpl cue lrc srt sub ass vtt zip rar 7z gz bz2 xz zst tar tgz iso "
    "dmg exe dll so dylib msi deb rpm apk jar db db-shm db-wal sqlite sqlite3 torrent asd als "
    "pek sfk sfl reapeaks ttf otf woff woff2 npy npz pt pth h5 hdf5 pkl tflite keras onnx "
    "parquet "
)
# Files that are taken for sound by their names.
AUDIO_SUFFIXES: frozenset[str] = frozenset(f".{ending}" for ending in _SOUND.split())
VIDEO_SUFFIXES: frozenset[str] = frozenset(f".{ending}" for ending in _VIDEO.split())
_OTHER_SUFFIXES = frozenset(f".{ending}" for ending in _OTHER.split())
_TEXT = frozenset(b"\t\n\r\f\x1b") | frozenset(range(0x20, 0x7F))


def is_sound_file(
    path: str, status: os.stat_result, cancelled: Callable[[], bool] | None = None
) -> bool:
    """True if a file holds sound, or is named as one that does.

    A name with an ending of sound is believed, so that a file that then cannot be read is
    named. Of videos, and of files with any other or no ending, the first bytes are looked at;
    whether a video has a sound track is found out in another process, which :func:`one_process`
    keeps and which ends once ``cancelled`` says so. Pipes, devices and folders are no files here,
    and are not opened.

    Raises
    ------
    FstMuseError
        If that process cannot be started.
    """
    if not stat.S_ISREG(status.st_mode):
        return False
    ending = os.path.splitext(path)[1].lower()
    if ending in AUDIO_SUFFIXES:
        return True
    if ending in _OTHER_SUFFIXES or not status.st_size:
        return False
    try:
        return _holds_sound(Path(path), cancelled, is_video=ending in VIDEO_SUFFIXES)
    except (OSError, ValueError):
        return ending in VIDEO_SUFFIXES  # what cannot be opened is named when it is read


def _holds_sound(path: Path, cancelled: Callable[[], bool] | None, *, is_video: bool) -> bool:
    with ByteFile(path, window=_LOOKED_AT) as file:
        head = file.at(0, 512)
        if not head.strip(b"\0") or _is_text(head) or head.startswith(_FOREIGN):
            return is_video
        kind = sniff(file).kind
    if kind in VIDEO:
        return _is_video_with_sound(path, cancelled)
    return bool(kind) or is_video


_LOOKED_AT = 4096
# Pictures, archives, documents, programs, fonts and databases.
_FOREIGN = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"8BPS",
    b"%PDF",
    b"PK",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"\x7fELF",
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"SQLite",
    b"\xd0\xcf\x11\xe0",
    b"\x93NUMPY",
    b"\x89HDF",
)


# Sound that begins with words.
_NAMED = (b"#!AMR", b"#!SILK", b"Creative Voice File", b"Extended Module", b"NIST_1A")


def _is_text(head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return b"\0" in head[2:6]  # UTF-16; an MPEG frame has no zero there
    if not _TEXT.issuperset(head):
        try:
            head.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.start < len(head) - 4:
                return False
        return b"\0" not in head
    return not head.startswith(_NAMED)


def _has_sound_track(path: str) -> bool:
    try:
        container = open_container(Part(Path(path)))
    except UnreadableError:
        return True  # what looks like a video and cannot be read is named
    try:
        return bool(container.streams.audio)
    finally:
        container.close()


_SOUND_TRACKS = SharedWork(_has_sound_track)


def one_process() -> AbstractContextManager[None]:
    """Look into all videos until the end of the ``with`` statement in the same process."""
    return _SOUND_TRACKS.kept()


def _is_video_with_sound(path: Path, cancelled: Callable[[], bool] | None) -> bool:
    found = _SOUND_TRACKS.result(path, cancelled)
    return isinstance(found, FstMuseError) or found  # what takes a decoder down is named too


def find_audio_files(
    paths: Iterable[str | os.PathLike[str]],
    on_error: Callable[[AudioError], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Path]:
    """Sound files: files as they are given, folders with all of it that is in them.

    Files named outright are yielded whatever they are, also if they do not exist. What is a
    sound file in a folder :func:`is_sound_file` says. Contents of
    folders come sorted by name, hidden entries are left out, and each folder is entered once,
    so that links in a circle end.

    Parameters
    ----------
    on_error : callable, optional
        Told of each folder that cannot be read.
    cancelled : callable, optional
        Asked for each file; nothing more comes once it says so.
    """
    seen: set[tuple[int, int]] = set()
    with one_process():
        for path in map(Path, paths):
            if path.is_dir():
                yield from _walk(path, seen, on_error, cancelled)
            else:
                yield path


def _walk(
    folder: Path,
    seen: set[tuple[int, int]],
    on_error: Callable[[AudioError], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Iterator[Path]:
    try:
        status = folder.stat()
        identity = (status.st_dev, status.st_ino)
        if identity in seen:
            return
        seen.add(identity)
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name.casefold())
    except OSError as error:
        if on_error:
            on_error(AudioError(folder, f"the folder cannot be read ({error.strerror})"))
        return
    for entry in entries:
        if cancelled and cancelled():
            return
        if entry.name.startswith("."):
            continue
        try:
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError:
            continue  # a link that leads nowhere
        if is_folder:
            yield from _walk(Path(entry.path), seen, on_error, cancelled)
        elif is_file and _is_sound(entry, cancelled):
            yield Path(entry.path)


def _is_sound(entry: os.DirEntry[str], cancelled: Callable[[], bool] | None) -> bool:
    try:
        return is_sound_file(entry.path, entry.stat(), cancelled)
    except OSError:
        return False  # it vanished meanwhile
