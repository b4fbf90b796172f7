"""Key of a song from the pitches in its spectrum, and how clearly it is that key.

Peaks of the spectrum are counted by pitch class as in the harmonic pitch class profile (Gómez,
"Tonal description of music audio signals", 2006), after the song's own tuning is found. The key
is the one whose profile correlates best (Krumhansl, "Cognitive foundations of musical pitch",
1990), with the profiles of Temperley ("Music and Probability", 2007), after each note's own
overtones are taken away. Of 45 recordings of classical pieces whose titles tell the key, these
found 32 (11 of them a semitone lower, which is the pitch of old instruments), and the profiles
of Krumhansl and Kessler with overtones left in 15.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray

LONGEST_S = 600.0
# Below it the key may well be the next best one: it is shown with a question mark.
SURE_MARGIN = 0.05
_RATE = DEFAULT_CONFIG.sample_rate
_N_FFT, _HOP = 8192, 4096
_FRAMES_AT_ONCE = 32
# From the low E of a double bass to four octaves above the middle of the piano's.
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 2000.0
_A4_HZ = 440.0
# Steps of an octave that are counted: ten cents.
_STEPS = 120
_PER_SEMITONE = _STEPS // 12
# A peak below this share of the frame's largest is none.
_LEAST_PEAK = 0.02
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MAJOR = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
_MINOR = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)
# Semitones of the third and the fifth harmonic above a note in its octave, and their strength.
_OVERTONES = ((7, 0.2), (4, 0.1))

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Key:
    """Key of a song.

    Attributes
    ----------
    name : str
        As taggers write it: "C", "F#", "Bbm".
    margin : float
        Correlation with this key's profile above that with the next best one's, from 0 on;
        below 0.05 it may well be the other.
    """

    name: str
    margin: float


def key_name(text: str) -> str | None:
    """The key that a text means, as taggers write it; ``None`` if it is none.

    Examples
    --------
    >>> key_name("a# minor"), key_name("Db"), key_name("H")
    ('Bbm', 'C#', None)
    """
    found = _KEY.fullmatch(text.strip())
    if found is None:
        return None
    note, sign, mode = found[1].upper(), found[2] or "", found[3] or ""
    place = _NATURALS[note] + {"": 0, "#": 1, "♯": 1}.get(sign, -1)
    is_minor = mode == "m" or mode.lower() in ("min", "minor") or (found[1].islower() and not mode)
    return NAMES[place % 12] + ("m" if is_minor else "")


class PitchStream:
    """Pitches of sound that comes in blocks, of its first ten minutes."""

    def __init__(self) -> None:
        self._left = round(LONGEST_S * _RATE)
        self._rest: FloatArray = np.empty(0, np.float32)
        self.histogram = np.zeros(_STEPS)

    def push(self, samples: FloatArray) -> None:
        """Take mono samples at 22,050 Hz, shape ``(n,)``."""
        if self._left <= 0:
            return
        data = np.concatenate([self._rest, samples[: self._left]])
        self._left -= len(samples)
        n_frames = max(0, (len(data) - _N_FFT) // _HOP + 1)
        for first in range(0, n_frames, _FRAMES_AT_ONCE):
            last = min(n_frames, first + _FRAMES_AT_ONCE)
            self._count(data[first * _HOP : (last - 1) * _HOP + _N_FFT])
        self._rest = data[n_frames * _HOP :].copy()

    def _count(self, data: FloatArray) -> None:
        import scipy.fft

        frames = np.lib.stride_tricks.sliding_window_view(data, _N_FFT)[::_HOP]
        spectrum = np.abs(scipy.fft.rfft(frames * _WINDOW, axis=1)[:, _LOW : _HIGH + 1])
        top = spectrum.max(axis=1, keepdims=True)
        middle, left, right = spectrum[:, 1:-1], spectrum[:, :-2], spectrum[:, 2:]
        is_peak = (middle > left) & (middle >= right) & (middle > _LEAST_PEAK * top)
        rows, bins = np.nonzero(is_peak & (top > 1e-4))
        a, b, c = (np.log(part[rows, bins] + 1e-12) for part in (left, middle, right))
        bend = a - 2.0 * b + c
        shift = np.where(bend < 0.0, 0.5 * (a - c) / np.minimum(bend, -1e-9), 0.0)
        hertz = (bins + 1 + _LOW + np.clip(shift, -0.5, 0.5)) * (_RATE / _N_FFT)
        step = np.round(_STEPS * np.log2(hertz / _A4_HZ)).astype(np.intp)
        # The square root keeps a loud bass from being all that counts.
        weight = np.sqrt(middle[rows, bins] / top[rows, 0])
        self.histogram += np.bincount(step % _STEPS, weight, minlength=_STEPS)


def key_of(histogram: Floats) -> Key | None:
    """Key of counted pitches; ``None`` where there are none.

    Parameters
    ----------
    histogram : ndarray, shape ``(120,)``
        As :attr:`PitchStream.histogram`: steps of ten cents from A on.
    """
    if not histogram.sum() > 0.0:
        return None
    chroma = chroma_of(histogram)
    if np.ptp(chroma) < 1e-9:
        return None
    fits = np.array([_correlations(chroma, profile) for profile in (_MAJOR, _MINOR)]).ravel()
    order = np.argsort(-fits, kind="stable")
    best = int(order[0])
    name = NAMES[best % 12] + ("m" if best >= 12 else "")
    return Key(name, float(fits[best] - fits[order[1]]))


def chroma_of(histogram: Floats) -> Floats:
    """Strength of the twelve pitch classes from C on, by the song's own tuning, overtones aside."""
    angles = 2.0 * np.pi * np.arange(_STEPS) / _PER_SEMITONE
    centre = np.angle(np.sum(histogram * np.exp(1j * angles))) / (2.0 * np.pi) * _PER_SEMITONE
    chroma = np.zeros(12)
    from_centre = np.arange(_STEPS) - centre
    classes = np.round(from_centre / _PER_SEMITONE).astype(np.intp)
    off = np.abs(from_centre / _PER_SEMITONE - classes)
    np.add.at(chroma, (classes + 9) % 12, histogram * np.square(np.cos(np.pi * off)))
    return chroma - sum(share * np.roll(chroma, up) for up, share in _OVERTONES)


def _correlations(chroma: Floats, profile: tuple[float, ...]) -> list[float]:
    return [float(np.corrcoef(chroma, np.roll(profile, tonic))[0, 1]) for tonic in range(12)]


_KEY = re.compile(r"([A-Ga-g])(#|b|♯|♭)?\s*(m|M|min|maj|minor|major|Minor|Major)?")
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_WINDOW = np.hanning(_N_FFT).astype(np.float32)
_LOW, _HIGH = (round(hertz * _N_FFT / _RATE) for hertz in (_LOWEST_HZ, _HIGHEST_HZ))
