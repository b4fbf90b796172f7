"""Embedding, tags and fingerprint of each song that is heard: kept, and found missing."""

from __future__ import annotations

import json
import queue
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bundle import Bundle, user_models_folder
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Classification, Tagged
from fstmuse_core.classify.runner import ClassifierRunner
from fstmuse_core.library.database import Library
from fstmuse_core.library.file_task import ClassifiedFile, LibraryTask
from fstmuse_core.library.queue import Queue
from fstmuse_core.library.scan import scan_library
from fstmuse_core.library.sounds import (
    most_used_tagger,
    read_embeddings,
    stored_sound,
    unpacked,
    unpacked_print,
)
from fstmuse_core.library.work import LibraryWork, WorkDone, WorkProgress
from tests.library.conftest import Song

NO_PRINT = np.zeros(0, np.uint32)


def hear_all(library: Library, bundle: Bundle) -> None:
    """Hear all that waits, in this process."""
    waits = Queue(library, bundle)
    runner = ClassifierRunner(str(bundle.path), bundle.sha256)
    task = LibraryTask(runner, str(library.path), waits.model_id, waits.tagger_id)
    for waiting in waits.next_after(None, 100):
        became = task(waiting.path)
        assert isinstance(became, ClassifiedFile), became
        waits.keep(waiting.file_id, became)


@pytest.fixture
def heard(library: Library, music: Path, song: Song, tagged_model: Bundle) -> Library:
    """A library with three songs that were heard by a model on the tagger."""
    for name, pitch in (("a.wav", 110.0), ("b.wav", 220.0), ("c.wav", 330.0)):
        song(name, pitch=pitch, seconds=8.0)
    library.add_folder(music)
    scan_library(library)
    hear_all(library, tagged_model)
    return library


def answer_with(values: np.ndarray) -> Classification:
    """An answer beside which a tagger has said something."""
    logits = np.array([1.0, -2.0], np.float32)
    tagged = Tagged("t" * 64, ("rock", "jazz"), logits, values.astype(np.float32))
    return answer_beside(tagged)


def answer_beside(tagged: Tagged | None) -> Classification:
    from tests.library_out.conftest import answer

    return replace(answer("Rock", 0.8), tagged=tagged)


def test_what_a_song_sounds_like_is_kept_with_its_answer(
    heard: Library, tagged_model: Bundle, tagger: Bundle
) -> None:
    with heard.reading() as connection:
        kept = read_embeddings(connection, tagger.sha256)
        (names,) = connection.execute("SELECT names FROM taggers").fetchone()
        logits = dict(connection.execute("SELECT content, logits FROM embeddings"))
        prints = dict(connection.execute("SELECT content, words FROM prints"))
        assert most_used_tagger(connection) == tagger.sha256

    assert kept.rows.shape == (3, 712)
    assert tuple(json.loads(names)) == tagger.manifest.genres
    classifier = GenreClassifier(tagged_model)
    for row in heard.rows(tagged_model.sha256):
        tagged = classifier.classify_file(row.path).tagged
        assert tagged is not None
        assert row.content is not None
        embedding = kept.rows[kept.contents.index(row.content)].astype(np.float32)
        norms = np.linalg.norm(embedding) * np.linalg.norm(tagged.embedding)
        assert embedding @ tagged.embedding / norms > 0.99999
        np.testing.assert_allclose(unpacked(logits[row.content]), tagged.logits, atol=0.01)
        # 8 s of sound: a word each 0.07 s but the first and last.
        assert 90 < unpacked_print(prints[row.content]).size < 115


def test_a_kilobyte_and_a_quarter_is_kept_of_a_song(heard: Library) -> None:
    with heard.reading() as connection:
        sizes = connection.execute(
            "SELECT length(embedding) + length(logits) FROM embeddings"
        ).fetchall()
    assert sizes == [(2 * (712 + 100),)] * 3


def test_songs_of_an_older_library_are_heard_again(
    heard: Library, tagged_model: Bundle, tagger: Bundle
) -> None:
    assert Queue(heard, tagged_model).count() == 0
    with heard.writing() as connection:
        connection.execute("DELETE FROM embeddings WHERE rowid > 1")

    assert heard.count_lacking(tagger.sha256) == 2
    assert Queue(heard, tagged_model).count() == 2
    hear_all(heard, tagged_model)
    assert heard.count_lacking(tagger.sha256) == 0
    assert Queue(heard, tagged_model).count() == 0


def test_a_model_without_a_tagger_leaves_nothing_waiting(heard: Library, bundle: Bundle) -> None:
    plain = replace(bundle, manifest=replace(bundle.manifest, tagger=""), sha256="e" * 64)
    waits = Queue(heard, plain)
    assert waits.tagger_id == 0
    with heard.writing() as connection:
        connection.execute(
            "INSERT INTO results SELECT content, ?, guess, confidence, genre, doubt, verdict, "
            "seconds, scores, warnings, made_at, traits FROM results",
            (waits.model_id,),
        )
    assert waits.count() == 0


def test_silence_is_heard_once_and_has_no_embedding(
    library: Library, music: Path, tagged_model: Bundle, tagger: Bundle
) -> None:
    soundfile.write(music / "silence.wav", np.zeros(22_050 * 4), 22_050)
    library.add_folder(music)
    scan_library(library)

    hear_all(library, tagged_model)

    assert Queue(library, tagged_model).count() == 0
    assert library.count_lacking(tagger.sha256) == 0
    with library.reading() as connection:
        assert connection.execute("SELECT embedding, logits FROM embeddings").fetchall() == [
            (None, None)
        ]
        assert read_embeddings(connection, tagger.sha256).contents == ()


def test_a_copy_is_known_and_not_heard(
    heard: Library, music: Path, tagged_model: Bundle, tagger: Bundle
) -> None:
    shutil.copyfile(music / "a.wav", music / "copy of a.wav")
    scan_library(heard)
    waits = Queue(heard, tagged_model)
    (waiting,) = waits.next_after(None, 10)
    task = LibraryTask(
        ClassifierRunner("nowhere", ""), str(heard.path), waits.model_id, waits.tagger_id
    )
    became = task(waiting.path)
    assert isinstance(became, ClassifiedFile)
    assert (became.answer, became.sound) == (None, None)


def test_the_pool_of_processes_keeps_it_too(
    library: Library, music: Path, song: Song, tagged_model: Bundle, tagger: Bundle
) -> None:
    song("a.wav")
    library.add_folder(music)
    scan_library(library)
    shutil.copytree(tagged_model.path, user_models_folder() / "tagged")
    events: queue.SimpleQueue[object] = queue.SimpleQueue()
    work = LibraryWork(events.put, model="tagged", library=library.path, processes=1)
    work.start()
    while isinstance(event := events.get(timeout=60), WorkProgress):
        pass
    assert event == WorkDone(1, 0)
    with library.reading() as connection:
        assert read_embeddings(connection, tagger.sha256).rows.shape == (1, 712)


def test_numbers_that_half_precision_cannot_hold_are_none() -> None:
    assert stored_sound(answer_with(np.full(4, 70_000.0)), NO_PRINT).embedding is None
    kept = stored_sound(answer_with(np.array([1.0, 0.5, 0.0, -3.0])), NO_PRINT)
    assert kept.embedding is not None
    np.testing.assert_array_equal(unpacked(kept.embedding), [1.0, 0.5, 0.0, -3.0])
    assert stored_sound(answer_beside(None), NO_PRINT).embedding is None


def test_a_damaged_embedding_is_left_out(heard: Library, tagger: Bundle) -> None:
    with heard.writing() as connection:
        connection.execute("UPDATE embeddings SET embedding = x'00' WHERE rowid = 1")
    with heard.reading() as connection:
        kept = read_embeddings(connection, tagger.sha256)
    assert len(kept.contents) == len(kept.rows) == 2
