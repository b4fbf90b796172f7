"""Saving what is shown."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtGui import QAction, QImage
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_gui.classify.saving import Heading, as_csv, as_json
from fstmuse_gui.settings import LAST_FOLDER
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.widgets.colour_maps import level_table
from tests.gui.conftest import Bench
from tests.gui.fakes import GENRES, make_classification, make_result


def save(bench: Bench, words: str, target: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Choose an entry of the Save menu; what the dialog was given."""
    asked: list[str] = []

    def answer(_title: str, suggestion: str, _kinds: str) -> str:
        asked.append(suggestion)
        return str(target)

    monkeypatch.setattr(bench.view, "ask_save_path", answer)
    entries: list[QAction] = bench.view.clip_page.save_menu.actions()
    next(action for action in entries if words in action.text().replace("&", "")).trigger()
    return asked


@pytest.fixture
def song(bench: Bench, music: FloatArray) -> Bench:
    bench.presenter.open_paths(["/m/Ferry: blues.mp3"])
    bench.answer(make_result(music))
    return bench


def test_the_spectrogram_as_a_picture(
    song: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(song.presenter.message) as said:
        asked = save(song, "picture", tmp_path / "out.png", monkeypatch)
    assert Path(asked[0]).name == "Ferry_ blues.png"
    assert said.args == ["Saved out.png"]
    picture = QImage(str(tmp_path / "out.png"))
    seen = song.view.clip_page.spectrogram.picture()
    assert picture.width() > seen.width() + 100, "the scale stands beside it"
    assert picture.height() > seen.height() + 150, "name and answer above, genres below"
    assert song.settings.get(LAST_FOLDER) == str(tmp_path)


def test_words_and_scale_of_a_picture_are_those_of_what_is_shown(song: Bench) -> None:
    result = make_classification(duration_s=10.0)
    heading = Heading.of("Ferry", "FstMuse", result, "0:12 to 0:31", "what spoke for Rock")
    assert heading.title == "Ferry, 0:12 to 0:31"
    assert heading.answer == "Rock, 84 % sure."
    assert heading.about.split("  \N{MIDDLE DOT}  ") == [
        "0:10",
        "heard by FstMuse",
        "what spoke for Rock",
    ]
    view = song.view.clip_page.spectrogram
    view.set_colours("viridis", 40)
    table, top, span = view.level_colours
    assert span == 40.0
    np.testing.assert_array_equal(table, level_table("viridis", top, 40.0))


def test_the_result_as_json(
    song: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(song.presenter.message):
        save(song, "JSON", tmp_path / "out", monkeypatch)
    stored = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert stored["path"] == "/m/Ferry: blues.mp3"
    assert stored["genre"] == "Rock"
    assert set(stored["probabilities"]) == set(GENRES)
    assert stored["segments"][0].keys() == {"start_s", "end_s", "probabilities"}


def test_the_result_as_csv(
    song: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(song.presenter.message):
        save(song, "CSV", tmp_path / "out.csv", monkeypatch)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8"))))
    assert len(rows) == len(make_classification(duration_s=10.0).timeline)
    assert sum(float(rows[0][genre]) for genre in GENRES) == pytest.approx(1.0, abs=1e-3)
    assert rows[0]["verdict"] == "Rock, 84 % sure."


def test_a_clip_without_segments_still_has_a_row() -> None:
    short = make_classification(duration_s=10.0)
    for name in ("start_s", "end_s", "silent", "probabilities"):
        object.__setattr__(short.timeline, name, getattr(short.timeline, name)[:0])
    rows = list(csv.DictReader(io.StringIO(as_csv("short.wav", short))))
    assert len(rows) == 1
    assert float(rows[0]["Rock"]) == pytest.approx(0.84)
    assert json.loads(as_json("short.wav", short))["segments"] == []


def test_a_take_as_a_sound_file(
    bench: Bench,
    music: FloatArray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    bench.recording.started.emit()
    bench.recording.finished.emit(Take(music, 22_050))
    bench.answer(make_result(music))
    with qtbot.waitSignal(bench.presenter.message):
        save(bench, "recording", tmp_path / "take.wav", monkeypatch)
    samples, rate = soundfile.read(tmp_path / "take.wav", dtype="float32")
    assert rate == 22_050
    assert samples == pytest.approx(music, abs=1e-4)
    monkeypatch.setattr(bench.view, "ask_unsaved", lambda _n: pytest.fail("nothing is lost"))
    assert bench.tab.may_close()


def test_a_file_cannot_be_saved_as_a_recording(song: Bench) -> None:
    assert not song.tab._save_take.isEnabled()


def test_a_place_that_cannot_be_written_is_told_of(
    song: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(song.presenter.saving.trouble):
        save(song, "JSON", tmp_path / "missing" / "out.json", monkeypatch)
    assert "cannot be written" in song.view.notice.text
    assert song.view.notice.isVisible()


def test_the_old_file_stays_when_writing_fails(
    song: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    target = tmp_path / "out.json"
    target.write_text("old", "utf-8")

    def broken(*_args: object) -> str:
        raise RuntimeError("no")

    monkeypatch.setattr("fstmuse_gui.classify.saving.record_of", broken)
    with qtbot.waitSignal(song.presenter.saving.trouble):
        save(song, "JSON", target, monkeypatch)
    assert target.read_text("utf-8") == "old"
    assert list(tmp_path.glob("out*")) == [target]


def test_nothing_happens_when_the_dialog_is_left(
    song: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(song.view, "ask_save_path", lambda *_args: "")
    for action in song.view.clip_page.save_menu.actions():
        action.trigger()
    assert not list(tmp_path.glob("*.png"))
