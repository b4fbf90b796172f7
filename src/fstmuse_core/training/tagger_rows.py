"""Outputs of the tagger for the clips of a data set, computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from fstmuse_core.audio.levels import HopLevels
from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.tagger import Tagger, TagOutputs
from fstmuse_core.classify.tagger_session import TaggerSession
from fstmuse_core.training.mels import cached_array


def tagger_rows(
    paths: Sequence[Path],
    tagger: Tagger,
    *,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FloatArray:
    """Embedding and tags of each clip, as a classifier gets them: means over its patches.

    Parameters
    ----------
    paths : sequence of Path
    tagger : Tagger
    cache : Path, optional
        Folder in which the rows are kept from one run to the next.
    progress : callable, optional
        Told clips done, and clips in all.

    Returns
    -------
    ndarray of float32, shape ``(clips, n_features + n_tags)``
        NaN where a clip is silent or shorter than 3 s.

    Raises
    ------
    AudioError
        If a clip cannot be decoded.
    """
    rows = np.empty((len(paths), tagger.n_features + len(tagger.tags)), dtype=np.float32)
    for done, path in enumerate(paths, 1):
        compute = partial(_row, path, tagger)
        about = {"tagger": tagger.sha256}
        rows[done - 1] = cached_array(path, cache, about, compute) if cache else compute()
        if progress:
            progress(done, len(paths))
    return rows


def _row(path: Path, tagger: Tagger) -> FloatArray:
    outputs = clip_outputs(load_audio(path, sample_rate=DEFAULT_CONFIG.sample_rate), tagger)
    if outputs is None:
        return np.full(tagger.n_features + len(tagger.tags), np.nan, dtype=np.float32)
    return outputs.row()


def clip_outputs(samples: FloatArray, tagger: Tagger) -> TagOutputs | None:
    """Mean outputs for mono samples at 22,050 Hz; ``None`` if they are silent or too short."""
    session, levels = TaggerSession(tagger), HopLevels(DEFAULT_CONFIG.hop_length)
    session.push(samples)
    levels.push(samples)
    found = session.outputs(levels.rms())
    return found[1].mean() if found else None


def outputs_of(rows: FloatArray, n_tags: int) -> TagOutputs:
    """Rows as the outputs they were."""
    return TagOutputs(rows[..., -n_tags:], rows[..., :-n_tags])
