"""The page of the Library tab that holds the map, its buttons, and a line about it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from fstmuse_gui.library.map_view import SongMapView
from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.page_parts import ElidedLabel
from fstmuse_gui.widgets.state_pages import BarsLogo

_CLOSER, _FARTHER = 1.6, 1 / 1.6


class MapPane(QFrame):
    """The map with what can be done about it; while it is drawn, a page that says so.

    Signals
    -------
    redraw_requested
        All of the map is to be drawn anew.
    """

    redraw_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.map = SongMapView()
        self.note = ElidedLabel(cut=Qt.TextElideMode.ElideRight)
        self.note.setProperty("look", "small")
        self.note.setAccessibleName("About the map")
        self.lasso_button = tool_button(
            "lasso", "Draw around songs", "Drag around songs to choose them (or hold Shift)"
        )
        self.lasso_button.setCheckable(True)
        self.lasso_button.toggled.connect(self.map.set_drawing)
        self._build()

    def _build(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(GRID, 0, GRID // 2, GRID // 2)
        foot.setSpacing(2)
        foot.addWidget(self.note, 1)
        foot.addWidget(self.lasso_button)
        foot.addWidget(self._button("plus", "Closer", "Closer (+)", _CLOSER))
        foot.addWidget(self._button("minus", "Farther", "Farther (-)", _FARTHER))
        whole = tool_button("zoom-out", "Show all of the map", "Show all of the map (Home)")
        whole.clicked.connect(self.map.fit)
        anew = tool_button(
            "retry", "Draw the map anew", "Draw the map anew, also where songs have their places"
        )
        anew.clicked.connect(self.redraw_requested)
        foot.addWidget(whole)
        foot.addWidget(anew)
        self._words = PlainLabel()
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setWordWrap(True)
        self._words.setProperty("look", "muted")
        self._logo = BarsLogo(side=48, moving=True)
        wait = QWidget()
        inside = QVBoxLayout(wait)
        inside.addStretch()
        inside.addWidget(self._logo, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addSpacing(2 * GRID)
        inside.addWidget(self._words)
        inside.addStretch()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        column.addWidget(self.map, 1)
        column.addLayout(foot)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(wait)
        self._pages.addWidget(page)

    def _button(self, sign: str, name: str, tip: str, factor: float) -> QToolButton:
        button = tool_button(sign, name, tip)
        button.clicked.connect(lambda: self.map.zoom_by(factor))
        return button

    @property
    def text(self) -> str:
        """Words in place of the map; empty while it is shown."""
        return self._words.text() if self._pages.currentIndex() == 0 else ""

    def say(self, words: str, *, is_at_work: bool = False) -> None:
        """Show words in place of the map."""
        self._words.setText(words)
        self._logo.setVisible(is_at_work)
        self._pages.setCurrentIndex(0)

    def show_map(self, note: str) -> None:
        """Show the map, and a line about it."""
        self.note.set_text(note)
        self._pages.setCurrentIndex(1)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 220)
