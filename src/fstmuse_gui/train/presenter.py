"""Decides what the Train tab shows."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QObject, Signal

from fstmuse_core.bundle.find_by_hash import whereabouts
from fstmuse_core.runs.events import Done
from fstmuse_core.runs.metrics import GanMetrics
from fstmuse_gui.train.data.presenter import DataPresenter
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.form.presenter import FormPresenter
from fstmuse_gui.train.results.presenter import PastRun, PastRunsPresenter
from fstmuse_gui.train.run.closing import Closing
from fstmuse_gui.train.run.live import LiveTraining
from fstmuse_gui.train.run.queue import QueuePresenter
from fstmuse_gui.train.view import TrainView

# What is said of a training that is gone without a model, by its outcome.
_GONE = {
    "cancelled": "The training was discarded.",
    "kept": "The training was stopped before it went on. Resume still does.",
}


class _Side(Enum):
    """Subject of the right side."""

    DATA = auto()
    LIVE = auto()
    PAST = auto()
    BUCKETS = auto()
    WAITING = auto()


class TrainPresenter(QObject):
    """Begins and ends trainings, and shows the one that is asked for, or the data sets.

    Signals
    -------
    message(str)
        For the status bar.
    model_made
        There is a new model.
    model_wanted(str), generator_wanted(str)
        A model is to be used to classify, or to make music.
    changed
        What can be done may have changed.

    Attributes
    ----------
    first_run : str
        The run to show first if it has ended: one that ran before the tab was looked at.
    """

    message = Signal(str)
    model_made = Signal()
    model_wanted = Signal(str)
    generator_wanted = Signal(str)
    changed = Signal()

    def __init__(
        self,
        view: TrainView,
        form: FormPresenter,
        data: DataPresenter,
        live: LiveTraining,
        past: PastRunsPresenter,
        queue: QueuePresenter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self.form = form
        self.data = data
        self.live = live
        self._past = past
        self.queue = queue
        self._rows: list[RunRow] = []
        self._side = _Side.DATA
        self._past_run: PastRun | None = None
        self._closing = Closing.KEEP
        self._is_new = True
        self._is_first_list = True
        self.first_run = ""
        self._connect_view()
        self._connect_work()

    def _connect_view(self) -> None:
        view = self._view
        view.shown.connect(self._on_shown)
        view.form.about_requested.connect(self.show_data)
        view.buckets_page.close_requested.connect(self.show_data)
        view.form.train_requested.connect(self.train)
        view.form.runs.chosen.connect(self.show_run)
        view.busy_page.cancel_requested.connect(self.cancel)
        view.run_page.stop_requested.connect(self.stop)
        view.run_page.cancel_requested.connect(self.cancel)
        view.run_page.result_requested.connect(self._show_past_result)
        view.results_page.use_requested.connect(self._use)
        view.results_page.card_requested.connect(self._open_card)
        view.results_page.curves_requested.connect(self._past.show_curves)
        view.results_page.resume_requested.connect(self.resume)
        view.trouble_page.retry_requested.connect(self._on_retry)
        view.trouble_page.remove_requested.connect(self._on_back)

    def _connect_work(self) -> None:
        data, view = self.data, self._view
        data.message.connect(self.message)
        data.changed.connect(self._on_data_changed)
        data.front_wanted.connect(self.show_data)
        self.form.checked.connect(self.changed)
        self._past.listed.connect(self._on_listed)
        self._past.trouble.connect(view.notice.say)
        self.live.changed.connect(self._on_live_changed)
        self.live.ended.connect(self._on_live_ended)
        self.live.warned.connect(view.notice.say)
        self.queue.message.connect(self.message)
        self.queue.changed.connect(self._show_rows)
        self.queue.left.connect(self.show_data)
        self.queue.check_wanted.connect(self._past.refresh)

    def _turn_to(self, side: _Side) -> None:
        self._side = side
        self.queue.shown = ""
        self.data.is_front = side is _Side.DATA

    def _on_shown(self) -> None:
        self._past.refresh()
        self.data.refresh_corrections()
        if self._is_new:
            self._is_new = False
            self.data.restore()

    # -- the data sets -----------------------------------------------------------------

    def show_data(self) -> None:
        """Show the data sets on the right."""
        self._turn_to(_Side.DATA)
        self._past_run = None
        self.live.hide()
        self._view.form.runs.select("")
        self.data.show()
        self._check()

    def _on_data_changed(self) -> None:
        data = self.data
        self.form.show_data(data.paths, data.survey, data.trouble, data.kinds)

    def _check(self) -> None:
        self.form.is_training = self.live.is_running
        self.form.check()

    @property
    def can_train(self) -> bool:
        """True if Train may be pressed: it begins a training, or lets it wait for its turn."""
        return self.form.is_ready

    def show_buckets(self) -> None:
        """Show the class buckets on the right."""
        self._turn_to(_Side.BUCKETS)
        self._past_run = None
        self.live.hide()
        self._view.form.runs.select("")
        self._view.show_page(self._view.buckets_page)

    def train_on(self, path: str) -> None:
        """Learn from this data set too."""
        self._is_new = False
        self.data.restore()
        self.data.add(path)

    # -- the training ------------------------------------------------------------------

    def train(self) -> None:
        """Begin a training with what is entered, or let it wait for the one that runs."""
        self._check()
        if not self.can_train:
            return
        self.form.remember()
        options = self.form.options
        if self.live.is_running:
            self.queue.add(options.name, options.arguments(), self.form.taken_names())
        else:
            self._begin(options.arguments(), options.name)

    def resume(self) -> None:
        """Go on with the run that is shown, or let it wait for the one that runs."""
        run, title = self.live.resumable_run, self.live.title
        if self._past_run is not None:
            run, title = self._past_run.row.run, self._past_run.row.title
        if not run:
            return
        if self.live.is_running:
            self.queue.add_resume(run, title)
        else:
            self.queue.leave_out(run)
            self._begin(["--resume", run], title)

    def _begin(self, arguments: list[str], title: str) -> None:
        self.data.stop_check()
        self.live.begin(arguments, title)
        self.show_live()

    def show_live(self) -> None:
        """Show the training that runs."""
        self._turn_to(_Side.LIVE)
        self._past_run = None
        self._view.form.runs.select(self.live.run)
        self.live.show()
        self._check()

    def stop(self) -> None:
        """End the training, show it, and keep its best model."""
        self.live.stop()
        if self._side is not _Side.LIVE:
            self.show_live()

    def cancel(self) -> None:
        """Give up what is shown: the reading of data sets, or the training."""
        if self._side is _Side.DATA:
            self.data.cancel()
            self.show_data()
        elif not self.live.has_learned or self._view.ask_cancel():
            self.live.cancel()

    def _on_live_changed(self) -> None:
        self._past.refresh()
        if self._side is _Side.LIVE:
            self._view.form.runs.select(self.live.run)
        self._check()

    def _on_live_ended(self) -> None:
        self._past.refresh()
        outcome = self.live.outcome
        if outcome == "done":
            self.model_made.emit()
            self.message.emit(f"{self.live.title} is ready.")
            self.form.offer_next_name()
        elif outcome == "failed":
            self.message.emit(f"{self.live.title} could not be trained to its end.")
        else:
            self._view.notice.say(_GONE[outcome])
        if self._side is not _Side.LIVE:
            if outcome == "failed":
                self._view.notice.say(f"{self.live.title}: {self.live.sentence}.")
        elif outcome in _GONE:
            self.show_data()
        self._check()

    def _on_retry(self) -> None:
        if self._side is _Side.WAITING:
            if not self.queue.begin():
                self.show_data()
        elif self._past_run is not None or self.live.resumable_run:
            self.resume()
        else:
            self.show_data()

    def _on_back(self) -> None:
        if self._side is _Side.WAITING:
            self.queue.remove()
        else:
            self.show_data()

    # -- earlier trainings -------------------------------------------------------------

    def _on_listed(self, found: list[PastRun]) -> None:
        self._rows = [run.row for run in found]
        self._show_rows()
        self.queue.refresh()
        running = next((run for run in found if run.row.state == "running"), None)
        if running is not None and not self.live.is_running:
            self.live.follow(running.folder, running.row.title)
            if self._side is _Side.DATA and (self._is_first_list or self.data.survey is None):
                self.show_live()
        elif running is not None and not self.live.run:
            self.live.run = running.row.run  # it says so itself once its music has been read
        elif self.first_run and self._is_first_list:
            self.show_run(self.first_run)
            self._view.form.runs.select(self.first_run)
        if self._is_first_list and self.queue.kept_sentence:
            self._view.notice.say(self.queue.kept_sentence)
        self._is_first_list = False
        if running is None:
            self._begin_next()
        if self._side is _Side.LIVE:
            self._view.form.runs.select(self.live.run)

    def _show_rows(self) -> None:
        self._view.form.runs.show_runs(self.queue.listed(self._rows))

    def _begin_next(self) -> None:
        """Let the queue begin its next; a result that is shown stays in view."""
        ended = self.live.run
        if self.queue.begin_next(self.form.taken_names()):
            self.show_live()
        elif self._side is _Side.LIVE and self.live.is_running and not self.live.is_shown:
            if self._past.find(ended) is None:
                self.show_live()
            else:
                self.show_run(ended)
                self._view.form.runs.select(ended)

    def show_run(self, name: str) -> None:
        """Show a run of the list."""
        if self.live.is_running and name == self.live.run:
            self.show_live()
            return
        if self.queue.holds(name):
            self._turn_to(_Side.WAITING)
            self._past_run = None
            self.live.hide()
            self.queue.show(name)
            return
        self._past_run = self._past.find(name)
        if self._past_run is not None:
            self._turn_to(_Side.PAST)
            self.live.hide()
            self._past.show(self._past_run)

    def forget_run(self, name: str) -> None:
        """Show the data sets in place of a run that was deleted."""
        shown = self._past_run if self._side is _Side.PAST else None
        if shown is not None and shown.row.run == name:
            self.show_data()

    def _show_past_result(self) -> None:
        if self._past_run is not None:
            self._past.show(self._past_run)
        else:
            self.live.show_result()

    @property
    def _shown_result(self) -> Done | None:
        return self._past.done if self._side is _Side.PAST else self.live.done

    @property
    def _shown_run(self) -> str:
        """Name of the training whose result is shown."""
        past = self._past_run if self._side is _Side.PAST else None
        return past.row.run if past is not None else self.live.run

    def _use(self) -> None:
        done = self._shown_result
        if done is None:
            return
        found = whereabouts(done.sha256, self._shown_run)
        if not found.name and (done.sha256 or found.deleted is not None):
            self._view.notice.say(f"{found.why_not(done.name)}.")
            return
        name = found.name or done.name
        self.model_made.emit()
        if isinstance(done.metrics, GanMetrics):
            self.generator_wanted.emit(name)
        else:
            self.model_wanted.emit(name)

    def _open_card(self) -> None:
        if self._shown_result is not None:
            self._view.open_file(self._shown_result.card)

    # -- the end -----------------------------------------------------------------------

    def may_close(self) -> bool:
        """Ask what becomes of a training that runs."""
        self._closing = Closing.KEEP
        if self.live.is_running:
            self._closing = self._view.ask_closing(self.live.title, self.live.stop_keeps)
        return self._closing is not Closing.STAY

    def close(self) -> None:
        """Leave everything as was asked for."""
        self.live.leave(self._closing)
        self._past.close()
        self.form.close()
        self.data.close()
