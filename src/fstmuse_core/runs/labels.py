"""Titles and notes that the user gives runs, and runs deleted until that is undone."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from fstmuse_core.runs.store import no_training, read_json, runs_folder, write_json
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.strict_json import typed

LABEL_FILE = "label.json"
LONGEST_TITLE, LONGEST_NOTE = 120, 2000
# Begins with a dot, so that no list of runs shows it.
_DELETED = ".deleted-"
_KEPT_S = 7 * 24 * 3600.0


@dataclass(frozen=True)
class RunLabel:
    """A run's title and note; empty where the user has given none."""

    title: str = ""
    note: str = ""


def read_label(folder: Path) -> RunLabel:
    """Title and note of a run; empty where they cannot be read."""
    try:
        label = typed(read_json(folder / LABEL_FILE), RunLabel)
    except (OSError, ValueError):
        return RunLabel()
    return RunLabel(one_line(label.title)[:LONGEST_TITLE], label.note[:LONGEST_NOTE])


def write_label(folder: Path, label: RunLabel) -> None:
    """Keep what the user says of a run.

    Raises
    ------
    FstMuseError
        If the run's folder cannot be written.
    """
    short = RunLabel(one_line(label.title).strip()[:LONGEST_TITLE], label.note[:LONGEST_NOTE])
    try:
        write_json(folder / LABEL_FILE, asdict(short))
    except OSError as error:
        raise FstMuseError(folder, f"it cannot be written ({error.strerror})") from error


def delete_run(folder: Path) -> Path:
    """Put a run aside for a week; returns where it lies. Its model stays.

    Raises
    ------
    FstMuseError
        If it is being trained, or cannot be moved.
    """
    _purge()
    with no_training() as running:
        if running == folder.name:
            raise FstMuseError(folder.name, "it is being trained", "stop or cancel it first")
    aside = folder.with_name(f"{_DELETED}{time.time_ns()}-{folder.name}")
    try:
        return folder.rename(aside)
    except OSError as error:
        raise FstMuseError(folder, f"it cannot be deleted ({error.strerror})") from error


def restore_run(aside: Path) -> Path:
    """Undo :func:`delete_run`; returns the run's folder.

    Raises
    ------
    FstMuseError
        If there is another run by its name by now, or it is gone.
    """
    name = aside.name.removeprefix(_DELETED).partition("-")[2]
    folder = aside.with_name(name)
    if folder.exists():
        raise FstMuseError(name, "there is another training by that name", "delete that one first")
    try:
        return aside.rename(folder)
    except OSError as error:
        raise FstMuseError(name, f"it cannot be brought back ({error.strerror})") from error


def _purge() -> None:
    """Remove for good what was deleted a week ago."""
    now = time.time()
    for aside in runs_folder().glob(f"{_DELETED}*"):
        stamp = aside.name.removeprefix(_DELETED).partition("-")[0]
        if stamp.isdigit() and now - int(stamp) / 1e9 > _KEPT_S:
            with suppress(OSError):
                shutil.rmtree(aside)
