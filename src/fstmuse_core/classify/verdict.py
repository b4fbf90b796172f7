"""Verdict on a clip before and beside its genre: speech, level, clipping, doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.manifest import Thresholds
from fstmuse_core.classify.result import Doubt, Verdict

MIN_DURATION_S = 3.0
# Of what is not silence: below this level, -40 dB of full scale, a warning says so.
_QUIET_RMS = 1e-2
# Crest factor (99.9th percentile of |x| over RMS, dB). Of 160 songs none was below 6.6 dB;
# clipped by 15 dB, half of them were below 4.9.
_CLIPPED_CREST_DB = 5.5
_CLIPPING_WARNING_DB = 6.5
# Share of segments that must hold sound for the clip not to draw a warning.
_MOSTLY_SILENT = 0.5


@dataclass(frozen=True, eq=False)
class Evidence:
    """Evidence that a verdict rests on.

    Attributes
    ----------
    duration_s : float
        Length of the clip.
    silent : ndarray of bool, shape ``(n_segments,)``
    crest_db : float
        Crest of :meth:`fstmuse_core.audio.levels.LevelMonitor.crest_db`.
    speech : float
        Speech score of the clip, from 0 (music) to 1 (speech).
    novelty : float
        The network's: higher is less like its training music.
    rms : float
        Root mean square of what is not silent; 0 where all is.
    """

    duration_s: float
    silent: npt.NDArray[np.bool_]
    crest_db: float
    speech: float
    novelty: float
    rms: float = 1.0


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
    if doubt not in (Doubt.SILENCE, Doubt.TOO_SHORT) and 0.0 < evidence.rms < _QUIET_RMS:
        below = -20.0 * float(np.log10(evidence.rms))
        warnings.append(f"the sound is very quiet, {below:.0f} dB below full scale")
    share = float(evidence.silent.mean()) if evidence.silent.size else 0.0
    if doubt is not Doubt.SILENCE and share > _MOSTLY_SILENT:
        warnings.append(f"{100 * share:.0f} % of the clip is silence and was not counted")
    return tuple(warnings)
