"""Tempo, bars, form and loop in the Generate tab, and the sections of a take."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from fstmuse_core.generate.groove import BeatWish, Groove
from fstmuse_gui.generate.beat_form import BARS, BPM, FORM, IS_OPEN, LOOP, VARIATION
from fstmuse_gui.generate.ruler import SectionRuler, describe, sections_of
from fstmuse_gui.generate.takes import file_name
from fstmuse_gui.shared.models import installed_generators
from tests.generate.grid import GRID, write_tiny_grid
from tests.gui.reach import check_breadth, check_sizes
from tests.gui_generate.conftest import (
    GENERATORS,
    GRID_MODEL,
    GenerateBench,
    MakeGenerateBench,
)
from tests.gui_generate.test_saving import move_held
from tests.narrowing import current


@pytest.fixture
def bench(make_bench: MakeGenerateBench) -> GenerateBench:
    """A window with a generator that knows beats."""
    made = make_bench([GRID_MODEL])
    made.form.genre.setCurrentText("Rock")
    return made


def loop_of_four_sections(bench: GenerateBench) -> None:
    """A take of sixteen bars, A A B A at 124 beats a minute."""
    beat = bench.form.beat
    beat.bpm.setValue(124)
    beat.bars.setValue(16)
    beat.form.setCurrentText("A A B A")
    beat.loop.setChecked(True)
    bench.make("Electronic", seed=7)


# Asking ---------------------------------------------------------------------------------------


def test_nothing_is_asked_at_first(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    assert bench.asked[0].beat is None
    assert bench.form.seconds.isEnabled()


def test_what_is_chosen_is_asked(bench: GenerateBench) -> None:
    loop_of_four_sections(bench)
    bench.form.beat.variation.setValue(40)
    assert bench.asked[0].beat == BeatWish(124.0, 16, "AABA", 1.0, True)
    assert not bench.form.seconds.isEnabled()
    fold = bench.form.beat.fold_button
    assert fold.text() == " 124 bpm, 16 bars, AABA, 40\N{NO-BREAK SPACE}% varied, loop"
    bench.form.beat.fold_button.click()
    assert bench.form.beat.fold_button.text() == " Tempo and form"
    bench.form.beat.bars.setValue(0)
    assert bench.form.seconds.isEnabled()


def test_tempos_between_are_not_offered(bench: GenerateBench, qtbot: QtBot) -> None:
    box = bench.form.beat.bpm
    box.stepBy(1)
    assert box.value() == 60
    box.stepBy(-1)
    assert (box.value(), box.text()) == (0, "As the genre")
    box.setValue(200)
    box.stepBy(1)
    assert box.value() == 200


@pytest.mark.parametrize(
    ("genre", "why"),
    [
        ("Rock", ""),
        ("Jazz", "Most Jazz that GridGan knows has no steady beat; it gets one if you ask."),
        ("Classical", "The Classical that GridGan knows has no steady beat."),
    ],
)
def test_a_genre_without_a_beat_says_so(bench: GenerateBench, genre: str, why: str) -> None:
    beat = bench.form.beat
    beat.fold_button.setChecked(True)
    beat.bpm.setValue(124)
    beat.bars.setValue(8)
    bench.form.genre.setCurrentText(genre)
    assert beat.why_not == why
    has_beat = genre != "Classical"
    assert beat.bpm.isEnabled() == beat.loop.isEnabled() == has_beat
    assert bench.form.seconds.isEnabled() != has_beat
    bench.form.generate_button.click()
    assert (bench.asked[0].beat is not None) == has_beat


def test_a_model_without_a_beat_says_so(make_bench: MakeGenerateBench) -> None:
    bench = make_bench([*GENERATORS, GRID_MODEL])
    beat = bench.form.beat
    assert not beat.bpm.isEnabled()
    assert beat.why_not == "ToyGan was trained without a beat: no tempo or form can be asked of it."
    bench.presenter.choose_model("grid-gan")
    bench.form.genre.setCurrentText("Rock")
    assert beat.bpm.isEnabled()
    assert not beat.why_not


def test_installed_generators_say_what_they_know_of_beats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    write_tiny_grid(tmp_path / "fstmuse" / "models" / "tiny-grid")
    (found,) = (model for model in installed_generators() if model.name == "tiny-grid")
    assert found.grid == GRID


@pytest.mark.parametrize("architecture", [5, "grid", {"grid": 5}, {"grid": {"tempos": 1}}, None])
def test_a_generator_whose_beats_make_no_sense_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, architecture: object
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = write_tiny_grid(tmp_path / "fstmuse" / "models" / "tiny-grid")
    manifest = folder / "model.json"
    values = json.loads(manifest.read_text()) | {"architecture": architecture}
    manifest.write_text(json.dumps(values))
    assert "tiny-grid" not in [model.name for model in installed_generators()]


def test_what_was_asked_is_remembered(
    bench: GenerateBench, make_bench: MakeGenerateBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop_of_four_sections(bench)
    bench.form.beat.variation.setValue(25)
    bench.form.beat.fold_button.setChecked(True)
    bench.presenter.close()
    stored = [bench.settings.get(option) for option in (BPM, BARS, VARIATION)]
    assert stored == [124, 16, 25]
    assert bench.settings.get(FORM) == "AABA"
    again = make_bench([GRID_MODEL]).form
    again.genre.setCurrentText("Rock")
    assert again.beat.wish() == BeatWish(124.0, 16, "AABA", 0.25, True)
    assert again.beat.fold_button.isChecked()


def test_settings_that_make_no_sense_are_not_taken(
    make_bench: MakeGenerateBench, bench: GenerateBench
) -> None:
    for key, text in ((BPM, "10"), (BARS, "-1"), (FORM, '"XYZ"'), (VARIATION, "101")):
        bench.settings._store.setValue(key.key, text)
    bench.settings._store.setValue(LOOP.key, "3")
    bench.settings._store.setValue(IS_OPEN.key, '"yes"')
    assert make_bench([GRID_MODEL]).form.beat.wish() is None


# The take -------------------------------------------------------------------------------------


def test_a_take_shows_its_bars_before_it_sounds(bench: GenerateBench) -> None:
    bench.form.beat.bars.setValue(6)
    bench.form.beat.bpm.setValue(120)
    bench.form.generate_button.click()
    bench.draw()
    ruler = bench.page.ruler
    assert ruler.isVisible()
    assert [section.name for section in ruler.sections] == [
        f"{ruler.sections[0].letter}, bars 1 to 4",
        f"{ruler.sections[1].letter}, bars 5 to 6",
    ]
    assert bench.presenter.shown is not None
    assert bench.presenter.shown.seconds == 12.0
    assert bench.page.spectrogram.duration_s == 12.0


def test_a_take_without_a_beat_has_no_ruler(bench: GenerateBench) -> None:
    bench.make("Classical")
    assert not bench.page.ruler.isVisible()
    assert not bench.page.ruler.sections


def test_tempo_and_form_are_named(bench: GenerateBench) -> None:
    loop_of_four_sections(bench)
    take = bench.presenter.shown
    assert take is not None
    assert take.row().title == "Electronic \N{MIDDLE DOT} 124 bpm, AABA, loop"
    assert take.row().status() == "7 \N{MIDDLE DOT} Heard as Rock"
    assert "GridGan" in [label.text().split("  ")[-1] for label in bench.page.findChildren(QLabel)]
    bench.presenter.sections.renew("B")
    bench.finish()
    shown = bench.presenter.shown
    assert shown is not None
    assert shown.row().title.endswith("124 bpm, AABA, loop, new B")
    # Another new B is told from this one by its seed.
    assert shown.groove is not None
    renewed = f", B {shown.groove.renewed['B']}"
    assert renewed in shown.row().status()
    assert renewed in file_name(shown)


def test_sections_of_a_clip_that_ends_before_its_bars() -> None:
    groove = Groove(120.0, 10, "AB")
    found = sections_of(groove, 17.0)
    assert [(s.letter, s.start_s, s.end_s) for s in found] == [
        ("A", 0.0, 8.0),
        ("B", 8.0, 16.0),
        ("A", 16.0, 17.0),
    ]
    assert [s.name for s in found] == ["A, bars 1 to 4", "B, bars 5 to 8", "A, bar 9"]
    assert len(sections_of(groove, 16.0)) == 2
    assert describe(replace(groove, bars=4)) == "120 bpm, A"


# Loops and sections ---------------------------------------------------------------------------


def test_a_loop_is_played_again_and_again(bench: GenerateBench) -> None:
    loop_of_four_sections(bench)
    assert current(bench.player.wraps)
    assert current(bench.player.loop) == (0.0, bench.player.duration_s)
    bench.form.beat.loop.setChecked(False)
    bench.make("Electronic", seed=8)
    assert not current(bench.player.wraps)
    assert current(bench.player.loop) is None
    bench.presenter.swap()
    assert bench.player.loop == (0.0, bench.player.duration_s)


def choose(ruler: SectionRuler, place: int, words: str) -> None:
    """Choose from the menu of a section."""
    menu = ruler.menu_of(ruler.sections[place])
    (action,) = (a for a in menu.actions() if words in a.text().replace("&", ""))
    action.trigger()
    menu.deleteLater()


def test_a_section_is_gone_to_looped_and_left(bench: GenerateBench) -> None:
    bench.form.beat.form.setCurrentText("A A B A")
    bench.make("Electronic", seed=7)
    ruler = bench.page.ruler
    section = ruler.sections[2]
    choose(ruler, 2, "Loop B")
    assert current(bench.player.loop) == (section.start_s, section.end_s)
    assert bench.player.state == "playing"
    choose(ruler, 2, "Loop no longer")
    assert current(bench.player.loop) is None
    choose(ruler, 1, "Play from here")
    assert bench.player.position == ruler.sections[1].start_s


def test_a_loop_is_all_of_it_again_after_a_section(bench: GenerateBench) -> None:
    loop_of_four_sections(bench)
    choose(bench.page.ruler, 2, "Loop B")
    choose(bench.page.ruler, 2, "Loop no longer")
    assert bench.player.loop == (0.0, bench.player.duration_s)


def test_another_section_keeps_the_others(bench: GenerateBench) -> None:
    loop_of_four_sections(bench)
    first = bench.presenter.shown
    assert first is not None
    choose(bench.page.ruler, 2, "Another B, keep A")
    asked = bench.asked[-1]
    assert (asked.seed, asked.genre) == (7, "Electronic")
    assert asked.beat is not None
    assert (asked.beat.bpm, asked.beat.bars, asked.beat.form) == (124.0, 16, "AABA")
    assert asked.beat.loop
    assert set(asked.beat.renewed) == {"B"}
    bench.finish()
    choose(bench.page.ruler, 0, "Another A, keep B")
    again = bench.asked[-1].beat
    assert again is not None
    assert again.renewed["B"] == asked.beat.renewed["B"]
    assert set(again.renewed) == {"A", "B"}
    assert bench.presenter.pair.takes is not None
    assert len(bench.presenter.takes) == 3


def test_another_section_of_a_take_of_so_many_seconds_keeps_its_length(
    bench: GenerateBench,
) -> None:
    bench.form.seconds.setValue(31)
    bench.make("Rock", seed=3)
    bench.presenter.sections.renew("A")
    asked = bench.asked[-1]
    assert asked.beat is not None
    assert (asked.seconds, asked.beat.bars) == (31.0, None)
    assert asked.beat.bpm is not None


def test_a_click_and_keys_open_the_menu(
    bench: GenerateBench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop_of_four_sections(bench)
    opened: list[str] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, *_: opened.append(menu.actions()[0].text()))
    ruler = bench.page.ruler
    at = QPoint(round(ruler.width() * 0.6), ruler.height() // 2)
    qtbot.mouseClick(ruler, Qt.MouseButton.LeftButton, pos=at)
    assert opened == ["B, bars 9 to 12"]
    position = bench.player.position
    ruler.setFocus()
    qtbot.keyClick(ruler, Qt.Key.Key_Right)
    qtbot.keyClick(ruler, Qt.Key.Key_Return)
    assert opened[1:] == ["A, bars 13 to 16"]
    # The arrows have not moved the sound.
    assert bench.player.position == position


def test_the_ruler_follows_the_zoom(bench: GenerateBench) -> None:
    loop_of_four_sections(bench)
    bench.page.spectrogram.show_range(10.0, 12.0)
    ruler = bench.page.ruler
    assert ruler._range == pytest.approx((10.0, 12.0))
    assert ruler._at(1.0) == 1
    assert ruler.grab().size().height() == ruler.height()


# Files ----------------------------------------------------------------------------------------


def test_a_loop_that_is_dragged_out_says_its_tempo(bench: GenerateBench, qtbot: QtBot) -> None:
    loop_of_four_sections(bench)
    take = bench.presenter.shown
    assert take is not None
    qtbot.waitUntil(lambda: take.file is not None)
    path = bench.form.takes.file_of(take.key)
    assert path is not None
    assert path.name == "Electronic, 124 bpm, AABA, loop, seed 7.wav"
    content = path.read_bytes()
    at = content.index(b"acid")
    assert struct.unpack_from("<f", content, at + 8 + 20) == (124.0,)
    assert struct.unpack_from("<I", content, at + 8 + 12) == (64,)
    assert b"smpl" in content


def test_a_section_can_be_dragged_out(
    bench: GenerateBench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop_of_four_sections(bench)
    dragged: list[str] = []

    def drag(self: object, _actions: Qt.DropAction) -> Qt.DropAction:
        dragged.append(self.mimeData().urls()[0].toLocalFile())  # type: ignore[attr-defined]
        return Qt.DropAction.CopyAction

    monkeypatch.setattr("PySide6.QtGui.QDrag.exec", drag)
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, *_: opened.append(menu))
    ruler = bench.page.ruler
    start = QPoint(round(ruler.width() * 0.6), ruler.height() // 2)
    qtbot.mousePress(ruler, Qt.MouseButton.LeftButton, pos=start)
    for step in (2, QApplication.startDragDistance() + 2):
        move_held(ruler, start + QPoint(step, 0))
    qtbot.mouseRelease(ruler, Qt.MouseButton.LeftButton)

    (path,) = map(Path, dragged)
    assert path.name == "B, bar 9, Electronic, 124 bpm, AABA, loop, seed 7.wav"
    assert not opened
    samples, _ = soundfile.read(path)
    take = bench.presenter.shown
    assert take is not None
    assert take.clip is not None
    whole = take.clip.samples.size
    assert abs(samples.size - whole / 4) <= 1
    middle = slice(whole // 2 + 1000, whole // 2 + 9000)
    np.testing.assert_allclose(samples[1000:9000], take.clip.samples[middle], atol=1e-3)
    content = path.read_bytes()
    assert struct.unpack_from("<I", content, content.index(b"acid") + 8 + 12) == (16,)
    assert b"smpl" not in content


def test_all_can_be_reached_in_a_small_window(bench: GenerateBench) -> None:
    bench.form.beat.fold_button.setChecked(True)
    loop_of_four_sections(bench)
    check_sizes(bench.window)
    check_breadth(bench.window)
