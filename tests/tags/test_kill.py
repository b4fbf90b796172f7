"""A process that writes tags is killed at random moments, many times."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROUNDS = 30


@pytest.mark.skipif(sys.platform != "linux", reason="it forks, so that many kills take no time")
def test_files_are_old_or_new_after_every_kill_and_undo_gives_them_back(
    take: Callable[..., Path], journal: Path, pytestconfig: pytest.Config
) -> None:
    for name in ("id3v24.mp3", "song.flac", "song.ogg", "song.wav", "song.aiff", "id3v23.mp3"):
        music = take(name).parent
    done = subprocess.run(
        [sys.executable, "-m", "tests.tags.kill_writer", music, journal, str(ROUNDS), "7"],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert sum(seen.get(share, 0) for share in ("none", "some", "all")) >= ROUNDS
    # The kills do come in the middle.
    assert seen.get("some", 0) >= ROUNDS // 5
    assert seen.get("undo", 0) > 0
