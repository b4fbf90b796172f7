"""Menu of the sound outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from fstmuse_gui.plain import caption
from fstmuse_gui.sound.devices import DeviceId, SoundDevice, label


class Lister(Protocol):
    """The part of ``sound.streams.DeviceLister`` that the menu needs."""

    listed: SignalInstance
    failed: SignalInstance

    def refresh(self) -> None: ...
    def release(self) -> None: ...


def make_lister(parent: QObject) -> Lister:
    """The lister of the sound card."""
    from fstmuse_gui.sound.streams import DeviceLister

    return DeviceLister(parent)


class OutputMenu(QMenu):
    """Lists the outputs each time it is opened.

    Signals
    -------
    output_chosen(object)
        A :class:`DeviceId`, or None for the system's default.
    """

    output_chosen = Signal(object)

    def __init__(
        self,
        chosen: DeviceId | None,
        parent: QWidget,
        make: Callable[[QObject], Lister] = make_lister,
    ) -> None:
        super().__init__("&Output", parent)
        self._chosen = chosen
        self._group: QActionGroup | None = None
        self._lister = make(self)
        self._lister.listed.connect(self._on_listed)
        self._lister.failed.connect(lambda _sentence: self._fill(()))
        self.aboutToShow.connect(self._lister.refresh)
        self._fill(())

    def release(self) -> None:
        """List no more."""
        self._lister.release()

    def _on_listed(self, _inputs: object, outputs: tuple[SoundDevice, ...]) -> None:
        self._fill(outputs)

    def _fill(self, outputs: tuple[SoundDevice, ...]) -> None:
        entries: list[tuple[str, DeviceId | None]] = [("System default", None)]
        entries += [(label(device, outputs), device.id) for device in outputs]
        known = [identity for _, identity in entries]
        if self._chosen not in known and self._chosen is not None:
            entries.append((f"{self._chosen.name} (not connected)", self._chosen))
        self.clear()
        if self._group is not None:
            self._group.deleteLater()
        self._group = QActionGroup(self)
        for text, identity in entries:
            action = self.addAction(caption(text))
            action.setCheckable(True)
            action.setChecked(identity == self._chosen)
            action.triggered.connect(lambda _on=False, choice=identity: self._choose(choice))
            self._group.addAction(action)

    def _choose(self, choice: DeviceId | None) -> None:
        self._chosen = choice
        self.output_chosen.emit(choice)
