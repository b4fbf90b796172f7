"""Tempo, key, loudness and energy of a song, found out while it is decoded for something else."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from fstmuse_core.audio.key import PitchStream, key_of
from fstmuse_core.audio.loudness import Loudness, LoudnessMeter
from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, MelStream
from fstmuse_core.audio.tempo import OnsetStream, tempo_of

# Changes when other values would be found; what the library keeps of an older one is made anew.
METHOD = 1
# Of ReplayGain 2.0, in LUFS.
REFERENCE_LUFS = -18.0
# Ranges in which most music lies: loudness in LUFS, rise of the bands in nepers a frame, and
# share of the magnitude above 2 kHz.
_LOUD, _BUSY, _BRIGHT = (-30.0, -8.0), (0.03, 0.22), (0.05, 0.50)
_BRIGHT_HZ = 2000.0
_BLOCK_S = 6.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Facts of a song; ``None`` where it has none, as a drone has no tempo.

    Attributes
    ----------
    bpm : float or None
        Beats a minute.
    steadiness : float or None
        Share of the song that has this tempo, from 0 to 1.
    key : str or None
        As taggers write it: "C", "F#", "Bbm".
    margin : float or None
        Lead of this key's correlation over that of the next best one.
    loudness : float or None
        Integrated loudness by EBU R 128 in LUFS.
    peak : float or None
        Largest magnitude of a sample; 1 is full scale.
    energy : float or None
        Mean of loudness, density of onsets and brightness, each from 0 to 1.
    """

    bpm: float | None = None
    steadiness: float | None = None
    key: str | None = None
    margin: float | None = None
    loudness: float | None = None
    peak: float | None = None
    energy: float | None = None


def track_gain(loudness: float) -> float:
    """Gain in dB that brings a song to the loudness of ReplayGain 2.0."""
    return REFERENCE_LUFS - loudness


class SongMeter:
    """Measures of a song that is being decoded; it is told what is decoded at three points."""

    def __init__(self) -> None:
        self._loudness = LoudnessMeter()
        self._pitches = PitchStream()
        self._onsets = OnsetStream()
        self._low = self._high = 0.0

    def push_channels(self, block: FloatArray, sample_rate: int) -> None:
        """Take sound as it is in the file, shape ``(n, channels)``."""
        self._loudness.push(block, sample_rate)

    def push_samples(self, samples: FloatArray) -> None:
        """Take the same as mono samples at 22,050 Hz, shape ``(n,)``."""
        self._pitches.push(samples)

    def push_mel(self, frames: FloatArray) -> None:
        """Take the same as frames of the mel spectrogram, shape ``(n, 128)``."""
        self._onsets.push(frames)
        bands = frames.sum(axis=0, dtype=np.float64)
        self._low += float(bands[:_BRIGHT_BAND].sum())
        self._high += float(bands[_BRIGHT_BAND:].sum())

    def finish(self) -> Measures:
        """Measures of all that came."""
        loudness = self._loudness.finish()
        if loudness is None:
            return Measures()
        onsets = self._onsets.finish()
        tempo, key = tempo_of(onsets), key_of(self._pitches.histogram)
        return Measures(
            bpm=round(tempo.bpm, 1) if tempo else None,
            steadiness=round(tempo.steadiness, 3) if tempo else None,
            key=key.name if key else None,
            margin=round(key.margin, 3) if key else None,
            loudness=round(loudness.lufs, 2),
            peak=round(loudness.peak, 6),
            energy=round(self._energy(loudness, onsets), 3),
        )

    def _energy(self, loudness: Loudness, onsets: FloatArray) -> float:
        bright = self._high / max(self._low + self._high, 1e-12)
        busy = float(onsets.mean()) if len(onsets) else 0.0
        parts = ((loudness.lufs, _LOUD), (busy, _BUSY), (bright, _BRIGHT))
        return float(np.mean([np.clip((x - a) / (b - a), 0.0, 1.0) for x, (a, b) in parts]))


def measure_file(path: str | os.PathLike[str]) -> Measures:
    """Measure a file; raises ``AudioError`` if it cannot be read."""
    meter = SongMeter()
    feed(meter, path)
    return meter.finish()


def feed(meter: SongMeter, path: str | os.PathLike[str]) -> None:
    """Decode a file for a meter alone; raises ``AudioError`` if it cannot be read."""
    mel = MelStream(DEFAULT_CONFIG)
    with AudioStream(path, block_s=_BLOCK_S, on_channels=meter.push_channels) as stream:
        for block in stream:
            meter.push_samples(block)
            meter.push_mel(mel.push(block))
    meter.push_mel(mel.flush())


def _bright_band() -> int:
    from fstmuse_core.audio.spectrogram import mel_frequencies

    return int(np.searchsorted(mel_frequencies(), _BRIGHT_HZ))


_BRIGHT_BAND = _bright_band()
