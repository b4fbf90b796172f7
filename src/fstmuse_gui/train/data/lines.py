"""Lines of the form about data on the disk: the FMA download, and the kept features."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from fstmuse_gui.plain import set_tip
from fstmuse_gui.train.data.fma import FmaSet
from fstmuse_gui.widgets.controls import LineBox
from fstmuse_gui.widgets.dialogs import Answer, Question


class FmaBox(LineBox):
    """A line and a button; hidden while there is nothing to say.

    Signals
    -------
    cancel_requested
        The download is to be given up.
    add_requested
        What was downloaded is to be learned from.
    """

    cancel_requested = Signal()
    add_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cancel_button = self._add_button("Cancel", "Cancel the download of FMA")
        self.cancel_button.setToolTip("What has come is kept for the next time")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.add_button = self._add_button("Add", "Add FMA to the data sets")
        self.add_button.setToolTip("Learn from FMA too")
        self.add_button.clicked.connect(self.add_requested)
        self.hide()

    def show_work(self, words: str, *, can_cancel: bool) -> None:
        """Say how far the download is."""
        self._show(f"Getting FMA. {words}")
        self.cancel_button.setVisible(can_cancel)
        self.add_button.hide()

    def show_offer(self, folder: str) -> None:
        """It is there, and can be added."""
        self._show("FMA has been downloaded.")
        set_tip(self._line, folder)
        self.cancel_button.hide()
        self.add_button.show()

    def _show(self, text: str) -> None:
        self._line.setText(text)
        self._line.setToolTip("")
        for button in (self.cancel_button, self.add_button):
            button.setAccessibleDescription(text)
        self.show()


# Fma question -------------------------------------------------------------------------------

ANOTHER_FOLDER = "another folder"


def ask_fma(parent: QWidget, small_gib: float, medium_gib: float, folder: str) -> str:
    """Ask which set is to be downloaded, or ``ANOTHER_FOLDER``; empty if none."""
    return Question(
        parent,
        "Get FMA from its authors?",
        f"It goes to {folder}; while it is unpacked, twice the room is needed. A download that "
        "is cut goes on where it was.",
        [
            Answer(FmaSet.SMALL, f"Small, {small_gib:.1f} GiB", "8,000 clips of 30 s, 8 genres"),
            Answer(
                FmaSet.MEDIUM,
                f"Medium, {medium_gib:.1f} GiB",
                "25,000 clips of 30 s, 16 genres of very different size",
            ),
            Answer(ANOTHER_FOLDER, "Another folder\N{HORIZONTAL ELLIPSIS}"),
            Answer("", "Not now", is_default=True),
        ],
    ).ask()


def ask_fma_folder(parent: QWidget, folder: Path) -> str:
    """Let the user choose where FMA goes; empty if they would rather not."""
    there = next((path for path in (folder, *folder.parents) if path.is_dir()), folder)
    return QFileDialog.getExistingDirectory(parent, "Choose a folder for FMA", str(there))


# Cache box ----------------------------------------------------------------------------------

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
        """Ask whether the cache, which takes so much, is really to be emptied."""
        becomes = f"{takes} become free. " if takes else ""
        question = Question(
            self.window(),
            "Empty the feature cache?",
            f"{becomes}Your music stays as it is. The next training computes the features of "
            "its songs anew, which takes as long as the first time.",
            [Answer("yes", "Empty"), Answer("", "Keep", is_default=True)],
        )
        return bool(question.ask())
