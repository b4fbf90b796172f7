"""Canonical genre names and the aliases by which files and folders call them."""

from __future__ import annotations

import csv
import difflib
import io
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from fstmuse_core.errors import FstMuseError

# What a window might take for more than text.
_MARKUP = str.maketrans("<>", "\u2039\u203a")
# Between the genres in one tag.
_SEPARATORS = re.compile(r"[;,|/\\\0]")
# Longer names are refused where classes are read: no view could show them.
LONGEST_NAME = 80
# Names as the models use them, each with other spellings of the same.
_ALIASES: dict[str, tuple[str, ...]] = {
    "Ambient": ("ambient music",),
    "Blues": (),
    "Classical": ("classic", "classical music"),
    "Country": ("country and western", "country music"),
    "Disco": (),
    "Easy Listening": (),
    "Electronic": ("electronica", "electronic music"),
    "Experimental": (),
    "Folk": ("folk music",),
    "Hip-Hop": ("hiphop", "rap", "hip hop/rap", "rap/hip-hop"),
    "Instrumental": (),
    "International": ("world", "world music"),
    "Jazz": ("jazz music",),
    "Metal": ("heavy metal", "metal music"),
    "Old-Time / Historic": ("old-time", "historic"),
    "Pop": ("pop music",),
    "Punk": ("punk rock",),
    "Reggae": ("reggae music",),
    "Rock": ("rock music",),
    "Soul-RnB": ("soul", "r&b", "rnb", "r and b", "rhythm and blues", "r&b/soul"),
    "Soundtrack": ("film score", "game soundtrack", "score"),
    "Spoken": ("speech", "spoken word"),
}
# Kinds of these genres: tags that name one mean the genre, but a folder may be a class of its own.
_KINDS: dict[str, tuple[str, ...]] = {
    "Ambient": ("dark ambient",),
    "Classical": ("baroque", "opera"),
    "Country": ("americana",),
    "Electronic": ("electro", "edm", "techno", "house", "dance", "chiptune"),
    "Folk": ("singer-songwriter", "acoustic folk"),
    "Hip-Hop": ("trap",),
    "Jazz": ("swing", "bebop"),
    "Metal": ("death metal", "black metal"),
    "Pop": ("synth pop", "synthpop"),
    "Punk": ("hardcore punk",),
    "Reggae": ("dub", "ska"),
    "Rock": ("hard rock", "alternative rock", "alt. rock", "indie rock"),
}

ALL_GENRES = tuple(_ALIASES)
TOY_MODEL_GENRES = ("Folk", "Hip-Hop", "Rock")
FST_MUSE_GENRES = ("Pop", "Jazz", "Rock", "Folk", "Hip-Hop", "Electronic", "Punk")


@lru_cache(maxsize=4096)
def genre_key(name: str) -> str:
    """What all spellings of a genre's name have in common, in any script.

    Examples
    --------
    >>> genre_key("Hip-Hop") == genre_key("HIP HOP"), genre_key("Кизомба") == genre_key("кизомба ")
    (True, True)
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    # Letters, numbers and the marks upon them.
    letters = "".join(c for c in text if c == "&" or unicodedata.category(c)[0] in "LNM")
    return letters or text.strip()


def _lookup(*tables: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {
        genre_key(alias): name
        for table in tables
        for name, aliases in table.items()
        for alias in (name, *aliases)
    }


_SPELLINGS = _lookup(_ALIASES)
_LOOKUP = {**{genre_key(k): g for g, kinds in _KINDS.items() for k in kinds}, **_SPELLINGS}


def canonical_genre(name: str) -> str | None:
    """The canonical name for any spelling, or for a kind of the genre; ``None`` if not known.

    Examples
    --------
    >>> canonical_genre("hip hop"), canonical_genre("techno"), canonical_genre("polka")
    ('Hip-Hop', 'Electronic', None)
    """
    return _LOOKUP.get(genre_key(name))


def class_name(name: str) -> str:
    """What a class is called that a person has named: a folder, a cell of a table, a correction.

    Other spellings of a known genre give its canonical name; every other name stays as it is
    written, but for control characters and blanks. Kinds of a genre stay classes of their own.
    Empty if nothing is left.

    Examples
    --------
    >>> class_name("hip hop"), class_name(" Techno "), class_name("Zouk\\tLove"), class_name("\\n")
    ('Hip-Hop', 'Techno', 'Zouk Love', '')
    """
    whole = decoded_name(name)
    shown = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", whole))
    plain = " ".join(shown.translate(_MARKUP).split())
    return _SPELLINGS.get(genre_key(plain), plain)


def decoded_name(name: str) -> str:
    """A file's name as text: bytes that are no UTF-8 are read as Western European ones."""
    try:
        return os.fsencode(name).decode("utf-8")
    except UnicodeDecodeError:
        return os.fsencode(name).decode("cp1252", "replace")
    except UnicodeEncodeError:
        return name.encode("utf-8", "replace").decode()


def broader_genre(name: str, genres: Collection[str]) -> str:
    """The one of ``genres`` that a class is, or is a kind of; else its own name.

    Examples
    --------
    >>> broader_genre("Techno", ["Electronic", "Rock"]), broader_genre("Techno", ["Techno"])
    ('Electronic', 'Techno')
    """
    broader = canonical_genre(name)
    return broader if broader and broader in genres and name not in genres else name


def one_spelling(names: Iterable[str]) -> dict[str, str]:
    """For each name the spelling to use: of those that differ in case and marks, the commonest.

    Examples
    --------
    >>> one_spelling(["Zouk", "zouk", "Zouk", "Kizomba"])
    {'Zouk': 'Zouk', 'zouk': 'Zouk', 'Kizomba': 'Kizomba'}
    """
    counts = Counter(names)
    # Of equally common ones that with capitals, as they come first.
    best: dict[str, str] = {}
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        best.setdefault(genre_key(name), name)
    return {name: best[genre_key(name)] for name in counts}


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


def genre_named(name: str) -> str:
    """The genre that a person names, in any spelling; any name can be one.

    Raises
    ------
    FstMuseError
        If it is blank, or too long to be shown.
    """
    genre = class_name(name)
    if not genre:
        raise FstMuseError("genre", "its name is blank", "give it a name")
    if len(genre) > LONGEST_NAME:
        raise FstMuseError(
            "genre", f"its name has {len(genre)} letters", f"{LONGEST_NAME} at most can be shown"
        )
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
        if genre_key(genre) == genre_key(name):
            return genre
    known = canonical_genre(name)
    if known is not None and known in genres:
        return known
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
    alike = difflib.get_close_matches(genre_key(name), _LOOKUP, n=3, cutoff=0.7)
    return tuple(dict.fromkeys(_LOOKUP[key] for key in alike))
