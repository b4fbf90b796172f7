"""What the library's work in other processes tells the window."""

from __future__ import annotations

from dataclasses import dataclass

from fstmuse_core.library.update import ScanReport


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """So many sound files were found so far."""

    n_found: int


@dataclass(frozen=True, slots=True)
class ScanDone:
    """The library is up to date, unless the scan was cancelled."""

    report: ScanReport


@dataclass(frozen=True, slots=True)
class ScanFailed:
    """The scan could not be done."""

    error: str


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """How far the work is.

    Attributes
    ----------
    done, failed : int
        Files dealt with since it began.
    total : int
        Those and the ones that still wait.
    per_second : float
        Files a second of late; 0 while that is not known.
    left_s : float or None
        Seconds until all is done at that rate.
    changed : tuple of int
        Files of which there is something new since the last event.
    working : tuple of int
        Files that are being heard.
    paused : bool
    """

    done: int
    failed: int
    total: int
    per_second: float
    left_s: float | None
    changed: tuple[int, ...]
    working: tuple[int, ...]
    paused: bool


@dataclass(frozen=True, slots=True)
class WorkDone:
    """No file waits any more."""

    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class WorkCancelled:
    """The work was given up; what waits goes on waiting."""

    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class WorkFailed:
    """The work cannot go on; what waits goes on waiting."""

    error: str


ScanEvent = ScanProgress | ScanDone | ScanFailed
WorkEvent = WorkProgress | WorkDone | WorkCancelled | WorkFailed
