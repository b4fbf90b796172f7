"""The Library tab as a person uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from fstmuse_core.library.catalogue import NOT_SURE, Catalogue
from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import ReviewKind, State
from fstmuse_core.library.scan import ScanReport
from fstmuse_core.library.work import WorkDone, WorkFailed
from fstmuse_core.workers.protocol import Done, Progress
from fstmuse_gui.library.store import LibrarySnapshot
from fstmuse_gui.shared.tabs import BadgeKind
from fstmuse_gui.widgets.dialogs import keys_of
from tests.gui.test_window import controls
from tests.gui_library.conftest import (
    LibraryBench,
    MakeLibraryBench,
    answer_of,
    fill,
    keep,
    progress,
    settle,
    write_songs,
)
from tests.narrowing import current

# -- from an empty library to the first answers ----------------------------------------


def test_a_folder_that_is_dropped_is_searched_and_then_classified(
    make_bench: MakeLibraryBench, library: Library, tmp_path: Path
) -> None:
    bench = make_bench()
    assert bench.view.page is bench.view.empty_page
    (tmp_path / "new").mkdir()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "new"))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    drop = QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, data, left, none)
    with bench.qtbot.waitSignal(bench.wiring.library_store.folder_added):
        bench.window.dropEvent(drop)
    (scan,) = bench.jobs.scans
    bench.tell(scan, Progress(1, 1234, 0))
    assert "1,234 files" in bench.view.strip.text
    (file_id,) = fill(library, tmp_path / "new", [("Tango", None, 0.0)])
    bench.load(lambda: scan.tell(Done(1, ScanReport(n_found=1, n_new=1))))
    assert scan.calls[-1] == "stop"
    assert bench.titles == ["Tango"]
    (work,) = bench.jobs.works
    assert (work.model, work.calls) == ("fst-muse", ["start"])
    bench.tell(work, progress(0, 1, working=(file_id,)))
    assert bench.view.table.rows.row_at(0).state is State.WORKING
    assert "2.0 a second" in bench.view.strip.text
    assert "About 4 minutes left" in bench.view.strip.text
    keep(library, file_id, "tango", "Jazz", 0.7)
    settle(bench, lambda: work.tell(progress(1, 1, changed=(file_id,))))
    assert bench.view.table.rows.row_at(0).genre == "Jazz"
    bench.load(lambda: work.tell(WorkDone(1, 0)))
    assert not bench.view.strip.isVisible()
    assert bench.window.toast.text == "1 file heard."


def test_pause_stop_and_another_program_at_work(bench: LibraryBench) -> None:
    assert "1 file waits" in bench.view.strip.text
    bench.view.strip.start_button.click()
    (work,) = bench.jobs.works
    bench.tell(work, progress(1, 3))
    bench.view.strip.pause_button.click()
    assert current(work.is_paused)
    assert bench.view.strip.pause_button.text().strip() == "Go on"
    bench.view.strip.pause_button.click()
    assert not current(work.is_paused)
    bench.view.strip.cancel_button.click()
    assert "cancel" in work.calls
    bench.load(lambda: work.tell(WorkFailed("Your library: another FstMuse is working on it")))
    assert "another FstMuse" in bench.view.notice.text
    assert bench.view.strip.start_button.isVisible(), "it can be tried again"


def test_what_waits_is_moved_to_the_front_and_left_out(
    bench: LibraryBench, library: Library
) -> None:
    bench.go_to("Charlie")
    settle(bench, bench.tab._skip.trigger)
    row = bench.view.table.rows.row_at(bench.titles.index("Charlie"))
    assert row.state is State.SKIPPED
    assert bench.view.strip.text == "1 file left out"
    settle(bench, bench.view.strip.retry_button.click)
    bench.qtbot.waitUntil(lambda: bool(bench.jobs.works))
    with bench.qtbot.waitSignal(bench.tab.message, check_params_cb=lambda m: "heard next" in m):
        bench.tab._front.trigger()


def test_files_that_are_classified_meanwhile_are_not_forgotten_by_a_reload(
    bench: LibraryBench, library: Library, ids: list[int]
) -> None:
    """The rows of a reload may be older than the news that came while it was under way."""
    library_store = bench.wiring.library_store
    sha = library_store.model_sha
    before = LibrarySnapshot(
        "fst-muse", sha, Catalogue(library.rows(sha)), tuple(library.folders())
    )
    bench.presenter._is_loading = True
    keep(library, ids[3], "charlie", "Punk", 0.99)
    settle(bench, lambda: library_store.read([ids[3]]))
    settle(bench, lambda: library_store.loaded.emit(before))
    assert bench.view.table.rows.catalogue.rows[3].genre == "Punk"


# -- folders, and what is none ----------------------------------------------------------


def test_a_single_song_is_not_for_the_library(bench: LibraryBench, music_file: Path) -> None:
    bench.tab.open_paths([str(music_file)])
    assert "takes folders" in bench.view.notice.text


def test_a_folder_leaves_only_after_a_question(
    bench: LibraryBench, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidebar = bench.view.sidebar
    sidebar.folders.setCurrentRow(1)
    monkeypatch.setattr(bench.view, "ask_remove", lambda _name: False)
    sidebar._remove.trigger()
    assert len(library.folders()) == 1
    monkeypatch.setattr(bench.view, "ask_remove", lambda _name: True)
    bench.load(sidebar._remove.trigger)
    assert library.folders() == []
    assert bench.view.page is bench.view.empty_page


# -- looking over ----------------------------------------------------------------------


@pytest.fixture
def classified(bench: LibraryBench, music_file: Path, tmp_path: Path) -> LibraryBench:
    """The files of the library are there and can be listened to."""
    write_songs(music_file, tmp_path / "music", 5)
    return bench


def press(bench: LibraryBench, key: Qt.Key) -> None:
    bench.view.table.setFocus()
    bench.qtbot.keyClick(bench.view.table, key)


def test_looked_over_by_keyboard_alone(classified: LibraryBench, library: Library) -> None:
    bench, table = classified, classified.view.table
    press(bench, Qt.Key.Key_U)
    assert bench.titles[:2] == ["echo", "alpha"]
    assert bench.view.review.title == "echo"
    bench.qtbot.waitUntil(lambda: bench.view.review.bars.order[:1] == ["Folk"])
    press(bench, Qt.Key.Key_Space)
    assert bench.player.state == "playing"
    assert str(bench.player.loaded).endswith("4.wav")
    settle(bench, lambda: press(bench, Qt.Key.Key_Y))
    assert bench.view.review.title == "alpha", "on to the next"
    press(bench, Qt.Key.Key_C)
    picker = bench.view.review.correction.picker
    bench.qtbot.keyClicks(picker.field, "punk")
    settle(bench, lambda: bench.qtbot.keyClick(picker.field, Qt.Key.Key_Return))
    kept = {
        r.title: (r.review_genre, r.review)
        for r in library.rows(bench.wiring.library_store.model_sha)
    }
    assert kept["echo"] == ("Folk", ReviewKind.ACCEPTED)
    assert kept["alpha"] == ("Punk", ReviewKind.CORRECTED)
    bench.qtbot.waitUntil(lambda: bench.corrections.count() == 2)
    confirmed, corrected = bench.corrections.records()
    assert (confirmed.genre, confirmed.heard, confirmed.was_sure) == ("Folk", "Folk", False)
    assert (corrected.genre, corrected.heard) == ("Punk", "Jazz")
    settle(bench, bench.tab._take_back.trigger)
    bench.qtbot.waitUntil(lambda: bench.corrections.records() == [confirmed])
    assert bench.view.review.title == "alpha", "back to the file that it was about"
    assert table.rows.row_at(table.currentIndex().row()).review is None


def test_many_are_accepted_at_once(bench: LibraryBench, library: Library) -> None:
    bench.view.table.selectAll()
    bench.view.table.setCurrentIndex(bench.view.table.rows.index(0, 0))
    bench.view.table.selectAll()
    settle(bench, bench.presenter.reviewing.accept)
    bench.qtbot.waitUntil(lambda: bench.presenter.catalogue.n_reviewed == 4)
    said = {
        row.title: row.review_genre for row in library.rows(bench.wiring.library_store.model_sha)
    }
    assert said == {
        "Bravo": "Rock",
        "alpha": "Jazz",
        "Delta": "Rock",
        "echo": "Folk",
        "Charlie": None,
    }
    settle(bench, bench.tab._take_back.trigger)
    assert bench.presenter.catalogue.n_reviewed == 0, "all of them at once"


def test_copies_of_a_song_are_spoken_on_together(
    bench: LibraryBench, library: Library, ids: list[int]
) -> None:
    with library.writing() as db:
        db.execute("UPDATE files SET content = 'music 0' WHERE id = ?", (ids[2],))
    bench.load(bench.presenter.reload)
    bench.go_to("Bravo")
    settle(bench, bench.presenter.reviewing.accept)
    assert bench.presenter.catalogue.n_reviewed == 2
    settle(bench, bench.presenter.reviewing.take_back)
    assert bench.presenter.catalogue.n_reviewed == 0


def test_a_file_that_is_not_there_is_said(bench: LibraryBench) -> None:
    bench.go_to("Bravo")
    bench.view.review.play_button.click()
    assert "no longer there" in bench.view.notice.text
    assert bench.player.state == "stopped"


# -- two windows, a damaged file, closing ----------------------------------------------


def test_what_another_window_says_is_seen(
    bench: LibraryBench, library: Library, ids: list[int]
) -> None:
    library_store = bench.wiring.library_store
    bench.presenter._look_for_changes()
    bench.qtbot.waitUntil(lambda: not library_store.is_busy)
    library.review([ids[0]], "Punk", ReviewKind.CORRECTED)
    bench.load(bench.presenter._look_for_changes)
    assert bench.view.table.rows.catalogue.rows[0].review_genre == "Punk"


def test_a_damaged_library_is_said_and_a_new_one_begun(
    make_bench: MakeLibraryBench, file: Path
) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"this is no database at all" * 100)
    bench = make_bench()
    assert "its file was damaged" in bench.view.notice.text
    assert bench.view.page is bench.view.empty_page


def test_a_library_that_cannot_be_opened_is_said_and_tried_again(
    make_bench: MakeLibraryBench, file: Path, qtbot: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench()
    presenter = bench.presenter
    presenter._is_loaded, presenter._is_open = False, True
    monkeypatch.setattr(bench.wiring.library_store, "_library", None)
    bench.wiring.library_store.trouble.emit("Your library: it cannot be kept (no room); see to it")
    assert "no room" in bench.view.notice.text
    bench.load(bench.view.shown.emit)
    assert bench.wiring.library_store.path == file


def test_closing_while_it_listens_goes_on_at_the_next_start(
    ids: list[int], make_bench: MakeLibraryBench
) -> None:
    bench = make_bench()
    assert not bench.jobs.works
    bench.presenter.work.start()
    bench.window.close()
    assert bench.jobs.works[0].calls == ["start", "cancel", "stop"]
    again = make_bench()
    assert [work.calls for work in again.jobs.works] == [["start"]]
    again.presenter.work.toggle_pause()
    again.window.close()
    assert not make_bench().jobs.works, "what was paused stays so"


def test_files_that_are_gone_are_forgotten_when_asked(
    bench: LibraryBench, library: Library, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, str, bool]] = []

    def ask(count: int, name: str, *, is_all: bool) -> bool:
        asked.append((count, name, is_all))
        return len(asked) > 1

    monkeypatch.setattr(bench.view, "ask_forget", ask)
    assert not bench.tab._forget.isEnabled()
    with library.writing() as db:
        db.execute("UPDATE files SET state = 'gone' WHERE id IN (?, ?)", (ids[0], ids[1]))
    bench.load(bench.presenter.reload)
    assert bench.tab._forget.isEnabled()

    bench.go_to("Bravo")
    assert bench.view.review.forget_button.isVisible()
    bench.view.review.forget_button.click()
    assert (asked, len(bench.titles)) == ([(1, "Bravo", False)], len(ids)), "it was kept"
    bench.load(bench.view.review.forget_button.click)
    assert "Bravo" not in bench.titles

    bench.go_to("Delta")
    assert not bench.view.review.forget_button.isVisible()
    bench.load(bench.tab._forget.trigger)
    assert asked[-1] == (1, "alpha", True), "none that is chosen is gone: all that are"
    assert sorted(bench.titles) == ["Charlie", "Delta", "echo"]
    assert not bench.tab._forget.isEnabled()


# -- what the window around it is told -------------------------------------------------


def test_the_tab_says_how_far_it_is(bench: LibraryBench) -> None:
    said = []
    bench.context.badges.changed.connect(lambda _title, sign: said.append(sign))
    bench.presenter.work.start()
    bench.tell(bench.jobs.works[0], progress(1, 4))
    assert (said[-1].kind, said[-1].share) == (BadgeKind.BUSY, 0.25)
    bench.load(lambda: bench.jobs.works[0].tell(WorkDone(4, 0)))
    assert said[-1] is None


def test_another_tab_that_plays_silences_this_one(classified: LibraryBench) -> None:
    classified.go_to("Bravo")
    classified.presenter.reviewing.play()
    assert classified.player.state == "playing"
    classified.context.sounds.started.emit("Classify")
    assert classified.player.state == "paused"


def test_every_control_has_a_name_and_keys_are_told_apart(bench: LibraryBench) -> None:
    bench.go_to("Bravo")
    nameless = [w for w in controls(bench.view) if not (w.accessibleName() or _text(w))]
    assert {w.objectName() for w in nameless} <= {"qt_tableview_cornerbutton"}
    keys = [key for found in keys_of(bench.window.menuBar()).values() for key, _ in found]
    assert len(keys) == len(set(keys))


def _text(widget: object) -> str:
    text = getattr(widget, "text", None)
    return str(text()) if callable(text) else ""


def test_rows_are_read_out_whole(bench: LibraryBench) -> None:
    model = bench.view.table.rows
    role = Qt.ItemDataRole.AccessibleTextRole
    assert model.data(model.index(1, 0), role) == "Bravo by Somebody, Rock, 90 % sure."
    assert model.data(model.index(2, 0), role) == "Charlie by Somebody, Waiting"
    assert bench.view.sidebar.genres.facets[-1].key == NOT_SURE
    assert answer_of("Rock", 0.9).verdict.is_sure
