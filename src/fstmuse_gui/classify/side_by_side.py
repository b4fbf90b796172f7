"""Answers of every installed model to the clip that is shown, side by side."""

from __future__ import annotations

from PySide6.QtCore import QObject

from fstmuse_core.workers.protocol import ClipResult
from fstmuse_gui.classify.presenter import ClassifyPresenter
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.widgets.model_cards import ModelCard, ModelsDialog
from fstmuse_gui.workers.bridge import WorkerBridge


class SideBySide(QObject):
    """Asks one model after the other, for as long as the dialog is open."""

    def __init__(
        self,
        presenter: ClassifyPresenter,
        view: ClassifyView,
        bridge: WorkerBridge,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._presenter, self._view, self._bridge = presenter, view, bridge
        self.dialog: ModelsDialog | None = None
        self.cards: dict[str, ModelCard] = {}
        self._clip: Clip | None = None
        self._waiting: list[str] = []
        self._job: int | None = None
        self._asked = ""
        bridge.done.connect(self._on_done)
        bridge.failed.connect(self._on_failed)
        bridge.cancelled.connect(self._on_cancelled)
        view.clip_page.models_requested.connect(self.show)

    def show(self) -> None:
        """Show the models' answers to the clip that is shown."""
        clip = self._presenter.shown
        if clip is None or clip.result is None:
            return
        self.close()
        used = clip.result.classification.model
        # The answer that is known already stands first.
        offered = sorted(self._presenter.models, key=lambda model: model.name != used)
        self.cards = {
            model.name: ModelCard(model.title, model.genres, is_used=model.name == used)
            for model in offered
        }
        for name, card in self.cards.items():
            card.use_requested.connect(lambda chosen=name: self._use(chosen))
        self._clip = clip
        self._show_answer(used, clip.result)
        self._waiting = [name for name in self.cards if name != used]
        self.dialog = ModelsDialog(self._view.window(), clip.title, list(self.cards.values()))
        self.dialog.gone.connect(self._forget)
        self.dialog.open()
        self._next()

    def close(self) -> None:
        """Close the dialog, and want no further answers."""
        if self.dialog is not None:
            self.dialog.close()

    def _use(self, name: str) -> None:
        self.close()
        self._presenter.choose_model(name)

    def _forget(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            self._bridge.cancel(job)
        self.dialog, self._clip = None, None
        self._waiting, self.cards = [], {}

    def _next(self) -> None:
        clip = self._clip
        if clip is None or not self._waiting:
            return
        self._asked = self._waiting.pop(0)
        if clip.take is None:
            self._job = self._bridge.classify_file(str(clip.path), self._asked)
            return
        self._job = self._bridge.classify_live(self._asked)
        self._bridge.send_live(self._job, clip.take.samples)
        self._bridge.end_live(self._job)

    def _show_answer(self, name: str, result: ClipResult) -> None:
        if name in self.cards:
            self.cards[name].show_answer(result.classification, result.note)

    def _on_done(self, job: int, payload: object) -> None:
        if job == self._job and isinstance(payload, ClipResult):
            self._job = None
            self._show_answer(self._asked, payload)
            self._next()

    def _on_failed(self, job: int, sentence: str) -> None:
        if job == self._job:
            self._job = None
            self.cards[self._asked].show_trouble(sentence)
            self._next()

    def _on_cancelled(self, job: int) -> None:
        if job == self._job:
            self._on_failed(job, "It was cancelled.")
