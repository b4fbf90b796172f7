"""The experts of a classifier on the tagger's outputs, and their mixture with its network.

A few songs of a genre make a linear head forget what the tagger knew of it, so the head never
speaks alone: beside it stands an expert that only reads the tags. Chances are mixed, not logits:
where one expert is ignorant, the other is still heard. Whether a clip is any of the genres, and
which, are two questions: an expert that doubts the one may know the other.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.pattern_head import read_array
from fstmuse_core.bundle.tagger import Tagger, TagOutputs, find_tagger
from fstmuse_core.system.errors import BundleError

# Outputs so far from the training music's carry no more weight than this many deviations.
_FARTHEST = np.float32(6.0)
_ROUNDING = 1e-4
_MOST_TAGS = 100_000
_LEAST_CHANCE = np.float32(1e-7)


@dataclass(frozen=True, eq=False)
class Joined:
    """Scores of the experts together.

    ``logits``, shape ``(..., K)``, are logarithms of the genres' chances if it is one of them;
    ``novelty``, shape ``(...)``, is the log-odds of "none of these".
    """

    logits: FloatArray
    novelty: FloatArray


@dataclass(frozen=True, eq=False)
class TaggerHead:
    """Chances of K genres and of "none of these" from the tagger's outputs.

    Attributes
    ----------
    tags : ndarray of int64, shape ``(K + M, T)``
        Tags of each genre and of M kinds of other music, by number; a score is the highest of
        their logits. Filled up with -1; a genre without a tag is left to the other experts.
    offsets : ndarray of float32, shape ``(K + M,)``
        Subtracted from the scores: what the tagger says of any music.
    mean, deviation : ndarray of float32, shape ``(n_features + n_tags,)``
        Of the outputs for the training music.
    matrix : ndarray of float32, shape ``(n_features + n_tags, K + 1)``
    bias : ndarray of float32, shape ``(K + 1,)``
    shares : ndarray of float32, shape ``(3,)``
        Of the trained expert, the tags and the network in the mixture; they sum to 1.
    lean : ndarray of float32, shape ``(n_features + n_tags + 1, K + 1)`` or ``(0, K + 1)``
        Learned from a user's corrections: what the standardised outputs, and last a constant,
        add to the logits of the genres and to the log-odds of "none of these".
    """

    tags: npt.NDArray[np.int64]
    offsets: FloatArray
    mean: FloatArray
    deviation: FloatArray
    matrix: FloatArray
    bias: FloatArray
    shares: FloatArray
    lean: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def __post_init__(self) -> None:
        outputs, vector = self.bias.shape, self.mean.shape
        fits = (
            len(outputs) == len(vector) == 1
            and self.deviation.shape == vector
            and self.matrix.shape == vector + outputs
            and self.tags.ndim == 2
            and self.offsets.shape == self.tags.shape[:1]
            and len(self.offsets) >= len(self.bias)
            and self.shares.shape == (3,)
            and (not self.lean.size or self.lean.shape == (vector[0] + 1, outputs[0]))
        )
        if not fits:
            raise ValueError("its arrays do not fit together")
        if not all(np.isfinite(getattr(self, f.name)).all() for f in fields(self)):
            raise ValueError("it holds NaN or infinity")
        if not (self.deviation > 0).all():
            raise ValueError("deviations must be above zero")
        if (self.shares < 0).any() or abs(float(self.shares.sum()) - 1.0) > _ROUNDING:
            raise ValueError("shares must be 0 or more and sum to 1")

    def check_tagger(self, n_tags: int, n_features: int) -> None:
        """Raise ``ValueError`` unless the head fits a tagger with so many outputs."""
        if len(self.mean) != n_features + n_tags or not (self.tags < n_tags).all():
            raise ValueError("it was made on another tagger")

    def trained(self, outputs: TagOutputs) -> FloatArray:
        """Chances from the linear head, shape ``(..., K + 1)``."""
        return softmax(
            np.einsum("...f,fk->...k", self.standardised(outputs), self.matrix) + self.bias
        )

    def standardised(self, outputs: TagOutputs) -> FloatArray:
        """Outputs in deviations of the training music, shape ``(..., n_features + n_tags)``."""
        rows = (outputs.row() - self.mean) / self.deviation
        return np.asarray(np.clip(rows, -_FARTHEST, _FARTHEST), dtype=np.float32)

    def read_tags(self, tags: FloatArray) -> FloatArray:
        """Chances from the tags alone, shape ``(..., K + 1)``; all other music is one."""
        has_tag = self.tags >= 0
        logits = np.where(has_tag, tags[..., np.maximum(self.tags, 0)], -np.inf).max(axis=-1)
        chances = softmax(logits - self.offsets)
        n_genres = len(self.bias) - 1
        others = chances[..., n_genres:].sum(axis=-1, keepdims=True)
        return np.concatenate([chances[..., :n_genres], others], axis=-1)

    def join(self, outputs: TagOutputs, logits: FloatArray, novelty: npt.ArrayLike) -> Joined:
        """Mixture of the three experts.

        Parameters
        ----------
        outputs : TagOutputs
            The tagger's, of shape ``(..., n_tags)`` and ``(..., n_features)``.
        logits : ndarray, shape ``(..., K)``
            The network's.
        novelty : ndarray, shape ``(...)``
            The network's: its logit of "none of these" over the log-sum-exp of the genres'.
        """
        none = _logsumexp(logits) + np.asarray(novelty)[..., None]
        return self._mixed(outputs, softmax(np.concatenate([logits, none], axis=-1)))

    def join_alone(self, outputs: TagOutputs) -> Joined:
        """Mixture of the experts of a classifier that has no network; its share must be 0."""
        network = np.full((*outputs.tags.shape[:-1], len(self.bias)), 1.0 / len(self.bias))
        return self._mixed(outputs, network.astype(np.float32))

    def _mixed(self, outputs: TagOutputs, network: FloatArray) -> Joined:
        trained = self.trained(outputs)
        by_head, _, by_network = self.shares
        others = trained
        if by_network > 0:
            others = (by_head * trained + by_network * network) / (by_head + by_network)
        said = (trained, self._with_untagged(self.read_tags(outputs.tags), others), network)
        genres, other = np.zeros_like(network[..., :-1]), np.zeros_like(network[..., 0])
        for share, chances in zip(self.shares, said, strict=True):
            if share > 0:
                known = np.maximum(chances[..., :-1], _LEAST_CHANCE)
                genres = genres + share * known / known.sum(axis=-1, keepdims=True)
                other = other + share * chances[..., -1]
        other = np.clip(other, _LEAST_CHANCE, 1.0 - _LEAST_CHANCE)
        logits, novelty = np.log(genres), np.log(other / (1.0 - other))
        if self.lean.size:
            added = np.einsum("...f,fk->...k", self.standardised(outputs), self.lean[:-1])
            added = added + self.lean[-1]
            logits = logits + added[..., :-1]
            logits, novelty = logits - _logsumexp(logits), novelty + added[..., -1]
        return Joined(logits.astype(np.float32), np.asarray(novelty, dtype=np.float32))

    def _with_untagged(self, read: FloatArray, others: FloatArray) -> FloatArray:
        """Chances from the tags in which genres without a tag have those of the other experts."""
        is_tagged = (self.tags[: len(self.bias) - 1] >= 0).any(axis=1)
        if is_tagged.all():
            return read
        chances = others.copy()
        share = others[..., :-1][..., is_tagged].sum(axis=-1, keepdims=True)
        within = np.maximum(read[..., :-1][..., is_tagged], _LEAST_CHANCE)
        total = within.sum(axis=-1, keepdims=True)
        chances[..., :-1][..., is_tagged] = share * within / total if is_tagged.any() else 0.0
        return chances

    def to_bytes(self) -> bytes:
        """As plain arrays in an ``.npz`` file."""
        stream = io.BytesIO()
        # Tags too: an archive takes no other numbers.
        arrays = {f.name: getattr(self, f.name).astype(np.float32) for f in fields(self)}
        np.savez(stream, **{name: array for name, array in arrays.items() if array.size})
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> TaggerHead:
        """Inverse of :meth:`to_bytes`; raises ``ValueError`` or ``KeyError`` if malformed."""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {entry.removesuffix(".npy") for entry in archive.namelist()}
            wanted = [f.name for f in fields(cls) if f.name != "lean" or "lean" in names]
            return cls.from_arrays({name: read_array(archive, f"{name}.npy") for name in wanted})

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, FloatArray]) -> TaggerHead:
        """Head of numbers of any type; raises ``ValueError`` or ``TypeError`` if malformed."""
        tags = np.asarray(arrays.get("tags", np.empty(0)))
        if not (np.isfinite(tags).all() and (np.abs(tags) < _MOST_TAGS).all()):
            raise ValueError("its tags are no numbers of tags")
        values: dict[str, Any] = {**arrays, "tags": tags.astype(np.int64)}
        return cls(**values)


def tagger_head(bundle: Bundle) -> TaggerHead | None:
    """The head of a bundle, or ``None`` if it has none; raises ``BundleError`` if it is unsound."""
    if bundle.tagger_head is None:
        return None
    try:
        head = TaggerHead.from_bytes(bundle.tagger_head)
        if len(head.bias) != len(bundle.manifest.genres) + 1:
            raise ValueError(f"it has {len(head.bias)} outputs")
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise BundleError(
            bundle.path, f"its tagger head is malformed ({error})", "retrain it"
        ) from error
    return head


def tagger_head_of(bundle: Bundle) -> TaggerHead:
    """The head of a bundle that has no network; raises ``BundleError`` if it cannot do without."""
    head = tagger_head(bundle)
    if head is None or head.shares[-1] > 0:
        why = "it has no network and no tagger head" if head is None else "its network is missing"
        raise BundleError(bundle.path, why, "retrain it")
    return head


def tagger_for(bundle: Bundle, head: TaggerHead, *, num_threads: int = 1) -> Tagger:
    """The tagger that a bundle stands on; raises ``BundleError`` if it is missing or another."""
    tagger = Tagger(find_tagger(bundle.manifest.tagger), num_threads=num_threads)
    try:
        head.check_tagger(len(tagger.tags), tagger.n_features)
    except ValueError as error:
        raise BundleError(bundle.path, f"{error} than it names", "retrain it") from error
    return tagger


def _logsumexp(logits: FloatArray) -> FloatArray:
    """Over the last axis, which stays with length 1."""
    top = logits.max(axis=-1, keepdims=True)
    total = np.exp(logits - top).sum(axis=-1, keepdims=True)
    return np.asarray(top + np.log(total), dtype=np.float32)


def softmax(logits: FloatArray) -> FloatArray:
    """Chances from logits over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float32)
