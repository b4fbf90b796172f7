"""Kills one scenario at one change to its files after another, and checks it each time.

    main() with SCENARIO FOLDER EVERY as arguments, and LD_PRELOAD=kill_points.so

EVERY is the distance between two kills in changes; 1 tries every moment. It loads the
libraries once and forks, so that a round takes a fraction of a second. What it prints is how
many changes there are, how many kills there were, and how far the scenario had come at them.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.attacks.kill_scenarios import SCENARIOS, Scenario
from tests.attacks.kill_written import WRITTEN

_MOST = 5_000


def main() -> None:
    name, top, every = sys.argv[1], Path(sys.argv[2]).resolve(), int(sys.argv[3])
    rounds = Rounds(name, top)
    reached: Counter[str] = Counter()
    kills = 0
    # Offsets that differ from scenario to scenario, so that not only even changes are tried.
    for change in range(sum(map(ord, name)) % every, _MOST, every):
        torn = change % (2 * every) < every
        if not rounds.is_killed_at(change, torn):
            break
        reached[rounds.check(f"killed at change {change}{' (torn)' if torn else ''}")] += 1
        kills += 1
    print(json.dumps({"changes": rounds.count, "kills": kills, "reached": reached}))


class Rounds:
    """Gives every round the same folder in the same state."""

    def __init__(self, name: str, top: Path) -> None:
        self._kind = {**SCENARIOS, **WRITTEN}[name]
        self._work, self._kept = top / "work", top / "kept"
        self._points = ctypes.CDLL(None)
        self._work.mkdir(parents=True)
        os.environ["XDG_DATA_HOME"] = str(self._work / "data")
        self._forked(lambda scenario: scenario.prepare())
        self._work.rename(self._kept)
        self.count = self._changes()
        self.check("not killed")

    def _changes(self) -> int:
        """Changes that the scenario makes when it is let through."""
        self._renew()
        told, tell = os.pipe()

        def count(scenario: Scenario) -> None:
            self._points.kill_points_arm(os.fsencode(self._work), -1, 0)
            scenario.act()
            os.write(tell, str(self._points.kill_points_seen()).encode())

        self._forked(count)
        return int(os.read(told, 20))

    def is_killed_at(self, change: int, torn: bool) -> bool:
        """Run the scenario and kill it; ``False`` if it makes fewer changes."""
        self._renew()

        def act(scenario: Scenario) -> None:
            self._points.kill_points_arm(os.fsencode(self._work), change, int(torn))
            scenario.act()

        return self._forked(act) == -signal.SIGKILL

    def check(self, when: str) -> str:
        """Check what is left in a fresh process; how far the scenario had come."""
        told, tell = os.pipe()
        code = self._forked(lambda scenario: os.write(tell, scenario.check().encode()))
        os.close(tell)
        with open(told, "rb") as stream:
            reached = stream.read().decode()
        if code:
            sys.exit(f"{self._kind.name}, {when}: see above")
        return reached

    def _renew(self) -> None:
        shutil.rmtree(self._work, ignore_errors=True)
        if self._kind.needs_same_files:
            self._work.mkdir()
            self._forked(lambda scenario: scenario.prepare())
            return
        # Hard links stay what they are.
        if os.spawnlp(os.P_WAIT, "cp", "cp", "-a", str(self._kept), str(self._work)):
            sys.exit("the prepared folder could not be copied")

    def _forked(self, work: Callable[[Scenario], object]) -> int:
        """Run ``work`` in a child; its exit code, negative for a signal."""
        child = os.fork()
        if not child:
            code = 1
            try:
                work(self._kind(self._work))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code not in (0, -signal.SIGKILL) and not self._kept.exists():
            sys.exit(f"{self._kind.name} could not be prepared")
        return code
