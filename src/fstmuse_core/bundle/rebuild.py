"""The process that builds one of our networks around weights from a file.

TensorFlow is loaded here and nowhere else; by names, so that the process that starts this
one never does.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from fstmuse_core.bundle.known_networks import KNOWN_NETWORKS
from fstmuse_core.bundle.manifest import SEGMENTS
from fstmuse_core.system.errors import FstMuseError, one_line


@dataclass(frozen=True)
class Task:
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


def serve(connection: Connection) -> None:
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
