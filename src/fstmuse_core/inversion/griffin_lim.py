"""Griffin-Lim with momentum, its first estimates, and the magnitudes it keeps to the mel bands."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray, SpectrogramConfig, mel_filterbank

# Far below what 16 bits can hold; keeps divisions finite where there is silence.
_TINY = np.float32(1e-7)


class MelSolver:
    """Non-negative linear magnitudes whose mel bands are given ones.

    The update is that of Lee and Seung, "Algorithms for non-negative matrix factorization"
    (2001), for the Kullback-Leibler divergence: each magnitude is multiplied by the mean ratio
    of wanted to present mel bands, weighted as the bands weigh it. A bin lies in two bands at
    most, so with sparse products a step costs a thousandth of a dense solver's.

    Magnitudes have one row a bin here and one column a frame, which is how sparse products
    are fast.

    Attributes
    ----------
    n_bins : int
        Bins that any band uses; those above the highest band are unseen and stay zero.
    """

    def __init__(self, config: SpectrogramConfig) -> None:
        from scipy.sparse import csr_matrix

        weights = mel_filterbank(config)
        self.n_bins = int(np.flatnonzero(weights.any(axis=1)).max()) + 1
        used = weights[: self.n_bins]
        self._to_bins = csr_matrix(used)
        self._to_bands = csr_matrix(used.T)
        self._shares = np.maximum(used.sum(axis=1, keepdims=True), _TINY)
        self._widths = np.maximum(used.sum(axis=0)[:, None], _TINY)

    def solve(self, mel: FloatArray, steps: int) -> FloatArray:
        """Magnitudes, shape ``(n_bins, n)``, of mel bands of shape ``(n_mels, n)``."""
        magnitude = np.asarray(self._to_bins @ (mel / self._widths), dtype=np.float32)
        for _ in range(steps):
            magnitude = self.step(magnitude, mel)
        return magnitude

    def step(self, magnitude: FloatArray, mel: FloatArray) -> FloatArray:
        """``magnitude`` once updated towards ``mel``; shapes as in :meth:`solve`."""
        ratio = mel / (self._to_bands @ magnitude + _TINY)
        return np.asarray(magnitude * ((self._to_bins @ ratio) / self._shares))


# Below this frequency, in hertz, mel bands are narrow enough to tell partials apart.
_PARTIALS_BELOW = 2000.0

Phases = npt.NDArray[np.float64]


def initial_phases(
    magnitude: FloatArray,
    config: SpectrogramConfig,
    rng: np.random.Generator,
    before: Phases | None = None,
) -> FloatArray:
    """Phases for Griffin-Lim to start from, in radians.

    Where partials can be told apart each peak of the spectrum is taken for one, and its phase
    goes on from the frame before at the peak's frequency, as in Beauregard, Harish and Wyse,
    "Single pass spectrogram inversion" (2015). The rest is random: tracked noise would sound
    metallic, and it is at random phases that drums stay sharp.

    Parameters
    ----------
    magnitude : ndarray of float32, shape ``(n, n_bins)``
    before : ndarray, shape ``(n_bins,)``, optional
        Phases of the frame before the first.

    Returns
    -------
    ndarray of float32, shape ``(n, n_bins)``
    """
    n_frames, n_bins = magnitude.shape
    phases = rng.random((n_frames, n_bins), dtype=np.float32) * np.float32(2.0 * np.pi)
    tracked = min(n_bins, round(_PARTIALS_BELOW * config.n_fft / config.sample_rate))
    owner, advance = _advances(magnitude[:, :tracked], config)
    phase = rng.random(tracked) * 2.0 * np.pi if before is None else before[:tracked]
    for frame in range(n_frames):
        phase = phase[owner[frame]] + advance[frame]
        phases[frame, :tracked] = phase
    return phases


def _advances(
    magnitude: FloatArray, config: SpectrogramConfig
) -> tuple[npt.NDArray[np.intp], Phases]:
    """For each bin, the peak whose phase it follows, and by how much its phase is then ahead."""
    bins = np.arange(magnitude.shape[1])
    left, centre, right = magnitude[:, :-2], magnitude[:, 1:-1], magnitude[:, 2:]
    is_peak = np.zeros(magnitude.shape, dtype=bool)
    is_peak[:, 1:-1] = (centre > left) & (centre >= right)
    # The vertex of the parabola through a peak and its neighbours, in bins from the peak.
    vertex = np.zeros(magnitude.shape, dtype=np.float32)
    bend = np.maximum(2.0 * centre - left - right, np.float32(1e-12))
    vertex[:, 1:-1] = np.where(is_peak[:, 1:-1], 0.5 * (right - left) / bend, 0.0)

    owner = _nearest(is_peak)
    frequency = owner + np.take_along_axis(vertex, owner, axis=1)
    a_bin = 2.0 * np.pi * config.hop_length / config.n_fft
    advance: Phases = np.asarray(a_bin * frequency, dtype=np.float64)
    # A partial in the middle of the window: the phase falls by as much from bin to bin.
    advance -= np.pi * config.win_length / config.n_fft * (bins - owner)
    return owner, advance


def _nearest(marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Column of the nearest mark in the same row; its own where a row has none."""
    columns = np.arange(marked.shape[1])
    far = 2 * marked.shape[1]
    before = np.maximum.accumulate(np.where(marked, columns, -far), axis=1)
    after = np.minimum.accumulate(np.where(marked, columns, far)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(columns - before <= after - columns, before, after)
    return np.asarray(np.where(marked.any(axis=1, keepdims=True), nearest, columns), dtype=np.intp)


ComplexArray = npt.NDArray[np.complex64]

# Where few windows reach, at either end of a clip, the inverse would amplify what is hardly
# known. There it fades instead, below this share of the full sum of squared windows.
_LEAST_COVER = 0.03


class Transform:
    """A short-time transform of ``n_frames`` frames, at the sample rate or below it.

    Below half the rate nothing changes if all of the sound is thinned alike: at ``eighths=6``
    window and hop have three quarters of their samples, the bins stay where they are, and
    work is less. Values are then those of the full rate times ``eighths / 8``.

    Frames lie as in :func:`fstmuse_core.audio.spectrogram.mel_spectrogram`: frame ``i`` begins at
    sample ``i * hop``; the samples end with the last frame's.
    """

    def __init__(self, config: SpectrogramConfig, n_frames: int, eighths: int = 8) -> None:
        self.n_fft, self.hop, window_length = (
            length * eighths // 8 for length in (config.n_fft, config.hop_length, config.win_length)
        )
        self.scale = np.float32(eighths / 8.0)
        self.overlap = window_length // self.hop
        self.n_frames = n_frames
        self.n_hops = n_frames + self.overlap - 1
        n = np.arange(window_length)
        self._window = (0.5 - 0.5 * np.cos(2.0 * np.pi * n / window_length)).astype(np.float32)
        cover = np.zeros((self.n_hops, self.hop), dtype=np.float32)
        squares = np.square(self._window).reshape(self.overlap, self.hop)
        for part in range(self.overlap):
            cover[part : part + n_frames] += squares[part]
        self._divide = 1.0 / np.maximum(cover, _LEAST_COVER * squares.sum(axis=0).max())

    def forward(self, hops: FloatArray, first: int, last: int, n_bins: int) -> ComplexArray:
        """Frames ``first`` to ``last`` of samples of shape ``(n_hops, hop)``; lowest bins only."""
        import scipy.fft

        frames = np.lib.stride_tricks.sliding_window_view(hops.reshape(-1), self._window.size)
        windowed = frames[first * self.hop : last * self.hop : self.hop] * self._window
        spectrum: ComplexArray = scipy.fft.rfft(windowed, n=self.n_fft, axis=-1)[:, :n_bins]
        return spectrum

    def add_inverse(self, spectrum: ComplexArray, hops: FloatArray) -> None:
        """Add windowed frames to ``hops``, shape ``(len(spectrum) + overlap - 1, hop)``."""
        import scipy.fft

        count = len(spectrum)
        frames = scipy.fft.irfft(spectrum, n=self.n_fft, axis=-1)[:, : self._window.size]
        frames = (frames * self._window).reshape(count, self.overlap, self.hop)
        for part in range(self.overlap):
            hops[part : part + count] += frames[:, part]

    def normalise(self, hops: FloatArray) -> None:
        """Divide the sum of windowed frames by the sum of squared windows, in place."""
        hops *= self._divide


@lru_cache(maxsize=8)
def fewest_eighths(config: SpectrogramConfig, n_bins: int) -> int:
    """The lowest rate, in eighths of the sample rate, at which ``n_bins`` bins still fit."""
    lengths = (config.n_fft, config.hop_length, config.win_length)
    for eighths in range(1, 8):
        even = all(length * eighths % 16 == 0 for length in lengths)
        if even and config.n_fft * eighths // 16 >= n_bins:
            return eighths
    return 8


_MOMENTUM = np.float32(0.99)
# Before these iterations the phases fit so badly that their magnitudes are not worth heeding.
_FIXED_ITERATIONS = 4
# Frames worked on at once: what they need stays in the second-level cache.
_BLOCK_FRAMES = 64
# Always as many, on however many threads, so that sums come out the same everywhere.
_PARTS = 2


class GriffinLim:
    """Looks for samples whose mel spectrogram is a given one.

    Fast Griffin-Lim (Perraudin, Balazs and Søndergaard, "A fast Griffin-Lim algorithm", 2013)
    goes back and forth between spectra that some sound has and spectra of the wanted
    magnitude. What is wanted here is mel bands, which leave the magnitudes some freedom:
    instead of holding to one guess, each iteration takes those of the sound that there is and
    brings them to the bands by one multiplicative step. That halves the error.

    Parameters
    ----------
    transform : Transform
    solver : MelSolver
    mel : ndarray of float32, shape ``(n_frames, n_mels)``
    spectrum : ndarray of complex64, shape ``(n_frames, n_bins)``
        To begin with; at the transform's scale, as ``mel`` is.
    pinned : ndarray of float32, shape ``(n, hop)``, optional
        Samples that the sound begins with and that stay as they are.
    ends : bool
        True if the clip ends with the last frame's first hop, and silence follows.
    """

    def __init__(
        self,
        transform: Transform,
        solver: MelSolver,
        mel: FloatArray,
        spectrum: ComplexArray,
        *,
        pinned: FloatArray | None,
        ends: bool,
    ) -> None:
        self._transform = transform
        self._solver = solver
        self._mel = np.ascontiguousarray(mel.T)
        self._spectrum = spectrum
        self._magnitude = np.abs(spectrum)
        self._pinned = pinned
        self._ends = ends
        middle = transform.n_frames // _PARTS // _BLOCK_FRAMES * _BLOCK_FRAMES
        edges = (0, middle, transform.n_frames)
        self._parts = [(a, b) for a, b in pairwise(edges) if a < b]

    def run(self, iterations: int, threads: Executor, after_each: Callable[[], None]) -> FloatArray:
        """Samples, shape ``(n_hops, hop)``; an exception of ``after_each`` ends it."""
        hops = self._gather(threads, self._inverted)
        for iteration in range(iterations):
            improved = partial(self._improved, hops, iteration)
            hops = self._gather(threads, improved)
            after_each()
        return hops

    def _gather(self, threads: Executor, work: Callable[[int, int], FloatArray]) -> FloatArray:
        """The sum of what ``work`` makes of each part, as samples of the whole."""
        hops = np.zeros((self._transform.n_hops, self._transform.hop), dtype=np.float32)
        for (first, _), part in zip(
            self._parts, threads.map(work, *zip(*self._parts, strict=True)), strict=True
        ):
            hops[first : first + len(part)] += part
        self._transform.normalise(hops)
        if self._pinned is not None:
            hops[: len(self._pinned)] = self._pinned
        if self._ends:
            hops[self._transform.n_frames :] = 0.0
        return hops

    def _room(self, first: int, last: int) -> FloatArray:
        n_hops = last - first + self._transform.overlap - 1
        return np.zeros((n_hops, self._transform.hop), dtype=np.float32)

    def _inverted(self, first: int, last: int) -> FloatArray:
        out = self._room(first, last)
        for start in range(first, last, _BLOCK_FRAMES):
            stop = min(start + _BLOCK_FRAMES, last)
            self._add(self._spectrum[start:stop], out, start - first)
        return out

    def _add(self, spectrum: ComplexArray, out: FloatArray, at: int) -> None:
        self._transform.add_inverse(
            spectrum, out[at : at + len(spectrum) + self._transform.overlap - 1]
        )

    def _improved(self, hops: FloatArray, iteration: int, first: int, last: int) -> FloatArray:
        out = self._room(first, last)
        n_bins = self._solver.n_bins
        for start in range(first, last, _BLOCK_FRAMES):
            stop = min(start + _BLOCK_FRAMES, last)
            now = self._transform.forward(hops, start, stop, n_bins)
            if iteration >= _FIXED_ITERATIONS:
                present = np.ascontiguousarray(np.abs(now).T)
                self._magnitude[start:stop] = self._solver.step(present, self._mel[:, start:stop]).T
            ahead = now
            if iteration:
                ahead = now - self._spectrum[start:stop]
                ahead *= _MOMENTUM
                ahead += now
            self._spectrum[start:stop] = now
            ahead *= self._magnitude[start:stop] / (np.abs(ahead) + _TINY)
            self._add(ahead, out, start - first)
        return out
