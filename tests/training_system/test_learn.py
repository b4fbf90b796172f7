"""Learning at once from corrections: what it knew is kept, and what changed is said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import find_bundle, load_bundle, user_models_folder
from fstmuse_core.bundle.tagger_head import TaggerHead, tagger_head
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Classification, Timeline, Verdict
from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.quick import learn as learning
from fstmuse_core.training.quick.check_songs import anchors, check_songs, compare
from fstmuse_core.training.quick.learn import learn
from fstmuse_core.training.quick.personal import (
    held_by,
    lean_on,
    tags_alone,
    with_genres,
)
from fstmuse_core.training.quick.session import the_tagger
from fstmuse_core.training.tagger_head import without_network
from fstmuse_core.training.tagger_rows import outputs_of
from tests.training_system.conftest import Home, fstmuse, make_home
from tests.training_system.test_quick import write_song

BASE = find_bundle("fst-muse")
GENRES = BASE.manifest.genres


def correct(path: Path, genre: str) -> None:
    """Say that a song is of a genre, against a model that heard Rock."""
    p = np.array([float(g == "Rock") for g in GENRES], np.float32)
    empty = Timeline(np.empty(0), np.empty(0), np.empty((0, 7), np.float32), np.empty(0, bool))
    verdict = Verdict("Rock", None, "Rock")
    said = Classification("fst-muse", "ab" * 32, GENRES, 4.0, p, empty, verdict)
    CorrectionStore().correct_file(path, genre, said)


def write_class(folder: Path, genre: str, speed: float, count: int) -> list[Path]:
    """Songs that are played at about the same speed, all corrected."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        paths.append(folder / f"{genre}-{number}.wav")
        write_song(paths[-1], speed * (1 + 0.07 * number), number)
        correct(paths[-1], genre)
    return paths


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Five Jazz songs, four of Zouk and one of Kizomba, learned from."""
    with pytest.MonkeyPatch.context() as patch:
        home = make_home(tmp_path_factory.mktemp("taught"), tmp_path_factory.mktemp("cache"), patch)
        write_class(home.folder / "music", "Jazz", 0.5, 5)
        write_class(home.folder / "music", "Zouk", 2.0, 4)
        write_class(home.folder / "music", "Kizomba", 1.0, 1)
        home.said = list(learn().sentences())
    return home


@pytest.fixture
def used(taught: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    make_home(taught.folder, tmp_path / "cache", monkeypatch)
    return taught


def test_it_says_what_it_has_learned(taught: Home) -> None:
    said = " ".join(taught.said)
    assert "my FstMuse has learned from 9 songs" in said
    assert "In a cross-validation it names" in said
    assert "New to it: Zouk." in said
    assert "Kizomba is not learned yet: 1 song of it, 3 are needed." in said
    assert "songs that come along to compare by" in said


def test_it_is_a_model_like_any_other(used: Home) -> None:
    bundle = load_bundle(user_models_folder() / "my-fst-muse")
    assert bundle.manifest.genres == (*GENRES, "Zouk")
    assert bundle.manifest.title == "my FstMuse"
    classifier = GenreClassifier(bundle)
    result = classifier.classify_file(used.folder / "music" / "Zouk-1.wav")
    assert result.ranked()[0][0] == "Zouk"
    assert "fstmuse learn" in (bundle.path / "CARD.md").read_text()


def test_corrected_songs_are_no_longer_unlike_what_is_known(used: Home) -> None:
    bundle = load_bundle(user_models_folder() / "my-fst-muse")
    head = tagger_head(bundle)
    assert head is not None
    result = GenreClassifier(bundle).classify_file(used.folder / "music" / "Jazz-0.wav")
    assert result.tagged is not None
    outputs = outputs_of(np.concatenate([result.tagged.embedding, result.tagged.logits]), 100)
    plain = without_network(tagger_head(BASE) or head)
    assert head.join_alone(outputs).novelty < plain.join_alone(outputs).novelty


def test_the_command_makes_it_anew_without_tensorflow(used: Home) -> None:
    script = (
        "import sys\n"
        "from fstmuse_core.cli.program import main\n"
        "code = main(['learn', '--format', 'json'])\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(code, sorted(loaded & {'tensorflow', 'keras'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=used.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    *lines, last = done.stdout.splitlines()
    assert last == "0 []", done.stderr
    values = json.loads("\n".join(lines))
    assert values["songs"] == 9
    assert values["new_genres"] == ["Zouk"]
    bundle = load_bundle(user_models_folder() / "my-fst-muse")
    assert bundle.sha256 == values["sha256"]


def test_it_goes_out_and_comes_back_the_same(used: Home, tmp_path: Path) -> None:
    from fstmuse_core.bundle.archive import export_model
    from fstmuse_core.bundle.importing import import_model

    entry = import_model(export_model("my-fst-muse", tmp_path), "theirs")
    mine, theirs = (
        tagger_head(load_bundle(folder))
        for folder in (user_models_folder() / "my-fst-muse", entry.folder)
    )
    assert mine is not None
    assert theirs is not None
    assert np.array_equal(mine.lean, theirs.lean)


# Bad input ----------------------------------------------------------------------------------


def test_nothing_corrected_is_said(home: Home) -> None:
    done = subprocess.run(
        fstmuse("learn"), env=home.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "nothing has been corrected yet" in done.stderr


def test_songs_that_are_gone_are_left_out(home: Home, tmp_path: Path) -> None:
    first, *_ = write_class(tmp_path / "music", "Jazz", 0.5, 3)
    first.unlink()
    learned = learn()
    assert learned.songs == 2
    assert any("Jazz-0.wav" in note for note in learned.notes)


def test_another_model_of_this_name_stays(home: Home, tmp_path: Path) -> None:
    write_class(tmp_path / "music", "Jazz", 0.5, 2)
    learn()
    folder = user_models_folder() / "my-fst-muse"
    values = json.loads((folder / "model.json").read_text())
    del values["training"]["learned"], values["digest"]
    (folder / "model.json").write_text(json.dumps(values))
    before = (folder / "model.json").read_bytes()
    with pytest.raises(FstMuseError, match="learn has not made"):
        learn()
    assert (folder / "model.json").read_bytes() == before


def test_cancel_leaves_everything(home: Home, tmp_path: Path) -> None:
    write_class(tmp_path / "music", "Jazz", 0.5, 1)
    with pytest.raises(FstMuseError, match="cancelled"):
        learn(cancelled=lambda: True)
    assert not user_models_folder().exists()


def test_a_base_without_a_head_gives_its_tags(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "tagger_head", lambda _bundle: None)
    write_class(tmp_path / "music", "Jazz", 0.5, 4)
    learned = learn()
    assert learned.songs == 4
    assert learned.known >= 2


# The head -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def heads() -> tuple[TaggerHead, FloatArray]:
    head = tagger_head(BASE)
    assert head is not None
    return without_network(head), check_songs(the_tagger()).rows


def test_what_it_knew_is_kept(heads: tuple[TaggerHead, FloatArray]) -> None:
    """Eight songs of all kinds, called Punk: most other answers stay."""
    head, rows = heads
    before = head.join_alone(outputs_of(rows, 100)).logits.argmax(axis=1)
    chosen = np.arange(0, len(rows), 7)
    punk = np.full(len(chosen), GENRES.index("Punk"))
    held = held_by(head, anchors(the_tagger()).rows, 100)
    taught = lean_on(head, rows[chosen], punk, 100, 0.5, held)
    after = taught.join_alone(outputs_of(rows, 100)).logits.argmax(axis=1)
    rest = np.setdiff1d(np.arange(len(rows)), chosen)
    assert (after[chosen] == punk).mean() > 0.5
    assert (after == before)[rest].mean() > 0.6


def test_a_confirmation_changes_next_to_nothing(heads: tuple[TaggerHead, FloatArray]) -> None:
    head, rows = heads
    before = head.join_alone(outputs_of(rows, 100)).logits.argmax(axis=1)
    held = held_by(head, anchors(the_tagger()).rows, 100)
    taught = lean_on(head, rows[:5], before[:5], 100, 0.5, held)
    compared = compare(head, taught, the_tagger(), GENRES, GENRES)
    assert compared.songs == len(rows)
    assert compared.changed < len(rows) / 5


def test_a_new_genre_with_a_tag_brings_what_the_tagger_knows(
    heads: tuple[TaggerHead, FloatArray],
) -> None:
    head, rows = heads
    wide = with_genres(head, GENRES, ("Metal", "Zouk"), the_tagger().tags, rows)
    tags = the_tagger().tags
    assert [tags[i] for i in wide.tags[7] if i >= 0] == ["metal", "heavy metal"]
    assert (wide.tags[8] < 0).all()
    loud = rows[:1].copy()
    loud[0, -len(tags) + tags.index("metal")] = 3.0
    assert wide.join_alone(outputs_of(loud, 100)).logits.argmax() == 7
    joined = wide.join_alone(outputs_of(rows, 100))
    assert (joined.logits.argmax(axis=1) < 7).mean() > 0.8


def test_a_head_of_tags_alone_answers(heads: tuple[TaggerHead, FloatArray]) -> None:
    _, rows = heads
    head = tags_alone(GENRES, the_tagger().tags, rows)
    assert len(set(head.join_alone(outputs_of(rows, 100)).logits.argmax(axis=1))) > 2
