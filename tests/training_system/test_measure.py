"""Figures of any model, and whether two models differ."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.cli import main
from fstmuse_core.datasets.duplicates import as_text
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.overlap import generator_overlap, overlap, training_note
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.card import classifier_card
from fstmuse_core.training.measure import Answers, compare, measure, reliability
from fstmuse_core.training.metrics import mean_by_class
from tests.training_system.conftest import Home

GENRES = ("Folk", "Rock")


def answers(right: list[bool], artists: list[str], genres: tuple[str, ...] = GENRES) -> Answers:
    """A model that is right or wrong about clips that are all Rock."""
    tracks = tuple(Track(Path(f"{i}.wav"), "Rock", a, f"{i}", 30.0) for i, a in enumerate(artists))
    chances = np.array([[0.2, 0.8] if hit else [0.7, 0.3] for hit in right])
    named = tuple(genres[i] for i in chances.argmax(axis=1))
    return Answers(genres, tracks, chances, named, ())


def test_measures() -> None:
    tracks = tuple(
        Track(Path(f"{i}.wav"), genre, artist, "", 30.0)
        for i, (genre, artist) in enumerate(
            [("Folk", "a"), ("Folk", "a"), ("Rock", "b"), ("Rock", "c"), ("Jazz", "d")]
        )
    )
    chances = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7], [0.5, 0.5]])
    found = measure(Answers(GENRES, tracks, chances, ("Folk", None, "Rock", "Rock", None), ()))
    assert found["accuracy"] == 0.75
    assert found["recall"] == {"Folk": 0.5, "Rock": 1.0}
    assert found["songs"] == {"Folk": 2, "Rock": 2}
    assert found["artists"] == {"Folk": 1, "Rock": 2}
    assert found["confusion"] == [[1, 1], [0, 2]]
    assert found["named"] == 0.75
    assert found["named_accuracy"] == 1.0
    assert found["others"] == {"Jazz": {"songs": 1, "artists": 1, "turned_away": 1.0}}
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert found["right"] == 3
    assert found["confidence_gap"] == pytest.approx((0.9 + 0.6 + 0.8 + 0.7) / 4 - 0.75)
    low, high = found["interval"]
    assert 0.0 < low < 0.31 < 0.95 < high <= 1.0


def test_reliability_by_tenths() -> None:
    best, right = np.array([0.92, 0.98, 0.55, 1.0]), np.array([True, False, True, True])
    assert reliability(best, right) == [
        [pytest.approx(0.55), 1.0, 1],
        [pytest.approx((0.92 + 0.98 + 1.0) / 3), pytest.approx(2 / 3), 3],
    ]


def test_a_clear_difference() -> None:
    artists = [f"artist {i}" for i in range(40)]
    result = compare(answers([False] * 40, artists), answers([True] * 30 + [False] * 10, artists))
    assert (result.only_a, result.only_b) == (0, 30)
    assert result.p_value < 1e-6
    assert 0.5 < result.low < 0.75 < result.high < 1.0
    assert result.is_clear
    assert "B is better than A by 75.0 points" in result.sentence("A", "B")


def test_the_interval_is_of_the_better_one() -> None:
    artists = [f"artist {i}" for i in range(40)]
    one, two = answers([True] * 30 + [False] * 10, artists), answers([False] * 40, artists)
    result = compare(one, two)
    assert -1.0 < result.low < -0.75 < result.high < -0.5
    said = result.sentence("A", "B")
    assert f"A is better than B by 75.0 points (95 % interval {-100 * result.high:+.1f} to" in said


def test_spellings_and_guests_are_one_artist() -> None:
    artists = ["Band", "band", " BAND ", "Band feat. Guest", "Band (ft. Guest)"] * 4
    assert compare(answers([False] * 20, artists), answers([True] * 20, artists)).artists == 1


def test_clips_of_nobody_are_no_artists() -> None:
    artists = ["Ana", "Bo"] + [""] * 38
    result = compare(answers([False] * 40, artists), answers([True] * 40, artists))
    assert (result.artists, result.unknown, result.is_clear) == (2, 38, True)
    assert result.whose() == (
        "by 2 artists (38 of artists whom nobody knows, each taken for another)"
    )


def test_songs_of_one_artist_are_not_many_proofs() -> None:
    artists = ["the same"] * 20 + [f"artist {i}" for i in range(4)]
    one = answers([False] * 20 + [True] * 4, artists)
    two = answers([True] * 20 + [False] * 4, artists)
    result = compare(one, two)
    assert result.p_value < 0.05
    assert result.low < 0.0 < result.high
    assert not result.is_clear
    assert "No clear difference" in result.sentence("A", "B")


def test_one_artist_proves_nothing() -> None:
    result = compare(answers([False] * 20, ["a"] * 20), answers([True] * 20, ["a"] * 20))
    assert (result.low, result.high) == (1.0, 1.0)
    assert not result.is_clear


def test_artists_that_nobody_knows_are_not_one() -> None:
    counted = measure(answers([True, False, True], ["", "", ""]))["artists"]
    assert sum(counted.values()) == 0
    found = measure(answers([True, False, True], ["", "Ana", "ana "]))
    assert sum(found["artists"].values()) == 1
    assert found["of_unknown_artists"] == 1


def test_equal_models() -> None:
    one = answers([True, False, True], ["a", "b", "c"])
    result = compare(one, one)
    assert (result.p_value, result.low, result.high) == (1.0, 0.0, 0.0)


def test_models_without_a_common_genre() -> None:
    with pytest.raises(FstMuseError, match="both models name"):
        compare(answers([True], ["a"]), answers([True], ["a"], ("Jazz", "Punk")))


def test_a_model_knows_its_training_music(trained: Home, tones: Path) -> None:
    bundle = load_bundle(trained.last["bundle"])
    run = json.loads((Path(trained.of_kind("started")[0]["folder"]) / "run.json").read_text())
    tracks = read_manifest(tones)
    found = overlap(bundle, tracks)
    assert found.songs == 16 - len(run["parts"]["test"])
    assert found.artists == 0
    assert "trained on 12 of these 16 songs" in found.sentence
    test = {t["title"] + t["artist"] for t in run["parts"]["test"]}
    unheard = [t for t in tracks if t.title + t.artist in test]
    assert overlap(bundle, unheard).sentence == ""


def test_music_without_names_is_known_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "TRACKS.csv").write_text(
        "part,genre,artist,title,file,collection,licence\n"
        "train,Rock,,,one.wav,,\ntrain,Rock,Ana,,two.wav,,\ntest,Rock,,,three.wav,,\n"
    )
    bundle: Any = SimpleNamespace(path=tmp_path)

    def known(artist: str, file: str) -> tuple[int | None, int | None]:
        found = overlap(bundle, [Track(Path(file), "Rock", artist, "", 30.0)])
        return found.songs, found.artists

    assert known("", "/else/one.wav") == (1, 0)
    assert known("", "/else/nine.wav") == (0, 0)
    assert known("", "/else/three.wav") == (0, 0)
    assert known("Ana", "/else/two.wav") == (1, 0)
    assert known("Ana feat. Bo", "/else/nine.wav") == (0, 1)


def test_of_songs_without_a_name_is_said_that_nothing_tells(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    words = rng.integers(0, 2**32, 400, dtype=np.uint32)
    other = rng.integers(0, 2**32, 400, dtype=np.uint32)
    heading = "part,genre,artist,title,file,collection,licence,print\n"
    bundle: Any = SimpleNamespace(path=tmp_path)
    paths = [Path("/else/a.wav"), Path("/else/b.wav"), Path("/else/c.wav")]
    artists = ("", "", "Bo")
    tracks = [Track(p, "Rock", a, p.stem, 30.0) for p, a in zip(paths, artists, strict=True)]
    prints = {paths[0]: words, paths[1]: other, paths[2]: other}

    def said(rows: str, *, unheard: bool = False) -> str:
        (tmp_path / "TRACKS.csv").write_text(heading + rows)
        return overlap(bundle, tracks, None if unheard else prints).sentence

    unnamed = "2 of these 3 songs name no artist, so nothing tells whether it was trained on them"
    assert said("train,Rock,Ana,Rain,one.wav,,,\n") == unnamed
    more = ", and 2 more name no artist to know them by: the figures flatter it"
    rows = "train,Rock,Bo,Rain,,,,\n"
    assert said(rows) == f"it was trained on artists of 1 of these 3 songs{more}"
    # A fingerprint tells, where both sides have one.
    listed = f'train,Rock,Ana,Rain,one.wav,,,"{as_text(words)}"\n'
    assert said(listed) == "it was trained on 1 of these 3 songs: the figures flatter it"
    assert said(listed, unheard=True) == unnamed
    assert said(listed.replace("train", "test")) == ""
    del tracks[2]
    alone = "these songs name no artist, so nothing tells whether it was trained on them"
    assert said("train,Rock,Ana,Rain,one.wav,,,\n") == alone
    assert generator_overlap(bundle, tracks) == alone


@pytest.mark.parametrize(
    ("artist", "title", "file", "said"),
    [
        ("Ana", "Rain", "else.wav", "Toy was trained on this song"),
        ("ana", "Sun", "else.wav", "Toy was trained on other songs by ana"),
        ("", "", "one.wav", "Toy was trained on this song"),
        ("Bo", "Rain", "one.wav", ""),
        ("Cem", "Moon", "three.wav", ""),
    ],
)
def test_of_one_song_is_said_whether_a_model_learned_from_it(
    tmp_path: Path, artist: str, title: str, file: str, said: str
) -> None:
    (tmp_path / "TRACKS.csv").write_text(
        "part,genre,artist,title,file,collection,licence\n"
        "train,Rock,Ana,Rain,,,\nvalidation,Rock,,,one.wav,,\ntest,Rock,Cem,Moon,,,\n"
    )
    bundle: Any = SimpleNamespace(path=tmp_path, manifest=SimpleNamespace(title="Toy"))
    note = training_note(bundle, artist, title, file)
    assert note.startswith(said)
    assert bool(note) is bool(said)
    (tmp_path / "TRACKS.csv").unlink()
    assert training_note(bundle, artist, title, file) == "", "nobody knows"


def test_copies_count_once(
    trained: Home, tones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    music = tmp_path / "music"
    shutil.copytree(tones, music)
    for number in range(5):
        shutil.copy(music / "Rock-0.wav", music / f"copy-{number}.wav")
        with (music / "manifest.csv").open("a", encoding="utf-8") as table:
            table.write(f"copy-{number}.wav,Rock,Rock player 0,Song 0,4\n")
    words = ["evaluate", "--model", trained.last["bundle"], "--data", str(music)]
    assert main([*words, "--format", "json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["songs"] == {"Folk": 4, "Hip-Hop": 4, "Rock": 4}
    assert "set aside: copy-0.wav: it is a copy of Rock-0.wav" in said.err


@pytest.mark.parametrize(
    ("artists", "unknown", "expected"),
    [
        (12, 0, "On 3 clips by 12 artists of whom it has heard nothing (it learned"),
        (1, 2, "of which 2 have no known artist, so it may have heard other music of theirs"),
        (0, 3, "whose artists are not known, so it may have heard other music of theirs (it"),
    ],
)
def test_a_card_says_whose_clips_it_was_tested_on(
    trained: Home, artists: int, unknown: int, expected: str
) -> None:
    folder = Path(trained.of_kind("started")[0]["folder"])
    report = json.loads((folder / "report.json").read_text())
    report["artists"]["test"], report["of_unknown_artists"]["test"] = artists, unknown
    assert expected in classifier_card(report)


def test_evaluate_command(trained: Home, tones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--model", trained.last["bundle"], "--data", str(tones)]
    assert main([*words, "--format", "json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["model"] == "tones"
    assert sum(values["songs"].values()) == 12
    assert values["trained_on"]["songs"] == 9
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "tones on 12 songs: " in shown
    assert " of 12 right (95 %: " in shown
    assert "always saying Folk would get 4 of 12" in shown
    assert "too few songs to say how far its certainty" in shown
    assert shown.startswith("Mind: it was trained on 9 of these 12 songs")


def test_compare_command(trained: Home, tones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = trained.last["bundle"]
    words = ["compare", bundle, bundle, "--data", str(tones)]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "No clear difference" in shown
    notes = [line for line in shown.splitlines() if "was trained on 9 of these 12 songs" in line]
    assert len(notes) == 2
    assert shown.splitlines()[:2] == notes
    assert shown.count(" of 12 right (95 %: ") == 2
    assert main([*words, "--format", "json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["p_value"] == 1.0
    assert values["clips"] == 12


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_missing_music_is_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ["--model", "toy-model"] if command == "evaluate" else ["toy-model", "fst-muse"]
    assert main([command, *models, "--data", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_each_genre_counts_the_same() -> None:
    values, labels = np.array([1.0, 1.0, 1.0, 4.0]), np.array([0, 0, 0, 2])
    assert mean_by_class(values, labels) == 2.5
