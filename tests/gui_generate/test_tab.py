"""What one can do on the Generate tab, and what it shows meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QSlider, QSpinBox
from pytestqt.qtbot import QtBot

from fstmuse_core.generate import read_recipe
from fstmuse_core.jobs.messages import Cancelled, Done, Partial, Started, WorkerLost
from fstmuse_gui.classify.models import ModelInfo
from fstmuse_gui.generate.presenter import GENERATOR, GENRE, SECONDS
from fstmuse_gui.settings import OUTPUT_DEVICE
from fstmuse_gui.widgets.file_list import RowState
from tests.gui_generate.conftest import GENERATORS, GenerateBench, MakeGenerateBench, make_clip


def states(bench: GenerateBench) -> list[RowState]:
    return [row.state for row in bench.form.takes.rows]


# Asking ---------------------------------------------------------------------------------------


def test_a_click_asks_for_what_is_chosen(bench: GenerateBench) -> None:
    bench.form.genre.setCurrentText("Rock")
    bench.form.blend.setCurrentText("Pop")
    bench.form.share.setValue(40)
    bench.form.seconds.setValue(12)
    bench.form.lock.setChecked(True)
    bench.form.seed.setValue(7)

    bench.form.generate_button.click()

    (asked,) = bench.asked
    assert (asked.model, asked.genre, asked.seconds, asked.seed) == ("toy-gan", "Rock", 12.0, 7)
    assert asked.blend == ("Pop", pytest.approx(0.4))
    assert asked.judges == ("fst-muse", "toy-model")


def test_lengths_and_blends_that_cannot_be_are_not_offered(bench: GenerateBench) -> None:
    form = bench.form
    assert (form.seconds.minimum(), form.seconds.maximum()) == (3, 120)
    form.genre.setCurrentText("Rock")
    offered = [form.blend.itemText(i) for i in range(form.blend.count())]
    assert offered == ["Nothing", "Classical", "Electronic", "Pop"]
    form.blend.setCurrentText("Pop")
    form.genre.setCurrentText("Pop")
    assert form.blend.currentText() == "Nothing"
    assert form.chosen_blend() is None


def test_each_click_has_another_seed_unless_it_is_locked(bench: GenerateBench) -> None:
    for _ in range(3):
        bench.form.generate_button.click()
    assert len({asked.seed for asked in bench.asked}) == 3
    assert bench.form.seed.value() == bench.asked[-1].seed
    bench.form.lock.click()
    bench.presenter.generate()
    bench.presenter.generate()
    assert bench.asked[-1] == bench.asked[-2] == bench.asked[-3]


def test_surprise_and_dice_bring_another_seed_even_if_it_is_locked(bench: GenerateBench) -> None:
    bench.form.lock.setChecked(True)
    before = bench.form.seed.value()
    bench.form.dice_button.click()
    assert bench.form.seed.value() != before
    assert not bench.asked
    bench.form.surprise_button.click()
    bench.form.surprise_button.click()
    first, second = bench.asked
    assert first.seed != second.seed
    assert (first.genre, first.seconds) == (second.genre, second.seconds)


def test_a_seed_that_is_typed_is_kept(bench: GenerateBench, qtbot: QtBot) -> None:
    bench.form.seed.setFocus()
    bench.form.seed.selectAll()
    qtbot.keyClicks(bench.form.seed, "42")
    assert bench.form.lock.isChecked()
    bench.presenter.generate()
    assert bench.asked[-1].seed == 42


def test_letters_are_no_seed(bench: GenerateBench, qtbot: QtBot) -> None:
    before = bench.form.seed.value()
    bench.form.seed.setFocus()
    qtbot.keyClicks(bench.form.seed, "seven")
    assert bench.form.seed.value() == before


# Making ---------------------------------------------------------------------------------------


def test_first_the_picture_then_the_sound_then_the_bars(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    assert bench.view.page is bench.view.busy_page
    assert bench.form.cancel_button.isVisible()

    bench.draw()
    assert bench.view.page is bench.page
    assert not bench.page.transport.play_button.isEnabled()
    assert bench.player.loaded is None

    job = bench.worker.last
    clip = make_clip(bench.asked[-1])
    bench.tell(Partial(job, clip))
    assert bench.player.loaded is clip.samples
    assert bench.player.state == "playing"
    assert states(bench) == [RowState.WORKING]

    bench.finish()
    assert states(bench) == [RowState.DONE]
    assert bench.page.bars.order[0] == "Rock"
    assert bench.form.generate_button.isVisible()
    assert bench.form.takes.rows[0].status() == "Heard as Rock"


def test_each_classifier_is_heard(bench: GenerateBench) -> None:
    bench.make()
    chips = bench.page.judges.findChildren(QAbstractButton)
    assert [chip.text() for chip in chips] == ["FstMuse", "ToyModel"]
    chips[1].click()
    assert set(bench.page.bars.order) == {"Rock", "Folk", "Hip-Hop"}


def test_cancelling(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    bench.form.surprise_button.click()
    bench.form.cancel_button.click()
    assert bench.worker.cancelled == [1, 2]
    bench.tell(Cancelled(1), Cancelled(2))
    assert states(bench) == [RowState.CANCELLED, RowState.CANCELLED]
    assert bench.view.page is bench.view.trouble_page
    assert bench.form.generate_button.isVisible()
    bench.view.trouble_page.retry_button.click()
    assert bench.asked[-1] == bench.asked[1]


def test_a_failure_says_what_to_do(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    bench.fail("toy-gan: what it made is silence; try another seed or genre")
    assert bench.view.trouble_page.sentence.endswith("try another seed or genre")
    assert states(bench) == [RowState.FAILED]
    assert bench.form.takes.rows[0].sentence == bench.view.trouble_page.sentence


def test_a_lost_process_is_told_and_the_take_made_again(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    job = bench.begin()
    bench.tell(WorkerLost("The helper process stopped unexpectedly and was started again."))
    assert "started again" in bench.view.notice.text
    bench.tell(Started(job))
    bench.finish()
    assert states(bench) == [RowState.DONE]


def test_a_take_in_the_background_does_not_disturb(bench: GenerateBench) -> None:
    bench.make(seed=1)
    first = bench.presenter.shown
    bench.form.surprise_button.click()
    job = bench.draw()
    assert first is not None
    bench.form.takes.select(first.key)
    bench.tell(Partial(job, make_clip(bench.asked[-1])))
    assert bench.presenter.shown is first
    assert bench.player.loaded is first.clip.samples
    bench.tell(Done(job, ()))
    assert bench.form.takes.rows[-1].status() == "Not listened to"


def test_no_model_is_a_state_of_its_own(make_bench: MakeGenerateBench) -> None:
    generators: list[ModelInfo] = []
    bench = make_bench(generators)
    assert bench.view.page is bench.view.no_model_page
    assert not bench.form.generate_button.isEnabled()
    bench.presenter.generate()
    assert not bench.asked
    bench.presenter.offer_models(GENERATORS, [])
    assert bench.view.page is bench.view.empty_page
    bench.view.start_button.click()
    assert len(bench.asked) == 1


def test_models_that_come_and_go(bench: GenerateBench) -> None:
    assert not bench.form.model.isVisible()
    mine = ModelInfo("my-gan", "MyGan", ("Jazz", "Rock"))
    bench.form.genre.setCurrentText("Rock")
    bench.presenter.offer_models([*GENERATORS, mine], [])
    assert bench.form.model.isVisible()
    bench.form.model.setCurrentIndex(1)
    bench.form.model.activated.emit(1)
    assert bench.form.genre.currentText() == "Rock"
    assert bench.form.genre.count() == 2
    assert bench.settings.get(GENERATOR) == "my-gan"
    bench.presenter.generate()
    assert bench.asked[-1].model == "my-gan"


def test_a_model_that_is_wanted_is_used_at_once(make_bench: MakeGenerateBench) -> None:
    models = list(GENERATORS)
    bench = make_bench(models)
    models.append(ModelInfo("mine", "My own", ("Jazz", "Folk")))
    bench.context.models.generator_wanted.emit("mine")
    assert bench.window.tab is bench.tab
    assert bench.form.model.currentData() == "mine"
    assert bench.settings.get(GENERATOR) == "mine"
    bench.form.generate_button.click()
    assert bench.asked[-1].model == "mine"
    bench.context.models.generator_wanted.emit("deleted meanwhile")
    assert bench.form.model.currentData() == "mine"


# Takes ----------------------------------------------------------------------------------------


def test_a_removed_take_comes_back(bench: GenerateBench) -> None:
    bench.make(seed=1)
    bench.make(seed=2)
    kept = bench.presenter.shown
    bench.presenter.remove(bench.form.takes.current_key)
    assert len(bench.form.takes.rows) == 1
    assert bench.presenter.shown is not kept
    bench.presenter.undo()
    assert len(bench.form.takes.rows) == 2
    assert bench.presenter.shown is kept
    bench.presenter.remove(bench.form.takes.current_key)
    bench.presenter.remove(bench.form.takes.current_key)
    assert bench.view.page is bench.view.empty_page
    assert bench.player.loaded is None


def test_two_takes_are_compared_at_the_same_place(bench: GenerateBench) -> None:
    bench.make(seed=1)
    assert bench.presenter.pair.takes is None
    bench.make(seed=2)
    a, b = bench.presenter.pair.takes or (None, None)
    assert a is not None
    assert b is bench.presenter.shown
    bench.player.seek(9.0)

    bench.presenter.swap()

    assert bench.presenter.shown is a
    assert bench.player.loaded is a.clip.samples
    assert bench.player.position == 9.0
    assert bench.player.state == "playing"
    assert [button.isChecked() for button in bench.page.pair_buttons] == [True, False]
    bench.page.pair_buttons[1].click()
    assert bench.presenter.shown is b
    bench.make(seed=3)
    assert bench.presenter.pair.takes == (b, bench.presenter.shown)


def test_a_fresh_take_plays_from_its_start(bench: GenerateBench) -> None:
    bench.make(seed=1)
    bench.player.seek(9.0)
    bench.make(seed=2)
    assert bench.player.position == 0.0
    assert bench.player.state == "playing"


def test_another_tab_silences_it(bench: GenerateBench) -> None:
    bench.make()
    bench.window.hide()
    assert bench.player.state == "paused"


def test_one_tab_plays_at_a_time(bench: GenerateBench) -> None:
    told: list[str] = []
    bench.context.sounds.started.connect(told.append)
    bench.make()
    assert told == ["Generate"]
    bench.context.sounds.started.emit("Classify")
    assert bench.player.state == "paused"


def test_the_chosen_output_is_played_to(bench: GenerateBench) -> None:
    bench.settings.set(OUTPUT_DEVICE, "Headphones\tALSA")
    bench.make()
    assert bench.player.device is not None


def test_no_output_is_said(bench: GenerateBench) -> None:
    bench.make()
    bench.player.failed.emit("No output was found; plug in headphones, then press Play again.")
    assert bench.view.notice.isVisible()
    assert "plug in headphones" in bench.view.notice.text


# Files ----------------------------------------------------------------------------------------


def test_saving_with_the_recipe(
    bench: GenerateBench, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.make("Rock", seed=7)
    suggested: list[str] = []

    def ask(suggestion: str) -> str:
        suggested.append(suggestion)
        return str(tmp_path / "take.flac")

    monkeypatch.setattr(bench.view, "ask_save_path", ask)
    take = bench.presenter.shown
    assert take is not None
    assert take.would_be_lost
    with qtbot.waitSignal(bench.presenter.saving.message):
        bench.presenter.saving.save(take)
    assert os.path.basename(suggested[0]) == "Rock, seed 7.wav"
    assert read_recipe(tmp_path / "take.flac").seed == 7
    assert not take.would_be_lost
    assert bench.presenter.may_close()


def test_a_place_that_cannot_be_written_is_said(
    bench: GenerateBench, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.make()
    take = bench.presenter.shown
    assert take is not None
    target = str(tmp_path / "nowhere" / "take.wav")
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _suggestion: target)
    with qtbot.waitSignal(bench.presenter.saving.trouble):
        bench.presenter.saving.save(take)
    assert "take.wav: it cannot be written" in bench.view.notice.text
    assert take.would_be_lost


def test_the_recipe_on_the_clipboard(bench: GenerateBench) -> None:
    bench.make(seed=7)
    take = bench.presenter.shown
    assert take is not None
    bench.presenter.saving.copy_recipe(take)
    assert '"seed": 7' in QGuiApplication.clipboard().text()


def test_a_take_can_be_dragged_out_as_a_file(
    bench: GenerateBench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.make("Rock", seed=7)
    take = bench.presenter.shown
    assert take is not None
    qtbot.waitUntil(lambda: take.file is not None)
    dragged: list[str] = []

    def drag(self: object, _actions: Qt.DropAction) -> Qt.DropAction:
        dragged.append(self.mimeData().urls()[0].toLocalFile())  # type: ignore[attr-defined]
        return Qt.DropAction.CopyAction

    monkeypatch.setattr("PySide6.QtGui.QDrag.exec", drag)
    takes = bench.form.takes
    start = takes.visualRect(takes.currentIndex()).center()
    qtbot.mousePress(takes.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for step in (2, QApplication.startDragDistance() + 2):
        move_held(takes.viewport(), start + QPoint(step, 0))
    qtbot.mouseRelease(takes.viewport(), Qt.MouseButton.LeftButton)

    (path,) = dragged
    assert os.path.basename(path) == "Rock, seed 7.wav"
    assert read_recipe(path).seed == 7
    monkeypatch.setattr(bench.view, "confirm", lambda *_args: True)
    bench.window.close()
    assert not os.path.exists(path)


def move_held(widget: object, where: QPoint) -> None:
    """Move the pointer with the left button held, which QTest cannot."""
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(where), QPointF(where), left, left, none)
    QApplication.sendEvent(widget, event)  # type: ignore[arg-type]


def test_takes_are_not_lost_without_asking(
    bench: GenerateBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(bench.view, "confirm", lambda q, *_rest: asked.append(q))
    assert bench.tab.may_close()
    bench.make(seed=1)
    bench.make(seed=2)
    assert not bench.tab.may_close()
    assert asked == ["Discard 2 takes?"]


# Keys, names, and what is remembered ----------------------------------------------------------


def test_keys(bench: GenerateBench, qtbot: QtBot) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(bench.window, Qt.Key.Key_G, control)
    bench.finish()
    qtbot.keyClick(bench.window, Qt.Key.Key_U, control)
    assert len(bench.asked) == 2
    qtbot.keyClick(bench.window, Qt.Key.Key_Escape)
    assert bench.worker.cancelled == [2]
    bench.finish()
    qtbot.keyClick(bench.window, Qt.Key.Key_Space)
    assert bench.player.state == "paused"
    qtbot.keyClick(bench.window, Qt.Key.Key_Right)
    assert bench.player.position == 5.0
    shown = bench.presenter.shown
    qtbot.keyClick(bench.window, Qt.Key.Key_X)
    assert bench.presenter.shown is not shown
    qtbot.keyClick(bench.window, Qt.Key.Key_Delete)
    assert len(bench.presenter.takes) == 1
    qtbot.keyClick(bench.window, Qt.Key.Key_Z, control)
    assert len(bench.presenter.takes) == 2


def test_after_a_click_on_generate_space_plays(bench: GenerateBench, qtbot: QtBot) -> None:
    qtbot.mouseClick(bench.form.generate_button, Qt.MouseButton.LeftButton)
    bench.finish()
    assert bench.player.state == "playing"
    qtbot.keyClick(bench.window, Qt.Key.Key_Space)
    assert bench.player.state == "paused"
    assert len(bench.asked) == 1


def test_everything_that_can_be_touched_has_a_name(bench: GenerateBench) -> None:
    bench.make(seed=1)
    bench.make(seed=2)
    kinds = (QAbstractButton, QComboBox, QSpinBox, QSlider)
    for widget in bench.view.findChildren(QAbstractButton) + [
        found for kind in kinds[1:] for found in bench.view.findChildren(kind)
    ]:
        if widget.isVisible():
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            assert widget.accessibleName() or text.strip(), widget


def test_choices_are_remembered(bench: GenerateBench) -> None:
    bench.form.genre.setCurrentText("Pop")
    bench.form.seconds.setValue(45)
    bench.window.close()
    assert bench.settings.get(GENRE) == "Pop"
    assert bench.settings.get(SECONDS) == 45


def test_dropped_files_are_sent_to_the_other_tab(bench: GenerateBench, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bench.tab.message) as told:
        bench.tab.open_paths(["/music/song.mp3"])
    assert "Classify" in told.args[0]


def test_the_sound_of_a_take_is_what_was_made(bench: GenerateBench) -> None:
    bench.make(seed=5)
    np.testing.assert_array_equal(bench.player.loaded, make_clip(bench.asked[-1]).samples)
