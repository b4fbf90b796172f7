"""Environments in which decoders are broken in every process that is started."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def faulty(tmp_path: Path) -> dict[str, str]:
    """Environment in which decoders do what a file's name says."""
    folder = tmp_path / "site"
    folder.mkdir()
    lines = "from tests.limits.faulty_child import break_decoder\nbreak_decoder()\n"
    (folder / "sitecustomize.py").write_text(lines)
    paths = [str(folder), str(ROOT / "src"), str(ROOT)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@pytest.fixture(params=[True, False], ids=["copied", "started anew"])
def faulty_twice(request: pytest.FixtureRequest, faulty: dict[str, str], tmp_path: Path) -> Any:
    """The same, also where the command cannot be copied, as on macOS and Windows."""
    if not request.param:
        with (tmp_path / "site" / "sitecustomize.py").open("a") as stream:
            stream.write("from fstmuse_core.system import child_process\n")
            stream.write("child_process.can_fork = lambda: False\n")
    return faulty


@pytest.fixture
def started_anew(monkeypatch: pytest.MonkeyPatch, faulty: dict[str, str]) -> None:
    """Processes that this one starts have broken decoders."""
    monkeypatch.setenv("PYTHONPATH", faulty["PYTHONPATH"])
    monkeypatch.setattr("fstmuse_core.system.isolated.can_fork", lambda: False)
