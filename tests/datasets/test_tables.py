"""Manifests as spreadsheets and other programs write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.track import Collection
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.tables import encoding_of, key_of, read_rows

from .conftest import write_clip

ROWS = (
    ("path", "genre", "artist", "seconds"),
    ("Rock/a.wav", "Rock", "Björn, the 1st", "4.5"),
    ("Zouk/b.wav", "Zouk", "Kassav'", "4.0"),
    ("Zouk/c d.wav", "Zouk", "", "5"),
)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """The three files of ``ROWS``, of four seconds each."""
    for number, (name, *_) in enumerate(ROWS[1:]):
        write_clip(tmp_path / name, pitch=200.0 + 50 * number)
    return tmp_path


def table(delimiter: str = ",", rows: tuple[tuple[str, ...], ...] = ROWS) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def loaded(music: Path, text: str | bytes, name: str = "manifest.csv") -> Collection:
    (music / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return load_tracks(music)


def assert_is_read(found: Collection) -> None:
    assert found.kind == "manifest"
    assert found.set_aside == ()
    assert [t.path.relative_to(found.root).as_posix() for t in found.tracks] == [
        name for name, *_ in ROWS[1:]
    ]
    assert [t.genre for t in found.tracks] == ["Rock", "Zouk", "Zouk"]
    assert [t.artist for t in found.tracks] == ["Björn, the 1st", "Kassav'", ""]
    assert [t.seconds for t in found.tracks] == [4.5, 4.0, 5.0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"]
)
def test_whatever_stands_between_cells_in_whatever_encoding(
    music: Path, delimiter: str, encoding: str
) -> None:
    assert_is_read(loaded(music, table(delimiter).encode(encoding)))


@pytest.mark.parametrize("mark", ["\ufeff".encode("utf-16-be"), "\ufeff".encode("utf-16-le")])
def test_utf_16_of_either_order(music: Path, mark: bytes) -> None:
    encoding = "utf-16-be" if mark == b"\xfe\xff" else "utf-16-le"
    assert_is_read(loaded(music, mark + table("\t").encode(encoding)))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\r\n\r\n;;;\r\n"])
def test_ends_of_lines_and_blank_rows(music: Path, end: str) -> None:
    assert_is_read(loaded(music, table(";").replace("\r\n", end)))


@pytest.mark.parametrize(
    "head",
    [
        "sep=;\r\n",
        "SEP=;\n",
        "# my music\n\n# of 2024; all of it\n",
        "\n\n",
        "#",  # as some write the headings
    ],
)
def test_what_stands_above_the_headings(music: Path, head: str) -> None:
    assert_is_read(loaded(music, head + table(";")))


@pytest.mark.parametrize("name", ["manifest.tsv", "manifest.txt", "manifest.csv"])
def test_names_of_the_file(music: Path, name: str) -> None:
    assert_is_read(loaded(music, table("\t"), name))
    assert_is_read(load_tracks(music / name))


@pytest.mark.parametrize(
    "headings",
    [
        ("Path", "GENRE", " Artist ", "Seconds"),
        ("filename", "label", "performer", "duration"),
        ("File", "Class", "Artist Name", "Length (s)"),
        ("file_path", "Category", "artist_name", "duration_sec"),
        ("FilePath", "class_name", "ARTISTS", "Duration [sec]"),
        ("File Name", "Class Label", "Track Artist", "Length (sec)"),
        ("Dateiname", "Kategorie", "Interpret", "Dauer"),
    ],
)
def test_headings_of_other_names(music: Path, headings: tuple[str, ...]) -> None:
    assert_is_read(loaded(music, table(";", (headings, *ROWS[1:]))))


def test_the_best_heading_wins_in_any_order(music: Path) -> None:
    rows = (
        ("label", "length", "genre", "Name", "artist", "file"),
        *(("My Records", s, g, "Title", a, p) for p, g, a, s in ROWS[1:]),
    )
    assert_is_read(loaded(music, table(",", rows)))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ("4,5", 4.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("3:25", 205.0),
        ("0:03:25,5", 205.5),
        ("12 s", 12.0),
        ("12 sec.", 12.0),
        ("", 4.0),
        ("long", 4.0),
        ("-1", 4.0),
        ("nan", 4.0),
        ("1e999", 4.0),
    ],
)
def test_durations_as_people_write_them_are_read_and_else_measured(
    music: Path, seconds: str, expected: float
) -> None:
    rows = (ROWS[0], ("Rock/a.wav", "Rock", "X", seconds))
    (track,) = loaded(music, table(";", rows)).tracks
    assert track.seconds == pytest.approx(expected, abs=0.01)


def test_without_seconds_or_artist_the_files_are_measured(music: Path) -> None:
    found = loaded(music, table(",", tuple(row[:2] for row in ROWS)))
    assert [t.seconds for t in found.tracks] == [pytest.approx(4.0, abs=0.01)] * 3
    assert {t.artist for t in found.tracks} == {""}


def test_milliseconds(music: Path) -> None:
    rows = (("file", "genre", "duration_ms"), ("Rock/a.wav", "Rock", "2500"))
    (track,) = loaded(music, table(",", rows)).tracks
    assert track.seconds == 2.5


@pytest.mark.parametrize(
    "written",
    [
        "Zouk\\c d.wav",
        ".\\Zouk\\c d.wav",
        "./Zouk/c d.wav",
        "Zouk/c%20d.wav",
        "Zouk\\c%20d.wav",
        "{root}/Zouk/c d.wav",
        "file://{root}/Zouk/c%20d.wav",
        "FILE:///{root}/Zouk/c d.wav",
        '"Zouk/c d.wav"',
    ],
)
def test_paths_as_programs_write_them(music: Path, written: str) -> None:
    row = written.format(root=music.as_posix())
    (track,) = loaded(music, f"path,genre,artist,seconds\n{row}, Zouk, X, 4.0\n").tracks
    assert track.path.resolve() == (music / "Zouk" / "c d.wav").resolve()
    assert (track.genre, track.artist) == ("Zouk", "X")


def test_a_name_that_begins_like_a_comment_is_a_file_where_there_is_one(music: Path) -> None:
    write_clip(music / "#1.wav")
    found = loaded(music, "path,genre\n#1.wav,Rock\n#2.wav,Rock\n# by hand: no,thing\n")
    assert [track.path.name for track in found.tracks] == ["#1.wav"]
    assert found.set_aside == ()


def test_cells_in_quotes_hold_lines_and_delimiters(music: Path) -> None:
    text = 'path,genre,artist\nRock/a.wav,"Rock\nand Roll","He said ""no"", then\nyes"\n'
    (track,) = loaded(music, text).tracks
    assert (track.genre, track.artist) == ("Rock and Roll", 'He said "no", then\nyes')


def test_what_cannot_be_read_is_named_by_its_line_and_the_rest_goes_on(music: Path) -> None:
    text = (
        "path,genre,artist,seconds\n"
        "Rock/a.wav,Rock,A,4\n"
        "nowhere.wav,Rock,B,4\n"
        "Zouk/b.wav,,C,4\n"
        ",Rock,D,4\n"
        '"Zouk/b.wav,Zouk,E,4\n'
        "Zouk/b.wav,Zouk,Duo, Two,4\n"
        'Zouk/b.wav,Zouk,"F" G,4\n'
        "Zouk/c d.wav,Zouk,H,4\n"
    )
    found = loaded(music, text)
    assert [track.path.name for track in found.tracks] == ["a.wav", "c d.wav"]
    quoted = "a quotation mark that is not closed, or one amid a cell"
    assert [aside.reason for aside in found.set_aside] == [
        "line 4 has no genre",
        "line 5 has no path",
        f"line 6 has {quoted}",
        "line 7 has 5 cells for 4 columns",
        f"line 8 has {quoted}",
        "line 3: the file is missing",
    ]


def test_a_quote_that_is_never_closed_does_not_swallow_a_long_table(music: Path) -> None:
    rows = [f"Zouk/{n}.wav,Zouk" for n in range(400)]
    found = loaded(music, "\n".join(["file,label", 'Rock/a.wav,"Rock', *rows, "Rock/a.wav,Rock"]))
    assert [track.path.name for track in found.tracks] == ["a.wav"]
    assert len(found.set_aside) == 401


def test_spellings_of_a_genre_are_one_and_it_is_said(music: Path) -> None:
    rows = (
        ("Rock/a.wav", "hip hop"),
        ("Zouk/b.wav", "ZOUK"),
        ("Zouk/c d.wav", "HipHop"),
    )
    found = loaded(music, table(";", (("file", "genre"), *rows)))
    assert found.genres == ("Hip-Hop", "ZOUK")
    assert found.notes == ("HipHop and hip hop are taken as one genre, Hip-Hop",)


def test_a_workbook_is_not_a_table(music: Path) -> None:
    with pytest.raises(FstMuseError, match="a spreadsheet's own file; save it as CSV"):
        loaded(music, b"PK\x03\x04rest")


def test_headings_in_many_spellings() -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in "FILENAME")
    texts = ("File Name", "file-name", wide, "FileName (m)", " FILE_NAME ")
    assert {key_of(text) for text in texts} == {"filename"}


def test_lines_are_counted_over_cells_of_several(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('a,b\n"1\n2",x\n\n3,"y\n4,z\n5,w\n')
    rows = list(read_rows(file))
    assert [(row.line, row.cells) for row in rows if not row.fault] == [
        (1, ("a", "b")),
        (2, ("1\n2", "x")),
        (6, ("4", "z")),
        (7, ("5", "w")),
    ]
    assert [row.line for row in rows if row.fault] == [5]
    assert encoding_of(file) == "utf-8"
