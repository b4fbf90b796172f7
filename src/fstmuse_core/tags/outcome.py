"""Outcome of a batch, file by file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Fate(StrEnum):
    """Outcome of one file."""

    WRITTEN = "written"
    UNDONE = "undone"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One file's end: ``why`` tells of those skipped and failed, ``genres`` what it has now.

    ``links`` are other names of the very same file, which have changed with it.
    """

    path: Path
    fate: Fate
    why: str = ""
    genres: tuple[str, ...] = ()
    links: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was written or taken back.

    ``id`` is empty if there was nothing to write. ``trouble`` says why it ended early, if it
    did not because it was cancelled.
    """

    id: str
    outcomes: tuple[Outcome, ...] = ()
    trouble: str = ""

    def count(self, fate: Fate) -> int:
        """Number of files that ended so."""
        return sum(outcome.fate is fate for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """A line of the list of batches.

    Attributes
    ----------
    id : str
    at : str
        Time at which it began, ISO 8601, UTC.
    n_written : int
        Files it has changed; how many of them were taken back says ``n_undone``.
    was_cut_off : bool
        It was killed, or is still being written.
    """

    id: str
    at: str
    n_written: int
    n_undone: int
    was_cut_off: bool


OnOutcome = Callable[[Outcome], None]
