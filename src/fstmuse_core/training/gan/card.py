"""The model card of a generator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fstmuse_core.models.figures import GENERATOR_FIGURES

_LIKE_MUSIC = (
    "Like music heard through a wall or from a worn tape: the colour of a genre, now and then a "
    "beat or a chord, no melody that goes anywhere, no words. Nobody would take it for a recording."
)
_LIKE_NOISE = (
    "By its Fréchet distance it is nearer to noise than to music: it has not learned enough yet. "
    "More epochs help, and more music."
)


def write_gan_card(report: Mapping[str, Any], parameters: int, steps_per_epoch: int) -> str:
    """The card as Markdown, from what ``report.json`` says and the sizes of the training."""
    sections = (
        _head(report, parameters),
        _sound(report),
        _figures(report),
        _training(report, steps_per_epoch),
    )
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _head(report: Mapping[str, Any], parameters: int) -> list[str]:
    clips, artists = report["clips"]["train"], report["artists"]["train"]
    return [
        f"# {report['name']}",
        "",
        f"Makes mel spectrograms of {', '.join(report['genres'])}, or blends of them, of any "
        f"length: a generative adversarial network of {parameters:,} parameters that learned from "
        f"{clips} clips by {artists or 'unknown'} artists. FstMuse turns what it makes into sound.",
    ]


def _sound(report: Mapping[str, Any]) -> list[str]:
    """What to expect, as far as the figures tell."""
    figures = report["metrics"]["figures"]
    made, real = figures["made"], figures["real"]
    is_noise = made["frechet"] > figures["noise"]["frechet"] / 2
    lines = ["## What it sounds like", "", _LIKE_NOISE if is_noise else _LIKE_MUSIC, ""]
    if made["repetition"] < 0.75 * real["repetition"]:
        lines.append(
            f"- It repeats itself less than music does (correlation between cells "
            f"{made['repetition']:.2f}, in real music {real['repetition']:.2f})."
        )
    if made["diversity"] < 0.75:
        lines.append(
            f"- Its pieces are more alike than real ones: {made['diversity']:.2f} of their spread."
        )
    real_shares = report["metrics"]["consistency_of_real"]
    lines += [
        f"- {genre}: {share:.0%} of its windows are taken for {genre} by the judge, and "
        f"{real_shares[genre]:.0%} of real ones."
        for genre, share in report["metrics"]["consistency"].items()
    ]
    return lines


def _figures(report: Mapping[str, Any]) -> list[str]:
    metrics = report["metrics"]
    columns = ("made", "real", "noise")
    lines = [
        "## Figures",
        "",
        f"{metrics['windows']} windows of six seconds, against as many of the music it learned "
        "from. The judge is a classifier that had no part in the training and was itself trained "
        f"on {_judged_on(report)} ({report['clips']['validation'] + report['clips']['test']} "
        "clips). "
        "Its ear chose among the epochs, by other pieces than are measured here. "
        '"Real" are other windows of the same music, "noise" is white in every band.',
        "",
        f"| | {' | '.join(columns)} | |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for name, (title, meaning) in GENERATOR_FIGURES.items():
        values = " | ".join(f"{metrics['figures'][column][name]:.2f}" for column in columns)
        lines.append(f"| {title} | {values} | {meaning} |")
    unheard = metrics.get("nearest_of_unheard")
    if unheard is not None:
        lines += [
            "",
            f"{_others(report)} comes as near as {unheard:.2f} to what it learned from, by itself.",
        ]
    return lines


def _unknown(report: Mapping[str, Any]) -> int:
    """Clips that were set aside and of which nobody knows who plays."""
    counts = report.get("of_unknown_artists") or {}
    return sum(int(counts.get(part, 0)) for part in ("validation", "test"))


def _judged_on(report: Mapping[str, Any]) -> str:
    unknown = _unknown(report)
    if not unknown:
        return "other artists"
    return f"other clips, of {unknown} of which the artist is not known"


def _others(report: Mapping[str, Any]) -> str:
    return "Other music" if _unknown(report) else "Music by artists it never heard"


def _training(report: Mapping[str, Any], steps_per_epoch: int) -> list[str]:
    settings = report["settings"]
    epochs = len(report["history"])
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return [
        "## How it was trained",
        "",
        "```",
        report["command"],
        "```",
        "",
        f"{epochs} epochs of {steps_per_epoch} steps of {settings['batch_size']} crops; number "
        f"{report['best_epoch']}, the one with the least Fréchet distance, was kept. Hinge loss, "
        "spectral normalisation, averaged weights; the discriminator also sees the features of a "
        "classifier that was trained beforehand on the same music. TRACKS.csv beside this card "
        "names every recording.",
        "",
        *(f"- {sentence}." for sentence in report["warnings"]),
        "",
        f"{versions}.",
    ]
