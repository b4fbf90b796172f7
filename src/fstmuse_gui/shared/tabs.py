"""Tabs of the window: what each brings and is given, and the badges beside their titles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import (
    QAction,
    QColor,
    QIcon,
    QIconEngine,
    QImage,
    QKeySequence,
    QPainter,
    QPen,
    QPixmap,
    QShowEvent,
)
from PySide6.QtWidgets import QMenu, QTabWidget, QVBoxLayout, QWidget

from fstmuse_core.system.wording import counted
from fstmuse_gui.plain import tip, visible
from fstmuse_gui.settings import Settings
from fstmuse_gui.theme import current_colours, icon
from fstmuse_gui.widgets.dialogs import Answer, Question
from fstmuse_gui.workers.bridge import WorkerBridge
from fstmuse_gui.workers.learning import Learner

# None stands for a line between entries.
MenuEntries = list[QAction | QMenu | None]
_FULL_CIRCLE = 360 * 16
# Things that a question names; of more it says how many.
_NAMED = 12


def make_action(
    parent: QObject,
    text: str,
    keys: str | QKeySequence.StandardKey,
    run: Callable[[], object],
) -> QAction:
    """An action that answers to its keys wherever in the window the focus is."""
    action = QAction(text, parent)
    action.setShortcut(QKeySequence(keys))
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.triggered.connect(lambda _checked=False: run())
    return action


class LazyPage(QWidget):
    """Stage that is empty until it is shown; each time, ``fill`` may put something on it."""

    def __init__(self, fill: Callable[[], object]) -> None:
        super().__init__()
        self._fill = fill
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def put(self, widget: QWidget) -> None:
        """Fill the stage with a widget, which is built quicker if it is the stage's own already."""
        self._layout.addWidget(widget)
        widget.show()

    def showEvent(self, event: QShowEvent) -> None:
        self._fill()
        super().showEvent(event)


class ModelSignals(QObject):
    """Signals about models that tabs send one another.

    Signals
    -------
    changed
        There are others than before.
    renamed(str, str)
        The model of the first name is now called by the second; ``changed`` follows.
    wanted(str)
        The model of this name is to be used to classify.
    generator_wanted(str)
        The model of this name is to be used to make music.
    fine_tune_wanted(str)
        The model of this name is to be trained further.
    """

    changed = Signal()
    renamed = Signal(str, str)
    wanted = Signal(str)
    generator_wanted = Signal(str)
    fine_tune_wanted = Signal(str)


class DataSignals(QObject):
    """Signals about data sets that tabs send one another.

    Signals
    -------
    train_on_wanted(str)
        The data set at this path is to be trained on.
    music_like_wanted(list)
        Music like the first of the songs at these paths is to be made.
    """

    train_on_wanted = Signal(str)
    music_like_wanted = Signal(list)


class PlaybackSignals(QObject):
    """Signals about playback that tabs send one another, so that one plays at a time.

    Signals
    -------
    started(str)
        The tab of this title has begun to play.
    volume_changed
        The volume that the settings hold is another.
    """

    started = Signal(str)
    volume_changed = Signal()


class BadgeKind(StrEnum):
    """Kinds of badge beside a tab's title."""

    BUSY = "busy"
    DONE = "done"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class TabBadge:
    """A small picture beside a tab's title; ``share`` of the work that is done, if known."""

    kind: BadgeKind
    text: str
    share: float = 0.0


class BadgeSignals(QObject):
    """Signals about the badges beside the tabs' titles.

    Signals
    -------
    changed(str, object)
        Title of a tab and its :class:`TabBadge`, or ``None`` for nothing.
    """

    changed = Signal(str, object)


@dataclass(frozen=True)
class TabContext:
    """Settings, worker and signals that every tab may use."""

    settings: Settings
    bridge: WorkerBridge
    models: ModelSignals = field(default_factory=ModelSignals)
    data: DataSignals = field(default_factory=DataSignals)
    badges: BadgeSignals = field(default_factory=BadgeSignals)
    sounds: PlaybackSignals = field(default_factory=PlaybackSignals)
    learner: Learner = field(default_factory=Learner)


@dataclass(frozen=True)
class Unsaved:
    """Things in a tab that would be lost when the window closes.

    ``what`` is what each is ("recording", "take"); ``save`` asks where they go, and tells whether
    all of them lie in files then.
    """

    what: str
    names: tuple[str, ...]
    save: Callable[[], bool]


def ask_unsaved(parent: QWidget, names: Mapping[str, Sequence[str]], going_on: str = "") -> str:
    """Ask what becomes of things that lie in no file: "save", "discard", or nothing to go on.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    names : mapping of str to sequence of str
        Their names, by what they are ("recording", "take").
    going_on : str
        A training that runs on without the window; empty if none does.
    """
    every = [name for some in names.values() for name in some]
    one = visible(every[0]) if len(every) == 1 else ""
    counts = " and ".join(counted(len(some), what) for what, some in names.items() if some)
    listed = [*every[:_NAMED], *([f"and {len(every) - _NAMED} more"] * (len(every) > _NAMED))]
    text = "It lies in no file yet." if one else "\n".join(listed)
    if going_on:
        text += (
            f"\n\n{visible(going_on)} is still training. It goes on without the window; to end it, "
            "cancel this and press Stop in the Train tab."
        )
    more = "\N{HORIZONTAL ELLIPSIS}"
    answers = [
        Answer("", "Cancel"),
        Answer("discard", "Discard" if one else "Discard all"),
        Answer("save", f"Save{more}" if one else f"Save all{more}", is_default=True),
    ]
    return Question(parent, f"Save {one or counts} before closing?", text, answers).ask()


class Tab(Protocol):
    """One tab of the window."""

    @property
    def title(self) -> str:
        """Title of the tab."""

    @property
    def widget(self) -> QWidget:
        """Widget of the tab."""

    @property
    def message(self) -> SignalInstance:
        """Signal with a text for the status bar."""

    def menus(self) -> dict[str, MenuEntries]:
        """Entries for the menus File, Edit, View and Playback."""

    def open_paths(self, paths: list[str]) -> None:
        """Take files and folders that were dropped on the window or named at the start."""

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something that could be dropped hangs above the window."""

    def unsaved(self) -> Unsaved | None:
        """Things that would be lost; ``None`` where there are none."""

    def may_close(self) -> bool:
        """Ask before something is lost; True if the tab may close."""

    def close(self) -> None:
        """Stop everything that runs."""


class TabBadges:
    """Shows badges on the tabs of a widget.

    A tab's icon is set once: each new one would lay out and paint the whole window anew, and
    a training tells of a hundred steps. The ring is only painted again.
    """

    def __init__(self, tabs: QTabWidget) -> None:
        self._tabs = tabs
        self._rings: dict[int, _Share] = {}
        tabs.setIconSize(QSize(16, 16))

    def show(self, index: int, badge: TabBadge | None) -> None:
        """Let this stand beside the title of a tab; ``None`` for nothing."""
        title, said = self._tabs.tabText(index), badge.text if badge is not None else ""
        bar = self._tabs.tabBar()
        if badge is None or badge.kind is not BadgeKind.BUSY:
            self._rings.pop(index, None)
            self._tabs.setTabIcon(index, _still(badge))
        elif index in self._rings:
            self._rings[index].value = badge.share
            bar.update(bar.tabRect(index))
        else:
            self._rings[index] = _Share(badge.share)
            self._tabs.setTabIcon(index, QIcon(_Ring(self._rings[index])))
        self._tabs.setTabToolTip(index, tip(said))
        bar.setAccessibleTabName(index, f"{title}: {said}" if said else title)


def _still(badge: TabBadge | None) -> QIcon:
    if badge is None:
        return QIcon()
    done = badge.kind is BadgeKind.DONE
    return icon("done" if done else "warning", "accent" if done else "warning")


@dataclass
class _Share:
    value: float


class _Ring(QIconEngine):
    """Ring filled clockwise from the top, in the colours of the theme in force."""

    def __init__(self, share: _Share) -> None:
        super().__init__()
        self._share = share

    def clone(self) -> QIconEngine:
        return _Ring(self._share)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colours = current_colours()
        width = rect.width() / 7
        circle = QRectF(rect).adjusted(width, width, -width, -width)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        filled = min(1.0, max(0.0, self._share.value))
        for colour, share in ((colours.border_strong, 1.0), (colours.accent, filled)):
            pen = QPen(QColor(colour), width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawArc(circle, _FULL_CIRCLE // 4, -round(share * _FULL_CIRCLE))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return QPixmap.fromImage(image)
