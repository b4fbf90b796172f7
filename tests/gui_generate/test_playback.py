"""Playback of takes: their sound, two side by side, outputs, the space bar."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from fstmuse_gui.settings import OUTPUT_DEVICE
from tests.gui_generate.conftest import GenerateBench, make_clip
from tests.narrowing import current


def test_two_takes_are_compared_at_the_same_place(bench: GenerateBench) -> None:
    bench.make(seed=1)
    assert current(bench.presenter.pair.takes) is None
    bench.make(seed=2)
    a, b = bench.presenter.pair.takes or (None, None)
    assert a is not None
    assert b is bench.presenter.shown
    bench.player.seek(9.0)

    bench.presenter.swap()

    assert bench.presenter.shown is a
    assert a.clip is not None
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


def test_after_a_click_on_generate_space_plays(bench: GenerateBench, qtbot: QtBot) -> None:
    qtbot.mouseClick(bench.form.generate_button, Qt.MouseButton.LeftButton)
    bench.finish()
    assert bench.player.state == "playing"
    qtbot.keyClick(bench.window, Qt.Key.Key_Space)
    assert bench.player.state == "paused"
    assert len(bench.asked) == 1


def test_the_sound_of_a_take_is_what_was_made(bench: GenerateBench) -> None:
    bench.make(seed=5)
    np.testing.assert_array_equal(bench.player.loaded, make_clip(bench.asked[-1]).samples)
