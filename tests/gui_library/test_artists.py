"""Artists and albums in the side panel, and albums whose songs disagree."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest

from fstmuse_core.library.catalogue import Catalogue, Column, Filter, Order, SongList
from fstmuse_core.library.database import Library
from fstmuse_core.library.sort_keys import ArtistAlbums
from fstmuse_gui.library.table_rows import _MARGIN
from tests.gui_library.conftest import LibraryBench, MakeLibraryBench, fill
from tests.library_out.conftest import make_row

_BY_TITLE = Order()
# Title, genre, its probability; then artist and album.
SONGS = (("One", "Rock", 0.9), ("Two", "Rock", 0.8), ("Three", "Folk", 0.9), ("Four", "Jazz", 0.9))
WHO = (("Åke", "First"), ("åke", "First"), ("Åke", "Second"), ("", ""))


@pytest.fixture
def bench(library: Library, make_bench: MakeLibraryBench, tmp_path: Path) -> LibraryBench:
    """Two albums by one artist, and a song by nobody knows whom."""
    ids = fill(library, tmp_path / "music", SONGS)
    with library.writing() as connection:
        for file_id, (artist, album) in zip(ids, WHO, strict=True):
            values = (artist, album, file_id)
            connection.execute("UPDATE files SET artist = ?, album = ? WHERE id = ?", values)
    bench = make_bench()
    bench.view.sidebar.artist_button.click()
    return bench


def choose(bench: LibraryBench, artist: str | None, album: str | None = None) -> None:
    tree = bench.view.sidebar.artists
    tree.setCurrentIndex(tree.artists.index_of(artist, album))
    QCoreApplication.processEvents()


def test_artists_and_their_albums_are_counted(bench: LibraryBench) -> None:
    assert bench.view.sidebar.artists.artists.artists == [
        ArtistAlbums("Åke", 3, (("First", 2), ("Second", 1))),
        ArtistAlbums("", 1, (("", 1),)),
    ]


def test_an_artist_and_an_album_are_shown_alone(bench: LibraryBench) -> None:
    choose(bench, "Åke")
    assert sorted(bench.titles) == ["One", "Three", "Two"]
    choose(bench, "Åke", "First")
    assert sorted(bench.titles) == ["One", "Two"]
    choose(bench, "")
    assert bench.titles == ["Four"]
    choose(bench, None)
    assert len(bench.titles) == 4


def test_the_tree_follows_the_search_and_stays_open(bench: LibraryBench) -> None:
    tree = bench.view.sidebar.artists
    tree.expand(tree.artists.index(1, 0))
    bench.presenter._filter_by(Filter(genre="Rock"))

    assert tree.artists.artists == [ArtistAlbums("Åke", 2, (("First", 2),))]
    assert tree.isExpanded(tree.artists.index(1, 0))


def test_folders_again_show_all_again(bench: LibraryBench) -> None:
    choose(bench, "Åke", "Second")
    bench.view.sidebar.folder_button.click()

    assert len(bench.titles) == 4
    assert bench.view.sidebar.folders.isVisible()
    assert not bench.view.sidebar.artists.isVisible()


def test_the_tree_is_used_by_keyboard_and_read_aloud(bench: LibraryBench) -> None:
    tree = bench.view.sidebar.artists
    tree.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Down):
        QTest.keyClick(tree, key)

    assert tree.artists.names(tree.currentIndex()) == ("Åke", "First")
    assert tree.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole) == "First, 2 files"
    assert sorted(bench.titles) == ["One", "Two"]


def test_names_that_begin_alike_are_told_apart() -> None:
    rows = [
        make_row(f"/{n}.mp3", artist=name, album="A")
        for n, name in enumerate(("Bo", "Bob", "bo", "Ann"))
    ]
    catalogue = Catalogue(rows)

    found = [(one.name, one.count) for one in catalogue.artists(Filter())]
    assert [(name.casefold(), count) for name, count in found] == [
        ("ann", 1),
        ("bo", 2),
        ("bob", 1),
    ]
    assert len(catalogue.find(Filter(artist="BO"), order=_BY_TITLE)) == 2
    assert len(catalogue.find(Filter(artist="Bobby"), order=_BY_TITLE)) == 0


@pytest.mark.slow
def test_albums_of_several_genres_are_listed(library: Library, bench: LibraryBench) -> None:
    with library.writing() as connection:
        connection.execute("UPDATE files SET album = 'First' WHERE artist <> ''")
    bench.load(bench.presenter.reload)
    bench.window.resize(1024, 640)
    with bench.qtbot.waitSignal(bench.wiring.similar.found, timeout=60_000):
        bench.tab._albums.trigger()
    QCoreApplication.processEvents()

    assert sorted(bench.titles) == ["One", "Three", "Two"]
    table = bench.view.table
    assert table.rows.note(0) == "Rock 2, Folk 1"
    # All of it can be read.
    words = QFontMetrics(table.font()).horizontalAdvance("Rock 2, Folk 1")
    assert words <= table.columnWidth(Column.NEAR) - 2 * _MARGIN


@pytest.mark.parametrize("columns", [[], [Column.TITLE, Column.GENRE]])
@pytest.mark.parametrize("width", [1280, 1920])
def test_what_a_list_says_of_songs_is_read_whole_where_there_is_room(
    bench: LibraryBench, columns: list[Column], width: int
) -> None:
    bench.window.resize(width, 800)
    table = bench.view.table
    table.set_columns(columns)
    ids = [row.file_id for row in table.rows.catalogue.rows]
    said = "Electronic 1, Hip-Hop 1, Rock 1; not agreed"
    songs = SongList("A list", tuple((i, 1.0) for i in ids), tuple((i, said) for i in ids))
    table.show_rows(table.rows.catalogue, table.rows.places, songs)

    words = QFontMetrics(table.font()).horizontalAdvance(said)
    assert words <= table.columnWidth(Column.NEAR) - 2 * _MARGIN
    assert table.columnWidth(Column.TITLE) >= 120


@pytest.mark.parametrize(
    ("album", "said"),
    [("Second", "The songs of each album agree, as far as"), ("", "No file here names its album.")],
)
def test_that_no_album_disagrees_is_said_only_of_albums(
    library: Library, bench: LibraryBench, album: str, said: str
) -> None:
    with library.writing() as connection:
        connection.execute(
            "UPDATE files SET album = CASE title WHEN 'One' THEN ? ELSE '' END", (album,)
        )
    bench.load(bench.presenter.reload)
    messages: list[str] = []
    bench.wiring.similar.message.connect(messages.append)
    bench.tab._albums.trigger()
    bench.qtbot.waitUntil(lambda: len(messages) > 1, timeout=60_000)
    assert messages[-1].startswith(said)
