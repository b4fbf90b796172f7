"""The app that ``scripts/build-app`` makes: it answers as the checkout does.

It is built here, or it is the program that ``FSTMUSE_TEST_APP`` names.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tests.training_system.conftest import SOUNDS, write_tones

from .conftest import COMMAND

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built once."""
    if built := os.environ.get("FSTMUSE_TEST_APP"):
        return Path(built)
    if importlib.util.find_spec("PyInstaller") is None:
        pytest.skip("PyInstaller is not installed")
    folder = tmp_path_factory.mktemp("app")
    subprocess.run([sys.executable, ROOT / "scripts" / "build_app.py", folder], check=True)
    return folder / "fstmuse" / ("fstmuse.exe" if os.name == "nt" else "fstmuse")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Away from the checkout, and without what could lead there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


def run(*command: str | Path) -> str:
    without_path = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    env = os.environ if str(command[0]) == COMMAND[0] else without_path
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_classifies_as_the_checkout_does(app: Path, music_file: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(music_file)
    for number in range(14):  # enough for a process for each core
        part = samples[number * rate // 4 :]
        soundfile.write(tmp_path / f"{number}.flac", part, rate)
    arguments = ("classify", tmp_path, "--timeline", "--format", "jsonl")

    here = run(app, *arguments)

    assert len(here.splitlines()) == 14
    assert here == run(*COMMAND, *arguments)


def test_it_is_small_enough(app: Path) -> None:
    folder = app.parents[1] if sys.platform == "darwin" else app.parent
    files = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]

    assert sum(file.stat().st_size for file in files) <= 450e6
    # Whatever the machine has that it was built on.
    assert not [file for file in files if file.name.startswith(("libgtk", "libgdk", "libpango"))]


def test_it_brings_the_licences_of_what_it_holds(app: Path) -> None:
    root = app.parents[1] / "Resources" if sys.platform == "darwin" else app.parent / "_internal"
    names = {folder.name.lower() for folder in (root / "licences").iterdir()}

    held = "ai-edge-litert av mutagen numpy pillow pyside6_essentials python scikit-learn soxr"
    assert set(held.split()) <= names
    (file,) = (root / "licences" / "soxr").rglob("COPYING.LGPL")
    assert "LESSER GENERAL PUBLIC" in file.read_text()


def test_it_generates_as_the_checkout_does(app: Path, tmp_path: Path) -> None:
    arguments = ("generate", "--genre", "Rock", "--seconds", "2", "--seed", "7", "-o")

    run(app, *arguments, "app.wav")
    run(*COMMAND, *arguments, "checkout.wav")

    ours, rate = soundfile.read("app.wav")
    theirs, _ = soundfile.read("checkout.wav")
    assert ours.size == 2 * rate
    assert (ours == theirs).all()


def test_it_trains_and_learns_as_the_checkout_does(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[list[dict[str, float]]] = []
    song = write_tones(tmp_path / "music", dict.fromkeys(SOUNDS, 5)) / "Rock-0.wav"
    for program in ([app], COMMAND):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / f"data {len(answers)}"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / f"cache {len(answers)}"))
        run(*program, "train", "--quick", "--data", "music", "--out", "mine")
        told = json.loads(run(*program, "classify", song, "--model", "mine", "--format", "jsonl"))
        run(*program, "correct", song, "--genre", "Jazz")
        run(*program, "learn")
        learned = json.loads(
            run(*program, "classify", song, "--model", "my-fst-muse", "--format", "jsonl")
        )
        answers.append([told["probabilities"], learned["probabilities"]])

    assert answers[0] == answers[1]


def test_training_a_network_says_what_to_install(app: Path, tmp_path: Path) -> None:
    words = ["train", "--model", "toy-model", "--design", "ours", "--data", str(tmp_path)]

    done = subprocess.run([app, *words], capture_output=True, text=True, timeout=300)

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "TensorFlow and Keras, which the app does not bring; install" in line


@pytest.mark.parametrize("screen", ["offscreen", "xcb"])
def test_its_window_opens_and_its_workers_answer(
    app: Path, screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: list[str] = []
    if screen == "xcb":
        if shutil.which("xvfb-run") is None:
            pytest.skip("xvfb-run is not installed")
        before = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24"]
        monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")

    told = json.loads(run(*before, app, "gui", "--smoke-test").splitlines()[-1])

    assert told["result"]["model"] == "fst-muse"


def test_it_knows_what_it_is(app: Path) -> None:
    told = run(app, "doctor")

    assert "Everything that is needed is there." in told
    assert "scikit-learn" in told  # what draws a library's map
    assert "the app trains in its quick form" in told
    assert "scripts/run" not in told
