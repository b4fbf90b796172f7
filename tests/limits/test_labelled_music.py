"""Labelled music with files that take a decoder down: each costs itself, and has its line."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.datasets.survey import Surveyor
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.control import Control
from fstmuse_core.training.events import Events
from fstmuse_core.training.measure import ask
from fstmuse_core.training.original import classifiers
from tests.conftest import make_music
from tests.limits.test_command import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="made of Linux's own means")
CRASHED = "the process that read it crashed (SIGSEGV)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two songs of each of two genres."""
    root = tmp_path / "set"
    for number, name in enumerate(["Rock/a", "Rock/b", "Folk/c", "Folk/d"]):
        path = root / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, make_music(6.0, seed=number), 22_050)
    return root


def length_not_known(path: Path) -> None:
    """Write a file that is no sound, so that only a decoder could tell its length."""
    path.write_bytes(b"RIFF")


def length_known(path: Path) -> None:
    """Write a file whose length can be read without decoding it."""
    soundfile.write(path, make_music(6.0, seed=9), 22_050)


def home(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment with a home of its own."""
    own = {"XDG_DATA_HOME": str(tmp_path / "home"), "FSTMUSE_CACHE": str(tmp_path / "cache")}
    return {**environment, **own}


@pytest.mark.parametrize("fault", ["crash", "abort"])
def test_a_file_of_unknown_length_is_set_aside_by_a_check(
    fault: str, folder: Path, tmp_path: Path, faulty_twice: dict[str, str]
) -> None:
    length_not_known(folder / "Rock" / f"{fault}.wav")
    length_not_known(folder / "Folk" / f"{fault}2.wav")

    ended = run("data", "check", folder, "--format", "json", env=home(faulty_twice, tmp_path))

    assert ended.returncode == 1, ended.stderr
    report = json.loads(ended.stdout)
    assert {genre["genre"]: genre["clips"] for genre in report["genres"]} == {"Rock": 2, "Folk": 2}
    reasons = {aside["path"]: aside["reason"] for aside in report["set_aside"]}
    assert reasons.keys() == {f"Rock/{fault}.wav", f"Folk/{fault}2.wav"}
    assert all("the process that read it crashed (SIG" in why for why in reasons.values())


def test_a_manifest_without_lengths_goes_on_behind_a_crash(
    folder: Path, tmp_path: Path, faulty_twice: dict[str, str]
) -> None:
    names = ["Rock/crash.wav", "Rock/a.wav", "Rock/b.wav", "Folk/c.wav", "Folk/d.wav"]
    length_known(folder / names[0])
    lines = [f"{name},{name.split('/')[0]}" for name in names]
    (folder / "manifest.csv").write_text("\n".join(["path,genre", *lines]))

    ended = run("data", "check", folder, "--format", "json", env=home(faulty_twice, tmp_path))

    assert ended.returncode == 1, ended.stderr
    report = json.loads(ended.stdout)
    assert report["checked"] == 4
    (aside,) = report["set_aside"]
    assert aside["path"] == "Rock/crash.wav"
    assert CRASHED in aside["reason"]


@pytest.mark.usefixtures("started_anew")
def test_the_window_lists_a_data_set_with_a_file_that_crashes(folder: Path) -> None:
    length_not_known(folder / "Rock" / "crash.wav")

    survey = Surveyor()((str(folder),), lambda _done, _of: None, lambda: False)

    assert survey.n_clips == 4
    assert (survey.n_set_aside, CRASHED in survey.why_set_aside) == (1, True)


@pytest.mark.usefixtures("started_anew")
def test_a_list_that_hangs_is_given_up_at_once(folder: Path) -> None:
    length_not_known(folder / "Folk" / "hang.wav")
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 10

    survey = Surveyor()((str(folder),), lambda _done, _of: None, cancelled)

    assert survey.n_clips < 4


@pytest.mark.parametrize("command", [["evaluate", "--model"], ["compare", "toy-model"]])
@pytest.mark.parametrize("make", [length_known, length_not_known])
def test_measuring_a_model_goes_on_behind_a_crash(
    command: list[str], make: Any, folder: Path, tmp_path: Path, faulty_twice: dict[str, str]
) -> None:
    make(folder / "Rock" / "crash.wav")

    ended = run(
        *(*command, "fst-muse", "--data", folder, "--format", "json"),
        env=home(faulty_twice, tmp_path),
    )

    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    songs = found["songs"] if command[0] == "evaluate" else found["b"]["songs"]
    assert (songs["Rock"], songs["Folk"]) == (2, 2)
    assert f"crash.wav: {CRASHED}" in ended.stderr


@pytest.mark.usefixtures("started_anew")
def test_the_test_of_a_training_goes_on_behind_a_crash(folder: Path) -> None:
    length_known(folder / "Rock" / "crash.wav")
    files = [folder / "Rock" / "a.wav", folder / "Rock" / "crash.wav", folder / "Folk" / "c.wav"]
    tracks = [Track(file, file.parent.name, "", file.stem, 6.0) for file in files]
    told: list[int] = []

    answers = ask(GenreClassifier.load("toy-model"), tracks, lambda done, _of: told.append(done))

    assert [track.title for track in answers.tracks] == ["a", "c"]
    assert told[-1] == 3
    (aside,) = answers.set_aside
    assert aside.startswith(f"crash.wav: {CRASHED}")
    assert os.sep not in aside


@pytest.mark.usefixtures("started_anew")
def test_the_report_s_design_trains_behind_a_crash(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    length_known(folder / "Rock" / "crash.wav")
    (folder / "Folk" / "cut.wav").write_bytes(b"RIFF")
    files = ["Rock/a", "Rock/crash", "Folk/cut", "Folk/c"]
    tracks = [Track(folder / f"{n}.wav", n[:4], "", n, 6.0) for n in files]
    monkeypatch.setattr(
        classifiers, "original_features", lambda samples: np.full((1291, 128, 1), len(samples))
    )
    events = Events(None, lambda sentence: None)

    reasons = classifiers._write_features(tmp_path, tracks, events, Control())

    rows = json.loads((tmp_path / "features.json").read_text())
    table = np.load(tmp_path / "features.npy")
    assert rows == {str(tracks[0].path): 0, str(tracks[3].path): 3}
    assert table[0, 0, 0, 0] == table[3, 0, 0, 0] > 6 * 22_050 - 100
    assert CRASHED in reasons[str(tracks[1].path)]
    assert reasons.keys() == {str(track.path) for track in tracks[1:3]}
