"""Beside the table: who listens, the folders, and the genres with how many files each has."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFont
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.library.rows import LibraryFolder
from fstmuse_gui.classify.models import ModelInfo
from fstmuse_gui.icons import icon
from fstmuse_gui.library.catalogue import NOT_SURE
from fstmuse_gui.library.facet_list import Facet, FacetList
from fstmuse_gui.library.words import MORE, folder_name
from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.calm import CalmComboBox

_WIDTH = 240
_ADD = f" Add a folder{MORE}"
_FOLDER_ROWS = 5
_ROW = 32


class LibrarySidebar(QWidget):
    """Chooses what the table shows.

    Signals
    -------
    add_requested
        The button was pressed.
    remove_requested(int)
        The folder of this id shall leave the library.
    model_chosen(str)
        Name of the model that shall listen.
    folder_chosen(str), genre_chosen(str)
        A folder's id or a genre to filter by; empty for all.
    """

    add_requested = Signal()
    remove_requested = Signal(int)
    model_chosen = Signal(str)
    folder_chosen = Signal(str)
    genre_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.model_chooser = CalmComboBox()
        self.model_chooser.setAccessibleName("Model that listens")
        self.model_chooser.setToolTip("Which model listens; each keeps its own answers")
        self.model_chooser.setMinimumContentsLength(8)
        self.model_chooser.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.model_chooser.activated.connect(
            lambda _i: self.model_chosen.emit(self.model_chooser.currentData())
        )
        self.folders = FacetList("Folders")
        self.folders.chosen.connect(self.folder_chosen)
        self._remove = QAction(icon("delete"), "Remove from the library", self)
        self._remove.setToolTip("The files stay where they are, and what was heard is kept")
        self._remove.triggered.connect(self._on_remove)
        self.folders.addAction(self._remove)
        self.folders.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.genres = FacetList("Genres")
        self.genres.chosen.connect(self.genre_chosen)
        self.add_button = QPushButton(icon("open"), _ADD)
        self.add_button.setToolTip("Add a folder with music to the library (Ctrl+O)")
        self.add_button.clicked.connect(self.add_requested)
        self._build()

    def _build(self) -> None:
        self.folders.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self._heading("Heard by"))
        column.addWidget(self.model_chooser)
        column.addSpacing(GRID)
        column.addWidget(self._heading("Folders"))
        column.addWidget(self.folders)
        column.addSpacing(GRID)
        self._genre_heading = self._heading("Genres")
        column.addWidget(self._genre_heading)
        column.addWidget(self.genres, 1)
        column.addWidget(self.add_button)

    def _heading(self, text: str) -> QLabel:
        label = PlainLabel(text)
        label.setFont(scaled_font(self.font(), 1.0, QFont.Weight.DemiBold))
        return label

    def minimumSizeHint(self) -> QSize:
        return QSize(180, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(max(_WIDTH, self.minimumSizeHint().width()), 600)

    # -- what is offered ---------------------------------------------------------------

    def show_models(self, models: Sequence[ModelInfo], chosen: str) -> None:
        """Offer these models."""
        self.model_chooser.clear()
        for model in models:
            self.model_chooser.addItem(model.title, model.name)
        self.model_chooser.setCurrentIndex(self.model_chooser.findData(chosen))

    def show_folders(
        self,
        folders: Sequence[LibraryFolder],
        counts: Sequence[int],
        total: int,
        chosen: int | None,
    ) -> None:
        """Offer these folders, with how many files each has."""
        facets = [Facet("", "All music", total, "music", "Every folder of the library")]
        facets += [
            Facet(str(f.folder_id), folder_name(f.path), count, "open", f.path)
            for f, count in zip(folders, counts, strict=True)
        ]
        self.folders.show_facets(facets, "" if chosen is None else str(chosen))
        self.folders.setFixedHeight(_ROW * min(_FOLDER_ROWS, len(facets)) + 6)
        self._remove.setEnabled(bool(self.folders.current))

    def show_genres(self, counts: dict[str, int], chosen: str) -> None:
        """Offer these genres, with how many files each has."""
        facets = [Facet("", "All genres", sum(counts.values()), "tune")]
        for genre, count in counts.items():
            facets.append(Facet(genre, genre, count, "question" if genre == NOT_SURE else ""))
        # Without an answer there is nothing to choose; the list still holds the room.
        self.genres.show_facets(facets if counts else [], chosen)
        self._genre_heading.setVisible(bool(counts))

    def _on_remove(self) -> None:
        if self.folders.current:
            self.remove_requested.emit(int(self.folders.current))

    def set_hot(self, is_hot: bool) -> None:
        """Light up while something hangs above the window."""
        self.add_button.setProperty("look", "primary" if is_hot else "")
        self.add_button.setIcon(icon("open", "on_accent" if is_hot else "text"))
        self.add_button.setText(" Drop to add" if is_hot else _ADD)
        self.add_button.style().polish(self.add_button)
