"""Opens songs: dialogs, the clipboard and the recent files, with their actions."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from fstmuse_core.system.errors import one_line
from fstmuse_gui.classify.presenter import ClassifyPresenter
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.plain import caption, set_tip
from fstmuse_gui.settings import LAST_FOLDER, RECENT_FILES, Settings
from fstmuse_gui.shared.tabs import MenuEntries, make_action
from fstmuse_gui.widgets.drops import mime_paths

_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


class Opening(QObject):
    """Asks for songs and has them classified."""

    def __init__(
        self,
        presenter: ClassifyPresenter,
        view: ClassifyView,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._presenter, self._view, self._settings = presenter, view, settings
        self.recent_menu = QMenu("Open &recent", view)
        view.sidebar.open_requested.connect(self.choose_files)
        view.drop_area.open_requested.connect(self.choose_files)
        presenter.recent_changed.connect(self._fill_recent)
        self._fill_recent()

    def entries(self) -> MenuEntries:
        """Entries for the menu File."""
        return [
            make_action(self, f"&Open songs{_ELLIPSIS}", "Ctrl+O", self.choose_files),
            make_action(self, f"Open a &folder{_ELLIPSIS}", "Ctrl+Shift+O", self.choose_folder),
            self.recent_menu,
            make_action(self, "&Paste songs", "Ctrl+V", self.paste),
        ]

    def paste(self) -> None:
        """Classify what is on the clipboard, if it names files."""
        paths = mime_paths(QGuiApplication.clipboard().mimeData())
        if paths:
            self._presenter.open_paths(paths)
        else:
            self._presenter.message.emit("There is no file on the clipboard.")

    def choose_files(self) -> None:
        """Ask for songs and classify them."""
        from fstmuse_core.audio.sound_files import AUDIO_SUFFIXES, VIDEO_SUFFIXES

        folder = self._settings.get(LAST_FOLDER)
        self._open_from(self._view.ask_open_files(folder, sorted(AUDIO_SUFFIXES | VIDEO_SUFFIXES)))

    def choose_folder(self) -> None:
        """Ask for a folder and classify the songs in it."""
        folder = self._view.ask_open_folder(self._settings.get(LAST_FOLDER))
        self._open_from([folder] if folder else [])

    def _open_from(self, paths: list[str]) -> None:
        if paths:
            self._settings.set(LAST_FOLDER, str(Path(paths[0]).parent))
            self._presenter.open_paths(paths)

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        paths = self._settings.get(RECENT_FILES)
        self.recent_menu.setEnabled(bool(paths))
        for path in paths:
            action = self.recent_menu.addAction(caption(one_line(Path(path).name)))
            set_tip(action, one_line(path))
            action.triggered.connect(
                lambda _checked=False, chosen=path: self._presenter.open_paths([chosen])
            )
