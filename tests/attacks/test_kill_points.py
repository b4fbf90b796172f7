"""Whatever changes the user's files is killed at its changes, one after another.

The quick part takes some of them; ``-m long`` takes every one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_QUICK_KILLS = 8
# Not as the main module, which every process of a pool would import anew, with all it needs.
_ROUNDS = "from tests.attacks.kill_rounds import main; main()"
_SOURCE = Path(__file__).with_name("kill_points.c")

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc"),
    reason="kills come from a preloaded library, which needs Linux and a C compiler",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kill-points") / "kill_points.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", path, _SOURCE, "-ldl"], check=True)
    return path


def kill(name: str, library: Path, folder: Path, root: Path, every: int) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", _ROUNDS, name, folder, str(every)],
        cwd=root,
        env={**os.environ, "LD_PRELOAD": str(library), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    counted: dict[str, int] = json.loads(done.stdout)
    return counted


# A kill may come at so many places: some of each in every run.
_DISTANCES = {
    "tag-writing": 23, "tag-undo": 19, "corrections": 5, "library-scan": 29, "features": 13,
    "model-replaced": 5, "model-renamed": 2, "model-deleted-and-restored": 1,
    "model-exported": 2, "checkpoint": 5, "whole-file": 1,
    "model-imported": 7, "model-restored-beside-another": 2, "settings": 4, "results-resumed": 3,
    "tag-second-batch": 11, "run-discarded": 4, "run-finished": 13, "library-written": 19,
    "sound-saved": 5, "fingerprints": 8,
}  # fmt: skip


@pytest.mark.parametrize("name", _DISTANCES)
def test_a_kill_at_some_changes_loses_nothing(
    name: str, library: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    counted = kill(name, library, tmp_path, pytestconfig.rootpath, _DISTANCES[name])
    assert counted["kills"] >= min(2, counted["changes"])


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", _DISTANCES)
def test_a_kill_at_any_change_loses_nothing(
    name: str, library: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    counted = kill(name, library, tmp_path, pytestconfig.rootpath, 1)
    # The number of changes may differ a little from run to run, with the clock.
    assert counted["kills"] >= 0.9 * counted["changes"] > 0
