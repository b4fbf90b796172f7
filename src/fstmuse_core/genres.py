"""Canonical genre names and the aliases by which files and folders call them."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Sequence

from fstmuse_core.errors import FstMuseError

# Between the genres in one tag.
_SEPARATORS = re.compile(r"[;,|/\\\0]")
# Names as the models use them, each with other spellings seen in tags and folder names.
_ALIASES: dict[str, tuple[str, ...]] = {
    "Ambient": ("ambient music", "dark ambient"),
    "Blues": (),
    "Classical": ("classic", "classical music", "baroque", "opera"),
    "Country": ("country and western", "americana"),
    "Disco": (),
    "Easy Listening": (),
    "Electronic": ("electronica", "electro", "edm", "techno", "house", "dance", "chiptune"),
    "Experimental": (),
    "Folk": ("folk music", "singer-songwriter", "acoustic folk"),
    "Hip-Hop": ("hiphop", "rap", "hip hop/rap", "rap/hip-hop", "trap"),
    "Instrumental": (),
    "International": ("world", "world music"),
    "Jazz": ("swing", "bebop"),
    "Metal": ("heavy metal", "death metal", "black metal"),
    "Old-Time / Historic": ("old-time", "historic"),
    "Pop": ("pop music", "synth pop", "synthpop"),
    "Punk": ("punk rock", "hardcore punk"),
    "Reggae": ("dub", "ska"),
    "Rock": ("rock music", "hard rock", "alternative rock", "alt. rock", "indie rock"),
    "Soul-RnB": ("soul", "r&b", "rnb", "r and b"),
    "Soundtrack": ("film score", "game soundtrack", "score"),
    "Spoken": ("speech", "spoken word"),
}

ALL_GENRES = tuple(_ALIASES)
TOY_MODEL_GENRES = ("Folk", "Hip-Hop", "Rock")
FST_MUSE_GENRES = ("Pop", "Jazz", "Rock", "Folk", "Hip-Hop", "Electronic", "Punk")


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9&]+", "", name.casefold())


_LOOKUP = {_key(alias): name for name, aliases in _ALIASES.items() for alias in (name, *aliases)}


def canonical_genre(name: str) -> str | None:
    """The canonical name for any spelling, or ``None`` if it is not known.

    Examples
    --------
    >>> canonical_genre("hip hop"), canonical_genre("RAP"), canonical_genre("polka")
    ('Hip-Hop', 'Hip-Hop', None)
    """
    return _LOOKUP.get(_key(name))


def known_genres(names: Iterable[str]) -> tuple[str, ...]:
    """Canonical names of all genres that names from tags mean, each once, in their order.

    Examples
    --------
    >>> known_genres(["rap; alternative rock", "Polka"])
    ('Hip-Hop', 'Rock')
    """
    found: list[str] = []
    for name in names:
        whole = canonical_genre(name)
        parts = [whole] if whole else map(canonical_genre, _SEPARATORS.split(name))
        found.extend(genre for genre in parts if genre)
    return tuple(dict.fromkeys(found))


def listed_genres(names: Sequence[str]) -> str:
    """Names as one word of a command line, with commas between them.

    Examples
    --------
    >>> listed_genres(["Rock", "Zouk, Kompa"])
    'Rock,"Zouk, Kompa"'
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def genres_listed(text: str) -> list[str]:
    """Inverse of :func:`listed_genres`; blanks around names do not count.

    Examples
    --------
    >>> genres_listed('rock, "Zouk, Kompa",')
    ['rock', 'Zouk, Kompa']
    """
    names = next(csv.reader([text], skipinitialspace=True), [])
    return [name.strip() for name in names if name.strip()]


def known_genre(name: str) -> str:
    """The canonical name for any spelling.

    Raises
    ------
    FstMuseError
        If it is not known; names that are spelt alike are given.
    """
    genre = canonical_genre(name)
    if genre is None:
        alike = likely_genres(name) or ALL_GENRES
        raise FstMuseError(f"{name!r}", "it is no genre that is known", f"use {', '.join(alike)}")
    return genre


def genre_among(name: str, genres: Sequence[str]) -> str:
    """The one of a model's ``genres`` that ``name`` means, in any spelling.

    Raises
    ------
    FstMuseError
        If it is none of them; they are given.

    Examples
    --------
    >>> genre_among("rap", ("Rock", "Hip-Hop"))
    'Hip-Hop'
    """
    for genre in genres:
        if _key(genre) == _key(name) or genre == canonical_genre(name):
            return genre
    raise FstMuseError(
        f"{name!r}", "the model does not know this genre", f"it knows {', '.join(genres)}"
    )


def likely_genres(name: str) -> tuple[str, ...]:
    """Canonical names that are spelt much like ``name``, the likeliest first.

    Examples
    --------
    >>> likely_genres("hip hopp")
    ('Hip-Hop',)
    """
    alike = difflib.get_close_matches(_key(name), _LOOKUP, n=3, cutoff=0.7)
    return tuple(dict.fromkeys(_LOOKUP[key] for key in alike))
