"""Kills a process that writes tags, many times, and looks at every file after each.

    python -m tests.tags.kill_writer MUSIC JOURNAL ROUNDS SEED

It loads the libraries once and forks, so that a round takes a fraction of a second. What it
prints is how many kills came before, amid and after the writing, and during an undo.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fstmuse_core.tags.batch import apply, list_batches, recover, undo
from fstmuse_core.tags.plan import FileGenres, Mode, Policy, plan_changes

Files = dict[str, tuple[bytes, int]]


Tell = Callable[[object], None]


def in_a_fork(work: Callable[[Tell], object]) -> float:
    """Run ``work`` in a child to its end; how long it took in seconds."""
    started = time.perf_counter()
    child, told = forked(work)
    assert os.waitpid(child, 0)[1] == 0, "the writer failed"
    os.close(told)
    return time.perf_counter() - started


def killed_after(files: int, seconds: float, work: Callable[[Tell], object]) -> None:
    """Run ``work`` in a child, and kill it when it has told of so many files, and a moment on."""
    child, told = forked(work)
    with open(told, "rb", closefd=False) as stream:
        stream.read(files)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(told)


def forked(work: Callable[[Tell], object]) -> tuple[int, int]:
    """A child at work, and where it tells of each file."""
    told, tell = os.pipe()

    def mark(_: object) -> None:
        os.write(tell, b".")

    child = os.fork()
    if not child:
        code = 1
        try:
            work(mark)
            code = 0
        finally:
            os._exit(code)
    os.close(tell)
    return child, told


def contents(folder: Path) -> Files:
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}


class Rounds:
    def __init__(self, music: Path, journal: Path, seed: int) -> None:
        self.music, self.journal = music, journal
        self.chance = random.Random(seed)
        self.old = contents(music)
        self.seen: Counter[str] = Counter()
        self.write(lambda _: None)  # in this process, so that no child has to load the libraries
        undo(list_batches(journal)[0].id, folder=journal)
        self.check_restored()
        self.one_s = in_a_fork(self.write) / len(self.old)
        self.new = contents(music)
        assert all(self.new[name] != old for name, old in self.old.items())
        (batch,) = list_batches(journal)
        self.one_undo_s = in_a_fork(partial(self.undo, batch.id)) / len(self.old)
        self.check_restored()

    def write(self, tell: Tell) -> None:
        heard = [FileGenres(p, {"Rock": 0.8}, True, "m") for p in sorted(self.music.iterdir())]
        plan = plan_changes(heard, Policy(Mode.REPLACE))
        apply(plan, on_outcome=tell, folder=self.journal)

    def undo(self, batch: str, tell: Tell) -> None:
        undo(batch, on_outcome=tell, folder=self.journal)

    def kill(self, work: Callable[[Tell], object], files: int, one_s: float) -> None:
        """Kill ``work`` somewhere from its start to its end; a file takes it ``one_s`` seconds."""
        killed_after(self.chance.randrange(files), self.chance.uniform(0, 1.5 * one_s), work)

    def run(self) -> None:
        """One kill in the middle of writing, and often another in the middle of the undo."""
        self.kill(self.write, len(self.old), self.one_s)
        changed = self.check_each_old_or_new()
        share = "none" if not changed else "all" if changed == len(self.old) else "some"
        self.seen[share] += 1
        for batch in list_batches(self.journal):
            if changed and self.chance.random() < 0.7:
                self.kill(partial(self.undo, batch.id), changed, self.one_undo_s)
                left = self.check_each_old_or_new()
                self.seen["undo"] += 0 < left < changed
            recover(self.journal)
            assert contents(self.music).keys() == self.old.keys(), "an unfinished copy is left"
            undo(batch.id, folder=self.journal)
        recover(self.journal)
        self.check_restored()

    def check_each_old_or_new(self) -> int:
        """How many files are new; every one must be the one or the other, whole."""
        now = contents(self.music)
        for name, old in self.old.items():
            # When a new one was made is different each time.
            is_new = now[name][0] == self.new[name][0]
            assert is_new or now[name] == old, f"{name} is neither old nor new"
        return sum(now[name][0] == new[0] for name, new in self.new.items())

    def check_restored(self) -> None:
        assert contents(self.music) == self.old, "the undo did not give the old files back"
        shutil.rmtree(self.journal, ignore_errors=True)


def main() -> None:
    music, journal = map(Path, sys.argv[1:3])
    # A kill loses nothing that was handed to the system; waiting for the disk only takes time.
    os.fsync = lambda _: None  # type: ignore[assignment]
    rounds, wanted = Rounds(music, journal, int(sys.argv[4])), int(sys.argv[3])
    for done in range(3 * wanted):
        # On a busy machine more kills than usual miss the middle.
        if done >= wanted and rounds.seen["some"] >= wanted // 5 and rounds.seen["undo"]:
            break
        rounds.run()
    print(json.dumps(rounds.seen))


if __name__ == "__main__":
    main()
