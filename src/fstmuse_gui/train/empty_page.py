"""Nothing chosen yet: an invitation."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.widgets.invitation import Invitation


class EmptyPage(Invitation):
    """Says what can be done.

    Signals
    -------
    browse_requested, fetch_requested
        A button was pressed.
    """

    browse_requested = Signal()
    fetch_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.browse_button = QPushButton(
            icon("open", "on_accent"), " Choose a folder\N{HORIZONTAL ELLIPSIS}"
        )
        self.browse_button.setProperty("look", "primary")
        self.fetch_button = QPushButton(icon("save"), " Get FMA\N{HORIZONTAL ELLIPSIS}")
        self.fetch_button.setAccessibleName("Get the Free Music Archive data set")
        self.fetch_button.setToolTip("Download thousands of labelled clips from their authors")
        super().__init__(
            "Train on your own music",
            "Drop a folder here: one whose folders are named after genres, a library with "
            "genre tags, or FMA as it ships. Nothing leaves this computer.",
            [self.browse_button, self.fetch_button],
            parent=parent,
        )
        self.browse_button.clicked.connect(self.browse_requested)
        self.fetch_button.clicked.connect(self.fetch_requested)
