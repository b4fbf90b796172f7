"""What an export says, and what it must not do to a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path

import pytest

from fstmuse_core.library.export import Layout, export_library, layout_of, write_library
from fstmuse_core.library.rows import ReviewKind
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.tables import cell
from tests.library_out.conftest import MODEL, Shelf, answer


def hear(library_store: Shelf, **tags: str) -> None:
    library_store.put("a.mp3", "b.mp3", "c.mp3", "d.mp3")
    library_store.hear(
        MODEL,
        {
            "a.mp3": answer("Rock", 0.9),
            "b.mp3": answer("Jazz", 0.4, sure=False),
            "c.mp3": "it is damaged",
        },
        **tags,
    )
    library_store.library.review(library_store.ids("b.mp3"), "Folk", ReviewKind.CORRECTED)


def test_json_calls_things_as_classify_does(library_store: Shelf, tmp_path: Path) -> None:
    hear(library_store, artist="Anna", tag_genre="Schlager")
    target = tmp_path / "all.json"

    assert export_library(library_store.library, MODEL, target) == 4

    a, b, c, d = json.loads(target.read_text("utf-8"))
    assert a["path"] == str(library_store.folder / "a.mp3")
    assert (a["genre"], a["likeliest"], a["said"], a["confidence"]) == ("Rock", "Rock", "Rock", 0.9)
    assert a["probabilities"] == {"Rock": 0.9, "Folk": 0.05, "Jazz": 0.05}
    assert set(answer("Rock", 0.9).to_dict()) - {"warnings"} <= set(a)
    assert (a["artist"], a["tag_genre"], a["model"]) == ("Anna", "Schlager", "first")
    assert (b["genre"], b["likeliest"], b["said"]) == (None, "Jazz", "Folk")
    assert (b["not_sure_because"], b["review"]) == ("undecided", "corrected")
    assert (c["state"], c["error"], c["confidence"]) == ("failed", "it is damaged", None)
    assert (d["state"], d["probabilities"]) == ("waiting", {})


def test_csv_has_a_column_for_each_genre(library_store: Shelf, tmp_path: Path) -> None:
    hear(library_store, title='He said "no",\nor so')
    target = tmp_path / "all.CSV"
    export_library(library_store.library, MODEL, target)

    assert target.read_bytes().startswith(b"\xef\xbb\xbf")  # so that spreadsheets see UTF-8
    with target.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["state"] for row in rows] == ["done", "done", "failed", "waiting"]
    assert rows[0]["title"] == 'He said "no",\nor so'
    assert (rows[0]["Rock"], rows[0]["Folk"], rows[3]["Rock"]) == ("0.9", "0.05", "")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "=1", "=cmd|' /C calc'!A0"],
)
def test_no_text_becomes_a_formula(library_store: Shelf, text: str) -> None:
    shown = "'" + text.replace("\r", "\n")
    assert cell(text) == shown

    hear(library_store, artist=text, title="fine")
    stream = io.StringIO()
    write_library(library_store.library, MODEL, stream, Layout.CSV)
    stream.seek(0)
    first = next(csv.DictReader(stream))
    assert (first["artist"], first["title"]) == (shown, "fine")


def test_numbers_and_plain_texts_stay_what_they_are() -> None:
    assert [cell(value) for value in (-1.5, None, "Rock", "a=b", "")] == [
        -1.5,
        None,
        "Rock",
        "a=b",
        "",
    ]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_a_name_that_is_no_text_comes_back(library_store: Shelf, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9 \xff.mp3")
    library_store.put(name)
    target = tmp_path / "all.jsonl"
    export_library(library_store.library, MODEL, target)

    (line,) = target.read_text("utf-8").splitlines()
    assert Path(json.loads(line)["path"]).read_bytes() == os.fsencode(name)
    export_library(library_store.library, MODEL, tmp_path / "all.csv")
    assert r"\udce9" in (tmp_path / "all.csv").read_text("utf-8")


def test_an_empty_library_is_valid_too(library_store: Shelf, tmp_path: Path) -> None:
    assert export_library(library_store.library, MODEL, tmp_path / "all.json") == 0
    assert json.loads((tmp_path / "all.json").read_text()) == []


def test_the_old_file_stays_if_it_cannot_be_replaced(library_store: Shelf, tmp_path: Path) -> None:
    with pytest.raises(FstMuseError, match=r"all\.csv: it cannot be written"):
        export_library(library_store.library, MODEL, tmp_path / "nowhere" / "all.csv")
    with pytest.raises(FstMuseError, match="does not say what is to be written"):
        layout_of(Path("all.xlsx"))
