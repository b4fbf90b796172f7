"""Correcting, finding again, taking back."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

import pytest

from fstmuse_core.audio.reading import write_audio
from fstmuse_core.classify.result import Doubt
from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.datasets.examine import Examination, examine
from fstmuse_core.system.errors import FstMuseError

from .conftest import RATE, MakeSong, answer, tag, tone

# -- bad input ---------------------------------------------------------------------------


def test_a_file_that_is_gone_cannot_be_corrected(store: CorrectionStore, tmp_path: Path) -> None:
    with pytest.raises(FstMuseError, match=r"gone\.flac: the file is missing"):
        store.correct_file(tmp_path / "gone.flac", "Folk", answer())
    assert store.count() == 0


def test_what_is_too_short_to_learn_from_is_refused(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    with pytest.raises(FstMuseError, match=r"it is 1\.0 s long; at least 3 s are needed"):
        store.correct_file(make_song(seconds=1.0), "Folk", answer())


def test_what_is_no_sound_is_refused(store: CorrectionStore, tmp_path: Path) -> None:
    notes = tmp_path / "notes.mp3"
    notes.write_bytes(b"no sound" * 90)
    with pytest.raises(FstMuseError, match=r"notes\.mp3: "):
        store.correct_file(notes, "Folk", answer())


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_a_pipe_is_not_waited_for(store: CorrectionStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(FstMuseError, match=r"pipe\.wav: it is a pipe or a device"):
        store.correct_file(tmp_path / "pipe.wav", "Folk", answer())
    assert store.find(tmp_path / "pipe.wav") is None


def test_silence_is_refused(store: CorrectionStore, make_song: MakeSong) -> None:
    with pytest.raises(FstMuseError, match="nothing was heard"):
        store.correct_file(make_song(), "Folk", answer(doubt=Doubt.SILENCE))


def test_a_short_take_is_refused_by_its_name(store: CorrectionStore) -> None:
    with pytest.raises(FstMuseError, match=r"Recording 12\.30\.00: it is 1\.0 s long"):
        store.correct_take(tone(220, 1.0), RATE, "Recording 12.30.00", "Folk", answer())
    assert list((store.folder / "takes").iterdir()) == []


def test_a_file_that_changes_meanwhile_is_refused(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    song = make_song()

    def listen_and_change(path: Path) -> Examination:
        found = examine(path)
        tag(path, title="Another")
        return found

    hasty = CorrectionStore(store.folder, listen=listen_and_change)
    with pytest.raises(FstMuseError, match="it changed while it was read"):
        hasty.correct_file(song, "Folk", answer())


def test_nothing_to_take_back(store: CorrectionStore) -> None:
    with pytest.raises(FstMuseError, match="Your corrections: there is nothing to take back"):
        store.undo()
    with pytest.raises(FstMuseError, match="has not been corrected"):
        store.remove("0" * 32)


# -- correcting --------------------------------------------------------------------------


def test_everything_about_a_correction_is_kept(store: CorrectionStore, make_song: MakeSong) -> None:
    song = make_song(artist="Ana", title="Ferry", album="Boats")
    change = store.correct_file(song, "Folk", answer("Rock", 0.84))

    (record,) = CorrectionStore(store.folder).records()
    assert record == change.record
    assert (record.path, record.genre, record.heard, record.was_sure) == (
        song,
        "Folk",
        "Rock",
        True,
    )
    assert record.probability == pytest.approx(0.84)
    assert (record.model, record.model_sha256) == ("toy-model", "ab" * 32)
    assert (record.artist, record.title, record.album) == ("Ana", "Ferry", "Boats")
    assert record.seconds == pytest.approx(4.0)
    assert record.date.endswith("+00:00")
    assert not record.is_confirmation
    assert (change.before, change.count, change.notices) == (None, 1, ())


def test_saying_it_is_right_is_a_label_too(store: CorrectionStore, make_song: MakeSong) -> None:
    change = store.correct_file(make_song(), "Rock", answer("Rock"))
    assert change.record is not None
    assert change.record.is_confirmation


def test_a_doubtful_verdict_is_no_claim(store: CorrectionStore, make_song: MakeSong) -> None:
    change = store.correct_file(make_song(), "Rock", answer("Rock", 0.4, doubt=Doubt.UNDECIDED))
    assert change.record is not None
    assert not change.record.was_sure
    assert not change.record.is_confirmation


def test_the_same_sound_again_replaces(store: CorrectionStore, make_song: MakeSong) -> None:
    song = make_song()
    copy = shutil.copy(song, song.with_name("copy.flac"))
    store.correct_file(song, "Folk", answer())
    change = store.correct_file(Path(copy), "Hip-Hop", answer())

    assert change.count == 1
    assert change.before is not None
    assert change.before.genre == "Folk"
    (record,) = store.records()
    assert (record.genre, record.path) == ("Hip-Hop", Path(copy))


def test_a_file_stays_where_it_is(store: CorrectionStore, make_song: MakeSong) -> None:
    song = make_song()
    store.correct_file(song, "Folk", answer())
    assert song.is_file()
    assert {entry.name for entry in store.folder.iterdir()} == {
        "corrections.jsonl",
        "corrections.lock",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_odd_file_names(store: CorrectionStore, make_song: MakeSong) -> None:
    song = make_song()
    song = song.rename(song.with_name("a\nb \udcff \N{MUSICAL NOTE}.flac"))
    store.correct_file(song, "Folk", answer())
    assert [record.path for record in CorrectionStore(store.folder).records()] == [song]


# -- finding again -----------------------------------------------------------------------


def test_a_song_is_known_again(store: CorrectionStore, make_song: MakeSong) -> None:
    song, other = make_song("a.flac", pitch=220), make_song("b.flac", pitch=330)
    store.correct_file(song, "Folk", answer())

    found = CorrectionStore(store.folder).find(song)
    assert found is not None
    assert found.genre == "Folk"
    assert store.find(other) is None
    assert store.find(song.with_name("gone.flac")) is None


def test_a_song_that_was_moved_is_known_again(store: CorrectionStore, make_song: MakeSong) -> None:
    song = make_song()
    store.correct_file(song, "Folk", answer())
    moved = song.rename(song.with_name("moved.flac"))
    assert store.find(moved) is not None
    assert [record.path for record in CorrectionStore(store.folder).records()] == [moved]
    assert store.undo().record is None, "following it is no step of the user's"


def test_a_copy_is_known_but_not_followed(store: CorrectionStore, make_song: MakeSong) -> None:
    song = make_song()
    store.correct_file(song, "Folk", answer())
    found = store.find(Path(shutil.copy(song, song.with_name("copy.flac"))))
    assert found is not None
    assert [record.path for record in store.records()] == [song]


def test_where_nothing_can_be_written_a_song_is_still_known_again(
    store: CorrectionStore, make_song: MakeSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = make_song()
    store.correct_file(song, "Folk", answer())
    moved = song.rename(song.with_name("moved.flac"))

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "fsync", refuse)
    found = store.find(moved)
    assert found is not None
    assert found.genre == "Folk"
    assert [record.path for record in store.records()] == [song]


def test_a_song_whose_tags_were_written_is_known_again(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    song = make_song()
    change = store.correct_file(song, "Folk", answer())
    tag(song, genre="Folk", title="Now with a name " * 2000)
    assert change.record is not None
    assert not store.fault_of(change.record)
    (record,) = store.records()
    assert record.size == song.stat().st_size > change.record.size, "the next look is quick"
    assert store.find(song) == record


def test_another_song_in_its_place_is_not_taken_for_it(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    song = make_song(pitch=220)
    change = store.correct_file(song, "Folk", answer())
    make_song(pitch=550)
    assert store.find(song) is None
    assert change.record is not None
    assert store.fault_of(change.record)


def test_what_another_window_says_is_seen(store: CorrectionStore, make_song: MakeSong) -> None:
    song, other = make_song(), CorrectionStore(store.folder)
    assert store.find(song) is None
    other.correct_file(song, "Folk", answer())
    assert store.find(song) is not None
    other.undo()
    assert store.find(song) is None


# -- takes -------------------------------------------------------------------------------


def test_a_take_is_kept_with_its_correction(store: CorrectionStore) -> None:
    change = store.correct_take(tone(220), RATE, "Recording 12.30.00", "Folk", answer())
    record = change.record
    assert record is not None
    assert record.is_kept
    assert record.title == "Recording 12.30.00"
    assert record.path == store.folder / "takes" / f"{record.sound}.flac"
    assert record.path.is_file()
    assert CorrectionStore(store.folder).records() == [record]

    again = store.correct_take(tone(220), RATE, "Recording 12.30.00", "Rock", answer())
    assert again.count == 1, "the same sound"
    assert len(list((store.folder / "takes").iterdir())) == 1


def test_the_data_set_may_be_moved(store: CorrectionStore, tmp_path: Path) -> None:
    store.correct_take(tone(220), RATE, "Recording", "Folk", answer())
    moved = CorrectionStore(store.folder.rename(tmp_path / "elsewhere"))
    (record,) = moved.records()
    assert record.path.parent == tmp_path / "elsewhere" / "takes"
    assert not moved.fault_of(record)


@pytest.mark.parametrize("by", ["undo", "remove"])
def test_a_take_goes_with_its_correction(store: CorrectionStore, by: str) -> None:
    change = store.correct_take(tone(220), RATE, "Recording", "Folk", answer())
    assert change.record is not None
    if by == "undo":
        store.undo()
    else:
        store.remove(change.record.sound)
    assert not change.record.path.exists()
    assert store.records() == []
    if by == "remove":
        with pytest.raises(FstMuseError, match="Recording was deleted together with its"):
            store.undo()


def test_a_kept_take_that_is_opened_as_a_file_stays_kept(store: CorrectionStore) -> None:
    change = store.correct_take(tone(220), RATE, "Recording", "Folk", answer())
    assert change.record is not None
    again = store.correct_file(change.record.path, "Rock", answer())
    assert again.record is not None
    assert again.record.is_kept
    assert again.record.title == "Recording"
    assert again.record.path.is_file()


def test_a_take_that_was_saved_meanwhile_is_referred_to(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    kept = store.correct_take(tone(220), RATE, "Recording", "Folk", answer()).record
    assert kept is not None
    saved = make_song("saved.wav")
    write_audio(saved, tone(220), RATE)
    change = store.correct_file(saved, "Folk", answer())
    assert change.count == 1
    assert not kept.path.exists()
    assert [record.path for record in store.records()] == [saved]


def test_files_of_others_in_the_folder_are_left_alone(store: CorrectionStore) -> None:
    store.correct_take(tone(220), RATE, "Recording", "Folk", answer())
    takes = store.folder / "takes"
    (takes / "mine.flac").write_bytes(b"x")
    (takes / "incoming-1.flac").write_bytes(b"left by a kill")
    store.undo()
    assert [entry.name for entry in takes.iterdir()] == ["mine.flac"]


# -- taking back -------------------------------------------------------------------------


def test_undo_brings_back_what_was_said_before(store: CorrectionStore, make_song: MakeSong) -> None:
    song = make_song()
    for genre in ("Folk", "Rock"):
        store.correct_file(song, genre, answer())
    change = store.undo()
    assert change.record is not None
    assert change.record.genre == "Folk"
    assert store.undo().record is None
    assert store.count() == 0


def test_undo_after_a_take_was_saved_goes_back_to_what_was_said_of_the_take(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    said = store.correct_take(tone(220), RATE, "Recording", "Folk", answer()).record
    saved = make_song("saved.wav")
    write_audio(saved, tone(220), RATE)
    store.correct_file(saved, "Rock", answer("Hip-Hop", 0.6))
    assert said is not None
    record = store.undo(said.sound).record
    assert record is not None
    assert (record.genre, record.heard, record.date) == ("Folk", "Rock", said.date)
    assert (record.path, record.is_kept, record.title) == (saved, False, "saved")
    other = CorrectionStore(store.folder)
    assert other.records() == [record]
    assert not other.fault_of(record)
    assert other.undo(said.sound).record is None
    with pytest.raises(FstMuseError, match="nothing to take back"):
        other.undo(said.sound)


def test_undo_of_one_sound_leaves_the_others(store: CorrectionStore, make_song: MakeSong) -> None:
    first = store.correct_file(make_song("a.flac", pitch=220), "Folk", answer()).record
    store.correct_file(make_song("b.flac", pitch=330), "Rock", answer())
    assert first is not None
    store.undo(first.sound)
    assert [record.genre for record in CorrectionStore(store.folder).records()] == ["Rock"]
    with pytest.raises(FstMuseError, match="nothing to take back"):
        store.undo(first.sound)


def test_a_removed_correction_can_be_taken_up_again(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    record = store.correct_file(make_song(), "Folk", answer()).record
    assert record is not None
    assert store.remove(record.sound).count == 0
    assert store.undo().record == record
