"""From a mel spectrogram back to sound: magnitudes by sparse updates, phases by Griffin-Lim."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, SpectrogramConfig
from fstmuse_core.inversion.griffin_lim import (
    ComplexArray,
    GriffinLim,
    MelSolver,
    Transform,
    fewest_eighths,
    initial_phases,
)
from fstmuse_core.system.errors import InversionError
from fstmuse_core.system.process_limits import heartbeat

# A stretch is 36 s, which takes about 40 MB to work on: half a minute is done in one.
_STRETCH_FRAMES = 1536
# Frames of the next stretch that are worked on too, so that the sound at its end is known.
_AHEAD_FRAMES = 32
# Hops over which a stretch gives way to the next.
_FADE_HOPS = 4
# Multiplicative steps to the magnitudes to begin with.
_MAGNITUDE_STEPS = 10


@dataclass(frozen=True, eq=False)
class _Ahead:
    """Look-ahead of a stretch into the next: its first samples, at both rates, hop by hop."""

    thinned: FloatArray
    full: FloatArray


class StretchInverter:
    """Inverts one stretch after the other; each goes on where the one before has ended."""

    def __init__(
        self,
        config: SpectrogramConfig,
        iterations: int,
        seed: int,
        threads: Executor,
        after_each: Callable[[], None],
    ) -> None:
        self._config = config
        self._iterations = iterations
        self._rng = np.random.default_rng(seed)
        self._threads = threads
        self._after_each = after_each
        self._solver = MelSolver(config)
        self._eighths = fewest_eighths(config, self._solver.n_bins)
        # Frames before a stretch that reach into it.
        self._context = config.win_length // config.hop_length - 1
        self._known: _Ahead | None = None

    def invert(self, mel: FloatArray, n_wanted: int, *, ends: bool) -> FloatArray:
        """Samples of the first ``n_wanted`` frames of ``mel``, a hop each.

        After the first stretch ``mel`` begins ``context`` frames earlier, with frames that
        were wanted of the stretch before.
        """
        before = 0 if self._known is None else self._context
        thin = Transform(self._config, len(mel), self._eighths)
        spectrum = self._begin(mel, thin)
        search = GriffinLim(
            thin,
            self._solver,
            mel * thin.scale,
            spectrum,
            pinned=None if self._known is None else self._known.thinned[:before],
            ends=ends,
        )
        stretch_s = len(mel) / self._config.frames_per_second

        def after() -> None:
            heartbeat(stretch_s)
            self._after_each()

        thinned = search.run(self._iterations, self._threads, after)
        full = self._at_full_rate(thinned, thin)
        stop = before + n_wanted
        wanted = full[before:stop]
        if self._known is not None:
            _fade(self._known.full, wanted)
        self._known = _Ahead(thinned[stop - self._context :], full[stop : stop + _FADE_HOPS])
        return wanted.reshape(-1)

    def _begin(self, mel: FloatArray, thin: Transform) -> ComplexArray:
        """Magnitudes that fit, with the phases that are known already and new ones after."""
        columns = np.ascontiguousarray(mel.T) * thin.scale
        magnitude = np.ascontiguousarray(self._solver.solve(columns, _MAGNITUDE_STEPS).T)
        if self._known is None:
            return _polar(magnitude, initial_phases(magnitude, self._config, self._rng))
        known = self._known.thinned
        n_known = len(known) - thin.overlap + 1
        spectrum = thin.forward(known, 0, n_known, self._solver.n_bins)
        spectrum *= magnitude[:n_known] / np.maximum(np.abs(spectrum), np.float32(1e-7))
        last = np.angle(spectrum[-1]).astype(np.float64)
        rest = magnitude[n_known:]
        new = _polar(rest, initial_phases(rest, self._config, self._rng, last))
        return np.concatenate([spectrum, new])

    def _at_full_rate(self, thinned: FloatArray, thin: Transform) -> FloatArray:
        transform = Transform(self._config, thin.n_frames)
        hops = np.zeros((transform.n_hops, transform.hop), dtype=np.float32)
        for start in range(0, thin.n_frames, _STRETCH_FRAMES // 12):
            stop = min(start + _STRETCH_FRAMES // 12, thin.n_frames)
            spectrum = thin.forward(thinned, start, stop, self._solver.n_bins) / thin.scale
            transform.add_inverse(spectrum, hops[start : stop + transform.overlap - 1])
        transform.normalise(hops)
        return hops


def _polar(magnitude: FloatArray, phases: FloatArray) -> ComplexArray:
    return np.asarray(magnitude * np.exp(np.complex64(1j) * phases), dtype=np.complex64)


def _fade(before: FloatArray, after: FloatArray) -> None:
    """Let the first hops of ``after`` grow out of ``before``, in place."""
    count = min(len(before), len(after))
    size = count * after.shape[1]
    share = ((np.arange(size, dtype=np.float32) + 0.5) / max(size, 1)).reshape(count, -1)
    after[:count] += (1.0 - share) * (before[:count] - after[:count])


def stretches(
    frames: Iterable[FloatArray], config: SpectrogramConfig
) -> Iterator[tuple[FloatArray, int, bool]]:
    """Cut a stream of mel frames as :meth:`StretchInverter.invert` takes it."""
    context = config.win_length // config.hop_length - 1
    room = _STRETCH_FRAMES + _AHEAD_FRAMES
    held = np.empty((0, config.n_mels), dtype=np.float32)
    before = 0
    for part in frames:
        held = np.concatenate([held, part])
        while len(held) > before + room:
            yield held[: before + room], _STRETCH_FRAMES, False
            held = held[before + _STRETCH_FRAMES - context :]
            before = context
    if len(held) > before:
        yield held, len(held) - before, True


def n_stretches(n_frames: int) -> int:
    """Number of stretches that a clip of ``n_frames`` is done in."""
    return max(1, -(-(n_frames - _AHEAD_FRAMES) // _STRETCH_FRAMES)) if n_frames else 0


def invert_frames(
    frames: Iterable[FloatArray],
    config: SpectrogramConfig,
    *,
    iterations: int,
    seed: int,
    after_each: Callable[[], None],
) -> Iterator[FloatArray]:
    """Samples of a stream of mel frames, in order; ``hop_length`` of them for each frame."""
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as threads:
        inverter = StretchInverter(config, iterations, seed, threads, after_each)
        for mel, n_wanted, ends in stretches(frames, config):
            yield inverter.invert(mel, n_wanted, ends=ends)


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
