"""A process that several share: kept while it is wanted, and each gets its own answer."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from fstmuse_core.system.errors import AudioError
from fstmuse_core.system.isolated import SharedWork
from fstmuse_core.system.process_limits import Limits
from tests.limits import faulty_child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of signals")


def test_one_process_serves_as_long_as_it_is_kept() -> None:
    shared = SharedWork(faulty_child.pid_of)

    with shared.kept():
        with shared.kept():
            first = shared.result("a")
        kept = shared.result("b")
    later = shared.result("c")

    assert kept == first != os.getpid()
    assert later not in (first, os.getpid())


def test_nothing_is_started_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("fstmuse_core.system.isolated.IsolatedWork", start)
    shared = SharedWork(faulty_child.pid_of)

    with shared.kept():
        assert isinstance(shared.result("a", lambda: True), AudioError)


def test_a_crash_costs_the_file_alone() -> None:
    shared = SharedWork(faulty_child.pid_of)

    with shared.kept():
        before, crash, after = (shared.result(path) for path in ("a", "crash", "b"))

    assert isinstance(crash, AudioError)
    assert "crashed (SIGSEGV)" in crash.reason
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert before != after


def test_a_file_that_hangs_can_be_given_up() -> None:
    shared = SharedWork(faulty_child.pid_of)
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    with shared.kept():
        given_up = shared.result("hang", cancelled)
        after = shared.result("b")

    assert isinstance(given_up, AudioError)
    assert isinstance(after, int)


def test_a_file_that_hangs_is_ended_in_time() -> None:
    shared = SharedWork(faulty_child.pid_of, limits=Limits(idle_s=1.0))

    ended = shared.result("hang")

    assert isinstance(ended, AudioError)
    assert "did not go on for" in ended.reason


def test_each_thread_gets_its_own_answer() -> None:
    shared = SharedWork(os.path.basename)
    names = [f"{number}" for number in range(40)]

    with shared.kept(), ThreadPoolExecutor(4) as pool:
        assert list(pool.map(shared.result, names)) == names
