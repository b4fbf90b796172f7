"""The pool of processes outlives what it works on."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.pool import Broken, ProcessPool, run_in_pool
from tests.datasets import pool_work


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def test_every_item_is_worked_on_once() -> None:
    done = {f.index: f.result for f in run_in_pool(pool_work.double, range(20), processes=2)}

    assert done == {n: 2 * n for n in range(20)}


def test_a_script_needs_no_guard_around_its_main_part(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from fstmuse_core.system.pool import run_in_pool\n"
        "print('begun', flush=True)\n"
        "done = run_in_pool(len, ['a', 'bc', 'def'], processes=2)\n"
        "print(sorted(each.result for each in done), __file__ == __import__('sys').argv[0])\n"
    )

    done = subprocess.run([sys.executable, script], capture_output=True, text=True)

    assert done.stdout.splitlines() == ["begun", "[1, 2, 3] True"], done.stderr


def test_no_items_need_no_process() -> None:
    assert list(run_in_pool(pool_work.double, [])) == []


def test_a_crash_costs_its_item_only() -> None:
    done = {f.index: f.result for f in run_in_pool(pool_work.break_on_three, range(8), processes=2)}

    assert done.pop(3) == Broken("the process that read it broke down (exit code 11)")
    assert done == {n: n for n in range(8) if n != 3}


def test_what_was_done_before_a_crash_counts_also_if_it_is_heard_of_later() -> None:
    with ProcessPool(pool_work.break_on_three, 1) as pool:
        pool.give(0, 2)
        pool.give(1, 3)
        (process,) = multiprocessing.active_children()
        process.join()
        done: dict[int, int | Broken] = {}
        while pool.is_busy:
            done |= {finished.index: finished.result for finished in pool.collect(0.1)}

    assert done[0] == 2
    assert isinstance(done[1], Broken)


def test_an_exception_costs_its_item_only() -> None:
    done = {f.index: f.result for f in run_in_pool(pool_work.raise_on_three, range(6), processes=1)}

    assert done.pop(3) == Broken("it could not be worked on (ValueError: not three)")
    assert done == {n: n for n in range(6) if n != 3}


def test_cancel_ends_processes_that_are_at_work() -> None:
    done: list[int] = []

    for finished in run_in_pool(
        pool_work.linger, range(4), processes=1, cancelled=lambda: bool(done)
    ):
        assert isinstance(finished.result, int)
        done.append(finished.result)

    assert len(done) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(done[0], 0)


def test_leaving_the_loop_ends_the_processes() -> None:
    results = run_in_pool(pool_work.double, range(100), processes=2)
    assert isinstance(results, Generator)
    next(results)
    assert len(multiprocessing.active_children()) == 2
    results.close()
    assert multiprocessing.active_children() == []


def test_processes_that_do_not_come_up_are_said() -> None:
    with pytest.raises(FstMuseError, match=r"none can be started \(exit code 7\)"):
        list(run_in_pool(pool_work.Unloadable(), range(3), processes=1))
