"""The only networks that an imported model may have, by name, and the process that builds one."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fstmuse_core.bundle.manifest import (
    CLASSIFIER,
    GENERATOR,
    SEGMENTS,
    TAGGED,
    WHOLE_CLIP,
    BundleManifest,
)
from fstmuse_core.bundle.weights import MAX_WEIGHTS_BYTES
from fstmuse_core.system.errors import BundleError, FstMuseError, one_line

_REPORTED = "fstmuse_core.original."
_WEIGHTS = "weights.npz"

# Kind of bundle -> what model.json calls the network -> the function in that module that
# builds it. Nothing that a file says is ever imported; it is only looked up here.
KNOWN_NETWORKS: Mapping[str, Mapping[str, str]] = {
    CLASSIFIER: {
        "fstmuse_core.networks.fst_muse": "build_fst_muse",
        "fstmuse_core.networks.toy_model": "build_toy_model",
        f"{_REPORTED}fst_muse": "build_original_fst_muse",
        f"{_REPORTED}toy_model": "build_original_toy_model",
    },
    GENERATOR: {"fstmuse_core.networks.toy_gan": "build_generator"},
}


def reported_network(model: str) -> str:
    """Name of the report's network of a model ("fst-muse")."""
    return f"{_REPORTED}{model.replace('-', '_')}"


def is_reported(network: object) -> bool:
    """True for the name of one of the report's networks."""
    return isinstance(network, str) and network.startswith(_REPORTED)


def network_trouble(manifest: BundleManifest) -> str:
    """Reason a bundle's network cannot be built here; empty if it can."""
    if manifest.kind not in KNOWN_NETWORKS:
        return f"models of the kind {_shown(manifest.kind)} are not known"
    if manifest.input == TAGGED:  # it has none
        return ""
    network = manifest.architecture.get("network")
    if not isinstance(network, str) or network not in KNOWN_NETWORKS[manifest.kind]:
        return f"its network, {_shown(network)}, is none of ours"
    wanted = WHOLE_CLIP if is_reported(network) else SEGMENTS
    if manifest.input != wanted:
        return f"its network is said to take {_shown(manifest.input)}, which it does not"
    return ""


def check_exportable(folder: Path, manifest: BundleManifest) -> None:
    """Raise ``BundleError`` for a bundle that cannot go from one computer to another as a file."""
    if manifest.kind not in KNOWN_NETWORKS:
        raise BundleError(
            folder,
            f"a {manifest.kind} comes with FstMuse and is not exported",
            "export a model that stands on it",
        )
    if _WEIGHTS not in manifest.files and manifest.input != TAGGED:
        raise BundleError(
            folder,
            f"it has no {_WEIGHTS}: its weights are larger than the 256 MiB that a file may have",
            "train it where it is to be used",
        )


def has_room_for(parameters: int) -> bool:
    """True if so many numbers of 32 bits fit into a file of weights."""
    return 4 * parameters <= MAX_WEIGHTS_BYTES


def _shown(value: object) -> str:
    return one_line(repr(value)[:100])


@dataclass(frozen=True)
class BuildTask:
    """Network to build: one of ``KNOWN_NETWORKS`` for so many genres.

    ``n_frames`` are those of a clip, for networks whose input is whole clips.
    """

    kind: str
    network: str
    n_genres: int
    architecture: Mapping[str, Any] = field(default_factory=dict)
    input: str = SEGMENTS
    n_frames: int = 0


@dataclass(frozen=True)
class Rebuilt:
    """``model.tflite`` and ``weights.npz``, both written here."""

    litert: bytes = field(repr=False)
    weights: bytes = field(repr=False)


@dataclass(frozen=True)
class Refused:
    """Reason the weights cannot be used."""

    sentence: str


def serve_build(connection: Connection) -> None:
    """Take a task and its weights, answer with :class:`Rebuilt` or :class:`Refused`."""
    os.environ.update(KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="-1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    task, weights = connection.recv()
    try:
        function = KNOWN_NETWORKS[task.kind][task.network]
        build = getattr(importlib.import_module(task.network), function)
        rebuild = importlib.import_module("fstmuse_core.training.rebuild")
        litert, npz = rebuild.REBUILDERS[task.kind, task.input](build, task, weights)
        connection.send(Rebuilt(litert, npz))
    except FstMuseError as error:
        connection.send(Refused(error.reason))
    except Exception as error:  # whatever TensorFlow says, the user gets one line
        what = one_line(f"{type(error).__name__}: {error}")[:200]
        connection.send(Refused(f"its network cannot be built ({what})"))
