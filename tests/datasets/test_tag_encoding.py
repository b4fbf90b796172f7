"""Data sets whose old tags are in an encoding that has to be named."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import soundfile
from mutagen.id3 import ID3, TCON, TPE1

from fstmuse_core.cli import main, train
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.training.preparation import Preparation
from fstmuse_core.training.record import command_of
from fstmuse_core.training.settings import settings_from

ARTIST, GENRE = "Včely", "Lidové písně"


def as_latin_1(text: str) -> str:
    return text.encode("cp1250").decode("latin-1")


@pytest.fixture
def old(tmp_path: Path, music: Any) -> Path:
    """Two classes whose files have a genre and an artist in cp1250."""
    for name in ("One", "Two"):
        path = tmp_path / "old" / name / "song.mp3"
        path.parent.mkdir(parents=True)
        soundfile.write(path, music if name == "One" else music[::-1], 22_050)
        tags = ID3()
        tags.add(TPE1(encoding=0, text=as_latin_1(ARTIST)))
        tags.add(TCON(encoding=0, text=as_latin_1(GENRE)))
        tags.save(path)
    return tmp_path / "old"


@pytest.mark.parametrize("kind", ["folders", "tags"])
def test_every_kind_reads_tags_in_the_encoding_that_is_named(old: Path, kind: str) -> None:
    assert {t.artist for t in load_tracks(old, kind).tracks} == {as_latin_1(ARTIST)}
    tracks = load_tracks(old, kind, tag_encoding="cp1250").tracks
    assert [(t.artist, t.tag_genre) for t in tracks] == [(ARTIST, GENRE)] * 2


def test_data_check_takes_the_encoding(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["data", "check", str(old), "--kind", "tags", "--format", "json", "--processes", "1"]
    main([*words, "--tag-encoding", "windows-1250"])
    assert GENRE in json.dumps(json.loads(capsys.readouterr().out), ensure_ascii=False)


def test_a_training_takes_the_encoding(old: Path) -> None:
    events: Any = SimpleNamespace(preparing=lambda *_: None, note=lambda _: None)
    control: Any = SimpleNamespace(stopped=False, check_start=lambda: None)
    settings = settings_from({"data": [str(old)], "tag_encoding": "cp1250"})

    tracks = Preparation(events, control).tracks(settings)

    assert {track.artist for track in tracks} == {ARTIST}


def test_the_command_that_is_noted_down_can_be_given_again() -> None:
    kinds = ("folders", "tags")
    settings = settings_from({"data": ["a", "b"], "kinds": kinds, "tag_encoding": "cp1250"})
    command = command_of(settings)
    assert "--data a --data b --kind folders --kind tags --tag-encoding cp1250" in command
    assert "encoding" not in command_of(settings_from({"data": ["a"]}))


def test_a_zero_that_is_no_default_is_noted_down_too() -> None:
    command = command_of(settings_from({"data": ["a"], "dropout": 0.0}))
    assert "--dropout 0.0" in command
    assert "--seed" not in command
    given = train.command.make_context("train", shlex.split(command)[2:]).params
    assert given["dropout"] == 0.0


@pytest.mark.parametrize(
    "command",
    [
        "data check .",
        "train --data .",
        "evaluate --model toy-model --data .",
        "compare toy-model fst-muse --data .",
    ],
)
def test_an_unknown_encoding_is_one_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--tag-encoding", "klingon"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("fstmuse: 'klingon': this encoding is not known; use auto, latin-1")
    assert told.count("\n") == 1
