"""Cards of generators: what they make, how it sounds by their figures, and how they were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fstmuse_core.bundle.figures import GENERATOR_FIGURES
from fstmuse_core.system.wording import counted
from fstmuse_core.training.card import (
    Card,
    Report,
    items,
    table,
    taught,
    versions_of,
    warnings_of,
)

_LIKE_MUSIC = (
    "Like music heard through a wall or from a worn tape: the colour of a genre, now and then a "
    "beat or a chord, no melody that goes anywhere, no words. Nobody would take it for a recording."
)
_LIKE_NOISE = (
    "By its Fréchet distance it is nearer to noise than to music: it has not learned enough yet. "
    "More epochs help, and more music."
)


def generator_card(report: Report, parameters: int, steps_per_epoch: int) -> str:
    """The card of a generator, from what ``report.json`` says and the sizes of the training."""
    settings = report["settings"]
    epochs = (
        f"{len(report['history'])} epochs of {steps_per_epoch} steps of "
        f"{settings['batch_size']} crops; number {report['best_epoch']}, the one with the least "
        "Fréchet distance, was kept. Hinge loss, spectral normalisation, averaged weights; the "
        "discriminator also sees the features of a classifier that was trained beforehand on the "
        "same music. TRACKS.csv beside this card names every recording."
    )
    return Card(
        title=report["name"],
        intro=[
            f"Makes mel spectrograms of {', '.join(report['genres'])}, or blends of them, of any "
            f"length: a generative adversarial network of {parameters:,} parameters that learned "
            f"from {taught(report)}. FstMuse turns what it makes into sound."
        ],
        limits=warnings_of(report),
        sound=_sound(report["metrics"]),
        figures=_generator_figures(report),
        command=report["command"],
        training=[epochs, versions_of(report)],
    ).markdown()


def original_generator_card(report: Report) -> str:
    """The card of the report's ToyGan, which is measured by nobody."""
    return Card(
        title=report["name"],
        intro=[
            "The ToyGan of the 2023 report, to compare with. It makes magnitudes of 30 s between "
            "0 and 1, of no genre in particular; what it made after each epoch is in `samples`."
        ],
        limits=warnings_of(report),
        command=report["command"],
        training=[f"{counted(len(report['history']), 'epoch')}.", versions_of(report)],
    ).markdown()


def _sound(metrics: Mapping[str, Any]) -> list[str]:
    """Texts on what to expect, as far as the figures tell."""
    made, real, noise = (metrics["figures"][name] for name in ("made", "real", "noise"))
    is_noise = made["frechet"] > noise["frechet"] / 2
    said = []
    if made["repetition"] < 0.75 * real["repetition"]:
        said.append(
            f"It repeats itself less than music does (correlation between cells "
            f"{made['repetition']:.2f}, in real music {real['repetition']:.2f})."
        )
    if made["diversity"] < 0.75:
        said.append(
            f"Its pieces are more alike than real ones: {made['diversity']:.2f} of their spread."
        )
    real_shares = metrics["consistency_of_real"]
    said += [
        f"{genre}: {share:.0%} of its windows are taken for {genre} by the judge, and "
        f"{real_shares[genre]:.0%} of real ones."
        for genre, share in metrics["consistency"].items()
    ]
    return [_LIKE_NOISE if is_noise else _LIKE_MUSIC, *items(said)]


def _generator_figures(report: Report) -> list[str]:
    metrics, clips = report["metrics"], report["clips"]
    columns = ("made", "real", "noise")
    unknown = _unknown_aside(report)
    on = f"other clips, of {unknown} of which the artist is not known" if unknown else ""
    rows = [
        [title, *(f"{metrics['figures'][column][name]:.2f}" for column in columns), meaning]
        for name, (title, meaning) in GENERATOR_FIGURES.items()
    ]
    texts = [
        f"{metrics['windows']} windows of six seconds, against as many of the music it learned "
        "from. The judge is a classifier that had no part in the training and was itself trained "
        f"on {on or 'other artists'} ({clips['validation'] + clips['test']} clips). It chose "
        "among the epochs, by other pieces than are measured here. "
        '"Real" are other windows of the same music, "noise" is white in every band.',
        table(["", *columns, ""], rows),
    ]
    unheard = metrics.get("nearest_of_unheard")
    if unheard is not None:
        other = "Other music" if unknown else "Music by artists it never heard"
        texts.append(f"{other} comes as near as {unheard:.2f} to what it learned from, by itself.")
    return texts


def _unknown_aside(report: Report) -> int:
    """Clips that were set aside and of which nobody knows who plays."""
    counts = report.get("of_unknown_artists") or {}
    return sum(int(counts.get(part, 0)) for part in ("validation", "test"))
