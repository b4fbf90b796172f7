"""The training that runs, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_core.runs.events import (
    Cancelled,
    Done,
    Epoch,
    Failed,
    Noted,
    Preparing,
    Progress,
    Sample,
    Started,
    TrainEvent,
    Warned,
    drop_superseded,
    read_events,
)
from fstmuse_core.runs.store import newest_checkpoint
from fstmuse_gui.plain import duration
from fstmuse_gui.train.run.closing import Closing, StopKeeps, stop_keeps
from fstmuse_gui.train.run.page import RunPage
from fstmuse_gui.train.run.thinned import MOST_LIVE_POINTS, Thinned
from fstmuse_gui.train.run.training import Training, begin_training, follow_training
from fstmuse_gui.train.view import TrainView
from fstmuse_gui.train.words import GAP, about, as_sentence, stage

_STOPPING = {
    StopKeeps.MODEL: "Stopping. The best model is kept and tested",
    StopKeeps.EARLIER: "Stopping. What it had learned before is kept",
    StopKeeps.NOTHING: "Stopping. Nothing has been learned yet",
}
_DISCARDING = "Discarding the training"
_LOADING = "The first seconds go into loading what it learns with."


class LiveTraining(QObject):
    """Follows one training and shows it while it is asked to.

    Signals
    -------
    changed
        It has begun, its run is there to be listed, or it has said which one it is.
    ended
        It is over; see :attr:`outcome`.
    warned(str)
        Something to know.
    taken(object, str)
        A :class:`~fstmuse_gui.train.run.training.Training` is followed from now on; its title.
    """

    changed = Signal()
    taken = Signal(object, str)
    ended = Signal()
    warned = Signal(str)

    def __init__(
        self,
        view: TrainView,
        parent: QObject | None = None,
        *,
        starter: Callable[[list[str], QObject], Training] = begin_training,
        follower: Callable[[Path, QObject], Training] = follow_training,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._starter = starter
        self._follower = follower
        self._training: Training | None = None
        self._is_shown = False
        self._forget()

    def _forget(self) -> None:
        self.title = ""
        self.run = ""
        self.outcome = ""
        self.sentence = ""
        self.resumable_run = ""
        self.done: Done | None = None
        self._is_resumed = False
        self._story: list[TrainEvent] = []
        self._prepares = False
        # Of the progress within epochs what curves show, and what came last.
        self._steps: Thinned[Progress] = Thinned(MOST_LIVE_POINTS)
        self._step: Progress | None = None
        self._ending = ""

    @property
    def is_running(self) -> bool:
        """True while a training runs."""
        return self._training is not None

    @property
    def is_shown(self) -> bool:
        """True while it is shown, or its end."""
        return self._is_shown

    @property
    def has_learned(self) -> bool:
        """True if something has been learned, now or earlier, that could be lost."""
        return self._is_resumed or self._is_begun

    @property
    def stop_keeps(self) -> StopKeeps:
        """Parts of it that would be kept."""
        is_learning = self._training is not None and self._training.is_learning
        return stop_keeps(is_learning=is_learning, is_resumed=self._is_resumed)

    @property
    def _is_begun(self) -> bool:
        return bool(self._steps) or any(isinstance(event, Epoch) for event in self._story)

    def begin(self, arguments: list[str], title: str) -> None:
        """Start a training."""
        self._forget()
        self.title = title
        self._is_resumed = "--resume" in arguments
        self._take(self._starter(arguments, self))

    def follow(self, folder: Path, title: str) -> None:
        """Follow one that runs already."""
        self._forget()
        self.title = title
        self.run = folder.name
        self._is_resumed = newest_checkpoint(folder)[0] > 0
        self._take(self._follower(folder, self))

    def _take(self, training: Training) -> None:
        self._training = training
        training.told.connect(self._on_event)
        self.taken.emit(training, self.title)
        self.changed.emit()

    # -- what is asked for -------------------------------------------------------------

    def stop(self) -> None:
        """Keep what there is to keep, if it is not being discarded already.

        The page answers at once if it is shown.
        """
        if self._ending != _DISCARDING:
            self._end(_STOPPING[self.stop_keeps], lambda training: training.stop())

    def cancel(self) -> None:
        """Discard it; the page answers at once if it is shown."""
        self._end(_DISCARDING, lambda training: training.cancel())

    def _end(self, sentence: str, command: Callable[[Training], None]) -> None:
        if self._training is not None:
            self._ending = sentence
            command(self._training)
            if self._is_shown:
                self.show()

    def leave(self, closing: Closing) -> None:
        """Follow it no longer; it goes on, or ends by itself as was chosen."""
        training, self._training = self._training, None
        if training is not None:
            training.leave(closing)

    # -- what it says ------------------------------------------------------------------

    def _on_event(self, event: TrainEvent) -> None:
        if isinstance(event, Noted):
            return
        if isinstance(event, Warned):
            said = as_sentence(event.sentence)
            # Beside the page of another it would be taken for that one's.
            self.warned.emit(said if self._is_shown else f"{self.title}: {said}")
        elif isinstance(event, Done | Cancelled | Failed):
            self._on_end(event)
        else:
            self._on_work(event)

    def _on_work(self, event: Started | Preparing | Progress | Epoch | Sample) -> None:
        is_news = not self._story or isinstance(event, Started)
        if isinstance(event, Started):
            self.run = event.run
            earlier = read_events(Path(event.folder)) if event.resumed_from_epoch else []
            self._story = drop_superseded([*earlier, event])
            self._prepares, self._step = False, None
            self._steps = Thinned(MOST_LIVE_POINTS)
        elif isinstance(event, Progress | Preparing):
            if self._prepares:
                self._story = [e for e in self._story if not isinstance(e, Preparing)]
            self._prepares = isinstance(event, Preparing)
            if isinstance(event, Progress):
                self._steps.add(event)
                self._step = event
            else:
                self._story.append(event)
        else:
            self._story.append(event)
            self._step = None
        if self._is_shown and isinstance(event, Started):
            self.show()
        elif self._is_shown and not self._ending:
            self._show_event(event)
        if is_news:
            self.changed.emit()

    def _on_end(self, event: Done | Cancelled | Failed) -> None:
        training, self._training = self._training, None
        if training is not None:
            training.deleteLater()
        self._ending = ""
        if isinstance(event, Done):
            self.outcome, self.done = "done", event
            self.resumable_run = self.run if event.resumable else ""
        elif isinstance(event, Failed):
            self.outcome, self.sentence = "failed", event.sentence
            self.resumable_run = event.run if event.resumable else ""
        else:
            self.outcome = "kept" if event.is_kept else "cancelled"
        if self._is_shown:
            self.show()
        self.ended.emit()

    # -- how it is shown ---------------------------------------------------------------

    def hide(self) -> None:
        """Something else is shown."""
        self._is_shown = False

    def show(self) -> None:
        """Show it as far as it has come."""
        self._is_shown = True
        if self.outcome == "done":
            self.show_result()
        elif self.outcome == "failed":
            self._show_failure()
        elif not self.outcome:
            self._show_story()

    def _show_story(self) -> None:
        self._view.show_busy(f"Getting {self.title} ready", _LOADING)
        for event in self._story:
            self._show_event(event)
            if isinstance(event, Started):
                for step in self._steps:
                    if step is not self._step:
                        self._show_event(step)
        if self._step is not None:
            self._show_event(self._step)
        if not self._ending:
            return
        if self._view.page is self._view.run_page:
            self._view.run_page.show_ending(self._ending)
        else:
            self._view.show_busy(self._ending, "")

    def _show_event(self, event: TrainEvent) -> None:
        page = self._view.run_page
        if isinstance(event, Started):
            page.start(self.title, event)
        elif isinstance(event, Preparing):
            # One step, or nobody knows how many: nothing to count.
            is_counted = event.total > 1
            words = f"{event.done:,} of {event.total:,}" if is_counted else ""
            model = next((e.model for e in self._story if isinstance(e, Started)), "")
            share = event.done / event.total if is_counted else None
            self._view.show_busy(stage(event.stage, model), words, share)
        elif isinstance(event, Progress):
            self._view.show_page(page)
            page.show_progress(event)
        elif isinstance(event, Epoch):
            self._view.show_page(page)
            page.show_epoch(event)
        elif isinstance(event, Sample):
            page.show_sample(event)

    def _show_failure(self) -> None:
        sentence = as_sentence(self.sentence)
        self._view.show_trouble(
            f"{self.title} {'was interrupted' if self.resumable_run else 'could not be trained'}",
            sentence,
            go_on="Resume" if self.resumable_run else "",
            back="Back to the data set",
        )

    def show_result(self) -> None:
        """Show how good the model is."""
        if self.done is None:
            return
        started = next((e for e in self._story if isinstance(e, Started)), None)
        if started is not None:
            draw_curves(self._view.run_page, self.title, started, self._story)
        self._view.results_page.show_result(self.done, about_result(self.done, started))
        self._view.show_page(self._view.results_page)


def draw_curves(page: RunPage, title: str, started: Started, story: list[TrainEvent]) -> None:
    """Draw the curves of a training that is over."""
    page.start(title, started)
    for event in story:
        if isinstance(event, Epoch):
            page.show_epoch(event)
        elif isinstance(event, Sample):
            page.show_sample(event)
    page.show_over()


def about_result(done: Done, started: Started | None) -> str:
    """Model, data and time in a line."""
    parts = [about(started)] if started is not None else []
    parts.append(f"{'stopped after' if done.stopped_early else 'took'} {duration(done.seconds)}")
    return GAP.join(parts)
