"""The frame of every tab: a side to choose on, pages, and a calm line for news."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QSpacerItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, PlainMessage, caption
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.page_parts import StackingSplitter, shield
from fstmuse_gui.widgets.scroll_pane import ScrollPane, SidePane

_SHOWN_MS = 12_000
_SIGN = 16
# Below this height of a tab its parts stand closer.
LOW = 560
# Below this width of a tab they stand below each other, with no room to spare at their sides.
NARROW = 720
_STACKED = (240, 240)
# Room for a notice of one line.
_SLOT = 30


class MessageBar(QFrame):
    """Bar with a line of text that can be closed, hidden until there is something to say.

    Parameters
    ----------
    name, closing : str
        The bar's name and that of its button for screen readers.
    label : QLabel
        Shows the text.
    """

    def __init__(self, name: str, label: QLabel, closing: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAccessibleName(name)
        self._text = label
        self.close_button = tool_button("close", closing, "Close", side=_SIGN, role="muted")
        self.close_button.clicked.connect(self.hide)
        self._row = QHBoxLayout(self)
        self._row.addWidget(label, 1)
        self._row.addWidget(self.close_button)
        self.hide()

    @property
    def text(self) -> str:
        """Text of the bar, which may be hidden."""
        return self._text.text()


class NoticeBar(MessageBar):
    """Bar for a notice, hidden until there is one.

    It floats over ``slot``, which keeps the room of a line: nothing moves when it comes or goes.
    """

    def __init__(self, slot: QWidget, parent: QWidget) -> None:
        label = PlainLabel()
        label.setWordWrap(True)
        super().__init__("Notice", label, "Close the notice", parent)
        self._row.setAlignment(self.close_button, Qt.AlignmentFlag.AlignTop)
        self._slot = slot
        slot.installEventFilter(self)
        self._sign = PlainLabel()
        self._row.insertWidget(0, self._sign)
        self._row.setContentsMargins(2 * GRID, 2, GRID, 2)
        self._row.setSpacing(GRID)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        self._is_of_item = False

    def say(self, text: str) -> None:
        """Show a sentence for a while; an empty one hides the bar."""
        self._text.setText(text)
        self._sign.setPixmap(icon("information", "accent").pixmap(_SIGN, _SIGN))
        self.setAccessibleDescription(text)
        self._place()
        self.setVisible(bool(text))
        self._is_of_item = False
        self._timer.start()

    def say_of_item(self, text: str) -> None:
        """Show a sentence about the item that is shown, until another one is."""
        self.say(text)
        self._is_of_item = True

    def leave_item(self) -> None:
        """Hide what was said of the item shown before."""
        if self._is_of_item:
            self.say("")

    def _place(self) -> None:
        where = self._slot.geometry()
        where.setHeight(max(_SLOT, self.heightForWidth(where.width())))
        self.setGeometry(where)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and not self.isHidden():
            self._place()
        return False


class PagedView(QWidget):
    """``side`` on the left; on the right the notice and, below it, one of ``pages``.

    Where it is narrow the side stands above the pages, and all of it scrolls downwards.

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
        # From the outside inwards, and the pages last: with each new parent the style sheet is
        # applied to all that is within, which with these took most of a second.
        self.splitter = StackingSplitter(NARROW, _STACKED)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(ScrollPane(self.splitter, self))
        self.splitter.addWidget(SidePane(side, self.splitter))
        main = QWidget(self.splitter)
        self.splitter.addWidget(main)
        self.splitter.setStretchFactor(1, 1)
        self._slot = QWidget(main)
        self.notice = NoticeBar(self._slot, main)
        self._pages = QStackedWidget(main)
        column = QVBoxLayout(main)
        self._main = column
        column.setSpacing(0)
        above = QHBoxLayout()
        above.addWidget(self._slot)
        self._beside_slot = QSpacerItem(0, 0)
        above.addItem(self._beside_slot)
        column.addLayout(above)
        column.addWidget(self._pages, 1)
        self._panes = {page: ScrollPane(page, self._pages, keeps_room=True) for page in pages}
        for pane in self._panes.values():
            self._pages.addWidget(pane)

    @property
    def page(self) -> QWidget | None:
        """The page shown."""
        pane = self._pages.currentWidget()
        return pane.inside if isinstance(pane, ScrollPane) else None

    def show_page(self, page: QWidget) -> None:
        """Bring a page to the front."""
        if self._pages.currentWidget() is not self._panes[page]:
            self._pages.setCurrentWidget(self._panes[page])
            self.shield()

    def shield(self) -> None:
        """Let the pages take no press for a moment: it was meant for what was there before."""
        shield(self._pages)

    def leave_item(self) -> None:
        """Remove everything that belongs to the item shown before."""
        self.notice.leave_item()
        for pane in self._panes.values():
            for bar in (pane.verticalScrollBar(), pane.horizontalScrollBar()):
                bar.setValue(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_low = self.height() < LOW
        # Where it is low a notice lies over the page's head.
        self._slot.setFixedHeight(0 if is_low else _SLOT)
        above, below = (GRID, GRID) if is_low else (GRID // 2, 2 * GRID)
        side = GRID if self.width() < NARROW else 3 * GRID
        # The bar of a page has its room within what is free at the right.
        bar = next(iter(self._panes.values())).bar_width
        self._beside_slot.changeSize(bar, 0)
        self._main.setContentsMargins(side, above, max(0, side - bar), below)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.hidden.emit()

    def ask_save_folder(self, folder: str, title: str) -> str:
        """Let the user choose where several files go; empty if nowhere."""
        return QFileDialog.getExistingDirectory(self, title, folder)

    def confirm(self, question: str, detail: str, go_on: str) -> bool:
        """Ask before something is lost."""
        box = PlainMessage(self.window(), question, detail)
        yes = box.addButton(caption(go_on), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton("Keep", QMessageBox.ButtonRole.RejectRole))
        box.exec()
        answer = box.clickedButton() is yes
        box.deleteLater()
        return answer
