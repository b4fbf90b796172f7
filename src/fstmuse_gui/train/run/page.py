"""A training while it runs: where it is, its curves, and what it has learned so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.runs.events import Epoch, Progress, Sample, Started
from fstmuse_core.runs.spec import QUICK
from fstmuse_gui.plain import PlainLabel, set_tip, time_left
from fstmuse_gui.plain import caption as caption_of
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.train.form.recipe import MODEL_KINDS
from fstmuse_gui.train.run.course import ClassifierCourse, GanCourse
from fstmuse_gui.train.run.curves import OtherRun
from fstmuse_gui.train.words import GAP, about
from fstmuse_gui.widgets.controls import WheelSafeSlider
from fstmuse_gui.widgets.page_parts import (
    PageHeader,
    StatusLabel,
)

_STEPS = 1000
_SMOOTHEST, _SLIDER_WIDTH = 95, 96


class RunPage(QWidget):
    """Shows a training.

    Signals
    -------
    stop_requested, cancel_requested, result_requested
        A button was pressed.
    others_chosen(list)
        Runs whose curves are to be laid over.
    started(str, str)
        Another training is shown: its run and its model.
    """

    stop_requested = Signal()
    cancel_requested = Signal()
    result_requested = Signal()
    others_chosen = Signal(list)
    started = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Training")
        self.classifier, self.gan = ClassifierCourse(), GanCourse()
        self._courses = QStackedWidget()
        self._courses.addWidget(self.classifier)
        self._courses.addWidget(self.gan)
        self._course: ClassifierCourse | GanCourse = self.classifier
        self._epochs = 1
        self._done = 0.0
        # In a turn of its own: the bar paints itself at once with each value.
        self._bar_timer = QTimer(self)
        self._bar_timer.setSingleShot(True)
        self._bar_timer.timeout.connect(self._paint_bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addLayout(self._build_head())
        column.addLayout(self._build_progress())
        column.addWidget(self._courses, 1)

    def _build_head(self) -> PageHeader:
        self.stop_button = QPushButton(icon("stop"), " Stop")
        self.stop_button.setAccessibleName("Stop and keep the best model")
        self.stop_button.setToolTip("End now, keep the best model and test it")
        self.stop_button.clicked.connect(self.stop_requested)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setProperty("look", "quiet")
        self.cancel_button.setAccessibleName("Cancel and discard the training")
        self.cancel_button.setToolTip("End now and discard what was learned")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.result_button = QPushButton("Show the result")
        self.result_button.clicked.connect(self.result_requested)
        buttons = (self.result_button, self.cancel_button, self.stop_button)
        self._head = PageHeader(self, buttons)
        return self._head

    def _build_progress(self) -> QVBoxLayout:
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the training")
        self._where = StatusLabel()
        self.smoothing = WheelSafeSlider()
        self.smoothing.setRange(0, _SMOOTHEST)
        self.smoothing.setFixedWidth(_SLIDER_WIDTH)
        self.smoothing.setAccessibleName("Smoothing of the curves, in per cent")
        self.smoothing.setToolTip("Running means: how much each value owes to those before")
        self.smoothing.valueChanged.connect(lambda n: self._course.curves.smooth(n / 100))
        self.others = QToolButton()
        self.others.setText("Compare with")
        self.others.setAccessibleName("Trainings whose curves are laid over these")
        self.others.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.others)
        self.others.setMenu(self._menu)
        caption = PlainLabel("Smoothing")
        caption.setProperty("look", "small")
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(self._where, 1)
        for widget in (caption, self.smoothing, self.others):
            line.addWidget(widget)
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addWidget(self._bar)
        column.addLayout(line)
        return column

    def offer_others(self, titles: Mapping[str, str]) -> None:
        """Offer trainings to compare with: titles by their runs; those that are shown stay so."""
        chosen = self.chosen_others
        self._menu.clear()
        for run, title in titles.items():
            entry = self._menu.addAction(caption_of(title))
            entry.setData(run)
            entry.setCheckable(True)
            entry.setChecked(run in chosen)
            entry.triggered.connect(lambda _checked: self.others_chosen.emit(self.chosen_others))
        self.others.setEnabled(bool(titles))
        set_tip(
            self.others,
            "Lay the curves of other trainings over these"
            if titles
            else "There is no other training of this kind",
        )

    @property
    def chosen_others(self) -> list[str]:
        """Runs whose curves are laid over."""
        return [str(entry.data()) for entry in self._menu.actions() if entry.isChecked()]

    def show_others(self, others: Sequence[OtherRun]) -> None:
        """Lay the curves of other trainings over these."""
        self._course.curves.lay_over(others)

    @property
    def where(self) -> str:
        """Text about how far it is."""
        return self._where.text()

    def start(self, title: str, started: Started) -> None:
        """Clear everything."""
        self._epochs = max(1, started.epochs)
        self._head.say(title, about(started))
        kind = MODEL_KINDS.get(started.model)
        self._course = self.gan if kind is not None and kind.makes_music else self.classifier
        self._course.start(started)
        self._course.curves.smooth(self.smoothing.value() / 100)
        self._courses.setCurrentWidget(self._course)
        is_quick = started.design == QUICK
        self._where.set_text("This takes seconds" if is_quick else "The first epoch begins")
        self._show_busy_bar()
        self.show_buttons(is_running=True)
        self.started.emit(started.run, started.model)

    def show_progress(self, progress: Progress) -> None:
        """Within an epoch."""
        self._course.show_progress(progress)
        done = progress.epoch - 1 + progress.step / max(1, progress.steps)
        self._show_share(done)
        parts = [
            f"Epoch {progress.epoch} of {self._epochs}",
            f"step {progress.step} of {progress.steps}",
            self._course.speed(progress),
            time_left(progress.seconds_left),
        ]
        self._where.set_text(GAP.join(part for part in parts if part))

    def show_epoch(self, epoch: Epoch) -> None:
        """After an epoch."""
        self._course.show_epoch(epoch)
        self._show_share(epoch.epoch)
        parts = [f"Epoch {epoch.epoch} of {self._epochs} done", time_left(epoch.seconds_left)]
        self._where.set_text(GAP.join(part for part in parts if part))

    def show_sample(self, sample: Sample) -> None:
        """A generator has made something."""
        self._course.show_sample(sample)

    def _show_share(self, epochs: float) -> None:
        self._done = epochs
        self._bar_timer.start()

    def _paint_bar(self) -> None:
        self._bar.setRange(0, _STEPS)
        self._bar.setValue(round(_STEPS * self._done / self._epochs))

    def _show_busy_bar(self) -> None:
        self._bar_timer.stop()
        self._bar.setRange(0, 0)

    def show_ending(self, sentence: str) -> None:
        """Stop or Cancel was pressed: it answers at once, the process follows."""
        self._where.set_text(sentence)
        self._show_busy_bar()
        self.stop_button.setEnabled(False)
        self.cancel_button.setEnabled(sentence.startswith("Stopping"))

    def show_over(self) -> None:
        """The training is over; its curves stay."""
        self._course.show_over()
        self._show_share(self._epochs)
        self._where.set_text("This is how it went.")
        self.show_buttons(is_running=False)

    def show_buttons(self, *, is_running: bool) -> None:
        """Show the buttons that can be pressed."""
        for button in (self.stop_button, self.cancel_button):
            button.setVisible(is_running)
            button.setEnabled(True)
        self.result_button.setVisible(not is_running)
