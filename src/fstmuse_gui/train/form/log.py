"""Logs for TensorBoard: whether, where, and how to look at them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.train.form.options import quoted
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.drops import leave_drops


class LogForm(QWidget):
    """A check box, a folder, and the line that shows the logs.

    Signals
    -------
    changed
        Something was entered.
    browse_requested
        Another folder is to be chosen.
    """

    changed = Signal()
    browse_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QCheckBox("Logs for &TensorBoard")
        self.box.setAccessibleName("Write logs for TensorBoard")
        set_tip(
            self.box,
            "Write loss, accuracy and learning rate of every epoch for TensorBoard, which lays "
            "trainings beside one another in a browser.",
        )
        self.box.toggled.connect(self._on_toggled)
        self.folder = QLineEdit()
        leave_drops(self.folder)
        self.folder.setAccessibleName("Folder for TensorBoard's logs")
        self.folder.setToolTip("Each training gets a folder of its own in it.")
        self.folder.textChanged.connect(self._on_text)
        self.browse_button = tool_button(
            "open", "Choose the folder for TensorBoard's logs", "Choose a folder"
        )
        self.browse_button.clicked.connect(self.browse_requested)
        self._hint = PlainLabel()
        self._hint.setProperty("look", "small")
        self._hint.setWordWrap(True)
        self._hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy_button = tool_button(
            "copy", "Copy the command that shows the logs", "Copy the command", side=16
        )
        self.copy_button.clicked.connect(self._copy)
        self._details = QWidget()
        row, line = QHBoxLayout(), QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse_button)
        line.setSpacing(4)
        line.addWidget(self._hint, 1)
        line.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignTop)
        details = QVBoxLayout(self._details)
        details.setContentsMargins(0, 0, 0, 0)
        details.setSpacing(4)
        details.addLayout(row)
        details.addLayout(line)
        self._details.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.box)
        column.addWidget(self._details)

    def _on_toggled(self, is_on: bool) -> None:
        self._details.setVisible(is_on)
        self.changed.emit()

    def _on_text(self, _text: str) -> None:
        self._hint.setText(
            f"Look at them with {self.command} (pip install tensorboard gets the program)."
        )
        self.changed.emit()

    @property
    def is_on(self) -> bool:
        """True if logs are wanted."""
        return self.box.isChecked()

    @property
    def path(self) -> str:
        """Folder of the logs; empty if none are wanted."""
        return self.folder.text().strip() if self.is_on else ""

    @property
    def command(self) -> str:
        """Command that shows the logs in a browser."""
        return quoted(["tensorboard", "--logdir", self.folder.text().strip()])

    @property
    def trouble(self) -> str:
        """Fault of the folder; empty if there is none."""
        if not self.is_on:
            return ""
        if not self.path:
            return "Choose a folder for TensorBoard's logs."
        return "" if not Path(self.path).is_file() else "This is a file; logs need a folder."

    def show_logs(self, is_on: bool, folder: str) -> None:
        """Enter this."""
        self.folder.setText(folder)
        self.box.setChecked(is_on)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command)
