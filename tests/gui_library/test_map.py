"""The map in the Library tab: shown, walked over, drawn around, and in step with the table."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from fstmuse_core.library.catalogue import Column, Filter
from fstmuse_core.library.database import Library
from fstmuse_core.library.song_map import SongMap
from fstmuse_core.workers.protocol import LibraryRequest
from fstmuse_core.workers.tasks.library import DrawMap
from fstmuse_gui.library.map_picture import DotPicture
from fstmuse_gui.library.map_presenter import HOLLOW
from fstmuse_gui.library.map_view import SongMapView
from fstmuse_gui.theme import current_colours
from fstmuse_gui.workers.library import LibraryJobs
from tests.gui_library.conftest import LibraryBench, MakeLibraryBench, fill, keep
from tests.gui_library.test_similar import SONGS, give


@pytest.fixture
def unmapped(library: Library, make_bench: MakeLibraryBench, tmp_path: Path) -> LibraryBench:
    """Eight songs that were heard, and one that was not."""
    fill(library, tmp_path / "music", SONGS)
    give(library, "music", [10.0 * n for n in range(8)])
    for n in range(len(SONGS)):
        (tmp_path / "music" / f"{n}.wav").write_bytes(b"x")
    bench = make_bench()
    bench.window.resize(1200, 800)
    return bench


@pytest.fixture
def bench(unmapped: LibraryBench, monkeypatch: pytest.MonkeyPatch) -> LibraryBench:
    """The same with the map shown: the songs lie in a row, from left to right."""
    places = np.array([(n / 4 - 1, 0.0) for n in range(8)], np.float32)

    def run(jobs: LibraryJobs, request: LibraryRequest) -> None:
        assert isinstance(request, DrawMap)
        ids = [row.file_id for row in unmapped.presenter.catalogue.rows if row.verdict]
        jobs.done.emit(SongMap(np.array(ids, np.int64), places, 8, request.anew))

    monkeypatch.setattr(LibraryJobs, "run", run)
    unmapped.view.filter_bar.map_button.click()
    QCoreApplication.processEvents()
    return unmapped


def test_a_file_that_is_gone_is_not_awaited(bench: LibraryBench, library: Library) -> None:
    note = bench.view.map_pane.note
    assert note.text().endswith("1 not on the map yet")
    with library.writing() as db:
        db.execute("UPDATE files SET state = 'gone' WHERE content IS NULL")
    bench.load(bench.presenter.reload)
    bench.qtbot.waitUntil(lambda: "not on the map" not in note.text())
    assert note.text().startswith("8 songs")


def the_map(bench: LibraryBench) -> SongMapView:
    return bench.view.map_pane.map


def at(bench: LibraryBench, number: int) -> QPoint:
    return the_map(bench)._point(number).toPoint()


def shown_title(bench: LibraryBench) -> str:
    row = bench.presenter.reviewing.row
    return row.title if row is not None else ""


@pytest.mark.slow
def test_the_process_draws_it(unmapped: LibraryBench) -> None:
    unmapped.view.filter_bar.map_button.click()
    assert unmapped.view.map_pane.text.startswith("Drawing the map of 8 songs")

    unmapped.qtbot.waitUntil(lambda: the_map(unmapped).count == 8, timeout=120_000)

    assert not unmapped.view.map_pane.text
    assert unmapped.view.map_pane.note.text().endswith("1 not on the map yet")


def test_a_click_chooses_and_plays(bench: LibraryBench) -> None:
    QTest.mouseClick(the_map(bench), Qt.MouseButton.LeftButton, pos=at(bench, 3))

    assert shown_title(bench) == "Song 3"
    assert bench.player.state == "playing"
    assert the_map(bench).current == 3


def test_what_is_under_the_pointer_is_named(bench: LibraryBench) -> None:
    # A page takes the pointer a moment after it has come.
    where = the_map(bench).mapTo(bench.window, at(bench, 5))
    bench.qtbot.waitUntil(lambda: bench.window.childAt(where) is the_map(bench))
    QTest.mouseMove(the_map(bench), at(bench, 5))
    QCoreApplication.processEvents()

    assert the_map(bench)._hovered == 5
    assert the_map(bench).describe(5) == ("Song 5", "Somebody  \N{MIDDLE DOT}  Jazz")


def test_arrow_keys_walk_and_tell_the_screen_reader(bench: LibraryBench) -> None:
    QTest.mouseClick(the_map(bench), Qt.MouseButton.LeftButton, pos=at(bench, 3))
    QTest.keyClick(the_map(bench), Qt.Key.Key_Right)

    assert shown_title(bench) == "Song 4"
    assert the_map(bench).accessibleDescription().startswith("Song 4, Somebody")
    QTest.keyClick(the_map(bench), Qt.Key.Key_Left)
    assert shown_title(bench) == "Song 3"
    QTest.keyClick(the_map(bench), Qt.Key.Key_Up)
    assert shown_title(bench) == "Song 3", "there is none above"


def test_what_the_model_is_not_sure_of_is_hollow_and_said_to_be(
    library: Library, bench: LibraryBench
) -> None:
    note, picture = bench.view.map_pane.note, the_map(bench)
    assert "not sure" not in note.text()
    first = bench.presenter.catalogue.rows[0]
    keep(library, first.file_id, "music 0", "Rock", 0.4)
    bench.load(bench.presenter.reload)

    # First, so that what is cut where there is little room is the rest.
    assert note.text().startswith(f"{HOLLOW} not sure: 1")
    (unsure,) = np.flatnonzero(~picture._is_sure).tolist()
    assert "not sure, rather Rock" in picture.describe(unsure)[1]
    sure = next(
        n for n in range(picture.count) if n != unsure and picture.describe(n)[1].endswith("Rock")
    )
    image = picture.grab().toImage()
    assert image.pixelColor(at(bench, sure)) != image.pixelColor(at(bench, unsure))
    ground = current_colours().surface
    assert image.pixelColor(at(bench, unsure)).name() == QColor(ground).name()


@pytest.mark.parametrize("with_shift", [True, False])
def test_a_line_around_songs_lists_them(bench: LibraryBench, with_shift: bool) -> None:
    if not with_shift:
        bench.view.map_pane.lasso_button.click()
    shift = Qt.KeyboardModifier.ShiftModifier if with_shift else Qt.KeyboardModifier.NoModifier
    a, b = at(bench, 1), at(bench, 3)
    corners = [a + QPoint(-15, -30), b + QPoint(15, -30), b + QPoint(15, 30), a + QPoint(-15, 30)]
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(the_map(bench), left, shift, corners[0])
    for corner in corners[1:]:
        QTest.mouseMove(the_map(bench), corner)
    QTest.mouseRelease(the_map(bench), left, shift, corners[-1])

    assert sorted(bench.titles) == ["Song 1", "Song 2", "Song 3"]
    assert bench.view.list_bar.text.endswith("3 songs")
    bench.view.filter_bar.map_button.click()
    assert bench.view.table.isColumnHidden(Column.NEAR), "near to what?"
    assert the_map(bench)._is_shown.tolist() == [1 <= n <= 3 for n in range(8)]


def test_a_drag_moves_the_map_and_plays_nothing(bench: LibraryBench) -> None:
    before = at(bench, 3)
    QTest.mousePress(the_map(bench), Qt.MouseButton.LeftButton, pos=before)
    QTest.mouseMove(the_map(bench), before + QPoint(20, 10))
    QTest.mouseMove(the_map(bench), before + QPoint(40, 30))
    QTest.mouseRelease(the_map(bench), Qt.MouseButton.LeftButton, pos=before + QPoint(40, 30))

    moved = at(bench, 3) - before
    assert (moved.x(), moved.y()) == pytest.approx((40, 30), abs=2)
    assert bench.player.state != "playing"


def test_the_point_under_the_pointer_stays_while_zooming(bench: LibraryBench) -> None:
    before = the_map(bench)._point(6)
    the_map(bench).zoom_by(3.0, QPointF(before))

    after = the_map(bench)._point(6)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()), abs=0.1)
    assert at(bench, 7).x() - at(bench, 6).x() > 2 * 20
    QTest.keyClick(the_map(bench), Qt.Key.Key_Home)
    assert at(bench, 0).x() > 0 < the_map(bench).width() - at(bench, 7).x()


def test_songs_that_the_filter_leaves_out_cannot_be_chosen(bench: LibraryBench) -> None:
    bench.presenter._filter_by(Filter(genre="Jazz"))

    assert the_map(bench)._is_shown.tolist() == [n >= 4 for n in range(8)]
    assert the_map(bench).nearest(the_map(bench)._point(2)) == -1
    assert the_map(bench).nearest(the_map(bench)._point(6)) == 6


def test_before_anything_was_heard_it_invites(
    library: Library, make_bench: MakeLibraryBench, tmp_path: Path
) -> None:
    fill(library, tmp_path / "music", (("Unheard", None, 0.0),))
    bench = make_bench()
    bench.view.filter_bar.map_button.click()

    assert "Let FstMuse listen" in bench.view.map_pane.text


def test_dots_are_where_they_belong() -> None:
    picture = DotPicture(40, 30, 0x102030)
    picture.stamp(
        np.array([10.0, 500.0]), np.array([20.0, 5.0]), np.array([0xFF8800, 0xFF], np.uint32), 3.0
    )
    image = picture.image()

    assert image.pixel(10, 20) & 0xFFFFFF == 0xFF8800
    assert image.pixel(12, 20) & 0xFFFFFF == 0xFF8800
    assert image.pixel(15, 20) & 0xFFFFFF == 0x102030
    edge = image.pixel(13, 20) & 0xFFFFFF
    assert 0x10 < edge >> 16 < 0xFF, "soft, between both colours"
    drawn = sum(image.pixel(x, y) & 0xFFFFFF != 0x102030 for x in range(40) for y in range(30))
    assert 21 <= drawn <= 45, "only the dot that lies within"


def test_the_first_map_imports_nothing() -> None:
    # Masked arrays, which np.percentile wants, hold up the window for 60 ms.
    code = """
import sys
import numpy as np
from PySide6.QtWidgets import QApplication
from fstmuse_gui.library.map_view import SongMapView
app, view = QApplication([]), SongMapView()
view.resize(300, 200)
at = np.random.default_rng(0).normal(0.0, 0.4, (2000, 2)).astype(np.float32)
before = set(sys.modules)
view.show_dots(at, np.zeros(2000, np.int32), [""], *(2 * [np.ones(2000, np.bool_)]), fit=True)
view.grab()
print(sorted(name for name in set(sys.modules) - before if name.startswith("numpy")))
"""
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert told.stdout.strip() == "[]"


def test_all_but_the_outermost_dots_are_in_view(qtbot: QtBot) -> None:
    view = SongMapView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    places = np.linspace((-1.0, -0.5), (1.0, 0.5), 2000).astype(np.float32)
    places[0] = -50.0
    view.show_dots(
        places, np.zeros(2000, np.int32), [""], *(2 * [np.ones(2000, np.bool_)]), fit=True
    )

    assert view._point(0).x() < 0.0, "one far away does not make all others small"
    left, right = view._point(4), view._point(1995)
    assert 0.0 < left.x() < 40.0
    assert 360.0 < right.x() < 400.0
    assert left.y() > 0.0 < 300.0 - right.y()
