"""Takes that leave the Generate tab: saved, dragged, copied, or lost on purpose."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from fstmuse_core.generate.generator import read_recipe
from tests.gui_generate.conftest import GRID_MODEL, GenerateBench, MakeGenerateBench
from tests.narrowing import current


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
    assert current(take.would_be_lost)
    with qtbot.waitSignal(bench.presenter.saving.message):
        bench.presenter.saving.save(take)
    assert os.path.basename(suggested[0]) == "Rock, seed 7.wav"
    assert read_recipe(tmp_path / "take.flac").seed == 7
    assert not current(take.would_be_lost)
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
    monkeypatch.setattr(bench.view, "ask_unsaved", lambda _names: "discard")
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
    asked: list[list[str]] = []
    monkeypatch.setattr(bench.view, "ask_unsaved", asked.append)
    assert bench.tab.may_close()
    bench.make("Rock", seed=1)
    bench.make("Rock", seed=2)
    assert not bench.tab.may_close()
    assert asked == [["Rock, seed 1", "Rock, seed 2"]]


def test_takes_are_saved_before_the_window_closes(
    bench: GenerateBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.make("Rock", seed=1)
    bench.make("Rock", seed=2)
    (tmp_path / "Rock, seed 1.wav").touch()  # stays as it is
    monkeypatch.setattr(bench.view, "ask_unsaved", lambda _names: "save")
    monkeypatch.setattr(bench.view, "ask_save_folder", lambda *_args: "")
    assert not bench.tab.may_close(), "no place was chosen"
    monkeypatch.setattr(bench.view, "ask_save_folder", lambda *_args: str(tmp_path))
    assert bench.tab.may_close()
    assert bench.tab.unsaved() is None
    names = {path.name: path.stat().st_size for path in tmp_path.glob("*.wav")}
    assert names.keys() == {"Rock, seed 1.wav", "Rock, seed 1 2.wav", "Rock, seed 2.wav"}
    assert names.pop("Rock, seed 1.wav") == 0
    assert read_recipe(tmp_path / "Rock, seed 2.wav").seed == 2


def test_a_take_in_stereo_is_asked_for_played_and_written(
    make_bench: MakeGenerateBench, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench([GRID_MODEL])
    bench.form.stereo.click()
    bench.make("Rock", seed=7)
    assert bench.asked[-1].stereo
    assert bench.player.loaded is not None
    assert bench.player.loaded.shape == (30 * 22_050, 2)
    assert any("stereo" in label.text() for label in bench.page.findChildren(QLabel))
    assert bench.form.takes.rows[-1].title.endswith(", stereo")

    take = bench.presenter.shown
    assert take is not None
    monkeypatch.setattr(bench.view, "ask_save_path", lambda s: str(tmp_path / os.path.basename(s)))
    with qtbot.waitSignal(bench.presenter.saving.message):
        bench.presenter.saving.save(take)
    (saved,) = tmp_path.glob("*.wav")
    assert saved.name.endswith(", stereo, seed 7.wav")
    assert soundfile.info(saved).channels == 2
    assert read_recipe(saved).stereo
    section = bench.page.ruler.sections[0]
    part = bench.page.ruler.file_of(section)
    assert soundfile.info(part).channels == 2
    assert soundfile.info(part).frames == pytest.approx(22_050 * section.end_s, abs=2)

    bench.form.stereo.click()
    bench.presenter.sections.renew(section.letter)
    assert bench.asked[-1].stereo
    bench.make("Rock", seed=8)
    assert not bench.asked[-1].stereo


# Keys, names, and what is remembered ----------------------------------------------------------
