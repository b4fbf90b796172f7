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
_WITH_A_BEAT = (
    "A beat, in most clips at the tempo that is asked for, bars that vary and sections that "
    "return, in the colour of a genre; a little blurred, with hardly a melody and no "
    "words. Nobody would take it for a recording."
)
_CHOSE = "It chose among the epochs, by other pieces than are measured here. "
# Of real music's pulse; below it few would nod.
_A_BEAT = 0.75
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
        "discriminator also sees the features of a network that learned beforehand, on the same "
        "music, to say what a tagger says. Music with a steady beat is learned on a grid of "
        "sixteen frames a beat, the rest as it runs. TRACKS.csv beside this card names every "
        "recording."
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


def original_generator_card(report: Report, parameters: int) -> str:
    """The card of the report's ToyGan."""
    return Card(
        title=report["name"],
        intro=[
            f"The ToyGan of the 2023 report, {parameters:,} parameters, to compare with. It makes "
            f"magnitudes of 30 s between 0 and 1, of no genre in particular, and learned from "
            f"{taught(report)}. FstMuse turns what it makes into sound."
        ],
        limits=warnings_of(report),
        sound=_sound(report["metrics"]),
        figures=_generator_figures(report),
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
    said += [*_heard(metrics.get("through_sound")), *_likeness(metrics.get("likeness"))]
    has_beat = "bars" in made and made["pulse"] >= _A_BEAT * real["pulse"]
    like = _WITH_A_BEAT if has_beat else _LIKE_MUSIC
    return [_LIKE_NOISE if is_noise else like, *items(said)]


def _heard(sound: Mapping[str, Any] | None) -> list[str]:
    """Sentences on what a tagger hears of its clips, and of real ones."""
    if sound is None:
        return []
    heard = ", ".join(
        f"{genre} in {shares['made']:.0%} (real: {shares['real']:.0%})"
        for genre, shares in sound["heard"].items()
    )
    said = f"A tagger that knows music in general, and chose nothing here, hears {heard}."
    way = (
        f"By what it hears, the clips are {max(0.0, sound['share']):.0%} of the way from noise to "
        f"real music that went through the same inversion ({sound['clips']} clips of each)."
    )
    return [said, way] if heard else [way]


def _likeness(found: Mapping[str, Any] | None) -> list[str]:
    """A sentence on how like songs its clips are, if it can be asked to be."""
    if found is None:
        return []
    others = found["others"]
    beside = "" if others is None else f", and {others:.2f} with other songs of the genre"
    return [
        f"Told to be like a song ({found['songs']} songs by artists it never heard), the place of "
        f"its clip among songs, as a tagger hears it, correlates {found['asked']:.2f} with the "
        f"song's{beside}; told the genre alone, {found['genre']:.2f}."
    ]


def _generator_figures(report: Report) -> list[str]:
    metrics, clips = report["metrics"], report["clips"]
    columns = ("made", "real", "noise")
    unknown = _unknown_aside(report)
    on = f"other clips, of {unknown} of which the artist is not known" if unknown else ""
    rows = [
        [title, *(f"{metrics['figures'][column][name]:.2f}" for column in columns), meaning]
        for name, (title, meaning) in GENERATOR_FIGURES.items()
        if name in metrics["figures"]["made"]
    ]
    is_reported = report["settings"]["design"] == "original"
    chose = "" if is_reported else _CHOSE
    texts = [
        f"{metrics['windows']} windows of six seconds, against as many of the music it learned "
        "from. The judge is a classifier that had no part in the training and was itself trained "
        f"on {on or 'other artists'} ({clips['validation'] + clips['test']} clips). {chose}"
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
