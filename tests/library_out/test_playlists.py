"""Playlists that players find their files by, on every system."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from fstmuse_core.library.playlists import entry, file_names, write_playlists
from fstmuse_core.library.rows import ReviewKind, State
from fstmuse_core.system.errors import FstMuseError
from tests.library_out.conftest import failed, make_row, unsure


def lines_of(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]


def test_one_for_each_genre(tmp_path: Path) -> None:
    music = tmp_path / "Música"
    rows = [
        make_row(str(music / "b.mp3"), artist="Anna", title="Two\nlines", seconds=61.7),
        make_row(str(music / "a.mp3")),
        make_row(str(music / "jazz.mp3"), genre="Jazz"),
        unsure(str(music / "unsure.mp3")),
        unsure(str(music / "corrected.mp3"), review_genre="Folk", review=ReviewKind.CORRECTED),
        make_row(str(music / "gone.mp3"), state=State.GONE),
        failed(str(music / "failed.mp3")),
    ]

    written = write_playlists(rows, tmp_path / "lists" / "new", with_unsure=True)

    assert [(one.genre, one.n_files) for one in written] == [
        ("Folk", 1),
        ("Jazz", 1),
        ("Rock", 2),
        ("Not sure", 1),
    ]
    rock = (tmp_path / "lists" / "new" / "Rock.m3u8").read_text("utf-8").splitlines()
    assert rock[0] == "#EXTM3U"
    assert rock[2:] == [
        "#PLAYLIST:Rock",
        "#EXTINF:200,a",
        "../../Música/a.mp3",
        "#EXTINF:62,Anna - Two lines",
        "../../Música/b.mp3",
    ]
    assert lines_of(written[-1].path) == ["../../Música/unsure.mp3"]


def test_thresholds(tmp_path: Path) -> None:
    rows = [
        make_row("/m/likely.mp3", confidence=0.7),
        make_row("/m/unlikely.mp3", confidence=0.69),
        make_row("/m/said.mp3", confidence=0.1, review_genre="Rock", review=ReviewKind.ACCEPTED),
        make_row("/m/lonely.mp3", genre="Jazz", confidence=0.9),
    ]
    (rock,) = write_playlists(rows, tmp_path, min_confidence=0.7, min_files=2, absolute=True)
    assert lines_of(rock.path) == ["/m/likely.mp3", "/m/said.mp3"]


def test_names_are_valid_everywhere() -> None:
    names = file_names(
        [
            *("R&B", "Old-Time / Historic", "AC/DC", "con", "Nul.x", "..", "Rock", "rock", "ROCK."),
            *('a<b>:"|?*\\c', "x" * 400, "é" * 200, "tab\tbell\a", " "),
        ]
    )
    assert names[:9] == [
        "R&B.m3u8",
        "Old-Time - Historic.m3u8",
        "AC-DC.m3u8",
        "con_.m3u8",
        "Nul.x_.m3u8",
        "genre.m3u8",
        "Rock.m3u8",
        "rock (2).m3u8",
        "ROCK (3).m3u8",
    ]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert len(name.encode()) <= 200
        assert not set('<>:"/\\|?*') & set(name)
        assert name.isprintable()
        assert name == name.strip(" .")


def test_a_stranger_s_playlist_is_not_replaced(tmp_path: Path) -> None:
    rows = [make_row("/m/a.mp3"), make_row("/m/b.mp3", genre="Jazz")]
    write_playlists(rows, tmp_path)
    assert len(write_playlists(rows, tmp_path)) == 2  # our own are

    (tmp_path / "Rock.m3u8").write_text("#EXTM3U\nmy own choice.mp3\n")
    (tmp_path / "Jazz.m3u8").unlink()
    with pytest.raises(FstMuseError, match=r"Rock\.m3u8: there is one of this name"):
        write_playlists(rows, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["Rock.m3u8"]
    assert "my own choice" in (tmp_path / "Rock.m3u8").read_text()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="such names are not allowed there")
@pytest.mark.parametrize(
    "name",
    [b"two\nlines.mp3", b"\xff.mp3", b"blank.mp3 ", b"#1 hit.mp3", b" first.mp3", b"%41.mp3"],
)
@pytest.mark.parametrize("absolute", [False, True])
def test_odd_names_are_found_again(tmp_path: Path, name: bytes, absolute: bool) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/" + name)
    Path(path).write_bytes(b"sound")
    (rock,) = write_playlists([make_row(path)], tmp_path, absolute=absolute)

    (line,) = lines_of(rock.path)  # all of the file is text
    assert line == line.strip()
    raw = (
        unquote_to_bytes(line.removeprefix("file://"))
        if line.startswith("file://")
        else os.fsencode(tmp_path / line)
    )
    assert Path(os.fsdecode(raw)).read_bytes() == b"sound"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_folder_behind_a_link_leads_back_to_the_files(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "far" / "off" / "lists").mkdir(parents=True)
    (tmp_path / "lists").symlink_to(tmp_path / "far" / "off" / "lists")
    song = tmp_path / "music" / "a.mp3"
    song.write_bytes(b"sound")

    line = entry(str(song), tmp_path / "lists", absolute=False)

    assert (tmp_path / "lists" / line).read_bytes() == b"sound"
