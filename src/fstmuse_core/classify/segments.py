"""Segments in, scores out: the classifiers that are networks of our own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.levels import LevelMonitor, loudest_rms, silent_segments
from fstmuse_core.audio.spectrogram import FloatArray, MelStream, hz_to_mel, mel_to_hz
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.litert import LiteRtNetwork
from fstmuse_core.bundle.manifest import BundleManifest
from fstmuse_core.bundle.pattern_head import PatternSession, pattern_head, with_evidence
from fstmuse_core.bundle.tagger import TagOutputs
from fstmuse_core.bundle.tagger_head import tagger_for, tagger_head
from fstmuse_core.classify import speech
from fstmuse_core.classify.result import ActivationMap, Classification, Timeline
from fstmuse_core.classify.tagger_session import TaggerSession, described, nearest_patches
from fstmuse_core.classify.verdict import Evidence, decide

# A last segment that ends with the clip is added if this many frames would be left out.
_TAIL_FRAMES = 32
# Columns of an activation map: half an hour at its finest; longer clips are averaged.
_MAX_COLUMNS = 10_000


class SegmentClassifier:
    """One of our networks, which classify overlapping segments, and its pattern head."""

    def __init__(self, bundle: Bundle, num_threads: int) -> None:
        self.bundle = bundle
        self.network = LiteRtNetwork(bundle, num_threads=num_threads)
        self.patterns = pattern_head(bundle)
        self.experts = tagger_head(bundle)
        self.tagger = (
            tagger_for(bundle, self.experts, num_threads=num_threads) if self.experts else None
        )

    @property
    def share(self) -> float:
        """Weight of the network in the answer, from 0 to 1; the rest is the tagger's."""
        return float(self.experts.shares[-1]) if self.experts else 1.0

    def session(
        self, *, with_activation: bool, on_mel: Callable[[FloatArray], None] | None
    ) -> ClassifySession:
        """Open a session; see :meth:`GenreClassifier.session`."""
        return ClassifySession(self, with_activation=with_activation, on_mel=on_mel)


@dataclass(frozen=True, eq=False)
class _Scores:
    """Scores of a clip, and of its segments.

    ``logits`` has shape ``(K,)``, ``segments`` ``(n, K)``; ``outputs`` are the tagger's for the
    whole clip.
    """

    logits: FloatArray
    novelty: float
    segments: FloatArray
    outputs: TagOutputs | None = None


class ClassifySession:
    """One clip while it is being classified. Made by :meth:`GenreClassifier.session`."""

    def __init__(
        self,
        classifier: SegmentClassifier,
        *,
        with_activation: bool,
        on_mel: Callable[[FloatArray], None] | None,
    ) -> None:
        self._classifier = classifier
        self._manifest = classifier.bundle.manifest
        self._on_mel = on_mel
        self._mel = MelStream(self._manifest.spectrogram)
        self._levels = LevelMonitor(self._manifest.spectrogram.hop_length)
        self._frames = np.empty((0, self._manifest.spectrogram.n_mels), dtype=np.float32)
        self._n_frames = 0
        self._next_start = 0  # frame at which the next segment begins
        self._n_samples = 0
        self._starts: list[int] = []  # of the segments scored
        self._cuts: list[tuple[int, FloatArray]] = []  # starts and mel of those to be scored
        self._logits: list[FloatArray] = []
        self._novelty: list[FloatArray] = []
        self._speech: list[FloatArray] = []
        self._patterns = PatternSession(classifier.patterns) if classifier.patterns else None
        self._tagger = TaggerSession(classifier.tagger) if classifier.tagger else None
        self._activation = (
            MapBuilder(classifier.network, self._manifest, classifier.share)
            if with_activation
            else None
        )

    @property
    def n_samples(self) -> int:
        """Samples pushed so far."""
        return self._n_samples

    def push(self, samples: FloatArray) -> None:
        """Take mono float32 samples at the bundle's rate, any number of them."""
        self._n_samples += samples.size
        self._levels.push(samples)
        if self._tagger:
            self._tagger.push(samples)
        self._take(self._mel.push(samples))

    def so_far(self) -> Classification:
        """Answer to the sound so far; pushing may go on."""
        return self._answer(())

    def finish(self, warnings: tuple[str, ...] = ()) -> Classification:
        """The final answer; ``warnings`` about the source are added to its own."""
        self._take(self._mel.flush())
        self._add_tail()
        self._score()
        return self._answer(warnings)

    def _take(self, frames: FloatArray) -> None:
        if not len(frames):
            return
        if self._on_mel:
            self._on_mel(frames)
        if self._patterns:
            self._patterns.push(frames)
        self._frames = np.concatenate([self._frames, frames])
        self._n_frames += len(frames)
        length, hop = self._manifest.segment_frames, self._manifest.segment_hop_frames
        while self._next_start + length <= self._n_frames:
            self._cut(self._next_start)
            self._next_start += hop
        # One segment's length stays, which holds the next start and whatever tail there is.
        self._frames = self._frames[-length:].copy()
        self._score()

    def _cut(self, start: int) -> None:
        first = start - (self._n_frames - len(self._frames))
        self._cuts.append((start, self._frames[first : first + self._manifest.segment_frames]))

    def _add_tail(self) -> None:
        length, hop = self._manifest.segment_frames, self._manifest.segment_hop_frames
        covered = self._next_start - hop + length if self._next_start else 0
        if self._n_frames >= length and self._n_frames - covered >= _TAIL_FRAMES:
            self._cut(self._n_frames - length)

    def _score(self) -> None:
        """Score the segments that were cut."""
        scored, self._cuts = self._cuts, []
        if not scored:
            return
        starts = [start for start, _ in scored]
        mel = np.stack([segment for _, segment in scored])
        logits, novelty, activation = self._classifier.network.run(
            self._manifest.scaling.apply(mel)
        )
        self._starts += starts
        self._logits.append(logits)
        self._novelty.append(novelty)
        self._speech.append(speech.segment_features(mel))
        if self._activation:
            self._activation.add(starts, activation)

    def _answer(self, source_warnings: tuple[str, ...]) -> Classification:
        manifest = self._manifest
        rate = manifest.spectrogram.sample_rate
        duration_s = self._n_samples / rate
        n_genres = len(manifest.genres)
        rms = self._levels.rms()
        silent = silent_segments(rms, self._starts, manifest.segment_frames)
        probabilities = np.zeros(n_genres, dtype=np.float32)
        novelty, speech_score, loud = 0.0, 0.0, 0.0
        scores = self._scores(rms, silent)
        if not silent.all():
            audible = ~silent
            probabilities = _softmax(scores.logits, manifest.temperature)
            novelty = scores.novelty
            loud = loudest_rms(rms, np.asarray(self._starts)[audible], manifest.segment_frames)
            speech_score = speech.score(np.concatenate(self._speech)[audible])
        evidence = Evidence(
            duration_s, silent, self._levels.crest_db(), speech_score, novelty, loud
        )
        verdict, warnings = decide(
            manifest.genres, probabilities, evidence, manifest.thresholds, speech.THRESHOLD
        )
        seconds, length_s = self._segment_times()
        timeline = Timeline(
            start_s=seconds,
            end_s=np.minimum(seconds + length_s, duration_s),
            probabilities=_softmax(scores.segments, manifest.temperature),
            silent=silent,
        )
        return Classification(
            model=manifest.name,
            model_sha256=self._classifier.bundle.sha256,
            genres=manifest.genres,
            duration_s=duration_s,
            probabilities=probabilities,
            timeline=timeline,
            verdict=verdict,
            warnings=(*source_warnings, *warnings),
            activation=self._activation.build() if self._activation else None,
            **described(self._classifier.tagger, self._classifier.experts, scores.outputs, verdict),
        )

    def _segment_times(self) -> tuple[npt.NDArray[np.float64], float]:
        """Seconds at which the segments begin, and the length of each."""
        per_second = self._manifest.spectrogram.frames_per_second
        seconds = np.asarray(self._starts, np.float64) / per_second
        return seconds, self._manifest.segment_frames / per_second

    def _scores(self, rms: FloatArray, silent: npt.NDArray[np.bool_]) -> _Scores:
        """Scores by the network with its patterns and, where there is one, the tagger."""
        n_genres = len(self._manifest.genres)
        logits = np.concatenate([np.empty((0, n_genres), np.float32), *self._logits])
        novelty = np.concatenate([np.empty(0, np.float32), *self._novelty])
        if self._patterns and self._starts:
            logits, novelty = with_evidence(logits, novelty, self._patterns.evidence(self._starts))
        if silent.all():
            return _Scores(np.zeros(n_genres, np.float32), 0.0, logits)
        audible = ~silent
        mean, mean_novelty = logits[audible].mean(axis=0), novelty[audible].mean()
        found = self._tagger.outputs(rms) if self._tagger else None
        experts = self._classifier.experts
        if found is None or experts is None:
            return _Scores(mean, float(mean_novelty), logits)
        patches, outputs = found
        clip = experts.join(outputs.mean(), mean, mean_novelty)
        nearest = nearest_patches(*self._segment_times(), patches)
        segments = experts.join(outputs.at(nearest), logits, novelty)
        return _Scores(clip.logits, float(clip.novelty), segments.logits, outputs.mean())


def _softmax(logits: FloatArray, temperature: float) -> FloatArray:
    scaled = logits / np.float32(temperature)
    raised = np.exp(scaled - scaled.max(axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float32)


class MapBuilder:
    """Lays the segments' activation maps over one another; where they overlap, their mean.

    Parameters
    ----------
    network : LiteRtNetwork
    manifest : BundleManifest
    share : float
        Weight of the network in the answer, from 0 to 1.
    """

    def __init__(self, network: LiteRtNetwork, manifest: BundleManifest, share: float) -> None:
        self._n_genres = len(manifest.genres)
        self._columns, self._rows = network.map_columns, network.map_rows
        self._frames_per_column = manifest.segment_frames / self._columns
        self._seconds_per_column = self._frames_per_column / manifest.spectrogram.frames_per_second
        edges = hz_to_mel([manifest.spectrogram.fmin, manifest.spectrogram.fmax])
        self._row_edges_hz = mel_to_hz(np.linspace(edges[0], edges[1], self._rows + 1))
        self._share = share
        self._parts: list[tuple[int, npt.NDArray[np.float16]]] = []

    def add(self, starts: list[int], activation: FloatArray) -> None:
        """Add segments: the frames at which they begin, and their maps."""
        for start, part in zip(starts, activation.astype(np.float16), strict=True):
            self._parts.append((round(start / self._frames_per_column), part))

    def build(self) -> ActivationMap:
        """The map of the whole clip."""
        width = max((column + self._columns for column, _ in self._parts), default=0)
        factor = max(1, -(-width // _MAX_COLUMNS))
        shape = (-(-width // factor), self._rows, self._n_genres)
        total, count = np.zeros(shape, np.float32), np.zeros((shape[0], 1, 1), np.float32)
        for column, part in self._parts:
            where = (column + np.arange(self._columns)) // factor
            np.add.at(total, where, part)
            np.add.at(count, where, 1.0)
        values = np.moveaxis(total / np.maximum(count, 1.0), -1, 0).astype(np.float16)
        seconds = self._seconds_per_column * factor
        return ActivationMap(values, seconds, self._row_edges_hz, self._share)
