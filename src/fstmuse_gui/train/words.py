"""Sentences about the numbers of a training."""

from __future__ import annotations

import math

from fstmuse_core.runs.events import Started
from fstmuse_core.runs.metrics import Metrics
from fstmuse_core.runs.spec import QUICK
from fstmuse_core.system import wording
from fstmuse_core.system.strict_json import Matrix
from fstmuse_core.system.wording import Share
from fstmuse_gui.plain import counted, unbroken
from fstmuse_gui.train.form.recipe import DESIGNS, MODEL_KINDS, MODELS

GAP = "  \N{MIDDLE DOT}  "
FEW_ARTISTS = 5
_STAGES = {
    "reading": "Looking at the songs",
    "features": "Listening to the songs",
    "building": "Building the network",
    "patterns": "Learning rhythm and timbre over longer stretches",
    "exporting": "Making it ready for use",
    "testing": "Testing the model on songs it has not heard",
    "folds": "Testing it once more on all songs, with some artists left out at a time",
    "beats": "Finding the beats",
    "tagger": "Listening with the tagger",
    "guide": "Training a listener to guide it",
    "judge": "Training another listener, who will judge it",
}
_MEASURING = "Measuring what it makes"
# What a cross-validation tests where it tests all of a model.
_WHOLE = ("network", "tagger")


def as_sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def speed(per_second: float, what: str) -> str:
    """``3.4 steps a second``; empty if nobody knows."""
    if not math.isfinite(per_second):
        return ""
    number = f"{per_second:.1f}" if per_second < 10 else f"{per_second:,.0f}"
    return f"{number} {what} a second"


def stage(name: str, model: str = "") -> str:
    """Describe a stage of the preparation; ``model`` is of use where it is known."""
    kind = MODEL_KINDS.get(model)
    if name == "testing" and kind is not None and kind.makes_music:
        return _MEASURING
    return _STAGES.get(name, "Getting ready")


def about(started: Started) -> str:
    """Model, design and size of the data in a line."""
    return GAP.join(
        [
            MODELS.get(started.model, started.model),
            DESIGNS.get(started.design, started.design),
            f"{len(started.genres)} genres",
            _music(started),
        ]
    )


def _music(started: Started) -> str:
    # Those of a quick training are all learned from, and all tested.
    parts = ("train",) if started.design == QUICK else tuple(started.clips)
    clips = counted(sum(started.clips[part] for part in parts), "clip")
    artists = sum(started.artists.get(part, 0) for part in parts)
    return f"{clips} by {counted(artists, 'artist')}" if artists else f"{clips}, artists unknown"


def accuracy_sentences(metrics: Metrics) -> list[str]:
    """Say what the figures mean for the user, most important first."""
    said = [_how_often_right(metrics)]
    if metrics.cross_validation:
        said.append(as_sentence(unbroken(wording.cross_validation(metrics.cross_validation))))
    if metrics.share.is_few and metrics.cross_validation.get("what") not in _WHOLE:
        said.append(_tested_on_few(metrics))
    if math.isfinite(metrics.named):
        said.append(_how_often_named(metrics))
    mistake = worst_mistake(metrics.genres, metrics.confusion)
    if mistake:
        said.append(mistake)
    thin = thin_genres(metrics)
    if thin:
        rests = "rests" if len(thin) == 1 else "rest"
        said.append(
            f"{wording.listed(thin)} {rests} on fewer than {FEW_ARTISTS} artists in the test: "
            "with other music the figure may be far off."
        )
    return said


def _how_often_right(metrics: Metrics) -> str:
    share, guess = metrics.share, wording.guessing(metrics.songs)
    is_known = any(metrics.artists.values()) and not metrics.of_unknown_artists
    songs = f"{counted(share.of, 'song')}{' by artists it has never heard' if is_known else ''}"
    found = f"{share.number} of these" if not share.is_few else share.number
    said = (
        f"It was tested on {songs}{_of_nobody(metrics)}. The genre it finds likeliest is right for "
        f"{found} ({share.interval})"
    )
    return unbroken(f"{said}; {guess}." if guess else f"{said}.")


def _of_nobody(metrics: Metrics) -> str:
    if not any(metrics.artists.values()):
        return " whose artists are not known, so it may have heard others by them"
    unknown = metrics.of_unknown_artists
    if not unknown:
        return ""
    return f"; of {unknown:,} the artist is not known, and it may have heard others by them"


def _tested_on_few(metrics: Metrics) -> str:
    return (
        f"{counted(metrics.n_songs, 'song')} are too few to say how good the whole model is. More "
        "music tells, or Cross-validation in More settings, which takes several times as long."
    )


def _how_often_named(metrics: Metrics) -> str:
    if not metrics.named:
        return "It is sure of none of them, so it names no genre."
    named = wording.recorded_share(metrics.named, metrics.n_songs)
    if not math.isfinite(metrics.named_accuracy):
        return f"It is sure enough to name a genre for {unbroken(named.number)} of them."
    right = wording.recorded_share(metrics.named_accuracy, named.right)
    return unbroken(
        f"It is sure enough to name a genre for {_of_them(named)}; of these names {right.said()}."
    )


def _of_them(share: Share) -> str:
    return share.number if share.is_few else f"{share.number} of them"


def thin_genres(metrics: Metrics) -> list[str]:
    """Genres whose figure rests on few artists."""
    known = any(metrics.artists.values())
    tested = [g for g in metrics.genres if metrics.songs.get(g, 0)]
    return [g for g in tested if known and metrics.artists.get(g, 0) < FEW_ARTISTS]


def worst_mistake(genres: tuple[str, ...], counts: Matrix) -> str:
    """The most frequent mistake, and of how many songs of the genre that it happens to."""
    worst, where = 0, (0, 0)
    for row, cells in enumerate(counts):
        for column, n in enumerate(cells):
            if row != column and n > worst:
                worst, where = n, (row, column)
    if not worst or max(where) >= len(genres):
        return ""
    row, column = where
    of = sum(counts[row])
    return (
        f"Its commonest mistake is to take {genres[row]} for {genres[column]}: "
        f"{counts[row][column]} of {counted(of, 'song')}."
    )


def calibration_sentence(metrics: Metrics) -> str:
    """Say what the reliability curve means."""
    return wording.certainty(metrics.n_songs, metrics.ece, metrics.confidence_gap)


def recall_note(metrics: Metrics, genre: str) -> str:
    """The songs and artists behind a genre's figure."""
    songs, artists = metrics.songs.get(genre, 0), metrics.artists.get(genre, 0)
    if not songs:
        return "not tested"
    return (
        f"{counted(songs, 'song')}, {counted(artists, 'artist') if artists else 'artists unknown'}"
    )


def recall_text(share: float, songs: int) -> str:
    """A genre's recall: ``3 of 4``, a percentage of many songs, a dash if nothing was tested."""
    if not math.isfinite(share):
        return "\N{EN DASH}"
    return unbroken(wording.recorded_share(share, songs).number)
