"""Playback of the clip that is shown, of its resynthesis, and the choice of the output."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QSignalBlocker, Signal, SignalInstance
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.workers.protocol import ResynthesizeFile
from fstmuse_gui.classify.clip_page import ClipPage
from fstmuse_gui.plain import caption, set_tip
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.shared.playback import PagePlayback
from fstmuse_gui.sound.devices import DeviceId, SoundDevice, label
from fstmuse_gui.sound.player import Playing
from fstmuse_gui.workers.bridge import WorkerBridge

if TYPE_CHECKING:
    from fstmuse_gui.classify.presenter import ClassifyPresenter
    from fstmuse_gui.classify.view import ClassifyView

_WHOLE = "Hear what the model hears: the sound made again from the spectrogram (L)"
_FIRST_SAVE = "Save the recording first; then what the model hears of it can be heard"


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
        self._loop = None
        self._load(clip)
        self._page.transport.set_clip(clip.result.classification.duration_s, playable=True)
        self._page.set_position(0.0)

    def replace(self, samples: FloatArray, sample_rate: int) -> None:
        """Play these samples in the clip's stead, from where it stands, and at once."""
        self._exchange(lambda: self._player.load_samples(samples, sample_rate))
        if self._player.state != "playing":
            self._player.toggle()

    def restore(self, clip: Clip) -> None:
        """Play the clip itself again, from where it stands."""
        if clip.key == self._key:
            self._exchange(lambda: self._load(clip))

    @property
    def position(self) -> float:
        """Position in the clip in seconds."""
        return self._player.position

    def _exchange(self, load: Callable[[], None]) -> None:
        position, was_playing = self._player.position, self._player.state == "playing"
        load()
        if self._loop is not None:
            self._player.set_loop(self._loop)
        self._player.seek(position)
        if was_playing:
            self._player.toggle()

    def _load(self, clip: Clip) -> None:
        if clip.take is not None:
            self._player.load_samples(*clip.take.best)
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


class ResynthesisPlayer(QObject):
    """Plays the resynthesis in place of the clip; only what spoke for a genre while that shows.

    The process that makes it is started when it is first wanted.

    Signals
    -------
    trouble(str)
        A sentence for the notice.
    """

    trouble = Signal(str)

    def __init__(
        self,
        view: ClassifyView,
        presenter: ClassifyPresenter,
        make_bridge: Callable[[QObject], WorkerBridge],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._button = view.clip_page.listen_button
        self._transport = view.clip_page.transport
        self._presenter = presenter
        self._make_bridge = make_bridge
        self._bridge: WorkerBridge | None = None
        self._job: int | None = None
        # What plays, or is being made: the clip and the genre that is explained.
        self._played: tuple[int, str | None] | None = None
        self._button.toggled.connect(self._on_toggled)
        self._transport.source_closed.connect(lambda: self._button.setChecked(False))
        presenter.changed.connect(self._on_changed)
        self._on_changed()

    @property
    def is_on(self) -> bool:
        """True while resynthesised sound plays, or is being made."""
        return self._played is not None

    @property
    def can_play(self) -> bool:
        """True while a classified clip that lies in a file is shown."""
        clip = self._presenter.shown
        return clip is not None and clip.result is not None and bool(_path(clip))

    def toggle(self) -> None:
        """Hear it, or the clip itself again."""
        if self.can_play:
            self._button.toggle()

    def close(self) -> None:
        """End the process, if there is one."""
        if self._bridge is not None:
            self._bridge.close()

    def _on_toggled(self, is_on: bool) -> None:
        clip = self._presenter.shown
        if is_on and clip is not None and self.can_play:
            self._ask(clip)
            return
        self._give_up()
        if clip is not None and clip.result is not None:
            self._presenter.playback.restore(clip)

    def _on_changed(self) -> None:
        """Follow a change of the clip shown or of the genre explained."""
        clip = self._presenter.shown
        self._button.setEnabled(self.can_play)
        needs_file = clip is not None and clip.result is not None and not self.can_play
        set_tip(self._button, _FIRST_SAVE if needs_file else _WHOLE)
        if self._played is None:
            return
        if clip is None or clip.key != self._played[0] or clip.result is None:
            self._give_up()
            self._show_off()
        elif self._presenter.display.explained != self._played[1]:
            self._ask(clip)

    def _ask(self, clip: Clip) -> None:
        self._give_up()
        why = self._presenter.display.explained
        self._played = (clip.key, why)
        model = clip.result.classification.model if why and clip.result else None
        self._job = self._worker().worker.submit(ResynthesizeFile(_path(clip), why, model))
        self._button.show_share(0.0)

    def _give_up(self) -> None:
        if self._job is not None and self._bridge is not None:
            self._bridge.cancel(self._job)
        self._end()

    def _end(self) -> None:
        self._job = self._played = None
        self._button.show_share(None)
        self._transport.show_source("")

    def _show_off(self) -> None:
        with QSignalBlocker(self._button):
            self._button.setChecked(False)

    def _what(self) -> str:
        genre = self._played[1] if self._played is not None else None
        return "As the model hears it" if genre is None else f"What spoke for {genre}"

    def _worker(self) -> WorkerBridge:
        if self._bridge is None:
            self._bridge = self._make_bridge(self)
            self._bridge.progress.connect(self._on_progress)
            self._bridge.done.connect(self._on_done)
            self._bridge.failed.connect(self._on_failed)
        return self._bridge

    def _on_progress(self, job: int, fraction: float) -> None:
        if job == self._job:
            self._button.show_share(fraction)

    def _on_done(self, job: int, payload: object) -> None:
        from fstmuse_core.inversion.resynthesis import Resynthesis

        if job != self._job or not isinstance(payload, Resynthesis):
            return
        self._job = None
        self._button.show_share(None)
        self._transport.show_source(self._what())
        self._presenter.playback.replace(payload.samples, payload.sample_rate)

    def _on_failed(self, job: int, sentence: str) -> None:
        if job == self._job:
            self._end()
            self._show_off()
            self.trouble.emit(sentence)


def _path(clip: Clip) -> str:
    return clip.path or clip.saved_as
