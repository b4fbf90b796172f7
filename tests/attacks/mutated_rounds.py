"""Reads damaged files, each in a process of its own, and counts what became of them.

    python -m tests.attacks.mutated_rounds KIND FOLDER COUNT SEED

A reader may read a damaged file or refuse it with an error of the program's own, in one line.
Anything else (another exception, a crash, more than ``MOST_MEMORY`` or ``MOST_SECONDS`` of
processor time) is a failure: the file is kept in FOLDER and named.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import traceback
from collections import Counter
from pathlib import Path

from fstmuse_core.system.errors import FstMuseError
from tests.attacks.mutated_kinds import KINDS, Kind
from tests.attacks.mutations import mutate

MOST_MEMORY = 500 * 2**20
MOST_SECONDS = 20
_READ, _REFUSED, _FAILED = 0, 3, 4


def main() -> None:
    kind, folder = KINDS[sys.argv[1]](), Path(sys.argv[2])
    count, seed = int(sys.argv[3]), int(sys.argv[4])
    folder.mkdir(parents=True, exist_ok=True)
    sources = kind.build(folder / "sound")
    seen: Counter[str] = Counter()
    failures = []
    for number in range(count):
        source = sources[number % len(sources)]
        chance = random.Random(f"{kind.name} {seed} {number}")
        path = folder / f"{number}--{source.name}"
        path.write_bytes(mutate(source.read_bytes(), chance))
        fate = fate_of(kind, path)
        seen[fate] += 1
        if fate in ("read", "refused"):
            path.unlink(missing_ok=True)
        else:
            failures.append(f"{path.name}: {fate}")
    print(json.dumps({"seen": seen, "failures": failures}))


def fate_of(kind: Kind, path: Path) -> str:
    """What becomes of a damaged file when it is read."""
    child = os.fork()
    if not child:
        _read(kind, path)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"ended by signal {-code}"
    # Linux counts in KiB; what this process had at the fork counts too.
    if usage.ru_maxrss * 1024 > MOST_MEMORY:
        return f"took {usage.ru_maxrss // 1024} MiB"
    return {_READ: "read", _REFUSED: "refused"}.get(code, f"exit code {code}")


def _read(kind: Kind, path: Path) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    # Libraries' own words about a damaged file are none of ours.
    quiet = os.open(os.devnull, os.O_WRONLY)
    loud = os.dup(2)
    os.dup2(quiet, 2)
    code = _FAILED
    try:
        kind.read(path)
        code = _READ
    except FstMuseError as error:
        code = _REFUSED if "\n" not in str(error) else _FAILED
    except BaseException:
        os.dup2(loud, 2)
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
