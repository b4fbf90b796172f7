"""Learning that would lose much, contradicts itself, or has nothing to learn from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bundle import find_bundle, load_bundle, user_models_folder
from fstmuse_core.bundle.tagger_head import TaggerHead, tagger_head
from fstmuse_core.classify import speech
from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.quick import learn as learning
from fstmuse_core.training.quick import rows as quick_rows
from fstmuse_core.training.quick.check_songs import Compared, anchors, check_songs
from fstmuse_core.training.quick.learn import learn
from fstmuse_core.training.quick.personal import (
    FIRMER,
    FIRST_OF_NEW,
    held_by,
    lean_on,
    with_genres,
)
from fstmuse_core.training.quick.rows import read_rows
from fstmuse_core.training.quick.session import the_tagger
from fstmuse_core.training.tagger_head import without_network
from fstmuse_core.training.tagger_rows import outputs_of
from tests.training_system.conftest import Home, fstmuse
from tests.training_system.test_learn import correct, write_class
from tests.training_system.test_quick import write_song

BASE = find_bundle("fst-muse")
GENRES = BASE.manifest.genres


def model_file() -> Path:
    return user_models_folder() / "my-fst-muse" / "model.json"


# What it knew -------------------------------------------------------------------------------


def plain() -> TaggerHead:
    head = tagger_head(BASE)
    assert head is not None
    return without_network(head)


@pytest.mark.parametrize("genre", GENRES)
def test_three_songs_of_a_new_genre_leave_the_others_alone(genre: str) -> None:
    """Three songs of a genre that it knows are called Chiptune: most other answers stay."""
    head, tagger = plain(), the_tagger()
    songs, known = check_songs(tagger), anchors(tagger).rows
    mine = np.flatnonzero(np.array(songs.genres) == genre)[:3]
    wide = with_genres(head, GENRES, ("Chiptune",), tagger.tags, known)
    taught = lean_on(
        wide,
        songs.rows[mine],
        np.full(len(mine), len(GENRES)),
        len(tagger.tags),
        BASE.manifest.thresholds.novelty,
        held_by(head, known, len(tagger.tags)),
        FIRST_OF_NEW,
    )
    outputs = outputs_of(songs.rows, len(tagger.tags))
    before, after = (h.join_alone(outputs).logits.argmax(axis=1) for h in (head, taught))
    rest = np.setdiff1d(np.arange(len(before)), mine)
    assert (before != after)[rest].sum() <= len(songs.genres) / 6


def test_of_songs_that_are_held_none_is_of_a_new_genre() -> None:
    """Before anything is learned it is unlikely, whatever the user's own songs are like."""
    tagger = the_tagger()
    known = anchors(tagger).rows
    wide = with_genres(plain(), GENRES, ("Chiptune",), tagger.tags, known)
    logits = wide.join_alone(outputs_of(known, len(tagger.tags))).logits
    assert np.exp(logits[:, -1]).mean() < 0.1
    assert held_by(plain(), known, len(tagger.tags)).chances.shape == (len(known), len(GENRES))


def test_where_much_is_lost_less_is_learned(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_class(tmp_path / "music", "Zouk", 2.0, 3)
    answers = [Compared(48, 19, 33, 24), Compared(48, 8, 33, 29), Compared(48, 8, 33, 30)]
    monkeypatch.setattr(learning, "compare", lambda *_args: answers.pop(0))
    learned = learn()
    assert not answers
    assert (learned.changed, learned.checked_after) == (8, 30)
    assert any("held more firmly" in note for note in learned.notes)


def test_where_too_much_is_lost_the_model_of_before_stays(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_class(tmp_path / "music", "Zouk", 2.0, 3)
    learn()
    before = model_file().read_bytes()
    asked: list[float] = []

    def worse(*_args: object) -> Compared:
        asked.append(1.0)
        return Compared(48, 30, 33, 16)

    monkeypatch.setattr(learning, "compare", worse)
    with pytest.raises(
        FstMuseError, match=r"30 of 48 songs .* and 16 rightly instead of 33"
    ) as said:
        learn()
    assert "knows " in str(said.value)
    assert len(asked) == len({FIRST_OF_NEW, *FIRMER})
    assert model_file().read_bytes() == before


# What the user says -------------------------------------------------------------------------


def test_the_users_word_wins_over_the_speech_detector(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = tmp_path / "metal.wav"
    write_song(song, 1.0, 1)
    monkeypatch.setattr(speech, "THRESHOLD", -1.0)
    monkeypatch.setattr(quick_rows, "run_in_pool", in_this_process)
    assert not read_rows([song], the_tagger().sha256).by_path
    correct(song, "Rock")
    learned = learn()
    assert learned.songs == 1
    assert not learned.notes


def in_this_process(work, tasks, **_options):  # type: ignore[no-untyped-def]
    from fstmuse_core.system.pool import Finished

    for index, task in enumerate(tasks):
        yield Finished(index, work(task))


def test_why_no_song_can_be_learned_from_is_said(home: Home, tmp_path: Path) -> None:
    (song,) = write_class(tmp_path / "music", "Jazz", 0.5, 1)
    song.unlink()
    with pytest.raises(FstMuseError, match=r"can be learned from; Left out is Jazz-0\.wav: it was"):
        learn()


def test_of_the_same_recording_the_newest_word_holds(home: Home, tmp_path: Path) -> None:
    old, new = tmp_path / "song.wav", tmp_path / "song.flac"
    write_song(old, 0.5, 1)
    samples, rate = soundfile.read(old)
    soundfile.write(new, 0.7 * samples, rate)
    correct(old, "Classical")
    correct(new, "Folk")
    learned = learn()
    assert learned.songs == 1
    (note,) = learned.notes
    assert "song.wav (Classical) and song.flac (Folk) are the same recording: Folk holds" in note
    correct(old, "Rock")
    assert "Rock holds" in learn().notes[0]


# What was taken back ------------------------------------------------------------------------


def test_what_was_taken_back_is_said_to_be_known_still(home: Home, tmp_path: Path) -> None:
    songs = write_class(tmp_path / "music", "Zouk", 2.0, 3)
    learn()
    made = model_file().read_bytes()
    os.utime(model_file(), (1_700_000_000, 1_700_000_000))
    store = CorrectionStore()
    for left, song in ((2, songs[0]), (1, songs[1]), (0, songs[2])):
        record = store.find(song)
        assert record is not None
        store.remove(record.sound)
        done = subprocess.run(
            fstmuse("learn"), env=home.environment, capture_output=True, text=True, check=False
        )
        reason = "too few songs" if left else "nothing has been corrected yet"
        assert done.returncode == 1
        assert reason in done.stderr
        assert "my FstMuse is still the one of 2023-11-1" in done.stderr
        assert f"knows {', '.join(GENRES)} and Zouk" in done.stderr
        assert "fstmuse models delete my-fst-muse removes it" in done.stderr
    assert model_file().read_bytes() == made
    assert load_bundle(model_file().parent).manifest.genres == (*GENRES, "Zouk")
