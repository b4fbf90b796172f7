"""Other names of a file: a kill at any step splits them at most until the undo."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.tags.batch import apply, list_batches, recover, undo
from fstmuse_core.tags.journal import Journal
from fstmuse_core.tags.outcome import Fate
from tests.tags.conftest import everything, plan

Take = Callable[..., Path]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it forks")
MOST_STEPS = 60


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Run ``work`` in a child that ends right before its ``step``-th change on the disk."""
    child = os.fork()
    if not child:
        try:
            _die_at(step)
            work()
        except BaseException:
            os._exit(2)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9), "the child failed"
    return code == 9


def _die_at(step: int) -> None:
    left = step

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(9)
            return real(*arguments, **options)

        return call

    # All that a process changes on the disk goes through one of these.
    changes: list[tuple[object, str]] = [
        *((os, name) for name in ("link", "fsync", "replace", "utime")),
        *((Path, name) for name in ("replace", "unlink")),
        (Journal, "append"),
    ]
    for owner, name in changes:
        setattr(owner, name, counted(getattr(owner, name)))


@pytest.fixture
def named(take: Take, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A file, another name that is given too, and one elsewhere that is not."""
    path = take("bare.mp3", "first.mp3")
    given, outside = path.with_name("given.mp3"), tmp_path / "elsewhere.mp3"
    os.link(path, given)
    os.link(path, outside)
    return path, given, outside


def test_undo_makes_all_names_one_file_again_wherever_it_was_killed(
    named: tuple[Path, Path, Path], journal: Path
) -> None:
    path, given, outside = named
    old, time_ns = path.read_bytes(), path.stat().st_mtime_ns
    before = everything(path.parent)
    kills = 0
    for step in range(MOST_STEPS):
        was_killed = killed_at(step, lambda: apply(plan([path, given]), folder=journal))
        kills += was_killed
        assert outside.read_bytes() == old
        recover(journal)
        # What a kill split is one file again, old or new, before anything is undone.
        assert path.samefile(given)
        assert set(path.parent.iterdir()) == set(before)
        for batch in list_batches(journal):
            undo(batch.id, folder=journal)
        check_one(named, old, time_ns)
        if not was_killed:
            break
    assert not was_killed
    assert kills >= 8


def test_an_undo_that_is_killed_is_finished_by_the_next(
    named: tuple[Path, Path, Path], journal: Path
) -> None:
    path, given, _ = named
    old, time_ns = path.read_bytes(), path.stat().st_mtime_ns
    kills = 0
    for step in range(MOST_STEPS):
        batch = apply(plan([path, given]), folder=journal)
        assert path.samefile(given)
        was_killed = killed_at(step, partial(undo, batch.id, folder=journal))
        kills += was_killed
        for outcome in undo(batch.id, folder=journal).outcomes:
            assert outcome.fate is Fate.UNDONE, outcome.why
        check_one(named, old, time_ns)
        if not was_killed:
            break
    assert not was_killed
    assert kills >= 5


def check_one(named: tuple[Path, Path, Path], old: bytes, time_ns: int) -> None:
    path, *others = named
    assert path.read_bytes() == old
    assert path.stat().st_mtime_ns == time_ns
    for other in others:
        assert path.samefile(other), other.name


def test_a_name_that_is_another_file_by_now_is_left(
    named: tuple[Path, Path, Path], journal: Path
) -> None:
    path, given, outside = named
    batch = apply(plan([path, given]), folder=journal)
    given.unlink()
    given.write_bytes(b"something else")
    outside.unlink()
    undo(batch.id, folder=journal)
    assert given.read_bytes() == b"something else"
    assert not list(journal.glob("*.old"))


def test_a_name_that_was_written_to_is_not_brought_back(
    named: tuple[Path, Path, Path], journal: Path
) -> None:
    path, given, outside = named
    old = path.read_bytes()
    batch = apply(plan([path, given]), folder=journal)
    with outside.open("ab") as stream:
        stream.write(b"more")
    undo(batch.id, folder=journal)
    assert path.read_bytes() == old
    assert outside.read_bytes() == old + b"more"
    assert path.samefile(given)
