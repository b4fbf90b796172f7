"""Genres to choose among, and the model that a training starts from."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QStandardItemModel
from PySide6.QtWidgets import QLayout, QLayoutItem, QPushButton, QSizePolicy, QWidget

from fstmuse_core.bundle.bundle import bundle_folders
from fstmuse_core.bundle.manifest import manifest_values
from fstmuse_core.datasets.survey import GenreCount
from fstmuse_core.runs.spec import GAN
from fstmuse_core.system.errors import BundleError
from fstmuse_gui.plain import caption, set_tip
from fstmuse_gui.train.form.recipe import DESIGNS, MODEL_KINDS, MODELS
from fstmuse_gui.widgets.controls import WheelSafeComboBox, choice

_log = logging.getLogger(__name__)
_ROOM = "fstmuse_core.networks."


@dataclass(frozen=True)
class Base:
    """A model of ours; ``model`` is its key in :data:`.recipe.MODEL_KINDS`."""

    name: str
    title: str
    model: str
    genres: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Name that people read."""
        return self.title if self.title == self.name else f"{self.title} ({self.name})"


def bases() -> list[Base]:
    """List every model whose network can be trained here, by name."""
    found = []
    for name, folder in bundle_folders().items():
        try:
            found += _base(name, folder)
        except (BundleError, KeyError, TypeError, AttributeError) as error:
            _log.warning("The model in %s cannot be trained further: %s", folder, error)
    return found


def _base(name: str, folder: Path) -> list[Base]:
    values = manifest_values(folder)
    network = str(values["architecture"].get("network", ""))
    model = network.removeprefix(_ROOM).replace("_", "-")
    kind = MODEL_KINDS.get(model)
    if not network.startswith(_ROOM) or kind is None or not kind.fine_tunes:
        return []
    # A generator of before the beat grid has other inputs.
    if model == GAN and "grid" not in values["architecture"]:
        return []
    genres = tuple(str(genre) for genre in values["genres"])
    return [Base(name, str(values["title"]), model, genres)]


# Base box -----------------------------------------------------------------------------------

_NOTHING = "Nothing"
_TIP = (
    "Nothing: learn anew. Else fine-tune: go on from a model that has learned already, also onto "
    "other genres. It needs less music and less time."
)


class BaseBox(WheelSafeComboBox):
    """Offers the models there are; those of another network can be seen and not be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bases: tuple[Base, ...] = ()
        like = choice({}, "Start from")
        self.setSizePolicy(like.sizePolicy())
        self.setMinimumContentsLength(like.minimumContentsLength())
        self.setSizeAdjustPolicy(like.sizeAdjustPolicy())
        like.deleteLater()
        self.setAccessibleName("Start from")
        self.addItem(_NOTHING, "")
        set_tip(self, _TIP)

    @property
    def base(self) -> str:
        """Name of the model to start from; empty for none."""
        return str(self.currentData() or "") if self.isEnabled() else ""

    def known(self, name: str) -> Base | None:
        """The model of this name, if it can be trained further."""
        return next((base for base in self._bases if base.name == name), None)

    def show_bases(self, bases: Sequence[Base]) -> None:
        """Offer these; the one chosen stays so while it is there."""
        chosen = self.currentData()
        self._bases = tuple(bases)
        self.clear()
        self.addItem(_NOTHING, "")
        for base in bases:
            self.addItem(base.shown, base.name)
        self.choose(chosen)

    def choose(self, name: str) -> None:
        """Start from the model of this name, or from nothing."""
        self.setCurrentIndex(max(0, self.findData(name)))

    def show_fit(self, model: str, design: str) -> None:
        """Offer what a model and a design can start from, and say why not the others."""
        items = self.model()
        assert isinstance(items, QStandardItemModel)
        for row, base in enumerate(self._bases, 1):
            fits = base.model == model
            items.item(row).setEnabled(fits)
            about = ", ".join(base.genres)
            reason = f"It is a {MODELS[base.model]}: choose that as the model to start from it."
            set_tip(items.item(row), f"Knows {about}" if fits else reason)
        chosen = self.known(str(self.currentData() or ""))
        if chosen is not None and chosen.model != model:
            self.setCurrentIndex(0)
        whose = "" if MODEL_KINDS[model].fine_tunes else MODELS[model]
        if not whose and design != "ours":
            whose = f"{DESIGNS[design]} design"
        self.setEnabled(not whose)
        chosen = self.known(self.base)
        tip = f"{whose} always learns anew." if whose else _TIP
        tip = f"{chosen.shown}. {tip}" if chosen is not None else tip
        set_tip(self, tip)
        self.setAccessibleDescription(tip)


# Chips --------------------------------------------------------------------------------------

_GAP = 6


class FlowLayout(QLayout):
    """Lays its widgets out in lines, as many in each as fit."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def height_at(self, width: int) -> int:
        """Pixels that the lines take at this width."""
        return self._place(QRect(0, 0, width, 0), is_test=True)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, is_test=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, *, is_test: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            size = item.sizeHint()
            if x + size.width() > rect.right() + 1 and line:
                x, y, line = rect.x(), y + line + _GAP, 0
            if not is_test:
                item.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + _GAP
            line = max(line, size.height())
        return y + line - rect.y()


class GenreChips(QWidget):
    """Chips for the genres of a data set, each taken or left.

    Attributes
    ----------
    comes_after : QWidget, optional
        Control from which one walks to the first chip by Tab.

    Signals
    -------
    changed
        Other genres are taken.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Genres to learn")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._flow = FlowLayout(self)
        self.comes_after: QWidget | None = None
        self._chips: dict[str, QPushButton] = {}

    def show_genres(self, genres: tuple[GenreCount, ...], taken: set[str]) -> None:
        """Offer these."""
        for chip in self._chips.values():
            self._flow.removeWidget(chip)
            chip.setParent(None)
            chip.deleteLater()
        self._chips = {count.genre: self._chip(count, taken) for count in genres}
        # Made long after all the rest, they would come behind it when one walks by Tab.
        before = self.comes_after
        for chip in self._chips.values():
            if before is not None:
                QWidget.setTabOrder(before, chip)
            before = chip
        self._fit()

    def _fit(self) -> None:
        # Said outright: a scroll area asks for the height at another width than it then gives.
        self.setFixedHeight(self._flow.height_at(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _chip(self, count: GenreCount, taken: set[str]) -> QPushButton:
        chip = QPushButton(caption(f"{count.genre}  {count.clips}"), self)
        chip.setProperty("look", "chip")
        chip.setCheckable(True)
        chip.setChecked(count.genre in taken)
        people = f"{count.artists} artists" if count.artists else "artists unknown"
        set_tip(chip, f"{count.clips} clips, {people}")
        chip.setAccessibleName(f"Learn {count.genre}: {count.clips} clips, {people}")
        chip.toggled.connect(lambda _on: self.changed.emit())
        self._flow.addWidget(chip)
        chip.show()
        return chip

    @property
    def chips(self) -> dict[str, QPushButton]:
        """The buttons by genre."""
        return dict(self._chips)

    @property
    def taken(self) -> tuple[str, ...]:
        """The genres that are ticked."""
        return tuple(genre for genre, chip in self._chips.items() if chip.isChecked())

    @property
    def left_out(self) -> tuple[str, ...]:
        """The genres that are not."""
        return tuple(genre for genre, chip in self._chips.items() if not chip.isChecked())
