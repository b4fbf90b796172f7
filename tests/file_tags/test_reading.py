"""One reader for all: genres in every place where a file has them, and those that say nothing."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, TCON, TIT2, TPE1

from fstmuse_core.datasets.folders import named_genre, read_tagged
from fstmuse_core.library.truth import _label
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.genres import is_placeholder, useful_genres
from fstmuse_core.tags.plan import Mode
from fstmuse_core.tags.reading import read_tags
from tests.tags.conftest import plan, write_sound

NOTHING = (
    "Unknown|other|Other|Unclassifiable|Unbekannt|Desconocido|Inconnu|12|(255)|255|genre|none|n/a|"
    "Sonstige|Misc|<unknown>|[Unknown]|Unknown Genre|Unknown/Other|Altro|Неизвестно|"
    "Desconhecido|その他|未知|기타|???|-|No Genre|"
    "Genre inconnu|Género desconocido|(12)|MISCELLANEOUS| |Sonstiges"
).split("|")
SOMETHING = (
    "Polka",
    "2-Step",
    "80s",
    "8-bit",
    "R&B",
    "Rock; Unknown",
    "Drum & Bass",
    "Новая волна",
)


@pytest.fixture
def mp3(tmp_path: Path) -> Path:
    path = tmp_path / "song.mp3"
    write_sound(path)
    return path


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    write_sound(path)
    facts = b"INFO"
    for name, text in ((b"IGNR", b"Jazz\0"), (b"INAM", b"Name"), (b"IART", b"Band")):
        facts += name + struct.pack("<I", len(text)) + text + b"\0" * (len(text) & 1)
    data = path.read_bytes() + b"LIST" + struct.pack("<I", len(facts)) + facts
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    return path


def test_facts_of_a_wav_are_read_by_library_data_check_and_preview(wav: Path) -> None:
    tags = read_tags(wav)
    assert (tags.genres, tags.title, tags.artist) == (("Jazz",), "Name", "Band")
    assert open_tags(wav).genres == ("Jazz",)
    assert "it has a genre: Jazz" in plan([wav], Mode.ONLY_IF_EMPTY)[0].skipped


def test_ape_tags_of_an_mp3_are_read(mp3: Path) -> None:
    ape = APEv2()
    ape["genre"], ape["Artist"] = ["Polka", "Waltz"], "Band"
    ape.save(mp3)
    tags = read_tags(mp3)
    assert (tags.genres, tags.artist) == (("Polka", "Waltz"), "Band")
    collection = read_tagged(mp3.parent)
    assert [track.genre for track in collection.tracks] == ["Polka"]


def test_a_genre_that_says_nothing_gives_way_to_one_that_does(mp3: Path) -> None:
    id3 = ID3()
    id3.add(TCON(text="Other"))
    id3.save(mp3)
    assert read_tags(mp3).genres == ("Other",)
    ape = APEv2()
    ape["Genre"] = "Polka"
    ape.save(mp3)
    assert read_tags(mp3).genres == open_tags(mp3).genres == ("Polka",)


def test_every_place_is_changed_and_none_shows_the_old_genre(mp3: Path, wav: Path) -> None:
    id3 = ID3()
    id3.add(TCON(text="Rock"))
    id3.save(mp3)
    ape = APEv2()
    ape["Genre"], ape["Artist"] = "Polka", "Band"
    ape.save(mp3)
    mp3.write_bytes(mp3.read_bytes() + b"TAG" + bytes(124) + b"\x08")
    (change,) = plan([mp3], Mode.REPLACE)
    assert (change.old, change.new) == (("Rock",), ("Rock",))
    assert not change.skipped
    assert "APEv2 says Polka" in change.remark
    open_tags(mp3).change(("Rock",), "")
    assert APEv2(mp3)["Genre"] == "Rock"
    assert APEv2(mp3)["Artist"] == "Band"
    assert mp3.read_bytes()[-1] == 17
    assert plan([mp3], Mode.REPLACE, note=False)[0].skipped == "it says so already"
    open_tags(wav).change(("Rock", "Pop"), "note")
    assert b"IGNR\x0a\0\0\0Rock; Pop\0" in wav.read_bytes()
    assert read_tags(wav).title == "Name"


@pytest.mark.parametrize("text", NOTHING)
def test_names_that_say_nothing(text: str) -> None:
    assert is_placeholder(text)
    assert named_genre([text]) is None
    assert _label("a.mp3", [text]) is None


def test_names_that_say_something() -> None:
    assert useful_genres(SOMETHING) == SOMETHING
    assert named_genre(["Unknown", "Polka"]) == "Polka"


@pytest.mark.parametrize("text", ["Unknown", "Sonstige", "255", "Other"])
def test_only_where_there_is_none_writes_over_what_says_nothing(mp3: Path, text: str) -> None:
    id3 = ID3()
    id3.add(TCON(text=text))
    id3.save(mp3)
    assert plan([mp3], Mode.ONLY_IF_EMPTY)[0].new == ("Rock",)
    assert plan([mp3], Mode.APPEND)[0].new == ("Rock",)


def test_texts_flagged_latin_1_are_read_right_and_stay_in_the_file(mp3: Path) -> None:
    raw = "テスト曲".encode("cp932")
    id3 = ID3()
    id3.add(TIT2(encoding=0, text=raw.decode("latin-1")))
    id3.add(TPE1(encoding=3, text="Björk"))
    id3.save(mp3)
    tags = read_tags(mp3)
    assert (tags.title, tags.artist) == ("テスト曲", "Björk")
    assert read_tags(mp3, "latin-1").title != "テスト曲"
    open_tags(mp3).change(("Rock",), "")
    assert raw in mp3.read_bytes()


def test_id3v1_gives_no_comment_frame(mp3: Path) -> None:
    fields = b"Song".ljust(30, b"\0") + b"Band".ljust(30, b"\0") + b"Album".ljust(30, b"\0")
    old = b"TAG" + fields + b"1999" + b"what".ljust(28, b"\0") + b"\0\x07" + b"\x0c"
    mp3.write_bytes(mp3.read_bytes() + old)
    open_tags(mp3).change(("Rock",), "")
    id3 = ID3(mp3, load_v1=False)
    assert not id3.getall("COMM")
    assert (id3["TIT2"].text, id3["TPE1"].text, str(id3["TRCK"])) == (["Song"], ["Band"], "7")
    assert mp3.read_bytes()[-128:] == old[:-1] + b"\x11"


@pytest.mark.parametrize("separator", ["\0", ";", "/"])
@pytest.mark.parametrize("version", [3, 4])
def test_the_sign_between_genres(mp3: Path, separator: str, version: int) -> None:
    id3 = ID3()
    id3.add(TIT2(text="Song"))
    id3.add(TPE1(text=["A", "B"]))
    id3.save(mp3, v2_version=version, v23_sep=None)
    tags = open_tags(mp3)
    before = tags.rest()
    tags.change(("Rock", "Pop"), "", separator)
    is_joined = version == 3 and separator != "\0"
    wanted = [separator.join(("Rock", "Pop"))] if is_joined else ["Rock", "Pop"]
    assert ID3(mp3, translate=False)["TCON"].text == wanted
    assert ID3(mp3, translate=False).version[:2] == (2, version)
    assert open_tags(mp3).rest() == before
    assert open_tags(mp3).says(("Rock", "Pop"))
