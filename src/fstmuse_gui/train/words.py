"""What numbers of a training mean, in sentences."""

from __future__ import annotations

import math

from fstmuse_gui.train.events import Matrix, Metrics, Started
from fstmuse_gui.train.recipe import DESIGNS, MODEL_KINDS, MODELS
from fstmuse_gui.widgets.probability_bars import percent

GAP = "  \N{MIDDLE DOT}  "
FEW_ARTISTS = 5
_STAGES = {
    "reading": "Looking at the songs",
    "features": "Listening to the songs",
    "building": "Building the network",
    "patterns": "Learning rhythm and timbre over longer stretches",
    "testing": "Testing the model on songs it has not heard",
    "guide": "Training a listener to guide it",
    "judge": "Training another listener, who will judge it",
}
_MEASURING = "Measuring what it makes"


def as_sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def time_left(seconds: float) -> str:
    """``about 4 minutes left``; empty if nobody knows."""
    return f"about {duration(seconds)} left" if math.isfinite(seconds) and seconds >= 0 else ""


def duration(seconds: float) -> str:
    """``40 seconds``, ``4 minutes`` or ``2 h 05 min``."""
    if not math.isfinite(seconds):
        return "some time"
    if seconds < 60:
        return _many(max(1, round(seconds)), "second")
    minutes = round(seconds / 60)
    if minutes < 60:
        return _many(minutes, "minute")
    return f"{minutes // 60} h {minutes % 60:02} min"


def speed(per_second: float, what: str) -> str:
    """``3.4 steps a second``; empty if nobody knows."""
    if not math.isfinite(per_second):
        return ""
    number = f"{per_second:.1f}" if per_second < 10 else f"{per_second:,.0f}"
    return f"{number} {what} a second"


def stage(name: str, model: str = "") -> str:
    """What a stage of the preparation does; ``model`` is of use where it is known."""
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
            f"{_many(sum(started.clips.values()), 'clip')} by "
            f"{_many(sum(started.artists.values()), 'artist')}",
        ]
    )


def how_good(metrics: Metrics) -> list[str]:
    """What the figures mean for the user, most important first."""
    n_genres, n_songs = len(metrics.genres), sum(metrics.songs.values())
    is_known = any(metrics.artists.values())
    whose = "artists it has never heard" if is_known else "artists whom nobody knows"
    right = round(100 * metrics.accuracy) if math.isfinite(metrics.accuracy) else 0
    said = [
        f"Of 100 songs by {whose}, the genre it finds likeliest is right for about {right}; "
        f"guessing would get {round(100 / max(1, n_genres))}. "
        f"This was measured on {_many(n_songs, 'song')}{_of_nobody(metrics, is_known)}."
    ]
    if math.isfinite(metrics.named):
        said.append(_how_often_named(metrics))
    mistake = worst_mistake(metrics.genres, metrics.confusion)
    if mistake:
        said.append(mistake)
    thin = thin_genres(metrics)
    if thin:
        rests = "rests" if len(thin) == 1 else "rest"
        said.append(
            f"{_listed(thin)} {rests} on fewer than {FEW_ARTISTS} artists in the test: with other "
            "music the figure may be far off."
        )
    return said


def _of_nobody(metrics: Metrics, is_known: bool) -> str:
    if not is_known or not metrics.of_unknown_artists:
        return ""
    return f", {metrics.of_unknown_artists:,} of them by artists whom nobody knows"


def _how_often_named(metrics: Metrics) -> str:
    if not metrics.named:
        return "It is sure of none of them, so it names no genre."
    return (
        f"It is sure enough to name a genre for {percent(metrics.named)} of them, and "
        f"{percent(metrics.named_accuracy)} of these names are right."
    )


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
        f"{counts[row][column]} of {_many(of, 'song')}."
    )


def how_honest(metrics: Metrics) -> str:
    """What the reliability curve says."""
    if not math.isfinite(metrics.ece) or not metrics.reliability:
        return "There were too few songs to say how far its certainty can be trusted."
    off = f"{max(1, round(100 * metrics.ece))} points"
    weights = sum(n for *_, n in metrics.reliability) or 1
    lean = sum((confidence - right) * n for confidence, right, n in metrics.reliability) / weights
    if metrics.ece < 0.05:
        return f"Its certainty can be trusted: it is off by {off} on average."
    side = "surer" if lean > 0 else "less sure"
    return f"It is {side} than it should be, by {off} on average."


def recall_note(metrics: Metrics, genre: str) -> str:
    """The songs and artists behind a genre's figure."""
    songs, artists = metrics.songs.get(genre, 0), metrics.artists.get(genre, 0)
    if not songs:
        return "not tested"
    return f"{_many(songs, 'song')}, {_many(artists, 'artist') if artists else 'artists unknown'}"


def recall_text(share: float) -> str:
    """A genre's recall, or a dash if nothing was tested."""
    return percent(share) if math.isfinite(share) else "\N{EN DASH}"


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
