"""Display and playback of a clip: its colours, what spoke for a genre, its cursor, the outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification
from fstmuse_gui.classify.clip_page import ClipPage
from fstmuse_gui.plain import caption
from fstmuse_gui.settings import COLOUR_MAP, DB_RANGE, Settings
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.shared.playback import PagePlayback
from fstmuse_gui.sound.devices import DeviceId, SoundDevice, label
from fstmuse_gui.sound.player import Playing


class DisplayOptions(QObject):
    """Remembers what was chosen, and applies it to each clip.

    Signals
    -------
    changed
        Something else is shown.
    """

    changed = Signal()

    def __init__(
        self,
        page: ClipPage,
        settings: Settings,
        shown: Callable[[], Clip | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._settings = settings
        self._shown = shown
        self._why_genre: str | None = None
        self._why_on = False
        self._explained: str | None = None
        page.why_toggled.connect(self.set_why)
        page.why_genre_chosen.connect(self.explain)
        page.transport.colour_map_chosen.connect(self.set_colour_map)
        page.transport.db_range_chosen.connect(self.set_db_range)
        self._apply_colours()

    @property
    def why_is_on(self) -> bool:
        """True while the overlay of what spoke for a genre is shown."""
        return self._why_on

    @property
    def explained(self) -> str | None:
        """The genre for which is shown what spoke for it; None while nothing is."""
        return self._explained

    def set_why(self, is_on: bool) -> None:
        """Show what spoke for the genre, or stop showing it."""
        self._why_on = is_on
        clip = self._shown()
        if clip is not None and clip.result is not None:
            self.show_why(clip.result.classification)

    def explain(self, genre: str) -> None:
        """Show what spoke for ``genre``."""
        self._why_genre = genre
        self.set_why(True)

    def show_why(self, classification: Classification) -> None:
        """Apply it to a clip: the genre chosen last, or the likeliest."""
        genre = self._why_genre
        if genre not in classification.genres:
            genre = classification.ranked()[0][0]
        self._explained = genre if self._why_on else None
        self._page.show_why(classification, self._explained)
        self.changed.emit()

    def forget_genre(self) -> None:
        """Explain the likeliest genre again."""
        self._why_genre = None

    def set_colour_map(self, name: str) -> None:
        """Draw spectrograms in other colours."""
        self._settings.set(COLOUR_MAP, name)
        self._apply_colours()

    def set_db_range(self, decibels: int) -> None:
        """Draw spectrograms over another range."""
        self._settings.set(DB_RANGE, decibels)
        self._apply_colours()

    def _apply_colours(self) -> None:
        name, decibels = self._settings.get(COLOUR_MAP), self._settings.get(DB_RANGE)
        self._page.spectrogram.set_colours(name, decibels)
        self._page.transport.set_colours(name, decibels)


class Playback(PagePlayback):
    """Plays the clip that is shown."""

    def __init__(self, page: ClipPage, player: Playing, parent: QObject | None = None) -> None:
        super().__init__(page, player, parent)
        page.timeline.seek_requested.connect(self.seek)

    def load(self, clip: Clip | None) -> None:
        """Have this clip ready to play; nothing for None."""
        if clip is None or clip.result is None:
            self._unload()
            return
        if clip.key == self._key:
            self._page.set_position(self._player.position)
            return
        self._key = clip.key
        self._load(clip)
        self._page.transport.set_clip(clip.result.classification.duration_s, playable=True)
        self._page.set_position(0.0)

    def replace(self, samples: FloatArray, sample_rate: int) -> None:
        """Play these samples in the clip's stead, from where it stands."""
        self._exchange(lambda: self._player.load_samples(samples, sample_rate))

    def restore(self, clip: Clip) -> None:
        """Play the clip itself again, from where it stands."""
        if clip.key == self._key:
            self._exchange(lambda: self._load(clip))

    def _exchange(self, load: Callable[[], None]) -> None:
        position, was_playing = self._player.position, self._player.state == "playing"
        load()
        self._player.seek(position)
        if was_playing:
            self._player.toggle()

    def _load(self, clip: Clip) -> None:
        if clip.take is not None:
            self._player.load_samples(clip.take.samples, clip.take.sample_rate)
        elif clip.result is not None:
            self._player.load_file(str(clip.path), clip.result.classification.duration_s)

    def play_to(self, device: DeviceId | None) -> None:
        """Use this output from now on; None is the system's default."""
        self._player.set_device(device)


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
