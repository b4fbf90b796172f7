"""From a mel spectrogram back to sound: magnitudes by sparse updates, phases by Griffin-Lim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, SpectrogramConfig
from fstmuse_core.system.errors import InversionError

ITERATIONS = 32
MAX_ITERATIONS = 1000


class InversionCancelledError(Exception):
    """Raised by :func:`invert_mel` where ``cancelled()`` said so.

    Examples
    --------
    >>> mel = mel_spectrogram(np.ones(4096))
    >>> invert_mel(mel, cancelled=lambda: True)
    Traceback (most recent call last):
    fstmuse_core.inversion.InversionCancelledError
    """


def invert_mel(
    mel: FloatArray,
    config: SpectrogramConfig = DEFAULT_CONFIG,
    *,
    iterations: int = ITERATIONS,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FloatArray:
    """Samples whose mel spectrogram is ``mel``, as nearly as a sound can have it.

    Parameters
    ----------
    mel : ndarray of float32, shape ``(n, n_mels)``
        Magnitudes as :func:`fstmuse_core.audio.spectrogram.mel_spectrogram` gives them.
    config : SpectrogramConfig
        Parameters it was made with; ``hop_length`` must divide ``win_length``.
    iterations : int
        Of Griffin-Lim; past 60 nothing audible is gained.
    seed : int
        The same mel, iterations and seed give the same samples.
    progress : callable, optional
        Told the fraction done, from 0 to 1, after each iteration.
    cancelled : callable, optional
        Asked before each iteration.

    Returns
    -------
    ndarray of float32, shape ``(n * hop_length,)``
        At the level that the magnitudes say, so it may reach beyond [-1, 1]; see
        :mod:`fstmuse_core.audio.levels`. What the bands do not hold, above ``fmax``,
        is silent.

    Raises
    ------
    InversionError
        If ``mel`` holds NaN, infinity or values below zero.
    InversionCancelledError
        If ``cancelled()`` returned true.
    ValueError
        If shapes or settings do not fit.

    Examples
    --------
    >>> from fstmuse_core.audio.spectrogram import mel_spectrogram
    >>> tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    >>> mel = mel_spectrogram(tone)
    >>> again = mel_spectrogram(invert_mel(mel))
    >>> bool(np.linalg.norm(again - mel) < 0.1 * np.linalg.norm(mel))
    True
    """
    from fstmuse_core.inversion.stream import n_stretches

    total = iterations * n_stretches(len(mel))
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(min(1.0, done / total))

    parts = list(
        invert_stream(
            [mel], config, iterations=iterations, seed=seed, cancelled=cancelled, after_each=tell
        )
    )
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)


def invert_stream(
    frames: Iterable[FloatArray],
    config: SpectrogramConfig = DEFAULT_CONFIG,
    *,
    iterations: int = ITERATIONS,
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
    after_each: Callable[[], None] | None = None,
) -> Iterator[FloatArray]:
    """Samples of a stream of mel frames, in bounded memory and without seams.

    ``frames`` are pieces of any length, shape ``(n, n_mels)``. In all, ``hop_length`` samples
    come for each frame, the same as :func:`invert_mel` gives for the whole. ``after_each`` is
    called after each iteration. See there for the rest.
    """
    from fstmuse_core.inversion.stream import invert_frames

    if not 1 <= iterations <= MAX_ITERATIONS:
        raise ValueError(f"{iterations} iterations; 1 to {MAX_ITERATIONS} can be")
    if seed < 0:
        raise ValueError(f"seed {seed}; 0 or more is needed")
    if config.win_length % config.hop_length:
        raise ValueError(
            f"win_length {config.win_length} is no multiple of hop_length {config.hop_length}"
        )

    def after() -> None:
        if after_each:
            after_each()
        if cancelled and cancelled():
            raise InversionCancelledError

    checked = (_checked(part, config) for part in frames)
    return invert_frames(checked, config, iterations=iterations, seed=seed, after_each=after)


def spectral_convergence(mel: FloatArray, wanted: FloatArray) -> float:
    """``||mel - wanted|| / ||wanted||``, in Frobenius norms; 0 is perfect."""
    missed, whole = (np.square(part, dtype=np.float64).sum() for part in (mel - wanted, wanted))
    return float(np.sqrt(missed / whole))


def _checked(mel: FloatArray, config: SpectrogramConfig) -> FloatArray:
    if mel.ndim != 2 or mel.shape[1] != config.n_mels:
        raise ValueError(f"mel has shape {mel.shape}; (n, {config.n_mels}) is needed")
    if not np.isfinite(mel).all():
        count = int((~np.isfinite(mel)).sum())
        raise InversionError(
            "the mel spectrogram",
            f"{count} of its {mel.size} values are NaN or infinity",
            "make it again",
        )
    if (mel < 0).any():
        raise InversionError(
            "the mel spectrogram", "it holds magnitudes below zero", "give magnitudes, not decibels"
        )
    return np.asarray(mel, dtype=np.float32)
