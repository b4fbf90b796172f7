"""Music that changes while it is read: files are set aside with a line, or one line ends it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.datasets.examine import examine
from fstmuse_core.datasets.track import Track
from fstmuse_core.runs.store import find_run, list_runs
from fstmuse_core.training import preparation as prepare
from fstmuse_core.training.control import Control
from fstmuse_core.training.original import classifiers
from tests.training_system.conftest import RATE, Event, Home, write_tones

OPTIONS: dict[str, Any] = {"model": "toy-model", "epochs": 1, "batch_size": 16, "out": "tones"}
CHANGED = "Rock-1.wav"
Change = Callable[[Path], object]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:60])


def replace(file: Path) -> None:
    file.write_bytes(file.with_name("Folk-0.wav").read_bytes())


CHANGES: dict[str, Change] = {
    "removed": Path.unlink,
    "renamed": lambda file: file.rename(file.with_name("elsewhere.wav")),
    "cut": cut,
    "replaced": replace,
}


@pytest.fixture
def music(tones: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(tones, tmp_path / "music"))


def after_listing(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    read = prepare.read_tracks

    def listed(*arguments: Any, **options: Any) -> Any:
        found = read(*arguments, **options)
        change()
        return found

    monkeypatch.setattr(prepare, "read_tracks", listed)


def after_extraction(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    places = FeatureCache.places

    def opened(self: FeatureCache, paths: Any) -> Any:
        change()
        return places(self, paths)

    monkeypatch.setattr(FeatureCache, "places", opened)


def set_aside(home: Home) -> list[str]:
    said = [event["sentence"] for event in home.of_kind("warning")]
    return [sentence for sentence in said if "set aside" in sentence]


@pytest.mark.parametrize(
    "kind", ["removed", pytest.param("renamed", marks=pytest.mark.long), "cut"]
)
def test_a_file_that_goes_bad_after_it_was_listed(
    home: Home, music: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_listing(monkeypatch, lambda: CHANGES[kind](music / CHANGED))
    assert home.train(**OPTIONS, data=[str(music)]) == 0
    (sentence,) = set_aside(home)
    assert sentence.startswith(f"1 file is set aside: {CHANGED}: ")
    assert sum(home.of_kind("started")[0]["clips"].values()) == 15


@pytest.mark.parametrize("kind", CHANGES)
def test_a_file_that_changes_between_its_features_and_the_training(
    home: Home, music: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_extraction(
        monkeypatch,
        lambda: (music / CHANGED).exists() and CHANGES[kind](music / CHANGED),
    )
    assert home.train(**OPTIONS, data=[str(music)]) == 0
    reason = "it changed" if kind in ("cut", "replaced") else "it vanished"
    assert any(f"{CHANGED}: {reason}" in sentence for sentence in set_aside(home))


def test_a_folder_that_is_removed_is_one_line(
    home: Home, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_listing(monkeypatch, lambda: shutil.rmtree(music))
    assert home.train(**OPTIONS, data=[str(music)]) == 1
    assert "none of its 16 files can be used" in home.last["sentence"]
    assert "the file is missing" in home.last["sentence"]
    assert len(set_aside(home)) == 1
    assert list_runs() == []


def test_silent_files_are_set_aside_as_by_the_doctor(home: Home, music: Path) -> None:
    silent = [music / CHANGED, music / "Folk-2.wav"]
    for number, file in enumerate(silent, 4):
        soundfile.write(file, np.zeros(number * RATE), RATE)
    reasons = {file.name: examine(file).reason for file in silent}

    assert home.train(**OPTIONS, data=[str(music)]) == 0

    (sentence,) = set_aside(home)
    assert sentence.startswith("2 files are set aside: ")
    assert all(f"{name}: {reason}" in sentence for name, reason in reasons.items())
    assert sum(home.of_kind("started")[0]["clips"].values()) == 14
    parts = [parts_of(home, part) for part in ("train", "validation", "test")]
    assert not set(silent) & {file for part in parts for file in part}


@pytest.fixture
def more_music(tmp_path: Path) -> Path:
    """So much that a genre less is still enough."""
    return write_tones(tmp_path / "more", {"Rock": 4, "Folk": 6, "Hip-Hop": 6}, seconds=3.5)


def without_rock(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def remove() -> None:
        for file in music.glob("Rock-*"):
            file.unlink()

    after_listing(monkeypatch, remove)


def test_a_genre_that_vanishes_is_said(
    home: Home, more_music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_rock(more_music, monkeypatch)
    assert home.train(**OPTIONS, data=[str(more_music)]) == 0
    said = [event["sentence"] for event in home.of_kind("warning")]
    assert "all music of Rock was set aside, so it is not learned" in said
    assert home.of_kind("started")[0]["genres"] == ["Folk", "Hip-Hop"]


def test_a_genre_asked_for_that_vanishes_ends_it(
    home: Home, more_music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_rock(more_music, monkeypatch)
    genres = ["Rock", "Folk", "Hip-Hop"]
    assert home.train(**OPTIONS, data=[str(more_music)], genres=genres) == 1
    assert "there is no music of Rock" in home.last["sentence"]


def parts_of(home: Home, part: str) -> list[Path]:
    run = find_run(home.of_kind("started")[0]["run"])
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    return [Path(track["path"]) for track in record["parts"][part]]


def when(kind: str, change: Callable[[], object]) -> Callable[[Event, Control], None]:
    """Change something once, when an event of a kind comes."""
    waiting = [change]

    def on(event: Event, control: Control) -> None:
        if waiting and kind in (event["event"], event.get("stage")):
            waiting.pop()()

    return on


def test_what_was_learned_from_may_go_while_it_trains(home: Home, music: Path) -> None:
    def remove() -> None:
        for file in parts_of(home, "train") + parts_of(home, "validation"):
            file.unlink()
        (music / "manifest.csv").write_text("path,gen")

    assert home.train(**OPTIONS, data=[str(music)], on=when("started", remove)) == 0
    assert set_aside(home) == []
    assert home.last["metrics"]["accuracy"] >= 0.0


@pytest.mark.parametrize(
    ("moment", "kind"),
    [*(("started", kind) for kind in CHANGES), ("testing", "removed"), ("testing", "cut")],
)
def test_a_file_of_the_test_that_changes_is_not_tested_on(
    home: Home, music: Path, moment: str, kind: str
) -> None:
    gone: list[Path] = []

    def change() -> None:
        # The last: at the moment of the test the first has been heard already.
        gone.append(parts_of(home, "test")[-1])
        CHANGES[kind](gone[0])

    assert home.train(**OPTIONS, data=[str(music)], on=when(moment, change)) == 0
    (sentence,) = set_aside(home)
    assert sentence.startswith(f"of the test, 1 file is set aside: {gone[0].name}: ")
    assert home.last["metrics"]["set_aside"]
    card = Path(home.last["card"]).read_text(encoding="utf-8")
    assert gone[0].name in card


def test_a_test_that_is_all_gone_loses_nothing_that_was_learned(home: Home, music: Path) -> None:
    away = music.with_name("away")
    assert (
        home.train(**OPTIONS, data=[str(music)], on=when("started", lambda: music.rename(away)))
        == 1
    )
    assert "songs can be read as they were; put the music back and resume" in home.last["sentence"]
    assert home.last["resumable"]
    run = home.last["run"]
    away.rename(music)
    assert home.train(resume=run) == 0
    assert home.of_kind("epoch") == []
    assert home.last["event"] == "done"


def test_the_reports_design_sets_aside_what_it_cannot_read_again(
    home: Home, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = classifiers._write_features

    def vanishes(folder: Path, tracks: Sequence[Track], *arguments: Any) -> dict[str, str]:
        next(track.path for track in tracks if track.path.name == CHANGED).unlink()
        return write(folder, tracks, *arguments)

    monkeypatch.setattr(classifiers, "_write_features", vanishes)
    options = {**OPTIONS, "model": "fst-muse", "design": "original", "batch_size": 2}
    assert home.train(**options, data=[str(music)], genres=["Folk", "Rock", "Hip-Hop"]) == 0
    (sentence,) = set_aside(home)
    assert sentence == f"1 file is set aside: {CHANGED}: there is no such file"
    assert sum(home.of_kind("started")[0]["clips"].values()) == 11
