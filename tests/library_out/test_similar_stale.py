"""Files that are not what was scanned, in lists of similar songs and in journeys."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.library.similar import SongFinder, journey, load_index
from tests.library_out.conftest import MODEL, Shelf, answer
from tests.library_out.test_similar import angle, circle, give, path_of

Run = Callable[..., tuple[int, str, str]]
AGAIN = "scan again: fstmuse library scan\n"
__all__ = ["circle"]


def lines(out: str) -> list[str]:
    return [os.path.basename(line[-len("song 00.mp3") :]) for line in out.splitlines()]


def test_stale_files_are_left_out_of_similar_ones(circle: Shelf, fstmuse: Run) -> None:
    Path(path_of(circle, 1)).unlink()
    Path(path_of(circle, 2)).write_bytes(b"another song")
    code, out, err = fstmuse("similar", path_of(circle, 0), "-n", "3")
    assert (code, lines(out)) == (0, ["song 03.mp3", "song 04.mp3", "song 05.mp3"])
    assert err == (
        f"fstmuse: {path_of(circle, 1)}: left out, it is no longer there; {AGAIN}"
        f"fstmuse: {path_of(circle, 2)}: left out, it has changed since it was scanned; {AGAIN}"
    )


def test_stale_files_are_in_no_journey(circle: Shelf, fstmuse: Run, tmp_path: Path) -> None:
    Path(path_of(circle, 1)).unlink()
    os.utime(path_of(circle, 2), ns=(1, 1))
    file = tmp_path / "way.m3u8"
    code, _, err = fstmuse("journey", "Title 0", "Title 4", "--songs", "5", "-o", file)
    assert code == 0
    assert file.read_text().splitlines()[4::2] == [f"music/song 0{n}.mp3" for n in (0, 3, 4)]
    assert f"{path_of(circle, 1)}: left out, it is no longer there; {AGAIN}" in err
    assert f"{path_of(circle, 2)}: left out, it has changed since it was scanned; {AGAIN}" in err


@pytest.mark.parametrize("command", ["similar", "journey"])
def test_nothing_is_answered_for_a_sound_that_is_gone(
    circle: Shelf, fstmuse: Run, command: str
) -> None:
    asked = (path_of(circle, 3), path_of(circle, 7))
    Path(asked[1]).write_bytes(b"another song")
    code, out, err = fstmuse(command, *asked)
    assert (code, out) == (1, "")
    assert err == f"fstmuse: {asked[1]}: it has changed since it was scanned; {AGAIN}"
    Path(asked[1]).unlink()
    code, out, err = fstmuse(command, *asked)
    assert (code, out) == (1, "")
    assert "it is no longer there; " + AGAIN in err


def test_another_file_with_the_sound_takes_the_place(circle: Shelf, fstmuse: Run) -> None:
    circle.put("twin 01.mp3")
    circle.hear(MODEL, {"twin 01.mp3": answer("Rock", 0.9)}, title="Title 1")
    with circle.library.writing() as db:
        db.execute("UPDATE files SET content = 'song 01.mp3' WHERE content = 'twin 01.mp3'")
    Path(path_of(circle, 1)).unlink()
    assert lines(fstmuse("similar", "Title 0", "-n", "1")[1]) == ["twin 01.mp3"]
    code, out, _ = fstmuse("similar", "Title 1", "-n", "1")
    assert (code, lines(out)[0]) in ((0, "song 00.mp3"), (0, "song 02.mp3"))


def test_where_all_are_stale_it_is_said_in_a_few_lines(library_store: Shelf, fstmuse: Run) -> None:
    names = [f"{n:02}.mp3" for n in range(40)]
    library_store.put(*names)
    library_store.hear(MODEL, {name: answer("Rock", 0.9) for name in names})
    for n, name in enumerate(names):
        give(library_store.library, name, angle(2 * n))
        if n not in (0, 39):
            (library_store.folder / name).unlink()
    first, last = library_store.folder / names[0], library_store.folder / names[-1]
    code, out, err = fstmuse("similar", first, last)
    assert (code, out, len(err.splitlines())) == (1, "", 12)
    assert f"28 more files left out, changed or gone; {AGAIN}" in err
    code, out, err = fstmuse("journey", first, last)
    assert (code, len(out.splitlines())) == (0, 2)
    assert "fstmuse: 2 songs, not 12: no more of the library lie on the way\n" in err


def test_each_file_is_looked_at_before_it_is_chosen(circle: Shelf) -> None:
    rows = circle.library.rows(MODEL.sha256)
    index = load_index(circle.library)
    finder = SongFinder(index, rows, lambda row: row.file_id % 2 == rows[0].file_id % 2)
    near = finder.near([index.units[0]], 3, without=rows[:1])
    assert [one.row for one in near] == [rows[2], rows[4], rows[6]]
    steps = journey(finder, rows[0], rows[10], 12)
    assert [step.row for step in steps] == rows[::2]
