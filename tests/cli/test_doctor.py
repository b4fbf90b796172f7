"""``fstmuse doctor``: what works, what is missing, what to do."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path

import pytest

from fstmuse_core.cli import doctor
from fstmuse_core.cli import doctor as probes
from fstmuse_core.cli.doctor import Finding

from .conftest import Run


def test_a_sound_installation(start: Run) -> None:
    outcome = start("doctor")

    assert (outcome.code, outcome.err) == (0, "")
    for word in (
        "ai-edge-litert",
        "fst-muse (FstMuse)",
        "toy-model (ToyModel)",
        "Qt 6",
        "PortAudio",
    ):
        assert word in outcome.out
    assert "MISSING" not in outcome.out


def test_a_missing_library_is_a_problem_with_a_remedy(
    fstmuse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    monkeypatch.setattr(doctor, "_sections", lambda: [("Libraries", probes.check_libraries())])

    outcome = fstmuse("doctor")

    assert outcome.code == 1
    at = next(i for i, line in enumerate(outcome.out.splitlines()) if "MISSING  soxr" in line)
    remedy = outcome.out.splitlines()[at + 1]
    assert "scripts/run" in remedy
    assert "pip install -c constraints.txt ." in remedy
    assert outcome.out.endswith("1 problem, each with its remedy above.\n")


def test_notes_do_not_count(fstmuse: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    note = Finding(None, "no input device", "plug one in")
    monkeypatch.setattr(doctor, "_sections", lambda: [("Sound", iter([note]))])

    outcome = fstmuse("doctor")

    assert outcome.code == 0
    assert "plug one in" in outcome.out


def test_a_damaged_model_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.json").write_text("{")
    monkeypatch.setattr("fstmuse_core.bundle.bundle.shipped_models_folder", lambda: tmp_path)
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: tmp_path / "none")

    broken, _ = probes.check_models()

    assert broken.fine is False
    assert "damaged" in broken.text
    assert broken.remedy


def test_tensorflow_io_on_windows_with_python_3_12(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "tensorflow-io":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))

    *_, finding = probes.check_training()

    assert finding.fine is None
    assert "no Windows version for Python 3.12" in finding.text
    assert "Python 3.11" in finding.remedy


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ImportError('libEGL.so.1: cannot open')", "ImportError: libEGL.so.1: cannot open"),
        ("import os; os._exit(3)", "it ended with 3"),
        ("import time; time.sleep(60)", "no answer"),
    ],
)
def test_a_child_that_fails_is_a_reason(
    monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    monkeypatch.setattr(probes, "_CHILD_TIMEOUT_S", 60.0 if reason != "no answer" else 0.5)

    lines, error = probes._ask_child([sys.executable, "-c", code])

    assert lines == []
    assert reason in error


def test_a_missing_system_library_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "raise ImportError('libEGL.so.1: no such file')"
    monkeypatch.setattr(probes, "child_command", lambda *_: [sys.executable, "-c", code])

    (finding,) = probes.check_window()

    assert finding.fine is False
    assert "apt-get install" in finding.remedy


def test_a_window_that_was_left_out_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    assert {finding.fine for finding in probes.check_sound()} == {None}
    (finding,) = probes.check_window()
    assert finding.fine is None
    assert "the command line alone" in finding.text

    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: object() if name == "PySide6" else None
    )
    monkeypatch.setattr(probes, "_ask_child", lambda _: ([], "No module named 'pyqtgraph'"))
    (finding,) = probes.check_window()
    assert finding.fine is False


@pytest.mark.parametrize(
    ("is_app", "checkout", "advice"),
    [
        (True, None, "get FstMuse anew"),
        (False, None, "pip install --force-reinstall fstmuse"),
        (False, Path("/here"), "scripts/run"),
    ],
)
def test_the_advice_fits_how_it_was_installed(
    monkeypatch: pytest.MonkeyPatch, is_app: bool, checkout: Path | None, advice: str
) -> None:
    monkeypatch.setattr(probes, "is_app", lambda: is_app)
    monkeypatch.setattr(probes, "checkout", lambda: checkout)
    monkeypatch.setitem(sys.modules, "soxr", None)

    remedies = [finding.remedy for finding in probes.check_libraries() if finding.fine is False]

    assert [advice in remedy for remedy in remedies] == [True]


def test_an_app_names_libraries_without_their_records(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_record(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", no_record)
    monkeypatch.setattr(probes, "is_app", lambda: True)

    assert {finding.fine for finding in probes.check_libraries()} == {True}
    training = list(probes.check_training())
    assert {finding.fine for finding in training} == {None}
    assert "quick form" in training[0].remedy
