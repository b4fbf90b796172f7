"""The names that other programs may import from ``fstmuse_core``."""

from __future__ import annotations

import subprocess
import sys

import pytest

import fstmuse_core


@pytest.mark.parametrize("name", [n for n in fstmuse_core.__all__ if n != "__version__"])
def test_each_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(fstmuse_core, name)
    assert value.__module__.startswith("fstmuse_core.")
    assert value.__doc__
    assert name in dir(fstmuse_core)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Unknown'"):
        _ = fstmuse_core.Unknown


def test_the_package_alone_imports_nothing_of_its_own() -> None:
    code = "import sys, fstmuse_core; print([m for m in sys.modules if 'fstmuse_core.' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
