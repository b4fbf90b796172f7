"""The names that other programs may import from ``fstmuse_core``, and what is said of them."""

from __future__ import annotations

import doctest
import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest

import fstmuse_core

NAMES = [name for name in fstmuse_core.__all__ if name != "__version__"]
# Callbacks and flags that cannot be wrong, and constructors of what only we make.
_RAISE_NOTHING = {
    "ActivationMap",
    "AudioError",
    "BundleError",
    "Classification",
    "Classification.to_dict",
    "ClassificationCancelledError",
    "ClipGenerator.has_beat",
    "FstMuseError",
    "GenerateError",
    "GeneratedClip",
    "GenerationCancelledError",
    "GenreClassifier.session",
    "InversionCancelledError",
    "InversionError",
    "Session",
    "Session.finish",
    "Session.push",
    "SpectrogramConfig.n_frames",
    "Tagged",
    "Timeline",
    "Trait",
    "Verdict",
}


def definitions() -> Iterator[tuple[str, Any]]:
    """Yield each public name, and each public method and property of the classes."""
    for name in NAMES:
        value = getattr(fstmuse_core, name)
        yield name, value
        if inspect.isclass(value):
            for member, raw in vars(value).items():
                inner = raw.fget if isinstance(raw, property) else getattr(raw, "__func__", raw)
                if not member.startswith("_") and inspect.isfunction(inner):
                    yield f"{name}.{member}", inner


DEFINITIONS = dict(definitions())


@pytest.mark.parametrize("name", NAMES)
def test_each_public_name_is_there(name: str) -> None:
    assert getattr(fstmuse_core, name).__module__.startswith("fstmuse_core.")
    assert name in dir(fstmuse_core)


def test_the_definitions_are_all_of_them() -> None:
    assert len(DEFINITIONS) >= 40
    assert {"Session.push", "GenreClassifier.load", "Verdict.is_sure"} <= DEFINITIONS.keys()
    assert fstmuse_core.__all__ == sorted(fstmuse_core.__all__)


def lacking(name: str, value: Any) -> Iterator[str]:
    """Yield what a definition's docstring does not say."""
    text = (value.__doc__ and inspect.getdoc(value)) or ""
    if not text:
        yield "a docstring"
    for given in _parameters(value):
        if not re.search(rf"^(\w+, )*{given}(, \w+)* *(:|$)|``{given}``", text, re.MULTILINE):
            yield f"the parameter {given}"
    # The site gives each of several the first one's default.
    section = re.search(r"^Parameters\n-+\n(.*?)(\n\n\w+\n-+|\Z)", text, re.DOTALL | re.MULTILINE)
    for several in re.findall(r"^\w+, \w.*", section[1] if section else "", re.MULTILINE):
        yield f"an entry for each of {several}"
    if "NDArray" in _types(value) and "shape" not in text:
        yield "a shape"
    for unit, pattern in (("seconds", r"_s\b|\bseconds"), ("hertz", r"_hz\b|sample_rate")):
        if any(re.search(pattern, given) for given in _parameters(value)) and not re.search(
            rf"[Ss]econds|[Ll]ength|:meth:|[Hh]ertz|a second|{unit}", text
        ):
            yield f"the unit {unit}"
    if _parameters(value) and name not in _RAISE_NOTHING and "\nRaises\n------" not in text:
        yield "errors"
    if "\nExamples\n--------\n>>> " not in text:
        yield "an example"


def _parameters(value: Any) -> list[str]:
    if _takes_nothing(value):
        return []
    return [name for name in inspect.signature(value).parameters if name not in ("self", "cls")]


def _takes_nothing(value: Any) -> bool:
    """True of protocols, and of exceptions that are made as any other, or as their base is."""
    if not inspect.isclass(value):
        return False
    is_derived_error = issubclass(value, Exception) and "__init__" not in vars(value)
    return is_derived_error or bool(getattr(value, "_is_protocol", False))


def _types(value: Any) -> str:
    if _takes_nothing(value):
        return ""
    return (
        str(inspect.signature(value))
        .replace("FloatArray", "NDArray")
        .replace("ArrayLike", "NDArray")
    )


def test_each_definition_says_shapes_units_and_errors_and_has_an_example() -> None:
    found = {name: list(lacking(name, value)) for name, value in DEFINITIONS.items()}
    assert {name: lacks for name, lacks in found.items() if lacks} == {}


def test_what_is_lacking_is_found() -> None:
    def undocumented(samples: np.typing.NDArray[np.float32], duration_s: float) -> None:
        """Do something."""

    assert list(lacking("undocumented", undocumented)) == [
        "the parameter samples",
        "the parameter duration_s",
        "a shape",
        "the unit seconds",
        "errors",
        "an example",
    ]

    def grouped(left: int, right: int) -> None:
        """Do something.

        Parameters
        ----------
        left, right : int

        Raises
        ------
        ValueError

        Examples
        --------
        >>> None
        """

    assert list(lacking("grouped", grouped)) == ["an entry for each of left, right : int"]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_its_example_runs(
    name: str, music_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(music_file, tmp_path / "song.wav")
    monkeypatch.chdir(tmp_path)
    _own_folders(tmp_path, monkeypatch)
    public = {each: getattr(fstmuse_core, each) for each in NAMES}
    text = inspect.getdoc(DEFINITIONS[name]) or ""
    example = doctest.DocTestParser().get_doctest(text, {"np": np, **public}, name, None, 0)
    told: list[str] = []

    results = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL, verbose=False).run(
        example, out=told.append
    )

    assert results.attempted
    assert not results.failed, "".join(told)


def _own_folders(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let what is learned go to a folder of the test."""
    patch.delenv("FSTMUSE_CACHE", raising=False)
    for kind in ("data", "cache"):
        patch.setattr(
            platformdirs,
            f"user_{kind}_dir",
            lambda app, appauthor=None, kind=kind: str(folder / kind / app),
        )


def test_learning_that_fails_leaves_nothing_behind(
    music_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _own_folders(tmp_path, monkeypatch)
    (tmp_path / "Music" / "Rock").mkdir(parents=True)
    shutil.copy(music_file, tmp_path / "Music" / "Rock")
    with pytest.raises(fstmuse_core.FstMuseError, match=r"^music: "):
        fstmuse_core.learn(tmp_path / "Music", "mine")
    assert list((tmp_path / "data" / "fstmuse").rglob("*.json")) == []


def test_samples_of_two_channels_are_refused() -> None:
    classifier = fstmuse_core.GenreClassifier.load("fst-muse")
    with pytest.raises(ValueError, match=r"samples have shape \(90000, 2\); mono ones have \(n,\)"):
        classifier.classify_samples(np.zeros((90_000, 2)))


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Unknown'"):
        _ = fstmuse_core.Unknown


def test_the_package_alone_imports_nothing_of_its_own() -> None:
    code = "import sys, fstmuse_core; print([m for m in sys.modules if 'fstmuse_core.' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
