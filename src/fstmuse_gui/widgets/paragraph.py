"""Centred text of a comfortable width, or of less where there is no room for that."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QWidget

from fstmuse_gui.plain import PlainLabel

_LEAST_WIDTH = 160


class Paragraph(PlainLabel):
    """Wraps a plain text at ``width`` pixels at most."""

    def __init__(self, text: str, width: int, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setMaximumWidth(width)

    def heightForWidth(self, width: int) -> int:
        # A column asks for the height at its own width, which may be more than the label's.
        return super().heightForWidth(min(width, self.maximumWidth()))

    def sizeHint(self) -> QSize:
        return QSize(self.maximumWidth(), self.heightForWidth(self.maximumWidth()))

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH, self.heightForWidth(self.maximumWidth()))
