"""Griffin-Lim with momentum, whose magnitudes keep to the mel bands, and its Fourier transform."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray, SpectrogramConfig
from fstmuse_core.inversion.estimates import MelSolver

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
_TINY = np.float32(1e-7)


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
