"""The doctor of the core, as the panel tells of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from fstmuse_core.datasets.survey import SetCount, check_files


def test_bad_files_and_copies_are_told_of(tones: Path, tmp_path: Path) -> None:
    shutil.copytree(tones, tmp_path, dirs_exist_ok=True)
    (tmp_path / "rock" / "copy.wav").write_bytes((tmp_path / "rock" / "0.wav").read_bytes())
    (tmp_path / "rock" / "broken.wav").write_bytes(b"no sound at all")
    steps: list[tuple[int, int]] = []
    report = check_files(
        (SetCount(str(tmp_path)),), lambda n, total: steps.append((n, total)), lambda: False
    )
    assert {count.genre: count.clips for count in report.survey.genres} == {"Rock": 3, "Folk": 2}
    assert any("there more than once" in sentence for sentence in report.findings)
    assert any("broken.wav" in entry for entry in report.set_aside)
    assert steps
    assert steps[-1][0] == steps[-1][1]
    assert "broken.wav" in report.exports[".md"]
    assert json.loads(report.exports[".json"])["set_aside"]


def test_copies_across_data_sets_are_told_of(tones: Path, tmp_path: Path) -> None:
    shutil.copytree(tones / "rock", tmp_path / "rock")
    sets = (SetCount(str(tones)), SetCount(str(tmp_path)))
    report = check_files(sets, lambda _n, _total: None, lambda: False)
    assert report.survey.name == "2 data sets"
    assert {count.genre: count.clips for count in report.survey.genres} == {"Rock": 4, "Folk": 2}
    assert any("2 sounds are there more than once" in sentence for sentence in report.findings)
    assert "several data sets" in report.exports[".md"]
