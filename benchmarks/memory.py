"""Memory of a process and all its children."""

from __future__ import annotations

import os
from pathlib import Path


def megabytes_of_tree(pid: int | None = None) -> float:
    """Proportional set size of a process and its descendants, in MiB (Linux).

    Pages shared between processes count once, divided among those who share them.
    """
    total_kib = 0
    waiting = [pid or os.getpid()]
    while waiting:
        process = waiting.pop()
        folder = Path(f"/proc/{process}")
        for line in (folder / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total_kib += int(line.split()[1])
        for task in (folder / "task").iterdir():
            waiting += [int(child) for child in (task / "children").read_text().split()]
    return total_kib / 1024
