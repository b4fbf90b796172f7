"""What the figures of a generator mean, in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fstmuse_gui.train.events import GanMetrics
from fstmuse_gui.widgets.probability_bars import percent

_EXPECT = (
    "Expect the colour of a genre, now and then a beat or a chord, and no melody that goes "
    "anywhere. Nobody would take it for a recording."
)
_STILL_NOISE = (
    "That is nearer to noise than to music: it has not learned enough yet. More epochs help, and "
    "more music."
)
_OF_THE_REPORT = (
    "This is the 2023 report's design, to compare with: it knows no genre, and nothing of it "
    "can be measured as ours is. What it made after each epoch is kept; no model comes of it."
)
_DASH = "\N{EN DASH}"


def how_good_it_makes(metrics: GanMetrics) -> list[str]:
    """What the figures mean for the user, most important first."""
    if not metrics.figures:
        return [_OF_THE_REPORT]
    is_noise = _figure(metrics, "made", "frechet") > _figure(metrics, "noise", "frechet") / 2
    sentences = (_heard(metrics), _near(metrics), _STILL_NOISE if is_noise else _EXPECT)
    return [sentence for sentence in sentences if sentence]


def _heard(metrics: GanMetrics) -> str:
    made, real, noise = (_figure(metrics, whose, "consistency") for whose in COLUMNS)
    if not math.isfinite(made):
        return ""
    said = (
        f"Of 100 windows of what it makes, a judge that had no part in the training takes "
        f"{_hundred(made)} for the genre asked for"
    )
    if math.isfinite(real) and math.isfinite(noise):
        said += f"; of real music {_hundred(real)}, of noise {_hundred(noise)}"
    return f"{said}."


def _near(metrics: GanMetrics) -> str:
    made, real, noise = (_figure(metrics, whose, "frechet") for whose in COLUMNS)
    if not all(map(math.isfinite, (made, real, noise))):
        return ""
    return (
        f"Its Fréchet distance to real music is {made:.1f}: other real music comes to {real:.1f}, "
        f"noise to {noise:.1f}."
    )


COLUMNS = ("made", "real", "noise")


def figure_text(metrics: GanMetrics, whose: str, name: str) -> str:
    """A cell of the table, or a dash if it was not measured."""
    value = _figure(metrics, whose, name)
    # Not "-0.00" for what is as good as nothing.
    return f"{value + 0.0 if abs(value) >= 0.005 else 0.0:.2f}" if math.isfinite(value) else _DASH


def _figure(metrics: GanMetrics, whose: str, name: str) -> float:
    found: Mapping[str, float] = metrics.figures.get(whose, {})
    return found.get(name, math.nan)


def about_table(metrics: GanMetrics) -> str:
    """What was measured, for below the table."""
    said = (
        f"{metrics.windows:,} windows of six seconds against as many of the music it learned "
        "from. Real are other windows of that music; noise is white in every band."
    )
    if math.isfinite(metrics.nearest_of_unheard):
        other = "artists it never heard" if not metrics.of_unknown_artists else "others"
        said += (
            f" Music by {other} comes as near as {metrics.nearest_of_unheard:.2f} "
            "to a crop that was learned from, by itself."
        )
    return said


def share_text(share: float) -> str:
    """A share in percent, or a dash if it was not measured."""
    return percent(share) if math.isfinite(share) else _DASH


def beside_real(metrics: GanMetrics, genre: str) -> str:
    """How often the judge knows real music of a genre."""
    share = metrics.by_genre_of_real.get(genre, math.nan)
    return f"real music {percent(share)}" if math.isfinite(share) else ""


def _hundred(share: float) -> int:
    return round(100 * share)
