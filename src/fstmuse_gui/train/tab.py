"""The Train tab, built when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from fstmuse_core.runs.events import Done, Ended, Failed
from fstmuse_gui.settings import COLOUR_MAP, Option
from fstmuse_gui.shared.tabs import (
    BadgeKind,
    LazyPage,
    MenuEntries,
    TabBadge,
    TabContext,
    make_action,
)
from fstmuse_gui.sound.player import Playing, make_player
from fstmuse_gui.train.bucket_presenter import BucketsPresenter
from fstmuse_gui.train.data.cache import CachePresenter
from fstmuse_gui.train.data.fma import FmaDownloader
from fstmuse_gui.train.data.presenter import DataPresenter, corrections_count
from fstmuse_gui.train.data.reader import DataSetReader
from fstmuse_gui.train.form.choices import Base, bases
from fstmuse_gui.train.form.presenter import FormPresenter
from fstmuse_gui.train.presenter import TrainPresenter
from fstmuse_gui.train.results.presenter import PastRun, PastRunsPresenter, RunActions, past_runs
from fstmuse_gui.train.run.background import BackgroundTraining, RunsWatch, TrainBadge
from fstmuse_gui.train.run.closing import Closing, ask_closing
from fstmuse_gui.train.run.live import LiveTraining
from fstmuse_gui.train.run.queue import TRAIN_QUEUE, QueuePresenter, TrainingQueue
from fstmuse_gui.train.run.sample_player import Listening
from fstmuse_gui.train.run.training import Training, begin_training, follow_training
from fstmuse_gui.train.view import TrainView
from fstmuse_gui.workers.learning import BucketWorker

TRAIN_SPLITTER = Option("train/splitter", list, [])


@dataclass(frozen=True)
class TrainFactories:
    """Processes, readers and player of the tab; only tests have others."""

    background: Callable[[QObject], BackgroundTraining] = BackgroundTraining
    data: Callable[[QObject], DataSetReader] = DataSetReader
    starter: Callable[[list[str], QObject], Training] = begin_training
    follower: Callable[[Path, QObject], Training] = follow_training
    lister: Callable[[], list[PastRun]] = past_runs
    fma: Callable[[QObject], FmaDownloader] = FmaDownloader
    bases: Callable[[], list[Base]] = bases
    corrections: Callable[[], int] = corrections_count
    player: Callable[[QObject], Playing] = make_player
    cache: Callable[[TrainView, QObject], CachePresenter] = CachePresenter
    buckets: Callable[[QObject], BucketWorker] = BucketWorker


class TrainWiring(QObject):
    """View, presenter and what they work with."""

    def __init__(
        self,
        context: TabContext,
        factories: TrainFactories,
        stage: QWidget,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        make = factories
        self._settings = context.settings
        self.view = TrainView(stage)
        self.live = LiveTraining(self.view, self, starter=make.starter, follower=make.follower)
        self.past = PastRunsPresenter(self.view, self, lister=make.lister)
        buckets = make.buckets(self)
        self.buckets = BucketsPresenter(self.view.buckets_page, buckets, self.view.ask_songs, self)
        form = FormPresenter(self.view, context.settings, self, bases=make.bases)
        music = DataPresenter(
            self.view,
            context.settings,
            make.data(self),
            self.past,
            make.fma(self),
            self,
            count_corrections=make.corrections,
        )
        queue = TrainingQueue(context.settings, self)
        turns = QueuePresenter(self.view, self.live, queue, self)
        self.presenter = TrainPresenter(self.view, form, music, self.live, self.past, turns, self)
        self.actions = RunActions(self.view, self.past, queue, self)
        self.watch = RunsWatch(self)
        self.watch.changed.connect(self.past.refresh)
        self.actions.trouble.connect(self.view.notice.say)
        self.actions.deleted.connect(self.presenter.forget_run)
        self.presenter.model_made.connect(context.models.changed)
        self.presenter.model_wanted.connect(context.models.wanted)
        self.presenter.generator_wanted.connect(context.models.generator_wanted)
        self.buckets.trouble.connect(self.view.notice.say)
        self.buckets.train_wanted.connect(self._train_quickly)
        self.view.empty_page.buckets_requested.connect(self.open_buckets)
        self._cache = make.cache(self.view, self)
        for signal in (self.live.changed, self.live.ended):
            signal.connect(lambda: self._cache.follow(self.live.is_running))
        self._samples = self.view.run_page.gan.samples
        self.listening = Listening(self._samples, context.settings, make.player, self)
        self.listening.message.connect(self.view.notice.say)
        self.view.shown.connect(self._show_colours)
        context.models.renamed.connect(form.follow_rename)
        context.models.changed.connect(form.refresh_bases)
        self.view.splitter.restore(self._settings.get(TRAIN_SPLITTER))

    def open_buckets(self) -> None:
        """Show the class buckets, as they were left."""
        self.presenter.show_buckets()
        self.buckets.open()

    def _train_quickly(self, folder: str) -> None:
        """Lead to a quick training on a data set: Train begins it."""
        self.presenter.form.choose_quick()
        self.presenter.train_on(folder)
        self.presenter.show_data()

    def _show_colours(self) -> None:
        """Take the colours that were chosen for the spectrograms of the other tabs."""
        self._samples.set_colour_map(self._settings.get(COLOUR_MAP))

    def close(self) -> None:
        """Leave the training as was asked for, and remember how the tab looked."""
        self._settings.set(TRAIN_SPLITTER, self.view.splitter.widths())
        self.watch.close()
        self.listening.close()
        self._cache.close()
        self.buckets.close()
        self.presenter.close()


# Tab ----------------------------------------------------------------------------------------


class TrainTab(QObject):
    """The tab, as ``tabs.Tab`` asks for it.

    A training that runs already is followed from the start of the window on.
    """

    message = Signal(str)
    title = "Train"

    def __init__(self, context: TabContext, factories: TrainFactories | None = None) -> None:
        super().__init__()
        self._context = context
        self._factories = factories or TrainFactories()
        self._built: TrainWiring | None = None
        self._stage = LazyPage(self._on_shown)
        self._kept = self._factories.background(self)
        self._kept_closing = Closing.KEEP
        self._badge = TrainBadge(self)
        self._badge.changed.connect(self._on_badge)
        self._kept.found.connect(self._badge.watch)
        self._kept.ended.connect(self._on_kept_ended)
        context.models.renamed.connect(self._on_renamed)
        context.models.fine_tune_wanted.connect(lambda name: self.presenter.form.fine_tune(name))
        context.data.train_on_wanted.connect(lambda path: self.presenter.train_on(path))
        self._build_actions()

    # -- as a tab ----------------------------------------------------------------------

    @property
    def widget(self) -> QWidget:
        """Widget that the tab shows."""
        return self._stage

    def menus(self) -> dict[str, MenuEntries]:
        """Entries for File."""
        files: MenuEntries = [self._browse, self._buckets, self._fetch, None]
        return {"File": [*files, self._train, self._stop], "Edit": list(self._edits.values())}

    def open_paths(self, paths: list[str]) -> None:
        """Use a folder as the data set."""
        self.presenter.data.open_paths(paths)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something hangs above the window."""
        self.view.set_drop_highlight(is_highlighted)

    @property
    def running(self) -> str:
        """Title of the training that runs, empty if none does."""
        if self._built is not None:
            return self.live.title if self.live.is_running else ""
        return self._kept.title if self._kept.is_running else ""

    def unsaved(self) -> None:
        """Return nothing: all of it lies in files."""

    def may_close(self) -> bool:
        """Ask what becomes of a training that runs."""
        if self._built is not None:
            return self._built.presenter.may_close()
        self._kept_closing = Closing.KEEP
        if self._kept.is_running:
            self._kept_closing = ask_closing(
                self._stage.window(), self._kept.title, self._kept.stop_keeps
            )
        return self._kept_closing is not Closing.STAY

    def close(self) -> None:
        """Leave the training as was asked for, and remember how the tab looked."""
        if self._built is not None:
            self._built.close()
        self._kept.close(self._kept_closing)

    # -- what is behind it -------------------------------------------------------------

    def _build(self) -> TrainWiring:
        if self._built is None:
            self._kept.close()
            self._built = TrainWiring(self._context, self._factories, self._stage, self)
            self._built.presenter.first_run = self._kept.run
            self._built.live.taken.connect(self._badge.watch)
            self._built.past.listed.connect(self._on_listed)
            self._built.presenter.message.connect(self.message)
            self._built.actions.message.connect(self.message)
            self._built.actions.changed.connect(self._follow_actions)
            self._follow_actions()
            self._built.presenter.changed.connect(self._on_changed)
            sounds, listening = self._context.sounds, self._built.listening
            listening.started.connect(lambda: sounds.started.emit(self.title))
            sounds.started.connect(self._on_sound)
            self._stage.put(self._built.view)
            self._on_changed()
        return self._built

    def _on_sound(self, title: str) -> None:
        if title != self.title and self._built is not None:
            self._built.listening.pause()

    def _on_listed(self) -> None:
        if not self.live.is_running:
            self._badge.clear_busy()  # it ended between two looks, before the tab was opened

    def _on_renamed(self, old: str, new: str) -> None:
        # Also where nobody has looked at the tab: the form, which is loaded then, reads it.
        from fstmuse_gui.train.form.presenter import TRAIN_BASE

        if self._context.settings.get(TRAIN_BASE) == old:
            self._context.settings.set(TRAIN_BASE, new)

    def _on_shown(self) -> None:
        self._build()
        self._badge.clear()

    def _on_badge(self, badge: TabBadge | None) -> None:
        if self._stage.isVisible() and badge is not None and badge.kind is not BadgeKind.BUSY:
            self._badge.clear()  # it is seen anyway
        else:
            self._context.badges.changed.emit(self.title, badge)

    def _on_kept_ended(self, event: Ended) -> None:
        """Say so wherever the user is, for the tab has not been looked at."""
        title = self._kept.title
        if isinstance(event, Done):
            self._context.models.changed.emit()
            self.message.emit(f"{title} is ready.")
        elif isinstance(event, Failed):
            self.message.emit(f"{title} could not be trained to its end.")
        else:
            end = "was stopped before it went on" if event.is_kept else "was discarded"
            self.message.emit(f"{title} {end}.")
        if self._context.settings.get(TRAIN_QUEUE):
            self.presenter.queue.go_on()

    @property
    def view(self) -> TrainView:
        """View of the tab."""
        return self._build().view

    @property
    def presenter(self) -> TrainPresenter:
        """Presenter of the tab."""
        return self._build().presenter

    @property
    def live(self) -> LiveTraining:
        """The training that runs."""
        return self._build().live

    @property
    def past(self) -> PastRunsPresenter:
        """The trainings so far."""
        return self._build().past

    # -- actions -----------------------------------------------------------------------

    def _build_actions(self) -> None:
        self._browse = make_action(
            self,
            "Add a &data set\N{HORIZONTAL ELLIPSIS}",
            "Ctrl+D",
            lambda: self.presenter.data.browse(),
        )
        self._buckets = make_action(
            self,
            "Class &buckets\N{HORIZONTAL ELLIPSIS}",
            "Ctrl+B",
            lambda: self._build().open_buckets(),
        )
        self._fetch = make_action(
            self, "&Get FMA\N{HORIZONTAL ELLIPSIS}", "", lambda: self.presenter.data.fma.ask()
        )
        self._train = make_action(self, "&Train", "Ctrl+T", lambda: self.presenter.train())
        self._stop = make_action(
            self, "Stop the trainin&g", "Ctrl+.", lambda: self.presenter.stop()
        )
        entries = (
            ("undo", "&Undo", "Ctrl+Z"),
            ("rename", "Rena&me the training\N{HORIZONTAL ELLIPSIS}", "F2"),
            ("write", "&Note on the training\N{HORIZONTAL ELLIPSIS}", ""),
            ("delete", "&Delete the training", ""),
        )
        self._edits = {
            name: make_action(self, text, keys, partial(self._act, name))
            for name, text, keys in entries
        }
        for action in self._edits.values():
            action.setEnabled(False)

    def _act(self, name: str) -> None:
        action: QAction = getattr(self._build().actions, name)
        action.trigger()

    def _follow_actions(self) -> None:
        """Let the menu allow what the list of trainings does."""
        if self._built is not None:
            for name, entry in self._edits.items():
                action: QAction = getattr(self._built.actions, name)
                entry.setText(action.text())
                entry.setEnabled(action.isEnabled())

    def _on_changed(self) -> None:
        self._train.setEnabled(self.presenter.can_train)
        self._stop.setEnabled(self.live.is_running)
