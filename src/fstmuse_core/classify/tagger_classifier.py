"""Classifiers without a network of their own: a head on the tagger's outputs alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.levels import LevelMonitor, loudest_rms, silent_segments
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, MelStream
from fstmuse_core.audio.tagger_mel import PATCH_S, first_sample, n_patches
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.tagger import Tagger, TagOutputs
from fstmuse_core.bundle.tagger_head import softmax, tagger_for, tagger_head_of
from fstmuse_core.classify import speech
from fstmuse_core.classify.result import Classification, Timeline
from fstmuse_core.classify.tagger_session import (
    LISTENED_S,
    Ints,
    TaggerSession,
    described,
    nearest_patches,
)
from fstmuse_core.classify.verdict import Evidence, decide

NO_MAP = (
    "this model has no network of its own: it hears with the tagger, which answers for three "
    "seconds at once and cannot show what spoke for a genre"
)
# The speech detector was fitted on segments of this length and distance.
_SPEECH_FRAMES, _SPEECH_HOP = 128, 64
_PATCH_HOPS = round(PATCH_S * DEFAULT_CONFIG.frames_per_second)


class SpeechMonitor:
    """Speech score of a clip that is being read."""

    def __init__(self) -> None:
        self._frames = np.empty((0, DEFAULT_CONFIG.n_mels), dtype=np.float32)
        self._starts: list[int] = []
        self._next = 0
        self._features: list[FloatArray] = []

    def push(self, frames: FloatArray) -> None:
        """Take frames of the mel spectrogram, shape ``(n, n_mels)``, any number of them."""
        self._frames = np.concatenate([self._frames, frames])
        offsets = range(0, len(self._frames) - _SPEECH_FRAMES + 1, _SPEECH_HOP)
        if not offsets:
            return
        segments = np.stack([self._frames[i : i + _SPEECH_FRAMES] for i in offsets])
        self._features.append(speech.segment_features(segments))
        self._starts += [self._next + i for i in offsets]
        taken = len(offsets) * _SPEECH_HOP
        self._next += taken
        self._frames = self._frames[taken:].copy()

    def score(self, rms: FloatArray) -> float:
        """From 0 (music) to 1 (speech), of what is not silent by the levels ``rms``."""
        silent = silent_segments(rms, self._starts, _SPEECH_FRAMES)
        if silent.all():
            return 0.0
        return speech.score(np.concatenate(self._features)[~silent])


@dataclass(frozen=True, eq=False)
class Heard:
    """Outputs and levels of a clip, whatever is to be made of them.

    Attributes
    ----------
    evidence : Evidence
        For the verdict; silence by patches, without a novelty.
    patches : ndarray of int, shape ``(n,)``
        Numbers of the patches that stand for the clip.
    outputs : TagOutputs or None
        The tagger's for each of them; ``None`` where there is nothing to hear.
    """

    evidence: Evidence
    patches: Ints
    outputs: TagOutputs | None


class Listener:
    """One clip while it is being heard with a tagger, in bounded memory.

    Parameters
    ----------
    tagger : Tagger
    on_mel : callable, optional
        Given each run of mel frames, shape ``(n, n_mels)``, as it is computed.
    """

    def __init__(self, tagger: Tagger, on_mel: Callable[[FloatArray], None] | None = None) -> None:
        self._on_mel = on_mel
        self._mel = MelStream(DEFAULT_CONFIG)
        self._levels = LevelMonitor(DEFAULT_CONFIG.hop_length)
        self._speech = SpeechMonitor()
        self._tagger = TaggerSession(tagger)
        self.n_samples = 0

    @property
    def duration_s(self) -> float:
        """Seconds pushed so far."""
        return self.n_samples / DEFAULT_CONFIG.sample_rate

    def push(self, samples: FloatArray) -> None:
        """Take mono float32 samples at 22,050 Hz, any number of them."""
        self.n_samples += samples.size
        self._levels.push(samples)
        self._tagger.push(samples)
        self._take(self._mel.push(samples))

    def flush(self) -> None:
        """Take what the mel spectrogram holds back; nothing is pushed after it."""
        self._take(self._mel.flush())

    def _take(self, frames: FloatArray) -> None:
        if len(frames):
            self._speech.push(frames)
            if self._on_mel:
                self._on_mel(frames)

    def heard(self) -> Heard:
        """Outputs and levels so far."""
        rms = self._levels.rms()
        starts = patch_starts(self.n_samples)
        silent = silent_segments(rms, starts, _PATCH_HOPS)
        found = self._tagger.outputs(rms)
        patches, outputs = found or (np.empty(0, dtype=np.intp), None)
        evidence = Evidence(
            self.duration_s,
            silent,
            self._levels.crest_db(),
            self._speech.score(rms),
            novelty=0.0,
            rms=loudest_rms(rms, starts[~silent], _PATCH_HOPS),
        )
        return Heard(evidence, patches, outputs)


def patch_starts(n_samples: int) -> Ints:
    """Hops at which the patches begin that a tagger may hear of so many samples."""
    most = int(LISTENED_S * DEFAULT_CONFIG.sample_rate)
    count = n_patches(min(n_samples, most))
    hop = DEFAULT_CONFIG.hop_length
    return np.array([first_sample(patch) // hop for patch in range(count)], dtype=np.intp)


class TaggedClassifier:
    """A head on a tagger's outputs."""

    def __init__(self, bundle: Bundle, num_threads: int) -> None:
        self.bundle = bundle
        self.head = tagger_head_of(bundle)
        self.tagger = tagger_for(bundle, self.head, num_threads=num_threads)

    def session(
        self, *, with_activation: bool, on_mel: Callable[[FloatArray], None] | None
    ) -> TaggedSession:
        """Open a session; where a map is asked for, the answer says why there is none."""
        return TaggedSession(self, NO_MAP if with_activation else "", on_mel)


class TaggedSession:
    """One clip while it is being classified."""

    def __init__(
        self,
        classifier: TaggedClassifier,
        no_map: str,
        on_mel: Callable[[FloatArray], None] | None,
    ) -> None:
        self._classifier = classifier
        self._no_map = no_map
        self._listener = Listener(classifier.tagger, on_mel)

    @property
    def n_samples(self) -> int:
        """Samples pushed so far."""
        return self._listener.n_samples

    def push(self, samples: FloatArray) -> None:
        """Take mono float32 samples at the bundle's rate, any number of them."""
        self._listener.push(samples)

    def so_far(self) -> Classification:
        """Answer to the sound so far; pushing may go on."""
        return self._answer(())

    def finish(self, warnings: tuple[str, ...] = ()) -> Classification:
        """The final answer; ``warnings`` about the source are added to its own."""
        self._listener.flush()
        return self._answer(warnings)

    def _answer(self, source_warnings: tuple[str, ...]) -> Classification:
        return answer_of(self._classifier, self._listener.heard(), self._no_map, source_warnings)


def answer_of(
    classifier: TaggedClassifier,
    heard: Heard,
    no_map: str = "",
    source_warnings: tuple[str, ...] = (),
) -> Classification:
    """The answer to what was heard."""
    manifest, head = classifier.bundle.manifest, classifier.head
    evidence, n_genres = heard.evidence, len(manifest.genres)
    seconds = np.arange(len(evidence.silent), dtype=np.float64) * np.float64(PATCH_S)
    rows = np.full((len(seconds), n_genres), 1.0 / n_genres, dtype=np.float32)
    probabilities, novelty = np.zeros(n_genres, dtype=np.float32), 0.0
    if heard.outputs is not None:
        clip = head.join_alone(heard.outputs.mean())
        novelty = float(clip.novelty)
        probabilities = softmax(clip.logits / np.float32(manifest.temperature))
        nearest = nearest_patches(seconds, PATCH_S, heard.patches)
        patches = head.join_alone(heard.outputs).logits[nearest]
        rows = softmax(patches / np.float32(manifest.temperature))
    evidence = replace(evidence, novelty=novelty)
    verdict, warnings = decide(
        manifest.genres, probabilities, evidence, manifest.thresholds, speech.THRESHOLD
    )
    return Classification(
        model=manifest.name,
        model_sha256=classifier.bundle.sha256,
        genres=manifest.genres,
        duration_s=evidence.duration_s,
        probabilities=probabilities,
        timeline=_timeline(seconds, evidence, rows),
        verdict=verdict,
        warnings=(*source_warnings, *warnings),
        no_map=no_map,
        **described(
            classifier.tagger, head, heard.outputs.mean() if heard.outputs else None, verdict
        ),
    )


def _timeline(seconds: npt.NDArray[np.float64], evidence: Evidence, rows: FloatArray) -> Timeline:
    ends = np.minimum(seconds + PATCH_S, evidence.duration_s)
    return Timeline(seconds, ends, rows, evidence.silent)
