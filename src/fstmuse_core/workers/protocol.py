"""Messages between the window and its worker process.

Requests travel with their job's number. Each job is answered by ``Started``, any number of
``Progress`` and ``Partial``, and then by exactly one of ``Done``, ``Failed`` and ``Cancelled``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification
from fstmuse_core.system.process_limits import Heartbeat


@dataclass(frozen=True, eq=False)
class ClipResult:
    """Result of classifying one file, for the window."""

    classification: Classification
    image: SpectrogramImage


# Requests, window to worker -------------------------------------------------------------


@dataclass(frozen=True)
class ClassifyFile:
    """Decode and classify a file; answered by ``Done`` with a ``ClipResult``."""

    path: str
    model: str


@dataclass(frozen=True)
class ClassifyLive:
    """Open a live session. ``Partial`` holds a ``Classification`` of the sound so far."""

    model: str


@dataclass(frozen=True, eq=False)
class LiveSamples:
    """More samples for a live session: mono float32 at the model's rate."""

    samples: FloatArray


@dataclass(frozen=True)
class LiveEnd:
    """The take is over; the session's ``Done`` holds a ``ClipResult``."""


@dataclass(frozen=True)
class MakeClip:
    """Make a new clip; for the worker that makes sound.

    ``Partial`` brings first its ``SpectrogramImage``, then the ``GeneratedClip``; ``Done`` a
    tuple with the ``Classification`` of it by each of the models ``judges`` that can be used.
    ``blend`` is a second genre and its share.
    """

    model: str
    genre: str
    seconds: float
    seed: int
    blend: tuple[str, float] | None = None
    judges: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResynthesizeFile:
    """Make a file's mel spectrogram sound; for the worker that makes sound.

    ``why`` is a genre of the classifier ``model``: only what spoke for it then remains.
    Answered by ``Done`` with a ``Resynthesis``.
    """

    path: str
    why: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class Cancel:
    """The job is no longer wanted."""


# Events, worker to window ---------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """The worker is up and has its libraries loaded."""

    pid: int


@dataclass(frozen=True)
class Started:
    """Work on the job has begun."""

    job: int


@dataclass(frozen=True)
class Progress:
    """``fraction`` from 0 to 1 of the job is done."""

    job: int
    fraction: float


@dataclass(frozen=True)
class Partial:
    """An interim result; its type depends on the request."""

    job: int
    payload: Any


@dataclass(frozen=True)
class Done:
    """The job's result; its type depends on the request."""

    job: int
    payload: Any


@dataclass(frozen=True)
class Failed:
    """The job cannot be done; ``sentence`` is for the user."""

    job: int
    sentence: str


@dataclass(frozen=True)
class Cancelled:
    """The job was given up on request."""

    job: int


@dataclass(frozen=True)
class WorkerLost:
    """The process died; another is started and does its unfinished jobs once more."""

    sentence: str


Job = ClassifyFile | ClassifyLive | MakeClip | ResynthesizeFile
Request = Job | LiveSamples | LiveEnd | Cancel
Event = Ready | Started | Progress | Partial | Done | Failed | Cancelled | WorkerLost
Message = Event | Heartbeat
