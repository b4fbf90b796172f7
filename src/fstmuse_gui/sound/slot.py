"""One stream that the window asks for and the sound thread opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from fstmuse_gui.sound.devices import DeviceId, Direction, SoundDevice, SoundError, find_device
from fstmuse_gui.sound.streams import DeviceStream, MakeEnd, open_stream
from fstmuse_gui.sound.threads import hire_sound_thread, release_sound_thread

Formats = Callable[[SoundDevice], list[tuple[int, int]]]

_OPEN_TIMEOUT_MS = 8000


class StreamSlot(QObject):
    """Opens and closes a stream without making the window wait.

    Signals
    -------
    opened(object)
        The :class:`DeviceStream` asked for last.
    refused(str)
        Why there is none.
    """

    opened = Signal(object)
    refused = Signal(str)

    _answered = Signal(int, object)

    def __init__(self, direction: Direction, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._direction = direction
        self._thread = hire_sound_thread()
        self._attempt = 0
        self._released = False
        self._held: DeviceStream[Any] | None = None  # touched by the sound thread alone
        self.stream: DeviceStream[Any] | None = None
        self._overdue = QTimer(self, interval=_OPEN_TIMEOUT_MS, singleShot=True)
        self._overdue.timeout.connect(self._give_up)
        self._answered.connect(self._on_answer, Qt.ConnectionType.QueuedConnection)

    def open(self, wanted: Sequence[DeviceId], formats: Formats, make_end: MakeEnd[Any]) -> None:
        """Open the first of ``wanted`` that is there; an earlier stream is closed first."""
        self.close()
        attempt = self._attempt
        self._overdue.start()
        self._thread.call(lambda: self._open_now(attempt, tuple(wanted), formats, make_end))

    def close(self) -> None:
        """Close the stream, or forget the one being opened."""
        self._attempt += 1
        self._overdue.stop()
        self.stream = None
        self._thread.call(self._close_now)

    def release(self) -> None:
        """Close for good."""
        if not self._released:
            self._released = True
            self.close()
            release_sound_thread()

    def _open_now(
        self, attempt: int, wanted: Sequence[DeviceId], formats: Formats, make_end: MakeEnd[Any]
    ) -> None:
        if attempt != self._attempt:
            return
        try:
            device = find_device(self._direction, wanted)
            self._held = open_stream(self._direction, device, formats(device), make_end)
        except SoundError as error:
            self._answered.emit(attempt, str(error))
        else:
            self._answered.emit(attempt, self._held)

    def _close_now(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def _on_answer(self, attempt: int, answer: DeviceStream[Any] | str) -> None:
        # A stream that came too late is closed already: its close was called after its open.
        if attempt != self._attempt:
            return
        self._overdue.stop()
        if isinstance(answer, str):
            self.refused.emit(answer)
        else:
            self.stream = answer
            self.opened.emit(answer)

    def _give_up(self) -> None:
        self.close()
        self.refused.emit(
            str(
                SoundError(
                    "Sound",
                    "the device does not answer",
                    "choose another, or unplug it and plug it in again",
                )
            )
        )
