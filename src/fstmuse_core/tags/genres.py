"""Canonical genre names, the aliases that files call them by, and genres that say nothing."""

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

from fstmuse_core.system.errors import FstMuseError

# What a window might take for more than text.
_MARKUP = str.maketrans("<>", "\u2039\u203a")
# Between the genres in one tag.
_SEPARATORS = re.compile(r"[;,|/\\\0]")
# Longer names are refused where classes are read: no view could show them.
LONGEST_NAME = 80
# Key of what a verdict says where it names no genre: as a genre, nobody could tell them apart.
_NO_VERDICT = "notsure"
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
    """Key that all spellings of a genre's name share, in any script.

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
    """Name of a class that a person has named: by a folder, a cell of a table, a correction.

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
        If it is blank, too long to be shown, or what a verdict says that names none.
    """
    genre = class_name(name)
    if not genre:
        raise FstMuseError("genre", "its name is blank", "give it a name")
    if says_unsure(genre):
        raise FstMuseError(
            "genre",
            f"{genre!r} is what FstMuse says where it names none",
            "give it another name",
        )
    if len(genre) > LONGEST_NAME:
        raise FstMuseError(
            "genre", f"its name has {len(genre)} letters", f"{LONGEST_NAME} at most can be shown"
        )
    return genre


def says_unsure(name: str) -> bool:
    """True for what a verdict says where it names no genre, in any spelling."""
    return genre_key(name) == _NO_VERDICT


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


# By language, as str.casefold gives them, without marks of punctuation at either end.
_NOTHING = frozenset(
    name.strip()
    for name in """
    unknown, unknown genre, genre unknown, other, others, other genre, none, no genre, not set,
    n/a, na, n.a, not available, not applicable, misc, miscellaneous, various, various genres,
    undefined, unspecified, not specified, unclassifiable, unclassified, uncategorized,
    uncategorised, unlabeled, unlabelled, untagged, untitled, unnamed, default, genre, genres,
    genre name, my genre, null, nil, nan, void, empty, blank, tbd, tba, todo, to do, test, track,
    not sure, unsure,
    unbekannt, unbekanntes genre, genre unbekannt, unbekannter stil, sonstige, sonstiges,
    sonstige musik, andere, anderes, andere musik, verschiedenes, verschiedene, divers, diverse,
    diverses, keine, kein genre, keines, keine angabe, ohne genre, ohne, nicht klassifizierbar,
    nicht definiert, undefiniert, unklassifizierbar, nicht zugeordnet,
    inconnu, inconnue, genre inconnu, autre, autres, autre genre, aucun, aucune, sans genre,
    non défini, indéfini, non classé, inclassable, non classifié,
    desconocido, desconocida, género desconocido, genero desconocido, otro, otra, otros, otras,
    ninguno, ninguna, sin género, sin genero, género, genero, varios, no clasificado,
    sin clasificar, inclasificable, no definido,
    desconhecido, desconhecida, gênero desconhecido, género desconhecido, outro, outra, outros,
    outras, nenhum, nenhuma, sem gênero, sem género, gênero, não classificado,
    sconosciuto, sconosciuta, genere sconosciuto, altro, altri, altra, nessuno, genere, vari,
    senza genere, non classificato, non definito, varie,
    onbekend, onbekend genre, overig, overige, anders, geen, geen genre, geen idee,
    okänd, okänd genre, övrigt, övriga, annat, ingen, ingen genre, okänt,
    ukendt, ukendt genre, andet, andre, øvrige, diverse, ukjent, ukjent sjanger, annet, sjanger,
    tuntematon, muu, muut, ei tiedossa, lajityyppi,
    nieznany, nieznane, nieznany gatunek, inne, inny, brak, gatunek, różne,
    neznámý, neznámé, neznámý žánr, ostatní, jiné, jiný, žádný, žánr, neznámy, iné, ostatné,
    ismeretlen, egyéb, műfaj, nincs, necunoscut, altele, altul, gen,
    nepoznato, ostalo, ostali, neznano, drugo, nežinoma, kita, nezināms, cits, tundmatu, muu,
    bilinmeyen, bilinmiyor, diğer, tür, yok,
    неизвестно, неизвестный, неизвестный жанр, неизвестен, другое, другой, другие, прочее, прочие,
    разное, жанр, нет, без жанра, невідомо, невідомий, невідомий жанр, інше, інший, інші,
    неизвестна, друго, други, непознато, остало,
    άγνωστο, άγνωστος, άλλο, άλλα, διάφορα, είδος,
    לא ידוע, אחר, غير معروف, مجهول, أخرى, آخر, ناشناخته, अज्ञात, अन्य, ไม่ทราบ, อื่นๆ,
    không rõ, khác, tidak diketahui, lainnya, lain-lain,
    不明, その他, ジャンルなし, なし, 未設定, ジャンル, 未知, 未知流派, 其他, 其它, 無, 无, 流派,
    未知類型, 未知类型, 未分类, 未分類, 알 수 없음, 알수없음, 알 수 없는 장르, 기타, 장르,
    없음, 미분류
    """.replace("\n", " ").split(",")
)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def is_placeholder(name: str) -> bool:
    """True if a genre in a tag says only that none is known; a bare number says nothing either.

    Examples
    --------
    >>> [is_placeholder(name) for name in ("<Unknown>", "(255)", "Sonstige", "n/a", "Polka")]
    [True, True, True, True, False]
    """
    return _says_nothing(name) or all(map(_says_nothing, _SEPARATORS.split(name)))


def useful_genres(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that say something."""
    return tuple(name for name in names if not is_placeholder(name))


def _says_nothing(name: str) -> bool:
    text = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    bare = _EDGES.sub("", text)
    return (
        not bare
        or text in _NOTHING
        or bare in _NOTHING
        or re.fullmatch(r"[\d\W_]+", bare) is not None
    )
