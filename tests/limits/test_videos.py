"""Folders with videos that take FFmpeg down when their sound tracks are looked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile

from fstmuse_core.audio.sound_files import find_audio_files
from fstmuse_core.library.scan import FoundFile, scan
from tests.limits.test_command import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="made of Linux's own means")
VIDEO = b"\x1a\x45\xdf\xa3" + bytes(60)
NAMES = ["crash.mkv", "crash2.mkv", "eat.mkv", "song.wav"]


@pytest.fixture
def folder(tmp_path: Path, music: Any) -> Path:
    root = tmp_path / "music"
    root.mkdir()
    for name in NAMES[:3]:
        (root / name).write_bytes(VIDEO)
    soundfile.write(root / "song.wav", music, 22_050)
    return root


@pytest.fixture
def broken_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the videos that were opened in this process."""
    opened: list[str] = []
    monkeypatch.setattr(
        "fstmuse_core.audio.sound_files.open_container", lambda part: opened.append(part.path.name)
    )
    return opened


def test_a_folder_goes_on_behind_videos_that_crash(
    folder: Path, faulty_twice: dict[str, str]
) -> None:
    ended = run("classify", folder, "--format", "jsonl", env=faulty_twice)

    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert [name in line for name, line in zip(NAMES, lines, strict=True)] == [True] * 4
    assert ['"error"' in line for line in lines] == [True, True, True, False]


@pytest.mark.usefixtures("started_anew")
def test_the_window_finds_the_rest_of_a_folder(folder: Path, broken_here: list[str]) -> None:
    assert [path.name for path in find_audio_files([folder])] == NAMES
    assert broken_here == []


@pytest.mark.usefixtures("started_anew")
def test_a_scan_finds_the_rest_of_a_folder(folder: Path, broken_here: list[str]) -> None:
    found = [item for item in scan([str(folder)]) if isinstance(item, FoundFile)]
    assert [Path(item.path).name for item in found] == NAMES
    assert broken_here == []


@pytest.mark.usefixtures("started_anew")
@pytest.mark.parametrize("find", [find_audio_files, scan])
def test_a_video_that_hangs_can_be_given_up(find: Any, tmp_path: Path) -> None:
    (tmp_path / "hang.mkv").write_bytes(VIDEO)
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 10

    assert len(list(find([str(tmp_path)], cancelled=cancelled))) <= 1
    assert len(asked) > 10
