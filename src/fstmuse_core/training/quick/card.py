"""The cards of models that were trained in seconds, or have learned from corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fstmuse_core.runs.learned import Learned
from fstmuse_core.system.wording import (
    FEW,
    certainty,
    counted,
    cross_validation,
    guessing,
    percent,
)
from fstmuse_core.training.card import (
    Card,
    Report,
    confusion_table,
    first_upper,
    genre_rows,
    how_often_named,
    names,
    other_genres,
    table,
    versions_of,
    warnings_of,
)

NO_MAP = (
    "It cannot show what in a song spoke for a genre, and its timeline has an answer for each "
    "three seconds of the first three minutes alone."
)
OTHERS_MUSIC = (
    "The pre-trained network has heard hundreds of thousands of songs, and perhaps these: of the "
    "genres that have a tag the figures may flatter a little."
)
TAGGER_TERMS = (
    "**Non-commercial.** The pre-trained network may be used for research and non-commercial "
    "purposes only (see the card of the tagger), and so may this model."
)


def quick_card(report: Report) -> str:
    """The card, from what ``report.json`` says."""
    clips, artists = report["clips"]["train"], report["artists"]["train"]
    by = f" by {counted(artists, 'artist')}" if artists else ""
    return Card(
        title=report["name"],
        intro=[
            f"{names(report['genres'])} Trained in {_seconds(report['seconds'])} from "
            f"{counted(clips, 'clip')}{by}: a head on what a pre-trained network, the tagger, says "
            "of music. It has no network of its own.",
            TAGGER_TERMS,
        ],
        limits=[*warnings_of(report), *_untested(report["metrics"]), NO_MAP, OTHERS_MUSIC],
        figures=quick_figures(report),
        more={"Head": [_head(report["metrics"]["quick"])]},
        command=report["command"],
        training=[versions_of(report)],
    ).markdown()


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} seconds" if seconds < 60 else f"{seconds / 60:.1f} minutes"


def _untested(metrics: Mapping[str, Any]) -> list[str]:
    left = [genre for genre, songs in metrics["songs"].items() if not songs]
    if not left:
        return []
    return [f"Nothing is known of how well it tells {', '.join(left)}: too few artists play it."]


def quick_figures(report: Report) -> list[str]:
    """Texts and tables on the cross-validation, which is the only test there is."""
    metrics = report["metrics"]
    songs = sum(metrics["songs"].values())
    texts = [
        f"{first_upper(cross_validation(metrics['cross_validation']))}; "
        f"{guessing(metrics['songs'])}.{_precise(metrics, songs)}",
        f"{certainty(songs, metrics['ece'], metrics['confidence_gap'])} "
        f"{how_often_named(metrics, songs)} Each song was answered by what had learned from other "
        "artists; how sure that is was fitted on others, too.",
        table(["genre", "found", "songs", "artists"], genre_rows(metrics)),
        confusion_table(report["genres"], metrics["confusion"]),
    ]
    return [*texts, *other_genres(metrics)]


def _precise(metrics: Mapping[str, Any], songs: int) -> str:
    if songs < FEW:
        return ""
    return (
        f" Accuracy {metrics['accuracy']:.3f}, "
        f"macro-F1 {metrics['macro_f1']:.3f}, expected calibration error {metrics['ece']:.3f} at "
        f"temperature {metrics['temperature']:.2f}."
    )


def _head(quick: Mapping[str, Any]) -> str:
    share = quick["share"]
    if share == 1:
        return "A linear head on the tagger's embedding and tags decides alone."
    return (
        f"{percent(share)} of an answer come from a linear head on the tagger's embedding and "
        f"tags, {percent(1 - share)} from the tag that is the genre's name. The share was chosen "
        "by the cross-validation, for each fold by the others."
    )


# Learned from corrections --------------------------------------------------------------------

_LEARNED_HOW = (
    "Added to what {base} says by its tagger are a linear function of the tagger's outputs and a "
    "constant, held back for each step away from nothing (L2 of 0.5) and for each change of the "
    "answers to songs that come along, so that what it knew is kept. The network of {base} has "
    "no part in it."
)
_LEARNED_FROM = (
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
        limits=[_LEARNED_FROM.format(base=learned.base), NO_MAP, *learned.notes],
        figures=figures,
        command="fstmuse learn",
        training=[_LEARNED_HOW.format(base=learned.base)],
    ).markdown()
