"""From the library's answers to tags, and back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import KnownModel, LibraryRow, State
from fstmuse_core.tags.outcome import Fate, Outcome
from fstmuse_core.tags.plan import FileGenres
from fstmuse_core.tags.reading import read_tags


def file_genres(
    library: Library, model: KnownModel, rows: Sequence[LibraryRow]
) -> list[FileGenres]:
    """Genres of files by a model or the user, as :func:`~.tags.plan.plan_changes` takes them.

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
        )
        for row in wanted
    ]


def note_tags(library: Library, outcome: Outcome) -> None:
    """Let the library know that a file has other tags now and the same sound as before."""
    if outcome.fate not in (Fate.WRITTEN, Fate.UNDONE):
        return
    for name in (outcome.path, *outcome.links):
        path = os.path.abspath(name)
        library.retagged(path, **_texts(path, library.tag_encoding()))


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
            library.retitle(row.path, **_texts(row.path, encoding))


def _texts(path: str, encoding: str) -> dict[str, str]:
    tags = read_tags(Path(path), encoding)
    texts = {
        "title": tags.title,
        "artist": tags.artist,
        "album": tags.album,
        "tag_genre": "; ".join(tags.genres),
    }
    return {name: storable(text) for name, text in texts.items()}


def storable(text: str) -> str:
    """``text`` as the library can keep it: damaged tags may hold what is no text."""
    return text.encode("utf-8", "replace").decode("utf-8")
