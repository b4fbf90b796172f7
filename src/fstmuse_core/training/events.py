"""Emits the events of a training: lines of JSON, sentences for people, logs for TensorBoard."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from fstmuse_core.runs.events import (
    Cancelled,
    Done,
    Epoch,
    Failed,
    Noted,
    Preparing,
    Progress,
    Started,
    TrainEvent,
    Warned,
    event_line,
)
from fstmuse_core.runs.metrics import GanMetrics
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import guessing

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
        """Append to ``file`` too from now on, behind a line that a kill has cut off."""
        is_torn = False
        with contextlib.suppress(OSError), file.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)  # refused where it is empty
            is_torn = stream.read(1) != b"\n"
        self._kept = file.open("a", encoding="utf-8")
        if is_torn:
            self._kept.write("\n")

    def close(self) -> None:
        """Close the file."""
        if self._kept is not None:
            with contextlib.suppress(OSError):
                self._kept.close()
            self._kept = None

    def emit(self, event: TrainEvent) -> None:
        """Send an event."""
        line = event_line(event)
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
        if type(event) in _SENTENCES:
            self._say(_SENTENCES[type(event)](event))

    def preparing(self, stage: str, done: int, total: int) -> None:
        """Say how far the preparation is; the first and the last always, others now and then."""
        if self._is_due(done <= 1 or done >= total):
            self.emit(Preparing(stage, done, total))
            if self._may_speak():
                self._say(f"{stage}: {done} of {total}" if total > 1 else stage)

    def progress(self, *, last: bool, make: Callable[[], Progress]) -> None:
        """Say how far an epoch is, a few times a second at most; ``make`` gives the event."""
        if self._is_due(last):
            event = make()
            self.emit(event)
            if self._may_speak():
                self._say(
                    f"epoch {event.epoch}: step {event.step} of {event.steps}, "
                    f"loss {event.loss:.3f}, {event.seconds_left / 60:.0f} min left"
                )

    def note(self, sentence: str) -> None:
        """A sentence about what was found out, which is no reason for doubt."""
        self.emit(Noted(sentence))

    def warn(self, sentence: str) -> None:
        """A sentence about something that does not end the training."""
        self.emit(Warned(sentence))

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


def _started(event: Started) -> str:
    clips = event.clips
    if not clips["validation"]:
        return (
            f"training {event.run} on {clips['train']} clips, {', '.join(event.genres)}; each is "
            "tested by what has not learned from its artist"
        )
    return (
        f"training {event.run} on {clips['train']} clips, {', '.join(event.genres)}; "
        f"{clips['validation']} to validate, {clips['test']} to test"
    )


def _epoch(event: Epoch) -> str:
    star = ", best so far" if event.is_best else ""
    return (
        f"epoch {event.epoch} of {event.epochs}: loss {event.loss:.3f}, validation "
        f"{event.val_loss:.3f}, accuracy {event.val_accuracy:.0%}{star}, "
        f"{event.seconds_left / 60:.0f} min left"
    )


def _done(event: Done) -> str:
    metrics, where = event.metrics, event.bundle or event.card
    if isinstance(metrics, GanMetrics):
        if math.isnan(metrics.frechet):
            return f"{event.name} is done; what it is lies in {where}"
        return (
            f"{event.name} is done: Fréchet distance {metrics.frechet:.1f}, "
            f"{metrics.consistency:.0%} taken for what they were to be; it lies in {where}"
        )
    return (
        f"{event.name} is done: of the test {metrics.share.said()}; {guessing(metrics.songs)}; "
        f"it lies in {where}"
    )


def _cancelled(event: Cancelled) -> str:
    if event.is_kept:
        return f"stopped before it went on; fstmuse train --resume {event.run} still does"
    return "cancelled; nothing was kept"


_SENTENCES: dict[type, Callable[[Any], str]] = {
    Started: _started,
    Epoch: _epoch,
    Noted: lambda event: str(event.sentence),
    Warned: lambda event: f"note: {event.sentence}",
    Done: _done,
    Cancelled: _cancelled,
    Failed: lambda event: f"fstmuse: {event.sentence}",
}

_CURVES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


@contextlib.contextmanager
def epoch_listener(folder: str, run: str) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield the function that takes each ``epoch`` event; it does nothing without a folder.

    The logs go to a folder of the run's name in it, so that TensorBoard lays several trainings
    beside one another.

    Raises
    ------
    FstMuseError
        If nothing can be written there.
    """
    if not folder:
        yield lambda values: None
        return
    import tensorflow as tf

    try:
        writer = tf.summary.create_file_writer(os.path.join(folder, run))
    except (OSError, tf.errors.OpError) as error:
        raise FstMuseError("--tensorboard", f"{folder} cannot be written to") from error
    # Named as TensorBoard's own scalar plug-in names them, which need not be installed.
    metadata = tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
    )
    with writer.as_default():

        def write(values: dict[str, Any]) -> None:
            for curve in _CURVES:
                tf.summary.write(
                    curve, tf.constant(values[curve], tf.float32), values["epoch"], metadata
                )
            writer.flush()

        yield write
    writer.close()
