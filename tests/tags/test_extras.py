"""Tempo, key, mood and gain written beside the genre or without it, in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen.id3 import TBPM, TXXX

from fstmuse_core.tags.batch import apply, undo
from fstmuse_core.tags.extras import (
    ALBUM_GAIN,
    ALBUM_PEAK,
    BPM,
    GAIN,
    KEY,
    MOOD,
    OPUS_ALBUM_GAIN,
    OPUS_GAIN,
    PEAK,
    Extras,
)
from fstmuse_core.tags.formats import TagError, open_tags
from fstmuse_core.tags.outcome import Fate
from fstmuse_core.tags.plan import Change, FileGenres, Mode, Policy, plan_changes
from fstmuse_core.tags.proof import prove
from fstmuse_core.tags.reading import read_tags
from tests.tags.conftest import FORMATS

Take = Callable[..., Path]
ALL: Extras = (
    (BPM, "120"),
    (KEY, "F#m"),
    (MOOD, "calm, sad"),
    (GAIN, "-9.75 dB"),
    (PEAK, "0.988553"),
)
FIELDS = ("bpm", "key", "mood", "gain")
# As other programs look for them.
_PLAYERS = {
    "id3": ("TBPM", "TKEY", "TXXX:MOOD", f"TXXX:{GAIN}"),
    "comment": ("bpm", "initialkey", "mood", GAIN.lower()),
    "mp4": (
        *("tmpo", "----:com.apple.iTunes:initialkey", "----:com.apple.iTunes:MOOD"),
        "----:com.apple.iTunes:replaygain_track_gain",
    ),
}


def kind_of(path: Path) -> str:
    return {".flac": "comment", ".ogg": "comment", ".m4a": "mp4"}.get(path.suffix, "id3")


def plan(
    path: Path, *, mode: Mode = Mode.ONLY_IF_EMPTY, genres: bool = False, **extras: str
) -> Change:
    """Plan to write these into a file, or all of :data:`ALL`."""
    file = FileGenres(path, {"Rock": 0.9}, extras=extras or dict(ALL))
    (change,) = plan_changes([file], Policy(mode=mode, genres=genres, extras=FIELDS))
    return change


@pytest.mark.parametrize("name", FORMATS)
def test_they_are_written_alone_and_taken_back_to_the_byte(
    take: Take, name: str, tmp_path: Path
) -> None:
    path = take(name)
    old, before = path.read_bytes(), read_tags(path)
    change = plan(path)
    assert change.keeps_genres

    batch = apply([change], folder=tmp_path / "journal")

    assert [outcome.fate for outcome in batch.outcomes] == [Fate.WRITTEN], batch.outcomes
    tags = open_tags(path)
    wanted = dict(tags.fitting(ALL))
    assert tags.extras(wanted) == wanted
    assert read_tags(path).genres == before.genres
    assert read_tags(path).title == before.title
    assert tags.provenance == ""
    if path.suffix != ".opus":
        file: Any = mutagen.File(path)
        assert set(_PLAYERS[kind_of(path)]) <= set(file.tags.keys())

    undo(batch.id, folder=tmp_path / "journal")
    assert path.read_bytes() == old


@pytest.mark.parametrize("name", FORMATS)
def test_they_are_written_beside_a_genre(take: Take, name: str) -> None:
    path = take(name)
    tags = open_tags(path)
    extras = tags.fitting(ALL)
    names = dict(extras)
    before = tags.rest(names)
    tags.change(("Rock",), "note", "\0", extras)
    again = open_tags(path)
    assert (again.genres, again.provenance, again.extras(names)) == (("Rock",), "note", names)
    assert again.rest(names) == before


@pytest.mark.parametrize("name", FORMATS)
def test_values_that_are_there_stay_unless_they_are_to_be_replaced(take: Take, name: str) -> None:
    path = take(name)
    open_tags(path).change(None, "", "\0", ((BPM, "90"), (MOOD, "wild")))

    kept = plan(path)
    assert {BPM, MOOD}.isdisjoint(dict(kept.extras))
    assert dict(kept.extras)[KEY] == "F#m"

    replaced = plan(path, mode=Mode.REPLACE)
    assert replaced.keeps_genres
    assert replaced.new == replaced.old
    assert dict(replaced.old_extras) == {BPM: "90", MOOD: "wild"}
    assert f"{BPM} 90 > 120" in replaced.extras_words()
    open_tags(path).change(None, "", "\0", replaced.extras)
    assert open_tags(path).extras((BPM, MOOD)) == {BPM: "120", MOOD: "calm, sad"}


def test_what_is_there_already_is_not_written_again(take: Take) -> None:
    path = take("song.flac")
    open_tags(path).change(None, "", "\0", ALL)
    words = ("BPM", "key", "mood", "gain")
    expected = "; ".join(f"its {word} says so already" for word in words)
    assert plan(path, mode=Mode.REPLACE).skipped == expected


def test_a_genre_that_stays_does_not_keep_the_rest_from_being_written(take: Take) -> None:
    change = plan(take("song.flac"), genres=True)
    assert change.keeps_genres
    assert change.remark == "its genre stays: it has a genre: Polka"
    assert change.new == change.old == ("Polka",)
    assert json.loads(json.dumps(change.to_dict()))["tags"][BPM] == {"old": None, "new": "120"}


def test_nothing_known_is_told(take: Take) -> None:
    file = FileGenres(take("song.ogg"), {"Rock": 0.9})
    (change,) = plan_changes([file], Policy(genres=False, extras=FIELDS))
    assert change.skipped == "nothing is known to write"


def test_opus_has_a_gain_of_its_own(take: Take) -> None:
    # -9.75 dB to -18 LUFS are -14.75 to -23, in 256 steps a decibel (RFC 7845).
    path = take("song.opus")
    assert dict(plan(path).extras)[OPUS_GAIN] == "-3776"
    assert PEAK not in dict(plan(path).extras)
    assert GAIN not in dict(plan(path).extras)


def test_tags_of_other_programs_are_replaced_and_not_doubled(take: Take) -> None:
    path = take("id3v24.mp3")
    file: Any = mutagen.File(path)
    file.tags.add(TBPM(encoding=3, text="97"))
    file.tags.add(TXXX(encoding=1, desc=GAIN.lower(), text="+1.00 dB"))
    file.save()
    change = plan(path, mode=Mode.REPLACE)
    assert dict(change.old_extras) == {BPM: "97", GAIN: "+1.00 dB"}
    open_tags(path).change(None, "", "\0", change.extras)
    again: Any = mutagen.File(path)
    assert [str(frame) for frame in again.tags.getall("TBPM")] == ["120"]
    gains = [f for f in again.tags.getall("TXXX") if f.desc.upper() == GAIN]
    assert [str(frame) for frame in gains] == ["-9.75 dB"]


def test_a_version_that_lacks_them_or_changes_the_genre_is_refused(take: Take) -> None:
    path, copy = take("song.flac"), take("song.flac", "copy.flac")
    before = open_tags(path).rest({BPM})
    with pytest.raises(TagError, match="the new tags did not read back"):
        prove(path, copy, before, None, "", ((BPM, "120"),))
    open_tags(copy).change(("Rock",), "", "\0", ((BPM, "120"),))
    with pytest.raises(TagError, match="the new genre did not read back"):
        prove(path, copy, before, None, "", ((BPM, "120"),))


@pytest.mark.parametrize("name", ["id3v24.mp3", "song.flac", "song.opus", "song.m4a"])
def test_the_gain_of_the_album_is_written_too(take: Take, name: str) -> None:
    path = take(name)
    values = {ALBUM_GAIN: "-8.50 dB", ALBUM_PEAK: "0.990000"}
    file = FileGenres(path, {}, extras=values)
    policy = Policy(genres=False, extras=("album-gain",))

    (change,) = plan_changes([file], policy)
    assert apply([change]).count(Fate.WRITTEN) == 1

    is_opus = name == "song.opus"
    expected = {OPUS_ALBUM_GAIN: str(round(-13.5 * 256))} if is_opus else values
    assert open_tags(path).extras(tuple(expected)) == expected
    (again,) = plan_changes([file], policy)
    assert again.skipped == "its album gain says so already"


def test_every_field_that_is_not_written_says_why(take: Take) -> None:
    path = take("id3v24.mp3")
    tags = mutagen.File(path).tags
    tags.add(TBPM(text="100"))
    tags.save(path)
    file = FileGenres(path, {"Rock": 0.9}, extras={BPM: "120"})

    (change,) = plan_changes([file], Policy(extras=("bpm", "key")))

    assert change.skipped.startswith("it has a genre: ")
    assert change.skipped.endswith("; it has a BPM; no key is known that is sure")
