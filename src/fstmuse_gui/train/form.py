"""Beside the curves: the data set, what is to be learned from it, and the earlier trainings."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.icons import icon
from fstmuse_gui.theme import GRID
from fstmuse_gui.train.chips import GenreChips
from fstmuse_gui.train.fields import Field, choice
from fstmuse_gui.train.options import DESIGNS, MODELS, TrainOptions, default_recipe
from fstmuse_gui.train.recipe_form import RecipeForm
from fstmuse_gui.train.runs_list import RunsList

_WIDTH = 336
_RUNS_HEIGHT = 196


class TrainForm(QWidget):
    """Asks what to train, and on what.

    Signals
    -------
    data_entered(str)
        Path of a data set.
    browse_requested, about_requested, train_requested
        A button was pressed.
    changed
        Something else was entered.
    """

    data_entered = Signal(str)
    browse_requested = Signal()
    about_requested = Signal()
    train_requested = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(_WIDTH - 4 * GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        self._area = self._build_fields()
        column.addWidget(self._area, 1)
        self.train_button = QPushButton(icon("play", "on_accent"), " Train")
        self.train_button.setProperty("look", "primary")
        self.train_button.setToolTip("Begin the training (Ctrl+T)")
        self.train_button.clicked.connect(self.train_requested)
        column.addWidget(self.train_button)
        self.runs = RunsList()
        self.runs.setFixedHeight(_RUNS_HEIGHT)
        column.addWidget(self.runs)
        self._show_defaults()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 600)

    def _build_fields(self) -> QScrollArea:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._build_data())
        column.addWidget(self._build_genres())
        self.model = choice(MODELS, "Model")
        self.design = choice(DESIGNS, "Design")
        for box in (self.model, self.design):
            box.activated.connect(lambda _i: self._show_defaults())
        row = QHBoxLayout()
        row.setSpacing(GRID)
        tip = "FstMuse: the larger network. ToyModel: a small one for up to three genres."
        row.addWidget(Field("&Model", self.model, tip))
        tip = "Ours hears better and trains faster. The report's is rebuilt to compare with."
        row.addWidget(Field("&Design", self.design, tip))
        column.addLayout(row)
        self.name = QLineEdit()
        self.name.textEdited.connect(lambda _t: self.changed.emit())
        tip = "What the new model is called: letters, digits, dots, dashes, underscores."
        self.name_field = Field("&Name of the new model", self.name, tip)
        column.addWidget(self.name_field)
        self.recipe = RecipeForm()
        self.recipe.defaults_requested.connect(self._show_defaults)
        self.recipe.unfolded.connect(self._scroll_down)
        column.addWidget(self.recipe)
        column.addStretch()
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        return area

    def _build_data(self) -> QWidget:
        self.data = QLineEdit()
        self.data.setPlaceholderText("Drop a folder of music here")
        self.data.editingFinished.connect(self._on_data)
        self._told_data = ""
        self.browse_button = QToolButton()
        self.browse_button.setIcon(icon("open"))
        self.browse_button.setIconSize(QSize(20, 20))
        self.browse_button.setAccessibleName("Choose the folder of music")
        self.browse_button.setToolTip("Choose a folder (Ctrl+D)")
        self.browse_button.clicked.connect(self.browse_requested)
        tip = "Folders named after genres, FMA as it ships, tagged music, or a manifest.csv."
        self.data_field = Field("D&ata set", self.data, tip)
        self.data_field.add_beside(self.browse_button)
        return self.data_field

    def _build_genres(self) -> QWidget:
        self._genres = QWidget()
        caption = QLabel("Genres to learn, with their clips")
        caption.setProperty("look", "small")
        self.chips = GenreChips()
        self.chips.changed.connect(self.changed)
        self._genres_trouble = QLabel()
        self._genres_trouble.setProperty("look", "danger")
        self._genres_trouble.setWordWrap(True)
        self._genres_trouble.hide()
        column = QVBoxLayout(self._genres)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.about_button = QPushButton("Details")
        self.about_button.setProperty("look", "link")
        self.about_button.setAccessibleName("Details of the data set")
        self.about_button.setToolTip("What the data set holds, and what is wrong with it")
        self.about_button.clicked.connect(self.about_requested)
        head = QHBoxLayout()
        head.addWidget(caption, 1)
        head.addWidget(self.about_button)
        column.addLayout(head)
        column.addWidget(self.chips)
        column.addWidget(self._genres_trouble)
        self._genres.hide()
        return self._genres

    def _scroll_down(self) -> None:
        """Bring what has been unfolded into view, once it has its place."""
        bar = self._area.verticalScrollBar()
        QTimer.singleShot(0, self, lambda: bar.setValue(bar.maximum()))

    def _on_data(self) -> None:
        path = self.data.text().strip()
        if path != self._told_data:
            self._told_data = path
            self.data_entered.emit(path)

    def _show_defaults(self) -> None:
        model, design = self.model.currentData(), self.design.currentData()
        self.recipe.show_recipe(default_recipe(model, design))
        self.recipe.show_design(design)
        self.changed.emit()

    def show_data(self, path: str) -> None:
        """Enter the path of a data set without telling anyone."""
        self._told_data = path
        self.data.setText(path)

    def set_hot(self, is_hot: bool) -> None:
        """Light up the field that takes what hangs above the window."""
        self.data.setProperty("look", "hot" if is_hot else "")
        self.data.style().unpolish(self.data)
        self.data.style().polish(self.data)

    def show_genres_box(self, is_shown: bool) -> None:
        """Show or hide the choice of genres, and the way to the data set's page."""
        self._genres.setVisible(is_shown)

    @property
    def options(self) -> TrainOptions:
        """What is entered."""
        return TrainOptions(
            data=self._told_data,
            model=self.model.currentData(),
            design=self.design.currentData(),
            genres=self.chips.taken,
            name=self.name.text().strip(),
            recipe=self.recipe.recipe,
        )

    def show_troubles(self, *, data: str = "", genres: str = "", name: str = "") -> None:
        """Say beside each field what is wrong with it."""
        self.data_field.show_trouble(data)
        self.name_field.show_trouble(name)
        self._genres_trouble.setText(genres)
        self._genres_trouble.setVisible(bool(genres))
        self.chips.setAccessibleDescription(genres)

    def show_train(self, text: str, *, is_enabled: bool) -> None:
        """What the button says, and whether it can be pressed."""
        self.train_button.setText(f" {text}")
        self.train_button.setEnabled(is_enabled)
