"""The process that makes sound: the picture first, then the sound, then what it is taken for."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.bundle.bundle import shipped_models_folder
from fstmuse_core.generate.generator import Blend, ClipGenerator, GeneratedClip
from fstmuse_core.inversion.resynthesis import resynthesize_file
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.protocol import (
    Cancelled,
    Done,
    Event,
    Failed,
    Job,
    MakeClip,
    Partial,
    Progress,
    Ready,
    ResynthesizeFile,
    Started,
    WorkerLost,
)
from fstmuse_core.workers.tasks import sound

JUDGES = tuple(str(shipped_models_folder() / name) for name in ("fst-muse", "toy-model"))


class Events:
    """Events in the order they came."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Event] = queue.Queue()
        self.put = self._queue.put

    def until(self, *kinds: type, job: int | None = None) -> list[Any]:
        """All events up to the first of one of ``kinds`` (of ``job``)."""
        seen: list[Any] = []
        while True:
            event = self._queue.get(timeout=240)
            seen.append(event)
            if isinstance(event, kinds) and (job is None or getattr(event, "job", None) == job):
                return seen


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def worker(events: Events, tiny: Path) -> Iterator[WorkerClient]:
    worker = WorkerClient(events.put, warm_model=str(tiny), serve=sound.serve)
    worker.start()
    yield worker
    worker.stop()
    assert worker.pid is None


def test_picture_sound_and_opinions_in_this_order(
    worker: WorkerClient, events: Events, tiny: Path, generator: ClipGenerator
) -> None:
    request = MakeClip(str(tiny), "Rock", 4.0, 7, ("Jazz", 0.3), (*JUDGES, "no such model"))
    job = worker.submit(request)

    seen = events.until(Done, Failed)

    kinds = [type(event) for event in seen if not isinstance(event, Progress)]
    assert kinds == [Ready, Started, Partial, Partial, Partial, Done]
    recipe, image, clip = (event.payload for event in seen if isinstance(event, Partial))
    assert isinstance(image, SpectrogramImage)
    assert image.levels.shape == (173, 128)
    assert 100 < image.levels.max() < 256
    assert isinstance(clip, GeneratedClip)
    same = generator.generate("Rock", 4.0, 7, Blend("Jazz", 0.3))
    np.testing.assert_array_equal(clip.samples, same.samples)
    assert clip.recipe == recipe == same.recipe
    done = seen[-1]
    assert done.job == job
    assert [len(opinion.genres) for opinion in done.payload] == [7, 3]
    fractions = [event.fraction for event in seen if isinstance(event, Progress)]
    assert fractions == sorted(fractions)


def test_cancelling_what_runs_and_what_waits(
    worker: WorkerClient, events: Events, tiny: Path
) -> None:
    first = worker.submit(MakeClip(str(tiny), "Rock", 120.0, 1))
    second = worker.submit(MakeClip(str(tiny), "Rock", 120.0, 2))
    third = worker.submit(MakeClip(str(tiny), "Rock", 1.0, 3))
    events.until(Partial, job=first)
    worker.cancel(second)
    worker.cancel(first)

    seen = events.until(Done)

    assert {event.job for event in seen if isinstance(event, Cancelled)} == {first, second}
    assert seen[-1].job == third


def test_failures_are_sentences(worker: WorkerClient, events: Events, tiny: Path) -> None:
    refused: list[tuple[Job, str]] = [
        (MakeClip(str(tiny), "polka", 3.0, 1), "it knows Rock, Jazz, Hip-Hop"),
        (MakeClip("no-gan", "Rock", 3.0, 1), "there is no model by that name"),
        (MakeClip(JUDGES[0], "Rock", 3.0, 1), "it is a classifier"),
        (MakeClip(str(tiny), "Rock", 0.0, 1), "1 to 600 s can"),
        (ResynthesizeFile("/no/song.mp3"), "there is no such file"),
    ]
    for request, words in refused:
        worker.submit(request)
        failed = events.until(Failed, Done)[-1]
        assert isinstance(failed, Failed)
        assert words in failed.sentence
        assert "\n" not in failed.sentence


def test_what_a_model_hears(worker: WorkerClient, events: Events, music_file: Path) -> None:
    worker.submit(ResynthesizeFile(str(music_file)))
    whole = events.until(Done, Failed)[-1]
    worker.submit(ResynthesizeFile(str(music_file), "Rock", JUDGES[1]))
    part = events.until(Done, Failed)[-1]
    np.testing.assert_array_equal(whole.payload.samples, resynthesize_file(music_file).samples)
    assert 0 < part.payload.mel.sum() < whole.payload.mel.sum()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_process_is_replaced(worker: WorkerClient, events: Events, tiny: Path) -> None:
    worker.submit(MakeClip(str(tiny), "Rock", 60.0, 1))
    events.until(Partial)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    seen = events.until(Done, Failed)
    assert any(isinstance(event, WorkerLost) for event in seen)
    assert isinstance(seen[-1], Done)
