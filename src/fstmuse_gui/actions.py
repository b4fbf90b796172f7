"""What stands in menus and answers to keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence


def make_action(
    parent: QObject,
    text: str,
    keys: str | QKeySequence.StandardKey,
    run: Callable[[], object],
) -> QAction:
    """An action that answers to its keys wherever in the window the focus is."""
    action = QAction(text, parent)
    action.setShortcut(QKeySequence(keys))
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.triggered.connect(lambda _checked=False: run())
    return action
