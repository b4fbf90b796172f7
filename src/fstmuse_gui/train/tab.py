"""Puts the Train tab together: view, presenter, and the entries of its menus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from fstmuse_gui.settings import Option
from fstmuse_gui.tabs import MenuEntries, TabContext
from fstmuse_gui.train.data_work import DataWork
from fstmuse_gui.train.fma import FmaGetter
from fstmuse_gui.train.history import PastRun, past_runs
from fstmuse_gui.train.live import LiveTraining
from fstmuse_gui.train.past import PastShelf
from fstmuse_gui.train.presenter import TrainPresenter
from fstmuse_gui.train.process import OtherTraining, OwnTraining, Training
from fstmuse_gui.train.view import TrainView

TRAIN_SPLITTER = Option("train/splitter", list, [])


class TrainTab(QObject):
    """The tab, as ``tabs.Tab`` asks for it.

    The makers are given only by tests.
    """

    message = Signal(str)
    title = "Train"

    def __init__(
        self,
        context: TabContext,
        *,
        data: Callable[[QObject], DataWork] = DataWork,
        starter: Callable[[list[str], QObject], Training] = OwnTraining,
        follower: Callable[[Path, QObject], Training] = OtherTraining,
        lister: Callable[[], list[PastRun]] = past_runs,
        fma: Callable[[QObject], FmaGetter] = FmaGetter,
    ) -> None:
        super().__init__()
        self._settings = context.settings
        self.view = TrainView()
        self.live = LiveTraining(self.view, self, starter=starter, follower=follower)
        self.past = PastShelf(self.view, self, lister=lister)
        self.presenter = TrainPresenter(
            self.view, context.settings, data(self), self.live, self.past, fma(self), self
        )
        self.presenter.message.connect(self.message)
        self.presenter.model_made.connect(context.models.changed)
        self.presenter.model_wanted.connect(context.models.wanted)
        self.presenter.changed.connect(self._on_changed)
        self._build_actions()
        self._restore()
        self._on_changed()

    # -- as a tab ----------------------------------------------------------------------

    @property
    def widget(self) -> QWidget:
        """What the tab shows."""
        return self.view

    def menus(self) -> dict[str, MenuEntries]:
        """Entries for File."""
        return {"File": [self._browse, self._fetch, None, self._train, self._stop]}

    def open_paths(self, paths: list[str]) -> None:
        """Use a folder as the data set."""
        self.presenter.open_paths(paths)

    def set_hot(self, is_hot: bool) -> None:
        """Light up while something hangs above the window."""
        self.view.set_hot(is_hot)

    def may_close(self) -> bool:
        """Ask what becomes of a training that runs."""
        return self.presenter.may_close()

    def close(self) -> None:
        """Leave the training as was asked for, and remember how the tab looked."""
        self._settings.set(TRAIN_SPLITTER, self.view.splitter.sizes())
        self.presenter.close()

    def _restore(self) -> None:
        sizes = self._settings.get(TRAIN_SPLITTER)
        wanted = self.view.splitter.count()
        if len(sizes) == wanted and all(type(s) is int and s > 0 for s in sizes):
            self.view.splitter.setSizes(sizes)

    # -- actions -----------------------------------------------------------------------

    def _action(self, text: str, keys: str, run: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def _build_actions(self) -> None:
        p = self.presenter
        self._browse = self._action("Choose a &data set\N{HORIZONTAL ELLIPSIS}", "Ctrl+D", p.browse)
        self._fetch = self._action("&Get FMA\N{HORIZONTAL ELLIPSIS}", "", p.fma.ask)
        self._train = self._action("&Train", "Ctrl+T", p.train)
        self._stop = self._action("Stop the trainin&g", "Ctrl+.", self.live.stop)

    def _on_changed(self) -> None:
        self._train.setEnabled(self.presenter.can_train)
        self._stop.setEnabled(self.live.is_running)
