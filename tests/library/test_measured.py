"""Tempo, key and loudness of each song that is heard: kept, found missing, made up for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.measures import METHOD
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.classify.runner import ClassifierRunner
from fstmuse_core.library.database import Library
from fstmuse_core.library.file_task import ClassifiedFile, LibraryTask
from fstmuse_core.library.queue import Queue
from fstmuse_core.library.scan import scan_library
from fstmuse_core.library.tagging import read_new_tags
from tests.library.conftest import Song
from tests.measures.sounds import CADENCES, MINOR, RATE, cadence, clicks


def hear_all(library: Library, bundle: Bundle, runner: ClassifierRunner | None = None) -> int:
    """Hear all that waits, in this process; how many files."""
    waits = Queue(library, bundle)
    runner = runner or ClassifierRunner(str(bundle.path), bundle.sha256)
    task = LibraryTask(runner, str(library.path), waits.model_id, waits.tagger_id)
    waiting = waits.next_after(None, 100)
    for one in waiting:
        became = task(one.path)
        assert isinstance(became, ClassifiedFile), became
        waits.keep(one.file_id, became)
    return len(waiting)


@pytest.fixture
def heard(library: Library, music: Path, bundle: Bundle) -> Library:
    """A library with a cadence in A minor over clicks at 120, and a silent file."""
    song = np.tile(cadence(9, MINOR, CADENCES[0]), 2)
    song += clicks(120)[: len(song)]
    soundfile.write(music / "song.wav", song, RATE)
    soundfile.write(music / "silence.wav", np.zeros(4 * RATE), RATE)
    library.add_folder(music)
    scan_library(library)
    hear_all(library, bundle)
    return library


def test_measures_are_kept_with_the_answer(heard: Library, bundle: Bundle) -> None:
    silence, song = heard.rows(bundle.sha256)
    assert song.bpm == pytest.approx(120, rel=0.01)
    assert song.key == "Am"
    assert song.loudness is not None
    assert song.loudness < 0.0
    assert song.steadiness == 1.0
    assert (silence.bpm, silence.key, silence.loudness, silence.energy) == (None,) * 4
    assert heard.count_unmeasured() == 0
    assert Queue(heard, bundle).count() == 0


def test_songs_heard_before_are_measured_and_not_heard_again(
    heard: Library, bundle: Bundle
) -> None:
    with heard.writing() as connection:
        connection.execute("DELETE FROM measures")

    assert heard.count_unmeasured() == 2
    assert Queue(heard, bundle).count() == 2
    # This one could not answer.
    assert hear_all(heard, bundle, ClassifierRunner("nowhere", "")) == 2
    assert heard.rows(bundle.sha256)[1].key == "Am"
    assert heard.count_unmeasured() == 0


def test_measures_of_an_older_method_are_made_anew(heard: Library, bundle: Bundle) -> None:
    with heard.writing() as connection:
        connection.execute("UPDATE measures SET method = ?, bpm = 1", (METHOD - 1,))

    assert heard.count_unmeasured() == 2
    hear_all(heard, bundle)
    assert heard.rows(bundle.sha256)[1].bpm == pytest.approx(120, rel=0.01)


def tag(path: Path, **texts: str) -> None:
    """Give a file tags."""
    import mutagen.wave
    from mutagen import id3

    file = mutagen.wave.WAVE(path)
    if file.tags is None:
        file.add_tags()
    tags: Any = file.tags
    for name, text in texts.items():
        tags.add(getattr(id3, name)(text=text))
    file.save()


def test_a_scan_is_followed_by_the_tags_of_what_is_new(
    library: Library, music: Path, song: Song, bundle: Bundle
) -> None:
    tag(song("a.wav"), TIT2="First", TALB="Album", TDRC="1998-03-01")
    song("b.wav")
    library.add_folder(music)
    scan_library(library)
    told: list[tuple[int, int]] = []

    assert read_new_tags(library, progress=lambda *now: told.append(now)) == 2

    first, second = library.rows(bundle.sha256)
    assert (first.title, first.album, first.year, first.format) == ("First", "Album", 1998, "WAV")
    assert first.seconds == pytest.approx(4.0)
    assert first.bit_rate == 16 * RATE
    assert first.added_at.startswith("20")
    assert (second.title, second.year) == ("", 0)
    assert read_new_tags(library) == 0


def test_tags_that_changed_are_read_again(
    library: Library, music: Path, song: Song, bundle: Bundle
) -> None:
    path = song("a.wav")
    library.add_folder(music)
    scan_library(library)
    read_new_tags(library)
    tag(path, TIT2="Changed")

    scan_library(library)

    assert read_new_tags(library) == 1
    assert library.rows(bundle.sha256)[0].title == "Changed"


def test_tags_read_until_it_was_cancelled_are_kept(
    library: Library, music: Path, song: Song, bundle: Bundle
) -> None:
    for name in "abc":
        tag(song(f"{name}.wav"), TIT2=name)
    library.add_folder(music)
    scan_library(library)
    asked = iter((False, False, True))

    read_new_tags(library, cancelled=lambda: next(asked))

    assert [row.title for row in library.rows(bundle.sha256)] == ["a", "b", ""]
    assert read_new_tags(library) == 1
