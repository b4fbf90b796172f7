"""The list of earlier trainings, read from the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.runs import store
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, current_colours, draw_icon, scaled_font
from fstmuse_gui.train.form.recipe import MODEL_KINDS
from fstmuse_gui.widgets.page_parts import heading
from fstmuse_gui.widgets.rows import KEY, KeyedList, draw_start, paint_ground

_ROW = 50
_MOST_ROWS = 3
_EDGES = 12
_SIGN = 15
_WORDS = Qt.ItemDataRole.UserRole + 1
_STATE = Qt.ItemDataRole.UserRole + 2
_SIGNS = {
    "running": ("play", "accent"),
    "done": ("done", "accent"),
    "stopped": ("stop", "muted"),
    "unfinished": ("pause", "warning"),
}


@dataclass(frozen=True)
class RunRow:
    """A training: ``state`` is "running", "done", "stopped" or "unfinished"."""

    run: str
    title: str
    words: str
    state: str


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
        self.list = KeyedList("Trainings")
        self.list.setItemDelegate(_RowDelegate(self.list))
        self.list.chosen.connect(self.chosen)
        # A click on the one that is chosen already shows it again.
        self.list.itemClicked.connect(lambda item: self.chosen.emit(item.data(KEY)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(heading(self, "Trainings"))
        column.addWidget(self._hint)
        column.addWidget(self.list, 1)
        self.show_runs([])

    def show_runs(self, rows: list[RunRow]) -> None:
        """Show these; the one that was chosen stays so."""
        before = self.current
        self.list.blockSignals(True)
        self.list.clear()
        for row in rows:
            item = QListWidgetItem(row.title)
            item.setData(KEY, row.run)
            item.setData(_WORDS, row.words)
            item.setData(_STATE, row.state)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{row.title}, {row.words}")
            set_tip(item, row.run)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._hint.setVisible(not rows)
        self.list.setVisible(bool(rows))
        # So many that the form keeps its room; the others are scrolled to.
        self.list.setFixedHeight(_ROW * min(len(rows), _MOST_ROWS) + _EDGES)
        self.select(before)

    @property
    def current(self) -> str:
        """The run that is chosen; empty if none is."""
        return self.list.current

    def select(self, run: str) -> None:
        """Mark a run as chosen without telling anyone; an empty name marks none."""
        self.list.select(run)


class _RowDelegate(QStyledItemDelegate):
    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(100, _ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        colours = current_colours()
        painter.save()
        box = paint_ground(painter, option)
        sign, role = _SIGNS.get(index.data(_STATE), ("question", "muted"))
        where = QRectF(box.left() + 12, box.center().y() + 4, _SIGN, _SIGN)
        draw_icon(painter, sign, where, QColor(getattr(colours, role)))
        title, words = QRectF(box), QRectF(box)
        title.adjust(12, 4, -12, -box.height() / 2)
        words.setLeft(where.right() + 6)
        words.adjust(0, box.height() / 2, -12, -4)
        draw_start(painter, title, index.data(), option.font, colours.text)
        small = scaled_font(option.font, 0.92)
        draw_start(painter, words, index.data(_WORDS), small, colours.muted)
        painter.restore()


# History ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PastRun:
    """A run of the list and where it lies."""

    row: RunRow
    folder: Path
    resumable: bool


def past_runs() -> list[PastRun]:
    """List the runs of models that this tab trains, the newest first."""
    found = [_past(summary) for summary in store.list_runs() if summary.model in MODEL_KINDS]
    return sorted(found, key=lambda run: _begun_at(run.folder), reverse=True)


def _begun_at(folder: Path) -> float:
    try:
        return (folder / store.RUN_FILE).stat().st_mtime
    except OSError:
        return 0.0


def _past(summary: store.RunSummary) -> PastRun:
    epochs = f"{summary.epoch} of {summary.epochs} epochs"
    words = {
        "running": "Training now",
        "done": f"Done, {epochs}",
        "stopped": f"Stopped, {epochs}",
        "unfinished": f"Unfinished, {epochs}",
    }[summary.state.value]
    row = RunRow(summary.run, summary.out or summary.run, words, summary.state.value)
    return PastRun(row, Path(summary.folder), summary.resumable)
