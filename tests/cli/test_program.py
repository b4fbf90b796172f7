"""The command as a whole: help, version, sub-commands, what it loads, how it hands over."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import pytest

from fstmuse_core import __version__

from .conftest import Run

HEAVY = (
    *("tensorflow", "keras", "tensorflow_io", "PySide6", "pyqtgraph", "sounddevice", "librosa"),
    *("PIL", "jinja2", "msgspec", "sklearn"),
)


def loaded_by(statement: str, depth: int = 1) -> set[str]:
    """Modules in a bare interpreter after ``statement``, by the first parts of their names."""
    names = f"{{'.'.join(name.split('.')[:{depth}]) for name in sys.modules}}"
    code = f"import sys\n{statement}\nprint(*{names})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_help_names_every_command(fstmuse: Run) -> None:
    outcome = fstmuse("--help")

    assert outcome.code == 0
    for command in ("classify", "correct", "spectrogram", "models", "data", "doctor", "gui"):
        assert f"  {command} " in outcome.out


@pytest.mark.parametrize(
    "command", ["classify", "correct", "spectrogram", "models", "data", "doctor", "gui"]
)
def test_every_command_has_help(fstmuse: Run, command: str) -> None:
    outcome = fstmuse(command, "--help")

    assert outcome.code == 0
    assert outcome.out.startswith(f"Usage: fstmuse {command}")


def test_version(fstmuse: Run) -> None:
    assert fstmuse("--version").out == f"fstmuse {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["dance"], ["--loud"], ["classify"], ["classify", "x.wav", "--top", "0"], ["models", "sing"]],
)
def test_wrong_use_is_said_and_ends_with_2(fstmuse: Run, arguments: list[str]) -> None:
    outcome = fstmuse(*arguments)

    assert outcome.code == 2
    assert outcome.out == ""
    assert "Error:" in outcome.err


def test_help_loads_nothing_heavy() -> None:
    statement = "from fstmuse_core.cli import main; sys.stdout = sys.stderr; main(['--help'])"

    loaded = loaded_by(statement + "; sys.stdout = sys.__stdout__")

    assert loaded.isdisjoint({*HEAVY, "numpy", "scipy", "rich", "ai_edge_litert", "platformdirs"})


def test_classifying_loads_neither_tensorflow_nor_qt() -> None:
    commands = ("classify", "correct", "spectrogram", "models", "data", "doctor", "gui")
    modules = [f"fstmuse_core.cli.{name}" for name in commands]
    modules += [
        "fstmuse_core.classify.classifier",
        "fstmuse_core.cli.common.results",
        "fstmuse_core.cli.spectrogram",
    ]

    loaded = loaded_by(f"import {', '.join(modules)}, ai_edge_litert.interpreter")

    assert "numpy" in loaded
    assert loaded.isdisjoint({*HEAVY, "rich"})


@pytest.mark.parametrize("in_a_copy", [True, False])
def test_one_clip_loads_no_library_and_no_pool_for_many(music_file: Path, in_a_copy: bool) -> None:
    statement = (
        "import fstmuse_core.system.child_process as children\n"
        f"if not {in_a_copy}: children.can_fork = lambda: False\n"
        "from fstmuse_core.cli import main\n"
        f"sys.stdout = sys.stderr; assert main(['classify', {str(music_file)!r}]) == 0\n"
        "sys.stdout = sys.__stdout__"
    )

    loaded = loaded_by(statement, depth=4)

    own = {name for name in loaded if name.startswith("fstmuse_core.")}
    rooms = {".".join(name.split(".")[:2]) for name in own}
    assert "fstmuse_core.classify.runner" in own
    assert ("fstmuse_core.classify.classifier" in own) is not in_a_copy
    assert rooms <= {
        f"fstmuse_core.{room}" for room in ("audio", "bundle", "classify", "cli", "system")
    }
    needless = {
        f"fstmuse_core.{name}"
        for name in (
            "bundle.changes",
            "bundle.importing",
            "bundle.model_list",
            "cli.common.many_files",
            "cli.common.resuming",
            "system.tables",
        )
    }
    assert own.isdisjoint(needless)
    assert all(importlib.util.find_spec(name) for name in needless), "they have other names now"
    # msgspec checks the model's description, for 10 ms.
    heavy = {*HEAVY, "rich", "sqlite3", "multiprocessing.pool"} - {"msgspec"}
    assert loaded.isdisjoint(heavy)
    if in_a_copy:  # which has SciPy, and that loads more
        assert loaded.isdisjoint(
            {"csv", "concurrent.futures", "scipy", "fstmuse_core.audio.reading"}
        )


def test_no_part_of_the_window_loads_tensorflow() -> None:
    walk = "pkgutil.walk_packages(fstmuse_gui.__path__, 'fstmuse_gui.')"

    loaded = loaded_by(
        "import importlib, pkgutil, fstmuse_gui\n"
        f"for module in {walk}: importlib.import_module(module.name)"
    )

    assert {"PySide6", "fstmuse_core"} <= loaded
    assert loaded.isdisjoint({"tensorflow", "keras", "tensorflow_io", "librosa"})


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A window that only notes with which arguments it was opened."""
    opened: list[list[str]] = []

    def opens(arguments: list[str]) -> int:
        opened.append(arguments)
        return 7

    module = types.ModuleType("fstmuse_gui.app")
    module.main = opens  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fstmuse_gui.app", module)
    return opened


@pytest.mark.parametrize(
    ("arguments", "passed_on"),
    [
        ([], []),
        (["gui"], []),
        (["gui", "--smoke-test"], ["--smoke-test"]),
        (["gui", "a.mp3", "-platform", "xcb"], ["a.mp3", "-platform", "xcb"]),
    ],
)
def test_the_window_gets_its_arguments_and_gives_the_exit_code(
    fstmuse: Run, window: list[list[str]], arguments: list[str], passed_on: list[str]
) -> None:
    outcome = fstmuse(*arguments)

    assert window == [passed_on]
    assert outcome.code == 7


def test_a_window_that_cannot_load_is_a_sentence(
    fstmuse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fstmuse_gui.app", None)

    outcome = fstmuse()

    assert outcome.code == 1
    assert len(outcome.complaints) == 1
    assert "fstmuse doctor" in outcome.err
