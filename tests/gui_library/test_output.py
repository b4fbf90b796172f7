"""Tags, exports and comparisons from the tab, by the process that really does them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import mutagen
import psutil
import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.library.database import Library
from fstmuse_core.library.queue import keep_answer, register
from fstmuse_core.library.rows import ReviewKind, stored
from fstmuse_core.library.scan import scan_library
from fstmuse_core.tags.plan import Mode
from fstmuse_core.workers.protocol import ListBatches
from fstmuse_core.workers.tasks.tags import PlanLine
from fstmuse_gui.library.tag_dialogs import TagDialog
from fstmuse_gui.library.tag_preview import TagForm, TagPlanModel
from fstmuse_gui.widgets.dialogs import Question
from fstmuse_gui.workers.library import LibraryJobs
from tests.gui_library.conftest import (
    LibraryBench,
    MakeLibraryBench,
    answer_of,
    as_json,
    keep,
)


@pytest.fixture
def bench(
    library: Library, make_bench: MakeLibraryBench, tmp_path: Path, make_file: Callable[..., Path]
) -> LibraryBench:
    """A library of three real files, two of which were classified as Rock and Jazz."""
    folder = tmp_path / "songs"
    folder.mkdir()
    for name in ("one.flac", "two.flac", "three.flac"):
        shutil.move(make_file(name), folder / name)
    library.add_folder(folder)
    scan_library(library)
    sha = find_bundle("fst-muse").sha256
    found = {Path(row.path).stem: row.file_id for row in library.rows(sha)}
    keep(library, found["one"], "first", "Rock", 0.9)
    keep(library, found["two"], "second", "Jazz", 0.4)
    library.review([found["two"]], "Punk", ReviewKind.CORRECTED)
    return make_bench()


def finish(bench: LibraryBench, process: LibraryJobs, act: Callable[[], object]) -> None:
    """Do something and wait for the process to have done it."""
    with bench.qtbot.waitSignal(process.done):
        act()
    QCoreApplication.processEvents()


def genre_in(tmp_path: Path, name: str) -> list[str]:
    tags = mutagen.File(tmp_path / "songs" / name).tags
    return list(tags.get("genre", [])) if tags else []


def test_tags_are_previewed_written_and_taken_back(
    bench: LibraryBench, library: Library, tmp_path: Path
) -> None:
    tagging = bench.wiring.tagging
    finish(bench, tagging.process, bench.view.tags_button.click)
    dialog = tagging.dialog
    assert dialog is not None
    plan = dialog.table.plan
    assert {(Path(p.path).name, p.old, p.new) for p in plan.changing} == {
        ("one.flac", (), ("Rock",)),
        ("two.flac", (), ("Punk",)),
    }
    assert dialog.write_button.text() == "Write 2 files"
    assert dialog.text == "Nothing is written yet. 1 file not heard yet."
    assert genre_in(tmp_path, "one.flac") == [], "nothing is written yet"
    with bench.qtbot.waitSignal(bench.wiring.library_store.loaded):
        finish(bench, tagging.process, dialog.write_button.click)
    assert dialog.text == "Written: 2 files."
    assert genre_in(tmp_path, "one.flac") == ["Rock"]
    rows = {Path(row.path).name: row for row in library.rows(bench.wiring.library_store.model_sha)}
    assert rows["two.flac"].tag_genre == "Punk"
    assert rows["one.flac"].verdict, "it is not classified again"
    with bench.qtbot.waitSignal(bench.wiring.library_store.loaded):
        finish(bench, tagging.process, dialog.undo_button.click)
    assert dialog.text == "Taken back: 2 files."
    assert genre_in(tmp_path, "one.flac") == []
    dialog.reject()
    finish(bench, tagging.process, bench.wiring.show_written)
    assert tagging.list is not None
    assert not tagging.list.buttons, "it has been taken back already"
    tagging.list.reject()


def test_a_preview_that_is_out_of_date_is_made_anew(bench: LibraryBench) -> None:
    tagging = bench.wiring.tagging
    bench.wiring.write_tags()
    dialog = tagging.dialog
    assert dialog is not None
    dialog.form.unsure.setChecked(True)
    dialog.form.at_least.setValue(95)
    dialog.form.changed.emit()
    bench.qtbot.waitUntil(lambda: dialog.write_button.isVisible())
    assert [Path(line.path).name for line in dialog.table.plan.changing] == ["two.flac"]
    assert "90 % sure, less than 95 %" in dialog.table.plan.staying[0].why
    assert dialog.form.policy.mode is Mode.ONLY_IF_EMPTY
    dialog.reject()


def test_what_was_chosen_for_tags_is_remembered(bench: LibraryBench, library: Library) -> None:
    tagging = bench.wiring.tagging
    bench.wiring.write_tags()
    dialog = tagging.dialog
    assert dialog is not None
    form = dialog.form
    bench.qtbot.waitUntil(lambda: dialog.write_button.isVisible())
    form.separator.setCurrentIndex(form.separator.findData(";"))
    form.encoding.setCurrentIndex(form.encoding.findData("cp1251"))
    form.keep_time.setChecked(True)
    with bench.qtbot.waitSignal(tagging.written):
        form.changed.emit()
    bench.qtbot.waitUntil(lambda: dialog.write_button.isVisible())
    assert library.tag_encoding() == "cp1251"
    assert form.policy.separator == ";"
    dialog.reject()
    bench.wiring.write_tags()
    assert tagging.dialog is not None
    again = tagging.dialog.form
    assert again.policy.separator == ";"
    assert again.keep_time.isChecked()
    assert again.encoding.currentData() == "cp1251"
    bench.qtbot.waitUntil(lambda: not tagging.process.is_busy)
    tagging.dialog.reject()


def test_a_file_whose_shown_genre_stays_is_still_one_that_changes() -> None:
    model = TagPlanModel()
    why = "APEv2 says Polka; that is changed too"
    model.add([PlanLine("/m/a.mp3", ("Rock",), ("Rock",), why, is_written=True)])
    assert (len(model.changing), len(model.staying)) == (1, 0)
    assert model.index(0, 6).data() == why


def test_the_window_asks_before_it_closes_on_tags_that_are_written(bench: LibraryBench) -> None:
    tagging = bench.wiring.tagging
    assert bench.tab.may_close()
    tagging._doing = "write"

    def press(value: str) -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, Question)
        box.buttons[value].click()

    for value, may in (("wait", False), ("stop", True)):
        QTimer.singleShot(0, lambda value=value: press(value))
        assert bench.tab.may_close() is may
    tagging._doing = ""


def test_exports_and_a_comparison(bench: LibraryBench, library: Library, tmp_path: Path) -> None:
    exporting, shown = bench.wiring.exporting, bench.presenter.shown_ids
    exporting.write("table", shown, str(tmp_path / "out.json"))
    assert exporting._process is not None
    bench.qtbot.waitSignal(exporting._process.done).wait()
    assert len(as_json(tmp_path / "out.json")) == 3
    lists = tmp_path / "lists"
    finish(bench, exporting._process, lambda: exporting.write("playlists", shown, str(lists)))
    assert {path.name for path in lists.iterdir()} == {"Punk.m3u8", "Rock.m3u8"}
    report = tmp_path / "report.html"
    finish(bench, exporting._process, lambda: exporting.write("report", shown, str(report)))
    assert "<html" in report.read_text("utf-8")
    other = register(library, find_bundle("toy-model"))
    with library.writing() as db:
        keep_answer(db, "first", other, stored(answer_of("Folk", 0.8)))
    finish(bench, exporting._process, bench.wiring.compare)
    dialog = exporting._dialog
    assert dialog is not None
    assert "1 get another genre" in dialog.text
    model = dialog.table.model()
    assert [model.index(0, c).data().split()[0] for c in range(3)] == ["one.flac", "Rock", "Folk"]
    dialog.table.activated.emit(model.index(0, 0))
    assert bench.view.review.title == "one"


def test_a_comparison_names_the_model_that_has_not_listened(bench: LibraryBench) -> None:
    bench.wiring.compare()
    dialog = bench.wiring.exporting._dialog
    assert dialog is not None
    bench.qtbot.waitUntil(lambda: "heard" in dialog.text)
    name = dialog.other.currentText()
    assert dialog.text.startswith(f"{name}: it has not heard anything here yet; choose it as")
    dialog.reject()


def test_what_cannot_be_written_is_said(bench: LibraryBench, tmp_path: Path) -> None:
    exporting = bench.wiring.exporting
    with bench.qtbot.waitSignal(exporting.trouble):
        exporting.write("table", bench.presenter.shown_ids, str(tmp_path / "no" / "out.csv"))
    assert "out.csv" in bench.view.notice.text


def test_a_process_that_dies_while_it_waits_costs_nothing(
    bench: LibraryBench, tmp_path: Path
) -> None:
    assert bench.wiring.library_store.path is not None
    process = LibraryJobs(bench.wiring.library_store.path)
    with bench.qtbot.waitSignal(process.done):
        process.run(ListBatches())
    assert process.worker is not None
    first = process.worker.pid
    assert first is not None
    psutil.Process(first).kill()
    with bench.qtbot.waitSignal(process.done):
        process.run(ListBatches())
    assert process.worker.pid != first
    process.close(patiently=True)


def test_a_preview_of_very_many_files_grows_by_parts() -> None:
    model = TagPlanModel()
    model.add([PlanLine("/m/a.mp3", (), ("Rock",), ""), PlanLine("/m/b.mp3", (), (), "no")])
    assert (model.rowCount(), len(model.staying)) == (1, 1)
    model.show_staying(True)
    assert model.index(0, 6).data() == "No"
    model.add([PlanLine("/m/c.mp3", ("Jazz",), ("Jazz",), "it says so already")])
    assert model.rowCount() == 2


def test_further_tags_are_asked_for_and_shown(qtbot: QtBot) -> None:
    form = TagForm()
    qtbot.addWidget(form)
    assert (form.policy.genres, form.policy.extras) == (True, ())
    for name in ("genre", "bpm", "gain"):
        form.fields[name].toggle()
    assert (form.policy.genres, form.policy.extras) == (False, ("bpm", "gain"))
    form.stop()
    model = TagPlanModel()
    model.add([PlanLine("/m/a.mp3", ("Rock",), ("Rock",), "", is_written=True, also="BPM 120")])
    assert model.text(0, 4) == "Rock, BPM 120"


def test_the_reasons_of_what_stays_can_be_read(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = TagDialog(window)
    why = "only 41 % sure, less than 50 %"
    dialog.table.plan.add([PlanLine("/a.mp3", (), (), why, score=0.41)])
    dialog.show_plan(0)
    dialog.staying.click()
    dialog.resize(1040, 790)
    dialog.show()
    # All seven columns were there, two of them blank, and each reason was cut short.
    hidden = [column for column in range(7) if dialog.table.isColumnHidden(column)]
    assert hidden == [0, 4]
    room = dialog.table.columnWidth(6)
    assert room > dialog.table.fontMetrics().horizontalAdvance(why) + 16
    # The table scrolls, and the page around it does not.
    (area,) = dialog.findChildren(QScrollArea)
    assert area.verticalScrollBar().maximum() == 0
    dialog.close()


def test_all_that_is_written_beside_a_genre_can_be_read(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = TagDialog(window)
    dialog.resize(1040, 790)
    dialog.show()
    also = "BPM 120, key Em, mood sad"
    why = "its genre stays: it says one already"
    dialog.table.plan.add([PlanLine("/a.mp3", (), ("Hip-Hop",), why, is_written=True, also=also)])
    dialog.show_plan(0)
    room = dialog.table.columnWidth(4) - 16
    assert dialog.table.fontMetrics().horizontalAdvance(f"Hip-Hop, {also}") < room
    dialog.close()


def test_a_number_is_typed_on_while_tags_are_read(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = TagDialog(window)
    dialog.show()
    qtbot.waitExposed(dialog)
    box = dialog.form.at_least
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "8")
    dialog.show_reading(0, 0)
    dialog.show_reading(1, 40)
    assert box.isEnabled()
    assert dialog.focusWidget() is box
    QTest.keyClicks(box, "5")
    dialog.form.fields["key"].click()
    assert (box.value(), dialog.form.policy.extras) == (85, ("key",))
    # What is being written is asked no more.
    dialog.show_writing(1, 40)
    assert not box.isEnabled()
    dialog.form.stop()
    dialog.done(0)


def test_files_can_be_left_out_of_the_preview(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = TagDialog(window)
    dialog.table.plan.add(
        [
            PlanLine("/a.mp3", (), ("Rock",), "", True, artist="Somebody", score=0.64),
            PlanLine("/b.mp3", (), ("Folk",), "", True),
        ]
    )
    dialog.show_plan(0)
    texts = [dialog.table.plan.text(0, column) for column in range(7)]
    hidden = [column for column in range(7) if dialog.table.isColumnHidden(column)]
    assert hidden == [6], "nothing says why where all of it is to be written"
    assert texts[1:] == ["a.mp3", "Somebody", "\N{EN DASH}", "Rock", "64\N{NO-BREAK SPACE}%", ""]
    assert dialog.table.plan.text(1, 5) == "You"

    dialog.table.selectRow(0)
    QTest.keyClick(dialog.table, Qt.Key.Key_Space)

    assert dialog.table.plan.left_out == {"/a.mp3"}
    assert dialog.table.plan.spoken(0, 0) == "left out"
    assert dialog.write_button.text() == "Write 1 file"
    assert dialog.text == "Nothing is written yet. 1 file left out by you."
    dialog.table.clicked.emit(dialog.table.plan.index(0, 0))
    assert dialog.write_button.text() == "Write 2 files"
