"""The short-time Fourier transform and its least-squares inverse, on fewer samples."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fstmuse_core.spectrogram import FloatArray, SpectrogramConfig

ComplexArray = npt.NDArray[np.complex64]

# Where few windows reach, at either end of a clip, the inverse would amplify what is hardly
# known. There it fades instead, below this share of the full sum of squared windows.
_LEAST_COVER = 0.03


class Transform:
    """A short-time transform of ``n_frames`` frames, at the sample rate or below it.

    Below half the rate nothing changes if all of the sound is thinned alike: at ``eighths=6``
    window and hop have three quarters of their samples, the bins stay where they are, and
    work is less. Values are then those of the full rate times ``eighths / 8``.

    Frames lie as in :func:`fstmuse_core.spectrogram.mel_spectrogram`: frame ``i`` begins at
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
