"""Shows beside corrections what is learned from them."""

from __future__ import annotations

from PySide6.QtCore import QObject

from fstmuse_core.runs.learned import Learned
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.widgets.verdict import CorrectionBar


class LearningPresenter(QObject):
    """Lets the user's own model learn, and says what has changed."""

    def __init__(self, bar: CorrectionBar, context: TabContext, parent: QObject) -> None:
        super().__init__(parent)
        self._bar, self._models = bar, context.models
        self._learner = context.learner
        self._name = ""
        bar.learn_requested.connect(self._learner.learn)
        bar.use_requested.connect(self._use)
        self._learner.began.connect(bar.show_learning)
        self._learner.learned.connect(self._on_learned)
        self._learner.failed.connect(self._on_failed)

    def _on_learned(self, learned: Learned) -> None:
        self._name = learned.name
        details = "\n".join(learned.sentences())
        self._bar.show_learned(learned.summary, details, can_use=True)

    def _on_failed(self, sentence: str) -> None:
        self._bar.show_learned(f"Nothing was learned: {sentence}.")

    def _use(self) -> None:
        if self._name:
            self._models.wanted.emit(self._name)


def show_learning(bar: CorrectionBar, context: TabContext, parent: QObject) -> None:
    """Show beside the corrections of a tab what is learned from them."""
    LearningPresenter(bar, context, parent)
