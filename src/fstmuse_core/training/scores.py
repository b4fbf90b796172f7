"""What a network says about whole clips, combined as the program combines it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.bundle import Bundle
from fstmuse_core.network import LiteRtNetwork
from fstmuse_core.pattern_head import PatternEar, pattern_head, with_evidence
from fstmuse_core.training.mels import MelArray, cut_segments, segment_starts

# One: where other work goes on beside it, two threads wait for each other.
_THREADS = 1


@dataclass(frozen=True, eq=False)
class ClipScores:
    """Means over the overlapping segments of each clip.

    ``logits`` has shape ``(clips, K)``, ``novelty`` ``(clips,)``.
    """

    logits: npt.NDArray[np.float64]
    novelty: npt.NDArray[np.float64]


def score_clips(bundle: Bundle, mels: Sequence[MelArray]) -> ClipScores:
    """Run every clip through a network in the form in which it is shipped."""
    manifest = bundle.manifest
    network = LiteRtNetwork(bundle, num_threads=_THREADS)
    head = pattern_head(bundle)
    logits, novelty = [], []
    for mel in mels:
        segments = cut_segments(mel, manifest.segment_frames, manifest.segment_hop_frames)
        each_logits, each_novelty, _ = network.run(manifest.scaling.apply(segments))
        if head:
            ear = PatternEar(head)
            ear.push(mel.astype(np.float32))
            starts = segment_starts(len(mel), manifest.segment_frames, manifest.segment_hop_frames)
            each_logits, each_novelty = with_evidence(
                each_logits, each_novelty, ear.evidence(starts)
            )
        logits.append(each_logits.mean(axis=0, dtype=np.float64))
        novelty.append(each_novelty.mean(dtype=np.float64))
    return ClipScores(np.array(logits), np.array(novelty))
