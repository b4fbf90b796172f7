"""Damaged files of every kind that comes from outside: read or refused, and nothing else.

The quick part reads some of each kind; ``-m long`` reads thousands.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.mutated_kinds import KINDS

_QUICK, _LONG = 60, 3_000

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="each file is read in a fork, whose memory Linux counts"
)


def check(kind: str, folder: Path, root: Path, count: int, seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks.mutated_rounds", kind, folder, f"{count}", f"{seed}"],
        cwd=root,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    told = json.loads(done.stdout)
    assert not told["failures"], "\n".join(told["failures"]) + done.stderr[-4_000:]
    assert sum(told["seen"].values()) == count
    # Damage that nobody notices would be no test.
    assert told["seen"].get("refused", 0) > 0 or not KINDS[kind].refuses


@pytest.mark.parametrize("kind", KINDS)
def test_some_damaged_files_are_read_or_refused_in_one_line(
    kind: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    check(kind, tmp_path, pytestconfig.rootpath, _QUICK, 1)


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_damaged_files_are_read_or_refused_in_one_line(
    kind: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    check(kind, tmp_path, pytestconfig.rootpath, _LONG, 2)
