"""Pane beside the table: the chosen file, the model's answer and the user's word."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.classify.result import Classification
from fstmuse_core.library.catalogue import shown_title
from fstmuse_core.library.rows import LibraryRow, State
from fstmuse_gui.library.words import STATES
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.genre_bars import ProbabilityBars
from fstmuse_gui.widgets.page_parts import ElidedLabel, scrolled
from fstmuse_gui.widgets.timeline_view import TimelineView
from fstmuse_gui.widgets.transport_bar import PlayButton
from fstmuse_gui.widgets.verdict import CorrectionBar, VerdictPanel

_WIDTH = 328
_NOTHING = "Choose a file to see and hear what the model says of it."
_HINTS = {
    State.WAITING: "It waits for its turn.",
    State.WORKING: "The model is listening to it.",
    State.FAILED: "See to the file, then try again.",
    State.SKIPPED: "It was taken out of the queue. Try again puts it back.",
    State.GONE: "It comes back by itself if the file does.",
}


class ReviewPane(QFrame):
    """Shows one file.

    Signals
    -------
    play_requested, next_requested, previous_requested
        A button was pressed.
    seek_requested(float)
        Seconds into the file.
    forget_requested
        The file is gone, and is to be forgotten.
    """

    play_requested = Signal()
    next_requested = Signal()
    previous_requested = Signal()
    seek_requested = Signal(float)
    forget_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName("The file that is chosen")
        self._duration_s = 0.0
        self._shown_time = ""
        self._title = ElidedLabel()
        self._title.setFont(scaled_font(self.font(), 1.15, QFont.Weight.DemiBold))
        self._about = ElidedLabel()
        self._about.setProperty("look", "muted")
        self._tag = ElidedLabel()
        self._tag.setProperty("look", "small")
        self.verdict = VerdictPanel()
        self.verdict.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.timeline = TimelineView()
        self.timeline.seek_requested.connect(self.seek_requested)
        self.bars = ProbabilityBars(explains=False)
        self.correction = CorrectionBar()
        self._build_player()
        self._build_gone()
        self._build_walk()
        self._pages = QStackedWidget()
        self._pages.addWidget(_hint_page())
        self._pages.addWidget(self._build_page())
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, GRID)
        column.setSpacing(GRID)
        column.addWidget(self._pages, 1)
        column.addLayout(self._walk)
        self.show_nothing()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 560)

    def minimumSizeHint(self) -> QSize:
        return QSize(288, 200)

    # -- building ----------------------------------------------------------------------

    def _build_player(self) -> None:
        self.play_button = PlayButton(keys="Space")
        self.play_button.clicked.connect(self.play_requested)
        self._time = PlainLabel()
        self._time.setAccessibleName("Position")
        self._time.setProperty("look", "muted")

    def _build_gone(self) -> None:
        """Say that the file is gone, also above an answer that was given before."""
        words = PlainLabel(f"{STATES[State.GONE]}. {_HINTS[State.GONE]}")
        words.setProperty("look", "muted")
        words.setWordWrap(True)
        self.forget_button = QPushButton("Forget it\N{HORIZONTAL ELLIPSIS}")
        self.forget_button.setToolTip("Take it out of the library; what was heard is kept")
        self.forget_button.clicked.connect(self.forget_requested)
        self._gone = QWidget()
        row = QHBoxLayout(self._gone)
        row.setContentsMargins(0, GRID, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(words, 1)
        row.addWidget(self.forget_button)

    def _build_walk(self) -> None:
        self.previous_button = QPushButton("Previous")
        self.previous_button.setProperty("look", "quiet")
        self.previous_button.setToolTip("The file above (K)")
        self.previous_button.clicked.connect(self.previous_requested)
        self.next_button = QPushButton("Next")
        self.next_button.setProperty("look", "quiet")
        self.next_button.setToolTip("The file below (J)")
        self.next_button.clicked.connect(self.next_requested)
        self._place = PlainLabel()
        self._place.setProperty("look", "small")
        self._place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._walk = QHBoxLayout()
        self._walk.setContentsMargins(GRID, 0, GRID, 0)
        self._walk.addWidget(self.previous_button)
        self._walk.addWidget(self._place, 1)
        self._walk.addWidget(self.next_button)

    def _build_page(self) -> QWidget:
        play = QHBoxLayout()
        play.setSpacing(GRID + GRID // 2)
        play.addWidget(self.play_button)
        play.addWidget(self.timeline, 1)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        column.setSpacing(GRID // 2)
        for line in (self._title, self._about, self._tag):
            column.addWidget(line)
        column.addWidget(self._gone)
        column.addSpacing(GRID)
        column.addLayout(play)
        column.addWidget(self._time, 0, Qt.AlignmentFlag.AlignRight)
        column.addSpacing(GRID)
        column.addWidget(self.verdict)
        column.addWidget(self.correction)
        column.addSpacing(GRID)
        column.addWidget(self.bars)
        column.addStretch()
        self._area = scrolled(inside)
        return self._area

    # -- what is shown -----------------------------------------------------------------

    def show_nothing(self) -> None:
        """Show that no file is chosen."""
        self._pages.setCurrentIndex(0)
        self._set_walk("")

    def show_file(self, row: LibraryRow, place: str) -> None:
        """Show a file; ``place`` says where among the others it stands."""
        self._pages.setCurrentIndex(1)
        self._title.set_text(shown_title(row))
        about = " \N{EN DASH} ".join(part for part in (row.artist, row.album) if part)
        self._about.set_text(about)
        self._about.setVisible(bool(about))
        self._tag.set_text(f"In the file: {row.tag_genre}" if row.tag_genre else "")
        self._tag.setVisible(bool(row.tag_genre))
        set_tip(self._title, row.path)
        self.setAccessibleDescription(shown_title(row))
        self._set_walk(place)

    def show_waiting(self, row: LibraryRow) -> None:
        """Show what the row itself says while its answer is being read."""
        self.timeline.show_result(None)
        self.bars.show_genres(tuple(self.bars.order))
        self.verdict.show_verdict(row.genre if row.is_sure else None, row.verdict)
        self._begin(row, row.seconds)

    def show_answer(self, row: LibraryRow, answer: Classification | None) -> None:
        """Show what the model says of it, or why it says nothing."""
        self.bars.setVisible(answer is not None and bool(answer.probabilities.any()))
        self.timeline.show_result(answer)
        if answer is None:
            words = row.error or _HINTS.get(row.state, "")
            self.verdict.show_words(STATES[row.state], words)
        else:
            self.timeline.set_range(0.0, max(answer.duration_s, 0.1))
            self.bars.show_result(answer)
            self.verdict.show_result(answer)
        self._begin(row, answer.duration_s if answer is not None else row.seconds)

    def _begin(self, row: LibraryRow, duration_s: float) -> None:
        self._duration_s = duration_s
        self.play_button.setEnabled(row.state is not State.GONE)
        self._gone.setVisible(row.state is State.GONE)
        self.set_position(0.0)

    def scroll_to_top(self) -> None:
        """Show the file's title."""
        self._area.verticalScrollBar().setValue(0)

    def _set_walk(self, place: str) -> None:
        self._place.setText(place)
        for button in (self.previous_button, self.next_button):
            button.setEnabled(bool(place))

    def show_place(self, place: str) -> None:
        """Say anew where among the others the file stands."""
        self._set_walk(place)

    def set_position(self, seconds: float) -> None:
        """Show how far the sound is."""
        self.timeline.set_position(seconds if seconds > 0 else None)
        text = f"{clock(seconds)}  /  {clock(self._duration_s)}" if self._duration_s else ""
        if text != self._shown_time:
            self._shown_time = text
            self._time.setText(text)

    def set_playing(self, is_playing: bool) -> None:
        """Show what a press will do."""
        self.play_button.set_playing(is_playing)

    @property
    def title(self) -> str:
        """The file's name as shown; empty if none is chosen."""
        return self._title.text() if self._pages.currentIndex() == 1 else ""


def _hint_page() -> QWidget:
    page = QWidget()
    words = PlainLabel(_NOTHING)
    words.setProperty("look", "muted")
    words.setAlignment(Qt.AlignmentFlag.AlignCenter)
    words.setWordWrap(True)
    column = QVBoxLayout(page)
    column.setContentsMargins(4 * GRID, 0, 4 * GRID, 0)
    column.addWidget(words)
    return page
