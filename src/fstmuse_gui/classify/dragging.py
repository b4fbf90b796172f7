"""Files that come into the Classify tab, and clips that are dragged out of it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import platformdirs
from PySide6.QtCore import QEventLoop, QMimeData, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDrag, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.workers.protocol import SavePart
from fstmuse_gui.classify.presenter import ClassifyPresenter
from fstmuse_gui.classify.saving import write_take
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.plain import caption, set_tip
from fstmuse_gui.settings import LAST_FOLDER, RECENT_FILES, Settings
from fstmuse_gui.shared.background import safe_file_name
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.shared.tabs import MenuEntries, make_action
from fstmuse_gui.widgets.drops import mime_paths
from fstmuse_gui.workers.bridge import WorkerBridge

# A program that was given a file may read it later: it stays for a week.
_KEPT_S = 7 * 24 * 3600.0


def handed_out_folder() -> Path:
    """Folder of files that were made to be handed to other programs."""
    return Path(platformdirs.user_cache_dir("fstmuse", appauthor=False)) / "handed out"


class FilesOut(QObject):
    """Hands files to other programs; recordings and regions are written when they are wanted.

    Signals
    -------
    message(str)
        For the user, in passing.
    trouble(str)
        A sentence for the notice.
    """

    message = Signal(str)
    trouble = Signal(str)

    def __init__(
        self,
        presenter: ClassifyPresenter,
        view: ClassifyView,
        bridge: WorkerBridge,
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._presenter, self._view, self._bridge = presenter, view, bridge
        self._folder = folder
        self.copy_clips: QAction = make_action(
            self, "Copy as &files", "Ctrl+Shift+C", self._copy_clips
        )
        self.copy_region: QAction = make_action(self, "C&opy as a file", "", self._copy_region)
        view.sidebar.list.drag_requested.connect(self._drag_clips)
        view.clip_page.region.bar.drag_requested.connect(self._drag_region)
        presenter.changed.connect(self._allow)
        self._allow()

    def _allow(self) -> None:
        has_clip = self._view.sidebar.list.current_key is not None
        self.copy_clips.setEnabled(has_clip and not self._presenter.takes.is_live)
        self.copy_region.setEnabled(self._presenter.region.region is not None)

    # -- what is asked for -------------------------------------------------------------

    def _chosen(self) -> list[Clip]:
        clips = self._presenter.clips
        keys = self._view.sidebar.list.selected_keys
        return [clip for key in keys if (clip := clips.get(key)) is not None]

    def _drag_clips(self) -> None:
        self._drag(self.files_of(self._chosen()))

    def _copy_clips(self) -> None:
        self._copy(self.files_of(self._chosen()))

    def _drag_region(self) -> None:
        self._drag(self.region_file())

    def _copy_region(self) -> None:
        self._copy(self.region_file())

    def _drag(self, paths: list[str]) -> None:
        # A region took a while to write, and the button may be up again.
        if paths and QApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            drag = QDrag(self._view)
            drag.setMimeData(_urls(paths))
            drag.exec(Qt.DropAction.CopyAction)

    def _copy(self, paths: list[str]) -> None:
        if paths:
            QGuiApplication.clipboard().setMimeData(_urls(paths))
            what = Path(paths[0]).name if len(paths) == 1 else f"{len(paths)} files"
            self.message.emit(f"Copied {what}. Paste it where files go.")

    # -- files -------------------------------------------------------------------------

    def files_of(self, clips: Sequence[Clip]) -> list[str]:
        """Paths of clips: songs where they lie, recordings written for the purpose."""
        paths = []
        for clip in clips:
            path = clip.path or clip.saved_as
            if not path and clip.take is not None:
                path = self._new_path(clip.title)
                try:
                    write_take(path, clip.take)
                except FstMuseError as error:
                    self.trouble.emit(str(error))
                    continue
            paths.append(path)
        return paths

    def region_file(self) -> list[str]:
        """The region as a WAV file; nothing if it cannot be written."""
        clip, region = self._presenter.shown, self._presenter.region.region
        if clip is None or region is None:
            return []
        stem = Path(clip.path).stem if clip.path else clip.title
        path = self._new_path(f"{stem} {region.name.replace(':', '.')}")
        if clip.take is None:
            return [path] if self._save_part(SavePart(str(clip.path), region.part, path)) else []
        try:
            write_take(path, clip.take.part(*region.part))
        except FstMuseError as error:
            self.trouble.emit(str(error))
            return []
        return [path]

    def _save_part(self, request: SavePart) -> bool:
        """Have a part of a file written by the worker, and wait for it."""
        loop = QEventLoop()
        outcome: list[bool] = []
        job = self._bridge.worker.submit(request)

        def end(is_done: bool, ended: int, sentence: str = "") -> None:
            if ended == job:
                outcome.append(is_done)
                if sentence:
                    self.trouble.emit(sentence)
                loop.quit()

        connections = (
            self._bridge.done.connect(lambda ended, _payload: end(True, ended)),
            self._bridge.failed.connect(lambda ended, sentence: end(False, ended, sentence)),
            self._bridge.cancelled.connect(lambda ended: end(False, ended)),
        )
        loop.exec()
        for connection in connections:
            QObject.disconnect(connection)
        return outcome == [True]

    def _new_path(self, name: str) -> str:
        """A path for a file of this name, in a folder of its own."""
        now = time.time()
        for old in self._folder.glob("*"):
            if old.name.isdigit() and now - int(old.name) / 1e9 > _KEPT_S:
                shutil.rmtree(old, ignore_errors=True)
        folder = self._folder / str(time.time_ns())
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            self.trouble.emit(f"{self._folder}: no file can be made there ({error.strerror})")
        return str(folder / f"{safe_file_name(name) or 'Recording'}.wav")


def _urls(paths: Sequence[str]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(Path(path).absolute())) for path in paths])
    return data


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
