"""The tagger at work: on one clip, by a few patches of its first three minutes, and on a file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.levels import HopLevels, silent_segments
from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.audio.tagger_mel import PATCH_S, first_sample, n_patches, tagger_patch
from fstmuse_core.bundle.tagger import (
    FIRST_PATCHES,
    SECOND_PATCHES,
    THIRD_PATCHES,
    Tagger,
    TaggerNetwork,
    TagOutputs,
    find_tagger,
)
from fstmuse_core.bundle.tagger_head import TaggerHead
from fstmuse_core.classify.result import Doubt, Tagged, Verdict
from fstmuse_core.classify.traits import Trait, traits_of
from fstmuse_core.system.errors import AudioError
from fstmuse_core.system.process_limits import heartbeat

_NO_MUSIC = (Doubt.SILENCE, Doubt.TOO_SHORT, Doubt.CLIPPED, Doubt.SPEECH)
# A song shows in its first minutes what it is.
LISTENED_S = 180.0

Ints = npt.NDArray[np.intp]


class TaggerSession:
    """Outputs of the tagger for a clip that is being read, in bounded memory.

    Patches lie on a grid of 3 s, so that one that was scored for an answer on the way need not
    be scored again.

    Parameters
    ----------
    tagger : Tagger
    """

    def __init__(self, tagger: Tagger) -> None:
        self._tagger = tagger
        self._blocks: list[FloatArray] = []
        self._n_samples = 0
        self._by_first: dict[int, TagOutputs] = {}
        self._by_second: dict[int, TagOutputs] = {}
        self._by_third: dict[int, TagOutputs] = {}

    def push(self, samples: FloatArray) -> None:
        """Take mono samples at 22,050 Hz, any number of them."""
        missing = int(LISTENED_S * DEFAULT_CONFIG.sample_rate) - self._n_samples
        if missing > 0:
            self._blocks.append(samples[:missing].copy())
            self._n_samples += min(missing, samples.size)

    def outputs(self, rms: FloatArray) -> tuple[Ints, TagOutputs] | None:
        """Patches that stand for the clip so far, and what the tagger says of them.

        Parameters
        ----------
        rms : ndarray, shape ``(n_hops,)``
            Levels of the clip's hops, see :class:`HopLevels`: silent patches are passed over.

        Returns
        -------
        patches : ndarray of int, shape ``(n,)``
            Their numbers on the grid, ascending.
        outputs : TagOutputs
            A row for each. The second and the third network hear two of them; what they say of
            each is their mean.
            ``None`` in the place of both where there is no whole patch.
        """
        patches = spread(audible_patches(self._n_samples, rms), FIRST_PATCHES)
        if not patches.size:
            return None
        cuts: dict[int, FloatArray] = {}
        first = self._score(self._tagger.first, self._by_first, patches, cuts)
        few = few_of(patches, SECOND_PATCHES)
        second = self._score(self._tagger.second, self._by_second, few, cuts).mean()
        third = None
        if self._tagger.third:
            few = few_of(patches, THIRD_PATCHES)
            third = self._score(self._tagger.third, self._by_third, few, cuts).mean()
        return patches, self._tagger.together(first, second, third)

    def _score(
        self,
        network: TaggerNetwork,
        known: dict[int, TagOutputs],
        patches: Ints,
        cuts: dict[int, FloatArray],
    ) -> TagOutputs:
        new = [patch for patch in patches.tolist() if patch not in known]
        if new:
            cuts.update(self._cut([patch for patch in new if patch not in cuts]))
            outputs = network.run(np.stack([cuts[patch] for patch in new]))
            known.update((patch, outputs.at(np.array(i))) for i, patch in enumerate(new))
        chosen = [known[patch] for patch in patches.tolist()]
        return TagOutputs(
            np.stack([each.tags for each in chosen]), np.stack([each.embedding for each in chosen])
        )

    def _cut(self, patches: list[int]) -> dict[int, FloatArray]:
        if len(self._blocks) > 1:
            self._blocks = [np.concatenate(self._blocks)]
        (samples,) = self._blocks
        return {patch: tagger_patch(samples, patch) for patch in patches}


def audible_patches(n_samples: int, rms: FloatArray) -> Ints:
    """Numbers of the whole patches within ``n_samples`` that are not silent."""
    hop = DEFAULT_CONFIG.hop_length
    count = n_patches(n_samples)
    starts = np.array([first_sample(patch) // hop for patch in range(count)], dtype=np.intp)
    length = round(PATCH_S * DEFAULT_CONFIG.frames_per_second)
    return np.flatnonzero(~silent_segments(rms, starts, length))


def spread(patches: Ints, most: int) -> Ints:
    """At most ``most`` of the patches, spread evenly over them; the first and the last are kept."""
    places = np.linspace(0, len(patches) - 1, min(most, len(patches)))
    return patches[np.unique(np.round(places).astype(np.intp))]


def few_of(patches: Ints, most: int) -> Ints:
    """At most ``most`` of the patches; not the edges, where songs fade, if there are more."""
    return spread(patches[1:-1] if len(patches) > most + 1 else patches, most)


def nearest_patches(start_s: npt.NDArray[np.float64], length_s: float, patches: Ints) -> Ints:
    """Place in ``patches`` of the one whose middle is nearest that of each segment."""
    middles = (np.asarray(patches) + 0.5) * PATCH_S
    distance = np.abs((start_s + length_s / 2)[:, None] - middles)
    return np.asarray(distance.argmin(axis=1), dtype=np.intp)


class Described(TypedDict, total=False):
    """Entries of a :class:`Classification` that come from a tagger."""

    tagged: Tagged
    traits: tuple[Trait, ...]


def described(
    tagger: Tagger | None, head: TaggerHead | None, outputs: TagOutputs | None, verdict: Verdict
) -> Described:
    """Tags, embedding and traits of a clip by the tagger's mean outputs; empty without any.

    What is no music by its verdict has no traits: the tagger would say some of noise too.
    """
    if tagger is None or head is None or outputs is None:
        return {}
    n_tags = len(tagger.tags)
    mean, deviation = head.mean[-n_tags:], head.deviation[-n_tags:]
    is_music = verdict.doubt not in _NO_MUSIC
    return {
        "tagged": Tagged(tagger.sha256, tagger.tags, outputs.tags, outputs.embedding),
        "traits": traits_of(tagger.tags, outputs.tags, mean, deviation, genre=verdict.genre)
        if is_music
        else (),
    }


class EmbeddingTask:
    """Work for :func:`fstmuse_core.system.isolated.isolated`: a path in, its embedding out.

    Parameters
    ----------
    tagger_sha256 : str
        Hash of the tagger, which is loaded where the work is done.
    """

    def __init__(self, tagger_sha256: str) -> None:
        self._sha256 = tagger_sha256

    def __call__(self, path: str) -> FloatArray:
        return file_embedding(path, _tagger(self._sha256))


@lru_cache(maxsize=1)
def _tagger(sha256: str) -> Tagger:
    return Tagger(find_tagger(sha256))


def file_embedding(path: str, tagger: Tagger) -> FloatArray:
    """Embedding of a file by its first three minutes, shape ``(n_features,)``.

    Raises
    ------
    AudioError
        If it cannot be read, is silent or shorter than a patch of 3 s.
    """
    rate = DEFAULT_CONFIG.sample_rate
    session, levels = TaggerSession(tagger), HopLevels(DEFAULT_CONFIG.hop_length)
    n_samples = 0
    with AudioStream(path, sample_rate=rate) as stream:
        for block in stream:
            session.push(block)
            levels.push(block)
            n_samples += block.size
            heartbeat(fraction=min(1.0, n_samples / (LISTENED_S * rate)))
            if n_samples >= LISTENED_S * rate:
                break
    found = session.outputs(levels.rms())
    if found is None:
        raise AudioError(
            Path(path),
            "it is silent or shorter than 3 s, so nothing sounds like it",
            "name another song",
        )
    return found[1].mean().embedding
