"""The mel spectrogram: one kernel for a whole clip and for a live stream.

The numbers are those of ``tfio.audio.melscale(tfio.audio.spectrogram(...))``: a magnitude
(not power) spectrogram under a periodic Hann window, on HTK mel bands without area
normalisation, framed from the first sample and zero-padded at the end.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
ComplexArray = npt.NDArray[np.complex64]

# Frames transformed at once: large enough to keep the FFT busy, small enough that the
# frame matrix (block x n_fft floats) stays in the second-level cache.
_BLOCK_FRAMES = 128


@dataclass(frozen=True, slots=True)
class SpectrogramConfig:
    """Parameters that turn samples into a mel spectrogram. Saved with every model.

    Attributes
    ----------
    sample_rate : int
        Samples a second the kernel expects.
    n_fft, win_length : int
        FFT size and length of the Hann window, in samples; ``win_length <= n_fft``.
    hop_length : int
        Samples from one frame to the next.
    n_mels : int
        Number of mel bands.
    fmin, fmax : float
        Lower edge of the lowest band and upper edge of the highest, in hertz.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> SpectrogramConfig(n_mels=64).hop_length
    512
    >>> SpectrogramConfig(hop_length=0)
    Traceback (most recent call last):
    ValueError: hop_length is 0; it must be 1 or more
    """

    sample_rate: int = 22_050
    n_fft: int = 2048
    win_length: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    fmin: float = 0.0
    fmax: float = 8000.0

    def __post_init__(self) -> None:
        for name in ("sample_rate", "n_fft", "win_length", "hop_length", "n_mels"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.win_length > self.n_fft:
            raise ValueError(f"win_length {self.win_length} is longer than n_fft {self.n_fft}")
        if not 0.0 <= self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError(
                f"fmin {self.fmin} and fmax {self.fmax} must rise between 0 and "
                f"{self.sample_rate / 2} Hz, half the sample rate"
            )

    @property
    def frames_per_second(self) -> float:
        """Frames a second.

        Examples
        --------
        >>> round(SpectrogramConfig().frames_per_second, 2)
        43.07
        """
        return self.sample_rate / self.hop_length

    def n_frames(self, n_samples: int) -> int:
        """Frames of a clip of ``n_samples``: one for each started hop.

        Examples
        --------
        >>> SpectrogramConfig().n_frames(22_050)
        44
        """
        return -(-n_samples // self.hop_length)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        Examples
        --------
        >>> SpectrogramConfig(**SpectrogramConfig().to_dict()) == SpectrogramConfig()
        True
        """
        return asdict(self)


DEFAULT_CONFIG = SpectrogramConfig()


def hz_to_mel(frequency: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Hertz to HTK mel, ``1127 ln(1 + f / 700)`` (Young et al., The HTK Book, 5.4.6)."""
    return np.asarray(1127.0 * np.log1p(np.asarray(frequency, dtype=np.float64) / 700.0))


def mel_to_hz(mel: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """HTK mel to hertz, the inverse of :func:`hz_to_mel`."""
    return np.asarray(700.0 * np.expm1(np.asarray(mel, dtype=np.float64) / 1127.0))


def mel_frequencies(config: SpectrogramConfig = DEFAULT_CONFIG) -> npt.NDArray[np.float64]:
    """Centre frequency of each mel band in hertz, shape ``(n_mels,)``."""
    return mel_to_hz(_mel_edges(config)[1:-1])


def _mel_edges(config: SpectrogramConfig) -> npt.NDArray[np.float64]:
    low, high = hz_to_mel([config.fmin, config.fmax])
    return np.linspace(low, high, config.n_mels + 2)


@lru_cache(maxsize=8)
def mel_filterbank(config: SpectrogramConfig = DEFAULT_CONFIG) -> FloatArray:
    """Weights that turn a linear magnitude spectrum into mel bands.

    Triangles that are straight on the mel axis (not on the hertz axis, where librosa's are),
    with peak 1 and no area normalisation; the bin at 0 Hz gets no weight. This is
    ``tf.signal.linear_to_mel_weight_matrix``, which ``tfio.audio.melscale`` uses.

    Returns
    -------
    ndarray of float32, shape ``(n_fft // 2 + 1, n_mels)``, read-only
    """
    edges = _mel_edges(config)
    bins = hz_to_mel(np.linspace(0.0, config.sample_rate / 2, config.n_fft // 2 + 1))[:, None]
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - lower) / (centre - lower)
    falling = (upper - bins) / (upper - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    result = weights.astype(np.float32)
    result.flags.writeable = False
    return result


@dataclass(frozen=True, eq=False)
class BandSums:
    """The product of magnitudes with the mel filterbank, without a matrix.

    A bin lies on the rising side of one triangle and on the falling side of the one below, so
    that it has two weights at most, and the bins between two edges follow one another. Each
    such run of bins is summed once, its rising and its falling share side by side as one
    complex number; a band is the rising share of its lower run and the falling share of its
    upper one. That is a hundredth of the multiplications of a matrix product. It calls no BLAS,
    whose threads would wait for each other over so little work, and a frame's sums are the
    same to the bit in whichever block and on whichever BLAS kernel it is transformed.

    Attributes
    ----------
    shares : ndarray of complex64, shape ``(n_bins,)``
        Weight of each bin in the band that rises there, and in that which falls, times i.
    first_bins : ndarray of int, shape ``(n_runs,)``
        Starts of the runs: ascending, none empty.
    runs : ndarray of int, shape ``(n_runs,)``
        Number of each run: it is the lower run of the band with that number.
    n_mels : int
        Number of bands.
    """

    shares: ComplexArray
    first_bins: npt.NDArray[np.intp]
    runs: npt.NDArray[np.intp]
    n_mels: int

    @classmethod
    def from_config(cls, config: SpectrogramConfig) -> BandSums:
        """Sums that equal a product with :func:`mel_filterbank` but for rounding."""
        weights = mel_filterbank(config)
        used = np.flatnonzero(weights.any(axis=1))
        n_bins = int(used.max()) + 1 if used.size else 1
        hertz = np.linspace(0.0, config.sample_rate / 2, config.n_fft // 2 + 1)[:n_bins]
        run_of_bin = np.searchsorted(_mel_edges(config), hz_to_mel(hertz), side="right") - 1
        # Bins below fmin and at fmax have no weight in any band.
        run_of_bin = np.clip(run_of_bin, 0, config.n_mels)
        sides = np.pad(weights[:n_bins], [(0, 0), (1, 1)])
        bins = np.arange(n_bins)
        shares = sides[bins, run_of_bin + 1] + np.complex64(1j) * sides[bins, run_of_bin]
        runs, first_bins = np.unique(run_of_bin, return_index=True)
        return cls(shares.astype(np.complex64), first_bins, runs, config.n_mels)

    @property
    def n_bins(self) -> int:
        """Lowest bins, those that any band uses."""
        return self.shares.size

    def apply(self, magnitude: FloatArray, out: FloatArray) -> None:
        """Write mel bands of ``(n, n_bins)`` magnitudes to ``out``, shape ``(n, n_mels)``."""
        sums = np.zeros((len(magnitude), self.n_mels + 1), dtype=np.complex64)
        sums[:, self.runs] = np.add.reduceat(magnitude * self.shares, self.first_bins, axis=1)
        np.add(sums.real[:, :-1], sums.imag[:, 1:], out=out)


@lru_cache(maxsize=8)
def _kernel(config: SpectrogramConfig) -> tuple[FloatArray, BandSums]:
    """Window and band sums."""
    n = config.win_length
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n) / n)).astype(np.float32)
    return window, BandSums.from_config(config)


def _transform(samples: FloatArray, n_frames: int, config: SpectrogramConfig) -> FloatArray:
    """Mel frames of ``samples``, which hold every sample that ``n_frames`` frames need."""
    # Takes 0.3 s to import; the window has no need of it until something is recorded.
    import scipy.fft

    window, bands = _kernel(config)
    out = np.empty((n_frames, config.n_mels), dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, config.win_length)
    frames = frames[:: config.hop_length]
    for start in range(0, n_frames, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, n_frames)
        spectrum = scipy.fft.rfft(frames[start:stop] * window, n=config.n_fft, axis=-1)
        bands.apply(np.abs(spectrum[:, : bands.n_bins]), out[start:stop])
    return out


def _as_mono(samples: npt.ArrayLike) -> FloatArray:
    array = np.ascontiguousarray(samples, dtype=np.float32)
    if array.ndim != 1:
        raise ValueError(f"samples have shape {array.shape}; one channel, shape (n,), is needed")
    return array


def mel_spectrogram(
    samples: npt.ArrayLike, config: SpectrogramConfig = DEFAULT_CONFIG
) -> FloatArray:
    """Magnitude mel spectrogram of a whole clip.

    Parameters
    ----------
    samples : array of float, shape ``(n,)``
        Mono samples at ``config.sample_rate``, usually within [-1, 1].
    config : SpectrogramConfig
        Rate, window, hop and bands.

    Returns
    -------
    ndarray of float32, shape ``(ceil(n / hop_length), n_mels)``, 0 or more
        A full-scale sine reaches about ``win_length / 4``.

    Raises
    ------
    ValueError
        If ``samples`` is not one-dimensional.

    Examples
    --------
    >>> mel_spectrogram(np.zeros(22_050)).shape
    (44, 128)
    """
    array = _as_mono(samples)
    n_frames = config.n_frames(array.size)
    if n_frames == 0:
        return np.empty((0, config.n_mels), dtype=np.float32)
    needed = (n_frames - 1) * config.hop_length + config.win_length
    # Only the last frames reach past the end, so only they are copied to be padded.
    inside = max(0, (array.size - config.win_length) // config.hop_length + 1)
    if array.size < config.win_length:
        inside = 0
    head = _transform(array, inside, config) if inside else None
    if head is not None and inside == n_frames:
        return head
    tail_start = inside * config.hop_length
    tail = np.zeros(needed - tail_start, dtype=np.float32)
    tail[: array.size - tail_start] = array[tail_start:]
    rest = _transform(tail, n_frames - inside, config)
    return rest if head is None else np.concatenate([head, rest])


class MelStream:
    """The same frames as :func:`mel_spectrogram`, from blocks of any size.

    Examples
    --------
    >>> stream = MelStream()
    >>> frames = [stream.push(block) for block in np.split(np.zeros(4096), 8)]
    >>> len(np.concatenate([*frames, stream.flush()]))
    8
    """

    def __init__(self, config: SpectrogramConfig = DEFAULT_CONFIG) -> None:
        self.config = config
        self._pending = np.empty(0, dtype=np.float32)
        self._n_samples = 0
        self._n_frames = 0

    @property
    def n_samples(self) -> int:
        """Samples pushed so far."""
        return self._n_samples

    def push(self, samples: npt.ArrayLike) -> FloatArray:
        """Take any number of mono samples; return the frames they complete, ``(n, n_mels)``."""
        block = _as_mono(samples)
        self._n_samples += block.size
        data = np.concatenate([self._pending, block]) if self._pending.size else block
        ready = max(0, (data.size - self.config.win_length) // self.config.hop_length + 1)
        if data.size < self.config.win_length:
            ready = 0
        frames = (
            _transform(data, ready, self.config)
            if ready
            else np.empty((0, self.config.n_mels), dtype=np.float32)
        )
        # A copy, so that a caller may reuse the block it pushed.
        self._pending = data[ready * self.config.hop_length :].copy()
        self._n_frames += ready
        return frames

    def flush(self) -> FloatArray:
        """The last frames, zero-padded; the stream is then empty and may be used again."""
        missing = self.config.n_frames(self._n_samples) - self._n_frames
        pending = self._pending
        self._pending = np.empty(0, dtype=np.float32)
        self._n_samples = self._n_frames = 0
        if missing == 0:
            return np.empty((0, self.config.n_mels), dtype=np.float32)
        needed = (missing - 1) * self.config.hop_length + self.config.win_length
        padded = np.zeros(max(needed, pending.size), dtype=np.float32)
        padded[: pending.size] = pending
        return _transform(padded, missing, self.config)


def mel_to_decibels(
    mel: FloatArray, config: SpectrogramConfig = DEFAULT_CONFIG, floor_db: float = -120.0
) -> FloatArray:
    """Mel magnitudes in decibels relative to a full-scale sine, not below ``floor_db``.

    The reference is ``win_length / 4``, the magnitude of a full-scale sine at the centre of
    a bin under a Hann window.
    """
    reference = config.win_length / 4.0
    tiny = np.float32(10.0 ** (floor_db / 20.0))
    return np.asarray(20.0 * np.log10(np.maximum(mel / np.float32(reference), tiny)))
