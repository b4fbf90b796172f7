"""The question what becomes of a training when the window closes."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtWidgets import QMessageBox, QWidget


class Closing(StrEnum):
    """What becomes of a training when the window closes."""

    KEEP = "keep"
    STOP = "stop"
    CANCEL = "cancel"
    STAY = "stay"


def ask_closing(parent: QWidget, title: str) -> Closing:
    """What is to become of the training called ``title``, which runs."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "", f"{title} is still training.", parent=parent)
    box.setInformativeText(
        "It can go on without the window; open FstMuse again to see it. "
        "Stop keeps the best model so far, Discard keeps nothing."
    )
    role = QMessageBox.ButtonRole
    keep = box.addButton("Keep it running", role.AcceptRole)
    stop = box.addButton("Stop", role.DestructiveRole)
    cancel = box.addButton("Discard", role.DestructiveRole)
    stay = box.addButton("Don't close", role.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(stay)
    box.exec()
    answers = {keep: Closing.KEEP, stop: Closing.STOP, cancel: Closing.CANCEL}
    clicked = box.clickedButton()
    answer = next((value for button, value in answers.items() if button is clicked), Closing.STAY)
    box.deleteLater()
    return answer
