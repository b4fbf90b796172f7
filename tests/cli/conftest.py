"""The command line, in this process and in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from fstmuse_core.bundle.bundle import Bundle, load_bundle, shipped_models_folder
from fstmuse_core.cli import main
from fstmuse_core.system.isolated import IsolatedWork

COMMAND = [sys.executable, "-m", "fstmuse_core.cli"]


@dataclass(frozen=True)
class Outcome:
    """What a run of the command gave."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def complaints(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()


@pytest.fixture(autouse=True)
def no_own_models(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Models of whoever runs the tests must not stand in for the shipped ones."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "data"))


class Run(Protocol):
    def __call__(self, *arguments: str | Path) -> Outcome: ...


@pytest.fixture
def fstmuse(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process: ``fstmuse("classify", path, ...)``."""

    def run(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def start() -> Run:
    """Runs the command in a process of its own."""

    def run(*arguments: str | Path) -> Outcome:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=240,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        return Outcome(
            done.returncode,
            done.stdout.decode("utf-8", "surrogateescape"),
            done.stderr.decode("utf-8", "surrogateescape"),
        )

    return run


@pytest.fixture(scope="session")
def shipped() -> Bundle:
    """The model that is used when none is named."""
    return load_bundle(shipped_models_folder() / "fst-muse")


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``classify`` work in this process, where stand-ins are known.

    A copy of it would be held to less memory than the tests before may have left in it.
    """

    def each_here(
        work: Callable[[Any], Any], items: Sequence[Any], path_of: Callable[[Any], str], *told: Any
    ) -> Iterator[Any]:
        with IsolatedWork(work, path_of) as here:
            for item in items:
                yield here.result(item, *told)

    monkeypatch.setattr("fstmuse_core.system.isolated.can_fork", lambda: False)
    monkeypatch.setattr("fstmuse_core.cli.classify.each_isolated", each_here)
