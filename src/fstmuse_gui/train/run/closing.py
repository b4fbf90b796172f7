"""The question what becomes of a training when the window closes."""

from __future__ import annotations

from enum import Enum, StrEnum, auto

from PySide6.QtWidgets import QWidget

from fstmuse_gui.widgets.dialogs import Answer, Question


class Closing(StrEnum):
    """Fate of a training when the window closes."""

    KEEP = "keep"
    STOP = "stop"
    CANCEL = "cancel"
    STAY = "stay"


class StopKeeps(Enum):
    """Parts of a training that are kept if it is stopped now."""

    MODEL = auto()
    EARLIER = auto()
    NOTHING = auto()


def stop_keeps(*, is_learning: bool, is_resumed: bool) -> StopKeeps:
    """The best model once its epochs have begun; before, only what a resumed one came with."""
    if is_learning:
        return StopKeeps.MODEL
    return StopKeeps.EARLIER if is_resumed else StopKeeps.NOTHING


_STOP_MEANINGS = {
    StopKeeps.MODEL: (
        "It ends now. The best model so far is tested\nand kept; a minute later it is there."
    ),
    StopKeeps.EARLIER: (
        "It ends now. What it had learned before is\nkept, and Resume goes on with it."
    ),
}


def ask_closing(parent: QWidget, title: str, keeps: StopKeeps) -> Closing:
    """Ask what is to become of the training called ``title``, which runs.

    Where nothing would be kept, to stop it is to discard it, and not an answer of its own.
    """
    meaning = _STOP_MEANINGS.get(keeps, "")
    stop = [Answer(Closing.STOP, "Stop it", meaning)] if meaning else []
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
            *stop,
            Answer(
                Closing.CANCEL,
                "Discard it",
                "It ends now, and nothing that it has learned\nis kept.",
            ),
            Answer(Closing.STAY, "Don't close the window"),
        ],
    )
    return Closing(question.ask() or Closing.STAY)
