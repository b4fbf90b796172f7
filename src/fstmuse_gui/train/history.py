"""Trainings on disk, read for the list and for looking at them once more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fstmuse_core import runs
from fstmuse_core.regular_files import read_regular
from fstmuse_gui.train.events import (
    Done,
    Ended,
    Epoch,
    Sample,
    Started,
    TrainEvent,
    is_progress,
    parse_event,
)
from fstmuse_gui.train.recipe import MODEL_KINDS
from fstmuse_gui.train.runs_list import RunRow

_MOST_EVENTS_BYTES = 256 * 2**20


@dataclass(frozen=True)
class PastRun:
    """A run of the list and where it lies."""

    row: RunRow
    folder: Path
    resumable: bool


def past_runs() -> list[PastRun]:
    """Every run of a model that this tab trains, the newest first."""
    found = [_past(summary) for summary in runs.list_runs() if summary.model in MODEL_KINDS]
    return sorted(found, key=lambda run: _begun_at(run.folder), reverse=True)


def _begun_at(folder: Path) -> float:
    try:
        return (folder / runs.RUN_FILE).stat().st_mtime
    except OSError:
        return 0.0


def _past(summary: runs.RunSummary) -> PastRun:
    epochs = f"{summary.epoch} of {summary.epochs} epochs"
    words = {
        "running": "Training now",
        "done": f"Done, {epochs}",
        "stopped": f"Stopped, {epochs}",
        "unfinished": f"Unfinished, {epochs}",
    }[summary.state.value]
    row = RunRow(summary.run, summary.out or summary.run, words, summary.state.value)
    return PastRun(row, Path(summary.folder), summary.resumable)


def past_events(folder: Path) -> list[TrainEvent]:
    """What a run has said so far, but for its progress; nothing if that cannot be read."""
    try:
        data = read_regular(folder / "events.jsonl", _MOST_EVENTS_BYTES)
    except OSError:
        return []
    lines = (line for line in data.decode("utf-8", "replace").split("\n") if not is_progress(line))
    return cleaned([e for e in map(parse_event, lines) if e is not None])


def cleaned(events: list[TrainEvent]) -> list[TrainEvent]:
    """One story out of several: what a later start took back or went on from is left out."""
    story: list[TrainEvent] = []
    for event in events:
        if isinstance(event, Started):
            kept = [e for e in story if isinstance(e, Epoch | Sample)]
            story = [event, *(e for e in kept if e.epoch <= event.resumed_from_epoch)]
        else:
            story.append(event)
    return story


def ending(story: list[TrainEvent]) -> Ended | None:
    """How a story ends, if it does: a model stays made if it was resumed and did not go on."""
    done = [event for event in story if isinstance(event, Done)]
    last = [*story, *done][-1] if story else None
    return last if isinstance(last, Ended) else None
