"""Quick trainings: seconds, no TensorFlow, always cross-validated, a model like any other."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle import bundle as bundles
from fstmuse_core.bundle.archive import export_model
from fstmuse_core.bundle.bundle import find_bundle, load_bundle
from fstmuse_core.bundle.importing import import_model
from fstmuse_core.bundle.manifest import TAGGED
from fstmuse_core.bundle.tagger import find_tagger
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.runs.store import RUN_FILE, find_run
from fstmuse_core.system.errors import BundleError
from fstmuse_core.training.quick import session as quick_session
from tests.conftest import make_music, make_speech
from tests.training_system.conftest import RATE, Home, fstmuse, make_home

# How fast the band plays: low and slow, or high and hectic.
SPEEDS = {"Folk": 0.5, "Rock": 1.0, "Classical": 2.2}
SECONDS = 4.0


def write_song(file: Path, speed: float, seed: int) -> None:
    """The little band, played faster or slower."""
    band = make_music(SECONDS * speed + 1.0, seed=seed)
    at = np.arange(int(RATE * SECONDS)) * speed
    sound = np.interp(at, np.arange(band.size), band)
    soundfile.write(file, sound.astype(np.float32), RATE)


def write_songs(folder: Path, songs: dict[str, int]) -> Path:
    """A folder with a manifest: so many artists of each genre, with a song each."""
    folder.mkdir(parents=True)
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "genre", "artist", "title", "seconds"])
        for genre, count in songs.items():
            for number in range(count):
                name = f"{genre}-{number}.wav"
                write_song(folder / name, SPEEDS[genre] * (1 + 0.07 * number), number)
                table.writerow([name, genre, f"{genre} player {number}", f"S{number}", SECONDS])
    return folder


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three genres by six artists each."""
    return write_songs(tmp_path_factory.mktemp("songs") / "music", dict.fromkeys(SPEEDS, 6))


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory, songs: Path) -> Home:
    """One quick training, called "fast"; its folders are the user's only while it runs."""
    with pytest.MonkeyPatch.context() as patch:
        cache = tmp_path_factory.mktemp("quick-cache")
        home = make_home(tmp_path_factory.mktemp("quick"), cache, patch)
        code = home.train(design="quick", data=[str(songs)], out="fast")
        assert code == 0, home.said
    return home


@pytest.fixture
def used(quick: Home, monkeypatch: pytest.MonkeyPatch, shared_cache: Path) -> Home:
    """The same folders as the user's, for a test."""
    make_home(quick.folder, shared_cache, monkeypatch)
    return quick


def test_every_song_is_tested_by_what_has_not_learned_from_its_artist(quick: Home) -> None:
    started, done = quick.of_kind("started")[0], quick.last
    assert started["clips"] == {"train": 18, "validation": 0, "test": 18}
    metrics = done["metrics"]
    assert metrics["cross_validation"]["what"] == "tagger"
    assert metrics["cross_validation"]["songs"] == sum(metrics["songs"].values()) == 18
    assert np.array(metrics["confusion"]).sum() == 18
    assert metrics["accuracy"] > 0.6
    assert 0 <= metrics["interval"][0] <= metrics["accuracy"] <= metrics["interval"][1] <= 1


def test_a_run_that_was_cut_off_counts_all_its_starts(used: Home) -> None:
    # As a kill leaves it: a record, and no end.
    run = find_run(used.of_kind("started")[0]["run"])
    cut_off = run.with_name("cut-off")
    cut_off.mkdir()
    record = json.loads((run / RUN_FILE).read_text())
    assert 0.0 < record["seconds"] <= used.last["seconds"]
    settings = {**record["settings"], "out": "cut-off"}
    changed = {**record, "settings": settings, "seconds": 10_000.0}
    (cut_off / RUN_FILE).write_text(json.dumps(changed))
    home = Home(used.folder, used.features)
    assert home.train(resume="cut-off") == 0, home.said
    assert home.last["seconds"] > 10_000.0


def test_the_card_says_what_it_is(quick: Home) -> None:
    card = Path(quick.last["card"]).read_text(encoding="utf-8")
    assert "--design quick" in card
    assert "It has no network of its own" in card
    assert "the head on the tagger, taught anew for each fold" in card
    assert "spoke for a genre" in card
    assert "--epochs" not in card
    with (Path(quick.last["bundle"]) / "TRACKS.csv").open(newline="") as stream:
        assert {row["part"] for row in csv.DictReader(stream)} == {"train"}


def test_it_answers_with_a_timeline_and_without_a_map(used: Home, songs: Path) -> None:
    bundle = load_bundle(used.last["bundle"])
    assert bundle.manifest.input == TAGGED
    classifier = GenreClassifier(bundle)
    result = classifier.classify_file(songs / "Folk-0.wav", with_activation=True)
    assert result.ranked()[0][0] == "Folk"
    assert result.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    assert len(result.timeline) == 1
    assert result.activation is None
    assert "has no network of its own" in result.no_map
    assert result.tagged is not None


def test_a_long_song_has_an_answer_for_each_three_seconds(used: Home) -> None:
    classifier = GenreClassifier(load_bundle(used.last["bundle"]))
    times = np.arange(RATE * 31) / RATE
    sound = np.where(times < 15, make_music(31.0), 0.0).astype(np.float32)
    session = classifier.session()
    session.push(sound[: RATE * 10])
    early = session.so_far()
    assert len(early.timeline) == 3
    session.push(sound[RATE * 10 :])
    result = session.finish()
    assert len(result.timeline) == 10
    assert result.timeline.silent.tolist() == [False] * 5 + [False] + [True] * 4
    assert result.timeline.probabilities.shape == (10, 3)


def test_silence_and_short_sounds_have_no_answer(used: Home) -> None:
    classifier = GenreClassifier(load_bundle(used.last["bundle"]))
    for samples, said in ((np.zeros(RATE * 5), "silence"), (np.ones(RATE), "too_short")):
        result = classifier.classify_samples(samples)
        assert result.verdict.doubt is not None
        assert result.verdict.doubt.value == said
        assert not result.probabilities.any()


def test_it_goes_out_and_comes_back_the_same(used: Home, songs: Path, tmp_path: Path) -> None:
    """Without TensorFlow: there is no network to build."""
    file = export_model("fast", tmp_path)
    entry = import_model(file, "again")
    clip = songs / "Rock-1.wav"
    first, second = (
        GenreClassifier(load_bundle(folder)).classify_file(clip).probabilities
        for folder in (used.last["bundle"], entry.folder)
    )
    assert np.array_equal(first, second)
    assert not {"model.tflite", "weights.npz"} & {p.name for p in entry.folder.iterdir()}


def test_the_command_never_loads_tensorflow(songs: Path, home: Home) -> None:
    script = (
        "import sys\n"
        "from fstmuse_core.cli.program import main\n"
        f"code = main(['train', '--quick', '--data', {str(songs)!r}, '--out', 'plain'])\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(code, sorted(loaded & {'tensorflow', 'keras', 'jax', 'torch'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=home.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def test_the_command_line_uses_it_like_any_other(used: Home, songs: Path) -> None:
    for words in (
        ["models", "list"],
        ["classify", str(songs / "Folk-0.wav"), "--model", "fast"],
        ["evaluate", "--model", "fast", "--data", str(songs)],
    ):
        done = subprocess.run(
            fstmuse(*words),
            env={**used.environment, "FSTMUSE_CACHE": os.environ["FSTMUSE_CACHE"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


def test_class_names_of_any_kind_are_learned(home: Home, songs: Path, tmp_path: Path) -> None:
    """Nobody has a tag for them: the head decides alone."""
    for name, speed in (("Zouk", 0.5), ("Kizomba", 2.0)):
        folder = tmp_path / "dances" / name
        folder.mkdir(parents=True)
        for number in range(6):
            write_song(folder / f"{number}.wav", speed * (1 + 0.07 * number), number)
    assert home.train(design="quick", data=[str(tmp_path / "dances")], out="dances") == 0, home.said
    metrics = home.last["metrics"]
    assert metrics["quick"] == {"share": 1.0}
    assert set(metrics["songs"]) == {"Zouk", "Kizomba"}
    assert metrics["accuracy"] > 0.7


# Bad input ----------------------------------------------------------------------------------


def failure(home: Home) -> str:
    (failed,) = home.of_kind("failed")
    return str(failed["sentence"])


def warnings(home: Home) -> str:
    return "\n".join(event["sentence"] for event in home.of_kind("warning"))


def test_a_class_with_one_song_is_learned_and_not_tested(home: Home, tmp_path: Path) -> None:
    music = write_songs(tmp_path / "m", {"Folk": 5, "Rock": 5, "Classical": 1})
    assert home.train(design="quick", data=[str(music)], out="one") == 0, home.said
    assert "Classical has one song" in warnings(home)
    assert home.last["metrics"]["songs"]["Classical"] == 0
    assert home.last["metrics"]["recall"]["Classical"] is None
    assert "Nothing is known of how well it tells Classical" in Path(home.last["card"]).read_text()


def test_a_class_of_one_artist_is_said(home: Home, tmp_path: Path) -> None:
    music = write_songs(tmp_path / "m", {"Folk": 5, "Rock": 5})
    alone = write_songs(tmp_path / "alone", {"Classical": 3})
    rows = (alone / "manifest.csv").read_text().replace("player 1", "player 0")
    (alone / "manifest.csv").write_text(rows.replace("player 2", "player 0"))
    assert home.train(design="quick", data=[str(music), str(alone)], out="by-one") == 0, home.said
    assert "all 3 songs of Classical are by Classical player 0" in warnings(home)


def test_one_artist_in_all_is_refused(home: Home, tmp_path: Path) -> None:
    music = write_songs(tmp_path / "m", {"Folk": 5, "Rock": 5})
    rows = list(csv.reader((music / "manifest.csv").read_text().splitlines()))
    with (music / "manifest.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([rows[0], *([*r[:2], "One", *r[3:]] for r in rows[1:])])
    assert home.train(design="quick", data=[str(music)], out="x") == 1
    assert "all of it is by one artist" in failure(home)


def test_a_thousand_classes_are_refused(home: Home, tmp_path: Path) -> None:
    music = write_songs(tmp_path / "m", {"Folk": 1})
    with (music / "manifest.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "genre", "artist", "title", "seconds"])
        for number in range(1000):
            table.writerow([f"{number}.wav", f"Genre {number}", f"A{number}", "Song", 4.0])
    sound = (music / "Folk-0.wav").read_bytes()
    for number in range(1000):
        (music / f"{number}.wav").write_bytes(sound)
    assert home.train(design="quick", data=[str(music)], out="x") == 1
    assert "1000 genres" in failure(home)
    assert "64 at most" in failure(home)


def test_the_same_song_in_two_buckets_is_left_out(home: Home, tmp_path: Path) -> None:
    music = write_songs(tmp_path / "m", {"Folk": 6, "Rock": 7})
    (music / "Rock-6.wav").write_bytes((music / "Folk-0.wav").read_bytes())
    assert home.train(design="quick", data=[str(music)], out="torn") == 0, home.said
    assert "is in Folk and Rock" in warnings(home)
    assert home.of_kind("started")[0]["clips"]["train"] == 11


def test_what_is_no_music_is_set_aside(home: Home, tmp_path: Path) -> None:
    music = write_songs(tmp_path / "m", {"Folk": 8, "Rock": 7})
    soundfile.write(music / "Folk-0.wav", make_speech(8.0), RATE)
    soundfile.write(music / "Folk-1.wav", np.zeros(RATE * 4), RATE)
    (music / "Rock-0.wav").write_bytes(b"no sound at all")
    assert home.train(design="quick", data=[str(music)], out="mixed") == 0, home.said
    said = warnings(home)
    assert "Folk-0.wav: it sounds like speech, not music" in said
    assert "Folk-1.wav: it is silent" in said
    assert "Rock-0.wav" in said
    assert home.of_kind("started")[0]["clips"]["train"] == 12


def test_a_missing_tagger_is_said(home: Home, songs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "shipped_models_folder", lambda: home.folder / "nothing")
    assert home.train(design="quick", data=[str(songs)], out="x") == 1
    assert "tagger: it is missing; install FstMuse again" in failure(home)


def test_a_damaged_tagger_is_not_to_be_trained_anew(
    home: Home, songs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = home.folder / "shipped"
    shutil.copytree(find_bundle("tagger").path, models / "tagger")
    sha256 = find_bundle("tagger").sha256
    (models / "tagger" / "second.tflite").write_bytes(b"cut")
    monkeypatch.setattr(bundles, "shipped_models_folder", lambda: models)
    assert home.train(design="quick", data=[str(songs)], out="x") == 1
    said = failure(home)
    assert "second.tflite has been changed or cut" in said
    assert said.endswith("; install FstMuse again")
    with pytest.raises(BundleError, match="cut since the model was made; install FstMuse again"):
        find_tagger(sha256)


def test_a_model_on_another_tagger_says_so(used: Home, tmp_path: Path) -> None:
    target = tmp_path / "other"
    target.mkdir()
    for file in Path(used.last["bundle"]).iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    values = json.loads((target / "model.json").read_text())
    values["tagger"] = "0" * 64
    del values["digest"]
    (target / "model.json").write_text(json.dumps(values))
    with pytest.raises(BundleError, match="the one with the hash 000000000000"):
        GenreClassifier(load_bundle(target))


def test_a_bundle_without_its_head_is_no_model(used: Home, tmp_path: Path) -> None:
    target = tmp_path / "other"
    target.mkdir()
    (target / "model.json").write_bytes((Path(used.last["bundle"]) / "model.json").read_bytes())
    with pytest.raises(BundleError, match="missing"):
        load_bundle(target)


def test_settings_of_networks_are_refused(home: Home, songs: Path) -> None:
    for options, named in (
        ({"epochs": 5}, "--epochs"),
        ({"fine_tune": "fst-muse"}, "--fine-tune"),
        ({"model": "toy-gan"}, "toy-gan with --design quick"),
    ):
        assert home.train(design="quick", data=[str(songs)], out="x", **options) == 2
        assert named in failure(home)


def test_the_same_settings_give_the_same_model(home: Home, songs: Path, used: Home) -> None:
    assert home.train(design="quick", data=[str(songs)], out="fast-2") == 0
    first, second = (
        (Path(where) / "tagger_head.npz").read_bytes()
        for where in (used.last["bundle"], home.last["bundle"])
    )
    assert first == second


def test_the_tagger_is_still_the_one_that_comes_with_it() -> None:
    assert quick_session.the_tagger().sha256 == find_bundle("tagger").sha256


@pytest.mark.parametrize("kept", ["soon", None, -1.0, float("inf"), float("nan"), True, [3.0]])
def test_a_time_that_makes_no_sense_costs_the_time_alone(tmp_path: Path, kept: object) -> None:
    clock = quick_session._Clock(tmp_path, time.monotonic(), {"seconds": kept})
    assert 0.0 <= clock.seconds < 60.0
    clock.keep()
    assert json.loads((tmp_path / RUN_FILE).read_text())["seconds"] < 60.0
