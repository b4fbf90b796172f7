"""Writing tags with a decoder that crashes when old and new sound are compared."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile

from fstmuse_core.cli import main
from fstmuse_core.tags.formats import open_tags
from tests.limits.conftest import ROOT
from tests.limits.test_command import one_line, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="made of Linux's own means")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Environment in which comparing does what a file's name says, and with a home of its own."""
    site = tmp_path / "site"
    site.mkdir()
    lines = "from tests.limits.faulty_child import break_proof\nbreak_proof()\n"
    (site / "sitecustomize.py").write_text(lines)
    paths = os.pathsep.join([str(site), str(ROOT / "src"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": paths, "XDG_DATA_HOME": str(tmp_path / "home")}


def songs(folder: Path, music: Any, names: list[str]) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{name}.wav" for name in names]
    for path in paths:
        soundfile.write(path, music, 22_050)
    return paths


def results(folder: Path, paths: list[Path]) -> Path:
    known = {"model": "m", "model_sha256": "0" * 64, "genre": "Rock"}
    lines = [
        json.dumps({"path": str(path), **known, "probabilities": {"Rock": 0.9}}) for path in paths
    ]
    file = folder / "results.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


@pytest.mark.parametrize("fault", ["crash", "abort"])
def test_a_crash_while_writing_costs_one_file(
    fault: str, tmp_path: Path, music: Any, environment: dict[str, str]
) -> None:
    first, bad, worse, last = songs(tmp_path / "music", music, ["a", fault, f"{fault}2", "b"])
    before = {path: path.read_bytes() for path in (first, bad, worse, last)}

    ended = run(
        "tag", "write", results(tmp_path, [first, bad, worse, last]), env=environment, cwd=tmp_path
    )

    assert ended.returncode == 1
    assert "2 files written, 2 failed\nto take it back: fstmuse tag undo " in ended.stdout
    told = ended.stderr.splitlines(keepends=True)
    assert [
        f"{path}: the process that read it crashed (SIG" in line
        for path, line in zip((bad, worse), told, strict=True)
    ] == [True, True]
    assert all(map(one_line, told))
    assert [open_tags(path).genres for path in (first, last)] == [("Rock",)] * 2
    assert (bad.read_bytes(), worse.read_bytes()) == (before[bad], before[worse])
    assert sorted(first.parent.iterdir()) == sorted(before), "no copy is left"

    listed = run("tag", "list", env=environment)
    assert "2 files" in listed.stdout
    assert "being written" not in listed.stdout, "the journal was closed"
    assert run("tag", "undo", env=environment).returncode == 0
    assert {path: path.read_bytes() for path in before} == before


def test_what_takes_all_memory_while_writing_costs_one_file(
    tmp_path: Path, music: Any, environment: dict[str, str]
) -> None:
    good, bad = songs(tmp_path / "music", music, ["a", "eat"])

    ended = run("tag", "write", results(tmp_path, [bad, good]), env=environment)

    assert ended.returncode == 1
    assert ended.stdout.startswith("1 file written, 1 failed\n")
    assert one_line(ended.stderr)
    assert "memory a file may take" in ended.stderr or "not enough memory" in ended.stderr
    assert open_tags(good).genres == ("Rock",)


@pytest.mark.parametrize("n_songs", [1, 12])
def test_files_are_safe_where_no_copy_of_the_process_can_be_made(
    n_songs: int,
    tmp_path: Path,
    music: Any,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PYTHONPATH", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.setattr("fstmuse_core.system.isolated.can_fork", lambda: False)
    names = ["crash", "crash-early", *(f"song{number}" for number in range(n_songs))]
    bad, early, *good = songs(tmp_path / "music", music[:22_050], names)

    assert main(["tag", "write", str(results(tmp_path, [bad, early, *good]))]) == 1

    assert [open_tags(path).genres for path in good] == [("Rock",)] * n_songs
    assert (open_tags(bad).genres, open_tags(early).genres) == ((), ())
