"""The genre that a file of the library is taken to have."""

from __future__ import annotations

from fstmuse_core.library.rows import LibraryRow, State


def said_genre(row: LibraryRow, *, min_confidence: float = 0.0) -> str | None:
    """What the user said it is, else what the model names; ``None`` if neither says.

    Parameters
    ----------
    min_confidence : float
        A model's genre that is less likely than this, from 0 to 1, does not count. What the
        user said always does.
    """
    if row.review_genre is not None:
        return row.review_genre
    if row.state is not State.DONE or not row.is_sure or row.confidence < min_confidence:
        return None
    return row.genre
