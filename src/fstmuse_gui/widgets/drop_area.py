"""The empty state: an invitation."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from fstmuse_core.errors import one_line
from fstmuse_gui.icons import icon
from fstmuse_gui.plain import PlainLabel, caption, set_tip
from fstmuse_gui.widgets.invitation import Invitation

_N_RECENT = 4
_RECENT_WIDTH = 320


class DropArea(Invitation):
    """Says what can be done when nothing has been done yet.

    Signals
    -------
    open_requested, record_requested
        A button was pressed.
    recent_chosen(str)
        A recent file was chosen.
    """

    open_requested = Signal()
    record_requested = Signal()
    recent_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._recent_box = QVBoxLayout()
        self._recent_box.setSpacing(0)
        self.open_button = QPushButton(
            icon("open", "on_accent"), " Open a song\N{HORIZONTAL ELLIPSIS}"
        )
        self.open_button.setProperty("look", "primary")
        self.open_button.setAccessibleName("Open songs")
        self.record_button = QPushButton(icon("microphone"), " Record 30 seconds")
        self.record_button.setAccessibleName("Record up to 30 seconds")
        super().__init__(
            "Drop a song here",
            "or a folder of songs. Everything stays on this computer.",
            [self.open_button, self.record_button],
            self._recent_box,
            parent,
        )
        self.open_button.clicked.connect(self.open_requested)
        self.record_button.clicked.connect(self.record_requested)

    def set_recent(self, paths: list[str]) -> None:
        """Offer the files opened last."""
        while (item := self._recent_box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        if not paths:
            return
        title = PlainLabel("Recent")
        title.setProperty("look", "small")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._recent_box.addWidget(title)
        for path in paths[:_N_RECENT]:
            name = one_line(path.replace("\\", "/").rsplit("/", 1)[-1])
            middle = Qt.TextElideMode.ElideMiddle
            shown = self.fontMetrics().elidedText(name, middle, _RECENT_WIDTH)
            button = QPushButton(caption(shown))
            button.setProperty("look", "link")
            button.setAccessibleName(f"Open {name} again")
            set_tip(button, one_line(path))
            button.clicked.connect(partial(self._choose_recent, path))
            self._recent_box.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)

    def _choose_recent(self, path: str, _checked: bool = False) -> None:
        self.recent_chosen.emit(path)
