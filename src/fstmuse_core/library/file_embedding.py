"""Outputs of a tagger for one file, whether it is in a library or not."""

from __future__ import annotations

from functools import lru_cache

from fstmuse_core.audio.levels import HopLevels
from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.tagger import Tagger, find_tagger
from fstmuse_core.classify.tagging import LISTENED_S, TaggerSession
from fstmuse_core.system.errors import AudioError
from fstmuse_core.system.process_limits import heartbeat


class EmbeddingTask:
    """Work for :func:`fstmuse_core.system.isolated.isolated`: a path in, its embedding out.

    Parameters
    ----------
    tagger_sha256 : str
        Hash of the tagger, which is loaded where the work is done.
    """

    def __init__(self, tagger_sha256: str) -> None:
        self._sha256 = tagger_sha256

    def __call__(self, path: str) -> FloatArray:
        return file_embedding(path, _tagger(self._sha256))


@lru_cache(maxsize=1)
def _tagger(sha256: str) -> Tagger:
    return Tagger(find_tagger(sha256))


def file_embedding(path: str, tagger: Tagger) -> FloatArray:
    """Embedding of a file by its first three minutes, shape ``(n_features,)``.

    Raises
    ------
    AudioError
        If it cannot be read, is silent or shorter than a patch of 3 s.
    """
    rate = DEFAULT_CONFIG.sample_rate
    session, levels = TaggerSession(tagger), HopLevels(DEFAULT_CONFIG.hop_length)
    n_samples = 0
    with AudioStream(path, sample_rate=rate) as stream:
        for block in stream:
            session.push(block)
            levels.push(block)
            n_samples += block.size
            heartbeat(fraction=min(1.0, n_samples / (LISTENED_S * rate)))
            if n_samples >= LISTENED_S * rate:
                break
    found = session.outputs(levels.rms())
    if found is None:
        raise AudioError(
            path, "it is silent or shorter than 3 s, so nothing sounds like it", "name another song"
        )
    return found[1].mean().embedding
