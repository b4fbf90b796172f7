"""What a window takes of later starts, and what it leaves to them."""

from __future__ import annotations

import json
import os
from typing import cast

import pytest
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from fstmuse_gui import start
from fstmuse_gui.main_window import MainWindow

_OFF = QLocalSocket.LocalSocketState.UnconnectedState


class Opening(QWidget):
    """A window that notes what it is to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def open_paths(self, paths: list[str]) -> None:
        self.opened += paths


@pytest.fixture
def window(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Opening:
    name = f"fstmuse-{os.getpid()}-{request.node.name}"
    monkeypatch.setattr(start, "_server_name", lambda: name)
    made = Opening()
    qtbot.addWidget(made)
    made.show()
    server = start.claim_window([])
    assert server is not None
    start.take_requests(server, cast(MainWindow, made))
    return made


def asked() -> QLocalSocket:
    """Another start that has asked for a song to be opened."""
    socket = QLocalSocket()
    socket.connectToServer(start._server_name())
    assert socket.waitForConnected(5000)
    socket.write(json.dumps({"paths": ["song.wav"], "token": ""}).encode() + b"\n")
    assert socket.waitForBytesWritten(5000)
    return socket


def test_a_window_opens_what_another_start_is_given(window: Opening, qtbot: QtBot) -> None:
    socket = asked()
    qtbot.waitUntil(socket.canReadLine)
    assert window.opened == ["song.wav"]


def test_a_window_that_is_closed_stays_closed(window: Opening, qtbot: QtBot) -> None:
    socket = asked()
    window.close()
    qtbot.waitUntil(lambda: socket.state() == _OFF)
    assert not socket.canReadLine()
    assert not window.isVisible()
    assert window.opened == []


def test_what_nobody_waits_for_any_more_is_not_opened(window: Opening, qtbot: QtBot) -> None:
    asked().abort()
    socket = asked()
    qtbot.waitUntil(socket.canReadLine)
    assert window.opened == ["song.wav"]
