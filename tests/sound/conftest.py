"""Sound without sound devices."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from fstmuse_gui.sound.player import Player
from fstmuse_gui.sound.recorder import Recorder

from .fake_feed import FakeFeed
from .fake_portaudio import FakePortAudio


class ManualClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    """PortAudio with one microphone and one loudspeaker."""
    fake = FakePortAudio()
    fake.add("Desk microphone", inputs=1, rate=22_050)
    fake.add("Speakers", outputs=2)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


@pytest.fixture
def no_devices(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    """PortAudio without any device."""
    fake = FakePortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


@pytest.fixture
def recorder(qtbot: QtBot, clock: ManualClock) -> Iterator[Recorder]:
    made = Recorder(clock=clock)
    yield made
    made.close()
    delete(made, qtbot)


@pytest.fixture
def feed() -> FakeFeed:
    return FakeFeed()


@pytest.fixture
def player(qtbot: QtBot, feed: FakeFeed) -> Iterator[Player]:
    made = Player(make_feed=lambda: feed)
    yield made
    made.close()
    delete(made, qtbot)


def delete(thing: QObject, qtbot: QtBot) -> None:
    """Have Qt delete ``thing`` before the next test."""
    with qtbot.waitSignal(thing.destroyed):
        thing.deleteLater()
