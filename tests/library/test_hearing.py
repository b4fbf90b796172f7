"""One file at a time: what is kept of it, and every way in which it cannot be heard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Classification
from fstmuse_core.classify.runner import ClassifierRunner
from fstmuse_core.library.database import Library
from fstmuse_core.library.file_task import ClassifiedFile, FailedFile, LibraryTask, Unusable
from fstmuse_core.library.queue import Queue, know_again
from fstmuse_core.library.rows import LibraryRow, State, restored, stored
from fstmuse_core.library.scan import scan_library
from fstmuse_core.library.tagging import read_new_tags
from fstmuse_core.system.errors import AudioError
from fstmuse_core.tags.spans import audio_digest
from tests.library.conftest import Song


class StandIn(ClassifierRunner):
    """Says the same of every file, after something has happened to it."""

    def __init__(self, answer: Classification, happens: Callable[[str], object] = id) -> None:
        super().__init__("nowhere", "")
        self.heard: list[str] = []
        self._answer, self._happens = answer, happens

    def classify(self, path: str, **_: object) -> Classification:
        self.heard.append(path)
        self._happens(path)
        return self._answer


@pytest.fixture(scope="module")
def answer(bundle: Bundle) -> Classification:
    """What the model says of some noise."""
    noise = np.random.default_rng(0).normal(0.0, 0.1, 110_250)
    return GenreClassifier(bundle).classify_samples(noise)


@pytest.fixture
def queue(library: Library, bundle: Bundle, music: Path) -> Queue:
    """The queue of a library with one folder."""
    library.add_folder(music)
    return Queue(library, bundle)


def hear_next(
    library: Library, queue: Queue, ear: ClassifierRunner
) -> ClassifiedFile | FailedFile | Unusable:
    """Hear the first file that waits, and keep what came of it."""
    scan_library(library)
    waiting = queue.next_after(None, 1)[0]
    became = LibraryTask(ear, str(library.path), queue.model_id)(waiting.path)
    if not isinstance(became, Unusable):
        queue.keep(waiting.file_id, became)
    return became


def only_row(library: Library, bundle: Bundle) -> LibraryRow:
    (row,) = library.rows(bundle.sha256)
    return row


def test_an_answer_comes_back_as_it_was(answer: Classification) -> None:
    again = restored(stored(answer), answer.model, answer.model_sha256, answer.genres)

    assert again.to_dict(timeline=True) == answer.to_dict(timeline=True)
    assert np.array_equal(again.probabilities, answer.probabilities)
    assert np.array_equal(again.timeline.probabilities, answer.timeline.probabilities)
    assert np.array_equal(again.timeline.silent, answer.timeline.silent)


def test_a_heard_file_has_its_answer_and_its_tags(
    library: Library, queue: Queue, bundle: Bundle, song: Song, answer: Classification
) -> None:
    import mutagen.wave
    from mutagen.id3 import TCON, TIT2, TPE1

    file = mutagen.wave.WAVE(song("song.wav"))
    file.add_tags()
    tags: Any = file.tags
    for frame in (TIT2(text="Name"), TPE1(text="Someone"), TCON(text=["Folk", "Pop"])):
        tags.add(frame)
    file.save()

    hear_next(library, queue, StandIn(answer))

    row = only_row(library, bundle)
    genre, confidence = answer.ranked()[0]
    assert (row.title, row.artist, row.tag_genre) == ("Name", "Someone", "Folk; Pop")
    assert (row.state, row.genre, row.verdict) == (State.DONE, genre, answer.verdict.sentence)
    assert row.confidence == pytest.approx(confidence)
    kept = library.classification(row.file_id, bundle.sha256)
    assert kept is not None
    assert kept.sound == row.content
    assert replace(kept, sound="").to_dict(timeline=True) == answer.to_dict(timeline=True)
    (scores,) = library.scores(bundle.sha256)
    assert list(scores.scores) == [name for name, _ in answer.ranked()]
    (model,) = library.models()
    assert (model.sha256, model.n_results) == (bundle.sha256, 1)
    assert queue.count() == 0
    assert row.is_sure is (answer.verdict.genre is not None)
    assert len(row) == len(LibraryRow._fields)


def test_a_copy_elsewhere_is_known_by_its_sound(
    library: Library, queue: Queue, bundle: Bundle, song: Song, answer: Classification
) -> None:
    ear = StandIn(answer)
    first = song("first.wav")
    hear_next(library, queue, ear)
    shutil.copyfile(first, song("deep/copy.wav"))

    heard = hear_next(library, queue, ear)

    assert isinstance(heard, ClassifiedFile)
    assert heard.answer is None
    assert ear.heard == [str(first)]
    assert {row.state for row in library.rows(bundle.sha256)} == {State.DONE}


def test_another_model_hears_it_too(
    library: Library, queue: Queue, bundle: Bundle, song: Song, answer: Classification
) -> None:
    song("song.wav")
    hear_next(library, queue, StandIn(answer))
    other = Bundle(bundle.path, bundle.manifest, "f" * 64, bundle.litert)

    assert Queue(library, other).count() == 1
    assert queue.count() == 0
    assert only_row(library, other).state is State.WAITING


def test_a_file_that_changes_while_it_is_heard_is_heard_again(
    library: Library, queue: Queue, song: Song, answer: Classification
) -> None:
    file = song("song.wav")

    def grow_once(path: str) -> None:
        if len(ear.heard) == 1:
            song("song.wav", pitch=330.0, seconds=5.0)

    ear = StandIn(answer, grow_once)
    heard = hear_next(library, queue, ear)

    assert isinstance(heard, ClassifiedFile)
    assert len(ear.heard) == 2
    assert heard.found.size == file.stat().st_size


def test_a_file_that_never_rests_waits_for_another_time(
    library: Library, queue: Queue, bundle: Bundle, song: Song, answer: Classification
) -> None:
    song("song.wav")
    grown = [4.0]

    def grow(path: str) -> None:
        grown[0] += 1.0
        song("song.wav", seconds=grown[0])

    hear_next(library, queue, StandIn(answer, grow))

    row = only_row(library, bundle)
    assert (row.state, row.error) == (
        State.FAILED,
        "it is being changed; try it again once it is whole",
    )
    assert library.requeue([row.file_id]) == 1
    assert queue.count() == 1


@pytest.mark.parametrize("moment", ["while it waits", "while it is heard"])
def test_a_file_that_is_removed_is_gone(
    moment: str,
    library: Library,
    queue: Queue,
    bundle: Bundle,
    song: Song,
    answer: Classification,
) -> None:
    file = song("song.wav")
    scan_library(library)
    ear = LibraryTask(StandIn(answer, os.unlink), str(library.path), queue.model_id)
    if moment == "while it waits":
        file.unlink()

    became = ear(str(file))
    assert isinstance(became, FailedFile)
    queue.keep(1, became)

    row = only_row(library, bundle)
    assert row.state is State.GONE
    assert row.error == "it is no longer there; put it back, or forget it"
    assert library.counts(bundle.sha256).gone == 1
    assert queue.count() == 0


def test_what_is_no_sound_fails_in_words_and_is_not_tried_again(
    library: Library, queue: Queue, bundle: Bundle, music: Path
) -> None:
    (music / "broken.mp3").write_bytes(b"no sound at all" * 99)

    hear_next(library, queue, ClassifierRunner(str(bundle.path), bundle.sha256))
    scan_library(library)

    row = only_row(library, bundle)
    assert row.state is State.FAILED
    assert row.error is not None
    assert row.error.startswith("no sound could be found in it in any known format; convert")
    assert queue.count() == 0


def test_what_may_not_be_read_says_so(
    library: Library, queue: Queue, song: Song, answer: Classification
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied")

    song("song.wav")
    became = hear_next(library, queue, StandIn(answer, refuse))

    assert became == FailedFile(
        "it cannot be read (Permission denied); see to the file, then try it again"
    )


def test_an_unforeseen_fault_costs_its_file_only(
    library: Library, queue: Queue, song: Song, answer: Classification
) -> None:
    def fail(path: str) -> None:
        raise RuntimeError("odd\nthing")

    song("song.wav")
    became = hear_next(library, queue, StandIn(answer, fail))

    assert isinstance(became, FailedFile)
    assert became.reason == (
        r"it could not be worked on (RuntimeError: odd\nthing); please report this"
    )


def test_a_model_that_was_replaced_hears_nothing(
    library: Library, queue: Queue, bundle: Bundle, song: Song
) -> None:
    song("song.wav")

    became = hear_next(library, queue, ClassifierRunner(str(bundle.path), "0" * 64))

    assert isinstance(became, Unusable)
    assert "another model has taken its place" in became.reason
    assert queue.count() == 1


def test_a_file_heard_as_another_name_waits_no_more(
    library: Library, queue: Queue, bundle: Bundle, song: Song, answer: Classification
) -> None:
    os.link(song("first.wav"), song("second.wav").parent / "third.wav")

    hear_next(library, queue, StandIn(answer))

    states = {os.path.basename(row.path): row.state for row in library.rows(bundle.sha256)}
    assert states["first.wav"] is states["third.wav"] is State.DONE


def test_written_tags_are_no_change(
    library: Library, queue: Queue, bundle: Bundle, song: Song, answer: Classification
) -> None:
    file = song("song.wav")
    hear_next(library, queue, StandIn(answer))
    with file.open("ab") as stream:
        stream.write(b"a tag at the end")

    library.retagged(str(file), title="New", artist="", album="", tag_genre="Jazz")

    assert scan_library(library).n_changed == 0
    row = only_row(library, bundle)
    assert (row.state, row.title, row.tag_genre) == (State.DONE, "New", "Jazz")


def test_errors_of_sound_keep_their_remedy(
    library: Library, queue: Queue, song: Song, answer: Classification
) -> None:
    def fail(path: str) -> None:
        raise AudioError(Path(path), "it is odd", "mend it")

    song("song.wav")

    assert hear_next(library, queue, StandIn(answer, fail)) == FailedFile("it is odd; mend it")


def test_a_file_that_another_program_tagged_waits_for_nothing(
    library: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "tagged outside"
    folder.mkdir()
    path = folder / "song.flac"
    soundfile.write(path, np.random.default_rng(0).normal(0.0, 0.1, 88_200), 22_050)
    library.add_folder(folder)
    scan_library(library)
    read_new_tags(library)
    (row,) = [row for row in library.rows("") if row.path == str(path)]
    with library.writing() as connection:
        connection.execute(
            "UPDATE files SET content = ? WHERE id = ?", (audio_digest(str(path)), row.file_id)
        )
    tags = mutagen.File(path)
    tags["title"] = "Named by another program"
    tags.save()
    os.utime(path, ns=(1, 1))

    assert scan_library(library).n_changed == 1
    assert library.rows("")[-1].content is None
    know_again(library)
    read_new_tags(library)

    (after,) = [row for row in library.rows("") if row.path == str(path)]
    assert after.content == audio_digest(str(path))
    assert after.title == "Named by another program"
