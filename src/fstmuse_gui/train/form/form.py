"""Beside the curves: the data sets, what is to be learned from them, and the earlier trainings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.system.wording import listed
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, current_colours, draw_icon, icon, scaled_font
from fstmuse_gui.train.data.cache import CacheBox
from fstmuse_gui.train.data.fma import FmaBox
from fstmuse_gui.train.data.view import DataList
from fstmuse_gui.train.form.choices import BaseBox, GenreChips
from fstmuse_gui.train.form.options import CommandBox
from fstmuse_gui.train.form.recipe import DESIGNS, MODEL_KINDS, MODELS
from fstmuse_gui.train.form.recipe_form import LogForm, RecipeForm
from fstmuse_gui.widgets.controls import ENCODING_CAPTION, Field, choice, encoding_box
from fstmuse_gui.widgets.drops import ignore_drops
from fstmuse_gui.widgets.page_parts import ElidedLabel, heading, scrolled
from fstmuse_gui.widgets.rows import KEY, KeyedList, draw_left, paint_row_background

_WIDTH = 336
# What is unfolded has its height by then, and people may scroll again.
_SETTLED_MS = 200
_RUN_ROW = 50
_SHOWN_RUNS, _SHOWN_IF_LOW = 3, 2
_LOW = 660
_RUN_EDGES = 12
_RUN_SIGN = 15
WAITING = "waiting"
_RUN_WORDS = Qt.ItemDataRole.UserRole + 1
_RUN_STATE = Qt.ItemDataRole.UserRole + 2
_RUN_SIGNS = {
    "running": ("play", "accent"),
    WAITING: ("pause", "muted"),
    "done": ("done", "accent"),
    "stopped": ("stop", "muted"),
    "unfinished": ("pause", "warning"),
}


class TrainForm(QWidget):
    """Asks what to train, and on what.

    Signals
    -------
    about_requested, train_requested, defaults_requested
        A button was pressed, or model, design or base have changed and with them the defaults.
    model_chosen
        Another model was chosen.
    encoding_chosen(str)
        Old tags are in another encoding.
    changed
        Something was entered.
    """

    about_requested = Signal()
    train_requested = Signal()
    defaults_requested = Signal()
    model_chosen = Signal()
    encoding_chosen = Signal(str)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(_WIDTH - 4 * GRID)
        column = self._column = QVBoxLayout(self)
        self._revealed: QWidget = self
        self._revealing = QTimer(self)
        self._revealing.setSingleShot(True)
        self._revealing.setInterval(_SETTLED_MS)
        self._area = self._build_fields()
        self._area.verticalScrollBar().rangeChanged.connect(
            lambda _least, _most: self._scroll_to_revealed()
        )
        column.addWidget(self._area, 1)
        self.train_button = QPushButton(icon("play", "on_accent"), " Train")
        self.train_button.setProperty("look", "primary")
        self.train_button.clicked.connect(self.train_requested)
        column.addWidget(self.train_button)
        self.runs = RunsList()
        column.addWidget(self.runs)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 600)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Where there is little height, the genres are to be seen without scrolling all the same.
        is_low = self.height() < _LOW
        self.runs.keep_room(_SHOWN_IF_LOW if is_low else _SHOWN_RUNS)
        edge = GRID if is_low else 2 * GRID
        self._column.setContentsMargins(2 * GRID, edge, 2 * GRID, edge)
        self._column.setSpacing(edge)
        self._fields.setSpacing(GRID if is_low else 12)

    def _build_fields(self) -> QScrollArea:
        inside = QWidget()
        column = self._fields = QVBoxLayout(inside)
        # Room for the rings around what has the focus.
        column.setContentsMargins(0, 0, 2, 0)
        # What changes its height by itself, as music is read, has nothing but folds below it.
        column.addLayout(self._build_model())
        column.addLayout(self._build_start())
        self.data = DataList()
        column.addWidget(self.data)
        self.fma = FmaBox()
        column.addWidget(self.fma)
        column.addWidget(self._build_genres())
        column.addLayout(self._build_folds())
        column.addStretch()
        return scrolled(inside)

    def _build_genres(self) -> QWidget:
        self._genres = QWidget()
        caption = PlainLabel("Genres to learn, with their clips")
        caption.setProperty("look", "small")
        self.chips = GenreChips()
        self.chips.changed.connect(self.changed)
        self._genres_trouble, self._left_out = ElidedLabel(), ElidedLabel()
        # One of the two is shown, if only to keep the line of the higher one.
        self._genres_trouble.setProperty("look", "danger")
        self._left_out.setProperty("look", "small")
        column = QVBoxLayout(self._genres)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.about_button = QPushButton("Details")
        self.about_button.setProperty("look", "link")
        self.about_button.setAccessibleName("Details of the data sets")
        self.about_button.setToolTip("What the data sets hold, and what is wrong with them")
        self.about_button.clicked.connect(self.about_requested)
        self.chips.comes_after = self.about_button
        head = QHBoxLayout()
        head.addWidget(caption, 1)
        head.addWidget(self.about_button)
        column.addLayout(head)
        column.addWidget(self.chips)
        for label in (self._left_out, self._genres_trouble):
            # A label that is empty is a pixel lower than one that is not.
            label.setFixedHeight(self.fontMetrics().height() + 2)
            column.addWidget(label)
        self._genres_trouble.hide()
        self._genres.hide()
        return self._genres

    def _build_model(self) -> QHBoxLayout:
        self.model = choice(MODELS, "Model")
        self.model.activated.connect(lambda _i: self._on_model())
        self.design = choice(DESIGNS, "Design")
        self.base = BaseBox()
        for box in (self.design, self.base):
            box.activated.connect(lambda _i: self.defaults_requested.emit())
        row = QHBoxLayout()
        row.setSpacing(GRID)
        tip = ". ".join(f"{kind.title}: {kind.about}" for kind in MODEL_KINDS.values())
        row.addWidget(Field("&Model", self.model, f"{tip}."))
        tip = (
            "Quick takes seconds: it learns on top of what a pre-trained network says of music. "
            "Deep trains a network of its own for minutes to hours, and can show why. The report's "
            "is rebuilt to compare with: it gives all music a name and cannot show why."
        )
        row.addWidget(Field("&Design", self.design, tip))
        return row

    def _build_start(self) -> QVBoxLayout:
        """Build what it starts from beside what it becomes, and below them what is wrong."""
        self.name = QLineEdit()
        ignore_drops(self.name)
        self.name.textChanged.connect(lambda _t: self.changed.emit())
        tip = "What the new model is called: letters, digits, dots, dashes, underscores."
        self.name_field = Field("&Name of the new model", self.name, tip, keeps_line=True)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(Field("Start fro&m", self.base, self.base.toolTip()), 1)
        row.addWidget(self.name_field, 1)
        column = QVBoxLayout()
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self.name_field.take_line())
        return column

    def _on_model(self) -> None:
        # Before anyone asks what is entered: the fields are those of the model.
        self.show_fit()
        self.model_chosen.emit()
        self.defaults_requested.emit()

    def _build_folds(self) -> QVBoxLayout:
        self.recipe = RecipeForm()
        self.recipe.defaults_requested.connect(self.defaults_requested)
        self.recipe.changed.connect(self.changed)
        self.recipe.unfolded.connect(lambda: self._reveal(self.recipe))
        self.encoding = encoding_box()
        self.encoding.activated.connect(
            lambda _index: self.encoding_chosen.emit(self.encoding.currentData())
        )
        tip = "How artists and genres are read in tags that say no encoding of their own."
        self.recipe.add_below(Field(ENCODING_CAPTION, self.encoding, tip))
        self.logs = LogForm()
        self.logs.changed.connect(self.changed)
        self.recipe.add_below(self.logs)
        self.cache = CacheBox()
        self.recipe.column.addWidget(self.cache)
        self.command = CommandBox()
        self.command.unfolded.connect(lambda: self._reveal(self.command))
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self.recipe)
        column.addWidget(self.command)
        return column

    def _reveal(self, fold: QWidget) -> None:
        """Bring what has been unfolded into view, also while it still finds its height."""
        self._revealed = fold
        self._revealing.start()
        QTimer.singleShot(0, self, self._scroll_to_revealed)

    def _scroll_to_revealed(self) -> None:
        if self._revealing.isActive():
            bar = self._area.verticalScrollBar()
            bar.setValue(min(self._revealed.y(), bar.maximum()))

    def show_fit(self) -> None:
        """Offer only what goes with the model and the design, and say why not the rest."""
        model, design = str(self.model.currentData()), str(self.design.currentData())
        designs = MODEL_KINDS[model].designs
        self.design.setEnabled(len(designs) > 1)
        if design not in designs:
            design = designs[0]
            self.design.setCurrentIndex(self.design.findData(design))
        self.base.show_fit(model, design)
        self.recipe.show_model(model)
        self.recipe.show_design(design)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up the field that takes what hangs above the window."""
        self.data.set_drop_highlight(is_highlighted)

    def show_genres_box(self, is_shown: bool) -> None:
        """Show or hide the choice of genres, and the way to the data sets' page."""
        self._genres.setVisible(is_shown)

    @property
    def left_out(self) -> str:
        """Sentence about the genres that are not learned."""
        return self._left_out.text()

    def show_left_out(self, genres: Sequence[str]) -> None:
        """Say which genres of the music will not be learned."""
        it = "it" if len(genres) == 1 else "them"
        text = f"Not learned: {listed(genres, 6)}." if genres else ""
        self._left_out.set_text(text)
        set_tip(self._left_out, f"{text} Tick {it} to learn {it}." if text else "")

    def show_troubles(self, *, data: str = "", genres: str = "", name: str = "") -> None:
        """Say beside each field what is wrong with it."""
        self.data.show_trouble(data)
        self.name_field.show_trouble(name)
        self._genres_trouble.set_text(genres)
        self._genres_trouble.setVisible(bool(genres))
        self._left_out.setVisible(not genres)
        self.chips.setAccessibleDescription(genres)

    def show_train(self, text: str, tip: str, *, is_enabled: bool) -> None:
        """Set text and tip of the button, and whether it can be pressed."""
        self.train_button.setText(f" {text}")
        set_tip(self.train_button, tip)
        self.train_button.setEnabled(is_enabled)


@dataclass(frozen=True)
class RunRow:
    """A training: ``state`` is "running", "waiting", "done", "stopped" or "unfinished".

    ``note`` is what the user says of it.
    """

    run: str
    title: str
    words: str
    state: str
    note: str = ""


class RunsList(QWidget):
    """Chooses a training.

    Signals
    -------
    chosen(str)
        Name of a run that was clicked or walked to.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = PlainLabel("What you train appears here.")
        self._hint.setProperty("look", "muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.list = KeyedList("Trainings")
        self.list.setItemDelegate(_RunPainter(self.list))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.list.chosen.connect(self.chosen)
        # A click on the one that is chosen already shows it again.
        self.list.itemClicked.connect(lambda item: self.chosen.emit(item.data(KEY)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(heading(self, "Trainings"))
        column.addWidget(self._hint)
        column.addWidget(self.list, 1)
        self.keep_room(_SHOWN_RUNS)
        self.show_runs([])

    def keep_room(self, rows: int) -> None:
        """Be as high as so many trainings, however many there are; others are scrolled to."""
        self.list.setFixedHeight(_RUN_ROW * rows + _RUN_EDGES)
        self._hint.setFixedHeight(self.list.height())

    def show_runs(self, rows: list[RunRow]) -> None:
        """Show these; the one that was chosen stays so."""
        before = self.current
        self.list.blockSignals(True)
        self.list.clear()
        for row in rows:
            item = QListWidgetItem(row.title)
            item.setData(KEY, row.run)
            item.setData(_RUN_WORDS, row.words)
            item.setData(_RUN_STATE, row.state)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, _spoken(row))
            name = row.words if row.state == WAITING else row.run
            set_tip(item, f"{name}\n\n{row.note}" if row.note else name)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._hint.setVisible(not rows)
        self.list.setVisible(bool(rows))
        self.select(before)

    @property
    def current(self) -> str:
        """The run that is chosen; empty if none is."""
        return self.list.current

    def select(self, run: str) -> None:
        """Mark a run as chosen without telling anyone; an empty name marks none."""
        self.list.select(run)


def _spoken(row: RunRow) -> str:
    """A training for a screen reader."""
    return ", ".join(part for part in (row.title, row.words, row.note) if part)


class _RunPainter(QStyledItemDelegate):
    """Paints a training: its title, and how far it came beside a sign."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(100, _RUN_ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        colours = current_colours()
        painter.save()
        box = paint_row_background(painter, option)
        sign, role = _RUN_SIGNS.get(index.data(_RUN_STATE), ("question", "muted"))
        where = QRectF(box.left() + 12, box.center().y() + 4, _RUN_SIGN, _RUN_SIGN)
        draw_icon(painter, sign, where, QColor(getattr(colours, role)))
        title, words = QRectF(box), QRectF(box)
        title.adjust(12, 4, -12, -box.height() / 2)
        words.setLeft(where.right() + 6)
        words.adjust(0, box.height() / 2, -12, -4)
        draw_left(painter, title, index.data(), option.font, colours.text)
        small = scaled_font(option.font, 0.92)
        draw_left(painter, words, index.data(_RUN_WORDS), small, colours.muted)
        painter.restore()
