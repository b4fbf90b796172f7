"""Folders are searched by what files hold; no list of endings decides, and nothing blocks."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from fstmuse_core.audio.sound_files import find_audio_files, is_sound_file
from fstmuse_core.datasets.folders import read_folders
from fstmuse_core.library.scan import FoundFile, scan

from .test_whole_sound import MUSIC, RATE, STEREO, encoded, through_ffmpeg


def _picture_only(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as output:
        video = output.add_stream("mpeg4", rate=5)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        output.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
        output.mux(video.encode(None))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sound under strange names, and what is no sound."""
    (tmp_path / "noend").write_bytes(encoded("MP3"))
    (tmp_path / "song.xyz").write_bytes(encoded("FLAC"))
    (tmp_path / "tagged.bin").write_bytes(b"ID3\x04\0\0\0\0\x07\x68" + bytes(1000) + encoded("MP3"))
    (tmp_path / "raw.dat").write_bytes(through_ffmpeg("adts", "aac", MUSIC, RATE))
    (tmp_path / "disc.dts").write_bytes(through_ffmpeg("ac3", "ac3", STEREO, 48_000))
    (tmp_path / "film.ts").write_bytes(through_ffmpeg("mpegts", "mp2", STEREO, 48_000))
    (tmp_path / "loud.wv").write_bytes(through_ffmpeg("wv", "wavpack", MUSIC, RATE))
    (tmp_path / "plain.tta").write_bytes(through_ffmpeg("tta", "tta", MUSIC, RATE))
    (tmp_path / "film.m4r").write_bytes(through_ffmpeg("ipod", "aac", MUSIC, RATE))
    (tmp_path / "radio.weba").write_bytes(through_ffmpeg("webm", "libopus", STEREO, 48_000))
    (tmp_path / "disc.vob").write_bytes(through_ffmpeg("vob", "mp2", STEREO, 48_000))
    (tmp_path / "broken.mp3").write_bytes(b"no sound")
    (tmp_path / "notes.mid").write_bytes(
        b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x04\0\xff\x2f\0"
    )
    for name, data in {
        "code.ts": b"export const song: string = 'x';\n" * 50,
        "README": "Über die Sammlung\n".encode() * 30,
        "wide": "Größe".encode("utf-16") * 40,
        "list.m3u": b"#EXTM3U\nsong.xyz\n",
        "cover": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "photo.jpg": b"\xff\xd8\xff\xe0" + bytes(100),
        "archive": b"PK\x03\x04" + encoded("MP3"),
        "zeros.dat": bytes(5000),
        "random.dat": np.random.default_rng(3).bytes(5000),
        "go.mod": b"module song\n",
        "empty": b"",
    }.items():
        (tmp_path / name).write_bytes(data)
    _picture_only(tmp_path / "silent.mp4")
    return tmp_path


SOUND = {
    *("noend", "song.xyz", "tagged.bin", "raw.dat", "disc.dts", "film.ts", "loud.wv", "plain.tta"),
    *("film.m4r", "radio.weba", "disc.vob"),
    *("broken.mp3", "notes.mid"),  # named when they cannot be read
}


def test_sound_is_found_by_what_it_is(folder: Path) -> None:
    assert {path.name for path in find_audio_files([folder])} == SOUND


def test_the_library_finds_the_same(folder: Path) -> None:
    found = [item for item in scan([str(folder)]) if isinstance(item, FoundFile)]
    assert {os.path.basename(item.path) for item in found} == SOUND


def test_data_sets_find_the_same(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "set"
    (root / "Rock").mkdir(parents=True)
    for name in ("noend", "loud.wv", "README", "silent.mp4"):
        (folder / name).rename(root / "Rock" / name)
    (folder / "raw.dat").rename(root / "raw.dat")
    collection = read_folders(root)
    assert {track.path.name for track in collection.tracks} == {"noend", "loud.wv"}
    assert [aside.path.name for aside in collection.set_aside] == ["raw.dat"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes with names in folders are POSIX")
def test_pipes_and_sockets_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock.mp3")
        assert list(find_audio_files([tmp_path])) == []
        assert list(scan([str(tmp_path)])) == []


def test_names_that_never_are_sound_are_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "b.txt", "c.PDF", "d.cue", "e.mp3", "f.flac"):
        (tmp_path / name).write_bytes(b"something")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was opened")

    monkeypatch.setattr("fstmuse_core.audio.sound_files.ByteFile", refuse)
    found = [p.name for p in tmp_path.iterdir() if is_sound_file(str(p), p.stat())]
    assert sorted(found) == ["e.mp3", "f.flac"]
