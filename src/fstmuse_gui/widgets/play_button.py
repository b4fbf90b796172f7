"""The round button that plays and pauses."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QToolButton, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.plain import set_tip

_ICON = QSize(20, 20)


class PlayButton(QToolButton):
    """Shows and says what a press will do.

    Parameters
    ----------
    keys : str, optional
        The shortcut that does the same, for the tool tip.
    what : str, optional
        What is played, where there is more than one such button.
    """

    def __init__(self, *, keys: str = "", what: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys, self._what = keys, what
        self.setProperty("look", "round")
        self.setIconSize(_ICON)
        self.set_playing(False)

    def set_playing(self, is_playing: bool) -> None:
        """Show what a press will do."""
        name = "Pause" if is_playing else "Play"
        self.setIcon(icon(name.lower(), "on_accent"))
        self.setAccessibleName(f"{name} {self._what}".strip())
        set_tip(self, f"{name} ({self._keys})" if self._keys else name)
