"""Everything behind the Train tab, put together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from fstmuse_gui.settings import COLOUR_MAP, Option
from fstmuse_gui.sound.playing import Playing, make_player
from fstmuse_gui.tabs import TabContext
from fstmuse_gui.train.bases import Base, bases
from fstmuse_gui.train.cache_presenter import CachePresenter
from fstmuse_gui.train.data_presenter import DataPresenter, corrections_count
from fstmuse_gui.train.data_work import DataWork
from fstmuse_gui.train.fma import FmaGetter
from fstmuse_gui.train.form_presenter import FormPresenter
from fstmuse_gui.train.history import PastRun, past_runs
from fstmuse_gui.train.listening import Listening
from fstmuse_gui.train.live import LiveTraining
from fstmuse_gui.train.past import PastShelf
from fstmuse_gui.train.presenter import TrainPresenter
from fstmuse_gui.train.process import OtherTraining, OwnTraining, Training
from fstmuse_gui.train.view import TrainView

TRAIN_SPLITTER = Option("train/splitter", list, [])


class TrainDesk(QObject):
    """View, presenter and what they work with; the makers are given only by tests."""

    def __init__(
        self,
        context: TabContext,
        parent: QObject | None = None,
        *,
        data: Callable[[QObject], DataWork] = DataWork,
        starter: Callable[[list[str], QObject], Training] = OwnTraining,
        follower: Callable[[Path, QObject], Training] = OtherTraining,
        lister: Callable[[], list[PastRun]] = past_runs,
        fma: Callable[[QObject], FmaGetter] = FmaGetter,
        bases: Callable[[], list[Base]] = bases,
        corrections: Callable[[], int] = corrections_count,
        player: Callable[[QObject], Playing] = make_player,
        cache: Callable[[TrainView, QObject], CachePresenter] = CachePresenter,
    ) -> None:
        super().__init__(parent)
        self._settings = context.settings
        self.view = TrainView()
        self.live = LiveTraining(self.view, self, starter=starter, follower=follower)
        self.past = PastShelf(self.view, self, lister=lister)
        form = FormPresenter(self.view, context.settings, self, bases=bases)
        music = DataPresenter(
            self.view,
            context.settings,
            data(self),
            self.past,
            fma(self),
            self,
            count_corrections=corrections,
        )
        self.presenter = TrainPresenter(self.view, form, music, self.live, self.past, self)
        self.presenter.model_made.connect(context.models.changed)
        self.presenter.model_wanted.connect(context.models.wanted)
        self.presenter.generator_wanted.connect(context.models.generator_wanted)
        self._cache = cache(self.view, self)
        for signal in (self.live.changed, self.live.ended):
            signal.connect(lambda: self._cache.follow(self.live.is_running))
        self._samples = self.view.run_page.gan.samples
        self.listening = Listening(self._samples, context.settings, player, self)
        self.listening.message.connect(self.view.notice.say)
        self.view.shown.connect(self._show_colours)
        context.models.renamed.connect(form.follow_rename)
        context.models.changed.connect(form.refresh_bases)
        sizes = self._settings.get(TRAIN_SPLITTER)
        wanted = self.view.splitter.count()
        if len(sizes) == wanted and all(type(s) is int and s > 0 for s in sizes):
            self.view.splitter.set_widths(sizes)

    def _show_colours(self) -> None:
        """As they were chosen for the spectrograms of the other tabs."""
        self._samples.set_colour_map(self._settings.get(COLOUR_MAP))

    def close(self) -> None:
        """Leave the training as was asked for, and remember how the tab looked."""
        self._settings.set(TRAIN_SPLITTER, self.view.splitter.widths())
        self.listening.close()
        self._cache.close()
        self.presenter.close()
