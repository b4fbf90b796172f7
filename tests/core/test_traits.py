"""Styles, moods, eras, voices and instruments in words."""

from __future__ import annotations

import numpy as np

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.classify.traits import _WORDS, Group, by_group, traits_of

NAMES = tuple(find_bundle("tagger").manifest.genres)
MEAN, DEVIATION = np.full(len(NAMES), -2.0, np.float32), np.ones(len(NAMES), np.float32)


def said(**above: float) -> dict[str, list[str]]:
    logits = MEAN.copy()
    for name, strength in above.items():
        logits[NAMES.index(name.replace("_", " "))] += strength
    return by_group(traits_of(NAMES, logits, MEAN, DEVIATION))


def test_every_tag_of_a_word_is_one_of_the_shipped_tagger() -> None:
    wanted = {tag for words in _WORDS.values() for tags in words.values() for tag in tags}
    assert wanted <= set(NAMES)


def test_the_usual_says_nothing() -> None:
    assert said() == {}


def test_what_stands_out_is_said_the_strongest_first() -> None:
    assert said(MTT_piano=2.0, MTT_violin=3.0, sad=1.5) == {
        "mood": ["sad"],
        "instrument": ["violin", "piano"],
    }


def test_of_an_era_and_of_a_voice_there_is_one() -> None:
    words = said(**{"60s": 2.0, "70s": 1.5, "80s": 3.0})
    assert words == {"era": ["1980s"]}


def test_a_style_that_is_hardly_there_is_not_said_however_rare_it_is() -> None:
    mean = MEAN.copy()
    mean[NAMES.index("house")] = -9.0
    logits = mean.copy()
    logits[NAMES.index("house")] = -5.0
    assert traits_of(NAMES, logits, mean, DEVIATION) == ()
    logits[NAMES.index("house")] = -2.0
    (house,) = traits_of(NAMES, logits, mean, DEVIATION)
    assert (house.group, house.word, house.strength) == (Group.STYLE, "House", 7.0)


def test_no_more_styles_than_one_can_take_in() -> None:
    words = said(**dict.fromkeys(("blues", "soul", "oldies", "house", "country"), 2.0))
    assert len(words["style"]) == 4


def test_genres_that_are_true_too_stand_beside_the_one_that_is_named() -> None:
    logits = MEAN.copy()
    for name, strength in {"rock": 3.0, "hard rock": 2.5, "blues": 2.0}.items():
        logits[NAMES.index(name)] += strength
    found = traits_of(NAMES, logits, MEAN, DEVIATION, genre="Rock")
    assert by_group(found) == {"style": ["Hard Rock", "Blues"]}
    assert by_group(traits_of(NAMES, logits, MEAN, DEVIATION)) == {
        "style": ["Rock", "Hard Rock", "Blues"]
    }


def test_words_of_another_tagger_are_left_out() -> None:
    few = ("blues", "sad")
    logits = np.array([3.0, 3.0], np.float32)
    found = traits_of(few, logits, np.zeros(2, np.float32), np.ones(2, np.float32))
    assert [trait.word for trait in found] == ["Blues", "sad"]
