"""The numbers of a training, folded away until someone wants them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.theme import GRID
from fstmuse_gui.train.fields import Field, choice, real, whole
from fstmuse_gui.train.options import AUGMENTS, Recipe

_MAX_SEED = 2**31 - 1


class RecipeForm(QWidget):
    """Epochs, batch size, learning rate and so on.

    Signals
    -------
    defaults_requested
        Back to what suits model and design.
    unfolded
        There is more to see.
    """

    defaults_requested = Signal()
    unfolded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fold_button = QPushButton(icon("chevron", "muted"), " More settings")
        self.fold_button.setProperty("look", "link")
        self.fold_button.setCheckable(True)
        self.fold_button.setAccessibleName("More settings: epochs, learning rate and others")
        self._inside = self._build()
        self._inside.hide()
        self.fold_button.toggled.connect(self._unfold)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.fold_button)
        column.addWidget(self._inside)

    def _unfold(self, is_open: bool) -> None:
        self._inside.setVisible(is_open)
        if is_open:
            self.unfolded.emit()

    def _build(self) -> QWidget:
        self.epochs = whole(1, 10_000)
        self.batch_size = whole(1, 4096)
        self.learning_rate = real(0.000001, 10.0, 0.0005, 6)
        self.dropout = real(0.0, 0.95, 0.05, 2)
        self.l2 = real(0.0, 1.0, 0.0001, 6)
        self.seed = whole(0, _MAX_SEED)
        self.augment = choice(AUGMENTS, "Augmentation")
        self.balance = QCheckBox("As many of &each genre")
        self.balance.setAccessibleName("As many songs of each genre")
        self.balance.setToolTip(
            "Take the same number of songs of every genre, as the report did; the rest is unused."
        )
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(GRID)
        fields = (
            Field(
                "Epochs",
                self.epochs,
                "How often all songs are gone through, 1 to 10,000. More takes longer; "
                "Stop ends early and keeps the best.",
            ),
            Field(
                "Batch size",
                self.batch_size,
                "Crops that are learned from at once, 1 to 4,096. Larger needs more memory.",
            ),
            Field(
                "Learning rate",
                self.learning_rate,
                "The largest step, above 0 up to 10. Too large and the loss stops being a number.",
            ),
            Field(
                "Dropout",
                self.dropout,
                "Share of features left out at random, 0 to 0.95. More keeps small data sets "
                "from being learned by heart.",
            ),
            Field("L2", self.l2, "Pull of the weights towards zero, 0 to 1. 0 is none."),
            Field(
                "Seed", self.seed, "0 and up. The same seed and settings give the same model again."
            ),
        )
        for place, field in enumerate(fields):
            grid.addWidget(field, place // 2, place % 2)
        self.augment_field = Field(
            "Augmentation",
            self.augment,
            "Light: another place, tempo, pitch and room. Full: also blanked stretches and "
            "blends of two songs. None: plain crops.",
        )
        grid.addWidget(self.augment_field, 3, 0, 1, 2)
        grid.addWidget(self.balance, 4, 0, 1, 2)
        self.defaults_button = QPushButton("Back to the defaults")
        self.defaults_button.setProperty("look", "link")
        self.defaults_button.clicked.connect(self.defaults_requested)
        grid.addWidget(self.defaults_button, 5, 0, 1, 2)
        return inside

    @property
    def recipe(self) -> Recipe:
        """What is entered."""
        return Recipe(
            epochs=self.epochs.value(),
            batch_size=self.batch_size.value(),
            learning_rate=self.learning_rate.value(),
            dropout=self.dropout.value(),
            l2=self.l2.value(),
            augment=self.augment.currentData(),
            seed=self.seed.value(),
            balance=self.balance.isChecked(),
        )

    def show_recipe(self, recipe: Recipe) -> None:
        """Enter this."""
        self.epochs.setValue(recipe.epochs)
        self.batch_size.setValue(recipe.batch_size)
        self.learning_rate.setValue(recipe.learning_rate)
        self.dropout.setValue(recipe.dropout)
        self.l2.setValue(recipe.l2)
        self.augment.setCurrentIndex(self.augment.findData(recipe.augment))
        self.seed.setValue(recipe.seed)
        self.balance.setChecked(recipe.balance)

    def show_design(self, design: str) -> None:
        """The report's design has no dropout, L2 or augmentation."""
        for control in (self.dropout, self.l2, self.augment):
            control.setEnabled(design != "original")
