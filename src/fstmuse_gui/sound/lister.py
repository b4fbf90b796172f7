"""The list of devices, made without making the window wait."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from fstmuse_gui.sound import streams
from fstmuse_gui.sound.devices import SoundError, list_devices
from fstmuse_gui.sound.threads import hire_sound_thread, release_sound_thread


class DeviceLister(QObject):
    """Lists inputs and outputs, and looks for new ones.

    Signals
    -------
    listed(object, object)
        Inputs and outputs, tuples of :class:`~fstmuse_gui.sound.devices.SoundDevice`; either
        may be empty.
    failed(str)
        Why there is no list.
    """

    listed = Signal(object, object)
    failed = Signal(str)

    _answered = Signal(object, object)
    _broke = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = hire_sound_thread()
        self._released = False
        queued = Qt.ConnectionType.QueuedConnection
        self._answered.connect(self.listed, queued)
        self._broke.connect(self.failed, queued)

    def refresh(self) -> None:
        """List what PortAudio knows of."""
        self._thread.call(lambda: self._answer(lambda: None))

    def rescan(self) -> None:
        """Have PortAudio look again, and list what it found."""
        self._thread.call(lambda: self._answer(streams.rescan))

    def release(self) -> None:
        """List no more."""
        if not self._released:
            self._released = True
            release_sound_thread()

    def _answer(self, prepare: Callable[[], None]) -> None:
        try:
            prepare()
            self._answered.emit(list_devices("input"), list_devices("output"))
        except SoundError as error:
            self._broke.emit(str(error))
