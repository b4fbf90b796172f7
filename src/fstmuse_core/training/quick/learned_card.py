"""The card of a model that has learned from its user's corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fstmuse_core.runs.learned import Learned
from fstmuse_core.training.card import Card, confusion_table, genre_rows, names, table
from fstmuse_core.training.quick.card import NO_MAP, TAGGER_TERMS

_HOW = (
    "Added to what {base} says by its tagger are a linear function of the tagger's outputs and a "
    "constant, held back for each step away from nothing (L2 of 0.5) and for each change of the "
    "answers to songs that come along, so that what it knew is kept. The network of {base} has "
    "no part in it."
)
_CHOSEN = (
    "The songs are those that somebody corrected or confirmed, and no fair sample: many are there "
    "because {base} was wrong."
)


def learned_card(learned: Learned, genres: Sequence[str], metrics: Mapping[str, Any]) -> str:
    """The card, from what was learned and, where it could be tested, its figures."""
    figures = list(learned.sentences()[:1])
    if metrics:
        figures = [
            *learned.sentences()[: 2 if learned.tested else 1],
            table(["genre", "found", "songs", "artists"], genre_rows(metrics)),
            confusion_table(genres, metrics["confusion"]),
        ]
    return Card(
        title=learned.title,
        intro=[
            f"{names(genres)} It is {learned.base}, and has learned from your corrections and "
            "confirmations.",
            TAGGER_TERMS,
        ],
        limits=[_CHOSEN.format(base=learned.base), NO_MAP, *learned.notes],
        figures=figures,
        command="fstmuse learn",
        training=[_HOW.format(base=learned.base)],
    ).markdown()
