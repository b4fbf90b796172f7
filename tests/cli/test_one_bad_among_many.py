"""An unreadable file or folder among others costs only itself, whatever the command."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.library.database import open_library
from tests.conftest import make_music

from .conftest import Outcome, Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files")


@pytest.fixture
def music(
    make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Path]:
    """Two sound files by genre; among them a pipe, rubbish, an empty one and a broken link."""
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path / "data"))
    root = tmp_path / "set"
    songs = []
    for number, genre in enumerate(("Folk", "Rock")):
        folder = root / genre
        folder.mkdir(parents=True)
        song = folder / f"{genre}.mp3"
        shutil.move(make_file(f"{number}.mp3", make_music(4.0, seed=number)), song)
        songs.append(song)
    bad = root / "Rock"
    os.mkfifo(bad / "a pipe.wav")
    (bad / "empty.wav").touch()
    (bad / "rubbish.wav").write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt " + os.urandom(500))
    (bad / "gone.wav").symlink_to("nowhere.wav")
    (bad / "itself.wav").symlink_to("itself.wav")
    return songs


def _bad(music: list[Path]) -> list[Path]:
    return sorted(path for path in music[1].parent.iterdir() if path != music[1])


def _assert_calm(outcome: Outcome) -> None:
    assert "Traceback" not in outcome.err
    assert outcome.code == 1


def test_data_check(fstmuse: Run, music: list[Path]) -> None:
    outcome = fstmuse("data", "check", music[0].parents[1], "--format", "json", "--processes", "1")

    _assert_calm(outcome)
    text = json.dumps(outcome.json())
    assert "Folk" in text
    assert "rubbish.wav" in text
    assert "empty.wav" in text


def test_library_scan(fstmuse: Run, music: list[Path], tmp_path: Path) -> None:
    root = music[0].parents[1]
    outcome = fstmuse("library", "scan", tmp_path / "nowhere", root)

    _assert_calm(outcome)
    with open_library() as library:
        found = {row.path for row in library.rows("")}
    assert {str(song) for song in music} <= found
    assert str(root / "Rock" / "a pipe.wav") not in found


def test_correct(fstmuse: Run, music: list[Path]) -> None:
    bad = _bad(music)
    outcome = fstmuse("correct", *bad, *music, "--genre", "Folk")

    _assert_calm(outcome)
    named = [line for line in outcome.complaints if line.startswith("fstmuse: ")]
    assert len(named) == len(bad)
    assert (
        sum(line.startswith(str(song)) for line in outcome.out.splitlines() for song in music) == 2
    )


def test_tags(fstmuse: Run, music: list[Path], tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    paths = [*_bad(music), tmp_path / "nowhere.mp3", *music]
    record = {"probabilities": {"Blues": 0.9}, "genre": "Blues", "model": "m", "model_sha256": "x"}
    results.write_text("".join(json.dumps({"path": str(p), **record}) + "\n" for p in paths))

    preview = fstmuse("tag", "preview", results)
    assert "Traceback" not in preview.err
    assert all(song.name in preview.out for song in music)
    before = [song.read_bytes() for song in music]
    outcome = fstmuse("tag", "write", results)
    assert "Traceback" not in outcome.err, outcome.err
    assert [song.read_bytes() != old for song, old in zip(music, before, strict=True)] == [True] * 2


@pytest.mark.parametrize("number", range(5))
def test_spectrogram(fstmuse: Run, music: list[Path], tmp_path: Path, number: int) -> None:
    target = tmp_path / "picture.png"
    outcome = fstmuse("spectrogram", _bad(music)[number], "-o", target)

    _assert_calm(outcome)
    assert len(outcome.complaints) == 1
    assert not target.exists()


def test_evaluate(fstmuse: Run, music: list[Path]) -> None:
    data = music[0].parents[1]
    outcome = fstmuse(
        "evaluate", "--model", "toy-model", "--data", data, "--kind", "folders", "--format", "json"
    )

    assert "Traceback" not in outcome.err
    assert outcome.code in (0, 1)
    assert sum(outcome.json()["songs"].values()) == 2
    assert "rubbish.wav" in outcome.err


def test_generate_goes_on_after_a_target_that_cannot_be(
    fstmuse: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fstmuse_core.generate import generator
    from fstmuse_core.system.errors import AudioError

    save = generator.save_clip

    def fails_once(path: Path, clip: object) -> None:
        if path.name == "take-1.wav":
            raise AudioError(path, "it cannot be written (No space left on device)", "make room")
        save(path, clip)  # type: ignore[arg-type]

    monkeypatch.setattr(generator, "save_clip", fails_once)
    small = ("--genre", "Rock", "--seconds", "1", "--iterations", "1", "--seed", "3")
    outcome = fstmuse("generate", *small, "--count", "2", "-o", tmp_path / "take.wav")

    _assert_calm(outcome)
    assert [path.name for path in tmp_path.glob("*.wav")] == ["take-2.wav"]


@pytest.mark.parametrize(
    "arguments",
    [
        "classify {} @",
        "library scan {} @",
        "library forget {} @",
        "correct {} @ --right",
        "data check @",
        "spectrogram @ -o x.png",
        "evaluate --model toy-model --data {} --data @",
        "compare toy-model fst-muse --data {} --data @",
        "train --data {} --data @",
        "tag preview @",
        "generate --genre Rock -o @",
        "generate --recipe @",
        "models import @",
    ],
)
def test_an_empty_name_is_wrong_use_before_anything_is_done(
    fstmuse: Run, music: list[Path], arguments: str, tmp_path: Path
) -> None:
    words = [{"{}": str(music[0]), "@": ""}.get(word, word) for word in arguments.split()]
    before = sorted(tmp_path.rglob("*"))
    outcome = fstmuse(*words)

    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.complaints[-1].endswith("it is empty; give a name")
    assert sorted(tmp_path.rglob("*")) == before
