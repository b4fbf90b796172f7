"""What the tabs have in common: something to choose with on the left, one of several pages."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainMessage, caption
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.notice_bar import NoticeBar


class PagedView(QWidget):
    """``side`` on the left; on the right the notice and, below it, one of ``pages``.

    Signals
    -------
    shown, hidden
        The tab has come to the front, or gone.
    """

    shown = Signal()
    hidden = Signal()

    def __init__(
        self, name: str, side: QWidget, pages: Sequence[QWidget], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.notice = NoticeBar()
        self._pages = QStackedWidget()
        for page in pages:
            self._pages.addWidget(page)
        main = QWidget()
        column = QVBoxLayout(main)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(self.notice)
        column.addWidget(self._pages, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(side)
        self.splitter.addWidget(main)
        self.splitter.setStretchFactor(1, 1)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.splitter)

    @property
    def page(self) -> QWidget | None:
        """The page shown."""
        return self._pages.currentWidget()

    def show_page(self, page: QWidget) -> None:
        """Bring a page to the front."""
        self._pages.setCurrentWidget(page)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.hidden.emit()

    def confirm(self, question: str, detail: str, go_on: str) -> bool:
        """Ask before something is lost."""
        box = PlainMessage(self.window(), question, detail)
        yes = box.addButton(caption(go_on), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton("Keep", QMessageBox.ButtonRole.RejectRole))
        box.exec()
        answer = box.clickedButton() is yes
        box.deleteLater()
        return answer
