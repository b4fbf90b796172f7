"""Texts that tags say are Latin-1: foreign ones are read right, Western ones stay."""

from __future__ import annotations

import itertools
import random

import pytest

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.text_encoding import decoded, encoding_of

WESTERN = (
    "Café|Björk|Motörhead|naïve|Ænima|Sigur Rós|Ágætis byrjun|Mötley Crüe|Señor Coconut|Ça ira|"
    "Beyoncé|Hüsker Dü|Blue Öyster Cult|Queensrÿche|Röyksopp|jäääär|Þursaflokkurinn|Mö|MØ|ÆØÅ|ÄÖÜ|"
    "åäö|Bløf|Tiësto|João Gilberto|Águas de Março|Ñengo Flow|¿Qué pasa?|¡Olé!|El Niño|nº 5|4 m³|"
    "x²+y²|©2001|Noël|Ólafur Arnalds|Áætlun|Øystein Sevåg|Die Ärzte|Händel|Antonín Dvorák|Fauré|"
    "Prélude à l'après-midi|Saint-Saëns|Enrique Granados «Goyescas»|DÉJÀ VU|¿Y TÚ?|Crème brûlée|ß|"
    "Ü|é|ÉÉÉ|Týr|Þú ert|maíþoka|Mª Dolores|½ Mensch|AC·DC|50 ¢|Hääyö|Alizée|Rêve d'été"
).split("|")
FOREIGN = {
    "cp932": ["宇多田ヒカル|初恋", "椎名林檎|無罪モラトリアム", "テスト曲|歌手", "米津玄師|感電"],
    "euc-jp": ["宇多田ヒカル|初恋", "さくら|森山直太朗"],
    "gb18030": ["周杰伦|青花瓷", "邓丽君|月亮代表我的心", "王菲|红豆"],
    "big5": ["周杰倫|青花瓷", "鄧麗君|月亮代表我的心", "五月天|溫柔"],
    "cp949": ["이문세|광화문 연가", "아이유|좋은 날", "신승훈|보이지 않는 사랑"],
    "cp1251": ["Кино|Группа крови", "Земфира|Искала", "Мама", "Океан Ельзи|Обійми"],
    "koi8-r": ["Кино|Группа крови", "Аквариум|Город"],
    "cp1253": ["Μίκης Θεοδωράκης|Ζορμπάς", "Γιώργος Νταλάρας"],
    "cp1255": ["אריק איינשטיין|אני ואתה"],
    "cp1256": ["فيروز|نسم علينا الهوى"],
    "cp874": ["คาราบาว|เมดอินไทยแลนด์"],
    "cp1250": ["Czesław Niemen|Dziwny jest ten świat", "Kult|Miłość"],
    "cp1254": ["Bar\u0131ş Manço|Dağlar Dağlar", "Hadise|Aşk Kaç Beden Giyer"],
    "utf-8": ["Björk|Jóga", "Кино|Группа крови"],
}
CASES = [(name, text) for name, texts in FOREIGN.items() for text in texts]


def as_latin_1(text: str, encoding: str) -> list[str]:
    return [part.encode(encoding).decode("latin-1") for part in text.split("|")]


def test_western_texts_stay_alone_and_together() -> None:
    for text in WESTERN:
        assert decoded([text]) == [text]
    chance = random.Random(0)
    for size in itertools.chain.from_iterable([range(2, 5)] * 400):
        texts = chance.sample(WESTERN, size)
        assert decoded(texts) == texts


@pytest.mark.parametrize(("encoding", "text"), CASES)
def test_foreign_texts_are_read_right(encoding: str, text: str) -> None:
    assert decoded(as_latin_1(text, encoding)) == text.split("|")


def test_a_western_name_beside_foreign_ones_is_no_mixture() -> None:
    texts = [*as_latin_1("Кино|Группа крови", "cp1251"), "Björk", "Rock"]
    assert decoded(texts) == ["Кино", "Группа крови", "Björk", "Rock"]


def test_quotes_of_windows_are_no_control_characters() -> None:
    assert decoded(["Don\x92t \x96 stop"]) == [
        "Don\N{RIGHT SINGLE QUOTATION MARK}t \N{EN DASH} stop"
    ]


def test_an_encoding_can_be_chosen() -> None:
    assert encoding_of("auto") == "auto"
    (text,) = as_latin_1("Včely", "cp1250")
    assert decoded([text]) == [text]
    assert decoded([text], encoding_of("windows-1250")) == ["Včely"]
    assert decoded([text, "Song"], "latin-1") == [text, "Song"]
    for name in ("klingon", "base64", ""):
        with pytest.raises(FstMuseError, match="this encoding is not known"):
            encoding_of(name)
