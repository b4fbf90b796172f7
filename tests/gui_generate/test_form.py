"""Requests from the Generate tab: genre, length, blend, seed."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.gui_generate.conftest import GenerateBench


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
    assert asked.blend is not None
    genre, share = asked.blend
    assert genre == "Pop"
    assert share == pytest.approx(0.4)
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


def test_the_list_is_called_takes(bench: GenerateBench) -> None:
    assert bench.form.takes.accessibleName() == "Takes"
    assert "Takes" in [label.text() for label in bench.form.findChildren(QLabel)]
