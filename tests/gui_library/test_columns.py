"""Columns of the table: chosen, ordered, remembered; dense rows."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, Qt

from fstmuse_core.audio.measures import Measures
from fstmuse_core.library.catalogue import Column, Order
from fstmuse_core.library.database import Library
from fstmuse_core.library.sounds import keep_measures
from fstmuse_gui.library.tab import LIBRARY_COLUMNS, LIBRARY_DENSE
from fstmuse_gui.library.table_view import LibraryTable, columns_called
from fstmuse_gui.library.words import HEADINGS, cell_text, tool_tip
from fstmuse_gui.settings import Settings
from tests.gui_library.conftest import LibraryBench
from tests.gui_library.test_catalogue import row


def choose(bench: LibraryBench, *titles: str) -> None:
    """Choose entries of the headings' menu."""
    menu = bench.view.columns_menu
    menu.aboutToShow.emit()
    for entry in menu.actions():
        if entry.text() in titles:
            entry.trigger()
    QCoreApplication.processEvents()


def shown(bench: LibraryBench) -> list[Column]:
    return bench.view.table.shown_columns


def test_every_column_has_a_heading_and_but_two_an_entry(bench: LibraryBench) -> None:
    assert set(HEADINGS) == set(Column)
    offered = {entry.text() for entry in bench.view.columns_menu.actions()}
    assert {HEADINGS[c][0] for c in Column} - offered == {"Title", "Near"}


def test_columns_are_shown_and_hidden_by_the_menu(bench: LibraryBench) -> None:
    before = shown(bench)
    choose(bench, "BPM", "Album")
    assert shown(bench) == [*before, Column.ALBUM, Column.BPM]
    choose(bench, "Genre")
    assert Column.GENRE not in shown(bench)
    menu = bench.view.columns_menu
    menu.aboutToShow.emit()
    ticked = {entry.text() for entry in menu.actions() if entry.isChecked()}
    assert {"BPM", "Album"} <= ticked
    assert "Genre" not in ticked
    choose(bench, "Columns as at &first")
    assert shown(bench) == before


def test_columns_that_were_dragged_stay_where_they_are(
    bench: LibraryBench, settings: Settings
) -> None:
    choose(bench, "Key", "Year")
    header = bench.view.table.horizontalHeader()
    header.moveSection(header.visualIndex(Column.KEY), 1)
    assert shown(bench)[:2] == [Column.TITLE, Column.KEY]
    choose(bench, "Mood", "&Dense rows")
    assert shown(bench)[:2] == [Column.TITLE, Column.KEY]
    expected = shown(bench)

    bench.tab.close()

    assert columns_called(settings.get(LIBRARY_COLUMNS)) == expected
    assert settings.get(LIBRARY_DENSE) is True


def test_remembered_columns_come_back_and_unknown_ones_are_left_out(bench: LibraryBench) -> None:
    table = bench.view.table
    table.set_columns(columns_called(["bpm", "title", "no such", "key", "bpm"]))
    assert shown(bench) == [Column.BPM, Column.TITLE, Column.KEY]
    table.set_columns(columns_called(["year"]))
    assert shown(bench) == [Column.TITLE, Column.YEAR]


def test_more_columns_than_there_is_room_for_can_be_scrolled_to(bench: LibraryBench) -> None:
    table = bench.view.table
    table.set_columns(list(Column))
    QCoreApplication.processEvents()
    assert table.horizontalScrollBar().maximum() > 0
    assert table.columnWidth(Column.TITLE) >= 200
    table.set_columns([])
    QCoreApplication.processEvents()
    assert table.horizontalScrollBar().maximum() == 0


def test_dense_rows_are_lower_and_more(bench: LibraryBench) -> None:
    table = bench.view.table
    height = table.rowHeight(0)
    choose(bench, "&Dense rows")
    assert table.is_dense
    assert table.rowHeight(0) < height
    choose(bench, "&Dense rows")
    assert table.rowHeight(0) == height


def test_a_heading_of_a_new_column_sorts(bench: LibraryBench, library: Library) -> None:
    with library.writing() as connection:
        for number, bpm in enumerate((120.0, 90.0, 150.0)):
            keep_measures(connection, f"music {number}", Measures(bpm=bpm, steadiness=0.9))
    bench.load(bench.presenter.reload)
    bench.presenter.sort(Order(Column.BPM))
    assert bench.titles[:3] == ["alpha", "Bravo", "Delta"]
    assert bench.view.table.rows.text(0, Column.BPM) == "90"


@pytest.mark.parametrize(
    ("column", "values", "text", "tip"),
    [
        (
            Column.BPM,
            {"bpm": 97.4, "steadiness": 0.3},
            "97?",
            "97.4 beats a minute in 30\N{NO-BREAK SPACE}% of",
        ),
        (Column.KEY, {"key": "Am", "margin": 0.2}, "Am", "Am; fits better than the next by 0.20"),
        (Column.LOUDNESS, {"loudness": -8.26}, "-8.3", "ReplayGain would change it by -9.7 dB"),
        (Column.LENGTH, {"seconds": 3725.0}, "1:02:05", "1:02:05"),
        (Column.LENGTH, {"seconds": 59.6}, "1:00", "1:00"),
        (Column.LENGTH, {"seconds": 0.0}, "", ""),
        (Column.RATE, {"bit_rate": 191_999}, "192", "192"),
        (Column.ADDED, {"added_at": "2026-02-01T00:00:00+00:00"}, "2026-02-01", "2026-02-01"),
        (Column.ENERGY, {"energy": 0.456}, "46", "46"),
        # Of a title that is cut short too, and the path alone need not hold it.
        (Column.TITLE, {"title": "A Long Way"}, "A Long Way", "A Long Way\n"),
        (Column.YEAR, {}, "", ""),
        (Column.BPM, {}, "", ""),
        (Column.KEY, {}, "", ""),
    ],
)
def test_cells_say_what_is_known(
    column: Column, values: dict[str, Any], text: str, tip: str
) -> None:
    of = row(1, **values)
    assert cell_text(of, column) == text
    assert tip in tool_tip(of, column)


def test_numbers_stand_on_the_right(bench: LibraryBench) -> None:
    table: LibraryTable = bench.view.table
    right = table.rows.headerData(
        Column.BPM, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole
    )
    assert right == Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
