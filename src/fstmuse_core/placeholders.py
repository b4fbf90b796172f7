"""Genres that say nothing: what programs and people write where they know none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# By language, as str.casefold gives them, without marks of punctuation at either end.
_NOTHING = frozenset(
    name.strip()
    for name in """
    unknown, unknown genre, genre unknown, other, others, other genre, none, no genre, not set,
    n/a, na, n.a, not available, not applicable, misc, miscellaneous, various, various genres,
    undefined, unspecified, not specified, unclassifiable, unclassified, uncategorized,
    uncategorised, unlabeled, unlabelled, untagged, untitled, unnamed, default, genre, genres,
    genre name, my genre, null, nil, nan, void, empty, blank, tbd, tba, todo, to do, test, track,
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
_SEPARATORS = re.compile(r"[;,|/\\\0]")
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
