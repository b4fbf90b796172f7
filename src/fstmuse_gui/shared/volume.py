"""The volume of playback: one for all tabs, kept in the settings."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from fstmuse_gui.settings import MUTED, VOLUME, Settings
from fstmuse_gui.shared.tabs import PlaybackSignals, make_action
from fstmuse_gui.sound.player import Playing
from fstmuse_gui.widgets.volume import STEP, VolumeControl


def gain_of(settings: Settings) -> float:
    """Factor of the volume in force, from 0 to 1.

    The square of the slider's share: loudness grows about evenly along it.
    """
    share = settings.get(VOLUME) / 100.0
    return 0.0 if settings.get(MUTED) else share * share


class VolumePresenter(QObject):
    """Keeps a player, a control and the settings in step, with those of other tabs."""

    def __init__(
        self,
        control: VolumeControl,
        player: Playing,
        settings: Settings,
        sounds: PlaybackSignals,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._control, self._player = control, player
        self._settings, self._sounds = settings, sounds
        control.chosen.connect(self._choose)
        sounds.volume_changed.connect(self._apply)
        player.level_changed.connect(control.meter.set_level)
        player.state_changed.connect(self._on_state)
        self._apply()

    def _choose(self, percent: int, is_muted: bool) -> None:
        _keep(self._settings, self._sounds, percent, is_muted)

    def _apply(self) -> None:
        settings = self._settings
        self._player.set_gain(gain_of(settings))
        self._control.show_volume(settings.get(VOLUME), is_muted=settings.get(MUTED))

    def _on_state(self, state: str) -> None:
        if state != "playing":
            self._control.meter.reset()


def volume_actions(parent: QObject, settings: Settings, sounds: PlaybackSignals) -> list[QAction]:
    """Entries for the menu Playback."""

    def change(percent: int) -> None:
        louder = settings.get(VOLUME) + percent
        _keep(settings, sounds, min(100, max(0, louder)), is_muted=False)

    def mute() -> None:
        _keep(settings, sounds, settings.get(VOLUME), not settings.get(MUTED))

    return [
        make_action(parent, "L&ouder", "Ctrl+Up", lambda: change(STEP)),
        make_action(parent, "So&fter", "Ctrl+Down", lambda: change(-STEP)),
        make_action(parent, "&Mute, or not", "M", mute),
    ]


def _keep(settings: Settings, sounds: PlaybackSignals, percent: int, is_muted: bool) -> None:
    settings.set(VOLUME, percent)
    settings.set(MUTED, is_muted)
    sounds.volume_changed.emit()
