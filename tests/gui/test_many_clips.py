"""Several clips at once: chosen, removed and given back, sorted, copied, exported."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Doubt
from fstmuse_gui.widgets.file_list import FileList, Order, RowState
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_classification, make_result
from tests.narrowing import current

_FOLK = {"Folk": 0.91, "Rock": 0.05, "Pop": 0.04, "Punk": 0.0, "Jazz": 0.0} | {
    "Electronic": 0.0,
    "Hip-Hop": 0.0,
}
_CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def four(bench: Bench, music: FloatArray) -> Bench:
    """Rock 84 %, Folk 91 %, not sure, and one that failed."""
    bench.presenter.open_paths([f"/m/{name}.mp3" for name in ("delta", "Charlie", "bravo", "alfa")])
    bench.answer(make_result(music))
    bench.answer(make_result(music, make_classification(_FOLK)))
    unsure = make_classification(doubt=Doubt.UNDECIDED, sentence="Not sure: too close to call.")
    bench.answer(make_result(music, unsure))
    bench.fail("alfa.mp3: it is empty; choose another file")
    return bench


def list_of(bench: Bench) -> FileList:
    return bench.view.sidebar.list


def titles(bench: Bench) -> list[str]:
    return [row.title.removesuffix(".mp3") for row in list_of(bench).rows]


def choose(bench: Bench, *places: int) -> None:
    rows = list_of(bench)
    rows.clearSelection()
    model = rows.selectionModel()
    for place in places:
        model.select(rows.model().index(place, 0), model.SelectionFlag.Select)


def test_several_are_removed_and_come_back_where_they_were(four: Bench, qtbot: QtBot) -> None:
    choose(four, 0, 2)
    qtbot.keyClick(list_of(four), Qt.Key.Key_Delete)
    assert titles(four) == ["Charlie", "alfa"]
    assert four.tab._undo.text() == "&Undo the removal of 2 clips"
    qtbot.keyClick(four.window, Qt.Key.Key_Z, _CTRL)
    assert titles(four) == ["delta", "Charlie", "bravo", "alfa"]
    assert list_of(four).rows[0].genre == "Rock", "with its answer"
    assert len(four.asked_for()) == 4, "nothing is heard again"
    assert not four.tab._undo.isEnabled()


def test_removals_are_undone_one_after_the_other(four: Bench, qtbot: QtBot) -> None:
    for _ in range(2):
        four.presenter.remove(list_of(four).rows[0].key)
    four.tab._undo.trigger()
    assert titles(four) == ["Charlie", "bravo", "alfa"]
    four.tab._undo.trigger()
    assert titles(four) == ["delta", "Charlie", "bravo", "alfa"]


def test_a_clip_removed_before_its_turn_is_classified_when_it_is_back(
    bench: Bench, music: FloatArray
) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.presenter.remove(list_of(bench).rows[1].key)
    bench.answer(make_result(music))
    bench.tab._undo.trigger()
    assert bench.asked_for() == ["/m/a.mp3", "/m/b.mp3"]


def test_a_clip_that_was_opened_anew_is_not_there_twice(four: Bench) -> None:
    four.presenter.remove(list_of(four).rows[0].key)
    four.presenter.open_paths(["/m/delta.mp3"])
    four.tab._undo.trigger()
    assert titles(four) == ["Charlie", "bravo", "alfa", "delta"]


def test_an_answer_of_another_model_is_made_anew_when_a_clip_comes_back(four: Bench) -> None:
    four.presenter.remove(list_of(four).rows[0].key)
    four.presenter.choose_model("toy-model")
    four.tab._undo.trigger()
    assert list_of(four).rows[0].state is RowState.WAITING


def test_a_correction_made_after_a_removal_is_undone_first(four: Bench, qtbot: QtBot) -> None:
    four.presenter.remove(list_of(four).rows[3].key)
    four.presenter.correcting.message.emit("delta.mp3: Kept as Jazz.")
    four.presenter.changed.emit()
    assert four.tab._undo.text() == "&Undo the correction"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.ADDED, ["delta", "Charlie", "bravo", "alfa"]),
        (Order.NAME, ["alfa", "bravo", "Charlie", "delta"]),
        (Order.ANSWER, ["Charlie", "delta", "bravo", "alfa"]),
        (Order.SURENESS, ["Charlie", "delta", "bravo", "alfa"]),
    ],
)
def test_orders(
    order: Order, expected: list[str], four: Bench, make_bench: MakeBench, qtbot: QtBot
) -> None:
    list_of(four).select(list_of(four).rows[0].key)
    four.tab.several.order(order)
    assert titles(four) == expected
    shown = four.presenter.shown
    assert shown is not None
    assert list_of(four).current_key == shown.key, "what was chosen stays so"
    again = make_bench()
    chosen = [
        action.text() for action in again.tab.several.order_menu.actions() if action.isChecked()
    ]
    assert chosen == [order.value]


def test_a_list_in_order_stays_so_while_answers_come(bench: Bench, music: FloatArray) -> None:
    bench.tab.several.order(Order.SURENESS)
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music))
    bench.answer(make_result(music, make_classification(_FOLK)))
    assert titles(bench) == ["b", "a"]


def test_a_clip_is_called_as_its_tags_say(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/059.mp3", "/m/060.mp3"])
    bench.answer(replace(make_result(music), title="Brock \N{EN DASH} Big Brown Spider"))
    bench.answer(make_result(music))
    assert titles(bench) == ["Brock \N{EN DASH} Big Brown Spider", "060"]
    assert bench.view.clip_page._title.text() == "Brock \N{EN DASH} Big Brown Spider"


def test_answers_are_copied_one_a_line(four: Bench, qtbot: QtBot) -> None:
    four.tab.several.select_all.trigger()
    qtbot.keyClick(four.window, Qt.Key.Key_C, _CTRL)
    assert QGuiApplication.clipboard().text().splitlines() == [
        "delta.mp3: Rock, 84 % sure.",
        "Charlie.mp3: Folk, 91 % sure.",
        "bravo.mp3: Not sure: too close to call.",
        "alfa.mp3: alfa.mp3: it is empty; choose another file",
    ]


@pytest.mark.parametrize("name", ["all.csv", "all.jsonl", "all"])
def test_all_results_are_exported_in_the_order_of_the_list(
    name: str, four: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    target = tmp_path / name
    monkeypatch.setattr(four.view, "ask_save_path", lambda *_args: str(target))
    four.tab.several.order(Order.NAME)
    four.tab.several.export_all()
    written = target if target.suffix else target.with_suffix(".csv")
    qtbot.waitUntil(written.exists)
    text = written.read_text("utf-8")
    if name == "all.jsonl":
        rows = [json.loads(line) for line in text.splitlines()]
    else:
        rows = list(csv.DictReader(text.splitlines()))
    assert [row["title"] for row in rows] == ["alfa.mp3", "bravo.mp3", "Charlie.mp3", "delta.mp3"]
    assert rows[0]["error"] == "alfa.mp3: it is empty; choose another file"
    assert rows[2]["genre"] == "Folk"
    said = rows[2].get("Folk") or rows[2]["probabilities"]["Folk"]
    assert float(said) == pytest.approx(0.91, abs=1e-3)


def test_the_folder_of_the_current_clip_is_shown(
    four: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    four.tab.several.folder.trigger()
    assert opened == [str(Path("/m").absolute())]


def test_nothing_can_be_done_with_an_empty_list(bench: Bench, music: FloatArray) -> None:
    several = bench.tab.several
    actions = (several.remove, several.copy, several.export, several.folder)
    assert not any(action.isEnabled() for action in actions)
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    assert all(current(action.isEnabled()) for action in actions)
