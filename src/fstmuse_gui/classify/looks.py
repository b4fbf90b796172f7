"""How a clip is shown: its colours, and what spoke for a genre."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from fstmuse_core.classification import Classification
from fstmuse_gui.classify.clip_page import ClipPage
from fstmuse_gui.classify.clips import Clip
from fstmuse_gui.settings import COLOUR_MAP, DB_RANGE, Settings


class Looks(QObject):
    """Remembers what was chosen, and applies it to each clip.

    Signals
    -------
    changed
        Something else is shown.
    """

    changed = Signal()

    def __init__(
        self,
        page: ClipPage,
        settings: Settings,
        shown: Callable[[], Clip | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._settings = settings
        self._shown = shown
        self._why_genre: str | None = None
        self._why_on = False
        self._explained: str | None = None
        page.why_toggled.connect(self.set_why)
        page.why_genre_chosen.connect(self.explain)
        page.transport.colour_map_chosen.connect(self.set_colour_map)
        page.transport.db_range_chosen.connect(self.set_db_range)
        self._apply_colours()

    @property
    def why_is_on(self) -> bool:
        """Whether what spoke for a genre is shown."""
        return self._why_on

    @property
    def explained(self) -> str | None:
        """The genre for which is shown what spoke for it; None while nothing is."""
        return self._explained

    def set_why(self, is_on: bool) -> None:
        """Show where the genre was heard, or stop showing it."""
        self._why_on = is_on
        clip = self._shown()
        if clip is not None and clip.result is not None:
            self.show_why(clip.result.classification)

    def explain(self, genre: str) -> None:
        """Show where ``genre`` was heard."""
        self._why_genre = genre
        self.set_why(True)

    def show_why(self, classification: Classification) -> None:
        """Apply it to a clip: the genre chosen last, or the likeliest."""
        genre = self._why_genre
        if genre not in classification.genres:
            genre = classification.ranked()[0][0]
        self._explained = genre if self._why_on else None
        self._page.show_why(classification, self._explained)
        self.changed.emit()

    def forget_genre(self) -> None:
        """Explain the likeliest genre again."""
        self._why_genre = None

    def set_colour_map(self, name: str) -> None:
        """Draw spectrograms in other colours."""
        self._settings.set(COLOUR_MAP, name)
        self._apply_colours()

    def set_db_range(self, decibels: int) -> None:
        """Draw spectrograms over another range."""
        self._settings.set(DB_RANGE, decibels)
        self._apply_colours()

    def _apply_colours(self) -> None:
        name, decibels = self._settings.get(COLOUR_MAP), self._settings.get(DB_RANGE)
        self._page.spectrogram.set_colours(name, decibels)
        self._page.transport.set_colours(name, decibels)
