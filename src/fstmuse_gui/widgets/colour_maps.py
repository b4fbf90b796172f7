"""Colour tables that turn spectrogram levels into colours; all perceptually uniform."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg

ColourTable = npt.NDArray[np.uint8]

_N = 256
# Names people read -> names pyqtgraph knows.
_SOURCES = {"grey": "CET-L1"}


@lru_cache(maxsize=16)
def _base_table(name: str) -> ColourTable:
    table = pg.colormap.get(_SOURCES.get(name, name)).getLookupTable(nPts=_N, alpha=False)
    return np.asarray(table, dtype=np.uint8)


def level_table(name: str, top_db: float, range_db: float, *, hushed: bool = False) -> ColourTable:
    """Colours of the 256 levels of a ``SpectrogramImage``.

    A change of colour map or range is thus a change of 256 colours; the picture itself is
    never computed again.

    Parameters
    ----------
    name : str
        One of ``settings.COLOUR_MAPS``.
    top_db, range_db : float
        The brightest colour stands for ``top_db`` and above, the darkest for
        ``top_db - range_db`` and below.
    hushed : bool
        In dim greys, as ground for something drawn above it.

    Returns
    -------
    ndarray of uint8, shape ``(256, 3)``
    """
    decibels = np.arange(_N) / 2.0 - 127.5
    share = np.clip((decibels - (top_db - range_db)) / range_db, 0.0, 1.0)
    if hushed:
        return _base_table("grey")[np.round(8 + share * 140).astype(np.intp)]
    return _base_table(name)[np.round(share * (_N - 1)).astype(np.intp)]


def swatch(name: str) -> ColourTable:
    """The map itself, shape ``(256, 3)``, for a small picture in a menu."""
    return _base_table(name)
