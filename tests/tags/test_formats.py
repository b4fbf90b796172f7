"""Genres read and written in every format, with all other tags left as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3

from fstmuse_core.tags import formats
from fstmuse_core.tags.formats import TagError, open_tags
from fstmuse_core.tags.reading import read_tags
from tests.tags.conftest import FORMATS, PICTURE, id3_version

Take = Callable[..., Path]
NEW = ("Hip-Hop", "Höhlenmusik")


@pytest.mark.parametrize("name", FORMATS)
def test_genres_and_the_note_read_back_and_nothing_else_changes(take: Take, name: str) -> None:
    path = take(name)
    tags = open_tags(path)
    old = {"id3v1.mp3": "Metal", "bare.mp3": ""}.get(name, "Polka")
    assert tags.genres == ((old,) if old else ())
    before = tags.rest()
    tags.change(NEW, "Hip-Hop 0.81; a model")
    again = open_tags(path)
    assert (again.genres, again.provenance) == (NEW, "Hip-Hop 0.81; a model")
    assert again.rest() == before
    # As everybody else reads it.
    assert read_tags(path).genres == NEW
    again.change((), "")
    assert (open_tags(path).genres, open_tags(path).provenance) == ((), "")


def test_a_difference_in_other_tags_is_seen(take: Take) -> None:
    for name in ("id3v24.mp3", "song.flac", "song.ogg", "song.m4a", "song.aiff"):
        path = take(name)
        before = open_tags(path).rest()
        file = mutagen.File(path)
        key = next(k for k in ("TIT2", "title", "\xa9nam") if k in file.tags)
        if key == "TIT2":
            file.tags[key].text = ["Another"]
        else:
            file.tags[key] = ["Another"]
        file.save()
        assert open_tags(path).rest() != before, name
    path = take("song.flac", "pictures.flac")
    before = open_tags(path).rest()
    file = mutagen.File(path)
    file.pictures[0].data = PICTURE[::-1]
    file.save()
    assert open_tags(path).rest() != before


def test_id3_stays_in_its_version(take: Take) -> None:
    for name, version in (("id3v24.mp3", (2, 4, 0)), ("id3v23.mp3", (2, 3, 0))):
        path = take(name)
        open_tags(path).change(NEW, "note")
        assert id3_version(path) == version
    tags = ID3(take("id3v23.mp3"), translate=False)
    assert tags["TYER"].text == ["1999"]


def test_the_old_id3v1_is_kept_but_for_its_genre(take: Take) -> None:
    path = take("id3v1.mp3")
    old = path.read_bytes()[-128:]
    open_tags(path).change(("Rock",), "")
    assert path.read_bytes()[-128:] == old[:-1] + bytes([17])
    open_tags(path).change(("No such one",), "")
    assert path.read_bytes()[-128:] == old[:-1] + bytes([255])


def test_the_genre_among_the_ape_tags_of_an_mp3_is_read_and_follows(take: Take) -> None:
    path = take("bare.mp3")
    ape = APEv2()
    ape["Genre"] = ["Polka", "Waltz"]
    ape.save(path)
    tags = open_tags(path)
    assert tags.genres == ("Polka", "Waltz")
    tags.change(("Rock",), "")
    assert open_tags(path).genres == ("Rock",)
    assert list(APEv2(path)["Genre"]) == ["Rock"]


def test_the_genre_among_a_wav_files_own_facts_is_read(take: Take) -> None:
    path = take("song.wav")
    open_tags(path).change((), "")
    facts = b"LIST\x16\0\0\0INFOIGNR\x06\0\0\0Polka\0" + b"ICMT\0\0\0\0"
    data = path.read_bytes() + facts
    path.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])
    assert open_tags(path).genres == ("Polka",)


def test_bad_tags_and_other_files_are_told_in_one_line(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "song.wma"
    other.write_bytes(b"\x30\x26\xb2\x75" + bytes(100))
    with pytest.raises(TagError, match=r"mp3, flac, ogg, opus, m4a, wav and aiff only"):
        open_tags(other)
    broken = take("song.flac")
    data = broken.read_bytes()
    place = data.index(b"Song") - 40
    broken.write_bytes(data[:place] + b"\xff" * 200 + data[place + 200 :])
    with pytest.raises(TagError, match="its tags are damaged"):
        open_tags(broken)
    long = tmp_path / "long.mp3"
    long.write_bytes(b"ID3\x04\0\0\0\0\x7f\x7f" + bytes(500))
    with pytest.raises(TagError, match=r"its tags are damaged \(they break off\)"):
        open_tags(long)
    cut = tmp_path / "cut.m4a"
    cut.write_bytes(take("song.m4a").read_bytes()[:900])
    with pytest.raises(TagError, match="damaged"):
        open_tags(cut)
    with pytest.raises(FileNotFoundError):
        open_tags(tmp_path / "none.mp3")
    monkeypatch.setattr(formats, "LARGEST_TAGS", 20_000)
    for name in ("id3v24.mp3", "song.flac", "song.m4a"):
        with pytest.raises(TagError, match="take large pictures out"):
            open_tags(take(name))
