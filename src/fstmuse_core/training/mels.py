"""Mel spectrograms of a data set, computed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.features import FeatureScaling, level_log_mel
from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, mel_spectrogram
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.atomic_write import open_atomic

# Half precision keeps a magnitude to 0.05 %, far below what the network can tell apart.
MelArray = npt.NDArray[np.float16]

Progress = Callable[[int, int], None]
AnyArray = TypeVar("AnyArray", bound=npt.NDArray[np.floating])


def load_mels(
    tracks: Sequence[Track], *, cache: Path | None = None, progress: Progress | None = None
) -> list[MelArray]:
    """Mel magnitudes of each track, shape ``(frames, 128)``.

    Parameters
    ----------
    tracks : sequence of Track
    cache : Path, optional
        Folder in which the arrays are kept from one run to the next. A file that changed is
        computed again.
    progress : callable, optional
        Called with tracks done and tracks in all.

    Raises
    ------
    AudioError
        If a track cannot be decoded.
    """
    mels = []
    for done, track in enumerate(tracks, 1):
        compute = partial(_mel, track.path)
        about = DEFAULT_CONFIG.to_dict()
        mels.append(cached_array(track.path, cache, about, compute) if cache else compute())
        if progress:
            progress(done, len(tracks))
    return mels


def _mel(path: Path) -> MelArray:
    samples = load_audio(path, sample_rate=DEFAULT_CONFIG.sample_rate)
    return mel_spectrogram(samples, DEFAULT_CONFIG).astype(np.float16)


def cached_array(
    path: Path, cache: Path, about: dict[str, Any], compute: Callable[[], AnyArray]
) -> AnyArray:
    """An array that belongs to a file, from the folder ``cache`` or computed and kept there.

    ``about`` says what else it depends on; a file that changed is computed again.
    """
    cached = cached_file(path, cache, about)
    if cached.is_file():
        kept: AnyArray = np.load(cached, allow_pickle=False)
        return kept
    array = compute()
    cache.mkdir(parents=True, exist_ok=True)
    with open_atomic(cached) as stream:
        np.save(stream, array, allow_pickle=False)
    return array


def cached_file(path: Path, cache: Path, about: dict[str, Any]) -> Path:
    """Place of the array that belongs to a file; see :func:`cached_array`."""
    return cache / f"{_fingerprint(path, about)}.npy"


def _fingerprint(path: Path, about: dict[str, Any]) -> str:
    try:
        state = path.stat()
        file = [str(path.resolve()), state.st_size, state.st_mtime_ns]
    except OSError:
        file = [str(path)]
    text = json.dumps([*file, about], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def cut_segments(mel: MelArray, frames: int, hop: int) -> FloatArray:
    """Overlapping segments, shape ``(n, frames, n_mels)``, float32.

    The last segment ends with the clip; a clip shorter than one segment is zero-padded.
    """
    if mel.shape[0] < frames:
        mel = np.pad(mel, ((0, frames - mel.shape[0]), (0, 0)))
    starts = segment_starts(mel.shape[0], frames, hop)
    return np.stack([mel[s : s + frames] for s in starts]).astype(np.float32)


def segment_starts(n_frames: int, frames: int, hop: int) -> list[int]:
    """Frames at which the segments of :func:`cut_segments` begin."""
    last = max(0, n_frames - frames)
    return [*range(0, last, hop), last]


def fit_scaling(mels: Sequence[MelArray], frames: int, offset: float = 1e-3) -> FeatureScaling:
    """Mean and standard deviation per band over the segments of training clips.

    Every clip counts the same, however long it is.
    """
    means, squares = [], []
    for mel in mels:
        level = level_log_mel(cut_segments(mel, frames, frames), offset)
        means.append(level.mean(axis=(0, 1), dtype=np.float64))
        squares.append(np.square(level, dtype=np.float64).mean(axis=(0, 1)))
    mean = np.mean(means, axis=0)
    std = np.sqrt(np.maximum(np.mean(squares, axis=0) - mean**2, 1e-6))
    return FeatureScaling(mean.astype(np.float32), std.astype(np.float32), offset)
