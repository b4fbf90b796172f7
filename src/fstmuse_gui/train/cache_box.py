"""What the kept features take, and a way to be rid of them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from fstmuse_gui.plain import set_tip
from fstmuse_gui.train.line_box import LineBox
from fstmuse_gui.widgets.question import Answer, Question

_TIP = "What trainings have computed from songs is kept, so that the next one need not do it again."


class CacheBox(LineBox):
    """A line and a button.

    Signals
    -------
    empty_requested
        The cache is to be emptied.
    """

    empty_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_tip(self._line, _TIP)
        self.empty_button = self._add_button(
            "Empty\N{HORIZONTAL ELLIPSIS}", "Empty the feature cache"
        )
        self.empty_button.clicked.connect(self.empty_requested)
        self.show_cache("", can_empty=False)

    def show_cache(self, text: str, *, can_empty: bool, why_not: str = "") -> None:
        """Say what is in it, and whether or why not it can be emptied."""
        line = f"Feature cache: {text}" if text else "Feature cache"
        self._line.setText(line)
        self.empty_button.setEnabled(can_empty)
        set_tip(self.empty_button, why_not or "Make room on the disk")
        self.empty_button.setAccessibleDescription(". ".join(filter(None, [line, why_not])))

    def ask_emptying(self, takes: str) -> bool:
        """Whether the cache, which takes so much, is really to be emptied."""
        becomes = f"{takes} become free. " if takes else ""
        question = Question(
            self.window(),
            "Empty the feature cache?",
            f"{becomes}Your music stays as it is. The next training computes the features of "
            "its songs anew, which takes as long as the first time.",
            [Answer("yes", "Empty"), Answer("", "Keep", is_default=True)],
        )
        return bool(question.ask())
