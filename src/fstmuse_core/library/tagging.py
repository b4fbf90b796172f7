"""From the library's answers to tags, and back."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fstmuse_core.audio.key import SURE_MARGIN
from fstmuse_core.audio.measures import track_gain
from fstmuse_core.audio.tempo import SURE_STEADINESS
from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import KnownModel, LibraryRow, State
from fstmuse_core.tags.extras import BPM, GAIN, KEY, MOOD, PEAK
from fstmuse_core.tags.outcome import Fate, Outcome
from fstmuse_core.tags.plan import FileGenres
from fstmuse_core.tags.reading import read_tags

# Files whose tags are kept in one transaction.
_AT_ONCE = 200


def file_genres(
    library: Library, model: KnownModel, rows: Sequence[LibraryRow], *, unsure: bool = False
) -> list[FileGenres]:
    """Genres of files by a model or the user, as :func:`~.tags.plan.plan_changes` takes them.

    With them come mood, tempo, key and gain, those that are not sure only with ``unsure``.

    Files that are gone, and those of which nobody has said anything yet, are left out.
    """
    wanted = [
        row for row in rows if row.state is not State.GONE and (row.verdict or row.review_genre)
    ]
    scores = library.scores(model.sha256, file_ids=[row.file_id for row in wanted])
    known = {found.file_id: found.scores for found in scores}
    return [
        FileGenres(
            Path(row.path),
            known.get(row.file_id, {}),
            row.is_sure,
            model.name,
            model.sha256,
            row.review_genre or "",
            _extras(row, unsure),
        )
        for row in wanted
    ]


def _extras(row: LibraryRow, unsure: bool) -> dict[str, str]:
    """Values of other tags by their names."""
    found = {}
    if row.bpm is not None and (unsure or (row.steadiness or 0.0) >= SURE_STEADINESS):
        found[BPM] = f"{row.bpm:.0f}"
    if row.key is not None and (unsure or (row.margin or 0.0) >= SURE_MARGIN):
        found[KEY] = row.key
    if row.mood:
        found[MOOD] = row.mood
    if row.loudness is not None:
        found[GAIN] = f"{track_gain(row.loudness):.2f} dB"
        found[PEAK] = f"{row.peak or 0.0:.6f}"
    return found


def note_tags(library: Library, outcome: Outcome) -> None:
    """Let the library know that a file has other tags now and the same sound as before."""
    if outcome.fate not in (Fate.WRITTEN, Fate.UNDONE):
        return
    for name in (outcome.path, *outcome.links):
        path = os.path.abspath(name)
        library.retagged(path, **described_tags(path, library.tag_encoding()))


def read_again(library: Library, encoding: str) -> None:
    """Read the tags of all files anew, their old texts in another encoding; it is remembered.

    Parameters
    ----------
    encoding : str
        From :func:`~fstmuse_core.tags.text_encoding.encoding_of`.
    """
    library.set_tag_encoding(encoding)
    for row in library.rows(""):
        if row.state is not State.GONE:
            library.retitle(row.path, **described_tags(row.path, encoding))


def read_new_tags(
    library: Library,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Read the tags of files that are new or have changed since theirs were read; how many.

    Parameters
    ----------
    progress : callable, optional
        Told how many of how many are read.
    cancelled : callable, optional
        Asked before each file; what was read until then is kept.
    """
    encoding = library.tag_encoding()
    waiting = library.untagged()
    found: list[tuple[int, int, dict[str, Any]]] = []
    for number, (file_id, path, mtime_ns) in enumerate(waiting):
        if cancelled and cancelled():
            break
        found.append((file_id, mtime_ns, described_tags(path, encoding)))
        if len(found) >= _AT_ONCE:
            library.take_tags(found)
            found.clear()
            if progress:
                progress(number + 1, len(waiting))
    library.take_tags(found)
    return len(waiting)


def described_tags(path: str, encoding: str) -> dict[str, Any]:
    """Columns of the library that a file's tags fill, by :data:`~.rows.TAG_COLUMNS`."""
    tags = read_tags(Path(path), encoding)
    return {
        "title": storable(tags.title),
        "artist": storable(tags.artist),
        "album": storable(tags.album),
        "tag_genre": storable("; ".join(tags.genres)),
        "year": tags.year,
        "length": tags.seconds,
        "format": storable(tags.format),
        "bit_rate": tags.bit_rate,
    }


def storable(text: str) -> str:
    """``text`` as the library can keep it: damaged tags may hold what is no text."""
    return text.encode("utf-8", "replace").decode("utf-8")
