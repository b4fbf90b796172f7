"""Tells text of Western Europe from bytes that only look so."""

from __future__ import annotations

import re

# Letters beyond ASCII that a language of Western Europe has; a text has those of one.
_ALPHABETS = tuple(
    frozenset(letters + letters.upper().replace("SS", "ß"))
    for letters in (
        "äöüßéàèêç",  # German, with French words
        "æøåéèêóòâôäöüðþ",  # Danish, Norwegian
        "åäöéüõšžæøàá",  # Swedish, Finnish, Estonian
        "áéíóúýþæöðäüø",  # Icelandic, Faroese
        "áéíóúüñçïºª",  # Spanish, Catalan, Irish
        "áâãàçéêíóôõúüèìòùºª",  # Portuguese, Italian
        "àâæçèéêëîïôœùûüÿáíóúò",  # French, Catalan, Dutch
        "àèéìíîòóùúâêôûŵŷ",  # Italian, Welsh
        "áéíóöúü",  # Hungarian, as far as it goes
        "çöüâîû",  # Turkish, as far as it goes
    )
)
# Three vowels with marks in a row are only written in the north, and by speakers of German.
_DOUBLED = frozenset("äöüõåæøßÄÖÜÕÅÆØ")
# Signs that may stand between two letters.
_BETWEEN = frozenset("\u2019\u2018\u00b4\u00b7\u2013\u2014\u2026\u00ad\u00a0\u2022\u00d7")
# Those that open or close a word: quotes and turned marks, ordinals, powers, units.
_BEFORE = frozenset(
    "\u00a1\u00bf\u00ab\u201c\u2018\u201e\u201a\u00a9\u00ae\u00a7\u00b6\u0192\u2020"
)
_AFTER = frozenset(
    "\u00aa\u00ba\u00b2\u00b3\u00b9\u00b0\u00bb\u201d\u2122\u00ae\u00a9\u20ac\u00b1\u0192\u2020"
)
# Powers, fractions and the like, which no word begins with.
_ONLY_AFTER = frozenset("\u00b9\u00b3\u00b2\u00bc\u00bd\u00be\u00a5\u00af\u00aa")


def is_western(raw: bytes) -> bool:
    """True if bytes may be meant as Latin-1, or as what Windows makes of it.

    Examples
    --------
    >>> is_western("Motörhead".encode("latin-1")), is_western("Кино".encode("cp1251"))
    (True, False)
    """
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return False
    high = [char for char in text if char > "\x7f"]
    letters = frozenset(char for char in high if char.isalpha() and char not in "ªºƒ")
    if not any(letters <= alphabet for alphabet in _ALPHABETS):
        # Two names may be of two languages; each word is of one.
        words = re.findall(r"[^\W\d_]+", text)
        if not all(_is_western_word(word) for word in words):
            return False
    return not _has_long_run(text) and not _has_strange_sign(text) and not is_turkish(raw)


def _is_western_word(word: str) -> bool:
    marked = frozenset(char for char in word if char > "\x7f")
    plain = sum(char < "\x7f" for char in word)
    return any(marked <= alphabet for alphabet in _ALPHABETS) and (plain > 0 or len(word) < 2)


def _has_long_run(text: str) -> bool:
    """True if three letters with marks follow each other as in no Western word."""
    for run in re.findall(r"[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0152\u0153\u0178]{3,}", text):
        if not _DOUBLED.issuperset(run) and len(set(run)) > 1:
            return True
    return False


def _has_strange_sign(text: str) -> bool:
    """True if a sign stands within a word, where none is written."""
    for index, char in enumerate(text):
        if char <= "\x7f" or (char.isalpha() and char not in "ªºƒ"):
            continue
        before = text[index - 1 : index].isalpha()
        after = text[index + 1 : index + 2].isalpha()
        if before and after and char not in _BETWEEN | frozenset("\u00ae\u2122\u00a9"):
            return True
        if (
            after
            and not before
            and char in "\u00b9\u00b3\u00b2\u00bc\u00bd\u00be\u00a5\u00af\u00aa"
        ):
            return True
        follows = text[index + 1 : index + 2]
        if (
            follows > "\x7f"
            and not follows.isalpha()
            and not before
            and _is_odd_pair(char, follows)
        ):
            return True
    return False


def _is_odd_pair(one: str, other: str) -> bool:
    usual = _BETWEEN | _BEFORE | _AFTER
    return one != other and not (one in usual and other in usual)


_TURKISH_THORN = re.compile(
    "(?<=[a-zA-Z\u00fd])\u00fe(?=[bcdfghklmnpqtxz])|[a-z\u00fd]\u00fe\\b|\\b[\u00de][\u00fd]"
)


def is_turkish(raw: bytes) -> bool:
    """True if a thorn stands where a Turk has s with a cedilla, and no Icelander a thorn."""
    return bool(_TURKISH_THORN.search(raw.decode("latin-1")))
