"""The report's networks as classifiers: successive clips of 30 s, their answers averaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fstmuse_core.audio.levels import LevelMonitor, loudest_rms, silent_segments
from fstmuse_core.audio.spectrogram import FloatArray, MelStream
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.litert import WholeClipNetwork
from fstmuse_core.classify import speech
from fstmuse_core.classify.result import Classification, Timeline
from fstmuse_core.classify.verdict import MIN_DURATION_S, Evidence, decide

NO_MAP = (
    "this model takes 30 seconds at once, as the report of 2023 did, and cannot show what spoke "
    "for a genre"
)
# A last clip that ends with the sound is added if this many frames would be left out.
_TAIL_FRAMES = 32
# While a recording goes on, its unfinished clip is classified again after so many new frames:
# a clip takes up to a second.
_AGAIN_FRAMES = 86
# The speech detector was fitted on segments of this length and distance.
_SPEECH_FRAMES, _SPEECH_HOP = 128, 64


class WholeClipClassifier:
    """One of the report's networks."""

    def __init__(self, bundle: Bundle, num_threads: int) -> None:
        self.bundle = bundle
        self.network = WholeClipNetwork(bundle, num_threads=num_threads)

    def session(
        self, *, with_activation: bool, on_mel: Callable[[FloatArray], None] | None
    ) -> WholeClipSession:
        """Open a session; where a map is asked for, the answer says why there is none."""
        return WholeClipSession(self, NO_MAP if with_activation else "", on_mel)


@dataclass(frozen=True, eq=False)
class _Scored:
    """A clip of 30 s or less: its first frame, the network's answer, and speech features."""

    start: int
    probabilities: FloatArray
    speech: FloatArray


class WholeClipSession:
    """Sound of any length while it is being classified."""

    def __init__(
        self,
        classifier: WholeClipClassifier,
        no_map: str,
        on_mel: Callable[[FloatArray], None] | None,
    ) -> None:
        self._bundle = classifier.bundle
        self._network = classifier.network
        self._no_map = no_map
        self._on_mel = on_mel
        config = self._bundle.manifest.spectrogram
        self._mel = MelStream(config)
        self._levels = LevelMonitor(config.hop_length)
        # The last frames, as many as a clip has at most: one that ends with the sound needs them.
        self._frames = np.empty((0, config.n_mels), dtype=np.float32)
        self._n_frames = 0
        self._n_samples = 0
        self._scored: list[_Scored] = []
        self._tail: tuple[int, _Scored] | None = None

    @property
    def n_samples(self) -> int:
        """Samples pushed so far."""
        return self._n_samples

    def push(self, samples: FloatArray) -> None:
        """Take mono float32 samples at the bundle's rate, any number of them."""
        self._n_samples += samples.size
        self._levels.push(samples)
        self._take(self._mel.push(samples))

    def so_far(self) -> Classification:
        """Answer to the sound so far; pushing may go on."""
        if self._tail is None or self._n_frames - self._tail[0] >= _AGAIN_FRAMES:
            self._score_tail()
        return self._answer(())

    def finish(self, warnings: tuple[str, ...] = ()) -> Classification:
        """The final answer; ``warnings`` about the source are added to its own."""
        self._take(self._mel.flush())
        self._score_tail()
        return self._answer(warnings)

    def _take(self, frames: FloatArray) -> None:
        if not len(frames):
            return
        if self._on_mel:
            self._on_mel(frames)
        length = self._network.n_frames
        for first in range(0, len(frames), length):
            self._append(frames[first : first + length])

    def _append(self, frames: FloatArray) -> None:
        """Add as many frames as a clip has, or fewer, and score the clip that they complete."""
        length = self._network.n_frames
        joined = np.concatenate([self._frames, frames])
        self._n_frames += len(frames)
        start = len(self._scored) * length
        if start + length <= self._n_frames:
            first = start - (self._n_frames - len(joined))
            self._scored.append(self._score(start, joined[first : first + length]))
            self._tail = None
        self._frames = joined[-length:]

    def _score_tail(self) -> None:
        """Score what no full clip covers: the last 30 s, or all there is of a shorter one."""
        length, covered = self._network.n_frames, len(self._scored) * self._network.n_frames
        is_enough = self._n_frames - covered >= _TAIL_FRAMES
        if is_enough and self._seconds() >= MIN_DURATION_S:
            start = max(0, self._n_frames - length)
            self._tail = self._n_frames, self._score(start, self._frames)
        else:
            self._tail = None

    def _score(self, start: int, mel: FloatArray) -> _Scored:
        size = min(_SPEECH_FRAMES, len(mel))
        pieces = [mel[s : s + size] for s in range(0, len(mel) - size + 1, _SPEECH_HOP)]
        return _Scored(start, self._network.run(mel), speech.segment_features(np.stack(pieces)))

    def _seconds(self) -> float:
        return self._n_samples / self._bundle.manifest.spectrogram.sample_rate

    def _answer(self, source_warnings: tuple[str, ...]) -> Classification:
        manifest, duration_s = self._bundle.manifest, self._seconds()
        length, n_genres = self._network.n_frames, len(manifest.genres)
        scored = [*self._scored, *([self._tail[1]] if self._tail else [])]
        starts = np.array([clip.start for clip in scored], dtype=np.intp)
        rows = np.array([clip.probabilities for clip in scored], np.float32).reshape(-1, n_genres)
        rms = self._levels.rms()
        silent = silent_segments(rms, starts, length)
        probabilities, speech_score = np.zeros(n_genres, dtype=np.float32), 0.0
        if not silent.all():
            probabilities = rows[~silent].mean(axis=0)
            audible = [
                clip.speech for clip, is_mute in zip(scored, silent, strict=True) if not is_mute
            ]
            speech_score = speech.score(np.concatenate(audible))
        evidence = Evidence(
            duration_s,
            silent,
            self._levels.crest_db(),
            speech_score,
            novelty=0.0,  # it knows no "none of these"
            rms=loudest_rms(rms, starts[~silent], length),
        )
        verdict, warnings = decide(
            manifest.genres, probabilities, evidence, manifest.thresholds, speech.THRESHOLD
        )
        seconds = starts / manifest.spectrogram.frames_per_second
        ends = seconds + length / manifest.spectrogram.frames_per_second
        return Classification(
            model=manifest.name,
            model_sha256=self._bundle.sha256,
            genres=manifest.genres,
            duration_s=duration_s,
            probabilities=probabilities,
            timeline=Timeline(seconds, np.minimum(ends, duration_s), rows, silent),
            verdict=verdict,
            warnings=(*source_warnings, *warnings),
            no_map=self._no_map,
        )
