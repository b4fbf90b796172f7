"""Trainings on disk: a folder each, their states, and the lock that keeps two of them apart."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import platformdirs

from fstmuse_core.runs.spec import QUICK
from fstmuse_core.system.atomic_write import open_atomic, try_lock
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.strict_json import parse_json, typed
from fstmuse_core.system.wording import counted

RUN_FILE = "run.json"
REPORT_FILE = "report.json"
CHECKPOINTS = "checkpoint"
STOP, CANCEL = "stop", "cancel"
_REQUEST_FILE = "request"
_DISCARDED = ".discarded-"
LOCK_FILE = "training.lock"
_MAX_JSON_BYTES = 64 * 2**20
_ATTEMPTS = 5
_ATTEMPT_S = 0.05


class RunState(StrEnum):
    """States of a run."""

    RUNNING = "running"
    STOPPED = "stopped"
    UNFINISHED = "unfinished"
    DONE = "done"


@dataclass(frozen=True)
class RunSummary:
    """A line of the list of runs.

    ``epoch`` counts the epochs that are safe on disk; ``resumable`` says whether
    ``--resume`` can go on; ``songs`` are those learned from, 0 while they are not known.
    """

    run: str
    folder: str
    model: str
    design: str
    out: str
    state: RunState
    epoch: int
    epochs: int
    resumable: bool
    songs: int = 0

    @property
    def progress(self) -> str:
        """Progress in words; a quick training has no epochs."""
        if self.design != QUICK:
            return f"{self.epoch} of {self.epochs} epochs"
        return f"quick, {counted(self.songs, 'song')}" if self.songs else QUICK

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class RunSettings:
    """Settings of a run that a list of runs shows."""

    model: str
    design: str
    out: str
    epochs: int


@dataclass(frozen=True)
class _Parts:
    train: list[Any]


@dataclass(frozen=True)
class _Record:
    settings: RunSettings
    parts: _Parts = _Parts([])


@dataclass(frozen=True)
class RunEnd:
    """End of a run that made a model."""

    stopped_early: bool
    resumable: bool


def runs_folder() -> Path:
    """Folder of the runs; may not exist yet."""
    return Path(platformdirs.user_data_dir("fstmuse", appauthor=False)) / "runs"


def find_run(name: str) -> Path:
    """The folder of the run called ``name``, or ``name`` itself if it is a run's folder.

    Raises
    ------
    FstMuseError
        If there is none; the runs that there are are named.
    """
    for folder in (runs_folder() / name, Path(name)):
        if name and (folder / RUN_FILE).is_file():
            return folder
    names = ", ".join(summary.run for summary in list_runs())
    raise FstMuseError(
        name, "there is no run by that name", f"runs: {names}" if names else "none was begun yet"
    )


def list_runs() -> list[RunSummary]:
    """List every run, the oldest first; folders that hold no readable run are left out."""
    root = runs_folder()
    running = running_training()
    found = []
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if folder.name.startswith("."):  # discarded, or deleted and not yet gone
            continue
        try:
            found.append(_summary(folder, running))
        except (OSError, ValueError):
            continue
    return found


def _summary(folder: Path, running: str | None) -> RunSummary:
    record = _read_record(folder)
    state = RunState.UNFINISHED
    resumable = True
    if running == folder.name:
        state, resumable = RunState.RUNNING, False
    elif (end := read_end(folder)) is not None:
        state = RunState.STOPPED if end.stopped_early else RunState.DONE
        resumable = end.resumable
    return RunSummary(
        run=folder.name,
        folder=str(folder),
        state=state,
        epoch=newest_checkpoint(folder)[0],
        resumable=resumable,
        songs=len(record.parts.train),
        **asdict(record.settings),
    )


def read_settings(folder: Path) -> RunSettings:
    """Return the settings of a run; raises ``OSError`` or ``ValueError``."""
    return _read_record(folder).settings


def _read_record(folder: Path) -> _Record:
    return typed(read_json(folder / RUN_FILE), _Record)


def read_end(folder: Path) -> RunEnd | None:
    """Return how a run has ended, ``None`` if not; raises ``OSError`` or ``ValueError``."""
    file = folder / REPORT_FILE
    return typed(read_json(file), RunEnd) if file.is_file() else None


def newest_checkpoint(run: Path) -> tuple[int, Path | None]:
    """Number of the last epoch that is safe on disk and its folder; 0 and ``None`` without."""
    folders = run / CHECKPOINTS
    epochs = {
        int(child.name.removeprefix("epoch-")): child
        for child in (folders.iterdir() if folders.is_dir() else ())
        if child.name.startswith("epoch-") and child.name.removeprefix("epoch-").isdigit()
    }
    return max(epochs.items(), default=(0, None))


def read_json(path: Path) -> Any:
    """The contents of a JSON file; ``ValueError`` if it is not one."""
    return parse_json(read_regular(path, _MAX_JSON_BYTES), allow_infinity=True)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Replace a JSON file; a kill at any moment leaves the old one or the new one."""
    write_bytes(path, (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file; a kill at any moment leaves the old one or the new one."""
    with open_atomic(path) as stream:
        stream.write(data)


def request_end(run: Path, word: str) -> None:
    """Ask the process that trains in a run's folder to :data:`STOP` or to :data:`CANCEL`.

    A file and no signal: one means can be used on every system, by whoever may write there.
    """
    write_bytes(run / _REQUEST_FILE, word.encode())


def read_request(run: Path) -> str:
    """Return what has been asked for in a run's folder; empty if nothing."""
    try:
        return (run / _REQUEST_FILE).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def forget_request(run: Path) -> None:
    """Take back what was asked for: it was meant for an earlier start, or it is done."""
    (run / _REQUEST_FILE).unlink(missing_ok=True)


@dataclass(frozen=True)
class Holder:
    """Process that held the lock last, the one that started it, and the run that it trains."""

    pid: int = 0
    run: str = ""
    parent: int = 0

    def was_started_as(self, pid: int) -> bool:
        """True if whoever started process ``pid`` has started this one.

        A virtual environment on Windows has a program of its own in between.
        """
        return pid != 0 and pid in (self.pid, self.parent)


class TrainingLock:
    """Held by the one training that runs; the system takes it back if the process dies.

    What was asked of an earlier start of the run is forgotten before the run is named: from then
    on everyone may ask something of this one.

    Raises
    ------
    FstMuseError
        From :meth:`__enter__`, if another training holds it; that one is named.
    """

    def __init__(self, run: str, folder: Path | None = None) -> None:
        self._run = run
        self._folder = folder or runs_folder() / run
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> TrainingLock:
        root = runs_folder()
        root.mkdir(parents=True, exist_ok=True)
        file = root / LOCK_FILE
        stream = file.open("r+b" if file.exists() else "w+b")
        if not _try_lock_patiently(stream):
            stream.close()
            raise _refusal(_holder(file))
        self._stream = stream
        with suppress(OSError):
            forget_request(self._folder)
        holder = Holder(os.getpid(), self._run, os.getppid())
        stream.seek(0)
        stream.truncate()
        stream.write(json.dumps(asdict(holder)).encode())
        stream.flush()
        _remove_discarded(root)
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _refusal(holder: Holder) -> FstMuseError:
    if not holder.run:
        return FstMuseError(
            "training", "another one begins, or the feature cache is being emptied", "try again"
        )
    return FstMuseError(
        "training",
        f"{holder.run} is being trained already (process {holder.pid or 'unknown'})",
        "stop it or wait until it is done",
    )


@contextmanager
def no_training() -> Iterator[str | None]:
    """Keep trainings from beginning; gives the name of the one that runs, if one does.

    It writes nothing, so that it also works on a full disk.
    """
    file = runs_folder() / LOCK_FILE
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = file.open("r+b" if file.exists() else "w+b")
    except OSError:  # nor can a training begin, then
        yield None
        return
    with stream:
        if _try_lock_patiently(stream):
            stream.truncate(0)  # the last run is not the one that holds it now
            yield None
        else:
            yield _holder(file).run


def _try_lock_patiently(stream: IO[bytes]) -> bool:
    # Whoever lists the runs holds the lock for a blink.
    for _ in range(_ATTEMPTS):
        if try_lock(stream):
            return True
        time.sleep(_ATTEMPT_S)
    return False


def running_training() -> str | None:
    """Name of the run that is being trained now, by any process; ``None`` if there is none."""
    file = runs_folder() / LOCK_FILE
    try:
        with file.open("r+b") as stream:
            if try_lock(stream):
                return None
    except OSError:
        return None
    return _holder(file).run


def last_holder() -> Holder:
    """Process and run that held the lock last; 0 and empty if that is not known."""
    return _holder(runs_folder() / LOCK_FILE)


def discard_run(folder: Path) -> bool:
    """Remove a run that nobody can go on writing; whether it is gone.

    Only a folder among the runs is removed, and only while nothing is being trained.
    """
    if folder.parent == runs_folder():
        with no_training() as other:
            if other is None:
                remove_run(folder)
    return not folder.is_dir()


def remove_run(folder: Path) -> None:
    """Remove a run's folder; a kill at any moment leaves all of it or nothing in the list."""
    gone = folder.with_name(f"{_DISCARDED}{folder.name}")
    with suppress(OSError):
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)  # where it could not be renamed


def _remove_discarded(root: Path) -> None:
    """Remove what a kill has left of runs that were being removed."""
    for folder in root.glob(f"{_DISCARDED}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _holder(file: Path) -> Holder:
    try:
        return typed(read_json(file), Holder)
    except (OSError, ValueError):
        return Holder()
