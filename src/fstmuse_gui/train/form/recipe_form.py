"""The numbers of a training, and the logs for TensorBoard, folded away until someone wants them."""

from __future__ import annotations

import itertools
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID
from fstmuse_gui.train.form.options import quoted
from fstmuse_gui.train.form.recipe import (
    FIELDS,
    MODEL_KINDS,
    Choice,
    Real,
    Recipe,
    RecipeField,
    Switch,
    Value,
    Whole,
    field_tip,
    unused_fields,
)
from fstmuse_gui.widgets.controls import (
    CollapsibleBox,
    Field,
    choice,
    real,
    tool_button,
    whole,
    whole_or_off,
)
from fstmuse_gui.widgets.drops import ignore_drops

Control = QSpinBox | QDoubleSpinBox | QComboBox | QCheckBox


class RecipeForm(CollapsibleBox):
    """Epochs, batch size, learning rate and so on, as the model has them.

    Signals
    -------
    defaults_requested
        Back to what suits model and design.
    changed
        Something was entered.
    """

    defaults_requested = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("More settings", "More settings: epochs, learning rate and others", parent)
        self.controls: dict[str, Control] = {}
        self._holders: dict[str, QWidget] = {}
        for shown in FIELDS.values():
            self._add(shown)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(GRID)
        self._grid.setVerticalSpacing(GRID)
        self.defaults_button = QPushButton("Back to the defaults")
        self.defaults_button.setProperty("look", "link")
        self.defaults_button.clicked.connect(self.defaults_requested)
        self._below = QVBoxLayout()
        self._below.setSpacing(GRID)
        self._model = ""
        self.column.addLayout(self._grid)
        self.column.addLayout(self._below)
        self.column.addWidget(self.defaults_button)

    def add_below(self, widget: QWidget) -> None:
        """Place something between the numbers and the way back to the defaults."""
        self._below.addWidget(widget)

    def _add(self, shown: RecipeField) -> None:
        control = _control(shown)
        if isinstance(control, QComboBox):
            control.currentIndexChanged.connect(self.changed)
        elif isinstance(control, QCheckBox):
            control.toggled.connect(self.changed)
        else:
            control.valueChanged.connect(self.changed)
        self.controls[shown.setting.name] = control
        is_plain = isinstance(shown, Switch)
        holder = control if is_plain else Field(shown.caption, control, shown.tip)
        holder.setParent(self.inside)
        self._holders[shown.setting.name] = holder

    def show_model(self, model: str) -> None:
        """Offer the fields that a model has: two a line, long ones alone."""
        if model == self._model:
            return
        self._model = model
        for holder in self._holders.values():
            self._grid.removeWidget(holder)
            holder.hide()
        row = column = 0
        for name in MODEL_KINDS[model].fields:
            holder = self._holders[name]
            width = 2 if _is_long(FIELDS[name]) else 1
            if column + width > 2:
                row, column = row + 1, 0
            self._grid.addWidget(holder, row, column, 1, width)
            holder.show()
            column += width
        # Tab goes where the eye goes.
        order = [self.controls[name] for name in MODEL_KINDS[model].fields]
        for before, after in itertools.pairwise(order):
            QWidget.setTabOrder(before, after)

    @property
    def recipe(self) -> Recipe:
        """Values that are entered in the fields that the model has."""
        return {name: _value(self.controls[name]) for name in MODEL_KINDS[self._model].fields}

    def show_recipe(self, recipe: Recipe) -> None:
        """Enter this."""
        for name, value in recipe.items():
            _enter(self.controls[name], value)

    def show_design(self, design: str) -> None:
        """Leave out what a design of the model knows nothing of, and say why."""
        unused = unused_fields(self._model, design)
        for name in MODEL_KINDS[self._model].fields:
            control, tip = self.controls[name], field_tip(self._model, name)
            control.setEnabled(name not in unused)
            set_tip(control, unused.get(name, tip))
            control.setAccessibleDescription(unused.get(name, tip))


def _is_long(shown: RecipeField) -> bool:
    return isinstance(shown, Choice | Switch) or (isinstance(shown, Whole) and bool(shown.off))


def _control(shown: RecipeField) -> Control:
    if isinstance(shown, Whole):
        if shown.off:
            return whole_or_off(shown.low, shown.high, shown.off)
        return whole(shown.low, shown.high)
    if isinstance(shown, Real):
        return real(shown.low, shown.high, shown.step, shown.decimals)
    if isinstance(shown, Choice):
        return choice(shown.choices, shown.caption)
    box = QCheckBox(shown.caption)
    box.setAccessibleName(shown.spoken)
    set_tip(box, shown.tip)
    return box


def _value(control: Control) -> Value:
    if isinstance(control, QComboBox):
        return str(control.currentData())
    if isinstance(control, QCheckBox):
        return control.isChecked()
    return control.value()


def _enter(control: Control, value: Value) -> None:
    if isinstance(control, QComboBox):
        control.setCurrentIndex(control.findData(value))
    elif isinstance(control, QCheckBox):
        control.setChecked(bool(value))
    elif isinstance(control, QSpinBox):
        control.setValue(int(value))
    else:
        control.setValue(float(value))


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
        ignore_drops(self.folder)
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
