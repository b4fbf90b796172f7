"""How far the download of FMA is, wherever else the tab is, and what to do with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from fstmuse_gui.plain import set_tip
from fstmuse_gui.train.line_box import LineBox


class FmaBox(LineBox):
    """A line and a button; hidden while there is nothing to say.

    Signals
    -------
    cancel_requested
        The download is to be given up.
    add_requested
        What was downloaded is to be learned from.
    """

    cancel_requested = Signal()
    add_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cancel_button = self._add_button("Cancel", "Cancel the download of FMA")
        self.cancel_button.setToolTip("What has come is kept for the next time")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.add_button = self._add_button("Add", "Add FMA to the data sets")
        self.add_button.setToolTip("Learn from FMA too")
        self.add_button.clicked.connect(self.add_requested)
        self.hide()

    def show_work(self, words: str, *, can_cancel: bool) -> None:
        """Say how far the download is."""
        self._show(f"Getting FMA. {words}")
        self.cancel_button.setVisible(can_cancel)
        self.add_button.hide()

    def show_offer(self, folder: str) -> None:
        """It is there, and can be added."""
        self._show("FMA has been downloaded.")
        set_tip(self._line, folder)
        self.cancel_button.hide()
        self.add_button.show()

    def _show(self, text: str) -> None:
        self._line.setText(text)
        self._line.setToolTip("")
        for button in (self.cancel_button, self.add_button):
            button.setAccessibleDescription(text)
        self.show()
