"""The colours in which takes are drawn."""

from __future__ import annotations

from fstmuse_gui.generate.take_page import TakePage
from fstmuse_gui.settings import COLOUR_MAP, DB_RANGE, Settings


class TakeColours:
    """Remembers what was chosen below the picture, and draws with it."""

    def __init__(self, page: TakePage, settings: Settings) -> None:
        self._page = page
        self._settings = settings
        page.transport.colour_map_chosen.connect(self._set_map)
        page.transport.db_range_chosen.connect(self._set_range)
        self._apply()

    def _set_map(self, name: str) -> None:
        self._settings.set(COLOUR_MAP, name)
        self._apply()

    def _set_range(self, decibels: int) -> None:
        self._settings.set(DB_RANGE, decibels)
        self._apply()

    def _apply(self) -> None:
        chosen = self._settings.get(COLOUR_MAP), self._settings.get(DB_RANGE)
        self._page.spectrogram.set_colours(*chosen)
        self._page.transport.set_colours(*chosen)
