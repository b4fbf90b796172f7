"""``fstmuse library`` from the command line."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.classify.result import Classification
from fstmuse_core.library.rows import KnownModel, ReviewKind
from fstmuse_core.library.scan import found_files, note_files
from tests.library_out.conftest import GENRES, MODEL, OTHER, Shelf, answer

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def heard(library_store: Shelf) -> Shelf:
    """Two models have heard it; the first one more of it."""
    library_store.put("a.mp3", "b.mp3", "c.mp3", "sub/d.mp3", "sub/e.mp3")
    first: dict[str, Classification | str] = {
        "a.mp3": answer("Rock", 0.9),
        "b.mp3": answer("Rock", 0.4, sure=False),
        "c.mp3": "it is damaged",
        "sub/d.mp3": answer("Jazz", 0.8),
    }
    library_store.hear(MODEL, first, tag_genre="Rock")
    second = {"a.mp3": answer("Folk", 0.6), "b.mp3": answer("Rock", 0.6)}
    library_store.hear(OTHER, second, tag_genre="Rock")
    return library_store


def test_scan_adds_finds_and_forgets(library_store: Shelf, fstmuse: Run) -> None:
    (library_store.folder / "a.mp3").write_bytes(b"a")
    code, out, _ = fstmuse("scan", library_store.folder)
    assert (code, out) == (0, "1 sound files found; 1 new\n")
    assert fstmuse("scan")[1] == "1 sound files found; nothing is new\n"
    (library_store.folder / "a.mp3").unlink()
    assert fstmuse("scan")[1] == "0 sound files found; 1 gone\n"

    code, _, err = fstmuse("forget", library_store.folder / "other")
    assert code == 1
    assert "the library has no such folder or file; its folders: " in err
    assert fstmuse("forget", library_store.folder)[0] == 0
    assert library_store.library.folders() == []
    code, _, err = fstmuse("scan")
    assert (code, err) == (1, "fstmuse: Your library: it has no folder yet; name one with music\n")


def test_files_that_were_known_already_are_added(library_store: Shelf, fstmuse: Run) -> None:
    """fstmuse classify -o ... --resume knows them, in no folder."""
    paths = [library_store.folder / name for name in ("a.mp3", "b.mp3")]
    for path in paths:
        path.write_bytes(os.fsencode(path))
    note_files(library_store.library, found_files(map(str, paths)))
    (library_store.folder / "c.mp3").write_bytes(b"c")
    out = fstmuse("scan", library_store.folder)[1]
    assert out == "3 sound files found; 1 new, 2 added\n"
    assert fstmuse("scan")[1] == "3 sound files found; nothing is new\n"


def test_an_unknown_folder_among_several_costs_itself(library_store: Shelf, fstmuse: Run) -> None:
    other, unknown = (
        library_store.folder.with_name("other"),
        library_store.folder.with_name("unknown"),
    )
    library_store.library.add_folder(library_store.folder)
    other.mkdir()
    library_store.library.add_folder(other)

    code, out, err = fstmuse("forget", other, unknown, library_store.folder, other)

    assert code == 1
    assert [line.split(":")[0] for line in out.splitlines()] == [
        str(other),
        str(library_store.folder),
    ]
    assert err.startswith(f"fstmuse: {unknown}: the library has no such folder or file; ")
    assert err.count("\n") == 1
    assert library_store.library.folders() == []


def test_files_that_are_gone_can_be_forgotten(heard: Shelf, fstmuse: Run) -> None:
    folder, library = heard.folder, heard.library
    library.review(heard.ids("a.mp3"), "Folk", ReviewKind.CORRECTED)
    a = (folder / "a.mp3").read_bytes()
    (folder / "a.mp3").unlink()  # not scanned since
    assert fstmuse("forget", folder / "a.mp3")[:2] == (0, f"{folder}/a.mp3: 1 file forgotten\n")
    shutil.rmtree(folder / "sub")
    fstmuse("scan")
    assert fstmuse("forget", folder / "sub")[:2] == (0, f"{folder}/sub: 2 files forgotten\n")
    (folder / "b.mp3").unlink()
    fstmuse("scan")
    assert fstmuse("forget", "--gone")[:2] == (0, "1 file forgotten\n")
    assert fstmuse("forget", "--gone")[1] == "0 files forgotten\n"
    code, out, err = fstmuse("forget", folder / "c.mp3")
    assert (code, out) == (1, "")
    assert err.startswith(f"fstmuse: {folder}/c.mp3: it is still there, ")
    assert [row.path for row in library.rows("")] == [str(folder / "c.mp3")]
    assert fstmuse("forget")[0] == 2

    (folder / "a.mp3").write_bytes(a)
    fstmuse("scan")
    library_ids = heard.ids("a.mp3")
    with library.writing() as db:
        (content,) = db.execute("SELECT content FROM reviews").fetchone()
        db.execute("UPDATE files SET content = ? WHERE id = ?", (content, library_ids[0]))
    (row,) = library.rows(MODEL.sha256, file_ids=library_ids)
    assert (row.genre, row.review_genre) == ("Rock", "Folk"), "what was said is kept"


def test_the_encoding_of_old_tags_can_be_chosen(library_store: Shelf, fstmuse: Run) -> None:
    from mutagen.id3 import ID3, TIT2

    path = library_store.folder / "a.mp3"
    path.write_bytes(bytes(500))
    tags = ID3()
    tags.add(TIT2(encoding=0, text="Včely".encode("cp1250").decode("latin-1")))
    tags.save(path)
    before = path.read_bytes()
    assert fstmuse("scan", library_store.folder, "--tag-encoding", "windows-1250")[0] == 0
    assert [row.title for row in library_store.library.rows("")] == ["Včely"]
    assert library_store.library.tag_encoding() == "cp1250"
    assert fstmuse("scan", "--tag-encoding", "auto")[0] == 0
    assert [row.title for row in library_store.library.rows("")] == ["Vèely"]
    code, _, err = fstmuse("scan", "--tag-encoding", "klingon")
    assert (code, "this encoding is not known" in err) == (1, True)
    assert path.read_bytes() == before


def test_list_shows_what_was_heard(heard: Shelf, fstmuse: Run) -> None:
    heard.library.review(heard.ids("sub/d.mp3"), "Folk", ReviewKind.CORRECTED)
    code, out, err = fstmuse("list")
    assert code == 0
    lines = [line.replace(str(heard.folder), "").replace(os.sep, "/") for line in out.splitlines()]
    assert lines == [
        " 90 %  Rock     /a.mp3",
        " 40 %  (Rock)   /b.mp3",
        "    -  failed   /c.mp3: it is damaged",
        " 80 %  Folk *   /sub/d.mp3",
        "    -  waiting  /sub/e.mp3",
    ]
    assert err == ("first: 3 files heard, 1 not sure, 1 failed, 1 waiting, 1 reviewed by you\n")


def test_the_last_line_of_a_list_is_about_what_is_listed(heard: Shelf, fstmuse: Run) -> None:
    assert fstmuse("list", "--genre", "Rock")[2] == "first: 1 of 5 files listed, 1 heard\n"
    assert fstmuse("list", "--state", "failed")[2] == (
        "first: 1 of 5 files listed, 0 heard, 1 failed\n"
    )


def test_list_of_some(heard: Shelf, fstmuse: Run) -> None:
    def listed(*options: str | Path) -> list[str]:
        found = json.loads(fstmuse("list", "--format", "json", *options)[1])
        return [Path(record["path"]).name for record in found]

    assert listed("--genre", "hard rock") == ["a.mp3"]
    assert listed("--not-sure") == ["b.mp3"]
    assert listed("--state", "failed") == ["c.mp3"]
    assert listed("--folder", heard.folder / "sub") == ["d.mp3", "e.mp3"]
    assert listed("--model", OTHER.sha256[:8], "--genre", "folk") == ["a.mp3"]
    code, _, err = fstmuse("list", "--folder", heard.folder / "su")
    assert code == 1
    assert "the library has no file in it" in err
    code, _, err = fstmuse("list", "--model", "nobody")
    assert code == 2
    assert "there is no model by that name" in err


def test_export_to_a_file_and_to_the_screen(heard: Shelf, fstmuse: Run, tmp_path: Path) -> None:
    code, _, err = fstmuse("export", tmp_path / "all.jsonl")
    assert (code, err) == (0, f"5 files in {tmp_path / 'all.jsonl'}\n")
    assert len((tmp_path / "all.jsonl").read_text("utf-8").splitlines()) == 5
    code, out, _ = fstmuse("export", "-", "--state", "done")
    assert code == 0
    assert [line.split(",")[0] for line in out.splitlines()] == [
        "path",
        *(str(heard.folder / name) for name in ("a.mp3", "b.mp3", "sub/d.mp3")),
    ]
    assert fstmuse("export", tmp_path / "all.xml")[0] == 1
    assert fstmuse("export", tmp_path / "none" / "all.csv")[0] == 2


def test_playlists(heard: Shelf, fstmuse: Run, tmp_path: Path) -> None:
    target = tmp_path / "lists"
    code, out, _ = fstmuse("playlists", target, "--least", "85")
    assert (code, out) == (0, f"{target / 'Rock.m3u8'}: 1 file\n")
    code, _, err = fstmuse("playlists", target, "--min-files", "5")
    assert code == 1
    assert "no genre has enough files" in err
    code, _, err = fstmuse("playlists", tmp_path / "none", "--least", "nan")
    assert code == 2
    assert "'nan' is not a finite number" in err
    assert not (tmp_path / "none").exists()


def test_report(heard: Shelf, fstmuse: Run, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert fstmuse("report", target, "--tags")[0] == 0
    text = target.read_text("utf-8")
    assert "The first" in text
    assert "Against the genres that were there" in text


def test_truth_from_tags_and_reviews(heard: Shelf, fstmuse: Run) -> None:
    code, out, _ = fstmuse("truth")
    assert code == 0
    assert "Of 3 labelled files the model names a genre for 2; of these" in out
    assert "names 1 of 2 as labelled (95 %: " in out
    assert f"80 % Jazz, not Rock: {heard.folder / 'sub' / 'd.mp3'}" in out
    assert "Tags are opinions too" in out

    heard.library.review(heard.ids("a.mp3"), "Rock", ReviewKind.ACCEPTED)
    found = json.loads(fstmuse("truth", "--reviews", "--format", "json")[1])
    assert (found["model"], found["compared"], found["agreed"]) == ("first", 1, 1)
    assert found["confusion"] == [{"labelled": "Rock", "named": "Rock", "files": 1}]
    assert fstmuse("truth", "--reviews", "--beets", "x.db")[0] == 2
    assert fstmuse("truth", "--beets", "x.db")[0] == 1


def test_compare(heard: Shelf, fstmuse: Run) -> None:
    code, out, _ = fstmuse("compare", "first", "second")
    assert code == 0
    assert "Of 2 files that both have heard, 0 stay what they were" in out
    assert "1 more files only The first has heard." in out
    assert f"Rock -> Folk: {heard.folder / 'a.mp3'}" in out
    assert "On 2 labelled songs" in out
    assert "  The first: 2 of 2 as labelled (95 %: " in out or "  The first: 1 of 2 as" in out

    found = json.loads(fstmuse("compare", "first", "second", "--format", "json")[1])
    assert (found["renamed"], found["now_sure"], found["labelled"]["clips"]) == (1, 1, 2)
    code, _, err = fstmuse("compare", "first", MODEL.sha256)
    assert code == 1
    assert "are one model" in err


def test_it_is_said_that_a_model_was_trained_on_the_library(
    library_store: Shelf, fstmuse: Run
) -> None:
    bundle = find_bundle("toy-model")
    with (bundle.path / "TRACKS.csv").open(encoding="utf-8", newline="") as stream:
        song = next(csv.DictReader(stream))
    model = KnownModel(bundle.sha256, bundle.name, "", GENRES, 0)
    tags = {"artist": song["artist"], "title": song["title"], "tag_genre": "Rock"}
    library_store.put("a.mp3")
    library_store.hear(model, {"a.mp3": answer("Rock", 0.9)}, **tags)

    assert "Mind: of ToyModel, it was trained on 1 of these 1 songs" in fstmuse("truth")[1]
    library_store.hear(OTHER, {"a.mp3": answer("Rock", 0.9)}, **tags)
    out = fstmuse("compare", "second", "toy-model")[1]
    first, second, result = out.splitlines()[:3]
    assert first.startswith("Mind: of The second, it is no longer installed, so nothing tells")
    assert second.startswith("Mind: of ToyModel, it was trained on 1 of these 1 songs")
    assert result.startswith("Of 1 file")


def test_a_model_that_has_heard_nothing_is_said(heard: Shelf, fstmuse: Run) -> None:
    code, _, err = fstmuse("compare", "first", "fst-muse")
    assert code == 1
    assert "fstmuse library classify --model fst-muse" in err
    assert fstmuse("compare", "first", "toy-gan")[0] == 2


def test_classify_says_when_there_is_nothing_to_do(library_store: Shelf, fstmuse: Run) -> None:
    code, _, err = fstmuse("classify")
    assert code == 1
    assert "it has no folder yet" in err
    library_store.put()
    assert fstmuse("classify") == (0, "nothing waits to be heard by fst-muse\n", "")


def test_classify_hears_what_waits(
    library_store: Shelf, fstmuse: Run, make_file: Callable[..., Path]
) -> None:
    make_file("music/song.wav")
    library_store.put("bad.mp3")
    code, out, _ = fstmuse("classify", "--model", "toy-model")
    assert (code, out) == (1, "1 file heard, 1 failed\n")
    code, out, _ = fstmuse("classify", "--model", "toy-model", "--retry")
    assert (code, out) == (1, "0 files heard, 1 failed\n")
