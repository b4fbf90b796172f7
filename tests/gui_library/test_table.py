"""The table: its order, what narrows it down, and whose answers stand in it."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from fstmuse_core.bundle.bundle import find_bundle, shipped_models_folder
from fstmuse_core.bundle.changes import rename_model
from fstmuse_core.library.catalogue import Column
from fstmuse_core.library.database import Library
from fstmuse_core.library.queue import keep_answer, register
from fstmuse_core.library.rows import stored
from fstmuse_gui.library.tab import LIBRARY_GOES_ON, LIBRARY_MODEL, LibraryTab
from fstmuse_gui.library.wiring import LibraryFactories
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.models import installed_models
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.gui.fakes import FakePlayer, FakeWorker
from tests.gui_library.conftest import (
    LibraryBench,
    MakeLibraryBench,
    answer_of,
)


def test_the_model_keeps_qts_rules(bench: LibraryBench) -> None:
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    tester = QAbstractItemModelTester(bench.view.table.rows, fatal)
    bench.view.sidebar.genre_chosen.emit("Rock")
    bench.view.table._on_heading(Column.SURE)
    bench.presenter.clear_filter()
    tester.deleteLater()


def test_headings_sort_and_sort_back(bench: LibraryBench) -> None:
    assert bench.titles == ["alpha", "Bravo", "Charlie", "Delta", "echo"]
    bench.view.table._on_heading(Column.SURE)
    assert bench.titles == ["echo", "alpha", "Delta", "Bravo", "Charlie"]
    bench.view.table._on_heading(Column.SURE)
    assert bench.titles == ["Bravo", "Delta", "alpha", "echo", "Charlie"]


def test_choosers_search_and_sidebar_narrow_down_together(bench: LibraryBench) -> None:
    bar = bench.view.filter_bar

    def choose(chooser: object, text: str) -> None:
        index = chooser.findText(text)  # type: ignore[attr-defined]
        chooser.setCurrentIndex(index)  # type: ignore[attr-defined]
        chooser.activated.emit(index)  # type: ignore[attr-defined]

    choose(bar.standing, "Not sure")
    assert bench.titles == ["alpha", "echo"]
    choose(bar.confidence, "Below 40 %")
    assert bench.titles == ["echo"]
    assert bar.count.text() == "1 of 5"
    bar.clear_button.click()
    assert len(bench.titles) == 5
    choose(bar.state, "Waiting")
    assert bench.titles == ["Charlie"]
    bench.presenter.clear_filter()
    bench.view.sidebar.genre_chosen.emit("Rock")
    assert bench.titles == ["Bravo", "Delta"]
    with bench.qtbot.waitSignal(bar.changed):
        bench.qtbot.keyClicks(bar.search, "DELT")
    assert bench.titles == ["Delta"]
    bar.search.setText("no such thing")
    bar._at_once()
    assert bench.titles == []


def test_what_is_current_stays_so_when_rows_move(bench: LibraryBench) -> None:
    bench.go_to("Delta")
    bench.view.table._on_heading(Column.SURE)
    assert bench.presenter.chosen_ids == [bench.view.table.current_id]
    row = bench.presenter.reviewing.row
    assert row is not None
    assert row.title == "Delta"
    assert bench.view.review.title == "Delta"


def test_another_model_has_answers_of_its_own(bench: LibraryBench) -> None:
    bench.go_to("Bravo")
    bench.load(lambda: bench.presenter.choose_model("toy-model"))
    assert bench.view.table.rows.row_at(0).verdict == ""
    assert "5 files wait" in bench.view.strip.text
    assert bench.view.review.verdict.headline == "Waiting"
    bench.load(lambda: bench.presenter.choose_model("fst-muse"))
    assert bench.presenter.catalogue.n_answered == 4


def test_a_model_that_is_renamed_keeps_its_answers(
    library: Library,
    ids: list[int],
    make_bench: MakeLibraryBench,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    models = tmp_path / "models"
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: models)
    shutil.copytree(shipped_models_folder() / "toy-model", models / "mine")
    with library.writing() as db:
        (content,) = db.execute("SELECT content FROM files WHERE id = ?", ids[:1]).fetchone()
    number = register(library, find_bundle("mine"))
    with library.writing() as db:
        keep_answer(db, content, number, stored(answer_of("Rock", 0.9)))
    settings.set(LIBRARY_MODEL, "mine")
    bench = make_bench(models=installed_models)
    assert bench.presenter.model == "mine"
    assert bench.presenter.work.n_waiting == 4

    new = rename_model("mine", "Jazz").name
    bench.context.models.renamed.emit("mine", new)
    bench.context.models.changed.emit()

    bench.presenter.work.start()
    assert bench.jobs.works[-1].model == "Jazz"
    bench.load(bench.presenter.reload)
    assert bench.view.sidebar.model_chooser.currentData() == "Jazz"
    assert bench.presenter.work.n_waiting == 4


def test_a_rename_is_not_missed_before_the_tab_is_looked_at(
    settings: Settings, qtbot: QtBot
) -> None:
    settings.set(LIBRARY_MODEL, "mine")
    context = TabContext(settings, WorkerBridge(FakeWorker))
    tab = LibraryTab(context, LibraryFactories(player=FakePlayer))
    context.models.renamed.emit("mine", "Jazz")
    assert settings.get(LIBRARY_MODEL) == "Jazz"
    assert tab._built is None
    for item in (tab.widget, tab, context.bridge):
        item.deleteLater()


def test_another_model_classifies_nothing_by_itself_where_the_last_one_is_gone(
    ids: list[int], make_bench: MakeLibraryBench, settings: Settings
) -> None:
    settings.set(LIBRARY_MODEL, "deleted meanwhile")
    settings.set(LIBRARY_GOES_ON, True)
    bench = make_bench()
    assert bench.presenter.model == "fst-muse"
    assert bench.presenter.work.n_waiting == 1
    assert not bench.jobs.works


def test_rows_that_are_read_anew_are_freed_beside_the_window(bench: LibraryBench) -> None:
    # To free 50,000 at once takes as long as two frames of a film.
    freed_by: list[str] = []

    class Title(str):
        def __del__(self) -> None:
            freed_by.append(threading.current_thread().name)

    rows = bench.presenter.catalogue.rows
    rows[:] = [row._replace(title=Title(row.title)) for row in rows]
    count = len(rows)
    del rows
    bench.load(bench.presenter.reload)

    bench.qtbot.waitUntil(lambda: len(freed_by) == count)
    assert set(freed_by) == {"library reader"}
    assert len(bench.titles) == count
