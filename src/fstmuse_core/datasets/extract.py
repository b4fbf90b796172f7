"""The features of one file; runs in the pool."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.levels import HopLevels
from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import FloatArray, MelStream, SpectrogramConfig
from fstmuse_core.datasets.cache_index import CacheIndex
from fstmuse_core.datasets.examine import file_state
from fstmuse_core.system.errors import AudioError

# Of longer files the middle is taken: a set of ten hours would else fill the disk, and more of
# one piece teaches little.
LONGEST_S = 600.0
# What half precision can hold, with a margin.
_LOUDEST = 60_000.0


@dataclass(frozen=True, slots=True)
class Task:
    """A file to work on, and the folder of the cache that may know it under another name.

    The folder is ``None`` where the cache lies on another machine.
    """

    path: Path
    config: SpectrogramConfig
    folder: Path | None


@dataclass(frozen=True, slots=True)
class Extracted:
    """The features, or in ``fault`` why there are none.

    Attributes
    ----------
    digest : str
        Hash of the file's bytes.
    state : tuple of int
        Size and time of the file when it was read.
    mel : ndarray of float16, shape ``(frames, n_mels)``, or None
        Magnitudes; a clip too loud for half precision is scaled down as a whole. ``None`` if
        the cache has them already.
    sound : str
        Hash of the features, equal for the same sound in other formats.
    """

    digest: str = ""
    state: tuple[int, int] = (0, 0)
    mel: npt.NDArray[np.float16] | None = None
    sound: str = ""
    fault: str = ""


def extract(task: Task) -> Extracted:
    """Hash a file and make its features; it never raises for a bad file."""
    before = file_state(task.path)
    if before is None:
        return Extracted(fault="the file is missing")
    try:
        digest = _digest(task.path)
        is_kept = bool(task.folder) and _index(task.folder, task.config).place(digest) is not None
        decoded = None if is_kept else _decode(task)
    except AudioError as error:
        gone = file_state(task.path) is None
        return Extracted(fault="it vanished while it was read" if gone else error.reason)
    except OSError as error:
        return Extracted(fault=f"it cannot be read ({error.strerror or error})")
    if file_state(task.path) != before:
        return Extracted(fault="it changed while it was read")
    if decoded is None:
        return Extracted(digest, before)
    mel, is_silent = decoded
    if not len(mel):
        return Extracted(fault="it holds no sound")
    if is_silent:  # as in the doctor's examination, so that what it sets aside is never trained on
        return Extracted(fault="it is silent")
    return Extracted(digest, before, mel, _sound(mel))


@lru_cache(maxsize=1)
def _index(folder: Path, config: SpectrogramConfig) -> CacheIndex:
    return CacheIndex(folder, config)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _sound(mel: npt.NDArray[np.float16]) -> str:
    return hashlib.blake2b(np.ascontiguousarray(mel).data, digest_size=16).hexdigest()


def _decode(task: Task) -> tuple[npt.NDArray[np.float16], bool]:
    """The features, and whether all of it is silence."""
    kernel, frames = MelStream(task.config), []
    levels = HopLevels(task.config.hop_length)
    with AudioStream(task.path, sample_rate=task.config.sample_rate) as stream:
        middle = max(0.0, ((stream.info.duration_s or 0.0) - LONGEST_S) / 2)
    with AudioStream(
        task.path, sample_rate=task.config.sample_rate, start_s=middle, duration_s=LONGEST_S
    ) as stream:
        for block in stream:
            levels.push(block)
            frames.append(kernel.push(block))
    return _half(np.concatenate([*frames, kernel.flush()])), levels.is_silent()


def _half(mel: FloatArray) -> npt.NDArray[np.float16]:
    loudest = float(mel.max(initial=0.0))
    if loudest > _LOUDEST:
        mel = mel * np.float32(_LOUDEST / loudest)
    return mel.astype(np.float16)
