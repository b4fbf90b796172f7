"""Examination of one file for faults, in the pool or in a process of its own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fstmuse_core.audio import sound_files
from fstmuse_core.audio.levels import HopLevels
from fstmuse_core.audio.reading import AudioStream, probe
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.datasets.duplicates import PrintStream
from fstmuse_core.system.errors import AudioError, FstMuseError
from fstmuse_core.system.isolated import SharedWork

# One segment of the classifiers.
SHORTEST_S = 3.0
# In which levels are looked at for silence.
_HOP_S = 0.023
_FULL_SCALE = 0.999
# A loud master has a few flat peaks; more than this is audible distortion.
_CLIPPED_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class Examination:
    """Findings in one file.

    Attributes
    ----------
    path : Path
    seconds : float
        Length of the sound that could be decoded.
    peak : float
        Largest magnitude of the channels' mean; full scale is 1.
    sound : str
        Hash of the decoded samples, equal for exact duplicates of any format and tags; empty
        for a file that cannot be used.
    fault : str
        Reason it cannot be used: ``"unreadable"``, ``"missing"``, ``"changed"``, ``"short"`` or
        ``"silent"``, else empty.
    reason : str
        The fault for the user, with values.
    warnings : tuple of str
        Bearable faults: damage, clipping.
    words : bytes
        The fingerprint, see :func:`fstmuse_core.datasets.duplicates.print_of`.
    """

    path: Path
    seconds: float = 0.0
    peak: float = 0.0
    sound: str = ""
    fault: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    words: bytes = b""


def examine(path: Path) -> Examination:
    """Decode the whole file and say what is wrong with it; it never raises for a bad file."""
    before = file_state(path)
    if before is None:
        return Examination(path, fault="missing", reason="the file is missing")
    try:
        found = _listen(path)
    except AudioError as error:
        if file_state(path) is None:
            return Examination(path, fault="missing", reason="it vanished while it was read")
        return Examination(path, fault="unreadable", reason=error.reason)
    if file_state(path) != before:
        return Examination(path, fault="changed", reason="it changed while it was read")
    return found


def file_state(path: Path) -> tuple[int, int] | None:
    """Size and time of the last change, ``None`` if there is no such file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def _listen(path: Path) -> Examination:
    peak, clipped, count = 0.0, 0, 0
    with AudioStream(path, sample_rate=None) as stream:
        digest = hashlib.blake2b(str(stream.sample_rate).encode(), digest_size=16)
        words = PrintStream(stream.sample_rate)
        levels = HopLevels(max(1, round(_HOP_S * stream.sample_rate)))
        for block in stream:
            levels.push(block)
            size = np.abs(block)
            peak = max(peak, float(size.max(initial=0.0)))
            clipped += _flat_peaks(size)
            count += block.size
            digest.update(_as_pcm(block))
            words.push(block)
        seconds = count / stream.sample_rate
        warnings = list(stream.warnings)
    if seconds < SHORTEST_S:
        reason = f"it is {seconds:.1f} s long; at least {SHORTEST_S:.0f} s are needed"
        return Examination(path, seconds, peak, fault="short", reason=reason)
    if levels.is_silent():
        return Examination(path, seconds, peak, fault="silent", reason="it is silent")
    if clipped > _CLIPPED_SHARE * count:
        warnings.append(f"{100 * clipped / count:.1f} % of its samples are clipped")
    found = Examination(path, seconds, peak, digest.hexdigest(), warnings=tuple(warnings))
    return replace(found, words=words.finish().tobytes())


def _flat_peaks(size: FloatArray) -> int:
    full = size >= _FULL_SCALE
    return int(np.count_nonzero(full[1:] & full[:-1]))


def _as_pcm(block: FloatArray) -> bytes:
    """16-bit samples, so that a copy in a lossless format of another width is the same."""
    return bytes(np.rint(np.clip(block * 32768.0, -32768.0, 32767.0)).astype("<i2").data)


Cancelled = Callable[[], bool]


def _duration(path: str) -> float:
    return probe(path).duration_s or 0.0


def _examine(path: str) -> Examination:
    return examine(Path(path))


_DURATIONS = SharedWork(_duration)
_EXAMINATIONS = SharedWork(_examine)


@contextmanager
def one_process() -> Iterator[None]:
    """Look at all files until the end of the ``with`` statement in the same process."""
    with sound_files.one_process(), _DURATIONS.kept(), _EXAMINATIONS.kept():
        yield


def duration_of(path: Path, cancelled: Cancelled | None = None) -> float | str:
    """Seconds of sound, as the file's header says, or why they are not known.

    ``cancelled`` is asked several times a second.
    """
    found = _DURATIONS.result(path, cancelled)
    if isinstance(found, FstMuseError):
        return found.reason
    return found or "its length is not known, so it may be damaged"


def examined(path: Path, cancelled: Cancelled | None = None) -> Examination:
    """Examine a file; one that crashes or hangs a decoder is unreadable."""
    found = _EXAMINATIONS.result(path, cancelled)
    if isinstance(found, FstMuseError):
        return Examination(path, fault="unreadable", reason=found.reason)
    return found
