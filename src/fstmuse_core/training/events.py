"""What a training says: lines of JSON for a program, sentences for people."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from fstmuse_core.system.wording import guessing, recorded_share

_PROGRESS_EVERY_S = 0.3
_SPOKEN_EVERY_S = 5.0


class Events:
    """Sends events on, and keeps them in a file once there is a run.

    Parameters
    ----------
    machine : text stream, optional
        Takes one JSON object a line.
    say : callable
        Takes sentences for people.
    """

    def __init__(self, machine: TextIO | None, say: Callable[[str], None]) -> None:
        self._machine = machine
        self._listener: Callable[[str], None] | None = say
        self._kept: TextIO | None = None
        self._progress_at = 0.0
        self._spoken_at = 0.0

    def keep_in(self, file: Path) -> None:
        """From now on also append to ``file``."""
        self._kept = file.open("a", encoding="utf-8")

    def close(self) -> None:
        """Close the file."""
        if self._kept is not None:
            with contextlib.suppress(OSError):
                self._kept.close()
            self._kept = None

    def emit(self, event: str, **values: Any) -> None:
        """Send an event."""
        line = json.dumps({"event": event, **values}, ensure_ascii=False) + "\n"
        if self._machine is not None:
            try:
                self._machine.write(line)
                self._machine.flush()
            except BrokenPipeError:  # who listened has gone; the training goes on
                self._machine = None
            except OSError:  # a full disk: what waits goes out with the next line, or never
                pass
        if self._kept is not None:
            with contextlib.suppress(OSError):
                self._kept.write(line)
                self._kept.flush()
        sentence = _SENTENCES[event](values) if event in _SENTENCES else ""
        if sentence:
            self._say(sentence)

    def preparing(self, stage: str, done: int, total: int) -> None:
        """Say how far the preparation is; the first and the last always, others now and then."""
        if self._is_due(done <= 1 or done >= total):
            self.emit("preparing", stage=stage, done=done, total=total)
            if self._may_speak():
                self._say(f"{stage}: {done} of {total}")

    def progress(self, *, last: bool, make: Callable[[], dict[str, Any]]) -> None:
        """Say how far an epoch is, a few times a second at most; ``make`` gives the values."""
        if self._is_due(last):
            values = make()
            self.emit("progress", **values)
            if self._may_speak():
                self._say(
                    f"epoch {values['epoch']}: step {values['step']} of {values['steps']}, "
                    f"loss {values['loss']:.3f}, {values['seconds_left'] / 60:.0f} min left"
                )

    def note(self, sentence: str) -> None:
        """A sentence about what was found out, which is no reason for doubt."""
        self.emit("note", sentence=sentence)

    def warn(self, sentence: str) -> None:
        """A sentence about something that does not end the training."""
        self.emit("warning", sentence=sentence)

    def _say(self, sentence: str) -> None:
        if self._listener is not None:
            try:
                self._listener(sentence)
            except BrokenPipeError:
                self._listener = None
            except OSError:  # as for the machine
                pass

    def _is_due(self, always: bool) -> bool:
        now = time.monotonic()
        if not always and now < self._progress_at + _PROGRESS_EVERY_S:
            return False
        self._progress_at = now
        return True

    def _may_speak(self) -> bool:
        now = time.monotonic()
        if now < self._spoken_at + _SPOKEN_EVERY_S:
            return False
        self._spoken_at = now
        return True


def _started(values: dict[str, Any]) -> str:
    clips = values["clips"]
    return (
        f"training {values['run']} on {clips['train']} clips, {', '.join(values['genres'])}; "
        f"{clips['validation']} to validate, {clips['test']} to test"
    )


def _epoch(values: dict[str, Any]) -> str:
    star = ", best so far" if values["is_best"] else ""
    return (
        f"epoch {values['epoch']} of {values['epochs']}: loss {values['loss']:.3f}, validation "
        f"{values['val_loss']:.3f}, accuracy {values['val_accuracy']:.0%}{star}, "
        f"{values['seconds_left'] / 60:.0f} min left"
    )


def _done(values: dict[str, Any]) -> str:
    metrics = values["metrics"]
    where = values["bundle"] or values["card"]
    if "frechet" in metrics:
        return (
            f"{values['name']} is done: Fréchet distance {metrics['frechet']:.1f}, "
            f"{metrics['accuracy']:.0%} taken for what they were to be; it lies in {where}"
        )
    if "macro_f1" not in metrics:
        return f"{values['name']} is done; what it is lies in {where}"
    songs = sum(metrics["songs"].values())
    share = recorded_share(metrics["accuracy"], songs, metrics.get("interval"))
    return (
        f"{values['name']} is done: of the test {share.said()}; {guessing(metrics['songs'])}; "
        f"it lies in {where}"
    )


def _cancelled(values: dict[str, Any]) -> str:
    if values["kept"]:
        return f"stopped before it went on; fstmuse train --resume {values['run']} still does"
    return "cancelled; nothing was kept"


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "started": _started,
    "epoch": _epoch,
    "note": lambda values: str(values["sentence"]),
    "warning": lambda values: f"note: {values['sentence']}",
    "done": _done,
    "cancelled": _cancelled,
    "failed": lambda values: f"fstmuse: {values['sentence']}",
}
