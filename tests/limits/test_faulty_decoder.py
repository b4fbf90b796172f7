"""A decoder that crashes, hangs or takes all memory costs its file, and nothing else."""

from __future__ import annotations

import multiprocessing
import queue
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import soundfile

from fstmuse_core.bundle.bundle import shipped_models_folder
from fstmuse_core.system.pool import Broken, ProcessPool, run_in_pool
from fstmuse_core.system.process_limits import Limits
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.protocol import Cancelled, ClassifyFile, Done, Event, Failed, Started
from tests.limits import faulty_child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of signals")
MODEL = str(shipped_models_folder() / "fst-muse")
PATIENCE_S = 120
STRICT = Limits(cpu_s=3, idle_s=3)


@pytest.mark.parametrize("processes", [1, 3])
@pytest.mark.parametrize("fault", ["crash", "abort"])
def test_crashes_in_a_row_cost_their_files_only(fault: str, processes: int) -> None:
    names = ["a", f"{fault}1", f"{fault}2", "b", "c", f"{fault}3", "d", f"{fault}4"]

    found = [
        (f.index, f.result) for f in run_in_pool(faulty_child.work, names, processes=processes)
    ]

    assert sorted(index for index, _ in found) == list(range(len(names)))
    for index, result in found:
        if names[index].startswith(fault):
            assert isinstance(result, Broken)
            assert "crashed (SIG" in result.reason
        else:
            assert result == names[index]


def test_a_pool_in_which_every_file_crashes_comes_to_an_end() -> None:
    names = [f"crash{n}" for n in range(6)]

    found = list(run_in_pool(faulty_child.work, names, processes=2))

    assert sorted(f.index for f in found) == list(range(6))
    assert all(isinstance(f.result, Broken) for f in found)


@pytest.mark.parametrize("fault", ["hang", "stop", "spin"])
def test_a_process_that_hangs_is_replaced(fault: str) -> None:
    names = ["a", fault, "b", fault, "c"]

    found = {
        f.index: f.result for f in run_in_pool(faulty_child.work, names, processes=1, limits=STRICT)
    }

    assert [found[0], found[2], found[4]] == ["a", "b", "c"]
    for index in (1, 3):
        result = found[index]
        assert isinstance(result, Broken)
        assert "given up; convert the file" in result.reason


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the memory is really taken")
def test_a_file_that_takes_all_memory_is_one_line() -> None:
    names = ["a", "eat", "b"]
    limits = Limits(memory_bytes=2**30)

    found = {
        f.index: f.result for f in run_in_pool(faulty_child.work, names, processes=1, limits=limits)
    }

    assert found.pop(1) == Broken(
        "it takes more than the 1 GiB of memory a file may take; convert the file, or get it again"
    )
    assert found == {0: "a", 2: "b"}


def test_a_process_that_is_killed_while_it_waits_costs_nothing() -> None:
    with ProcessPool(faulty_child.work, 1) as pool:
        results: list[Any] = []
        for index, name in enumerate("ab"):
            pool.give(index, name)
            while pool.is_busy:
                results += [finished.result for finished in pool.collect(0.1)]
            (child,) = multiprocessing.active_children()
            child.kill()
            child.join()

    assert results == ["a", "b"]


class Events:
    """Events of a worker, as they come."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Event] = queue.Queue()
        self.put = self._queue.put

    def until(self, kind: type, job: int) -> Any:
        while True:
            event = self._queue.get(timeout=PATIENCE_S)
            if isinstance(event, kind) and getattr(event, "job", None) == job:
                return event


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def worker(events: Events) -> Iterator[WorkerClient]:
    worker = WorkerClient(
        events.put, serve=faulty_child.serve_with_broken_decoder, limits=Limits(cpu_s=30, idle_s=5)
    )
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def song(tmp_path: Path, music: Any) -> str:
    path = tmp_path / "song.wav"
    soundfile.write(path, music, 22_050)
    return str(path)


@pytest.mark.parametrize("fault", ["hang", "stop", "spin"])
def test_cancel_ends_a_process_that_hangs(
    fault: str, worker: WorkerClient, events: Events, song: str
) -> None:
    hung = worker.submit(ClassifyFile(f"{fault}.wav", MODEL))
    next_one = worker.submit(ClassifyFile(song, MODEL))
    events.until(Started, hung)
    assert worker.pid
    process = psutil.Process(worker.pid)

    worker.cancel(hung)

    events.until(Cancelled, hung)
    assert not process.is_running()
    events.until(Done, next_one)


def test_the_window_s_worker_fails_what_hangs_and_goes_on(
    worker: WorkerClient, events: Events, song: str
) -> None:
    hung = worker.submit(ClassifyFile("hang.wav", MODEL))
    next_one = worker.submit(ClassifyFile(song, MODEL))

    assert "did not go on" in events.until(Failed, hung).sentence
    events.until(Done, next_one)


def test_the_window_s_worker_fails_what_crashes_and_goes_on(
    worker: WorkerClient, events: Events, song: str
) -> None:
    first = worker.submit(ClassifyFile("crash.wav", MODEL))
    second = worker.submit(ClassifyFile("abort.wav", MODEL))
    next_one = worker.submit(ClassifyFile(song, MODEL))

    events.until(Failed, first)
    events.until(Failed, second)
    events.until(Done, next_one)
