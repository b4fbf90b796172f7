"""One file or folder of many that cannot be read costs only itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def barred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file and a folder that may not be read, whoever runs the tests."""
    (tmp_path / "barred").mkdir()
    (tmp_path / "barred.wav").write_bytes(b"RIFF")
    real_access, real_open, real_scandir = os.access, os.open, os.scandir

    def is_barred(path: Any) -> bool:
        return Path(os.fsdecode(path)).name.startswith("barred")

    def access(path: Any, mode: int, **named: Any) -> bool:
        return not is_barred(path) and real_access(path, mode, **named)

    def open_(path: Any, *given: Any, **named: Any) -> int:
        if is_barred(path):
            raise PermissionError(13, "Permission denied", path)
        return real_open(path, *given, **named)

    def scandir(path: Any = ".") -> Any:
        if is_barred(path):
            raise PermissionError(13, "Permission denied", path)
        return real_scandir(path)

    monkeypatch.setattr(os, "access", access)
    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(os, "scandir", scandir)
    return tmp_path


@pytest.mark.parametrize("name", ["barred.wav", "barred", "none.wav"])
def test_classify_does_the_others(fstmuse: Run, music_file: Path, barred: Path, name: str) -> None:
    outcome = fstmuse("classify", barred / name, music_file, "--format", "jsonl")

    assert outcome.code == 1
    assert len(outcome.out.splitlines()) == 2
    assert len(outcome.complaints) == 1
    assert outcome.complaints[0].startswith(f"fstmuse: {barred / name}")


def test_correct_does_the_others(
    fstmuse: Run, music_file: Path, barred: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = str(barred / "data")
    monkeypatch.setenv("XDG_DATA_HOME", data)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: data)

    outcome = fstmuse("correct", barred / "barred.wav", music_file, "--genre", "Jazz")

    assert outcome.code == 1
    assert sum(line.startswith("fstmuse: ") for line in outcome.complaints) == 1
    assert "song.wav" in outcome.out
