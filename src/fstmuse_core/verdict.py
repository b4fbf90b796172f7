"""What can be said of a clip before and beside its genre: level, clipping, speech; the verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.bundle_manifest import Thresholds
from fstmuse_core.classification import Doubt, Verdict
from fstmuse_core.spectrogram import FloatArray

MIN_DURATION_S = 3.0
# Root mean square below which a segment counts as silence: -60 dB of full scale.
SILENCE_RMS = 1e-3
# Crest factor (99.9th percentile of |x| over RMS, dB). Of 160 songs none was below 6.6 dB;
# clipped by 15 dB, half of them were below 4.9.
_CLIPPED_CREST_DB = 5.5
_CLIPPING_WARNING_DB = 6.5
# Share of segments that must hold sound for the clip not to draw a warning.
_MOSTLY_SILENT = 0.5


class LevelMonitor:
    """Level statistics of a stream of samples, in bounded memory.

    One root mean square per hop of ``hop_length`` samples, and a histogram of magnitudes.
    """

    _DB_LOW, _DB_HIGH, _BINS = -100.0, 20.0, 480
    _EVERY = 4  # samples looked at for the histogram: one in four is as good, and cheaper

    def __init__(self, hop_length: int) -> None:
        self._hop = hop_length
        self._rest = np.empty(0, dtype=np.float32)
        self._powers: list[FloatArray] = []
        self._histogram = np.zeros(self._BINS + 2, dtype=np.int64)

    def push(self, samples: FloatArray) -> None:
        """Take any number of mono samples."""
        data = np.concatenate([self._rest, samples]) if self._rest.size else samples
        whole = data.size // self._hop * self._hop
        if whole:
            hops = data[:whole].reshape(-1, self._hop)
            self._powers.append(np.einsum("ij,ij->i", hops, hops) / np.float32(self._hop))
        self._rest = data[whole:].copy()
        magnitude = np.abs(samples[:: self._EVERY])
        db = 20.0 * np.log10(np.maximum(magnitude, np.float32(1e-9)))
        index = (db - self._DB_LOW) * (self._BINS / (self._DB_HIGH - self._DB_LOW)) + 1.0
        self._histogram += np.bincount(
            np.clip(index, 0, self._BINS + 1).astype(np.intp), minlength=self._BINS + 2
        )

    def rms(self) -> FloatArray:
        """Root mean square of each whole hop so far, shape ``(n,)``."""
        if len(self._powers) > 1:
            self._powers = [np.concatenate(self._powers)]
        return np.sqrt(self._powers[0]) if self._powers else np.empty(0, dtype=np.float32)

    def crest_db(self) -> float:
        """99.9th percentile of the magnitude over the RMS, in decibels; infinite in silence."""
        counts = np.cumsum(self._histogram)
        power = float(np.mean(np.square(self.rms()))) if self._powers else 0.0
        if counts[-1] == 0 or power < SILENCE_RMS**2:
            return float("inf")
        bin_index = int(np.searchsorted(counts, 0.999 * counts[-1]))
        width = (self._DB_HIGH - self._DB_LOW) / self._BINS
        return self._DB_LOW + (bin_index - 0.5) * width - 10.0 * float(np.log10(power))


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a verdict rests on.

    Attributes
    ----------
    duration_s : float
        Length of the clip.
    silent : ndarray of bool, shape ``(n_segments,)``
    crest_db : float
        See :meth:`LevelMonitor.crest_db`.
    speech : float
        Speech score of the clip, from 0 (music) to 1 (speech).
    novelty : float
        The network's: higher is less like its training music.
    """

    duration_s: float
    silent: npt.NDArray[np.bool_]
    crest_db: float
    speech: float
    novelty: float


def decide(
    genres: tuple[str, ...],
    probabilities: FloatArray,
    evidence: Evidence,
    thresholds: Thresholds,
    speech_threshold: float,
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict in words and the warnings that go with it.

    Parameters
    ----------
    probabilities : ndarray, shape ``(n_genres,)``
        Calibrated; all zeros where there was nothing to hear.
    """
    doubt, sentence = _doubt(genres, probabilities, evidence, thresholds, speech_threshold)
    if doubt is not None:
        return Verdict(None, doubt, f"Not sure: {sentence}"), _warnings(evidence, doubt)
    best = int(np.argmax(probabilities))
    said = Verdict(genres[best], None, f"{genres[best]}, {_percent(probabilities[best])} sure.")
    return said, _warnings(evidence, None)


def _percent(p: float) -> str:
    # 99.6 % must not be rounded to a certainty nobody has.
    return "over 99 %" if p >= 0.995 else f"{100 * float(p):.0f} %"


def _doubt(
    genres: tuple[str, ...],
    probabilities: FloatArray,
    evidence: Evidence,
    thresholds: Thresholds,
    speech_threshold: float,
) -> tuple[Doubt | None, str]:
    if evidence.duration_s < MIN_DURATION_S or not evidence.silent.size:
        return Doubt.TOO_SHORT, (
            f"the clip is {evidence.duration_s:.1f} s long; "
            f"at least {MIN_DURATION_S:.0f} s are needed."
        )
    if evidence.silent.all():
        return Doubt.SILENCE, "there is only silence here."
    if evidence.crest_db < _CLIPPED_CREST_DB:
        # A single tone is at its peak as often as hard-clipped music; mp3 blurs what differs.
        return Doubt.CLIPPED, "the sound is at its peak nearly all the time: clipped, or one tone."
    if evidence.speech > speech_threshold:
        return Doubt.SPEECH, "this sounds like speech, not music."
    order = np.argsort(-probabilities, kind="stable")
    first, second = genres[order[0]], genres[order[1]]
    p_first, p_second = probabilities[order[0]], probabilities[order[1]]
    if evidence.novelty > thresholds.novelty:
        return Doubt.UNFAMILIAR, (
            f"this is unlike the music the model knows; {first} would be its guess."
        )
    if p_first < thresholds.confidence:
        return Doubt.UNDECIDED, (
            f"{first} ({_percent(p_first)}) and {second} ({_percent(p_second)}) "
            "are too close to call."
        )
    return None, ""


def _warnings(evidence: Evidence, doubt: Doubt | None) -> tuple[str, ...]:
    warnings = []
    if doubt is not Doubt.CLIPPED and evidence.crest_db < _CLIPPING_WARNING_DB:
        warnings.append("the sound may be clipped")
    share = float(evidence.silent.mean()) if evidence.silent.size else 0.0
    if doubt is not Doubt.SILENCE and share > _MOSTLY_SILENT:
        warnings.append(f"{100 * share:.0f} % of the clip is silence and was not counted")
    return tuple(warnings)
