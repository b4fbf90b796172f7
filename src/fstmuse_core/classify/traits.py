"""Styles, moods, eras, voices and instruments of a clip, in words, from the tagger's tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray


class Group(StrEnum):
    """Questions that a trait answers; several words of most may be true at once."""

    STYLE = "style"
    MOOD = "mood"
    ERA = "era"
    VOICE = "voice"
    INSTRUMENT = "instrument"
    SOUND = "sound"


# Words, and the tags that each stands for; its score is the mean of theirs.
_WORDS: Mapping[Group, Mapping[str, tuple[str, ...]]] = {
    Group.STYLE: {
        "Alternative Rock": ("alternative rock", "alternative"),
        "Ambient": ("ambient", "MTT ambient"),
        "Blues": ("blues",),
        "Choral": ("MTT choral", "MTT choir"),
        "Classic Rock": ("classic rock",),
        "Classical": ("MTT classical",),
        "Country": ("country", "MTT country"),
        "Dance": ("dance", "MTT dance"),
        "Easy Listening": ("easy listening",),
        "Electro": ("electro", "electronica"),
        "Electronic": ("electronic",),
        "Experimental": ("experimental", "MTT weird"),
        "Folk": ("folk",),
        "Funk": ("funk",),
        "Hard Rock": ("hard rock",),
        "Hip-Hop": ("hip-hop",),
        "House": ("house",),
        "Indie Pop": ("indie pop",),
        "Indie Rock": ("indie rock",),
        "Jazz": ("jazz",),
        "Metal": ("metal", "heavy metal", "MTT metal"),
        "New Age": ("MTT new age",),
        "Oldies": ("oldies",),
        "Opera": ("MTT opera",),
        "Pop": ("pop",),
        "Progressive Rock": ("progressive rock",),
        "Punk": ("punk",),
        "R&B": ("rnb",),
        "Rock": ("rock",),
        "Soul": ("soul",),
        "Techno": ("MTT techno",),
    },
    Group.MOOD: {
        "beautiful": ("beautiful",),
        "calm": ("chillout", "chill"),
        "catchy": ("catchy",),
        "for a party": ("party",),
        "happy": ("happy",),
        "mellow": ("mellow",),
        "sad": ("sad",),
        "sensual": ("sexy",),
    },
    Group.ERA: {
        "1960s": ("60s",),
        "1970s": ("70s",),
        "1980s": ("80s",),
        "1990s": ("90s",),
        "2000s": ("00s",),
    },
    Group.VOICE: {
        "female voice": ("female vocalists", "MTT female vocal", "MTT female voice", "MTT woman"),
        "male voice": ("male vocalists", "MTT male vocal", "MTT male voice", "MTT man"),
        "no voice": ("instrumental", "MTT no vocals", "MTT no voice"),
    },
    Group.INSTRUMENT: {
        "cello": ("MTT cello",),
        "drums": ("MTT drums",),
        "flute": ("MTT flute",),
        "guitar": ("guitar", "MTT guitar"),
        "harp": ("MTT harp",),
        "harpsichord": ("MTT harpsichord",),
        "piano": ("MTT piano",),
        "strings": ("MTT strings",),
        "synthesiser": ("MTT synth",),
        "violin": ("MTT violin",),
    },
    Group.SOUND: {
        "acoustic": ("acoustic",),
        "fast": ("MTT fast",),
        # The level itself says nothing: the tagger hears all clips at the same.
        "gentle": ("MTT quiet", "MTT soft"),
        "intense": ("MTT loud",),
        "slow": ("MTT slow",),
    },
}
# Deviations above the mean of the music that the classifier learned from, and words at most. With
# four styles, the genres among them, the one of 333 of 476 songs stands in the answer of FstMuse
# Wide or beside it, which alone is right about 263.
_LEAST: Mapping[Group, tuple[float, int]] = {
    Group.STYLE: (1.0, 4),
    Group.MOOD: (1.0, 2),
    Group.ERA: (0.7, 1),
    Group.VOICE: (0.5, 1),
    Group.INSTRUMENT: (1.0, 3),
    Group.SOUND: (1.0, 2),
}
# Of a style or an instrument; what is rarer is not heard, however much rarer it is elsewhere.
_LEAST_CHANCE = 0.03
_LEAST_DEVIATION = 0.3


@dataclass(frozen=True, slots=True)
class Trait:
    """Something that is said of a clip far more than of other music.

    Attributes
    ----------
    group : Group
        Question that it answers: style, mood, era, voice, instrument or sound.
    word : str
        The answer, such as "mellow" or "piano".
    strength : float
        Standard deviations above other music; 0 where only the words are known.

    Examples
    --------
    >>> result = GenreClassifier.load("fst-muse").classify_file("song.wav")
    >>> all(isinstance(trait, Trait) for trait in result.traits)
    True
    """

    group: Group
    word: str
    strength: float


def traits_of(
    names: Sequence[str],
    logits: FloatArray,
    mean: FloatArray,
    deviation: FloatArray,
    *,
    genre: str | None = None,
) -> tuple[Trait, ...]:
    """Traits of a clip, group by group, the strongest first.

    Parameters
    ----------
    names : sequence of str
        The tagger's tags.
    logits, mean, deviation : ndarray of float32, shape ``(n_tags,)``
        Of the clip, and of other music.
    genre : str, optional
        Genre that its verdict names: no style says it again, only what is true beside it.
    """
    # Of a few songs that sound alike every other one would differ by a hundred deviations.
    above = (logits - mean) / np.maximum(deviation, np.float32(_LEAST_DEVIATION))
    scores = dict(zip(names, above.tolist(), strict=True))
    chances = dict(zip(names, (1.0 / (1.0 + np.exp(-logits))).tolist(), strict=True))
    found: list[Trait] = []
    for group, words in _WORDS.items():
        least, most = _LEAST[group]
        least_chance = _LEAST_CHANCE if group in (Group.STYLE, Group.INSTRUMENT) else 0.0
        rated = [
            Trait(group, word, round(float(np.mean([scores[tag] for tag in tags])), 2))
            for word, tags in words.items()
            if word != genre
            and all(tag in scores for tag in tags)
            and max(chances[tag] for tag in tags) >= least_chance
        ]
        strong = [trait for trait in rated if trait.strength >= least]
        found += sorted(strong, key=lambda trait: -trait.strength)[:most]
    return tuple(found)


def by_group(traits: Sequence[Trait]) -> dict[str, list[str]]:
    """Words of each group that has any, as plain values for JSON."""
    words: dict[str, list[str]] = {}
    for trait in traits:
        words.setdefault(trait.group.value, []).append(trait.word)
    return words
