"""``fstmuse tag``: from results on disk or the library to tags, and back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.cli import main
from fstmuse_core.cli.tag.planning import read_results
from fstmuse_core.library.database import open_library
from fstmuse_core.library.rows import ReviewKind
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.replacement import put_in_place
from tests.library_out.conftest import MODEL, Shelf, answer
from tests.tags.conftest import everything

Take = Callable[..., Path]
Outcome = tuple[int, str, str]


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test may touch the library or the batches of whoever runs it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def tag(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    def run(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        code = main(["tag", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def record(path: Path, **values: Any) -> dict[str, Any]:
    scores = {"Rock": 0.8, "Pop": 0.3}
    known = {"model": "fst-muse", "model_sha256": "1a2b3c4d" * 8, "genre": "Rock"}
    return {"path": str(path), **known, "probabilities": scores, **values}


def results(folder: Path, *records: dict[str, Any]) -> Path:
    file = folder / "results.jsonl"
    file.write_text("".join(json.dumps(values) + "\n" for values in records))
    return file


def test_results_are_previewed_written_listed_and_undone(
    tag: Callable[..., Outcome], take: Take, tmp_path: Path
) -> None:
    bare, full, unsure = take("bare.mp3"), take("song.flac"), take("song.ogg")
    file = results(tmp_path, record(bare), record(full), record(unsure, genre=None))
    before = everything(bare.parent)

    code, out, err = tag("preview", file)
    assert (code, out) == (0, f"- > Rock  {bare}\n")
    assert err == "fstmuse: 1 file to be written, 2 left as they are; why: --all\n"
    code, out, _ = tag("preview", file, "--all", "--mode", "append")
    assert out.splitlines()[1] == f"Polka > Polka; Rock  {full}"
    assert out.splitlines()[2] == f"- (kept)             {unsure}: the model is not sure"
    code, out, _ = tag("preview", file, "--format", "json", "--genres", "2", "--mode", "replace")
    assert [values["new"] for values in json.loads(out)] == [["Rock", "Pop"]] * 2 + [[]]
    assert everything(bare.parent) == before
    assert tag("list") == (
        0,
        "",
        "fstmuse: no tags were written yet; see: fstmuse tag preview --help\n",
    )

    code, out, err = tag("write", file, "--mode", "replace", "--no-note")
    first, second = out.splitlines()
    assert (code, first, err) == (0, "2 files written, 1 left as they are", "")
    batch = second.removeprefix("to take it back: fstmuse tag undo ")
    assert open_tags(full).genres == ("Rock",)
    assert open_tags(full).provenance == ""
    code, out, _ = tag("list", "--format", "json")
    (summary,) = json.loads(out)
    assert (summary["id"], summary["n_written"], summary["n_undone"]) == (batch, 2, 0)

    assert tag("undo") == (0, f"2 files as before {batch}\n", "")
    assert everything(bare.parent) == before
    assert "2 files, 2 taken back" in tag("list")[1]
    assert tag("undo")[0] == 1
    assert "nothing of" in tag("undo", batch)[2]


def test_failures_are_named_and_make_the_exit_code_1(
    tag: Callable[..., Outcome], take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = take("song.flac")
    file = results(tmp_path, record(path))
    tag("write", file, "--mode", "replace")
    open_tags(path).change(("Own",), "")
    code, out, err = tag("undo")
    assert code == 1
    assert "0 files as before" in out
    assert f"{path}: it was changed since" in err
    monkeypatch.setattr("fstmuse_core.tags.batch.put_in_place", _full)
    code, out, err = tag("write", file, "--mode", "replace")
    assert (code, out) == (1, "0 files written, 1 failed\n")
    assert "the disk is full" in err


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_ctrl_c_ends_after_the_file_it_is_at(
    tag: Callable[..., Outcome], take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fstmuse_core.tags import batch

    first, second = take("bare.mp3", "1.mp3"), take("bare.mp3", "2.mp3")

    def interrupted(*arguments: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return put_in_place(*arguments)

    monkeypatch.setattr(batch, "put_in_place", interrupted)
    code, out, _ = tag("write", results(tmp_path, record(first), record(second)))
    assert code == 0
    assert out.startswith("1 file written, 1 left as they are\n")
    assert open_tags(first).genres == ("Rock",)
    assert open_tags(second).genres == ()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_library_is_the_source_and_knows_of_the_new_tags(
    tag: Callable[..., Outcome], take: Take
) -> None:
    code, _, err = tag("preview")
    assert code == 1
    assert "nothing was heard in it yet" in err
    heard, said = take("bare.mp3", "heard.mp3"), take("song.flac", "said.flac")
    with open_library() as library:
        run_files = Shelf(heard.parent, library)
        run_files.put()
        run_files.hear(
            MODEL, {"heard.mp3": answer("Rock", 0.8), "said.flac": answer("Jazz", 0.4, sure=False)}
        )
        library.review(run_files.ids("said.flac"), "Folk", ReviewKind.CORRECTED)
        code, out, _ = tag("preview", "--mode", "replace", "--least", "70")
        assert out.splitlines() == [f"- > Rock      {heard}", f"Polka > Folk  {said}"]
        tag("write", "--mode", "replace")
        rows = {row.path: row for row in library.rows(MODEL.sha256)}
        assert rows[str(heard)].tag_genre == "Rock"
        row = rows[str(said)]
        assert (row.tag_genre, row.title, row.size) == ("Folk", "Song", said.stat().st_size)
        tag("undo")
        assert library.rows(MODEL.sha256)[1].tag_genre == "Polka"
    assert tag("preview", "--folder", heard.parent / "none")[0] == 1


def test_a_percentage_that_is_no_number_is_wrong_use(
    tag: Callable[..., Outcome], take: Take, tmp_path: Path
) -> None:
    path = take("bare.mp3")
    file, before = results(tmp_path, record(path)), path.read_bytes()
    for option in ("--least", "--also-least"):
        code, _, err = tag("write", file, option, "nan")
        assert code == 2
        assert "'nan' is not a finite number" in err
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="Windows' libsndfile says nothing of it")
def test_what_the_decoder_mutters_of_a_good_mp3_is_not_shown(take: Take, tmp_path: Path) -> None:
    path = take("bare.mp3")
    # Sound enough to be heard; yet its header tells of another length.
    path.write_bytes(path.read_bytes() + bytes(5000))
    file = results(tmp_path, record(path))
    for arguments in (["write", str(file)], ["undo"]):
        done = subprocess.run(
            [sys.executable, "-m", "fstmuse_core.cli", "tag", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no results in it"),
        ("what?", "line 1 is no result"),
        ('{"path": "a"}\n{"path": 7}\n', "line 2 is no result"),
        ('{"path": "a", "probabilities": {"Rock": NaN}}\n', "line 1 is no result"),
        ('{"path": "a", "probabilities": {"Rock": "0.5"}}\n', "line 1 is no result"),
        ('{"path": "a", "probabilities": {"Rock": 2}}\n', "line 1 is no result"),
        ('{"path": "a", "path": "b"}\n', "line 1 is no result"),
        ('{"probabilities": {}}\n', "line 1 is no result"),
        ("[1, 2]", "it is no list of results"),
        ('{"path": "a"}', "line 1 is no result"),
    ],
)
def test_other_files_than_results_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(text)
    with pytest.raises(FstMuseError, match=said):
        read_results(file)
    with pytest.raises(FstMuseError, match="cannot be read"):
        read_results(tmp_path)


def test_results_that_were_cut_off_and_odd_names(tmp_path: Path) -> None:
    odd = "a\u2028b\udce9.mp3"
    file = results(tmp_path, record(Path("a.mp3"), genre=None), record(Path(odd)))
    with file.open("a") as stream:
        stream.write('{"path": "a.mp3", "probabil')
    first, second = read_results(file)
    assert (first.path, first.is_sure) == (Path("a.mp3"), False)
    assert str(second.path) == odd
    assert second.scores == {"Rock": 0.8, "Pop": 0.3}
    file.write_text(json.dumps([record(Path("a.mp3")), record(Path("a.mp3"), genre=None)]))
    (only,) = read_results(file)
    assert not only.is_sure


def test_results_of_two_models_are_refused(tmp_path: Path) -> None:
    other = record(Path("b.mp3"), model="toy-model", model_sha256="99" * 32)
    file = results(tmp_path, record(Path("a.mp3")), other)
    with pytest.raises(FstMuseError, match=r"fst-muse \(1a2b3c4d\) and toy-model \(99999999\)"):
        read_results(file)
