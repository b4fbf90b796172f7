"""The number of a file's sound: the same whatever its tags are, another for other sound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest

from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.spans import audio_digest, tag_length
from tests.tags.conftest import FORMATS, PICTURE, noise

Take = Callable[..., Path]


@pytest.mark.parametrize("name", FORMATS)
def test_tags_do_not_count(take: Take, name: str) -> None:
    path = take(name)
    before = audio_digest(path)
    open_tags(path).change(("Rock", "Höhlenmusik" * 3000), "note")
    assert audio_digest(path) == before
    file = mutagen.File(path)
    file.delete()
    assert audio_digest(path) == before
    assert audio_digest(path.rename(path.with_name("moved" + path.suffix))) == before


@pytest.mark.parametrize("name", FORMATS)
def test_sound_counts(take: Take, name: str) -> None:
    path = take(name)
    before = audio_digest(path)
    data = bytearray(path.read_bytes())
    # Tags lie before the sound or behind it; the middle of the longest file part is sound.
    place = len(data) // 2 if len(data) > 2 * len(PICTURE) else len(data) - 2_000
    data[place] ^= 0x01
    path.write_bytes(data)
    assert audio_digest(path) != before


def test_every_kind_of_tag_around_mpeg_sound(take: Take) -> None:
    path = take("bare.mp3")
    sound, before = path.read_bytes(), audio_digest(path)
    assert before == hashlib.sha256(sound).hexdigest()
    size = bytes([0, 0, 1, 0])  # 128, seven bits a byte
    id3 = b"ID3\x04\x00\x00" + size + bytes(128)
    with_footer = b"ID3\x04\x00\x10" + size + bytes(128) + b"3DI\x04\x00\x10" + size
    footer = b"APETAGEX" + (2000).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(4)
    ape = footer + b"\0\0\0\xa0" + bytes(8) + bytes(32) + footer + b"\0\0\0\x80" + bytes(8)
    lyrics = b"LYRICSBEGIN" + b"IND00002" + b"10"
    lyrics += f"{len(lyrics):06}".encode() + b"LYRICS200"
    old_lyrics = b"LYRICSBEGIN la la la LYRICSEND"
    id3v1 = b"TAG" + bytes(125)
    for front, back in (
        (id3 + with_footer, id3v1),
        (id3, ape + lyrics + id3v1),
        (ape, with_footer),
        (b"", old_lyrics + b"TAG+" + bytes(223) + id3v1),
    ):
        path.write_bytes(front + sound + back)
        assert audio_digest(path) == before
        assert tag_length(path) == len(front) + len(back)


def test_a_short_ape_tag_is_no_id3v1(take: Take) -> None:
    path = take("bare.mp3")
    sound, before = path.read_bytes(), audio_digest(path)
    # So long that the letters TAG of its header stand where those of an ID3v1 would.
    size = 131 - 32
    item = (size - 32 - 8 - 6).to_bytes(4, "little") + bytes(4) + b"Title\0"
    item += b"x" * (size - 32 - len(item))
    rest = (2000).to_bytes(4, "little") + size.to_bytes(4, "little") + b"\1\0\0\0"
    head, foot = (b"APETAGEX" + rest + bytes([0, 0, 0, f]) + bytes(8) for f in (0xA0, 0x80))
    path.write_bytes(sound + head + item + foot)
    assert tag_length(path) == 131
    assert audio_digest(path) == before
    assert open_tags(path).genres == ()


@pytest.mark.parametrize("data", [b"", b"ID3", b"OggS" + bytes(40), b"RIFF\0\0\0\0WAVE", b"words"])
def test_what_is_not_understood_counts_whole(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "what.mp3"
    path.write_bytes(data)
    assert audio_digest(path) == hashlib.sha256(data).hexdigest()


def test_a_recording_whose_length_was_never_written(take: Take) -> None:
    path = take("song.wav")
    data = path.read_bytes()
    place = data.index(b"data") + 4
    path.write_bytes(data[:place] + b"\xff\xff\xff\xff" + data[place + 4 :])
    assert audio_digest(path) != hashlib.sha256(path.read_bytes()).hexdigest()
    assert tag_length(path) <= len(data) - noise().nbytes // 2
