"""Class buckets: what is kept of them, and what is answered beside their songs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.datasets.buckets import (
    MOST_CLASSES,
    Bucket,
    BucketAnswers,
    Buckets,
    read_buckets,
    with_class,
    with_songs,
    without_class,
    without_song,
    write_buckets,
    write_manifest,
)
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.training.quick.session import answer_buckets
from tests.conftest import make_speech
from tests.training_system.conftest import RATE, Home
from tests.training_system.test_quick import write_song


def bucket(folder: Path, name: str, speed: float, count: int) -> Bucket:
    folder.mkdir(exist_ok=True)
    songs = []
    for number in range(count):
        songs.append(folder / f"{name}-{number}.wav")
        write_song(songs[-1], speed * (1 + 0.07 * number), number)
    return Bucket(name, tuple(map(str, songs)))


def answers(buckets: Buckets, *questions: str) -> BucketAnswers:
    return answer_buckets(buckets, questions, lambda _done, _total: None, lambda: False)


def test_it_answers_for_each_song_and_for_a_question(home: Home, tmp_path: Path) -> None:
    slow = bucket(tmp_path / "m", "Zouk", 0.5, 4)
    fast = bucket(tmp_path / "m", "Kizomba", 2.0, 4)
    *known, question = fast.songs
    found = answers((slow, Bucket("Kizomba", tuple(known))), question)
    assert found.genres == ("Zouk", "Kizomba")
    assert found.tested == 7
    assert found.right >= 5
    assert all(found.songs[song].was_left_out for song in (*slow.songs, *known))
    assert sum(found.songs[question].chances) == pytest.approx(1.0)
    assert np.argmax(found.songs[question].chances) == 1


def test_one_class_is_too_few(home: Home, tmp_path: Path) -> None:
    found = answers((bucket(tmp_path / "m", "Zouk", 0.5, 2), Bucket("Kizomba")))
    assert not found.tested
    assert "Two classes" in found.note


def test_one_song_in_a_class_is_answered_as_learned(home: Home, tmp_path: Path) -> None:
    alone = bucket(tmp_path / "m", "Zouk", 0.5, 1)
    found = answers((alone, bucket(tmp_path / "m", "Kizomba", 2.0, 3)))
    assert not found.songs[alone.songs[0]].was_left_out
    assert np.argmax(found.songs[alone.songs[0]].chances) == 0


def test_what_cannot_be_learned_says_why(home: Home, tmp_path: Path) -> None:
    slow = bucket(tmp_path / "m", "Zouk", 0.5, 3)
    fast = bucket(tmp_path / "m", "Kizomba", 2.0, 3)
    talk, copy = tmp_path / "talk.wav", tmp_path / "copy.wav"
    soundfile.write(talk, make_speech(8.0), RATE)
    copy.write_bytes(Path(slow.songs[0]).read_bytes())
    gone = str(tmp_path / "gone.wav")
    more = Bucket("Kizomba", (*fast.songs, str(talk), str(copy), gone))
    found = answers((slow, more))
    assert found.songs[str(talk)].fault == "it sounds like speech, not music"
    assert found.songs[gone].fault == "the file is missing"
    assert found.songs[str(copy)].fault == "the same recording is in Kizomba and Zouk"
    assert found.songs[slow.songs[0]].fault == "the same recording is in Kizomba and Zouk"
    assert found.tested == 5


def test_they_come_back_and_are_a_data_set(tmp_path: Path) -> None:
    buckets = (bucket(tmp_path / "m", "Zouk", 0.5, 2), Bucket("Kizomba"))
    write_buckets(tmp_path / "kept", buckets)
    assert read_buckets(tmp_path / "kept") == buckets
    folder = write_manifest(tmp_path / "kept", buckets)
    tracks = read_manifest(folder)
    assert [(str(t.path), t.genre) for t in tracks] == [(s, "Zouk") for s in buckets[0].songs]


@pytest.mark.parametrize("text", ["", "[1]", '[{"name": 3}]', "no json"])
def test_a_damaged_file_is_no_buckets(tmp_path: Path, text: str) -> None:
    (tmp_path / "buckets.json").write_text(text)
    assert read_buckets(tmp_path) == ()


def test_names_are_told_apart() -> None:
    buckets, trouble = with_class((), " Zouk\t")
    assert (buckets, trouble) == ((Bucket("Zouk"),), "")
    assert with_class(buckets, "zouk")[1] == "There is a class zouk already."
    assert with_class(buckets, "  ")[1] == "Give the class a name."
    many = tuple(Bucket(str(number)) for number in range(MOST_CLASSES))
    assert "at most" in with_class(many, "one more")[1]
    assert without_class(buckets, "Zouk") == ()


def test_a_song_has_one_class() -> None:
    buckets = (Bucket("A", ("/a.wav",)), Bucket("B"))
    grown, trouble = with_songs(buckets, "B", ["/a.wav", "/b.wav", "/b.wav"])
    assert grown == (Bucket("A", ("/a.wav",)), Bucket("B", ("/b.wav",)))
    assert trouble == "a.wav is in A already: a song has one class."
    assert with_songs(grown, "B", ["/b.wav"]) == (grown, "")
    assert without_song(grown, "/b.wav") == buckets
