"""Tempo, key, loudness and energy of a song, found out while it is decoded for something else."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from fstmuse_core.audio.key import SURE_MARGIN, PitchStream, key_of
from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, MelStream
from fstmuse_core.audio.tempo import SURE_STEADINESS, OnsetStream, tempo_of

if TYPE_CHECKING:
    from av.filter import Graph


# What the file's channels are taken for, which says how much each counts.
_LAYOUTS = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
# What the filter says of sound of which every block is below the gate.
_NOTHING_LUFS = -69.9
# FFmpeg takes rates of whole hertz, and knows its filter's coefficients from here on.
_LEAST_RATE = 4_000


@dataclass(frozen=True, slots=True)
class Loudness:
    """Loudness of a song.

    Attributes
    ----------
    lufs : float
        Integrated loudness in LUFS.
    peak : float
        Largest magnitude of a sample; 1 is full scale.
    """

    lufs: float
    peak: float


class LoudnessMeter:
    """Loudness of sound that comes in blocks, as it is in the file: all channels, its own rate.

    A file of one channel is measured as one channel, which is 3 dB below the same sound in two.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._layout = ""
        self._n_samples = 0
        self._peak = 0.0
        self._told: dict[str, str] = {}

    def push(self, block: FloatArray, sample_rate: int) -> None:
        """Take samples of shape ``(n, channels)``."""
        if not len(block):
            return
        import av

        if self._graph is None:
            if not 0 < block.shape[1] <= len(_LAYOUTS) or sample_rate < _LEAST_RATE:
                return
            self._layout = _LAYOUTS[block.shape[1] - 1]
            self._graph = _graph(sample_rate, self._layout)
        self._peak = max(self._peak, float(block.max()), -float(block.min()))
        packed = np.ascontiguousarray(block, dtype=np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=self._layout)
        frame.sample_rate, frame.pts = sample_rate, self._n_samples
        frame.time_base = Fraction(1, sample_rate)
        self._n_samples += len(block)
        self._graph.push(frame)
        self._take(self._graph)

    def _take(self, graph: Graph) -> None:
        """Read what the filter says; what it lets through is not needed."""
        import av

        while True:
            try:
                told = graph.pull().metadata
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            # The last frame, if it is shorter than 0.1 s, says nothing.
            self._told = told or self._told

    def finish(self) -> Loudness | None:
        """The loudness; ``None`` of silence, and of sound shorter than 0.4 s."""
        if self._graph is None:
            return None
        self._graph.push(None)
        self._take(self._graph)
        try:
            lufs = float(self._told["lavfi.r128.I"])
        except (KeyError, ValueError):
            return None
        if not math.isfinite(lufs) or lufs <= _NOTHING_LUFS:
            return None
        return Loudness(lufs, self._peak)


def _graph(sample_rate: int, layout: str) -> Graph:
    from av.filter import Graph

    graph = Graph()
    source = graph.add(
        "abuffer",
        sample_rate=str(sample_rate),
        sample_fmt="flt",
        channel_layout=layout,
        time_base=f"1/{sample_rate}",
    )
    meter = graph.add("ebur128", "metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph


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

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without those that are ``None``.

        ``sure`` lists those of tempo and key that can be relied on.
        """
        sure = {
            "bpm": (self.steadiness or 0.0) >= SURE_STEADINESS,
            "key": (self.margin or 0.0) >= SURE_MARGIN,
        }
        known = {name: value for name, value in asdict(self).items() if value is not None}
        return {**known, "sure": [name for name, is_sure in sure.items() if is_sure]}


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
