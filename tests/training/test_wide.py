"""FstMuse Wide: more genres than there is music to teach them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.plan import IGNORED
from fstmuse_core.training.starter.wide import PLAN, WIDE, WideFacts, _taught_roles, wide_card
from fstmuse_core.training.tagger_head import TAGS_OF_GENRE, tag_table
from tests.conftest import make_music


def track(genre: str, artist: str = "One") -> Track:
    return Track(Path(f"/m/{genre}-{artist}.ogg"), genre, artist, "A song", 30.0)


def test_other_music_is_nobody_s_class_and_one_artist_teaches_nothing() -> None:
    tracks = [track("Rock"), track("Rock", "Two"), track("Blues"), track("Polka")]
    roles = _taught_roles(tracks, PLAN.roles(tracks))
    assert roles.tolist() == [WIDE.index("Rock")] * 2 + [IGNORED] * 2


def test_every_genre_has_a_tag() -> None:
    tags = find_bundle("tagger").manifest.genres
    assert set(WIDE) <= TAGS_OF_GENRE.keys()
    assert (tag_table(WIDE, tags)[: len(WIDE), 0] >= 0).all()


def test_the_card_says_what_rests_on_tags_alone() -> None:
    tested = dict.fromkeys(WIDE, 0) | {"Rock": 4}
    figures = {
        "accuracy": 0.5,
        "interval": [0.1, 0.9],
        "macro_f1": 0.4,
        "songs": tested,
        "artists": tested,
        "recall": dict.fromkeys(WIDE) | {"Rock": 0.5},
        "confusion": np.zeros((len(WIDE), len(WIDE)), int).tolist(),
    }
    card = wide_card(WideFacts(figures, (), None, {"Rock": (4, 2)}, {"CC0": 4}, {"mine": 4}))
    assert "Metal, Blues, Country, Soul-RnB, Funk, Ambient** rest on the tagger's tags" in card
    assert "| Rock | 4 | 4 | 2 of 4 |" in card
    assert "Another collection" not in card


def test_the_shipped_one_answers_and_says_what_else_is_true() -> None:
    classifier = GenreClassifier.load("fst-muse-wide")
    result = classifier.classify_samples(np.tile(make_music(), 2), with_activation=True)
    assert result.genres == WIDE
    assert abs(result.probabilities.sum() - 1.0) < 1e-5
    assert result.traits
    assert len(result.timeline) > 3
    assert result.activation is None
    assert "no network of its own" in result.no_map
