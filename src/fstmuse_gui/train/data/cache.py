"""The line about the feature cache, and the emptying of the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from fstmuse_core.system.wording import sized
from fstmuse_gui.plain import counted, set_tip
from fstmuse_gui.shared.background import ThreadRunner
from fstmuse_gui.widgets.controls import LineBox
from fstmuse_gui.widgets.dialogs import Answer, Question

if TYPE_CHECKING:
    from fstmuse_core.datasets.cache import CacheSize
    from fstmuse_gui.train.view import TrainView

_TIP = "What trainings have computed from songs is kept, so that the next one need not do it again."
# An index without features is not worth a word.
_NOTHING_BYTES = 2**20
_IN_USE = "It can be emptied when the training is over"


class CacheBox(LineBox):
    """A line and a button.

    Signals
    -------
    empty_requested
        The cache is to be emptied.
    """

    empty_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_tip(self._line, _TIP)
        self.empty_button = self._add_button(
            "Empty\N{HORIZONTAL ELLIPSIS}", "Empty the feature cache"
        )
        self.empty_button.clicked.connect(self.empty_requested)
        self.show_cache("", can_empty=False)

    def show_cache(self, text: str, *, can_empty: bool, why_not: str = "") -> None:
        """Say what is in it, and whether or why not it can be emptied."""
        line = f"Feature cache: {text}" if text else "Feature cache"
        self._line.setText(line)
        self.empty_button.setEnabled(can_empty)
        set_tip(self.empty_button, why_not or "Make room on the disk")
        self.empty_button.setAccessibleDescription(". ".join(filter(None, [line, why_not])))

    def ask_emptying(self, takes: str) -> bool:
        """Ask whether the cache, which takes so much, is really to be emptied."""
        becomes = f"{takes} become free. " if takes else ""
        question = Question(
            self.window(),
            "Empty the feature cache?",
            f"{becomes}Your music stays as it is. The next training computes the features of "
            "its songs anew, which takes as long as the first time.",
            [Answer("yes", "Empty"), Answer("", "Keep", is_default=True)],
        )
        return bool(question.ask())


def cache_size() -> CacheSize:
    """Measure the cache; called in a thread."""
    from fstmuse_core.datasets.cache import FeatureCache

    with FeatureCache() as cache:
        return cache.size()


def emptied_bytes() -> int:
    """Empty the cache and tell how much became free; called in a thread."""
    from fstmuse_core.datasets.cache import empty_cache

    return empty_cache().freed


class CachePresenter(QObject):
    """Keeps the line about the cache true while it is unfolded.

    Parameters
    ----------
    sizer, emptier : callable
        As :func:`cache_size` and :func:`emptied_bytes`.
    """

    def __init__(
        self,
        view: TrainView,
        parent: QObject | None = None,
        *,
        sizer: Callable[[], CacheSize] = cache_size,
        emptier: Callable[[], int] = emptied_bytes,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._box = view.form.cache
        self._sizer = sizer
        self._emptier = emptier
        self._background = ThreadRunner(self)
        self._size: CacheSize | None = None
        self._asked = 0
        self._is_damaged = False
        self._is_emptying = False
        self._is_training = False
        self._box.empty_requested.connect(self.empty)
        view.form.recipe.unfolded.connect(self.refresh)
        view.shown.connect(self.refresh)

    def follow(self, is_training: bool) -> None:
        """True while a training runs, which fills the cache and reads from it."""
        if is_training != self._is_training:
            self._is_training = is_training
            self._show()
            self.refresh()

    def refresh(self) -> None:
        """Look how large it is, if anyone can see that."""
        if self._view.form.recipe.fold_button.isChecked():
            self._asked += 1
            number = self._asked
            self._background.run(
                self._sizer,
                lambda size: self._on_size(number, size),
                lambda _sentence: self._on_size(number, None),
            )

    def _on_size(self, number: int, size: CacheSize | None) -> None:
        if number == self._asked:  # else a later look is under way
            self._size, self._is_damaged = size, size is None
            self._show()

    @property
    def _takes(self) -> str:
        """Its size; empty if it holds nothing, or nobody knows."""
        size = self._size
        is_worth_a_word = size is not None and (size.clips or size.bytes >= _NOTHING_BYTES)
        return sized(size.bytes) if size is not None and is_worth_a_word else ""

    def _show(self) -> None:
        size = self._size
        if self._is_emptying:
            text = "being emptied\N{HORIZONTAL ELLIPSIS}"
        elif self._is_damaged:
            text = "cannot be read"
        elif size is None:
            text = ""
        elif not self._takes:
            text = "empty"
        else:
            text = f"{self._takes}, {counted(size.clips, 'clip')}"
        holds = bool(self._takes) or self._is_damaged
        self._box.show_cache(
            text,
            can_empty=holds and not self._is_training and not self._is_emptying,
            why_not=_IN_USE if self._is_training else "",
        )

    def empty(self) -> None:
        """Empty it, if the user stays by it."""
        if self._box.ask_emptying(self._takes) and not self._is_training:
            self._is_emptying = True
            self._show()
            self._background.run(self._emptier, self._on_emptied, self._on_trouble)

    def _on_emptied(self, freed: int) -> None:
        self._end(f"The feature cache is empty; {sized(freed)} were freed.")

    def _on_trouble(self, sentence: str) -> None:
        self._end(f"{sentence.removesuffix('.')}.")

    def _end(self, sentence: str) -> None:
        self._is_emptying = False
        self._view.notice.say(sentence)
        self.refresh()

    def close(self) -> None:
        """Wait for what is being done."""
        self._background.close()
