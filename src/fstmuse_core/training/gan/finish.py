"""Training ToyGan: its end is figures beside real music and noise, a card and a bundle."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.bundle.bundle import CARD_NAME, JUDGE_NAME, user_models_folder, write_bundle
from fstmuse_core.bundle.figures import GENERATOR_FIGURES
from fstmuse_core.bundle.manifest import GENERATOR, BundleManifest, Thresholds
from fstmuse_core.datasets.groups import count_unknown
from fstmuse_core.datasets.track import PARTS
from fstmuse_core.networks.toy_gan import CROP_FRAMES, SHAPE
from fstmuse_core.runs.events import Done
from fstmuse_core.runs.store import REPORT_FILE, write_bytes, write_json
from fstmuse_core.training.checkpoint import assign
from fstmuse_core.training.control import Control
from fstmuse_core.training.epochs import Progress, train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.figures import curves_png
from fstmuse_core.training.finish import Finished, done_event, make_report, track_list
from fstmuse_core.training.gan.export import generator_files
from fstmuse_core.training.gan.judges import judge_bytes
from fstmuse_core.training.gan.pictures import mel_png
from fstmuse_core.training.gan.trainer import GanTrainer
from fstmuse_core.training.music import MelTable
from fstmuse_core.training.naming import name_at_end
from fstmuse_core.training.parts import Parts

if TYPE_CHECKING:
    from fstmuse_core.training.run import Run


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


# Finish -------------------------------------------------------------------------------------

_SHOWN_S = 20.0


def finish_gan(
    run: Run,
    trainer: GanTrainer,
    progress: Progress,
    seconds: float,
    warn: Callable[[str], None],
) -> Done:
    """Measure the best generator, write everything, and give the values of ``done``."""
    assign(trainer.model.variables, progress.best)
    files = generator_files(trainer.model.averaged, trainer.scale.sizes)
    metrics = trainer.reference.compare(trainer.make_for_test(), trainer.genres)
    aside = [*run.parts.known("validation"), *run.parts.known("test")]
    metrics["of_unknown_artists"] = count_unknown(aside)
    # As late as can be: measuring takes minutes.
    run = replace(run, settings=name_at_end(run.settings, run.folder.name, warn))
    finished = Finished(
        run.folder, run.settings, trainer.plan, run.parts, progress, run.warnings, seconds
    )
    report = make_report(finished, metrics)
    figures = _write_figures(finished, trainer)
    parameters = trainer.model.generator.count_params()
    card = write_gan_card(report, parameters, trainer.steps_per_epoch).encode()
    files |= {
        CARD_NAME: card,
        "TRACKS.csv": track_list(_heard(run.parts)).encode(),
        JUDGE_NAME: judge_bytes(trainer.judge.classifier, trainer.judge.scaling),
    }
    write_bytes(run.folder / CARD_NAME, card)
    bundle = user_models_folder() / run.settings.out
    sha256 = write_bundle(bundle, _manifest(run.settings.out, trainer, report), files)
    write_json(run.folder / REPORT_FILE, {**report, "model_sha256": sha256})
    return done_event(finished, report, figures, str(bundle), sha256)


def _heard(parts: Parts) -> Parts:
    """Without the music of other genres, which nothing was done with."""
    train, validation, test = (tuple(parts.known(part)) for part in PARTS)
    return replace(parts, train=train, validation=validation, test=test)


def _write_figures(run: Finished, trainer: GanTrainer) -> list[str]:
    folder = run.folder / "figures"
    folder.mkdir(exist_ok=True)
    pictures = {"curves.png": curves_png(run.progress.history)}
    for genre in trainer.genres:
        pictures[f"{genre}.png"] = mel_png(trainer.piece(genre, _SHOWN_S, 0))
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    return [str(folder / name) for name in pictures]


def _manifest(name: str, trainer: GanTrainer, report: Mapping[str, Any]) -> BundleManifest:
    return BundleManifest(
        name=name,
        title="ToyGan" if name == "toy-gan" else name,
        kind=GENERATOR,
        genres=trainer.genres,
        spectrogram=DEFAULT_CONFIG,
        scaling=trainer.scaling,
        segment_frames=CROP_FRAMES,
        segment_hop_frames=CROP_FRAMES,
        temperature=1.0,
        thresholds=Thresholds(novelty=0.0, confidence=0.0),
        architecture={
            "network": "fstmuse_core.networks.toy_gan",
            "parameters": trainer.model.generator.count_params(),
            "width": trainer.scale.sizes.width,
            "plane": trainer.scale.sizes.plane,
            **SHAPE.to_dict(),
        },
        training={key: report[key] for key in ("run", "command", "clips", "artists", "best_epoch")},
        metrics=report["metrics"],
        versions=report["versions"],
    )


# Train --------------------------------------------------------------------------------------


def train_gan(run: Run, mels: MelTable, events: Events, control: Control, begun: float) -> Done:
    """Train, measure and write the bundle; return the last event.

    Parameters
    ----------
    begun : float
        When the command began, on the monotonic clock.
    """

    def tell(stage: str, done: int, total: int) -> None:
        control.check_start()
        events.preparing(stage, done, total)

    trainer = GanTrainer(run.settings, run.parts, mels, run.folder, events, tell, control.check)
    events.preparing("building", 0, 1)
    progress = train_epochs(run, trainer, events, control)
    control.check()
    events.preparing("testing", 0, 1)
    warnings = (*run.warnings, *trainer.notes)
    seconds = time.monotonic() - begun
    return finish_gan(replace(run, warnings=warnings), trainer, progress, seconds, events.warn)
