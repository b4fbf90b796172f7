"""Everything behind the Generate tab, put together."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from fstmuse_gui.classify.bridge import WorkerBridge, sound_bridge
from fstmuse_gui.classify.models import ModelInfo, installed_generators, installed_models
from fstmuse_gui.generate.presenter import GENERATOR, GeneratePresenter
from fstmuse_gui.generate.view import GenerateView
from fstmuse_gui.settings import Option
from fstmuse_gui.sound.playing import Playing, make_player
from fstmuse_gui.tabs import TabContext

SPLITTER = Option("generate/splitter", list, [])


class GenerateDesk(QObject):
    """View, presenter and what they work with; the makers are given only by tests."""

    def __init__(
        self,
        context: TabContext,
        parent: QObject | None = None,
        *,
        player: Callable[[QObject], Playing] = make_player,
        bridge: Callable[[str | None, QObject], WorkerBridge] = sound_bridge,
        generators: Callable[[], list[ModelInfo]] = installed_generators,
        judges: Callable[[], list[ModelInfo]] = installed_models,
    ) -> None:
        super().__init__(parent)
        self._settings = context.settings
        self._generators, self._judges = generators, judges
        self.view = GenerateView()
        found = generators()
        names = [model.name for model in found]
        last = context.settings.get(GENERATOR)
        self.bridge = bridge(last if last in names else next(iter(names), None), self)
        self.presenter = GeneratePresenter(
            self.view,
            context.settings,
            self.bridge,
            player(self),
            found,
            judges(),
            self,
        )
        context.models.changed.connect(self._on_models_changed)
        sizes = self._settings.get(SPLITTER)
        wanted = self.view.splitter.count()
        if len(sizes) == wanted and all(type(s) is int and s > 0 for s in sizes):
            self.view.splitter.set_widths(sizes)

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
