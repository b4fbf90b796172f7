"""Agreement of the Generate tab with what runs and with the take that is shown."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.generate.recipe import Blend, Recipe
from fstmuse_core.workers.protocol import Cancelled, Done
from fstmuse_gui.generate.view import TakePage
from tests.gui.test_next_clip import row_of_brightest
from tests.gui.test_redrawing import TONES
from tests.gui_generate.conftest import GenerateBench


def test_the_seed_that_is_shown_is_the_one_that_runs(bench: GenerateBench) -> None:
    for _ in range(3):
        shown = bench.form.seed.value()
        bench.form.generate_button.click()
        assert bench.asked[-1].seed == shown == bench.form.seed.value()
        bench.finish()
    assert len({asked.seed for asked in bench.asked}) == 3


def test_the_dice_shows_what_runs(bench: GenerateBench) -> None:
    bench.make()
    bench.form.dice_button.click()
    shown = bench.form.seed.value()
    bench.form.generate_button.click()
    assert bench.asked[-1].seed == shown
    bench.finish()
    bench.form.surprise_button.click()
    assert bench.asked[-1].seed == bench.form.seed.value()


def test_a_locked_seed_stays(bench: GenerateBench) -> None:
    bench.make(seed=11)
    assert bench.form.seed.value() == 11
    bench.form.generate_button.click()
    assert bench.asked[-1].seed == 11


def test_the_seed_of_a_take_that_was_cancelled_is_not_used_up(bench: GenerateBench) -> None:
    shown = bench.form.seed.value()
    bench.form.generate_button.click()
    bench.tell(Cancelled(bench.worker.last))
    assert bench.form.seed.value() == shown
    bench.form.generate_button.click()
    assert bench.asked[-1].seed == shown


def test_a_seed_chosen_while_one_is_made_is_the_next(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    bench.form.dice_button.click()
    shown = bench.form.seed.value()
    bench.finish()
    assert bench.form.seed.value() == shown
    bench.form.generate_button.click()
    assert bench.asked[-1].seed == shown


@pytest.mark.parametrize(("typed", "seconds"), [("45", 45.0), ("2", 30.0), ("", 30.0)])
def test_a_length_that_is_being_typed(
    bench: GenerateBench, qtbot: QtBot, typed: str, seconds: float
) -> None:
    box = bench.form.seconds
    box.lineEdit().setText("")
    qtbot.keyClicks(box.lineEdit(), typed)
    bench.presenter.generate()
    assert bench.asked[-1].seconds == box.value() == seconds
    assert box.text() == f"{seconds:.0f} s"


def test_every_field_runs_as_it_is_shown(bench: GenerateBench) -> None:
    form = bench.form
    form.genre.setCurrentText("Pop")
    form.blend.setCurrentText("Rock")
    form.share.setValue(35)
    form.seconds.setValue(17)
    bench.presenter.generate()
    asked = bench.asked[-1]
    assert (asked.genre, asked.blend, asked.seconds) == ("Pop", ("Rock", 0.35), 17.0)
    assert form._share_text.text().replace("\N{NO-BREAK SPACE}", " ") == "65 % Pop, 35 % Rock"
    bench.finish()
    head = " ".join(bench.page._head.lines).replace("\N{NO-BREAK SPACE}", " ")
    assert "Pop with 35 % Rock" in head
    assert f"seed {asked.seed}" in head
    form.blend.setCurrentIndex(0)
    bench.presenter.generate()
    assert bench.asked[-1].blend is None


def test_a_recipe_s_title_rounds_nothing_away() -> None:
    recipe = Recipe("toy-gan", "0" * 64, "Rock", 7, 30.0, Blend("Jazz", 0.125))
    assert recipe.title == "Rock with 12.5 % Jazz, seed 7"
    recipe = Recipe("toy-gan", "0" * 64, "Rock", 7, 30.0, Blend("Jazz", 0.3))
    assert recipe.title == "Rock with 30 % Jazz, seed 7"


# What is drawn --------------------------------------------------------------------------------


def three_takes(bench: GenerateBench) -> list[int]:
    bench.window.choose_theme("dark")
    for seed in (1, 2, 3):
        bench.make(seed=seed)
    keys = [take.key for take in bench.presenter.takes]
    for take, image in zip(bench.presenter.takes, TONES, strict=True):
        take.image = image
    return keys


def test_takes_of_one_length_are_drawn_each(bench: GenerateBench) -> None:
    keys, rows = three_takes(bench), []
    bench.form.takes.select(keys[0])
    for key in (*keys, keys[0]):
        bench.form.takes.select(key)
        rows.append(row_of_brightest(bench.page.spectrogram.picture()))
    assert rows[0] > rows[1] > rows[2]
    assert rows[3] == rows[0]


def test_a_and_b_are_drawn_each(bench: GenerateBench) -> None:
    keys = three_takes(bench)
    bench.form.takes.select(keys[0])
    bench.form.takes.select(keys[2])
    rows = []
    for place in (0, 1, 0):
        bench.page.pair_buttons[place].click()
        assert [button.isChecked() for button in bench.page.pair_buttons][place]
        rows.append(row_of_brightest(bench.page.spectrogram.picture()))
    assert rows[0] != rows[1]
    assert rows[2] == rows[0]


def test_neither_a_nor_b_is_marked_while_a_third_is_shown(bench: GenerateBench) -> None:
    three_takes(bench)
    bench.form.generate_button.click()
    bench.draw()
    assert bench.page._pair.isVisible()
    assert not any(button.isChecked() for button in bench.page.pair_buttons)


def test_no_bars_of_another_take_stay(bench: GenerateBench) -> None:
    bench.make(seed=1)
    assert bench.page.bars.order
    bench.form.generate_button.click()
    bench.tell(Done(bench.sound(), ()))
    assert bench.page.bars.order == []
    bench.make(seed=2)
    assert bench.page.bars.order[0] == "Rock"


def test_the_classifier_that_was_chosen_stays_chosen(bench: GenerateBench) -> None:
    bench.make(seed=1)
    bench.page.judge_chosen.emit(1)
    take = bench.presenter.shown
    assert take is not None
    assert take.opinions is not None
    take.opinions = take.opinions[::-1]
    bench.presenter._show(take.key)
    assert set(bench.page.bars.order) == {"Rock", "Folk", "Hip-Hop"}


def test_a_page_shows_the_take_that_it_was_given(bench: GenerateBench) -> None:
    bench.make(seed=5)
    assert isinstance(bench.page, TakePage)
    assert "seed 5" in bench.page._head.lines[1]
