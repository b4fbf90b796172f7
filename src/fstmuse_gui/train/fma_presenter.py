"""Decides what is shown of getting FMA."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from fstmuse_gui.train.fma import FmaGetter, FmaSet
from fstmuse_gui.train.view import TrainView
from fstmuse_gui.train.words import as_sentence


class FmaPresenter(QObject):
    """Asks, gets, and hands the folder on.

    Signals
    -------
    message(str)
        For the status bar.
    begun, ended
        The page of the data set may be another.
    got(str)
        The folder it is in.
    """

    message = Signal(str)
    begun = Signal()
    ended = Signal()
    got = Signal(str)

    def __init__(
        self,
        view: TrainView,
        getter: FmaGetter,
        is_awaited: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self.getter = getter
        self._is_awaited = is_awaited
        getter.progressed.connect(self._on_progress)
        getter.got.connect(self._on_got)
        getter.trouble.connect(self._on_trouble)

    @property
    def is_running(self) -> bool:
        """Whether it is being got."""
        return self.getter.is_running

    def ask(self) -> None:
        """Ask, and then download FMA."""
        getter = self.getter
        sizes = getter.gibibytes(FmaSet.SMALL), getter.gibibytes(FmaSet.MEDIUM)
        name = self._view.ask_fma(*sizes, str(getter.folder))
        if name is not None:
            getter.get(name)
            self.begun.emit()

    def show(self) -> None:
        """Say that it is being got."""
        self._view.show_busy("Getting FMA", "Asking for it")

    def cancel(self) -> None:
        """Give it up; the next time goes on from there."""
        self.getter.cancel()

    def close(self) -> None:
        """Stop and wait for the end."""
        self.getter.close()

    def _on_progress(self, words: str, share: float) -> None:
        if self._is_awaited():
            self._view.show_busy("Getting FMA", words, share)

    def _on_got(self, folder: str) -> None:
        self.message.emit(f"FMA is in {folder}.")
        if self._is_awaited():
            self.got.emit(folder)

    def _on_trouble(self, sentence: str) -> None:
        self._view.notice.say(f"{as_sentence(sentence)} Get FMA goes on where it was.")
        if self._is_awaited():
            self.ended.emit()
