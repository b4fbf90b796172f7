"""The tagger: a pre-trained network that classifiers stand on, as a bundle of its own kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.audio.tagger_mel import N_MELS, PATCH_FRAMES
from fstmuse_core.bundle.bundle import SECOND_NAME, Bundle, bundle_folders, load_bundle
from fstmuse_core.bundle.litert import laid_out, network_errors
from fstmuse_core.bundle.manifest import (
    TAGGER,
    manifest_sha256,
    parse_manifest,
    read_manifest_bytes,
)
from fstmuse_core.system.errors import BundleError

# Patches that a clip is judged by: all by the first network, and fewer by the second, which is
# asked for little, and the third; a patch costs these two and three times as much.
FIRST_PATCHES, SECOND_PATCHES, THIRD_PATCHES = 6, 2, 2
_PATCH = (1, PATCH_FRAMES, N_MELS, 1)
_CONTAINED = "contains"
# It comes with the program, and nobody can get or train it elsewhere.
_REMEDY = "install FstMuse again"


@dataclass(frozen=True, eq=False)
class TagOutputs:
    """Outputs of a tagger for some patches, or their means over a clip.

    Attributes
    ----------
    tags : ndarray of float32, shape ``(..., n_tags)``
        Logits, in the order of the tagger's tags.
    embedding : ndarray of float32, shape ``(..., n_features)``
        Activations of its last layers but one.
    """

    tags: FloatArray
    embedding: FloatArray

    def row(self) -> FloatArray:
        """Embedding and tags side by side, shape ``(..., n_features + n_tags)``."""
        return np.concatenate([self.embedding, self.tags], axis=-1)

    def at(self, places: npt.NDArray[np.intp]) -> TagOutputs:
        """Outputs of the patches at these places, in this order."""
        return TagOutputs(self.tags[places], self.embedding[places])

    def mean(self) -> TagOutputs:
        """Means over the patches."""
        return TagOutputs(
            self.tags.mean(axis=0, dtype=np.float32), self.embedding.mean(axis=0, dtype=np.float32)
        )


class TaggerNetwork:
    """One of a tagger's networks, ready to run on one patch after the other.

    Six at once would take 30 MB more in each process and no less time: what a layer gives to the
    next no longer lies in the cache. A clip with fewer patches would pay for all.

    Parameters
    ----------
    litert : bytes
        The LiteRT file.
    num_threads : int
        Threads of the interpreter.

    Raises
    ------
    ValueError or RuntimeError
        If it is not a network that takes patches and gives tags and an embedding.
    """

    def __init__(self, litert: bytes, num_threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter: Any = Interpreter(model_content=litert, num_threads=num_threads)
        self._input = laid_out(self._interpreter, _PATCH)
        outputs = self._interpreter.get_output_details()
        lengths: list[int] = [int(output["shape"][-1]) for output in outputs]
        if len(outputs) != 2 or any(len(output["shape"]) != 2 for output in outputs):
            raise ValueError(f"its outputs have the lengths {lengths}")
        # The file does not keep names; there are fewer tags than features.
        self.n_tags, self.n_features = sorted(lengths)
        outputs = sorted(outputs, key=lambda output: int(output["shape"][-1]))
        self._outputs = [output["index"] for output in outputs]

    def run(self, patches: FloatArray) -> TagOutputs:
        """Outputs for patches of shape ``(n, 187, 96)``, see :func:`tagger_patch`."""
        tags = np.empty((len(patches), self.n_tags), dtype=np.float32)
        embedding = np.empty((len(patches), self.n_features), dtype=np.float32)
        for i, patch in enumerate(patches):
            self._interpreter.set_tensor(self._input, patch.reshape(_PATCH))
            self._interpreter.invoke()
            tags[i], embedding[i] = map(self._interpreter.get_tensor, self._outputs)
        return TagOutputs(tags, embedding)


class Tagger:
    """A tagger bundle, ready to run: two networks, or three.

    The first and the third have the same tags. Embeddings stand in the networks' order.

    Parameters
    ----------
    bundle : Bundle
    num_threads : int
        Threads of the interpreters.

    Raises
    ------
    BundleError
        If the bundle is no tagger, or its networks cannot be run.
    """

    def __init__(self, bundle: Bundle, *, num_threads: int = 1) -> None:
        bundle.require_kind(TAGGER)
        self.sha256 = bundle.sha256
        self.tags = bundle.manifest.genres
        with network_errors(bundle.path, what="its networks", remedy=_REMEDY):
            if bundle.second is None:
                raise ValueError(f"{SECOND_NAME} is missing")
            self.first = TaggerNetwork(bundle.litert, num_threads)
            self.second = TaggerNetwork(bundle.second, num_threads)
            self.third = TaggerNetwork(bundle.third, num_threads) if bundle.third else None
            if self.first.n_tags + self.second.n_tags != len(self.tags) or (
                self.third and self.third.n_tags != self.first.n_tags
            ):
                raise ValueError("it has other tags than it names")

    @property
    def n_features(self) -> int:
        """Length of the embeddings of its networks."""
        networks = (self.first, self.second, self.third)
        return sum(network.n_features for network in networks if network)

    def together(
        self, first: TagOutputs, second: TagOutputs, third: TagOutputs | None
    ) -> TagOutputs:
        """Outputs of its networks as one; of the second and the third a row is for all patches."""
        few = (second,) if third is None else (second, third)
        known = first.tags if third is None else np.float32(0.5) * (first.tags + third.tags)
        return TagOutputs(
            _beside(known, second.tags), _beside(first.embedding, *(each.embedding for each in few))
        )


def _beside(rows: FloatArray, *others: FloatArray) -> FloatArray:
    """``rows`` with others at the end of each; what is one row stands beside all."""
    n = len(rows)
    spread = [np.broadcast_to(other, (n, other.shape[-1])) for other in others]
    return np.concatenate([rows, *spread], axis=1)


def find_tagger(sha256: str) -> Bundle:
    """Load the tagger with this hash; raises ``BundleError`` if it is not installed.

    One that another contains is that other's first two networks, and keeps its own hash.
    """
    bundle = _tagger_in(tagger_folder(sha256))
    return bundle if bundle.sha256 == sha256 else replace(bundle, sha256=sha256, third=None)


def tagger_folder(sha256: str) -> Path:
    """Folder of the tagger with this hash, or of one that contains it.

    Raises
    ------
    BundleError
        If it is not installed.
    """
    folders = bundle_folders()
    for folder in folders.values():
        try:
            found = manifest_sha256(read_manifest_bytes(folder))
        except BundleError:
            continue
        if found == sha256:
            return folder
    shipped = folders.get(TAGGER)
    if shipped and sha256 and _contained(shipped) == sha256:
        return shipped
    raise BundleError(
        "tagger",
        f"the one with the hash {sha256[:12] or 'unknown'}, which the model stands on, is missing",
        _REMEDY,
    )


def contained_entry(sha256: str) -> dict[str, Any]:
    """Entry of the ``architecture`` of a tagger whose first two networks were one before it."""
    return {_CONTAINED: sha256}


def _contained(folder: Path) -> str:
    """Hash that a tagger's first two networks had as one; empty if they were none."""
    try:
        architecture = parse_manifest(folder, read_manifest_bytes(folder)).architecture
    except BundleError:
        return ""
    named = architecture.get(_CONTAINED)
    return named if isinstance(named, str) else ""


def installed_tagger() -> Bundle:
    """Load the tagger that comes with the program; raises ``BundleError`` if there is none."""
    folder = bundle_folders().get(TAGGER)
    if folder is None:
        raise BundleError("tagger", "it is missing", _REMEDY)
    return _tagger_in(folder)


def tagger_of_two() -> Bundle:
    """Load the first two networks of the installed tagger, which once were all of it.

    Raises
    ------
    BundleError
        If there is no tagger.
    """
    whole = installed_tagger()
    contained = _contained(whole.path)
    return replace(whole, sha256=contained, third=None) if contained else whole


def _tagger_in(folder: Path) -> Bundle:
    try:
        bundle = load_bundle(folder)
    except BundleError as error:
        raise BundleError(error.subject, error.reason, _REMEDY) from error
    bundle.require_kind(TAGGER)
    return bundle
