"""Menu of the selected region."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from fstmuse_gui.classify.region import RegionPresenter
from fstmuse_gui.shared.tabs import make_action


class RegionMenu(QMenu):
    """Everything that can be done with a region, each with its keys."""

    def __init__(self, region: RegionPresenter, copy: QAction, parent: QWidget) -> None:
        super().__init__("&Region", parent)
        self._region = region
        self._edges = [
            make_action(self, "&Begin here", "[", region.start_here),
            make_action(self, "&End here", "]", region.end_here),
        ]
        self._loop = make_action(self, "&Loop", "Ctrl+L", region.toggle_loop)
        self._classify = make_action(self, "&Classify alone", "Ctrl+E", region.classify)
        save = "&Save as WAV\N{HORIZONTAL ELLIPSIS}"
        self._save = make_action(self, save, "Ctrl+Shift+E", region.save)
        self._clear = make_action(self, "C&lear", "Esc", region.clear)
        self.addActions(self._edges)
        self.addSeparator()
        self._needs_region = [self._loop, self._classify, self._save, self._clear]
        self.addActions(self._needs_region)
        self.insertAction(self._clear, copy)

    def allow(self, *, has_clip: bool) -> None:
        """Allow what can be done with what is shown."""
        for action in self._edges:
            action.setEnabled(has_clip)
        for action in self._needs_region:
            action.setEnabled(self._region.region is not None)
