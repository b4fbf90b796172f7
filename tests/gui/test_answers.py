"""Answers come out: verdicts, doubts, failures, waiting, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Doubt
from fstmuse_core.workers.protocol import Progress, Started, WorkerLost
from fstmuse_gui.settings import MODEL
from fstmuse_gui.widgets.file_list import RowState
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_classification, make_result
from tests.narrowing import current

UNSURE = {"Pop": 0.3, "Jazz": 0.2, "Rock": 0.3, "Folk": 0.1, "Hip-Hop": 0.05} | {
    "Electronic": 0.03,
    "Punk": 0.02,
}


# -- answers -----------------------------------------------------------------------------


def test_not_sure_is_said_with_its_reason(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    sentence = "Not sure: this sounds like speech, not music."
    bench.answer(
        make_result(music, make_classification(UNSURE, doubt=Doubt.SPEECH, sentence=sentence))
    )
    verdict = bench.view.clip_page.verdict
    assert verdict.headline == "Not sure"
    assert verdict.sentence == "This sounds like speech, not music."
    row = bench.view.sidebar.list.rows[0]
    assert row.genre is None
    assert row.status() == "Not sure"
    assert not any(bar._leads for bar in bench.view.clip_page.bars._rows.values())


def test_warnings_are_shown_and_go_with_their_clip(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    warned = make_classification(warnings=("the sound may be clipped",))
    bench.answer(make_result(music, warned))
    verdict = bench.view.clip_page.verdict
    assert verdict._warnings.count() == 1
    bench.answer(make_result(music))
    bench.view.sidebar.list.select(bench.view.sidebar.list.rows[1].key)
    assert verdict._warnings.count() == 0


def test_a_failure_is_a_calm_sentence_in_place(bench: Bench) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.fail("a.mp3: it holds no sound; choose another file")
    page = bench.view.trouble_page
    assert bench.view.page is page
    assert page.sentence == "a.mp3: it holds no sound; choose another file"
    page.retry_button.click()
    assert len(bench.worker.submitted) == 2
    bench.fail("a.mp3: it holds no sound; choose another file")
    page.remove_button.click()
    assert len(bench.presenter.clips) == 0


def test_work_shows_progress_only_when_it_takes_long(
    bench: Bench, music: FloatArray, qtbot: QtBot
) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.worker.tell(Started(bench.worker.last))
    QApplication.processEvents()
    assert current(bench.view.page) is bench.view.drop_area, "quick work does not flash by"
    with qtbot.waitSignal(bench.presenter._patience.timeout):
        pass
    assert current(bench.view.page) is bench.view.busy_page
    bench.worker.tell(Progress(bench.worker.last, 0.42))
    QApplication.processEvents()
    assert bench.view.busy_page._bar.value() == 420
    bench.answer(make_result(music))
    assert current(bench.view.page) is bench.view.clip_page


def test_work_can_be_cancelled_and_taken_up_again(bench: Bench, qtbot: QtBot) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    with qtbot.waitSignal(bench.presenter._patience.timeout):
        pass
    bench.view.busy_page.cancel_button.click()
    assert bench.worker.cancelled == [1]
    assert bench.view.page is bench.view.trouble_page
    assert bench.asked_for() == ["/m/a.mp3", "/m/b.mp3"], "the next goes on"
    bench.view.trouble_page.retry_button.click()
    assert bench.view.sidebar.list.rows[0].state is RowState.WAITING


def test_everything_can_be_cancelled(bench: Bench) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3", "/m/c.mp3"])
    assert bench.view.sidebar._work.isVisible()
    bench.view.sidebar.cancel_button.click()
    assert {row.state for row in bench.view.sidebar.list.rows} == {RowState.CANCELLED}
    assert not bench.presenter.queue.is_busy
    assert not bench.view.sidebar._work.isVisible()


def test_a_dead_worker_is_told_of_calmly(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.worker.tell(WorkerLost("The helper process was started again."))
    QApplication.processEvents()
    notice = bench.view.notice
    assert notice.isVisible()
    assert notice.text == "The helper process was started again."
    bench.answer(make_result(music))
    assert bench.view.page is bench.view.clip_page, "the job goes on under its number"
    notice.close_button.click()
    assert not notice.isVisible()


def test_without_a_model_the_window_says_what_to_do(make_bench: MakeBench) -> None:
    bench = make_bench(models=[])
    assert "fstmuse doctor" in bench.view.notice.text
    bench.presenter.open_paths(["/m/a.mp3"])
    assert bench.worker.submitted == []


def test_a_model_that_is_gone_gives_way_to_another(make_bench: MakeBench, settings: Any) -> None:
    settings.set(MODEL, "my-own")
    bench = make_bench()
    assert bench.view.sidebar.model_chooser.currentData() == "fst-muse"


def test_odd_names_stay_on_one_line(bench: Bench) -> None:
    bench.presenter.open_paths(["/m/a\nb \N{MUSICAL NOTE}.mp3"])
    assert bench.view.sidebar.list.rows[0].title == "a\\nb \N{MUSICAL NOTE}.mp3"


# -- why ---------------------------------------------------------------------------------


def test_why_shows_the_best_genre_and_any_other(
    bench: Bench, music: FloatArray, qtbot: QtBot
) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    page = bench.view.clip_page
    page.why_button.click()
    assert current(page.spectrogram.heat_is_shown)
    assert page.why_chooser.currentText() == "Rock"
    assert "against Rock" in page.spectrogram.legend.accessibleName()
    qtbot.mouseClick(page.bars._rows["Jazz"], Qt.MouseButton.LeftButton)
    assert page.why_chooser.currentText() == "Jazz"
    qtbot.keyClick(bench.window, Qt.Key.Key_W)
    assert not current(page.spectrogram.heat_is_shown)
    assert not page.why_chooser.isVisible()
    assert not page.why_button.isChecked()


def test_why_says_how_much_of_the_answer_it_explains(bench: Bench, music: FloatArray) -> None:
    alone = make_classification(duration_s=len(music) / 22_050)
    assert alone.activation is not None
    mixed = replace(alone, activation=replace(alone.activation, share=0.1))
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music, mixed))
    page = bench.view.clip_page
    legend, places = page.spectrogram.legend, (page.why_button.pos(), page.transport.pos())
    page.why_button.click()
    QCoreApplication.processEvents()
    # At 1024 x 640 it once stood in seven lines beside the buttons, which moved down with them.
    assert (page.why_button.pos(), page.transport.pos()) == places
    assert "the network's 10\N{NO-BREAK SPACE}% of the answer" in legend.accessibleName().lower()
    assert "the rest is the tagger's" in page.why_button.toolTip()
    wide = legend.width()
    legend.place(QSize(wide - 1, 100))
    assert legend.width() < wide - 1, "where there is no room the colours alone are explained"
    bench.answer(make_result(music, alone))
    rows = bench.view.sidebar.list.rows
    bench.view.sidebar.list.select(rows[1].key)
    assert "of the answer" not in legend.accessibleName()
    assert "tagger" not in page.why_button.toolTip()


def test_why_stays_on_from_clip_to_clip(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music))
    bench.answer(make_result(music))
    bench.presenter.display.set_why(True)
    bench.view.sidebar.list.select(bench.view.sidebar.list.rows[1].key)
    assert bench.view.clip_page.spectrogram.heat_is_shown


def test_a_model_without_a_map_says_why_there_is_none(bench: Bench, music: FloatArray) -> None:
    sentence = "this model takes 30 seconds at once and cannot show what spoke for a genre"
    without = replace(make_classification(), activation=None, no_map=sentence)
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music))
    page = bench.view.clip_page
    page.why_button.click()
    assert current(bench.presenter.display.explained) == "Rock"
    bench.answer(make_result(music, without))
    bench.view.sidebar.list.select(bench.view.sidebar.list.rows[1].key)
    assert not page.why_button.isEnabled()
    assert not bench.tab._why.isEnabled()
    said = f"{sentence[0].upper()}{sentence[1:]}."
    assert page.why_button.toolTip() == page.why_button.accessibleDescription() == said
    # What is listened to is the whole clip, though "why" stays on for the next.
    assert current(bench.presenter.display.explained) is None
    assert not current(page.spectrogram.heat_is_shown)
