"""The Generate tab, built when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from fstmuse_gui.generate.presenter import GENERATOR, GeneratePresenter
from fstmuse_gui.generate.takes import Take
from fstmuse_gui.generate.view import GenerateView
from fstmuse_gui.settings import Option
from fstmuse_gui.shared.models import ModelInfo, installed_generators, installed_models
from fstmuse_gui.shared.playback import VolumePresenter, volume_actions
from fstmuse_gui.shared.tabs import LazyPage, MenuEntries, TabContext, Unsaved, make_action
from fstmuse_gui.sound.player import STEP_S, Playing, make_player
from fstmuse_gui.workers.bridge import WorkerBridge, sound_bridge

SPLITTER = Option("generate/splitter", list, [])
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True)
class GenerateFactories:
    """Player, process and models of the tab; only tests have others."""

    player: Callable[[QObject], Playing] = make_player
    bridge: Callable[[str | None, QObject], WorkerBridge] = sound_bridge
    generators: Callable[[], list[ModelInfo]] = installed_generators
    judges: Callable[[], list[ModelInfo]] = installed_models


class GenerateWiring(QObject):
    """View, presenter and the process that makes music."""

    def __init__(
        self,
        context: TabContext,
        factories: GenerateFactories,
        stage: QWidget,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = context.settings
        self._generators, self._judges = factories.generators, factories.judges
        self.view = GenerateView(stage)
        found = factories.generators()
        names = [model.name for model in found]
        last = context.settings.get(GENERATOR)
        self.bridge = factories.bridge(last if last in names else next(iter(names), None), self)
        self.presenter = GeneratePresenter(
            self.view,
            context.settings,
            self.bridge,
            player := factories.player(self),
            found,
            factories.judges(),
            self,
        )
        volume = self.view.take_page.transport.volume
        self.volume = VolumePresenter(volume, player, context.settings, context.sounds, self)
        context.models.changed.connect(self._on_models_changed)
        self.view.splitter.restore(self._settings.get(SPLITTER))

    def _on_models_changed(self) -> None:
        self.presenter.offer_models(self._generators(), self._judges())

    def use_model(self, name: str) -> None:
        """Make music with this model from now on."""
        self._on_models_changed()
        self.presenter.choose_model(name)

    def close(self) -> None:
        """Stop everything, and remember how the tab looked."""
        self._settings.set(SPLITTER, self.view.splitter.widths())
        self.presenter.close()
        self.bridge.close()


class GenerateTab(QObject):
    """The tab, as ``tabs.Tab`` asks for it."""

    message = Signal(str)
    title = "Generate"

    def __init__(self, context: TabContext, factories: GenerateFactories | None = None) -> None:
        super().__init__()
        self._context = context
        self._factories = factories or GenerateFactories()
        self._built: GenerateWiring | None = None
        self._stage = LazyPage(self._build)
        self._needs_sound: list[QAction] = []
        context.models.generator_wanted.connect(lambda name: self._build().use_model(name))
        context.models.renamed.connect(self._on_renamed)
        context.data.music_like_wanted.connect(self.open_paths)
        self._build_actions()

    # -- as a tab ----------------------------------------------------------------------

    @property
    def widget(self) -> QWidget:
        """Widget of the tab."""
        return self._stage

    def menus(self) -> dict[str, MenuEntries]:
        """Entries for File, View and Playback."""
        return {
            "File": [
                self._generate,
                self._surprise,
                self._cancel,
                None,
                self._save,
            ],
            "Edit": [self._undo, None, self._copy, self._remove],
            "View": [*self._zooms],
            "Playback": [self._play, self._swap, None, *self._seeks, None, *self._volumes],
        }

    def open_paths(self, paths: list[str]) -> None:
        """Make music like the first of these songs from now on."""
        self.presenter.liking.take(paths)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something hangs above the window."""
        self.view.form.like.set_drop_highlight(is_highlighted)

    def unsaved(self) -> Unsaved | None:
        """Takes that would be lost."""
        built = self._built.presenter if self._built is not None else None
        return built.saving.unsaved(built.takes) if built is not None else None

    def may_close(self) -> bool:
        """Ask before takes are lost."""
        return self._built is None or self._built.presenter.may_close()

    def close(self) -> None:
        """Stop everything and remember how it looked."""
        if self._built is not None:
            self._built.close()

    # -- what is behind it -------------------------------------------------------------

    def _build(self) -> GenerateWiring:
        if self._built is None:
            self._built = GenerateWiring(self._context, self._factories, self._stage, self)
            self._built.presenter.message.connect(self.message)
            self._built.presenter.changed.connect(self._on_changed)
            self._built.view.take_page.save_menu.addActions([self._save, self._copy])
            sounds = self._context.sounds
            playback = self._built.presenter.playback
            playback.started.connect(lambda: sounds.started.emit(self.title))
            sounds.started.connect(self._on_sound)
            self._stage.put(self._built.view)
            self._on_changed()
        return self._built

    def _on_renamed(self, old: str, new: str) -> None:
        settings = self._context.settings
        if settings.get(GENERATOR) == old:
            settings.set(GENERATOR, new)
        if self._built is not None:
            self._built.presenter.follow_rename(old, new)

    def _on_sound(self, title: str) -> None:
        if title != self.title and self._built is not None:
            self._built.presenter.playback.pause()

    @property
    def view(self) -> GenerateView:
        """View of the tab, built on first use."""
        return self._build().view

    @property
    def presenter(self) -> GeneratePresenter:
        """Presenter of the tab, built on first use."""
        return self._build().presenter

    # -- actions -----------------------------------------------------------------------

    def _sound_action(self, text: str, keys: str, run: Callable[[Take], None]) -> QAction:
        """An action for the take that is shown, once it has its sound."""

        def on_take() -> None:
            take = self.presenter.shown
            if take is not None and take.clip is not None:
                run(take)

        action = make_action(self, text, keys, on_take)
        self._needs_sound.append(action)
        return action

    def _build_actions(self) -> None:
        self._generate = make_action(self, "&Generate", "Ctrl+G", lambda: self.presenter.generate())
        self._surprise = make_action(self, "S&urprise", "Ctrl+U", lambda: self.presenter.surprise())
        self._cancel = make_action(
            self, "&Cancel what is made", "Esc", lambda: self.presenter.cancel()
        )
        self._save = self._sound_action(
            f"&Save the take{_ELLIPSIS}", "Ctrl+S", lambda take: self.presenter.saving.save(take)
        )
        self._copy = self._sound_action(
            "Copy the &recipe", "Ctrl+R", lambda take: self.presenter.saving.copy_recipe(take)
        )
        self._remove = make_action(
            self,
            "Re&move from the list",
            "Delete",
            lambda: self.presenter.remove(self.view.form.takes.current_key),
        )
        self._undo = make_action(self, "&Undo the removal", "Ctrl+Z", lambda: self.presenter.undo())
        self._play = self._sound_action(
            "&Play or pause", "Space", lambda _take: self.presenter.playback.toggle()
        )
        self._swap = self._sound_action(
            "The &other of two takes", "X", lambda _take: self.presenter.swap()
        )
        self._seeks = [
            self._sound_action(text, keys, partial(self._step, seconds))
            for text, keys, seconds in (
                ("&Back 5 seconds", "Left", -STEP_S),
                ("&Forward 5 seconds", "Right", STEP_S),
            )
        ]
        self._seeks.append(
            self._sound_action(
                "To the &start", "Home", lambda _take: self.presenter.playback.seek(0.0)
            )
        )
        self._zooms = [
            self._sound_action(text, keys, partial(self._zoom, factor))
            for text, keys, factor in (
                ("Zoom &in", "+", 0.5),
                ("Zoom &out", "-", 2.0),
                ("&Whole take", "0", 0.0),
            )
        ]

        self._volumes = volume_actions(self, self._context.settings, self._context.sounds)

    def _step(self, seconds: float, _take: Take) -> None:
        self.presenter.playback.step(seconds)

    def _zoom(self, factor: float, _take: Take) -> None:
        picture = self.view.take_page.spectrogram
        if factor:
            picture.zoom(factor)
        else:
            picture.reset_zoom()

    def _on_changed(self) -> None:
        if self._built is None:
            return
        presenter = self._built.presenter
        take = presenter.shown
        for action in self._needs_sound:
            action.setEnabled(take is not None and take.clip is not None)
        self._generate.setEnabled(presenter.can_generate)
        self._surprise.setEnabled(presenter.can_generate)
        self._cancel.setEnabled(presenter.is_working)
        self._remove.setEnabled(take is not None)
        self._undo.setEnabled(presenter.takes.can_restore)
        self._swap.setEnabled(presenter.pair.takes is not None)
