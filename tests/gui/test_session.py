"""The session returns at the next start, and no crash loses a recording."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_gui.classify.session import UnsavedTake, UnsavedTakes
from fstmuse_gui.settings import RECENT_FILES, SESSION_CLIPS
from fstmuse_gui.sound.buffers import Take
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_result


@pytest.fixture
def kept(bench: Bench) -> Bench:
    """A window that keeps its session, as the program's own does."""
    bench.window.restore_session()
    return bench


def restart(bench: Bench, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(bench.view, "ask_unsaved", lambda _names: "discard")
    bench.window.close()
    again = make_bench()
    again.window.restore_session()
    return again


def titles(bench: Bench) -> list[str]:
    return [row.title for row in bench.view.sidebar.list.rows]


def record(bench: Bench, samples: FloatArray) -> None:
    """Make a take, in three blocks."""
    bench.recording.started.emit()
    for block in np.array_split(samples, 3):
        bench.recording.sound_ready.emit(block[:, np.newaxis], 22_050)
    bench.recording.finished.emit(Take(samples, 22_050))


def left_over(folder: Path) -> list[FloatArray]:
    return [unsaved.take().samples for unsaved in UnsavedTakes(folder).left_over()]


def test_clips_model_and_the_chosen_clip_return(
    kept: Bench, music: FloatArray, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.presenter.choose_model("toy-model")
    kept.presenter.open_paths(["/m/a.mp3", "/m/b.mp3", "/m/c.mp3"])
    kept.presenter.remove(kept.view.sidebar.list.rows[0].key)
    kept.view.sidebar.list.select(kept.view.sidebar.list.rows[1].key)
    kept.answer(make_result(music))
    again = restart(kept, make_bench, monkeypatch)
    assert titles(again) == ["b.mp3", "c.mp3"]
    shown = again.presenter.shown
    assert shown is not None
    assert shown.title == "c.mp3"
    assert again.view.sidebar.model_chooser.currentData() == "toy-model"
    again.answer(make_result(music))
    assert again.asked_for() == ["/m/b.mp3", "/m/c.mp3"]


def test_recent_files_are_as_before(
    kept: Bench, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    kept.presenter.open_paths(["/m/a.mp3"])
    before = kept.settings.get(RECENT_FILES)
    again = restart(kept, make_bench, monkeypatch)
    assert again.settings.get(RECENT_FILES) == before


def test_a_crash_loses_no_clip(kept: Bench) -> None:
    kept.presenter.open_paths(["/m/a.mp3"])
    assert kept.settings.get(SESSION_CLIPS) == ["/m/a.mp3"], "kept at once, not when it is closed"


def test_a_window_that_was_told_to_restore_nothing_keeps_nothing(bench: Bench) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    assert bench.settings.get(SESSION_CLIPS) == []


def test_an_unsaved_recording_is_on_the_disk_until_it_is_saved(
    kept: Bench, music: FloatArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    record(kept, music)
    (file,) = (tmp_path / "unsaved").iterdir()
    assert file.stat().st_size == 4 * music.size + len(b"FstMuse take 22050 1\n")
    assert left_over(tmp_path / "unsaved") == [], "it is held while the window is open"
    kept.answer(make_result(music))
    clip = kept.presenter.shown
    assert clip is not None
    monkeypatch.setattr(kept.view, "ask_save_path", lambda *_args: str(tmp_path / "take.wav"))
    kept.presenter.saving.save_take(clip)
    qtbot.waitUntil(lambda: clip.is_saved)
    kept.presenter.changed.emit()
    assert not file.exists()
    assert kept.settings.get(SESSION_CLIPS) == [str(tmp_path / "take.wav")]


def test_a_recording_that_the_user_gave_up_does_not_return(
    kept: Bench,
    music: FloatArray,
    make_bench: MakeBench,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    record(kept, music)
    again = restart(kept, make_bench, monkeypatch)
    assert titles(again) == []
    assert list((tmp_path / "unsaved").iterdir()) == []


_CRASH = """
import os, sys, numpy as np
from pathlib import Path
from fstmuse_gui.classify.session import UnsavedTake, UnsavedTakes
unsaved = UnsavedTakes(Path(sys.argv[1])).begin()
left = np.linspace(-0.5, 0.5, 44_100, dtype=np.float32)
unsaved.append(np.stack([left, -left / 2], axis=1), 44_100)
unsaved.rename("Rain on the roof")
print("written", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_recording_survives_a_crash(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, music: FloatArray
) -> None:
    folder = tmp_path / "unsaved"
    with subprocess.Popen(
        [sys.executable, "-c", _CRASH, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"written"
        assert left_over(folder) == [], "another window's recording is left alone"
        process.send_signal(signal.SIGKILL)
        process.wait()
    bench.window.restore_session()
    assert titles(bench) == ["Rain on the roof"]
    clip = bench.presenter.shown
    assert clip is not None
    assert clip.take is not None
    assert clip.would_be_lost
    sound, rate = clip.take.best
    assert rate == 44_100
    left = np.linspace(-0.5, 0.5, 44_100, dtype=np.float32)
    np.testing.assert_array_equal(sound, np.stack([left, -left / 2], axis=1))
    assert "not saved when FstMuse ended" in bench.view.notice.text
    assert bench.worker.live[bench.worker.last][0].size == pytest.approx(22_050, abs=2), (
        "it is classified"
    )


@pytest.mark.parametrize("seconds_between", [0, 1])
def test_a_recording_keeps_its_name_over_a_crash(
    kept: Bench,
    music: FloatArray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seconds_between: int,
) -> None:
    now, strftime = [1_750_000_000.0], time.strftime

    def later(words: str) -> str:
        now[0] += seconds_between
        return strftime(words, time.localtime(now[0]))

    monkeypatch.setattr(time, "strftime", later)
    kept.recording.started.emit()
    kept.recording.sound_ready.emit(music[:, np.newaxis], 22_050)
    now[0] += 10
    kept.recording.finished.emit(Take(music, 22_050))
    (path,) = (tmp_path / "unsaved").glob("*.take")
    with path.open("rb") as stream:
        assert [UnsavedTake(path, stream).title] == titles(kept)


def test_a_folder_that_cannot_be_written_does_not_stop_a_recording(
    kept: Bench, music: FloatArray, tmp_path: Path
) -> None:
    (tmp_path / "unsaved").write_text("a file in its place")
    record(kept, music)
    assert [title[:10] for title in titles(kept)] == ["Recording "]


def test_damaged_and_empty_files_are_no_trouble(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "unsaved"
    folder.mkdir()
    (folder / "2026-01-02 03.04.05.take").write_bytes(b"")
    (folder / "2026-01-02 03.04.06.take").write_bytes(b"\xff" * 4_001)
    (folder / "notes.take").write_bytes(b"not ours")
    bench.window.restore_session()
    assert titles(bench) == ["Recording 03.04.06"]
    clip = bench.presenter.shown
    assert clip is not None
    assert clip.take is not None
    assert np.isfinite(clip.take.samples).all()
    assert (folder / "notes.take").exists()
