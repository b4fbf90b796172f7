"""Command lines by which this program starts itself, from a checkout or as an app."""

from __future__ import annotations

import multiprocessing
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

_RUN_MODULE = "--run-module"
_OURS = ("fstmuse_core.", "fstmuse_gui.")


def is_app() -> bool:
    """True if this is the app, which brings its own Python."""
    return bool(getattr(sys, "frozen", False))


def checkout() -> Path | None:
    """The checkout that this program runs from; ``None`` if it was installed."""
    root = Path(__file__).resolve().parents[3]
    return root if not is_app() and (root / "scripts" / "run").is_file() else None


def child_command(module: str, *arguments: str) -> list[str]:
    """A command that runs one of our modules in another process, as ``python -m`` does.

    Parameters
    ----------
    module : str
        Its whole name, such as ``fstmuse_core.cli``.
    arguments : str
        Words that it is given.

    Raises
    ------
    ValueError
        If it is none of ours.
    """
    if not _is_ours(module):
        raise ValueError(f"{module} is no module of this program")
    if is_app():
        return [sys.executable, _RUN_MODULE, module, *arguments]
    return [sys.executable, "-m", module, *arguments]


def serve_children(arguments: Sequence[str]) -> bool:
    """Do what a child of the app was started for; the first thing that a program calls.

    Parameters
    ----------
    arguments : sequence of str
        ``sys.argv``.

    Returns
    -------
    bool
        False if this is no such child: then the program goes on. A worker of
        ``multiprocessing`` does not return.
    """
    multiprocessing.freeze_support()
    if not is_app() or arguments[1:2] != [_RUN_MODULE] or not _is_ours("".join(arguments[2:3])):
        return False
    sys.argv = list(arguments[2:])
    runpy.run_module(arguments[2], run_name="__main__", alter_sys=True)
    return True


def _is_ours(module: str) -> bool:
    return f"{module}.".startswith(_OURS)
