"""Models side by side on one clip, and notes on songs that a model was trained on."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.workers.protocol import ClassifyFile, ClassifyLive
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.widgets.model_cards import ModelCard, ModelsDialog
from tests.gui.conftest import Bench
from tests.gui.fakes import GENRES, make_classification, make_result

_TOY = {"Folk": 0.7, "Rock": 0.2, "Hip-Hop": 0.1}
NOTE = "ToyModel was trained on this song: its answer says little about how good it is."


def shown(bench: Bench, music: FloatArray) -> Bench:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    return bench


def test_every_model_answers_for_the_clip(bench: Bench, music: FloatArray) -> None:
    both = shown(bench, music).tab.side_by_side
    bench.tab._models_entry.trigger()
    assert isinstance(both.dialog, ModelsDialog)
    assert list(both.cards) == ["fst-muse", "toy-model"]
    assert both.cards["fst-muse"].headline.text() == "Rock", "its answer is known"
    assert both.cards["toy-model"].headline.text().startswith("Listening")
    assert bench.worker.submitted[-1][1] == ClassifyFile("/m/a.mp3", "toy-model")
    toy = make_result(music, make_classification(_TOY))
    bench.answer(replace(toy, note=NOTE))
    card = both.cards["toy-model"]
    assert card.headline.text() == "Folk"
    assert card.accessibleName() == f"ToyModel. Folk. 70 % sure. {NOTE[:-1]}"
    assert bench.view.clip_page.verdict.headline == "Rock", "the page is as it was"
    both.close()


def test_a_model_can_be_taken_from_there(bench: Bench, music: FloatArray) -> None:
    both = shown(bench, music).tab.side_by_side
    bench.view.clip_page.models_button.click()
    assert not both.cards["fst-muse"].use_button.isEnabled()
    both.cards["toy-model"].use_button.click()
    assert both.dialog is None
    assert bench.view.sidebar.model_chooser.currentData() == "toy-model"


def test_closing_it_wants_no_more_answers(bench: Bench, music: FloatArray) -> None:
    both = shown(bench, music).tab.side_by_side
    both.show()
    job = bench.worker.last
    both.close()
    assert bench.worker.cancelled == [job]
    bench.answer(make_result(music))
    assert both.cards == {}


def test_one_that_fails_says_why(bench: Bench, music: FloatArray) -> None:
    both = shown(bench, music).tab.side_by_side
    both.show()
    bench.fail("toy-model: its weights are damaged")
    card = both.cards["toy-model"]
    assert (card.headline.text(), card.sentence.text()) == (
        "No answer",
        "toy-model: its weights are damaged",
    )
    both.close()


def test_a_recording_is_sent_as_sound(bench: Bench, music: FloatArray) -> None:
    bench.recording.started.emit()
    bench.recording.finished.emit(Take(music, 22_050))
    bench.answer(make_result(music))
    bench.tab.side_by_side.show()
    assert isinstance(bench.worker.submitted[-1][1], ClassifyLive)
    assert bench.worker.live[bench.worker.last][0].size == music.size
    assert bench.worker.last in bench.worker.ended
    bench.tab.side_by_side.close()


def test_without_a_clip_there_is_nothing_to_compare(bench: Bench) -> None:
    assert not bench.tab._models_entry.isEnabled()
    bench.tab.side_by_side.show()
    assert bench.tab.side_by_side.dialog is None


def test_cards_stand_below_each_other_where_it_is_narrow(bench: Bench, qtbot: QtBot) -> None:
    cards = [ModelCard(f"Model {n}", GENRES, is_used=n == 0) for n in range(3)]
    dialog = ModelsDialog(bench.window, "a.mp3", cards)
    dialog.show()
    QCoreApplication.processEvents()
    assert len({card.y() for card in cards}) == 1
    dialog.resize(420, 500)
    QCoreApplication.processEvents()
    assert len({card.x() for card in cards}) == 1
    dialog.close()


def test_a_song_of_the_training_is_noted(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(replace(make_result(music), note=NOTE))
    page = bench.view.clip_page

    def notes() -> list[str]:
        lines = [page.verdict._warnings.itemAt(n) for n in range(page.verdict._warnings.count())]
        widgets = [line.widget() for line in lines if line is not None]
        return [w.accessibleDescription() for w in widgets if w and w.accessibleName() == "Note"]

    assert notes() == [NOTE]
    page.show_answer(make_classification(), animate=False, part="0:01 to 0:05")
    assert notes() == [], "that is of the whole clip"
    bench.answer(make_result(music))
    bench.view.sidebar.list.select(bench.view.sidebar.list.rows[1].key)
    assert notes() == []
