"""Decides what is shown of getting FMA."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_gui.train.data.fma import FmaGetter, FmaSet
from fstmuse_gui.train.data.lines import ANOTHER_FOLDER, ask_fma, ask_fma_folder
from fstmuse_gui.train.view import TrainView
from fstmuse_gui.train.words import as_sentence

_ASKING = "Asking for it"
_CANCELLING = "Cancelling\N{HORIZONTAL ELLIPSIS} what has come is kept"


class FmaPresenter(QObject):
    """Asks, gets, and hands the folder on, or offers it where others are in use by then.

    A line in the form says how far it is; where it ``is_awaited``, the page does too.

    Signals
    -------
    message(str)
        For the status bar.
    begun, ended
        The page of the data set may be another.
    got(str)
        The folder it is in, which is to be learned from.
    folder_chosen(str)
        It is to go there, now and the next time.
    """

    message = Signal(str)
    begun = Signal()
    ended = Signal()
    got = Signal(str)
    folder_chosen = Signal(str)

    def __init__(
        self,
        view: TrainView,
        getter: FmaGetter,
        is_awaited: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._box = view.form.fma
        self.getter = getter
        self._is_awaited = is_awaited
        self._offered = ""
        self._box.cancel_requested.connect(self.cancel)
        self._box.add_requested.connect(lambda: self.got.emit(self._offered))
        getter.progressed.connect(self._on_progress)
        getter.got.connect(self._on_got)
        getter.trouble.connect(self._on_trouble)
        getter.given_up.connect(self._on_given_up)

    @property
    def is_running(self) -> bool:
        """True while it is downloaded, or has not ended yet after a cancel."""
        return self.getter.is_running

    def ask(self) -> None:
        """Ask which set and where to, and then download it."""
        getter, window = self.getter, self._view.window()
        if getter.is_running:
            self._say_running()
            return
        while True:
            sizes = getter.gibibytes(FmaSet.SMALL), getter.gibibytes(FmaSet.MEDIUM)
            answer = ask_fma(window, *sizes, str(getter.folder))
            if answer != ANOTHER_FOLDER:
                break
            chosen = ask_fma_folder(window, getter.folder)
            if chosen:
                getter.folder = Path(chosen)
                self.folder_chosen.emit(chosen)
        if answer:
            getter.get(FmaSet(answer))
            self._offered = ""
            self._box.show_work(_ASKING, can_cancel=True)
            self.begun.emit()

    def _say_running(self) -> None:
        if self.getter.is_cancelling:
            self._view.notice.say("The last download of FMA is still ending; try again in a while.")
        else:
            self._view.notice.say("FMA is being downloaded already.")

    def show(self) -> None:
        """Say that it is being got."""
        words = _CANCELLING if self.getter.is_cancelling else _ASKING
        self._view.show_busy("Getting FMA", words)

    def cancel(self) -> None:
        """Give it up; the next time goes on from there."""
        self.getter.cancel()
        if self.is_running:
            self._box.show_work(_CANCELLING, can_cancel=False)
            if self._is_awaited():
                self.show()

    def follow(self, paths: tuple[str, ...]) -> None:
        """These are learned from; what is among them need not be offered."""
        if self._offered in paths:
            self._offered = ""
            self._box.hide()

    def close(self) -> None:
        """Stop, and wait for the end as long as a user would."""
        self.getter.close()

    def _on_progress(self, words: str, share: float) -> None:
        self._box.show_work(words, can_cancel=True)
        if self._is_awaited():
            self._view.show_busy("Getting FMA", words, share)

    def _on_got(self, folder: str) -> None:
        self.message.emit(f"FMA is in {folder}.")
        if self._is_awaited():
            self._box.hide()
            self.got.emit(folder)
        else:
            self._offered = folder
            self._box.show_offer(folder)

    def _on_trouble(self, sentence: str) -> None:
        kept = " What has come is kept for the next time." if self.getter.is_begun else ""
        self._view.notice.say(f"{as_sentence(sentence)}{kept}")
        self._on_given_up()

    def _on_given_up(self) -> None:
        self._box.hide()
        if self._is_awaited():
            self.ended.emit()
