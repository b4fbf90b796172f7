"""Recordings in the list: named anew, paused, listened to, and asked about before they are lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Doubt
from fstmuse_core.workers.protocol import Partial
from fstmuse_gui.classify.record_panel import RecordPanel
from fstmuse_gui.settings import RECORD_LENGTHS_S
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.widgets.dialogs import NameQuestion, Question
from tests.gui.conftest import Bench
from tests.gui.fakes import make_classification, make_result


def stereo_take(music: FloatArray) -> Take:
    return Take(music, 22_050, (), np.stack([music, -music / 2], axis=1), 44_100)


def record(bench: Bench, take: Take) -> None:
    bench.recording.started.emit()
    bench.recording.samples_ready.emit(take.samples)
    bench.recording.finished.emit(take)
    bench.answer(make_result(take.samples))


def titles(bench: Bench) -> list[str]:
    return [row.title for row in bench.view.sidebar.list.rows]


def test_a_recording_is_saved_with_its_channels_and_rate(
    bench: Bench, music: FloatArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    take = stereo_take(music)
    record(bench, take)
    path = tmp_path / "take.wav"
    monkeypatch.setattr(bench.view, "ask_save_path", lambda *_args: str(path))
    clip = bench.presenter.shown
    assert clip is not None
    bench.presenter.saving.save_take(clip)
    qtbot.waitUntil(lambda: clip.is_saved)
    sound, rate = soundfile.read(path, dtype="float32")
    assert rate == 44_100
    np.testing.assert_allclose(sound, take.best[0], atol=1e-4)
    assert bench.player.loaded is take.original, "and so it is played"


def test_until_there_is_an_answer_the_page_listens(bench: Bench) -> None:
    bench.recording.started.emit()
    verdict = bench.view.clip_page.verdict
    short = make_classification(
        duration_s=1.0, doubt=Doubt.TOO_SHORT, sentence="Not sure: the clip is 1.0 s long."
    )
    bench.worker.tell(Partial(bench.worker.last, short))
    QCoreApplication.processEvents()
    assert verdict.headline == "Listening\N{HORIZONTAL ELLIPSIS}"
    bench.worker.tell(Partial(bench.worker.last, make_classification(duration_s=4.0)))
    QCoreApplication.processEvents()
    assert verdict.headline == "Rock"


def test_a_pause_is_seen(bench: Bench) -> None:
    bench.tab._pause.trigger()
    assert not bench.recording.is_paused, "there is nothing to pause"
    bench.recording.started.emit()
    page = bench.view.clip_page
    bench.tab._pause.trigger()
    assert [bench.recording.is_paused] == [True]
    assert page._title.text() == "Paused"
    bench.tab._pause.trigger()
    assert page._title.text().startswith("Recording")


def test_a_recording_is_renamed(
    bench: Bench, music: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(bench, stereo_take(music))
    monkeypatch.setattr(bench.view, "ask_name", lambda _name: "Rain on the roof")
    assert bench.tab.several.rename.isEnabled()
    bench.tab.several.rename.trigger()
    assert titles(bench) == ["Rain on the roof"]
    assert bench.view.clip_page._title.text() == "Rain on the roof"
    suggested: list[str] = []

    def suggest(_title: str, suggestion: str, _kinds: str) -> str:
        suggested.append(suggestion)
        return ""

    monkeypatch.setattr(bench.view, "ask_save_path", suggest)
    clip = bench.presenter.shown
    assert clip is not None
    bench.presenter.saving.save_take(clip)
    assert Path(suggested[0]).name == "Rain on the roof.wav"


def test_a_song_keeps_its_name(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    assert not bench.tab.several.rename.isEnabled()


def test_the_new_name_is_one_line_and_not_empty(bench: Bench) -> None:
    question = NameQuestion(bench.window, "Rename the recording", "Recording 10.00.00")
    question.field.setText("  ")
    assert not question.rename.isEnabled()
    question.field.setText(" a \N{LATIN SMALL LETTER SHARP S} ")
    question.accept()
    assert question._name == "a \N{LATIN SMALL LETTER SHARP S}"
    question.deleteLater()


def test_quitting_asks_once_and_names_what_would_be_lost(
    bench: Bench, music: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        record(bench, stereo_take(music))
    asked: list[Question] = []

    def ask(question: Question) -> str:
        asked.append(question)
        question.deleteLater()
        return ""

    monkeypatch.setattr(Question, "ask", ask)
    assert not bench.presenter.may_close()
    (question,) = asked
    assert question.accessibleName() == "Save 2 recordings before closing?"
    assert question.accessibleDescription().split("\n") == titles(bench)
    assert list(question.buttons) == ["", "discard", "save"]


@pytest.mark.parametrize("answer", ["save", "discard", ""])
def test_what_is_answered_is_done(
    bench: Bench, music: FloatArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    for _ in range(2):
        record(bench, stereo_take(music))
    for clip in bench.presenter.clips:
        clip.title = "Rain: 1"
    monkeypatch.setattr(bench.view, "ask_unsaved", lambda _names: answer)
    monkeypatch.setattr(bench.view, "ask_save_folder", lambda *_args: str(tmp_path))
    assert bench.presenter.may_close() is bool(answer)
    written = sorted(path.name for path in tmp_path.glob("*.wav"))
    assert written == (["Rain_ 1 2.wav", "Rain_ 1.wav"] if answer == "save" else [])


def test_what_cannot_be_saved_keeps_the_window_open(
    bench: Bench, music: FloatArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(bench, stereo_take(music))
    monkeypatch.setattr(bench.view, "ask_unsaved", lambda _names: "save")
    gone = tmp_path / "gone" / "take.wav"
    monkeypatch.setattr(bench.view, "ask_save_path", lambda *_args: str(gone))
    assert not bench.presenter.may_close()
    assert "take.wav" in bench.view.notice.text
    monkeypatch.setattr(bench.view, "ask_save_path", lambda *_args: "")
    assert not bench.presenter.may_close(), "no place was chosen"


def test_what_is_being_recorded_is_asked_about_too(
    bench: Bench, music: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.recording.started.emit()
    bench.recording.take = stereo_take(music)
    asked: list[list[str]] = []

    def ask(names: list[str]) -> str:
        asked.append(names)
        return ""

    monkeypatch.setattr(bench.view, "ask_unsaved", ask)
    assert not bench.presenter.may_close()
    assert [len(names) for names in asked] == [1]
    bench.recording.take = None


def test_the_panel_offers_lengths_and_a_pause(qtbot: QtBot) -> None:
    panel = RecordPanel()
    qtbot.addWidget(panel)
    panel.show()
    lengths = [panel.length.itemData(row) for row in range(panel.length.count())]
    assert lengths == list(RECORD_LENGTHS_S)
    assert panel.length.currentText() == "30 seconds"
    with qtbot.waitSignal(panel.length_chosen) as chosen:
        panel.length.activated.emit(lengths.index(300))
    assert chosen.args == [300]
    panel.show_elapsed(65.0)
    assert panel.elapsed.text() == "1:05 of 5:00"
    assert not panel.pause.isVisible()
    panel.show_state("recording")
    assert panel.pause.isVisible()
    assert not panel.check_level.isVisible()
    assert not panel.length.isEnabled()
    panel.show_state("paused")
    assert panel.pause.accessibleName() == "Go on recording"
