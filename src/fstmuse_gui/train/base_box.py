"""What a training starts from: nothing, or a model that knows something already."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QWidget

from fstmuse_gui.plain import set_tip
from fstmuse_gui.train.bases import Base
from fstmuse_gui.train.fields import choice
from fstmuse_gui.train.recipe import DESIGNS, MODEL_KINDS, MODELS
from fstmuse_gui.widgets.calm import CalmComboBox

_NOTHING = "Nothing: learn anew"
_TIP = (
    "Fine-tune: go on from a model that has learned already, also onto other genres. It needs "
    "less music and less time."
)


class BaseBox(CalmComboBox):
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
        tip = f"{whose} always learns anew." if whose else _TIP
        set_tip(self, tip)
        self.setAccessibleDescription(tip)
