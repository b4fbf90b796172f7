"""The Generate tab while takes are made, and as a whole."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QSlider, QSpinBox
from pytestqt.qtbot import QtBot

from fstmuse_core.workers.protocol import Cancelled, Done, Partial, Started, WorkerLost
from fstmuse_gui.generate.form import SECONDS, STEREO
from fstmuse_gui.generate.presenter import GENERATOR, GENRE
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.widgets.file_list import RowState
from tests.gui_generate.conftest import GENERATORS, GenerateBench, MakeGenerateBench, make_clip
from tests.narrowing import current


def states(bench: GenerateBench) -> list[RowState]:
    return [row.state for row in bench.form.takes.rows]


# Asking ---------------------------------------------------------------------------------------


def test_first_the_picture_then_the_sound_then_the_bars(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    assert current(bench.view.page) is bench.view.busy_page
    assert bench.form.cancel_button.isVisible()

    bench.draw()
    assert current(bench.view.page) is bench.page
    assert not bench.page.transport.play_button.isEnabled()
    assert current(bench.player.loaded) is None

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


def test_each_classifier_s_result_is_shown(bench: GenerateBench) -> None:
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
    assert first.clip is not None
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


def test_a_model_that_is_gone_is_said_and_used_again_when_it_is_back(bench: GenerateBench) -> None:
    mine = ModelInfo("my-gan", "MyGan", ("Jazz", "Rock"))
    bench.presenter.offer_models([*GENERATORS, mine], [])
    bench.presenter.choose_model("my-gan")
    bench.presenter.offer_models(GENERATORS, [])
    assert bench.form.model.currentData() == "toy-gan"
    assert bench.view.notice.text == "The model MyGan is gone; music is made with ToyGan."
    bench.presenter.offer_models([*GENERATORS, mine], [])
    assert bench.form.model.currentData() == "my-gan"


def test_a_model_that_is_renamed_stays_in_use(make_bench: MakeGenerateBench) -> None:
    mine = ModelInfo("my-gan", "MyGan", ("Jazz", "Rock"))
    models = [*GENERATORS, mine]
    bench = make_bench(models)
    bench.presenter.choose_model("my-gan")
    models[-1] = replace(mine, name="band-night")
    bench.context.models.renamed.emit("my-gan", "band-night")
    bench.context.models.changed.emit()
    assert bench.form.model.currentData() == bench.settings.get(GENERATOR) == "band-night"
    assert bench.view.notice.text == ""


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
    bench.context.models.generator_wanted.emit("my-gan")
    assert bench.form.model.currentData() == "mine"
    assert bench.view.notice.text == "The model my-gan is gone; music is made with My own."


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
    bench.form.stereo.click()
    bench.window.close()
    assert bench.settings.get(GENRE) == "Pop"
    assert bench.settings.get(SECONDS) == 45
    assert bench.settings.get(STEREO)
