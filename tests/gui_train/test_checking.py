"""The doctor of the core, as the panel tells of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from fstmuse_gui.train.checking import check_files


def test_bad_files_and_copies_are_told_of(tmp_path: Path) -> None:
    t = np.arange(22_050 * 4) / 22_050
    for genre, pitch in (("rock", 110.0), ("folk", 330.0)):
        (tmp_path / genre).mkdir()
        for number in range(2):
            sound = 0.3 * np.sin(2 * np.pi * pitch * (1 + number / 10) * t)
            soundfile.write(tmp_path / genre / f"{number}.wav", sound, 22_050)
    (tmp_path / "rock" / "copy.wav").write_bytes((tmp_path / "rock" / "0.wav").read_bytes())
    (tmp_path / "rock" / "broken.wav").write_bytes(b"no sound at all")
    steps: list[tuple[int, int]] = []
    report = check_files(str(tmp_path), lambda n, total: steps.append((n, total)), lambda: False)
    assert {count.genre: count.clips for count in report.survey.genres} == {"Rock": 3, "Folk": 2}
    assert any("there more than once" in sentence for sentence in report.findings)
    assert any("broken.wav" in entry for entry in report.set_aside)
    assert steps
    assert steps[-1][0] == steps[-1][1]
    assert "broken.wav" in report.exports[".md"]
    assert json.loads(report.exports[".json"])["set_aside"]
