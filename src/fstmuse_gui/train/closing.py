"""The question what becomes of a training when the window closes."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtWidgets import QWidget

from fstmuse_gui.widgets.question import Answer, Question


class Closing(StrEnum):
    """What becomes of a training when the window closes."""

    KEEP = "keep"
    STOP = "stop"
    CANCEL = "cancel"
    STAY = "stay"


def ask_closing(parent: QWidget, title: str) -> Closing:
    """What is to become of the training called ``title``, which runs."""
    question = Question(
        parent,
        f"{title} is still training",
        "What is to become of it when the window closes?",
        [
            Answer(
                Closing.KEEP,
                "Keep it running",
                "It goes on without the window. Open FstMuse\nagain to see how far it is.",
                is_default=True,
            ),
            Answer(
                Closing.STOP,
                "Stop it",
                "It ends now. The best model so far is tested\n"
                "and kept; a minute later it is there.",
            ),
            Answer(
                Closing.CANCEL,
                "Discard it",
                "It ends now, and nothing that it has learned\nis kept.",
            ),
            Answer(Closing.STAY, "Don't close the window"),
        ],
    )
    return Closing(question.ask() or Closing.STAY)
