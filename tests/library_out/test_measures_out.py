"""Measures in lists, tables and choices of the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.audio.measures import Measures
from fstmuse_core.classify.traits import Group, Trait
from fstmuse_core.library.rows import key_words, tempo_words
from fstmuse_core.library.scan import scan_library
from fstmuse_core.library.sounds import keep_measures
from fstmuse_core.library.tagging import album_gains
from tests.library_out.conftest import MODEL, Shelf, answer, make_row

Fstmuse = Callable[..., tuple[int, str, str]]


@pytest.fixture
def measured(library_store: Shelf) -> Shelf:
    """Two songs with measures and one without."""
    library_store.put("fast.mp3", "slow.mp3", "unknown.mp3")
    styles = (Trait(Group.STYLE, "Hard Rock", 2.0), Trait(Group.STYLE, "Blues", 1.2))
    moods = (*styles, Trait(Group.MOOD, "calm", 1.5))
    calm = replace(answer("Folk", 0.7), traits=(*moods, Trait(Group.MOOD, "sad", 1.1)))
    fast = answer("Rock", 0.9)
    library_store.hear(
        MODEL, {"fast.mp3": fast, "slow.mp3": calm, "unknown.mp3": fast}, year="1998"
    )
    values = {
        "fast.mp3": Measures(171.4, 0.9, "F#", 0.2, -8.25, 0.99, 0.9),
        "slow.mp3": Measures(66.2, 0.3, "Am", 0.01, -20.0, 0.5, 0.2),
    }
    with library_store.library.writing() as connection:
        for name, measures in values.items():
            keep_measures(connection, name, measures)
    return library_store


def test_the_list_shows_measures_and_how_sure_they_are(measured: Shelf, fstmuse: Fstmuse) -> None:
    code, out, _ = fstmuse("list", "--model", MODEL.sha256[:8], "--measures")
    assert code == 0
    fast, slow, unknown = out.splitlines()
    assert fast.split()[3:8] == ["171", "F#", "-8.2", "LUFS", "90"]
    assert slow.split()[3:10] == ["66?", "Am?", "-20.0", "LUFS", "20", "calm,", "sad"]
    assert unknown.split()[3:7] == ["-"] * 4


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--bpm", "160-180"), ["fast"]),
        (("--bpm", "66"), ["slow"]),
        (("--key", "a minor"), ["slow"]),
        (("--key", "Gb"), ["fast"]),
        (("--loudness", "-12..-5"), ["fast"]),
        (("--mood", "Sad"), ["slow"]),
        (("--style", "hard rock"), ["slow"]),
        (("--style", "Rock"), []),
        (("--year", "1990-1999"), ["fast", "slow", "unknown"]),
        (("--bpm", "100-120"), []),
    ],
)
def test_songs_are_chosen_by_measures(
    measured: Shelf, fstmuse: Fstmuse, options: tuple[str, str], names: list[str]
) -> None:
    _, out, _ = fstmuse("list", "--model", MODEL.sha256[:8], "--format", "json", *options)
    assert [Path(record["path"]).stem for record in json.loads(out)] == names


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--bpm", "fast"), "is no range; write it as in 90-120 or -12..-8"),
        (("--bpm", "120-90"), "runs backwards"),
        (("--key", "H"), "is no key; write C, F# or Bbm"),
    ],
)
def test_what_is_no_choice_is_refused_in_a_line(
    measured: Shelf, fstmuse: Fstmuse, options: tuple[str, str], why: str
) -> None:
    code, _, said = fstmuse("list", *options)
    assert code == 2
    assert why in said


def test_tables_hold_measures(measured: Shelf, fstmuse: Fstmuse, tmp_path: Path) -> None:
    for name in ("all.csv", "all.json"):
        fstmuse("export", tmp_path / name, "--model", MODEL.sha256[:8])
    fast, _, unknown = json.loads((tmp_path / "all.json").read_text())
    assert (fast["bpm"], fast["bpm_steadiness"], fast["key"]) == (171.4, 0.9, "F#")
    assert (fast["loudness_lufs"], fast["track_gain_db"], fast["energy"]) == (-8.25, -9.75, 0.9)
    assert unknown["bpm"] is unknown["key"] is unknown["track_gain_db"] is None
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert (rows[1]["bpm"], rows[1]["mood"], rows[1]["year"]) == ("66.2", "calm, sad", "1998")
    assert rows[1]["style"] == "Hard Rock, Blues"
    assert rows[2]["bpm"] == rows[2]["style"] == ""


def test_words_for_what_is_not_sure() -> None:
    assert [tempo_words(120.4, 0.9), tempo_words(96.6, 0.4), tempo_words(None, None)] == [
        "120",
        "97?",
        "-",
    ]
    assert [key_words("Am", 0.1), key_words("C", 0.04), key_words(None, None)] == ["Am", "C?", "-"]


def test_the_command_writes_what_was_measured(
    library_store: Shelf, fstmuse: Fstmuse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import soundfile

    from fstmuse_core.cli import main
    from fstmuse_core.tags.formats import open_tags

    library_store.put("song.flac")
    path = library_store.folder / "song.flac"
    soundfile.write(path, np.random.default_rng(1).uniform(-0.3, 0.3, 22_050), 22_050)
    scan_library(library_store.library)
    library_store.hear(MODEL, {"song.flac": answer("Rock", 0.9)})
    with library_store.library.writing() as connection:
        keep_measures(connection, "song.flac", Measures(120.4, 0.9, "F#m", 0.01, -8.25, 0.99, 0.9))
    model = ("--model", MODEL.sha256[:8])

    assert main(["tag", "preview", "--fields", "bpm,key,gain", *model]) == 0
    out = capsys.readouterr().out
    assert "BPM 120, gain -9.75 dB" in out
    assert "key" not in out  # not sure

    assert main(["tag", "write", "--fields", "genre,bpm,key", "--unsure", *model]) == 0
    tags = open_tags(path)
    assert tags.genres == ("Rock",)
    assert tags.extras(("BPM", "INITIALKEY")) == {"BPM": "120", "INITIALKEY": "F#m"}
    capsys.readouterr()
    assert main(["tag", "write", "--fields", "tempo", *model]) == 2
    assert "is no field; there are genre, bpm, key, mood, gain" in capsys.readouterr().err


def test_the_gain_of_an_album_is_by_power_and_length() -> None:
    rows = [
        make_row("/a/1.mp3", album="A", loudness=-10.0, peak=0.5, seconds=100.0),
        make_row("/a/2.mp3", album="a", loudness=-20.0, peak=0.9, seconds=300.0),
        make_row("/a/3.mp3", album="B", loudness=-10.0, peak=0.5, seconds=100.0),
        make_row("/a/4.mp3", album="B"),
        make_row("/b/5.mp3", album="A", loudness=-18.0, peak=0.1, seconds=9.0),
    ]
    found = album_gains(rows)

    # The mean power of 0.1 for a quarter and 0.01 for the rest of the time is 0.0325.
    both = {"REPLAYGAIN_ALBUM_GAIN": "-3.12 dB", "REPLAYGAIN_ALBUM_PEAK": "0.900000"}
    alone = {"REPLAYGAIN_ALBUM_GAIN": "0.00 dB", "REPLAYGAIN_ALBUM_PEAK": "0.100000"}
    ids = [row.file_id for row in rows]
    assert found == {ids[0]: both, ids[1]: both, ids[4]: alone}
