"""Loudness of a song by EBU R 128 (ITU-R BS.1770-4), measured by FFmpeg's ``ebur128``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray

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
