"""The question whether FMA is to be downloaded, and where to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from fstmuse_gui.train.fma import FmaSet
from fstmuse_gui.widgets.question import Answer, Question

ANOTHER_FOLDER = "another folder"


def ask_fma(parent: QWidget, small_gib: float, medium_gib: float, folder: str) -> str:
    """Which set is to be downloaded, or ``ANOTHER_FOLDER``; empty if none."""
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
