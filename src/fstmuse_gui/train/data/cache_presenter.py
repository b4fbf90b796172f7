"""Decides what is said of the feature cache, and has it emptied."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from fstmuse_core.system.wording import sized
from fstmuse_gui.shared.background import Background
from fstmuse_gui.train.view import TrainView

if TYPE_CHECKING:
    from fstmuse_core.datasets.cache import CacheSize

# An index without features is not worth a word.
_NOTHING_BYTES = 2**20
_IN_USE = "It can be emptied when the training is over"


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
        self._background = Background(self)
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
            text = f"{self._takes}, {size.clips:,} clip{'' if size.clips == 1 else 's'}"
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
