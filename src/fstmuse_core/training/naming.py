"""The name of the model that a training makes; no other model's is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fstmuse_core.bundle.bundle import bundle_folders, load_bundle, name_key
from fstmuse_core.bundle.names import free_name
from fstmuse_core.system.errors import BundleError, FstMuseError
from fstmuse_core.training.settings import TrainSettings


def check_out(name: str, run: str) -> None:
    """Refuse a name by which another model is meant already.

    Parameters
    ----------
    name : str
    run : str
        A model that this run has made may be replaced by it.

    Raises
    ------
    FstMuseError
    """
    other = next((known for known in _others(run) if name_key(known) == name_key(name)), None)
    if other is not None:
        raise FstMuseError("--out", f"there is a model called {other} already", "choose another")


def name_at_end(settings: TrainSettings, run: str, warn: Callable[[str], None]) -> TrainSettings:
    """The same with another name if a model has taken this one since the run began."""
    out, _ = free_name(settings.out, settings.out, _others(run))
    if out != settings.out:
        warn(f"a model called {settings.out} has come meanwhile, so this one is called {out}")
    return replace(settings, out=out)


def _others(run: str) -> list[str]:
    return [name for name, folder in bundle_folders().items() if _made_by(folder) != run]


def _made_by(folder: Path) -> str:
    try:
        return str(load_bundle(folder).manifest.training.get("run", ""))
    except BundleError:
        return ""
