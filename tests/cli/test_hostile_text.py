"""Names and tags of others: nothing that a terminal obeys is printed, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from fstmuse_core.cli.common.console import print_safe, say
from fstmuse_core.cli.common.output import identity
from fstmuse_core.datasets.corrections.tracks import export_manifest
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.track import Collection, Track
from fstmuse_core.system.errors import visible
from fstmuse_core.system.tables import cell, csv_rows, json_text, plain
from tests.cli.conftest import Run

_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
HOSTILE = [
    "a\x1b[31mb",
    "a\x9b31mb",
    "a\x07b",
    "a\rb",
    "a\x7fb",
    "a\u202egpm",
    "a\u2066b\u2069",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "command",
    [
        ("classify",),
        ("classify", "--format", "jsonl"),
        ("spectrogram", "-o", "x.png"),
        ("spectrogram", "-o"),
        ("classify", "--model"),
        ("models", "show"),
        ("generate", "--genre"),
        ("generate", "--recipe"),
        ("classify", "x.wav", "-o"),
        ("classify", "x.wav", "--format"),
        ("tag", "preview"),
        ("data", "check"),
        ("train", "--data"),
        ("library", "scan"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_no_command_prints_what_a_terminal_obeys(
    fstmuse: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    outcome = fstmuse(*command, name)

    assert outcome.code != 0
    assert not _OBEYED.search(outcome.out + outcome.err)
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("text", [*HOSTILE, "a\ud800b"])
def test_both_ways_to_print_escape(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(text)
    print_safe("[red]", text, end="!\n")
    captured = capsys.readouterr()

    assert captured.err == visible(text) + "\n"
    assert captured.out == f"[red] {visible(text)}!\n"
    assert not _OBEYED.search(captured.out)
    assert captured.out.isascii()


@pytest.mark.parametrize("text", ["Café", "日本語 ノイズ", "🎸", "שלום", "a b"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_json_lines_are_exact_and_hold_nothing_that_is_obeyed(text: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    line = json_text(stream)({"path": text})

    assert json.loads(line) == {"path": text}
    assert not _OBEYED.search(line)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "＋"])  # noqa: RUF001
def test_no_cell_is_a_formula(start: str) -> None:
    stream = io.StringIO()
    csv_rows(stream)([f"{start}cmd|' /C calc'!A0", -1.5, "a\r\nb\rc", 'say "x", y'])
    (row,) = csv.reader(io.StringIO(stream.getvalue(), newline=""))

    assert row[0].startswith("'")
    assert row[1:] == ["-1.5", "a\nb\nc", 'say "x", y']
    assert "\r" not in stream.getvalue()
    assert cell("Rock") == "Rock"


def test_classify_writes_names_that_are_formulas_as_text(
    fstmuse: Run, music_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(music_file, tmp_path / "=1+1.wav")
    outcome = fstmuse("classify", "=1+1.wav", "--format", "csv")

    (row,) = csv.DictReader(io.StringIO(outcome.out))
    assert row["path"] == "'=1+1.wav"


def test_resume_does_what_was_replaced_by_an_older_file_again(
    fstmuse: Run, music_file: Path, tmp_path: Path
) -> None:
    song, output = tmp_path / "song.wav", tmp_path / "all.jsonl"
    shutil.copy(music_file, song)
    assert fstmuse("classify", song, "-o", output).code == 0
    record = json.loads(output.read_text("utf-8"))
    assert record["file"] == identity(str(song))

    output.write_text(json.dumps({**record, "verdict": "kept"}) + "\n", "utf-8")
    fstmuse("classify", song, "-o", output, "--resume")
    assert json.loads(output.read_text("utf-8"))["verdict"] == "kept"

    older = tmp_path / "older.wav"
    shutil.copy(music_file, older)
    older_time = song.stat().st_mtime_ns - 10**12
    os.utime(older, ns=(older_time, older_time))
    older.replace(song)
    fstmuse("classify", song, "-o", output, "--resume")
    again = json.loads(output.read_text("utf-8"))
    assert again["verdict"] != "kept"
    assert again["file"] == identity(str(song))


def test_results_of_before_are_done_again_where_the_file_was_replaced(
    fstmuse: Run, music_file: Path, tmp_path: Path
) -> None:
    song, output = tmp_path / "song.wav", tmp_path / "all.jsonl"
    shutil.copy(music_file, song)
    fstmuse("classify", song, "-o", output)
    record = json.loads(output.read_text("utf-8"))
    del record["file"]
    kept = json.dumps({**record, "verdict": "kept"}) + "\n"
    output.write_text(kept, "utf-8")
    fstmuse("classify", song, "-o", output, "--resume")
    assert json.loads(output.read_text("utf-8"))["verdict"] == "kept"

    os.utime(output, ns=(1, 1))
    fstmuse("classify", song, "-o", output, "--resume")
    assert json.loads(output.read_text("utf-8"))["verdict"] != "kept"


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+x", "-x", "@x", "'=1", "''=1", "'", "''", "' =", "'Round Midnight", " =1"),
        *("-", "'-", "＝1", "Rock", "", "a'=b", "'\t", "don't"),  # noqa: RUF001
    ],
)
def test_what_a_table_escapes_is_read_as_it_was(text: str) -> None:
    assert plain(str(cell(text))) == text
    assert plain(plain(str(cell(cell(text))))) == text


def test_an_exported_data_set_is_read_as_it_was(tmp_path: Path) -> None:
    names = ["=1+1.wav", "-x.wav", "'=y.wav", '@z, "q".wav', "new\nline.wav", "＋.wav"]  # noqa: RUF001
    tracks = [
        Track(tmp_path / f"sub{n}" / name, f"-Genre{n}", f"={n}", f"'@{n}", 30.0)
        for n, name in enumerate(names)
    ]
    tracks.append(Track(tmp_path / "-top.wav", "@Home", "+44", "-", 30.0))
    for track in tracks:
        track.path.parent.mkdir(exist_ok=True)
        track.path.touch()
    file = tmp_path / "manifest.csv"
    assert export_manifest(Collection(tmp_path, "manifest", tuple(tracks)), file) == []

    read = read_manifest(file, [])

    assert [(t.path, t.genre, t.artist, t.title) for t in read] == [
        (t.path, t.genre, t.artist, t.title) for t in tracks
    ]
    for row in csv.reader(io.StringIO(file.read_text("utf-8"), newline="")):
        assert not any(value.startswith(tuple("=+-@")) for value in row)


def test_no_module_writes_tables_by_itself(pytestconfig: pytest.Config) -> None:
    found = {
        path.name
        for path in (pytestconfig.rootpath / "src").rglob("*.py")
        if re.search(r"csv\.(writer|DictWriter)", path.read_text("utf-8"))
    }
    # Names of genres on a line are no table.
    assert found == {"tables.py", "genres.py"}
