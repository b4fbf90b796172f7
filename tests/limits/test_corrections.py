"""Corrections of files that take a decoder down, as the window makes and finds them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile

from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.datasets.corrections.tracks import read_corrections
from fstmuse_core.datasets.examine import examine
from fstmuse_core.system.errors import AudioError
from tests.corrections.conftest import answer

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="made of Linux's own means"),
    pytest.mark.usefixtures("started_anew"),
]
CRASHED = r"the process that read it crashed \(SIGSEGV\)"


@pytest.fixture
def song(tmp_path: Path, music: Any) -> Path:
    path = tmp_path / "song.wav"
    soundfile.write(path, music, 22_050)
    return path


@pytest.fixture
def store(tmp_path: Path) -> CorrectionStore:
    return CorrectionStore(tmp_path / "corrections")


def test_correcting_a_file_that_crashes_is_one_line(store: CorrectionStore, song: Path) -> None:
    crash = song.with_name("crash.wav")
    shutil.copy(song, crash)

    with pytest.raises(AudioError, match=f"^crash.wav: {CRASHED}"):
        store.correct_file(crash, "Rock", answer())
    change = store.correct_file(song, "Rock", answer())

    assert change.count == 1


def test_a_correction_is_looked_for_behind_a_crash(store: CorrectionStore, song: Path) -> None:
    change = store.correct_file(song, "Rock", answer())
    assert change.record is not None
    changed = corrected_then_changed(store, song)

    assert store.find(changed) is None
    assert store.find(song) == change.record


def test_corrections_are_trained_on_without_a_file_that_crashes(
    store: CorrectionStore, song: Path, music: Any
) -> None:
    store.correct_file(song, "Rock", answer())
    corrected_then_changed(store, song)

    found = read_corrections(store.folder)

    assert [track.path for track in found.tracks] == [song]
    (aside,) = found.set_aside
    assert aside.path.name == "crash.wav"
    assert "the process that read it crashed (SIGSEGV)" in aside.reason


def corrected_then_changed(store: CorrectionStore, song: Path) -> Path:
    """Correct a file that crashes only from then on, since it has become another."""
    path = song.with_name("crash.wav")
    samples, rate = soundfile.read(song)
    soundfile.write(path, 0.5 * samples, rate)
    CorrectionStore(store.folder, listen=examine).correct_file(path, "Folk", answer())
    soundfile.write(path, 0.25 * samples, rate)
    return path
