"""Commands by which the program starts itself, also as an app with its own Python."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fstmuse_core.system import child_process
from fstmuse_core.training import session

ROOT = Path(__file__).parents[2]


def test_a_child_runs_one_of_our_modules() -> None:
    command = child_process.child_command("fstmuse_core.cli", "--version")

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("fstmuse ")


@pytest.mark.parametrize("module", ["os", "fstmuse_core_other", "", "fstmuse"])
def test_no_other_module_is_run(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no module of this program"):
        child_process.child_command(module)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not child_process.serve_children(["fstmuse", "--run-module", module])


def test_an_app_starts_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/fstmuse/fstmuse")
    monkeypatch.setattr(sys, "argv", ["fstmuse"])

    command = child_process.child_command("fstmuse_core.cli.probe", "window")

    assert command == ["/opt/fstmuse/fstmuse", "--run-module", "fstmuse_core.cli.probe", "window"]
    assert child_process.checkout() is None
    assert child_process.serve_children(command)
    assert json.loads(capsys.readouterr().out)[0].startswith("Qt 6")


def test_outside_an_app_the_words_are_the_commands() -> None:
    assert child_process.checkout() == ROOT
    assert not child_process.serve_children(["fstmuse", "--run-module", "fstmuse_core.cli"])
    assert not child_process.serve_children(["fstmuse"])


def test_nobody_else_starts_python() -> None:
    # A frozen program has no other Python to run a module with.
    others = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "src").rglob("*.py"))
        if path.name != "child_process.py" and "sys.executable" in path.read_text("utf-8")
    ]
    assert others == []


@pytest.mark.parametrize(
    ("is_app", "sentence"),
    [
        (True, "training a network: it needs TensorFlow and Keras, which the app does not bring"),
        (False, "it needs TensorFlow and Keras, and there is no keras and no tensorflow here"),
    ],
)
def test_without_tensorflow_what_to_install_is_said_at_once(
    is_app: bool, sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[str] = []
    find_spec = importlib.util.find_spec
    absent = ("keras", "tensorflow")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in absent else find_spec(name)
    )
    monkeypatch.setattr(sys, "frozen", is_app, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    options = {"model": "toy-model", "design": "ours", "data": [str(tmp_path)], "out": "x"}

    code = session.train(options, say=told.append)

    assert code == session.FAILED
    assert sentence in told[-1]
    assert "install FstMuse with them: pip install" in told[-1]
    assert "please report" not in told[-1]
    assert list(tmp_path.rglob("run.json")) == []


def test_with_tensorflow_there_is_nothing_to_say() -> None:
    child_process.require_tensorflow("training a network")
