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
from pathlib import Path

from fstmuse_core.tags.batch import apply, list_batches, recover, undo
from fstmuse_core.tags.plan import Heard, Mode, Policy, plan_changes

Files = dict[str, tuple[bytes, int]]


def in_a_fork(work: Callable[[], object], kill_after_s: float | None = None) -> float:
    """Run ``work`` in a child, killed after a while if so asked; how long it took."""
    started = time.perf_counter()
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert kill_after_s is not None or status == 0, "the writer failed"
    return time.perf_counter() - started


def contents(folder: Path) -> Files:
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}


class Rounds:
    def __init__(self, music: Path, journal: Path, seed: int) -> None:
        self.music, self.journal = music, journal
        self.chance = random.Random(seed)
        self.old = contents(music)
        self.seen: Counter[str] = Counter()
        self.write()  # in this process, so that no child has to load the libraries
        undo(list_batches(journal)[0].id, folder=journal)
        self.check_restored()
        self.write_s = in_a_fork(self.write)
        self.new = contents(music)
        assert all(self.new[name] != old for name, old in self.old.items())
        (batch,) = list_batches(journal)
        self.undo_s = in_a_fork(lambda: undo(batch.id, folder=journal))
        self.check_restored()

    def write(self) -> None:
        heard = [Heard(p, {"Rock": 0.8}, True, "m") for p in sorted(self.music.iterdir())]
        apply(plan_changes(heard, Policy(Mode.REPLACE)), folder=self.journal)

    def run(self) -> None:
        """One kill in the middle of writing, and often another in the middle of the undo."""
        in_a_fork(self.write, self.chance.uniform(0, 1.1 * self.write_s))
        changed = self.check_each_old_or_new()
        share = "none" if not changed else "all" if changed == len(self.old) else "some"
        self.seen[share] += 1
        for batch in list_batches(self.journal):
            if self.chance.random() < 0.5:
                in_a_fork(
                    lambda b=batch: undo(b.id, folder=self.journal),  # type: ignore[misc]
                    self.chance.uniform(0, 1.1 * self.undo_s),
                )
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
            assert now[name] in (old, self.new[name]), f"{name} is neither old nor new"
        return sum(now[name] == new for name, new in self.new.items())

    def check_restored(self) -> None:
        assert contents(self.music) == self.old, "the undo did not give the old files back"
        shutil.rmtree(self.journal, ignore_errors=True)


def main() -> None:
    music, journal = map(Path, sys.argv[1:3])
    # A kill loses nothing that was handed to the system; waiting for the disk only takes time.
    os.fsync = lambda _: None  # type: ignore[assignment]
    rounds = Rounds(music, journal, int(sys.argv[4]))
    for _ in range(int(sys.argv[3])):
        rounds.run()
    print(json.dumps(rounds.seen))


if __name__ == "__main__":
    main()
