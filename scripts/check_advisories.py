"""Ask the OSV database, which pip-audit asks too, for known faults of what is installed.

Names and versions of the lock file are sent, nothing else. Where the service cannot be
reached, one line says so and nothing is held against anyone.

Usage: python scripts/check_advisories.py
"""

from __future__ import annotations

import json
import re
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parents[1] / "requirements" / "test.txt"
SERVICE = "https://api.osv.dev/v1/querybatch"
_PATIENCE_S = 10.0
_LARGEST_ANSWER = 16 * 2**20

Pin = tuple[str, str]


def pins() -> list[Pin]:
    """Names and versions in the lock file."""
    return re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)


def advisories(pinned: Iterable[Pin], service: str = SERVICE) -> dict[Pin, list[str]]:
    """Identifiers of what is known of each pin that something is known of.

    Raises ``OSError`` if the service cannot be reached and ``ValueError`` if its answer is
    not understood.
    """
    pinned = list(pinned)
    queries = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version}
        for name, version in pinned
    ]
    request = urllib.request.Request(
        service,
        json.dumps({"queries": queries}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as response:
        answer: Any = json.loads(response.read(_LARGEST_ANSWER))
    try:
        known = [[fault["id"] for fault in result.get("vulns", ())] for result in answer["results"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the answer is not of the form that was expected") from error
    if len(known) != len(pinned):
        raise ValueError(f"{len(known)} answers to {len(pinned)} questions")
    return {pin: faults for pin, faults in zip(pinned, known, strict=True) if faults}


def main(service: str = SERVICE) -> int:
    """Print a line for each pin with known faults; 1 if there are any."""
    pinned = pins()
    try:
        found = advisories(pinned, service)
    except (OSError, ValueError) as error:
        print(f"Skipped: the advisory service did not answer ({error}).")
        return 0
    for (name, version), faults in found.items():
        print(f"{name} {version}: {', '.join(faults)}")
    print(f"{len(pinned)} packages asked about, {len(found)} with known faults.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
