"""Text as the window shows it: that of others never as markup, numbers and times in words.

Names, tags, errors and paths come from files and devices. Qt takes what looks like HTML for
HTML in labels, messages and tool tips, and would load the pictures that it names. So labels
are :class:`PlainLabel`, tool tips are set with :func:`set_tip`, and whatever has to be rich
text gets foreign parts through :func:`escaped`.
"""

from __future__ import annotations

import math
import re
from html import escape
from typing import Protocol

from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from fstmuse_core.system import wording

# Control characters but line feed and tab, and those that turn the direction of what follows.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class HasTip(Protocol):
    """A widget, an action or an item."""

    def setToolTip(self, text: str, /) -> None: ...


def visible(text: str) -> str:
    """Return ``text`` with control characters and changes of direction made visible.

    Examples
    --------
    >>> visible("AC/DC"), visible("song\\u202egnos")
    ('AC/DC', 'song\\\\u202egnos')
    """
    return _UNSEEN.sub(lambda found: repr(found[0])[1:-1], text)


def escaped(text: str) -> str:
    """Return ``text`` as a part of rich text that shows it as it is.

    Examples
    --------
    >>> escaped("<b>R&B")
    '&lt;b&gt;R&amp;B'
    """
    return escape(visible(text))


def tip(text: str) -> str:
    """Return ``text`` as a tool tip, which Qt guesses to be rich text or not."""
    shown = visible(text)
    if not QtGui.Qt.mightBeRichText(shown):
        return shown
    return f'<span style="white-space: pre-wrap">{escape(shown)}</span>'


def set_tip(widget: HasTip, text: str) -> None:
    """Give a widget, an action or an item this tool tip."""
    widget.setToolTip(tip(text))


def caption(text: str) -> str:
    """Return ``text`` for a button, an action or a tab, where ``&`` would mark a key."""
    return visible(text).replace("&", "&&")


class PlainLabel(QLabel):
    """A label that shows its text as it is."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(visible(text))


class RichLabel(QLabel):
    """A label of rich text that the program itself puts together, with :func:`escaped` parts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.RichText)


class PlainMessage(QMessageBox):
    """A question or a remark of two sentences."""

    def __init__(self, parent: QWidget, text: str, detail: str) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(visible(text))
        self.setInformativeText(visible(detail))
        # The box sets the format of the first alone.
        for label in self.findChildren(QLabel):
            label.setTextFormat(Qt.TextFormat.PlainText)


def percent(probability: float) -> str:
    """``84 %``; ``< 1 %`` and ``> 99 %`` for what is nearly, but not quite, nothing or all."""
    return unbroken(wording.percent(probability))


def unbroken(text: str) -> str:
    """The text with its percent signs kept beside their numbers."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def counted(number: int, noun: str) -> str:
    """``50,000 files``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def time_left(seconds: float | None) -> str:
    """``about 4 minutes left``; empty if nobody knows."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return ""
    return f"about {duration(seconds)} left"


def duration(seconds: float) -> str:
    """``40 seconds``, ``4 minutes`` or ``2 h 05 min``."""
    if not math.isfinite(seconds):
        return "some time"
    if seconds < 60:
        return counted(max(1, round(seconds)), "second")
    minutes = round(seconds / 60)
    if minutes < 60:
        return counted(minutes, "minute")
    return f"{minutes // 60} h {minutes % 60:02} min"
