"""Music like a song, in the Generate tab: dropped, chosen, sent, shown and let go of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from fstmuse_gui.generate.presenter import GENRE
from fstmuse_gui.generate.takes import file_name
from fstmuse_gui.shared.models import installed_generators
from fstmuse_gui.widgets.file_list import RowState
from tests.generate.grid import write_tiny_grid, write_tiny_told
from tests.gui_generate.conftest import (
    GENERATORS,
    GRID_MODEL,
    TOLD_MODEL,
    GenerateBench,
    MakeGenerateBench,
)

SONG = "/music/Artist - song.mp3"


@pytest.fixture
def bench(make_bench: MakeGenerateBench) -> GenerateBench:
    """A window with a generator that was told of songs."""
    return make_bench([TOLD_MODEL])


def genres(bench: GenerateBench) -> list[str]:
    return [bench.form.genre.itemText(i) for i in range(bench.form.genre.count())]


def like(bench: GenerateBench) -> None:
    """A take like the song, made from the drop to its end."""
    bench.window.open_paths([SONG])
    bench.form.lock.setChecked(True)
    bench.form.seed.setValue(7)
    bench.form.generate_button.click()
    bench.finish()


# Choosing -------------------------------------------------------------------------------------


def test_a_dropped_song_is_shown_and_asked_for(bench: GenerateBench) -> None:
    field = bench.form.like
    assert not field.remove_button.isVisible()
    bench.form.genre.setCurrentText("Jazz")
    bench.window.open_paths([SONG])
    assert field.button.text() == "Like: Artist - song.mp3"
    assert field.button.toolTip() == SONG
    assert field.button.accessibleName() == "Like Artist - song.mp3"
    assert field.remove_button.accessibleName() == "Not like Artist - song.mp3"
    assert genres(bench) == ["As the song", *TOLD_MODEL.genres]
    assert bench.form.genre.currentText() == "As the song"
    assert bench.form.beat.bpm.specialValueText() == "As the song"
    assert not bench.form.beat.why_not
    bench.form.generate_button.click()
    assert (bench.asked[-1].genre, bench.asked[-1].like) == ("", SONG)

    bench.form.genre.setCurrentText("Electronic")
    bench.presenter.generate()
    assert (bench.asked[-1].genre, bench.asked[-1].like) == ("Electronic", SONG)


def test_it_is_let_go_of_by_key(bench: GenerateBench, qtbot: QtBot) -> None:
    bench.form.genre.setCurrentText("Jazz")
    bench.window.open_paths([SONG])
    bench.form.like.button.setFocus()
    qtbot.keyClick(bench.form.like.button, Qt.Key.Key_Tab)
    assert bench.window.focusWidget() is bench.form.like.remove_button
    qtbot.keyClick(bench.form.like.remove_button, Qt.Key.Key_Space)
    assert bench.window.focusWidget() is bench.form.like.button
    assert not bench.form.like.path
    assert genres(bench) == list(TOLD_MODEL.genres)
    assert bench.form.genre.currentText() == "Jazz"
    assert bench.form.beat.bpm.specialValueText() == "As the genre"
    bench.form.generate_button.click()
    assert (bench.asked[-1].genre, bench.asked[-1].like) == ("Jazz", "")


def test_it_is_chosen_by_a_button(bench: GenerateBench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answers = ["/music/one.mp3", "", SONG]

    def ask(_parent: object, _title: str, folder: str, kinds: str) -> tuple[str, str]:
        assert "*.mp3" in kinds
        asked.append(folder)
        return answers[len(asked) - 1], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", ask)
    for path in ("/music/one.mp3", "/music/one.mp3", SONG):
        bench.form.like.button.click()
        assert bench.form.like.path == path
    assert asked == ["", "/music", "/music"]


def test_of_several_the_first_is_taken_and_that_is_said(
    bench: GenerateBench, tmp_path: Path
) -> None:
    bench.window.open_paths([str(tmp_path), SONG, "/music/b.mp3"])
    assert bench.form.like.path == SONG
    assert bench.window.toast.text == "A take is like one song: Artist - song.mp3, one of 3."
    bench.form.like.remove_button.click()
    bench.window.open_paths([str(tmp_path)])
    assert not bench.form.like.path
    assert bench.window.toast.text == "Choose a song, not a folder: a take is like one song."


def test_a_long_name_is_cut_to_the_room_there_is(bench: GenerateBench) -> None:
    before = bench.form.minimumSizeHint().width()
    path = f"/music/{'Very & long ' * 18}.mp3"
    bench.window.open_paths([path])
    shown = bench.form.like.button.text()
    assert "\N{HORIZONTAL ELLIPSIS}" in shown
    assert shown.startswith("Like: Very && ")
    assert bench.form.minimumSizeHint().width() == before
    assert bench.form.like.button.toolTip() == path
    bench.form.generate_button.click()
    bench.finish()
    take = bench.presenter.shown
    assert take is not None
    assert len(file_name(take).encode()) < 200


def test_a_model_without_songs_says_why(make_bench: MakeGenerateBench) -> None:
    bench = make_bench([GRID_MODEL, TOLD_MODEL])
    field = bench.form.like
    why = "GridGan was not told of songs as it learned, so it cannot make music like one. "
    why += "Choose another model."
    assert not field.button.isEnabled()
    assert field.button.toolTip() == why
    bench.window.open_paths([SONG])
    assert bench.view.notice.text == why
    assert genres(bench) == list(GRID_MODEL.genres)
    bench.form.generate_button.click()
    assert bench.asked[-1].like == ""
    # The song waits for a model that can.
    bench.presenter.choose_model("told-gan")
    assert field.button.isEnabled()
    assert bench.form.genre.currentText() == "As the song"
    bench.form.genre.setCurrentText("Jazz")
    bench.view.notice.say("")
    bench.presenter.choose_model("grid-gan")
    assert bench.view.notice.text == why, "takes are no longer like the song that is shown"
    bench.presenter.choose_model("told-gan")
    assert bench.form.genre.currentText() == "Jazz"
    bench.presenter.generate()
    assert bench.asked[-1].like == SONG


def test_it_is_not_remembered_across_starts(
    bench: GenerateBench, make_bench: MakeGenerateBench
) -> None:
    bench.form.genre.setCurrentText("Jazz")
    bench.window.open_paths([SONG])
    bench.window.close()
    assert bench.settings.get(GENRE) == "Jazz"
    again = make_bench([TOLD_MODEL])
    assert not again.form.like.path
    assert again.form.genre.currentText() == "Jazz"


def test_installed_generators_say_whether_they_know_songs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    models = tmp_path / "fstmuse" / "models"
    write_tiny_grid(models / "tiny-grid")
    write_tiny_told(models / "tiny-told")
    known = {model.name: model.knows_songs for model in installed_generators()}
    assert (known["tiny-grid"], known["tiny-told"]) == (False, True)


# Takes ----------------------------------------------------------------------------------------


def test_a_take_says_what_it_is_like(bench: GenerateBench) -> None:
    bench.window.open_paths([SONG])
    bench.form.blend.setCurrentText("Jazz")
    assert "as the song" in bench.form.share.accessibleDescription()
    bench.form.lock.setChecked(True)
    bench.form.seed.setValue(7)
    bench.form.generate_button.click()
    take = bench.presenter.shown
    assert take is not None
    assert take.title == "Music like Artist - song.mp3"
    bench.begin()
    assert bench.view.page is bench.view.busy_page
    bench.finish()
    title = "Rock with 30\N{NO-BREAK SPACE}% Jazz like Artist - song.mp3"
    assert take.title == title
    assert bench.form.takes.rows[0].title.startswith(f"{title} \N{MIDDLE DOT} 124 bpm")
    assert file_name(take).startswith("Rock with 30 Jazz like Artist - song.mp3, 124 bpm")
    assert bench.view.notice.text == ""
    bench.presenter.saving.copy_recipe(take)
    recipe = json.loads(QGuiApplication.clipboard().text())
    assert recipe["like"]["song"] == "Artist - song.mp3"

    # Once more, and other sections of it, are like it too, whatever the form says by now.
    bench.form.like.remove_button.click()
    bench.presenter.retry(take.key)
    assert bench.asked[-1] == bench.asked[0]
    bench.finish()
    bench.presenter.sections.renew("B")
    assert bench.asked[-1].like == SONG


def test_no_steady_beat_is_said_of_its_take(bench: GenerateBench) -> None:
    bench.bpm_heard = None
    like(bench)
    note = "Artist - song.mp3 has no steady beat, so its tempo is not taken over"
    assert bench.view.notice.text == f"{note}."
    first = bench.form.takes.rows[0]
    assert first.state is RowState.DONE
    assert first.spoken().endswith(note)
    bench.form.like.remove_button.click()
    bench.make("Rock")
    assert bench.view.notice.text == ""
    bench.form.takes.select(first.key)
    assert bench.view.notice.text == f"{note}."

    # Who names a tempo does not miss the song's.
    bench.form.beat.bpm.setValue(100)
    like(bench)
    assert bench.view.notice.text == ""


def test_what_cannot_be_listened_to_is_said_in_its_take(bench: GenerateBench) -> None:
    bench.window.open_paths([SONG])
    bench.form.generate_button.click()
    bench.fail(f"{SONG}: there is no such file; check the name")
    take = bench.presenter.shown
    assert take is not None
    assert take.title == "Music like Artist - song.mp3"
    assert bench.view.page is bench.view.trouble_page
    assert take.sentence == f"{SONG}: there is no such file; check the name"


# From elsewhere -------------------------------------------------------------------------------


def test_another_tab_sends_a_song(bench: GenerateBench) -> None:
    bench.context.data.music_like_wanted.emit([SONG])
    assert bench.form.like.path == SONG


def test_a_clip_of_its_own_is_a_song_like_any_other(
    bench: GenerateBench, make_file: Callable[..., Path], tmp_path: Path
) -> None:
    song = tmp_path / "Rock, 124 bpm, seed 7.wav"
    shutil.copy(make_file("clip.wav"), song)
    bench.window.open_paths([str(song)])
    assert bench.form.like.path == str(song)


def test_a_window_without_models_takes_no_song(make_bench: MakeGenerateBench) -> None:
    bench = make_bench([])
    bench.window.open_paths([SONG])
    assert bench.view.notice.text.startswith("There is no model here")
    later = replace(GENERATORS[0], knows_songs=True)
    bench.presenter.offer_models([later], [])
    assert bench.form.genre.currentText() == "As the song"
