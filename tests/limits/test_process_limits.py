"""A child process is held to its limits, and never outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from fstmuse_core.system.child_process import end_child, end_children, start_child
from fstmuse_core.system.process_limits import Heartbeat, Limits, Watchdog, ended_by
from tests.limits import faulty_child

LIMITS = Limits(cpu_s=10, cpu_per_s=1, idle_s=5, silent_s=20)
PATIENCE_S = 60


class FakeProcess:
    """A process whose processor time and memory a test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.user = self.system = 0.0
        self.rss = 0

    def cpu_times(self) -> FakeProcess:
        return self

    def memory_info(self) -> FakeProcess:
        return self


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> FakeProcess:
    child = FakeProcess()
    monkeypatch.setattr(psutil, "Process", lambda pid: child)
    return child


def run_for(child: FakeProcess, dog: Watchdog, seconds: float, *, cpu: float) -> str | None:
    """Let ``seconds`` pass, of which the child works the share ``cpu``."""
    for _ in range(round(seconds / 0.25)):
        child.now += 0.25
        child.user += 0.25 * cpu
        if why := dog.overdue():
            return why
    return None


def test_a_child_that_neither_works_nor_speaks_is_given_up(child: FakeProcess) -> None:
    dog = Watchdog(1, LIMITS, clock=lambda: child.now)

    assert run_for(child, dog, 4.5, cpu=0.0) is None
    assert "did not go on for 5 s" in (run_for(child, dog, 2, cpu=0.0) or "")


def test_processor_time_may_grow_with_the_sound(child: FakeProcess) -> None:
    dog = Watchdog(1, LIMITS, clock=lambda: child.now)

    for _ in range(10):
        assert run_for(child, dog, 5, cpu=0.9) is None
        dog.beat(Heartbeat(5.0))
    assert "gave only 50 s of sound" in (run_for(child, dog, 19, cpu=1.0) or "")


def test_heartbeats_keep_a_slow_read_alive(child: FakeProcess) -> None:
    dog = Watchdog(1, LIMITS, clock=lambda: child.now)

    for _ in range(20):
        assert run_for(child, dog, 4, cpu=0.0) is None
        dog.beat(Heartbeat(0.0))


def test_a_child_on_a_busy_computer_is_not_idle(child: FakeProcess) -> None:
    dog = Watchdog(1, LIMITS, clock=lambda: child.now)

    assert run_for(child, dog, 19, cpu=0.15) is None
    assert "did not go on" in (run_for(child, dog, 2, cpu=0.15) or "")


def test_threads_that_ask_for_python_s_lock_are_no_work(child: FakeProcess) -> None:
    dog = Watchdog(1, LIMITS, clock=lambda: child.now)

    # A hundredth of a second each time: as much as the system counts at once.
    assert "did not go on for 5 s" in (run_for(child, dog, 6, cpu=0.01 / 0.25) or "")


def test_a_computer_that_slept_costs_no_file(child: FakeProcess) -> None:
    dog = Watchdog(1, LIMITS, clock=lambda: child.now)

    child.now += 8 * 3600
    assert dog.overdue() is None


def test_each_item_is_counted_anew(child: FakeProcess) -> None:
    dog = Watchdog(1, LIMITS, clock=lambda: child.now)

    for _ in range(5):
        assert run_for(child, dog, 8, cpu=1.0) is None
        dog.begin()


def test_resident_memory_is_watched_too(child: FakeProcess) -> None:
    dog = Watchdog(1, LIMITS, clock=lambda: child.now)
    child.rss = 3 * 2**30

    assert "more than the 2 GiB of memory" in (run_for(child, dog, 1, cpu=1.0) or "")


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE"])
def test_a_crash_is_named(name: str) -> None:
    assert name in ended_by(-getattr(signal, name))
    assert "\n" not in ended_by(-getattr(signal, name))


@pytest.fixture
def stopped() -> Iterator[list[Any]]:
    """Three children that are stopped, so that they heed no request."""
    children = [start_child(faulty_child.say_and_wait) for _ in range(3)]
    for process, connection in children:
        assert connection.poll(PATIENCE_S)
        assert process.pid
        os.kill(process.pid, signal.SIGSTOP)
    yield [process for process, _ in children]
    for process, connection in children:
        end_child(process)
        connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be stopped there")
def test_children_that_are_stopped_are_ended_all_the_same(stopped: list[Any]) -> None:
    end_children(stopped)

    assert [process.is_alive() for process in stopped] == [False] * 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the parent watches the memory")
def test_memory_beyond_the_limit_is_refused_to_a_child() -> None:
    process, connection = start_child(faulty_child.take_a_gibibyte, memory_bytes=2**29)
    try:
        assert connection.poll(PATIENCE_S)
        assert connection.recv() == "MemoryError"
    finally:
        end_child(process)
        connection.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread of the child sees to it")
@pytest.mark.parametrize("how", ["hold_the_interpreter", "say_and_wait", "stopped"])
def test_no_child_outlives_a_parent_that_is_killed(how: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.limits.faulty_child", how], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()

    child.wait(PATIENCE_S)  # raises if it lives on
