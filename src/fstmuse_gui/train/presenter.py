"""Decides what the Train tab shows."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_core.bundle import bundle_folders
from fstmuse_core.genres import FST_MUSE_GENRES, TOY_MODEL_GENRES
from fstmuse_gui.settings import Option, Settings
from fstmuse_gui.train.data_work import DataWork, Report
from fstmuse_gui.train.fma import FmaGetter
from fstmuse_gui.train.fma_presenter import FmaPresenter
from fstmuse_gui.train.history import PastRun
from fstmuse_gui.train.live import LiveTraining
from fstmuse_gui.train.options import free_name, name_trouble, next_name
from fstmuse_gui.train.past import PastShelf
from fstmuse_gui.train.survey import Survey
from fstmuse_gui.train.view import Closing, TrainView

TRAIN_DATA = Option("train/data", str, "")
_GENRES = {"fst-muse": FST_MUSE_GENRES, "toy-model": TOY_MODEL_GENRES}


class _Side(Enum):
    """What the right side is about."""

    DATA = auto()
    LIVE = auto()
    PAST = auto()


class TrainPresenter(QObject):
    """Holds the data set and the training, and shows the one that is asked for.

    Signals
    -------
    message(str)
        For the status bar.
    model_made
        There is a new model.
    model_wanted(str)
        A model is to be used.
    changed
        What can be done may have changed.
    """

    message = Signal(str)
    model_made = Signal()
    model_wanted = Signal(str)
    changed = Signal()

    def __init__(
        self,
        view: TrainView,
        settings: Settings,
        data: DataWork,
        live: LiveTraining,
        past: PastShelf,
        fma: FmaGetter,
        parent: QObject | None = None,
        taken_names: Callable[[], set[str]] = lambda: set(bundle_folders()),
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._settings = settings
        self._data = data
        self.live = live
        self._past = past
        self.fma = FmaPresenter(view, fma, self._awaits_data, self)
        self._taken_names = taken_names
        self._survey: Survey | None = None
        self._report: Report | None = None
        self._side = _Side.DATA
        self._past_run: PastRun | None = None
        self._data_trouble = ""
        self._own_name = ""
        self._closing = Closing.KEEP
        self._is_new = True
        self._is_first_list = True
        self._connect_view()
        self._connect_work()
        self._check_form()

    def _connect_view(self) -> None:
        view, form = self._view, self._view.form
        view.shown.connect(self._on_shown)
        form.data_entered.connect(self.use_data)
        form.browse_requested.connect(self.browse)
        form.about_requested.connect(self.show_data)
        form.train_requested.connect(self.train)
        form.changed.connect(self._check_form)
        form.model.activated.connect(lambda _i: self._offer_genres())
        form.runs.chosen.connect(self.show_run)
        view.empty_page.browse_requested.connect(self.browse)
        view.empty_page.fetch_requested.connect(self.fma.ask)
        view.data_page.check_requested.connect(self.check)
        view.data_page.stop_requested.connect(self._stop_check)
        view.data_page.save_requested.connect(self.save_report)
        view.busy_page.cancel_requested.connect(self.cancel)
        view.run_page.stop_requested.connect(self.live.stop)
        view.run_page.cancel_requested.connect(self.cancel)
        view.run_page.result_requested.connect(self._show_past_result)
        view.results_page.use_requested.connect(self._use)
        view.results_page.card_requested.connect(self._open_card)
        view.results_page.curves_requested.connect(self._past.show_curves)
        view.results_page.resume_requested.connect(self.resume)
        view.trouble_page.retry_requested.connect(self._on_retry)
        view.trouble_page.remove_requested.connect(self.show_data)

    def _connect_work(self) -> None:
        self._data.surveyed.connect(self._on_surveyed)
        self._data.checked.connect(self._on_checked)
        self._data.progressed.connect(self._on_data_progress)
        self._data.trouble.connect(self._on_data_trouble)
        self.fma.message.connect(self.message)
        self.fma.begun.connect(self.show_data)
        self.fma.ended.connect(self.show_data)
        self.fma.got.connect(self.use_data)
        self._past.listed.connect(self._on_listed)
        self._past.trouble.connect(self._view.notice.say)
        self.live.changed.connect(self._on_live_changed)
        self.live.ended.connect(self._on_live_ended)
        self.live.warned.connect(self._view.notice.say)

    def _on_shown(self) -> None:
        self._past.refresh()
        if self._is_new:
            self._is_new = False
            path = self._settings.get(TRAIN_DATA)
            if path and Path(path).is_dir() and self._survey is None:
                self.use_data(path)

    # -- the data set ------------------------------------------------------------------

    def browse(self) -> None:
        """Ask for a data set."""
        path = self._view.ask_folder(self._settings.get(TRAIN_DATA))
        if path:
            self.use_data(path)

    def open_paths(self, paths: list[str]) -> None:
        """Use the first folder among what was dropped, or the folder of the first file."""
        folders = [path for path in paths if Path(path).is_dir() or Path(path).suffix == ".csv"]
        if folders:
            self.use_data(folders[0])
        elif paths:
            self._view.notice.say("A training needs a folder of music; drop the folder itself.")

    def use_data(self, path: str) -> None:
        """Look at what a data set holds."""
        self._view.form.show_data(path)
        self._survey = self._report = None
        self._data_trouble = ""
        self._view.form.show_genres_box(False)
        self._data.cancel()
        if path:
            self._data.survey(path)
        self.show_data()

    def show_data(self) -> None:
        """Show the data set on the right."""
        self._side = _Side.DATA
        self._past_run = None
        self.live.hide()
        self._view.form.runs.select("")
        view = self._view
        if self._survey is not None:
            view.show_page(view.data_page)
        elif self._data.is_running:
            view.show_busy("Looking at the songs", "Reading names and tags")
        elif self.fma.is_running:
            self.fma.show()
        else:
            view.show_page(view.empty_page)
        self._check_form()

    def _on_surveyed(self, survey: Survey) -> None:
        self._survey = survey
        self._settings.set(TRAIN_DATA, survey.path)
        self._offer_genres()
        self._view.form.show_genres_box(True)
        name = self._view.form.name
        if name.text().strip() in ("", self._own_name):
            self._own_name = free_name(survey.path, self._taken_names())
            name.setText(self._own_name)
        self._view.data_page.show_survey(survey)
        if self._side is _Side.DATA:
            self.show_data()
        self._check_form()

    def _offer_name(self) -> None:
        """The name just given away cannot be used again."""
        name = self._view.form.name
        self._own_name = next_name(name.text().strip(), self._taken_names())
        name.setText(self._own_name)

    def _offer_genres(self) -> None:
        if self._survey is None:
            return
        known = {count.genre for count in self._survey.genres}
        wanted = known & set(_GENRES[self._view.form.model.currentData()])
        taken = wanted if len(wanted) > 1 else known
        self._view.form.chips.show_genres(self._survey.genres, taken)
        self._check_form()

    def check(self) -> None:
        """Listen to every file of the data set."""
        if self._survey is not None:
            self._view.data_page.show_checking(0, 0)
            self._data.check(self._survey.path)

    def _stop_check(self) -> None:
        self._data.cancel()
        self._view.data_page.show_idle()

    def _on_checked(self, report: Report) -> None:
        self._report = report
        page = self._view.data_page
        page.show_idle()
        page.show_report(report.survey, report.findings, report.set_aside)
        n = len(report.set_aside)
        self.message.emit(f"Every file was heard; {n or 'none'} set aside.")

    def _on_data_progress(self, done: int, total: int) -> None:
        if self._survey is not None:
            self._view.data_page.show_checking(done, total)
        elif self._side is _Side.DATA:
            detail = f"{done:,} of {total:,} files"
            self._view.show_busy("Looking at the songs", detail, done / max(1, total))

    def _on_data_trouble(self, sentence: str) -> None:
        self._view.data_page.show_idle()
        if self._survey is not None:
            self._view.notice.say(sentence)
            return
        self._data_trouble = f"{sentence.removesuffix('.')}."
        if self._side is _Side.DATA:
            self.show_data()
        self._check_form()

    def save_report(self) -> None:
        """Write the doctor's report to a file."""
        if self._report is None:
            return
        path = self._view.ask_save_path(f"{self._report.survey.name}.md")
        if path:
            text = self._report.exports.get(Path(path).suffix.lower(), self._report.exports[".md"])
            self._past.write(path, text, lambda: self.message.emit(f"Saved {Path(path).name}."))

    def _awaits_data(self) -> bool:
        return self._side is _Side.DATA and self._survey is None and not self._data.is_running

    # -- the form ----------------------------------------------------------------------

    def _check_form(self) -> None:
        options = self._view.form.options
        few = self._survey is not None and len(options.genres) < 2
        name = name_trouble(options.name) if self._survey is not None else ""
        if not name and options.name in self._taken_names() and not self.live.is_running:
            name = "There is a model of this name already; choose another."
        genres = "Choose two genres or more." if few else ""
        self._view.form.show_troubles(data=self._data_trouble, genres=genres, name=name)
        is_ready = self._survey is not None and not few and not name
        running = self.live.is_running
        text = "Training\N{HORIZONTAL ELLIPSIS}" if running else "Train"
        self._view.form.show_train(text, is_enabled=is_ready and not running)
        self.changed.emit()

    @property
    def can_train(self) -> bool:
        """Whether Train may be pressed."""
        return self._view.form.train_button.isEnabled()

    # -- the training ------------------------------------------------------------------

    def train(self) -> None:
        """Begin a training with what is entered."""
        self._check_form()
        if self.can_train:
            options = self._view.form.options
            self._begin(options.arguments(), options.name)

    def resume(self) -> None:
        """Go on with the run that is shown."""
        if self._past_run is not None and not self.live.is_running:
            row = self._past_run.row
            self._begin(["--resume", row.run], row.title)

    def _begin(self, arguments: list[str], title: str) -> None:
        self._data.cancel()
        self._view.data_page.show_idle()
        self.live.begin(arguments, title)
        self.show_live()

    def show_live(self) -> None:
        """Show the training that runs."""
        self._side = _Side.LIVE
        self._past_run = None
        self._view.form.runs.select(self.live.run)
        self.live.show()
        self._check_form()

    def cancel(self) -> None:
        """Give up what is shown: the reading of a data set, or the training."""
        if self._side is _Side.DATA:
            if not self._data.is_running:
                self.fma.cancel()
            self._data.cancel()
            self.show_data()
        elif not self.live.is_begun or self._view.ask_cancel():
            self.live.cancel()

    def _on_live_changed(self) -> None:
        self._past.refresh()
        if self._side is _Side.LIVE:
            self._view.form.runs.select(self.live.run)
        self._check_form()

    def _on_live_ended(self) -> None:
        self._past.refresh()
        outcome = self.live.outcome
        if outcome == "done":
            self.model_made.emit()
            self.message.emit(f"{self.live.title} is ready.")
            self._offer_name()
        elif outcome == "cancelled":
            self._view.notice.say("The training was discarded.")
        if self._side is not _Side.LIVE:
            if outcome == "failed":
                self._view.notice.say(f"{self.live.title}: {self.live.sentence}.")
        elif outcome == "cancelled":
            self.show_data()
        self._check_form()

    def _on_retry(self) -> None:
        run = self._past_run.row.run if self._past_run is not None else self.live.resumable_run
        if run:
            title = self._past_run.row.title if self._past_run is not None else self.live.title
            self._begin(["--resume", run], title)
        else:
            self.show_data()

    # -- earlier trainings -------------------------------------------------------------

    def _on_listed(self, found: list[PastRun]) -> None:
        self._view.form.runs.show_runs([run.row for run in found])
        running = next((run for run in found if run.row.state == "running"), None)
        if running is not None and not self.live.is_running:
            self.live.follow(running.folder, running.row.title)
            if self._side is _Side.DATA and (self._is_first_list or self._survey is None):
                self.show_live()
        self._is_first_list = False
        if self._side is _Side.LIVE:
            self._view.form.runs.select(self.live.run)

    def show_run(self, name: str) -> None:
        """Show a run of the list."""
        if self.live.is_running and name == self.live.run:
            self.show_live()
            return
        self._past_run = self._past.find(name)
        if self._past_run is not None:
            self._side = _Side.PAST
            self.live.hide()
            self._past.show(self._past_run)

    def _show_past_result(self) -> None:
        if self._past_run is not None:
            self._past.show(self._past_run)
        else:
            self.live.show_result()

    def _use(self) -> None:
        done = self._past.done if self._side is _Side.PAST else self.live.done
        if done is not None:
            self.model_made.emit()
            self.model_wanted.emit(done.name)

    def _open_card(self) -> None:
        done = self._past.done if self._side is _Side.PAST else self.live.done
        if done is not None:
            self._view.open_file(done.card)

    # -- the end -----------------------------------------------------------------------

    def may_close(self) -> bool:
        """Ask what becomes of a training that runs."""
        self._closing = Closing.KEEP
        if self.live.is_running:
            self._closing = self._view.ask_closing(self.live.title)
        return self._closing is not Closing.STAY

    def close(self) -> None:
        """Leave everything as was asked for."""
        self.live.leave(self._closing)
        self._past.close()
        self.fma.close()
        self._data.close()
