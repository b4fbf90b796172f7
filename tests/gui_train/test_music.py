"""The music: data sets added, read, checked and removed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QCoreApplication, Qt
from pytestqt.qtbot import QtBot

from fstmuse_core.datasets import survey
from fstmuse_core.datasets.corrections.store import corrections_folder
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.survey import Ask, CheckReport, SetCount, Survey, Tell
from fstmuse_gui.train.data.reader import DataSetReader
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.fakes import check_at_once, make_survey, read_at_once
from tests.narrowing import current


def test_it_begins_with_an_invitation(bench: TrainBench) -> None:
    assert bench.view.page is bench.view.empty_page
    assert not bench.view.form.train_button.isEnabled()


def test_a_dropped_folder_is_read(bench: TrainBench, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bench.music._work.surveyed):
        bench.window.open_paths([str(tmp_path)])
    assert bench.view.page is bench.view.data_page
    assert bench.music.paths == (str(tmp_path),)
    assert bench.form.data.spoken() == [f"{tmp_path.name}: Genre folders  \u00b7  1,062 clips"]
    assert bench.view.form.train_button.isEnabled()
    assert "Punk, 30, 2 artists" in bench.view.data_page.bars.spoken()


def test_a_dropped_song_is_no_data_set(bench: TrainBench) -> None:
    bench.window.open_paths(["/music/song.mp3"])
    assert "folder" in bench.view.notice.text
    assert bench.view.page is bench.view.empty_page


def test_a_path_can_be_typed(bench: TrainBench, tmp_path: Path, qtbot: QtBot) -> None:
    line = bench.form.data.line
    line.setFocus()
    qtbot.keyClicks(line, str(tmp_path))
    with qtbot.waitSignal(bench.music._work.surveyed):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert bench.view.page is bench.view.data_page
    assert line.text() == ""


def test_a_path_that_is_not_there_says_so_beside_the_field(bench: TrainBench, qtbot: QtBot) -> None:
    line = bench.form.data.line
    qtbot.keyClicks(line, "/music/gone")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert bench.form.data.trouble == "There is no folder /music/gone; check the name."
    assert line.text() == "/music/gone"
    assert bench.music.paths == ()
    bench.survey()
    assert bench.form.data.trouble == ""


def test_what_is_no_data_set_says_so_in_its_row(make_bench: MakeTrainBench, tmp_path: Path) -> None:
    bench = make_bench(data=DataSetReader)
    bench.learn_from(str(tmp_path))
    (row,) = bench.form.data.spoken()
    assert "no music was found in it; name a folder" in row
    assert bench.view.page is bench.view.empty_page
    assert not bench.presenter.can_train


def test_one_bad_data_set_of_two_stands_in_the_way_until_it_is_removed(
    make_bench: MakeTrainBench, tones: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    bench = make_bench(data=DataSetReader)
    bad = tmp_path / "bad"
    bad.mkdir()
    bench.learn_from(str(tones), str(bad))
    assert bench.view.page is bench.view.data_page
    assert "bad cannot be used and has to be removed" in bench.view.data_page.findings[0]
    assert not bench.presenter.can_train
    with qtbot.waitSignal(bench.music._work.surveyed):
        bench.form.data.remove_buttons[str(bad)].click()
    assert bench.music.paths == (str(tones),)
    assert bench.presenter.can_train


def test_several_folders_can_be_dropped_and_removed(
    bench: TrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    folders = [str(tmp_path / name) for name in ("one", "two", "three")]
    for folder in folders:
        Path(folder).mkdir()
    with qtbot.waitSignal(bench.music._work.surveyed):
        bench.window.open_paths([*folders, "/music/song.mp3"])
    assert bench.music.paths == tuple(folders)
    assert len(bench.form.data.spoken()) == 3
    words = bench.presenter.form.options.arguments()
    assert [b for a, b in pairwise(words) if a == "--data"] == folders
    with qtbot.waitSignal(bench.music._work.surveyed):
        bench.form.data.remove_buttons[folders[1]].click()
    assert bench.music.paths == (folders[0], folders[2])


def test_the_last_one_removed_leaves_the_invitation(bench: TrainBench) -> None:
    bench.survey()
    bench.form.data.remove_buttons["/music/my library"].click()
    assert bench.view.page is bench.view.empty_page
    assert not bench.presenter.can_train
    assert not bench.form.chips.isVisible()


def test_reading_that_is_given_up_leaves_what_was_read(
    make_bench: MakeTrainBench, qtbot: QtBot
) -> None:
    def slow(paths: tuple[str, ...], tell: object, cancelled: Callable[[], bool]) -> Survey:
        while "/music/slow" in paths and not cancelled():
            pass
        return make_survey(*paths)

    bench = make_bench(data=lambda parent: DataSetReader(parent, reader=slow))
    bench.survey()
    bench.music.add("/music/slow")
    assert current(bench.view.page) is bench.view.busy_page
    bench.view.busy_page.cancel_button.click()
    assert bench.music.paths == ("/music/my library",)
    assert current(bench.view.page) is bench.view.data_page
    assert bench.presenter.can_train


def test_real_data_sets_are_read_once_and_counted_together(
    make_bench: MakeTrainBench, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counted(path: Path, **how: Any) -> Any:
        read.append(path)
        return load_tracks(path, **how)

    monkeypatch.setattr(survey, "load_tracks", counted)
    other = Path(shutil.copytree(tones / "rock", tmp_path / "other" / "rock")).parent
    bench = make_bench(data=DataSetReader)
    bench.learn_from(str(tones))
    bench.learn_from(str(other))
    assert read == [tones, other]
    found = bench.music.survey
    assert found is not None
    assert [one.clips for one in found.sets] == [4, 2]
    assert {count.genre: count.clips for count in found.genres} == {"Rock": 4, "Folk": 2}
    assert found.name == "2 data sets"
    bench.learn_from(str(other))
    assert read == [tones, other, other]


# -- the user's corrections ------------------------------------------------------------


def test_corrections_are_offered_when_there_are_any(
    make_bench: MakeTrainBench, qtbot: QtBot
) -> None:
    bench = make_bench(corrections=lambda: 12)
    button = bench.form.data.corrections_button
    qtbot.waitUntil(button.isEnabled)
    assert "12 verdicts" in button.toolTip()
    with qtbot.waitSignal(bench.music._work.surveyed):
        button.click()
    assert bench.music.paths == ("corrections",)
    assert bench.form.data.spoken()[0].startswith("Your corrections: ")
    words = bench.presenter.form.options.arguments()
    assert words[words.index("--data") + 1] == "corrections"
    qtbot.waitUntil(lambda: not button.isEnabled())


@pytest.mark.parametrize("is_path", [False, True])
def test_another_tab_can_ask_to_train_on_them(
    make_bench: MakeTrainBench, qtbot: QtBot, is_path: bool
) -> None:
    bench = make_bench(front=0)
    bench.window._context.data.train_on_wanted.emit(
        str(corrections_folder()) if is_path else "corrections"
    )
    assert bench.window.tab is bench.tab
    assert bench.music.paths == ("corrections",)
    qtbot.waitUntil(lambda: bench.view.page is bench.view.data_page)


# -- remembered and checked ------------------------------------------------------------


def test_the_data_sets_are_there_again_at_the_next_start(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    first = make_bench()
    first.learn_from(str(tmp_path), "/music/gone")
    again = make_bench()
    qtbot.waitUntil(lambda: again.view.page is again.view.data_page)
    assert again.music.paths == (str(tmp_path),)


def test_every_file_is_checked_and_the_report_saved(
    bench: TrainBench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.survey()
    page = bench.view.data_page
    assert not page.save_button.isVisible()
    with qtbot.waitSignal(bench.music._work.checked):
        page.check_button.click()
    assert any("more than once" in sentence for sentence in page.findings)
    target = tmp_path / "report.md"
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _s: str(target))
    with qtbot.waitSignal(bench.tab.message):
        page.save_button.click()
    assert target.read_text() == "# my library\n"


def test_a_report_can_still_be_saved_when_the_reading_of_more_was_given_up(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(paths: tuple[str, ...], tell: object, cancelled: Callable[[], bool]) -> Survey:
        while "/music/slow" in paths and not cancelled():
            pass
        return make_survey(*paths)

    def endless(
        sets: tuple[SetCount, ...], tell: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> CheckReport:
        while not (may_end or cancelled()):
            pass
        return check_at_once(sets, tell, cancelled)

    may_end = [True]
    bench = make_bench(data=lambda parent: DataSetReader(parent, reader=slow, checker=endless))
    bench.survey()
    page = bench.view.data_page
    with qtbot.waitSignal(bench.music._work.checked):
        page.check_button.click()
    may_end.clear()
    page.check_button.click()
    bench.music.add("/music/slow")
    bench.view.busy_page.cancel_button.click()
    assert bench.view.page is page
    assert page.check_button.isEnabled()
    target = tmp_path / "report.md"
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _s: str(target))
    with qtbot.waitSignal(bench.tab.message):
        page.save_button.click()
    assert target.read_text() == "# my library\n"
    may_end.append(True)
    bench.learn_from("/music/other")
    assert not page.save_button.isVisible()


def test_a_check_can_be_given_up(make_bench: MakeTrainBench, qtbot: QtBot) -> None:
    asked: list[bool] = []

    def slow(sets: tuple[SetCount, ...], tell: Tell, cancelled: Ask) -> CheckReport:
        while not cancelled():
            pass
        asked.append(True)
        return check_at_once(sets, lambda *_: None, lambda: True)

    bench = make_bench(data=lambda parent: DataSetReader(parent, reader=read_at_once, checker=slow))
    bench.survey()
    page = bench.view.data_page
    page.check_button.click()
    assert page.stop_button.isVisible()
    page.stop_button.click()
    assert page.check_button.isEnabled()
    qtbot.waitUntil(lambda: bool(asked))
    QCoreApplication.processEvents()
    assert not page.save_button.isVisible()


def test_folders_or_tags_can_be_chosen_for_each_data_set(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in ("Zouk", "Kizomba"):
        file = tmp_path / name / "song.flac"
        file.parent.mkdir()
        soundfile.write(file, np.zeros(66_150), 22_050)
        tags = mutagen.File(file, easy=True)
        tags["genre"] = "Rock" if name == "Zouk" else "Jazz"
        tags.save()
    bench = make_bench(data=DataSetReader)
    bench.learn_from(str(tmp_path))
    buttons = bench.form.data.sources[str(tmp_path)]
    assert buttons["folders"].isChecked()
    assert set(bench.form.chips.taken) == {"Zouk", "Kizomba"}
    assert "--kind" not in bench.presenter.form.options.arguments()
    with qtbot.waitSignal(bench.music._work.surveyed):
        buttons["tags"].click()
    assert bench.form.data.sources[str(tmp_path)]["tags"].isChecked()
    assert set(bench.form.chips.taken) == {"Rock", "Jazz"}
    words = bench.presenter.form.options.arguments()
    assert words[words.index("--kind") + 1] == "tags"
    bench.window.close()
    again = make_bench(data=DataSetReader)
    qtbot.waitUntil(lambda: again.music.survey is not None)
    assert set(again.form.chips.taken) == {"Rock", "Jazz"}
    again.music.remove(str(tmp_path))
    again.learn_from(str(tmp_path))
    assert set(again.form.chips.taken) == {"Zouk", "Kizomba"}


def test_tags_that_are_of_no_use_leave_the_way_back(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in ("Zouk", "Kizomba"):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "song.wav", np.zeros(66_150), 22_050)
    bench = make_bench(data=DataSetReader)
    bench.learn_from(str(tmp_path))
    with qtbot.waitSignal(bench.music._work.surveyed):
        bench.form.data.sources[str(tmp_path)]["tags"].click()
    assert "its tags name no genre" in bench.form.data.spoken()[0]
    with qtbot.waitSignal(bench.music._work.surveyed):
        bench.form.data.sources[str(tmp_path)]["folders"].click()
    assert set(bench.form.chips.taken) == {"Zouk", "Kizomba"}
