"""``fstmuse correct`` and ``fstmuse data corrections``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.datasets.corrections.store import CorrectionStore
from tests.conftest import make_music

from .conftest import Run

# Of the little band, by the small model: what it says is of no matter here.
MODEL = ("--model", "toy-model")


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path / "data"))


@pytest.fixture
def song(make_file: Callable[..., Path]) -> Path:
    return make_file("song.flac")


# -- bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--genre", "Jazz", "--right"]])
def test_either_a_genre_or_right_is_needed(fstmuse: Run, song: Path, options: list[str]) -> None:
    outcome = fstmuse("correct", song, *options)
    assert outcome.code == 2
    assert "Give either --genre NAME or --right." in outcome.err


@pytest.mark.parametrize("name", ["", " \t", "x" * 81, "Not sure", "not-SURE.", "NotSure"])
def test_a_genre_without_a_name_is_refused(fstmuse: Run, song: Path, name: str) -> None:
    outcome = fstmuse("correct", song, "--genre", name, *MODEL)
    assert outcome.code == 2
    assert "--genre" in outcome.err
    assert CorrectionStore().count() == 0


@pytest.mark.parametrize(
    ("name", "kept", "hint"),
    [
        ("Zouk", "Zouk", "Zouk is a genre of your own now\n"),
        ("Кизомба", "Кизомба", "of your own now\n"),
        ("hip hopp", "hip hopp", "if you mean Hip-Hop, say --genre Hip-Hop"),
        ("Techno", "Techno", "if you mean Electronic, say --genre Electronic"),
        ("HIP HOP", "Hip-Hop", ""),
    ],
)
def test_any_genre_can_be_said(fstmuse: Run, song: Path, name: str, kept: str, hint: str) -> None:
    outcome = fstmuse("correct", song, "--genre", name, *MODEL)
    assert outcome.code == 0, outcome.err
    assert [record.genre for record in CorrectionStore().records()] == [kept]
    assert hint in outcome.err
    again = fstmuse("correct", song, "--genre", name.upper(), *MODEL)
    assert "of your own" not in again.err
    assert [record.genre for record in CorrectionStore().records()] == [kept]


def test_an_unknown_model_is_refused(fstmuse: Run, song: Path) -> None:
    assert fstmuse("correct", song, "--genre", "Jazz", "--model", "nobody").code == 2


def test_a_bad_file_does_not_keep_the_others_from_being_corrected(
    fstmuse: Run, song: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.mp3").write_text("no sound" * 99)
    outcome = fstmuse(
        "correct", tmp_path / "gone.wav", tmp_path / "notes.mp3", song, "--genre", "Jazz", *MODEL
    )
    assert outcome.code == 1
    assert len(outcome.out.splitlines()) == 1
    assert len(outcome.complaints) == 3, "two files and the sum"
    assert all(line.startswith("fstmuse: ") for line in outcome.complaints[:2])


def test_silence_and_shreds_are_refused(
    fstmuse: Run, make_file: Callable[..., Path], tmp_path: Path
) -> None:
    silent = make_file("silent.wav", make_music(5.0) * 0)
    short = make_file("short.wav", make_music(1.0))
    outcome = fstmuse("correct", silent, short, "--genre", "Jazz", *MODEL)
    assert outcome.code == 1
    assert outcome.out == ""
    assert [line.count("nothing was heard in it") for line in outcome.complaints] == [1, 1]


def test_nothing_to_confirm_where_nothing_is_heard(
    fstmuse: Run, make_file: Callable[..., Path]
) -> None:
    outcome = fstmuse("correct", make_file("a.wav", make_music(4.0) * 0), "--right", *MODEL)
    assert outcome.code == 1
    assert "nothing was heard in it, so nothing can be confirmed" in outcome.err


def test_what_the_model_leans_to_is_confirmed_once(
    fstmuse: Run, make_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Y on "Hip-Hop? 35 %": the labels that a training needs most."""
    from fstmuse_core.classify.classifier import GenreClassifier
    from fstmuse_core.classify.result import Doubt, Verdict

    whole = GenreClassifier.classify_file

    def unsure(self: GenreClassifier, *args: Any, **options: Any) -> Any:
        found = whole(self, *args, **options)
        return replace(found, verdict=Verdict(None, Doubt.UNDECIDED, "Not sure."))

    monkeypatch.setattr(GenreClassifier, "classify_file", unsure)
    song = make_file("a.wav", make_music(8.0))
    outcome = fstmuse("correct", song, "--right", *MODEL)
    assert outcome.code == 0
    (record,) = CorrectionStore().records()
    assert (record.genre, record.was_sure) == (record.heard, False)
    assert f"{record.heard}, to which the model leaned (" in outcome.out
    again = fstmuse("correct", song, "--right", *MODEL)
    assert "until now" not in again.out
    assert CorrectionStore().records() == [record]
    assert fstmuse("data", "corrections", "undo").code == 0
    assert CorrectionStore().count() == 0


def test_without_corrections(fstmuse: Run, tmp_path: Path) -> None:
    assert fstmuse("data", "corrections").err.startswith("fstmuse: nothing has been corrected yet")
    assert fstmuse("data", "corrections", "undo").code == 1
    assert fstmuse("data", "corrections", "remove", "abcdef").code == 1
    words = fstmuse("data", "corrections", "remove", "--help").out.split()
    assert "by the beginning of their ID." in " ".join(words)
    for arguments in (["corrections", "export", tmp_path / "x.csv"], ["check", "corrections"]):
        outcome = fstmuse("data", *arguments)
        assert outcome.code == 1
        assert outcome.err.startswith("fstmuse: Your corrections: nothing has been corrected yet")
    assert not (tmp_path / "x.csv").exists()


# -- as it is meant ----------------------------------------------------------------------


def test_a_verdict_is_corrected_and_listed(fstmuse: Run, song: Path) -> None:
    outcome = fstmuse("correct", song, "--genre", "r&b", *MODEL)
    assert outcome.code == 0
    assert outcome.out.startswith(f"{song}: Soul-RnB")
    assert outcome.err == "1 correction; train on them with: fstmuse train --data corrections\n"

    listed = fstmuse("data", "corrections")
    assert (listed.code, listed.err) == (0, "")
    assert "you say Soul-RnB" in listed.out
    assert str(song) in listed.out
    (record,) = fstmuse("data", "corrections", "list", "--format", "json").json()
    assert (record["genre"], record["model"], record["path"]) == (
        "Soul-RnB",
        "toy-model",
        str(song),
    )


def test_correcting_again_says_what_was_said_before(fstmuse: Run, song: Path) -> None:
    fstmuse("correct", song, "--genre", "Jazz", *MODEL)
    outcome = fstmuse("correct", song, "--genre", "Blues", *MODEL)
    assert "until now you said Jazz" in outcome.out
    undone = fstmuse("data", "corrections", "undo")
    assert undone.out == "song: Jazz again\n"
    assert fstmuse("data", "corrections", "undo").out == "song: not corrected any more\n"


def test_corrections_are_removed_by_file_or_by_name(
    fstmuse: Run, song: Path, tmp_path: Path, make_file: Callable[..., Path]
) -> None:
    other = make_file("other.wav", make_music(5.0, seed=3))
    third = make_file("third.wav", make_music(6.0, seed=4))
    fstmuse("correct", song, other, third, "--genre", "Jazz", *MODEL)
    copy = shutil.copy(song, tmp_path / "copy.flac")
    last = CorrectionStore().records()[-1].sound

    outcome = fstmuse("data", "corrections", "remove", copy, other, last[:8], "abcdef")

    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        "song: Jazz is forgotten",
        "other: Jazz is forgotten",
        "third: Jazz is forgotten",
    ]
    assert "abcdef: it has not been corrected" in outcome.err
    assert CorrectionStore().count() == 0
    assert song.is_file()


def test_what_was_moved_is_marked_and_left_out(fstmuse: Run, song: Path, tmp_path: Path) -> None:
    fstmuse("correct", song, "--genre", "Jazz", *MODEL)
    song.unlink()
    assert "(moved or removed)" in fstmuse("data", "corrections").out
    outcome = fstmuse("data", "corrections", "export", tmp_path / "out.csv")
    assert outcome.code == 1
    assert outcome.out == f"{tmp_path / 'out.csv'}: 0 tracks\n"
    assert "it was moved or removed after it was corrected" in outcome.err


def test_export_and_check(fstmuse: Run, song: Path, tmp_path: Path) -> None:
    fstmuse("correct", song, "--genre", "Jazz", *MODEL)
    outcome = fstmuse("data", "corrections", "export", tmp_path / "out.csv")
    assert (outcome.code, outcome.out) == (0, f"{tmp_path / 'out.csv'}: 1 track\n")
    assert ",Jazz," in (tmp_path / "out.csv").read_text("utf-8")
    checked = fstmuse("data", "check", "corrections", "--processes", "1")
    assert "(your corrections): 1 usable clip, 1 genre" in checked.out


def test_damage_is_said(fstmuse: Run, song: Path) -> None:
    fstmuse("correct", song, "--genre", "Jazz", *MODEL)
    file = CorrectionStore().folder / "corrections.jsonl"
    file.write_bytes(file.read_bytes() + b"damage\n")
    outcome = fstmuse("data", "corrections")
    assert "you say Jazz" in outcome.out
    assert outcome.complaints == [
        "fstmuse: Your corrections: 1 damaged line in corrections.jsonl could not be read"
    ]
