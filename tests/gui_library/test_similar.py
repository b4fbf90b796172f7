"""Similar songs and ways between songs in the tab: found, shown, kept, and left again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.library.catalogue import Column
from fstmuse_core.library.database import Library
from fstmuse_core.library.sounds import (
    StoredSound,
    keep_print,
    keep_sound,
    packed_print,
    register_tagger,
)
from fstmuse_gui.library.store import LibraryStore
from tests.gui_library.conftest import LibraryBench, MakeLibraryBench, fill

SONGS = (
    *((f"Song {n}", "Rock" if n < 4 else "Jazz", 0.9) for n in range(8)),
    ("Unheard", None, 0.0),
)


def give(library: Library, folder: str, degrees: list[float]) -> None:
    """Embeddings for the files of a folder, whose cosines are known."""
    sha256 = find_bundle("tagger").sha256
    with library.writing() as connection:
        tagger = register_tagger(connection, sha256)
        for number, angle in enumerate(np.radians(degrees)):
            data = np.array([np.cos(angle), np.sin(angle)], "<f2").tobytes()
            keep_sound(connection, f"{folder} {number}", tagger, StoredSound(data, data, "[]", b""))


@pytest.fixture
def bench(library: Library, make_bench: MakeLibraryBench, tmp_path: Path) -> LibraryBench:
    """Eight songs, 10 degrees from one another, and one that was not heard."""
    fill(library, tmp_path / "music", SONGS)
    for file in _files(tmp_path):
        file.write_bytes(b"x")
        os.utime(file, ns=(1, 1))  # as they are in the library
    give(library, "music", [10.0 * n for n in range(8)])
    return make_bench()


def _files(folder: Path) -> list[Path]:
    return [folder / "music" / f"{number}.wav" for number in range(len(SONGS))]


def find(bench: LibraryBench, act: Callable[[], object]) -> None:
    """Do something, and wait for the songs that are found."""
    with bench.qtbot.waitSignal(bench.wiring.similar.found):
        act()
    QCoreApplication.processEvents()


def choose(bench: LibraryBench, *titles: str) -> None:
    lines = [bench.titles.index(title) for title in titles]
    ids = [bench.view.table.rows.row_at(line).file_id for line in lines]
    bench.view.table.go_to_line(lines[0])
    bench.view.table._choose(ids, ids[0])


def test_the_nearest_songs_are_shown_and_left_again(bench: LibraryBench) -> None:
    bench.view.table._on_heading(Column.GENRE)
    before = bench.titles
    choose(bench, "Song 0")
    said: list[str] = []
    bench.tab.message.connect(said.append)

    find(bench, bench.tab._similar.trigger)

    assert bench.titles == [f"Song {n}" for n in range(8)]
    assert said[-1] == "Sounds like Song 0: 7 songs.", "it is none of those that sound like it"
    assert bench.view.list_bar.isVisible()
    assert bench.view.list_bar.text == "Sounds like Song 0"
    table = bench.view.table
    assert not table.isColumnHidden(Column.NEAR)
    texts = [table.rows.text(line, Column.NEAR).replace("\xa0", " ") for line in range(3)]
    assert texts == ["100 %", "98 %", "94 %"]
    assert "near: 98" in table.rows.spoken(1, Column.TITLE)
    assert table.current_id == table.rows.row_at(0).file_id
    assert bench.view.filter_bar.count.text() == "8 of 9"

    bench.view.list_bar.back_button.click()

    assert bench.titles == before
    assert not bench.view.list_bar.isVisible()
    assert table.isColumnHidden(Column.NEAR)


def test_the_list_is_sorted_and_narrowed_like_any_other(bench: LibraryBench) -> None:
    choose(bench, "Song 7")
    find(bench, bench.tab._similar.trigger)
    assert bench.titles[:3] == ["Song 7", "Song 6", "Song 5"]
    bench.view.table._on_heading(Column.TITLE)
    assert bench.titles[:3] == ["Song 0", "Song 1", "Song 2"]
    bench.view.table._on_heading(Column.NEAR)
    bench.view.sidebar.genre_chosen.emit("Rock")
    assert bench.titles == ["Song 3", "Song 2", "Song 1", "Song 0"]
    bench.view.table._on_heading(Column.NEAR)
    assert bench.titles == ["Song 0", "Song 1", "Song 2", "Song 3"]
    bench.load(bench.presenter.reload)
    assert bench.titles == ["Song 0", "Song 1", "Song 2", "Song 3"]


def test_a_selection_is_taken_together(bench: LibraryBench) -> None:
    choose(bench, "Song 2", "Song 4")
    find(bench, bench.tab._similar.trigger)
    assert bench.titles[:3] == ["Song 2", "Song 4", "Song 3"]
    assert bench.view.list_bar.text == "Sounds like Song 2 and 1 other"


def test_files_that_are_gone_or_replaced_are_left_out(bench: LibraryBench, tmp_path: Path) -> None:
    _files(tmp_path)[1].unlink()
    _files(tmp_path)[3].write_bytes(b"another song")
    choose(bench, "Song 0")
    find(bench, bench.tab._similar.trigger)
    assert bench.titles == [f"Song {n}" for n in (0, 2, 4, 5, 6, 7)]


def test_a_way_leads_from_one_song_to_another(bench: LibraryBench) -> None:
    choose(bench, "Song 1", "Song 5")
    find(bench, bench.tab._way.trigger)
    assert bench.titles == [f"Song {n}" for n in range(1, 6)]
    assert bench.view.list_bar.text == "From Song 1 to Song 5"


def test_a_way_needs_two_songs(bench: LibraryBench) -> None:
    choose(bench, "Song 1")
    with bench.qtbot.waitSignal(bench.presenter.message) as told:
        bench.tab._way.trigger()
    assert told.args == ["Choose two songs: where the way begins, and where it ends."]


def test_a_song_that_was_not_heard_is_told(bench: LibraryBench) -> None:
    choose(bench, "Unheard")
    with bench.qtbot.waitSignal(bench.wiring.library_store.trouble) as told:
        bench.tab._similar.trigger()
    assert told.args == [
        "Unheard: it is not known yet how it sounds; let FstMuse listen to it first"
    ]
    assert len(bench.titles) == 9


def test_what_is_shown_becomes_a_playlist(
    bench: LibraryBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    choose(bench, "Song 3")
    find(bench, bench.tab._similar.trigger)
    file = tmp_path / "like song 3.m3u8"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    bench.view.list_bar.save_button.click()
    process = bench.wiring.exporting._process
    assert process is not None
    with bench.qtbot.waitSignal(process.done):
        pass
    lines = file.read_text().splitlines()
    assert lines[2] == "#PLAYLIST:like song 3"
    assert lines[4] == "music/3.wav"
    assert len(lines) == 3 + 2 * 8


def test_songs_to_hear_again_are_told_and_heard(
    library: Library, make_bench: MakeLibraryBench, tmp_path: Path
) -> None:
    fill(library, tmp_path / "music", SONGS[:3])
    with library.writing() as connection:
        connection.execute("DELETE FROM embeddings WHERE content <> 'music 0'")
    bench = make_bench()
    assert bench.view.strip.text == "2 songs to hear again, to find similar ones"
    assert bench.tab._start.isEnabled()
    bench.view.strip.start_button.click()
    assert len(bench.jobs.works) == 1


def test_new_embeddings_are_found_too(
    bench: LibraryBench, library: Library, tmp_path: Path
) -> None:
    choose(bench, "Song 0")
    find(bench, bench.tab._similar.trigger)
    assert bench.titles[1] == "Song 1"
    give(library, "music", [0.0, 80.0, 20.0, 5.0])
    choose(bench, "Song 0")
    find(bench, bench.tab._similar.trigger)
    assert bench.titles[1] == "Song 3"


def test_searching_does_not_hold_up_the_window(
    bench: LibraryBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked of the thread that asks the library."""
    threads: list[str] = []
    change = LibraryStore.change

    def noted(
        store: LibraryStore, work: Callable[[Library], object], then: Callable[[object], None]
    ) -> None:
        import threading

        def told(library: Library) -> object:
            threads.append(threading.current_thread().name)
            return work(library)

        change(store, told, then)

    monkeypatch.setattr(LibraryStore, "change", noted)
    choose(bench, "Song 0")
    find(bench, bench.tab._similar.trigger)
    assert threads
    assert "MainThread" not in threads


@pytest.mark.parametrize("theme_name", ["light", "dark"])
@pytest.mark.parametrize("size", [(1024, 640), (1280, 800), (1920, 1080)])
def test_the_list_can_be_seen(
    bench: LibraryBench, pictures: Path, theme_name: str, size: tuple[int, int]
) -> None:
    bench.window.resize(*size)
    bench.window.choose_theme(theme_name)
    choose(bench, "Song 0")
    find(bench, bench.tab._similar.trigger)
    name = f"library-similar-{size[0]}-{theme_name}.png"
    assert bench.window.grab().toImage().save(str(pictures / name))


def same_recording(library: Library, *songs: int) -> None:
    """Give songs of the same length one fingerprint."""
    words = np.random.default_rng(1).integers(0, 2**32, 400, dtype=np.uint32)
    with library.writing() as db:
        for number in songs:
            keep_print(db, f"music {number}", packed_print(words))


def test_copies_are_grouped_with_what_to_keep(bench: LibraryBench, library: Library) -> None:
    same_recording(library, 2, 5, 6)
    with library.writing() as db:
        db.execute(
            "UPDATE files SET format = 'FLAC', path = path || '.flac' WHERE title = 'Song 5'"
        )
    bench.load(bench.presenter.reload)

    find(bench, bench.tab._copies.trigger)

    assert bench.view.list_bar.text.endswith("3 files of 1 recording")
    assert sorted(bench.titles) == ["Song 2", "Song 5", "Song 6"]
    rows = bench.view.table.rows
    notes = [rows.text(line, Column.NEAR) for line in range(3)]
    assert sum(note.startswith("Keep: ") for note in notes) == 1
    assert notes[0].startswith("Keep: ")
    assert all(note.startswith("100 %, ") for note in notes[1:])
    assert rows.hint(0, Column.NEAR) == notes[0]
    bench.view.list_bar.back_button.click()
    assert len(bench.titles) == len(SONGS)


def test_no_copies_are_told(bench: LibraryBench) -> None:
    with bench.qtbot.waitSignal(
        bench.wiring.similar.message, check_params_cb=lambda text: text.startswith("No two")
    ):
        bench.tab._copies.trigger()


def test_a_list_says_how_many_copies_it_leaves_out(bench: LibraryBench, library: Library) -> None:
    same_recording(library, 2, 3)
    choose(bench, "Song 0")

    find(bench, bench.tab._similar.trigger)

    assert "Song 3" not in bench.titles
    assert bench.view.list_bar.text.endswith("1 copy of these left out")


def test_music_like_songs_is_asked_for(bench: LibraryBench, tmp_path: Path) -> None:
    choose(bench, "Song 1", "Song 2")
    assert bench.tab._like in bench.view.table.actions()
    with bench.qtbot.waitSignal(bench.context.data.music_like_wanted) as wanted:
        bench.tab._like.trigger()
    assert wanted.args == [[str(file) for file in _files(tmp_path)[1:3]]]


def test_paths_are_copied_and_folders_opened(
    bench: LibraryBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toLocalFile())
        return len(opened) == 1

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    choose(bench, "Song 1", "Song 2")

    bench.tab._copy_path.trigger()
    bench.tab._in_folder.trigger()

    paths = [str(file) for file in _files(tmp_path)]
    assert QGuiApplication.clipboard().text().split("\n") == paths[1:3]
    assert opened == [str(tmp_path / "music")]
    bench.tab._in_folder.trigger()
    assert "cannot be opened" in bench.view.notice.text
