"""Puts the Classify tab together: view, presenter, sound, and the entries of its menus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from fstmuse_gui.classify.clip_page import why_tip
from fstmuse_gui.classify.dragging import FilesOut, Opening, handed_out_folder
from fstmuse_gui.classify.playback import Lister, OutputMenu, ResynthesisPlayer, make_lister
from fstmuse_gui.classify.presenter import ClassifyPresenter
from fstmuse_gui.classify.record_panel import RecordPanel
from fstmuse_gui.classify.recording import Recording
from fstmuse_gui.classify.region import RegionMenu
from fstmuse_gui.classify.session import SessionKeeper, unsaved_folder
from fstmuse_gui.classify.several import SeveralClips
from fstmuse_gui.classify.side_by_side import SideBySide
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.plain import set_tip
from fstmuse_gui.settings import (
    COLOUR_MAP,
    COLOUR_MAPS,
    DB_RANGE,
    DB_RANGES,
    INPUT_DEVICE,
    OUTPUT_DEVICE,
    RECORD_LENGTH_S,
    SPLITTER,
    Option,
    Settings,
)
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.shared.correction_presenter import Corrections, own_corrections, show_learning
from fstmuse_gui.shared.models import ModelInfo, installed_models
from fstmuse_gui.shared.playback import VolumePresenter, volume_actions
from fstmuse_gui.shared.tabs import MenuEntries, TabContext, Unsaved, make_action
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.player import STEP_S, Playing, make_player
from fstmuse_gui.workers.bridge import WorkerBridge, sound_bridge

T = TypeVar("T")

_LONG_STEP_S = 30.0
_ZOOM = 0.5


def make_recording(panel: RecordPanel, settings: Settings, parent: QObject) -> Recording:
    """The recorder of the sound card; remembers which input was chosen."""
    from fstmuse_gui.classify.recording import RecordPresenter

    chosen = DeviceId.parse(settings.get(INPUT_DEVICE))
    length_s = float(settings.get(RECORD_LENGTH_S))
    presenter = RecordPresenter(panel, input_device=chosen, length_s=length_s, parent=parent)
    presenter.length_chosen.connect(lambda seconds: settings.set(RECORD_LENGTH_S, seconds))
    presenter.input_chosen.connect(
        lambda device: settings.set(INPUT_DEVICE, device.text if device is not None else "")
    )
    return presenter


def make_sounds(parent: QObject) -> WorkerBridge:
    """The process that makes sound of spectrograms."""
    return sound_bridge(None, parent)


@dataclass(frozen=True)
class ClassifyFactories:
    """Sound, models, corrections and processes of the tab; only tests have others."""

    player: Callable[[QObject], Playing] = make_player
    recording: Callable[[RecordPanel, Settings, QObject], Recording] = make_recording
    lister: Callable[[QObject], Lister] = make_lister
    models: Callable[[], list[ModelInfo]] = installed_models
    corrections: Callable[[], Corrections] = own_corrections
    sounds: Callable[[QObject], WorkerBridge] = make_sounds
    unsaved: Callable[[], Path] = unsaved_folder
    handed_out: Callable[[], Path] = handed_out_folder


class ClassifyTab(QObject):
    """The tab, as ``tabs.Tab`` asks for it."""

    message = Signal(str)
    title = "Classify"

    def __init__(self, context: TabContext, factories: ClassifyFactories | None = None) -> None:
        super().__init__()
        factories = factories or ClassifyFactories()
        self._settings, self._sounds = context.settings, context.sounds
        panel = RecordPanel()
        self.view = ClassifyView(panel)
        self.presenter = ClassifyPresenter(
            self.view,
            context.settings,
            context.bridge,
            player := factories.player(self),
            recording := factories.recording(panel, context.settings, self),
            factories.models(),
            self,
            factories.corrections,
        )
        self.resynthesis = ResynthesisPlayer(self.view, self.presenter, factories.sounds, self)
        volume = self.view.clip_page.transport.volume
        self._volume = VolumePresenter(volume, player, context.settings, context.sounds, self)
        self._save_menu = self.view.clip_page.save_menu
        self._session = SessionKeeper(
            self.presenter, self.view, context.settings, recording, factories.unsaved(), self
        )
        self.several = SeveralClips(self.presenter, self.view, context.settings, self)
        self.several.music_like_wanted.connect(context.data.music_like_wanted)
        self.side_by_side = SideBySide(self.presenter, self.view, context.bridge, self)
        self.files_out = FilesOut(
            self.presenter, self.view, context.bridge, factories.handed_out(), self
        )
        self.files_out.message.connect(self.message)
        self.files_out.trouble.connect(self.view.notice.say_of_item)
        self._opening = Opening(self.presenter, self.view, context.settings, self)
        self._recent_menu = self._opening.recent_menu
        self._needs_result: list[QAction] = []
        self._build_actions()
        self._build_choices()
        self._output_menu = self._build_output_menu(factories.lister)
        self.view.splitter.restore(self._settings.get(SPLITTER))
        self.presenter.message.connect(self.message)
        self.resynthesis.trouble.connect(self.view.notice.say_of_item)
        self.presenter.changed.connect(self._on_changed)
        self._models = factories.models
        context.models.changed.connect(self._on_models_changed)
        context.models.renamed.connect(self.presenter.follow_rename)
        context.models.wanted.connect(self._on_model_wanted)
        self.presenter.correcting.train_wanted.connect(context.data.train_on_wanted)
        show_learning(self.view.clip_page.correction, context, self)
        self.presenter.playback.started.connect(lambda: context.sounds.started.emit(self.title))
        context.sounds.started.connect(self._on_sound)
        self._on_changed()

    # -- as a tab ----------------------------------------------------------------------

    @property
    def widget(self) -> QWidget:
        """Widget of the tab."""
        return self.view

    def menus(self) -> dict[str, MenuEntries]:
        """Entries for File, Edit, View and Playback."""
        return {
            "File": [
                *self._opening.entries(),
                None,
                self._record,
                self._pause,
                None,
                self._save_menu,
                self.several.export,
                self.several.folder,
                self.several.like,
            ],
            "Edit": [
                self._undo,
                None,
                self.several.copy,
                self.files_out.copy_clips,
                self.several.select_all,
                self.several.remove,
                self.several.rename,
                None,
                self._correct,
                self._confirm,
            ],
            "View": [
                self._why,
                self._models_entry,
                None,
                self.several.order_menu,
                None,
                *self._zooms,
                None,
                self._map_menu,
                self._range_menu,
            ],
            "Playback": [
                self._play,
                self._listen,
                None,
                *self._seeks,
                None,
                self._region_menu,
                None,
                *self._volumes,
                self._output_menu,
            ],
        }

    def open_paths(self, paths: list[str]) -> None:
        """Classify files, and the songs in folders."""
        self.presenter.open_paths(paths)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something hangs above the window."""
        self.view.set_drop_highlight(is_highlighted)

    def unsaved(self) -> Unsaved | None:
        """Recordings that would be lost."""
        return self.presenter.unsaved()

    def may_close(self) -> bool:
        """Ask before a recording is lost."""
        return self.presenter.may_close()

    def restore_session(self) -> None:
        """Open what was open when the window was closed, and keep the session from now on."""
        self._session.restore()

    def close(self) -> None:
        """Stop everything and remember how it looked."""
        self._settings.set(SPLITTER, self.view.splitter.widths())
        self._output_menu.release()
        self.resynthesis.close()
        self.side_by_side.close()
        self.presenter.close()
        self._session.close()

    def _on_models_changed(self) -> None:
        self.presenter.offer_models(self._models())

    def _on_sound(self, title: str) -> None:
        if title != self.title:
            self.presenter.playback.pause()

    def _on_model_wanted(self, name: str) -> None:
        self._on_models_changed()
        self.presenter.choose_model(name)

    # -- actions -----------------------------------------------------------------------

    def _clip_action(self, text: str, keys: str, run: Callable[[Clip], None]) -> QAction:
        """An action for the finished clip that is shown."""

        def on_clip() -> None:
            clip = self.presenter.shown
            if clip is not None:
                run(clip)

        action = make_action(self, text, keys, on_clip)
        self._needs_result.append(action)
        return action

    def _build_actions(self) -> None:
        p, page = self.presenter, self.view.clip_page
        self._record = make_action(self, "&Record, or end the recording", "R", p.toggle_recording)
        self._pause = make_action(self, "Pa&use or go on recording", "P", p.toggle_pause)
        saving = p.saving
        self._save_take = self._clip_action(
            "The &recording\N{HORIZONTAL ELLIPSIS}", "Ctrl+Shift+S", saving.save_take
        )
        self._save_menu.addActions(
            [
                self._clip_action(
                    "The &spectrogram as a picture\N{HORIZONTAL ELLIPSIS}",
                    "Ctrl+S",
                    saving.save_picture,
                ),
                self._clip_action(
                    "The result as &JSON\N{HORIZONTAL ELLIPSIS}", "Ctrl+J", saving.save_json
                ),
                self._clip_action(
                    "The result as &CSV\N{HORIZONTAL ELLIPSIS}", "Ctrl+K", saving.save_csv
                ),
                self._save_take,
            ]
        )
        self._why = self._clip_action("&Why this genre?", "W", lambda _clip: None)
        self._why.setCheckable(True)
        self._why.triggered.connect(p.display.set_why)
        self._models_entry = self._clip_action(
            "&Models side by side\N{HORIZONTAL ELLIPSIS}",
            "Ctrl+M",
            lambda _clip: self.side_by_side.show(),
        )
        self._build_correcting()
        picture = page.spectrogram
        self._zooms = [
            self._clip_action("Zoom &in", "+", lambda _c: picture.zoom(_ZOOM)),
            self._clip_action("Zoom &out", "-", lambda _c: picture.zoom(1 / _ZOOM)),
            self._clip_action("&Whole clip", "0", lambda _c: picture.reset_zoom()),
        ]
        play = p.playback
        self._play = self._clip_action("&Play or pause", "Space", lambda _c: play.toggle())
        self._listen = make_action(
            self, "&Hear as model, or the clip itself", "L", self.resynthesis.toggle
        )
        self._seeks = [
            self._clip_action(text, keys, partial(self._step, seconds))
            for text, keys, seconds in (
                ("&Back 5 seconds", "Left", -STEP_S),
                ("&Forward 5 seconds", "Right", STEP_S),
                ("Back 30 seconds", "Shift+Left", -_LONG_STEP_S),
                ("Forward 30 seconds", "Shift+Right", _LONG_STEP_S),
            )
        ]
        self._seeks.append(self._clip_action("To the &start", "Home", lambda _c: play.seek(0.0)))
        self._region_menu = RegionMenu(p.region, self.files_out.copy_region, self.view)
        self._volumes = volume_actions(self, self._settings, self._sounds)

    def _build_correcting(self) -> None:
        correcting = self.presenter.correcting
        self._correct = make_action(
            self, "&Correct the genre\N{HORIZONTAL ELLIPSIS}", "C", correcting.ask
        )
        self._confirm = make_action(self, "The genre is right", "Y", correcting.confirm)
        self._undo = make_action(self, "&Undo", "Ctrl+Z", self._undo_last)

    def _undo_last(self) -> None:
        if self.several.undoes:
            self.several.undo()
        else:
            self.presenter.correcting.undo()

    def _step(self, seconds: float, _clip: Clip) -> None:
        self.presenter.playback.step(seconds)

    def _build_choices(self) -> None:
        self._map_menu = self._choice_menu(
            "&Colour map",
            COLOUR_MAP,
            [(name.capitalize(), name) for name in COLOUR_MAPS],
            self.presenter.display.set_colour_map,
        )
        self._range_menu = self._choice_menu(
            "&Decibel range",
            DB_RANGE,
            [(f"{decibels} dB", decibels) for decibels in DB_RANGES],
            self.presenter.display.set_db_range,
        )

    def _build_output_menu(self, lister: Callable[[QObject], Lister]) -> OutputMenu:
        chosen = DeviceId.parse(self._settings.get(OUTPUT_DEVICE))
        menu = OutputMenu(chosen, self.view, lister)
        menu.output_chosen.connect(self._on_output_chosen)
        self.presenter.playback.play_to(chosen)
        return menu

    def _on_output_chosen(self, device: DeviceId | None) -> None:
        self._settings.set(OUTPUT_DEVICE, device.text if device is not None else "")
        self.presenter.playback.play_to(device)

    def _choice_menu(
        self,
        title: str,
        option: Option[T],
        choices: list[tuple[str, T]],
        choose: Callable[[T], None],
    ) -> QMenu:
        """A menu in which the choice in force is ticked."""
        menu = QMenu(title, self.view)
        group = QActionGroup(menu)
        for text, value in choices:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setData(value)
            action.triggered.connect(lambda _checked=False, chosen=value: choose(chosen))
            group.addAction(action)

        def tick() -> None:
            for action in group.actions():
                action.setChecked(action.data() == self._settings.get(option))

        menu.aboutToShow.connect(tick)
        return menu

    def _on_changed(self) -> None:
        shown = self.presenter.shown
        for action in self._needs_result:
            action.setEnabled(self.presenter.has_result)
        self._region_menu.allow(has_clip=self.presenter.has_result)
        self._pause.setEnabled(self.presenter.takes.is_live)
        self._save_take.setEnabled(shown is not None and shown.take is not None)
        self._why.setChecked(self.presenter.display.why_is_on)
        if shown is not None and shown.result is not None:
            classification = shown.result.classification
            self._why.setEnabled(classification.activation is not None)
            set_tip(self._why, why_tip(classification))
        self._listen.setEnabled(self.resynthesis.can_play)
        correcting = self.presenter.correcting
        self._correct.setEnabled(correcting.can_correct)
        self._confirm.setEnabled(correcting.can_confirm)
        self._undo.setEnabled(bool(self.several.undoes) or correcting.record is not None)
        self._undo.setText(f"&Undo {self.several.undoes or 'the correction'}")
