"""The state of a training on disk, complete or not there at all."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.runs.store import CHECKPOINTS, newest_checkpoint, read_json
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.regular_files import open_regular
from fstmuse_core.system.strict_json import typed

Arrays = dict[str, npt.NDArray[Any]]

_NETWORK, _OPTIMIZER, _BEST, _STATE = "network.npz", "optimizer.npz", "best.npz", "state.json"
# Everything that reading a file which was cut or changed has been seen to raise.
_DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, OverflowError),
    *(RecursionError, NotImplementedError, RuntimeError, MemoryError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
_MARGIN_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """State from which a training resumes.

    Attributes
    ----------
    epoch : int
        Epochs done.
    network, optimizer, best : dict of arrays
        All variables of the network and of the optimizer (with its step, and so its place
        in the schedule), and the network of the best epoch.
    best_epoch : int
        0 while there is none.
    best_loss : float
        Its validation loss.
    sampler : mapping
        State of the random numbers that draw the crops.
    history : list
        The ``epoch`` events so far.
    seconds : float
        Time that was trained for until then, over all starts.
    """

    epoch: int
    network: Arrays
    optimizer: Arrays
    best: Arrays
    best_epoch: int
    best_loss: float
    sampler: Mapping[str, Any]
    history: list[dict[str, Any]]
    seconds: float = 0.0


@dataclass(frozen=True)
class _State:
    """Part of a checkpoint that is JSON; see :class:`Checkpoint`."""

    epoch: int
    best_epoch: int
    best_loss: float
    sampler: Mapping[str, Any]
    history: list[dict[str, Any]]
    seconds: float = 0.0


def save_checkpoint(run: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, then remove older ones; a kill at any moment leaves one whole.

    Raises
    ------
    OSError
        If it cannot be written; the older one is still there.
    """
    parent = run / CHECKPOINTS
    parent.mkdir(exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".writing-", dir=parent))
    try:
        for name, arrays in (
            (_NETWORK, checkpoint.network),
            (_OPTIMIZER, checkpoint.optimizer),
            (_BEST, checkpoint.best),
        ):
            with (staging / name).open("wb") as stream:
                np.savez(stream, allow_pickle=False, **arrays)
                stream.flush()
                os.fsync(stream.fileno())
        state = _State(
            checkpoint.epoch,
            checkpoint.best_epoch,
            checkpoint.best_loss,
            checkpoint.sampler,
            checkpoint.history,
            checkpoint.seconds,
        )
        with (staging / _STATE).open("w", encoding="utf-8") as text:
            json.dump(asdict(state), text)
            text.flush()
            os.fsync(text.fileno())
        staging.rename(parent / f"epoch-{checkpoint.epoch:05d}")
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    for other in parent.iterdir():
        if other.name != f"epoch-{checkpoint.epoch:05d}":
            shutil.rmtree(other, ignore_errors=True)


def load_checkpoint(run: Path) -> Checkpoint | None:
    """The newest checkpoint of a run, or ``None`` if no epoch was finished.

    Raises
    ------
    FstMuseError
        If it is damaged.
    """
    _, folder = newest_checkpoint(run)
    if folder is None:
        return None
    try:
        state = typed(read_json(folder / _STATE), _State)
        return Checkpoint(
            epoch=state.epoch,
            network=_load(folder / _NETWORK),
            optimizer=_load(folder / _OPTIMIZER),
            best=_load(folder / _BEST),
            best_epoch=state.best_epoch,
            best_loss=state.best_loss,
            sampler=state.sampler,
            history=state.history,
            seconds=state.seconds,
        )
    except _DAMAGE as error:
        raise FstMuseError(
            run, f"its checkpoint is damaged ({one_line(str(error))})", "begin a new training"
        ) from error


def _load(path: Path) -> Arrays:
    with open_regular(path) as stream, np.load(stream, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def variables(values: Sequence[Any]) -> Arrays:
    """Keras variables as arrays, named by their places."""
    return {f"{i:04d}": np.asarray(value).copy() for i, value in enumerate(values)}


def assign(values: Sequence[Any], arrays: Arrays) -> None:
    """Give Keras variables the values of :func:`variables`.

    Raises
    ------
    FstMuseError
        If they are those of another network.
    """
    shapes = [tuple(value.shape) for value in values]
    if shapes != [array.shape for _, array in sorted(arrays.items())]:
        raise FstMuseError("checkpoint", "it is of another network", "begin a new training")
    for value, (_, array) in zip(values, sorted(arrays.items()), strict=True):
        value.assign(array)


def disk_shortage(folder: Path, needed_bytes: int) -> str:
    """A sentence if the disk has no room for ``needed_bytes`` more, else nothing."""
    free = shutil.disk_usage(folder).free
    needed = needed_bytes + _MARGIN_BYTES
    if free >= needed:
        return ""
    return (
        f"the disk has {free / 2**20:.0f} MiB free and {needed / 2**20:.0f} MiB are needed; "
        "make room"
    )
