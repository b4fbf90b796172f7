"""The process that makes sound has limits of its own, which long work does not meet."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject

from fstmuse_core.inversion import invert_mel
from fstmuse_core.system.process_limits import SYNTHESIS, Heartbeat, heartbeat, send_heartbeats
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.protocol import Cancelled, Done, Event, Failed, ResynthesizeFile, Started
from fstmuse_gui.workers import bridge
from tests.gui.fakes import FakeWorker
from tests.limits import faulty_child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of signals")
STRICT = replace(SYNTHESIS, cpu_s=3, idle_s=3)
PATIENCE_S = 120


@pytest.fixture
def events() -> queue.Queue[Event]:
    return queue.Queue()


@pytest.fixture
def worker(events: queue.Queue[Event]) -> Iterator[WorkerClient]:
    worker = WorkerClient(events.put, serve=faulty_child.serve_with_broken_listening, limits=STRICT)
    worker.start()
    yield worker
    worker.stop()


def until(events: queue.Queue[Event], *kinds: type) -> Any:
    while not isinstance(event := events.get(timeout=PATIENCE_S), kinds):
        pass
    return event


def test_long_work_that_goes_on_is_let_be(worker: WorkerClient, events: queue.Queue[Event]) -> None:
    worker.submit(ResynthesizeFile("long"))

    ended = until(events, Done, Failed)

    assert isinstance(ended, Done), ended


@pytest.mark.parametrize("fault", ["hang", "spin"])
def test_work_that_makes_nothing_is_given_up(
    fault: str, worker: WorkerClient, events: queue.Queue[Event]
) -> None:
    worker.submit(ResynthesizeFile(fault))
    next_one = worker.submit(ResynthesizeFile("fine"))

    sentence = until(events, Done, Failed).sentence
    assert sentence.endswith("given up; try again, or with a shorter one")
    assert until(events, Done, Failed) == Done(next_one, "fine")


def test_cancel_ends_a_sound_that_hangs(worker: WorkerClient, events: queue.Queue[Event]) -> None:
    hung = worker.submit(ResynthesizeFile("hang"))
    until(events, Started)

    worker.cancel(hung)

    assert until(events, Done, Failed, Cancelled) == Cancelled(hung)


def test_each_iteration_counts_as_the_sound_it_goes_over() -> None:
    beats: list[Heartbeat] = []
    mel = np.ones((431, 128), dtype=np.float32)
    send_heartbeats(lambda _: None)
    for _ in range(2):
        heartbeat(20.0)  # the second is held back, and belongs to the work before
    send_heartbeats(beats.append)
    try:
        invert_mel(mel, iterations=3)
    finally:
        send_heartbeats(None)

    assert beats[0].sound_s == pytest.approx(10.0, abs=0.1)


def test_the_window_s_sounds_are_made_under_these_limits(
    monkeypatch: pytest.MonkeyPatch, qapp: object
) -> None:
    asked: dict[str, Any] = {}

    def make_worker(on_event: Any, **options: Any) -> FakeWorker:
        asked.update(options)
        return FakeWorker(on_event)

    monkeypatch.setattr("fstmuse_core.workers.client.WorkerClient", make_worker)
    bridge.sound_bridge(None, QObject()).close()

    assert asked["limits"] is SYNTHESIS
