"""``fstmuse doctor``: what is there, what is missing, and how to get it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from fstmuse_core import __version__
from fstmuse_core.cli.common.console import SOME_FAILED, print_safe
from fstmuse_core.system.child_process import checkout, child_command, is_app
from fstmuse_core.system.errors import FstMuseError, one_line

# What the core needs at run time: distribution, and the module whose import proves it works.
_NEEDED = {
    "numpy": "numpy",
    "scipy": "scipy.fft",
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "soundfile": "soundfile",
    "av": "av",
    "soxr": "soxr",
    "mutagen": "mutagen",
    "platformdirs": "platformdirs",
    "rich": "rich",
}
# What the map of a library takes beside; a command line alone has none.
_OF_WINDOW = {"scikit-learn": "sklearn.manifold"}
_TRAINING = ("tensorflow", "keras", "librosa")
_WINDOW = ("PySide6", "pyqtgraph", "sounddevice")
_CHILD_TIMEOUT_S = 60.0
_PROBE = "fstmuse_core.cli.probe"
_QT_REMEDY = (
    "Debian and Ubuntu: sudo apt-get install libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
)


def again() -> str:
    """Advice on how to install the program anew, wherever it came from."""
    if is_app():
        return "get FstMuse anew, and put it in the place of this one"
    if checkout() is not None:
        how = "scripts/run, or pip install -c constraints.txt ."
        return f"install FstMuse again from its checkout: {how}"
    return "install FstMuse again: pip install --force-reinstall fstmuse"


def _of_training(remedy: str) -> str:
    if is_app():
        return "the app trains in its quick form; for all others install FstMuse with pip"
    return remedy


def _is_command_line_alone() -> bool:
    """True where all that the window takes was left out, as in a container."""
    return not is_app() and all(importlib.util.find_spec(name) is None for name in _WINDOW)


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    ``fine`` is ``True`` for what works, ``False`` for what is needed and does not, ``None``
    for a note.
    """

    fine: bool | None
    text: str
    remedy: str = ""


def check_libraries() -> Iterator[Finding]:
    """Each library that listening and a map of the library need, imported."""
    needed = _NEEDED if _is_command_line_alone() else _NEEDED | _OF_WINDOW
    for name, module in needed.items():
        try:
            importlib.import_module(module)
            yield Finding(True, f"{name} {_version(name)}".rstrip())
        except Exception as error:  # a broken native library may raise anything
            yield Finding(False, f"{name}: {_reason(error)}", again())


def _version(name: str) -> str:
    """Version of a distribution; empty if it came without saying so, as in an app."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def check_models() -> Iterator[Finding]:
    """Each model, checked whole; classifiers run once; where the user's own ones go."""
    from fstmuse_core.bundle.bundle import bundle_folders, user_models_folder

    folders = bundle_folders()
    if not folders:
        yield Finding(False, "there is no model", again())
    for name, folder in folders.items():
        try:
            yield _try_model(name, str(folder))
        except FstMuseError as error:
            yield Finding(False, f"{name}: {error.reason}", error.remedy)
        except Exception as error:
            yield Finding(False, f"{name}: it cannot be run ({_reason(error)})", again())
    yield Finding(None, f"your own models go to {one_line(str(user_models_folder()))}")


def _try_model(name: str, folder: str) -> Finding:
    import numpy as np

    from fstmuse_core.bundle.bundle import load_bundle
    from fstmuse_core.bundle.manifest import CLASSIFIER
    from fstmuse_core.classify.classifier import GenreClassifier

    bundle = load_bundle(folder)
    if bundle.manifest.kind == CLASSIFIER:
        rate = bundle.manifest.spectrogram.sample_rate
        noise = np.random.default_rng(0).standard_normal(4 * rate).astype(np.float32) / 10
        GenreClassifier(bundle).classify_samples(noise)
    return Finding(True, f"{name} ({bundle.manifest.title}), {one_line(folder)}")


def check_sound() -> Iterator[Finding]:
    """PortAudio's devices; having none is no fault, since files can be classified all the same."""
    if _is_command_line_alone():
        yield Finding(None, "recording and playing were left out, as the window was")
        return
    lines, error = _ask_child(child_command(_PROBE, "sound"))
    yield from (Finding(None, line) for line in lines)
    if error:
        yield Finding(None, f"sound devices could not be listed ({error})", again())


def check_window() -> Iterator[Finding]:
    """Check that Qt and all that it needs of the system can be loaded."""
    if _is_command_line_alone():
        yield Finding(None, "this is the command line alone; for the window: pip install fstmuse")
        return
    lines, error = _ask_child(child_command(_PROBE, "window"))
    yield from (Finding(True, line) for line in lines)
    if error:
        remedy = _QT_REMEDY if ".so" in error else again()
        yield Finding(False, f"the window cannot be opened ({error})", remedy)


def check_training() -> Iterator[Finding]:
    """Check what training needs, by version alone: importing TensorFlow takes seconds."""
    for name in _TRAINING:
        try:
            yield Finding(True, f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(
                None, f"{name} is not installed; listening works without", _of_training(again())
            )
    try:
        yield Finding(True, f"tensorflow-io {importlib.metadata.version('tensorflow-io')}")
    except importlib.metadata.PackageNotFoundError:
        if sys.platform == "win32" and sys.version_info >= (3, 12):
            text = "tensorflow-io has no Windows version for Python 3.12"
            remedy = "only training the models of 2023 needs it; for that, use Python 3.11"
        else:
            text = "tensorflow-io is not installed; only training the models of 2023 needs it"
            remedy = _of_training(again())
        yield Finding(None, text, remedy)


def _ask_child(command: Sequence[str]) -> tuple[list[str], str]:
    """The list of lines that a command prints as JSON, and why there is none."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_CHILD_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return [], f"no answer within {_CHILD_TIMEOUT_S:.0f} s"
    except OSError as error:
        return [], _reason(error)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
        return [], one_line(last[0])
    return [str(line) for line in json.loads(done.stdout.splitlines()[-1])], ""


def _reason(error: BaseException) -> str:
    return one_line(f"{type(error).__name__}: {error}")


_MARKS = {True: "ok", False: "MISSING", None: "note"}


@click.command(short_help="Check versions, sound devices and models.")
def command() -> int:
    """Check versions, sound devices and models, and say what is missing and how to get it.

    The exit code is 0 if everything that is needed works; notes do not count.
    """
    print_safe(f"FstMuse {__version__}, Python {platform.python_version()}, {platform.platform()}")
    problems = 0
    for title, findings in _sections():
        print_safe(f"\n{title}")
        for finding in findings:
            problems += finding.fine is False
            print_safe(f"  {_MARKS[finding.fine]:<8} {finding.text}", flush=True)
            if finding.remedy:
                print_safe(f"           {finding.remedy}")
    print_safe(f"\n{_summary(problems)}")
    return SOME_FAILED if problems else 0


def _sections() -> Iterator[tuple[str, Iterator[Finding]]]:
    yield "Libraries", check_libraries()
    yield "Models", check_models()
    yield "Sound devices", check_sound()
    yield "Window", check_window()
    yield "Training", check_training()


def _summary(problems: int) -> str:
    if problems:
        return f"{problems} problem{'s' if problems > 1 else ''}, each with its remedy above."
    return "Everything that is needed is there."
