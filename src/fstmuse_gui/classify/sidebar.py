"""Beside the clip: the model, the list of clips, and the microphone."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.classify.models import ModelInfo
from fstmuse_gui.icons import icon
from fstmuse_gui.plain import PlainLabel, tip
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.calm import CalmComboBox
from fstmuse_gui.widgets.file_list import FileList

_WIDTH = 336


class Sidebar(QWidget):
    """Chooses the model and the clip.

    Signals
    -------
    model_chosen(str)
        Name of a model.
    open_requested, cancel_requested
        A button was pressed.
    """

    model_chosen = Signal(str)
    open_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, record_panel: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(self._build_model())
        column.addSpacing(GRID)
        column.addLayout(self._build_heading())
        self.list = FileList()
        column.addWidget(self.list, 1)
        column.addWidget(self._build_work())
        column.addWidget(_card(record_panel))

    def sizeHint(self) -> QSize:
        return QSize(max(_WIDTH, self.minimumSizeHint().width()), 600)

    def _build_model(self) -> QHBoxLayout:
        label = PlainLabel("&Model")
        label.setProperty("look", "muted")
        self.model_chooser = CalmComboBox()
        self.model_chooser.setAccessibleName("Model")
        self.model_chooser.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.model_chooser.activated.connect(
            lambda _i: self.model_chosen.emit(self.model_chooser.currentData())
        )
        label.setBuddy(self.model_chooser)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self.model_chooser, 1)
        return row

    def _build_heading(self) -> QHBoxLayout:
        heading = PlainLabel("Clips")
        heading.setFont(scaled_font(self.font(), 1.0, QFont.Weight.DemiBold))
        self.open_button = QToolButton()
        self.open_button.setIcon(icon("open"))
        self.open_button.setIconSize(QSize(20, 20))
        self.open_button.setAccessibleName("Open songs")
        self.open_button.setToolTip("Open songs (Ctrl+O)")
        self.open_button.clicked.connect(self.open_requested)
        row = QHBoxLayout()
        row.addWidget(heading, 1)
        row.addWidget(self.open_button)
        return row

    def _build_work(self) -> QWidget:
        self._work = QWidget()
        self._work_text = PlainLabel()
        self._work_text.setProperty("look", "small")
        self.cancel_button = QPushButton("Cancel all")
        self.cancel_button.setProperty("look", "quiet")
        self.cancel_button.clicked.connect(self.cancel_requested)
        row = QHBoxLayout(self._work)
        row.setContentsMargins(GRID, 0, 0, 0)
        row.addWidget(self._work_text, 1)
        row.addWidget(self.cancel_button)
        self._work.hide()
        return self._work

    def show_models(self, models: list[ModelInfo], chosen: str) -> None:
        """Offer models by their titles."""
        self.model_chooser.clear()
        for model in models:
            self.model_chooser.addItem(model.title, model.name)
            place = self.model_chooser.count() - 1
            knows = tip("Knows " + ", ".join(model.genres))
            self.model_chooser.setItemData(place, knows, Qt.ItemDataRole.ToolTipRole)
        self.show_chosen(chosen)
        self.model_chooser.setEnabled(bool(models))

    def show_chosen(self, name: str) -> None:
        """Show which model is used."""
        self.model_chooser.setCurrentIndex(self.model_chooser.findData(name))

    def show_work(self, text: str) -> None:
        """Say what is still going on with several clips; an empty text hides the line."""
        self._work_text.setText(text)
        self._work.setVisible(bool(text))


def _card(content: QWidget) -> QFrame:
    card = QFrame()
    card.setObjectName("card")
    inside = QVBoxLayout(card)
    inside.setContentsMargins(12, 12, 12, 12)
    inside.addWidget(content)
    return card
