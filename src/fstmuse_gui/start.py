"""The order in which the window comes up: the worker first, so that it loads meanwhile.

There is one window for a user. A second start hands over what it was to open, and ends.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication

from fstmuse_gui.settings import APP_ID, MODEL, Settings, settings_path
from fstmuse_gui.theme import read_icons
from fstmuse_gui.workers.bridge import WorkerBridge, real_worker

if TYPE_CHECKING:
    from fstmuse_gui.main_window import MainWindow

# A window that does not answer for so long hangs, and a new one is opened.
_PATIENCE_MS = 5000
_LONGEST_REQUEST = 2**24
_TAKEN = b"taken\n"
# With it a desktop lets a window come to the front that did not start just now.
_TOKEN = "XDG_ACTIVATION_TOKEN"

_log = logging.getLogger(__name__)


class Application(QApplication):
    """Qt's application, which says what the Finder wants opened.

    Signals
    -------
    open_requested
        Path of a file or folder.
    """

    open_requested = Signal(str)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.url().isLocalFile():
            self.open_requested.emit(event.url().toLocalFile())
            return True
        return super().event(event)


def open_window(app: QApplication, settings: Settings) -> MainWindow:
    """Start the worker, build the window and show it."""
    from fstmuse_core.audio.spectrogram import mel_spectrogram

    settings.follow_models()
    bridge = WorkerBridge(partial(real_worker, warm_model=settings.get(MODEL)))
    # These imports take as long as the worker's own, which run beside them from here on.
    from fstmuse_gui.main_window import MainWindow
    from fstmuse_gui.shared.models import ModelWatch
    from fstmuse_gui.shared.tabs import TabContext
    from fstmuse_gui.theme import ThemeController

    context = TabContext(settings, bridge)
    window = MainWindow(context, ThemeController(app))
    watch = ModelWatch(context.models, window)
    window.painted.connect(watch.start)
    window.painted.connect(partial(_warm_up, partial(mel_spectrogram, [0.0])))
    window.show()
    window.restore_session()
    if isinstance(app, Application):
        app.open_requested.connect(lambda path: window.open_paths([path]))
    return window


def _warm_up(compute: Callable[[], object]) -> None:
    """Read and import beside the window what the first clip and the first recording need."""
    threading.Thread(target=_read_ahead, args=(compute,), name="warm-up").start()


def _read_ahead(compute: Callable[[], object]) -> None:
    read_icons()
    # Every clip that is shown asks it what the user said of that clip before.
    import fstmuse_core.datasets.corrections.store  # noqa: F401

    compute()


# One window ---------------------------------------------------------------------------------


def claim_window(paths: Sequence[str]) -> QLocalServer | None:
    """Be the one window from here on, or give files and folders to the one that is open.

    Returns
    -------
    QLocalServer or None
        Takes what later starts are given, for :func:`take_requests`; ``None`` if the window
        that is open has all, and this start is to end. One that does not answer within five
        seconds counts for nothing.
    """
    if _hand_over(paths, _PATIENCE_MS):
        return None
    server = QLocalServer()
    server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
    if server.listen(_server_name()):
        return server
    # Somebody was quicker, or a window that was killed left its name behind.
    if _hand_over(paths, _PATIENCE_MS // 5):
        return None
    QLocalServer.removeServer(_server_name())
    if not server.listen(_server_name()):
        _log.warning("a second start opens another window (%s)", server.errorString())
    return server


def _hand_over(paths: Sequence[str], patience_ms: int) -> bool:
    socket = QLocalSocket()
    socket.connectToServer(_server_name())
    if not socket.waitForConnected(patience_ms):
        return False
    request = {
        "paths": [os.path.abspath(path) for path in paths],
        "token": os.environ.get(_TOKEN, ""),
    }
    socket.write(json.dumps(request).encode() + b"\n")
    while not socket.canReadLine():
        if not socket.waitForReadyRead(patience_ms):
            return False
    return bytes(socket.readLine().data()) == _TAKEN


def take_requests(server: QLocalServer, window: MainWindow) -> None:
    """Open in this window what later starts are given."""
    server.setParent(window)
    server.newConnection.connect(partial(_on_connection, server, window))
    _on_connection(server, window)


def _server_name() -> str:
    """Name that windows with the same settings share."""
    return f"{APP_ID}-{hashlib.sha256(str(settings_path()).encode()).hexdigest()[:16]}"


def _on_connection(server: QLocalServer, window: MainWindow) -> None:
    while (socket := server.nextPendingConnection()) is not None:
        socket.disconnected.connect(socket.deleteLater)
        socket.readyRead.connect(partial(_on_request, socket, window))
        if socket.bytesAvailable():
            _on_request(socket, window)


def _on_request(socket: QLocalSocket, window: MainWindow) -> None:
    # A window that is being closed stays closed: the other start opens one of its own.
    if socket.bytesAvailable() > _LONGEST_REQUEST or not window.isVisible():
        socket.abort()
        return
    if not socket.canReadLine():
        return
    try:
        request = json.loads(bytes(socket.readLine().data()))
        paths = [str(path) for path in request["paths"]]
        token = str(request["token"])
    except (ValueError, KeyError, TypeError):
        socket.abort()
        return
    socket.write(_TAKEN)
    socket.flush()
    if socket.state() != QLocalSocket.LocalSocketState.ConnectedState:
        return  # this window did not answer for so long that the other start opened its own
    if token:
        os.environ[_TOKEN] = token
    bring_to_front(window)
    if paths:
        window.open_paths(paths)


def bring_to_front(window: MainWindow) -> None:
    """Show a window above the others, also if it is minimised."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
