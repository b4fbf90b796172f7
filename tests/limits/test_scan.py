"""A scan that hangs, dies or takes all memory is one line, and Cancel ends it at once."""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from fstmuse_core.library.database import open_library
from fstmuse_core.system.process_limits import Limits
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.protocol import Cancelled, Done, Event, Failed, ScanFolders, Started
from tests.limits import faulty_child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of signals")
PATIENCE_S = 120
STRICT = Limits(cpu_s=20, idle_s=8, work="looking through the folders", remedy="try again")
Begin = Callable[..., tuple[WorkerClient, int]]


@pytest.fixture
def events() -> queue.Queue[Event]:
    return queue.Queue()


@pytest.fixture
def begin(events: queue.Queue[Event], tmp_path: Path) -> Iterator[Begin]:
    """Begin a scan of a folder of this name."""
    begun: list[WorkerClient] = []

    def scan(name: str, limits: Limits = STRICT) -> tuple[WorkerClient, int]:
        (tmp_path / name).mkdir()
        with open_library(tmp_path / "library.db") as library:
            library.add_folder(tmp_path / name)
        serve = partial(
            faulty_child.serve_with_broken_folders, library_file=str(tmp_path / "library.db")
        )
        begun.append(WorkerClient(events.put, serve=serve, limits=limits))
        begun[-1].start()
        return begun[-1], begun[-1].submit(ScanFolders())

    yield scan
    for worker in begun:
        worker.stop()


def until(events: queue.Queue[Event], *kinds: type) -> Any:
    while not isinstance(event := events.get(timeout=PATIENCE_S), kinds):
        pass
    return event


@pytest.mark.parametrize("fault", ["hang", "stop", "spin"])
def test_a_scan_that_hangs_is_given_up(
    fault: str, begin: Begin, events: queue.Queue[Event]
) -> None:
    begin(fault)

    ended = until(events, Done, Failed, Cancelled)

    assert isinstance(ended, Failed)
    assert ended.is_lost
    assert ended.sentence.endswith("given up; try again")
    assert "\n" not in ended.sentence


@pytest.mark.parametrize("fault", ["crash", "abort"])
def test_a_scan_that_crashes_is_told_once(
    fault: str, begin: Begin, events: queue.Queue[Event]
) -> None:
    _, job = begin(fault)

    ended = until(events, Done, Failed, Cancelled)

    assert ended == Failed(job, "the process that was to do it has ended; try again", is_lost=True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the memory is really taken")
def test_a_scan_that_takes_all_memory_is_one_line(begin: Begin, events: queue.Queue[Event]) -> None:
    begin("eat", Limits())

    ended = until(events, Done, Failed, Cancelled)

    assert isinstance(ended, Failed)
    assert "2 GiB of memory" in ended.sentence


@pytest.mark.parametrize("fault", ["hang", "stop", "spin"])
def test_cancel_ends_a_scan_that_hangs(
    fault: str, begin: Begin, events: queue.Queue[Event], tmp_path: Path
) -> None:
    worker, job = begin(fault, Limits())
    until(events, Started)
    deadline = time.monotonic() + PATIENCE_S
    while faulty_child.looked_at(tmp_path / "library.db") != fault:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert worker.pid
    hung = psutil.Process(worker.pid)

    worker.cancel(job)

    assert until(events, Done, Failed, Cancelled) == Cancelled(job)
    assert not hung.is_running()
