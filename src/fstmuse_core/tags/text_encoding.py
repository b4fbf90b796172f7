"""Texts in an encoding of their own country that a tag says are Latin-1.

Only what is shown changes, never a file. Latin-1 that could be meant is left alone: names such
as Café, Björk, Motörhead or Ænima stay as they are.
"""

from __future__ import annotations

import codecs
import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.western_text import is_turkish, is_western

AUTO = "auto"
# Those that a user is offered, by the names that Python has for them.
CHOICES = (
    "auto latin-1 cp932 euc-jp gb18030 big5 cp949 cp1250 cp1251 koi8-r cp1253 cp1254 cp1255 cp1256 "
    "cp1257 cp874"
).split()
# Signs that texts in any alphabet have between their words.
_QUOTES = "«»“”„\u2019\u2013—…№"
_LATIN = ("cp1250", "cp1254")
# Least share of letters that must be common ones in the language.
_LEAST_SCORE = 0.55
_MARGIN = 0.08

# Characters that make up most of what is written in titles and names.
_CHINESE = set(
    "的一是不了人我在有他这中大来上国爱你心情歌天月光风雨花梦夜生无何周王李张刘陈林小空海山水这那么就"
    "没要会想能可以和到说时为子得着过家年再见好多少给相思愁伤泪红白黑青黄蓝绿东西南北明日星云雪春夏秋"
    "冬千万百十二三四五六七八九老女男孩儿曲音乐组合郭富城张学友黎华邓丽君杰伦蔡依罗大佑齐秦美恋与世界"
    "这来风无刘陈张国爱梦泪红黄蓝绿东云孩乐组邓丽杰伦罗齐恋与寂寞谢谢忘记最后永远朋友快离开走回首今生"
    "這來風無劉陳張國愛夢淚紅黃藍綠東雲孩樂組鄧麗傑倫羅齊戀與說時為過沒會個們對還樣間聽點裡頭見長門開"
    "關燈飛鳥馬龍鳳臺灣電話請問誰誓願難歡離後遠記憶輕聲歲車風塵緣請讓傷語"
)
_KOREAN = set(
    "이가나다사랑그대는을를의에도로고하지해한너내날마음눈물꿈길별밤노래아어기리인자라서만은일여정오소보우"
    "원부시수바모없있당신좋안녕게야요네면니까진미영김박최조윤장임신유연선주희준현빛비람봄겨울름께요일상행복"
)
_RUSSIAN = set("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфёъ")
_COMMON_RUSSIAN = set("оеаинтсрвлкм")
_GREEK = set("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ")
_COMMON_GREEK = set("αοιετσνηυρπκς")
_HEBREW = set(map(chr, range(0x5D0, 0x5EB)))
_COMMON_HEBREW = set("יוהלארתבמשנ")
_ARABIC = set(map(chr, range(0x621, 0x64B))) | set("پچژگیک")
_COMMON_ARABIC = set("اليمنوربتةدعس")
_THAI = set(map(chr, range(0xE01, 0xE5C)))
_COMMON_THAI = set("านรอกเงมยลวดทสตะปบคหแจพชขใไโ\u0e31\u0e35\u0e49\u0e48\u0e34\u0e37\u0e38\u0e39")
_POLISH = set("ąćęłńóśźżáčďéěíňřšťúůýžäĺľôŕöőüűßăâîşţđ")
_TURKISH = set("çğ\u0131öşüâîûi\u0307é")


def encoding_of(name: str) -> str:
    """A choice of the user, checked; any encoding that Python knows may be meant.

    Raises
    ------
    FstMuseError
        If it is not known.
    """
    if name == AUTO:
        return name
    try:
        found = codecs.lookup(name).name
        "a".encode(found)
    except (LookupError, ValueError, TypeError) as error:
        raise FstMuseError(
            f"{name!r}", "this encoding is not known", f"use {', '.join(CHOICES)}"
        ) from error
    return found


def decoded(texts: Sequence[str], encoding: str = AUTO) -> list[str]:
    """Texts that a file says are Latin-1, as they are meant.

    Parameters
    ----------
    texts : sequence of str
        All such texts of one file, read as Latin-1: together they tell more than each alone.
    encoding : str
        ``"auto"``, or the encoding that they are in.

    Examples
    --------
    >>> decoded(["Êèíî", "Ãðóïïà êðîâè"])
    ['Кино', 'Группа крови']
    >>> decoded(["Café Björk"])
    ['Café Björk']
    """
    foreign = encoding if encoding != AUTO else _detected(texts)
    if not foreign:
        return [_windows(text) for text in texts]
    if codecs.lookup(foreign).name == "iso8859-1":
        return list(texts)
    return [_as(text, foreign, is_chosen=encoding != AUTO) for text in texts]


def _as(text: str, encoding: str, *, is_chosen: bool) -> str:
    if text.isascii():
        return text
    raw = _bytes(text)
    if raw is None:
        return text
    try:
        found = raw.decode(encoding)
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace") if is_chosen else _windows(text)
    # Beside foreign names there may be such as Björk, which must not become a mixture.
    if not is_chosen and encoding != "utf-8" and is_western(raw):
        is_plain = encoding == "cp1250" and not re.search("[\x80-\x9f]", text)
        if is_plain or _mixes_scripts(found, encoding in _LATIN):
            return _windows(text)
    return found


def _windows(text: str) -> str:
    """Quotes and dashes as Windows writes them, in place of control characters."""
    if not re.search("[\x80-\x9f]", text):
        return text
    try:
        return text.encode("latin-1").decode("cp1252")
    except UnicodeError:
        return text


def _bytes(text: str) -> bytes | None:
    """The bytes that were read as Latin-1, ``None`` if they cannot have been."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None


def _mixes_scripts(text: str, is_latin: bool = False) -> bool:
    return not is_latin and any(
        re.search("[A-Za-z]", word) and not word.isascii()
        for word in re.findall(r"[^\W\d_]+", text)
    )


def _detected(texts: Sequence[str]) -> str:
    """The encoding of all texts; empty if Latin-1 may be meant."""
    raws = [raw for text in texts if not text.isascii() and (raw := _bytes(text)) is not None]
    if not raws:
        return ""
    if all(_is_utf8(raw) for raw in raws):
        return "utf-8"
    strange = [raw for raw in raws if not is_western(raw)]
    if not strange:
        return ""
    for group in (raws, strange):
        raw = b" \n ".join(group)
        scores = sorted(((score(raw), name) for name, score in _SCORES.items()), reverse=True)
        (best, name), (second, _) = scores[:2]
        if best >= _LEAST_SCORE and best - second >= _MARGIN:
            return name
    return ""


def _is_utf8(raw: bytes) -> bool:
    try:
        return not raw.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _letters(raw: bytes, encoding: str) -> list[str]:
    """Characters beyond ASCII; none if the bytes are not in that encoding."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return []
    found = [char for char in text if char > "\x7f"]
    if any(unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs") for char in found):
        return []
    return found


def _japanese(encoding: str) -> Callable[[bytes], float]:
    def score(raw: bytes) -> float:
        chars = _letters(raw, encoding)
        kana = sum("\u3041" <= char <= "\u30fe" for char in chars)
        if any("\uff61" <= char <= "\uff9f" for char in chars):
            return 0.0  # narrow kana is what any other encoding would be
        if kana >= 2 and kana >= 0.2 * len(chars):
            return 1.2
        if kana or encoding != "cp932" or len(chars) < 2:
            return 0.0
        # Names without kana: all must be among the three thousand that are taught at school.
        usual = sum(_is_usual_kanji(char) for char in chars)
        return 0.9 if usual == len(chars) else 0.0

    return score


def _is_usual_kanji(char: str) -> bool:
    try:
        lead = char.encode("cp932")[0]
    except UnicodeEncodeError:
        return False
    return 0x88 <= lead <= 0x98 or char in "々・　、。"


def _ideographs(
    encoding: str, common: set[str], *, block: str, base: float = 0.35
) -> Callable[[bytes], float]:
    def score(raw: bytes) -> float:
        chars = _letters(raw, encoding)
        letters = [char for char in chars if unicodedata.category(char)[0] == "L"]
        own = sum(unicodedata.name(char, "").startswith(block) for char in letters)
        if len(letters) < 2 or own < 0.9 * len(chars):
            return 0.0
        usual = sum(char in common for char in letters) / len(letters)
        return base + 0.75 * usual + min(0.1, 0.01 * len(letters))

    return score


def _alphabet(
    encoding: str, letters: set[str], common: set[str], *, least: int = 4
) -> Callable[[bytes], float]:
    def score(raw: bytes) -> float:
        chars = [char for char in _letters(raw, encoding) if char not in _QUOTES]
        own = [char.lower() for char in chars if char.lower() in letters]
        if len(own) < least or len(own) < len(chars):
            return 0.0
        text = raw.decode(encoding)
        if _mixes_scripts(text) or (encoding == "cp874" and not _is_thai(text)):
            return 0.0
        usual = sum(char in common for char in own) / len(own)
        return 0.3 + usual - _odd_case(text)

    return score


def _is_thai(text: str) -> bool:
    """False where a mark has no letter to stand on, or a vowel none to come before."""
    mark, letter = "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]", "[\u0e01-\u0e2e]"
    return not re.search(
        f"(?<![\u0e01-\u0e2e\u0e31-\u0e4e]){mark}|[\u0e40-\u0e44](?!{letter})", text
    ) and bool(re.search(mark, text))


def _odd_case(text: str) -> float:
    """Weighted share of words with a capital after a small letter, as none is written."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    odd = sum(bool(re.search(r"\w", word)) and _has_odd_case(word) for word in words)
    return 0.8 * odd / max(1, len(words))


def _has_odd_case(word: str) -> bool:
    return any(a.islower() and b.isupper() for a, b in itertools.pairwise(word))


def _with_marks(encoding: str, letters: set[str]) -> Callable[[bytes], float]:
    """Latin letters with marks that Latin-1 lacks; most letters are plain."""

    def score(raw: bytes) -> float:
        chars = [char.lower() for char in _letters(raw, encoding) if char not in _QUOTES]
        if not chars or not all(char in letters for char in chars):
            return 0.0
        text = raw.decode(encoding)
        marked = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
        plain = sum(char.isascii() and char.isalpha() for char in text)
        if plain < len(chars) or min(map(len, marked)) < 3:
            return 0.0
        return (0.95 if encoding == "cp1254" and is_turkish(raw) else 0.75) - _odd_case(text)

    return score


_SCORES: dict[str, Callable[[bytes], float]] = {
    "cp932": _japanese("cp932"),
    "euc-jp": _japanese("euc-jp"),
    "gb18030": _ideographs("gbk", _CHINESE, block="CJK UNIFIED"),
    "big5": _ideographs("big5", _CHINESE, block="CJK UNIFIED"),
    "cp949": _ideographs("cp949", _KOREAN, block="HANGUL SYLLABLE", base=0.5),
    "cp1251": _alphabet("cp1251", _RUSSIAN | set("іїєґўђјљњћџѓќѕ"), _COMMON_RUSSIAN),
    "koi8-r": _alphabet("koi8-r", _RUSSIAN, _COMMON_RUSSIAN),
    "cp1253": _alphabet("cp1253", _GREEK, _COMMON_GREEK | set("άέίό")),
    "cp1255": _alphabet("cp1255", _HEBREW, _COMMON_HEBREW),
    "cp1256": _alphabet("cp1256", _ARABIC, _COMMON_ARABIC),
    "cp874": _alphabet("cp874", _THAI, _COMMON_THAI),
    "cp1250": _with_marks("cp1250", _POLISH),
    "cp1254": _with_marks("cp1254", _TURKISH),
}
