"""A trained generator measured, described and written as a bundle; and the whole of a training."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    JUDGE_NAME,
    LIKENESS_NAME,
    user_models_folder,
    write_bundle,
)
from fstmuse_core.bundle.likeness import likeness_entry
from fstmuse_core.bundle.manifest import GENERATOR, BundleManifest, Thresholds
from fstmuse_core.datasets.groups import count_unknown
from fstmuse_core.datasets.overlap import BASE, tracks_of_base
from fstmuse_core.datasets.track import PARTS
from fstmuse_core.networks.toy_gan import CROP_FRAMES, SHAPE
from fstmuse_core.runs.events import Done
from fstmuse_core.runs.store import REPORT_FILE, write_bytes, write_json
from fstmuse_core.training.checkpoint import assign
from fstmuse_core.training.control import Control
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.epochs import TrainingState, train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.gan.card import generator_card
from fstmuse_core.training.gan.evaluate import complete_figures
from fstmuse_core.training.gan.export import generator_files
from fstmuse_core.training.gan.judges import judge_bytes
from fstmuse_core.training.gan.trainer import GanTrainer
from fstmuse_core.training.packaging import FinishedRun, done_event, make_report
from fstmuse_core.training.plots import curves_png, mel_png
from fstmuse_core.training.preparation import MelTable
from fstmuse_core.training.record import track_list
from fstmuse_core.training.run import Run, kept_base, name_at_end

_SHOWN_S = 20.0


def package_generator(
    run: Run,
    trainer: GanTrainer,
    progress: TrainingState,
    seconds: float,
    warn: Callable[[str], None],
) -> Done:
    """Measure the best generator, write everything, and give the values of ``done``."""
    assign(trainer.model.variables, progress.best)
    files = generator_files(trainer.model.averaged, trainer.scale.sizes)
    made = trainer.make_for_test()
    metrics = trainer.reference.compare(made.heard(), trainer.genres)
    sound = trainer.through_sound()
    labels, seed = trainer.reference.labels, run.settings.seed
    complete_figures(metrics, made, trainer.music, labels, seed, sound)
    aside = [*run.parts.known("validation"), *run.parts.known("test")]
    likeness = trainer.closeness()
    if likeness is not None:
        metrics["likeness"] = likeness
    metrics["of_unknown_artists"] = count_unknown(aside)
    # As late as can be: measuring takes minutes.
    run = replace(run, settings=name_at_end(run.settings, run.folder.name, warn))
    finished = FinishedRun(
        run.folder, run.settings, trainer.plan, run.parts, progress, run.warnings, seconds
    )
    report = {**make_report(finished, metrics), "steps_per_epoch": trainer.steps_per_epoch}
    figures = _write_figures(finished, trainer)
    parameters = trainer.model.generator.count_params()
    card = generator_card(report, parameters, trainer.steps_per_epoch).encode()
    files |= {
        CARD_NAME: card,
        "TRACKS.csv": track_list(_of_genres(run.parts), _of_base(run)).encode(),
        JUDGE_NAME: judge_bytes(trainer.judge.classifier, trainer.judge.scaling),
    }
    if trainer.likeness is not None:
        files[LIKENESS_NAME] = trainer.likeness.to_bytes()
    write_bytes(run.folder / CARD_NAME, card)
    bundle = user_models_folder() / run.settings.out
    sha256 = write_bundle(
        bundle, _manifest(run.settings.out, run.settings.title, trainer, report), files
    )
    write_json(run.folder / REPORT_FILE, {**report, "model_sha256": sha256})
    return done_event(finished, report, figures, str(bundle), sha256)


def _of_genres(parts: Parts) -> Parts:
    """Parts without the music of other genres, which nothing was done with."""
    train, validation, test = (tuple(parts.known(part)) for part in PARTS)
    return replace(parts, train=train, validation=validation, test=test)


def _of_base(run: Run) -> list[dict[str, str]]:
    """Music that the generator it starts from has learned, beside what is learned now."""
    base = kept_base(run.settings, run.folder)
    if base is None:
        return []
    here = {(t.artist, t.title, t.path.name) for t in run.parts.tracks()}
    rows = tracks_of_base(base, ("train", BASE))
    return [
        row for row in rows if (row.get("artist"), row.get("title"), row.get("file")) not in here
    ]


def _write_figures(run: FinishedRun, trainer: GanTrainer) -> list[str]:
    folder = run.folder / "figures"
    folder.mkdir(exist_ok=True)
    pictures = {"curves.png": curves_png(run.progress.history)}
    for genre in trainer.genres:
        pictures[f"{genre}.png"] = mel_png(trainer.piece(genre, _SHOWN_S, 0))
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    return [str(folder / name) for name in pictures]


def _manifest(
    name: str, title: str, trainer: GanTrainer, report: Mapping[str, Any]
) -> BundleManifest:
    return BundleManifest(
        name=name,
        title="ToyGan" if name == "toy-gan" else title or name,
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
            "grid": trainer.music.grid.to_dict(),
            **(likeness_entry(trainer.tagger) if trainer.tagger else {}),
        },
        training={key: report[key] for key in ("run", "command", "clips", "artists", "best_epoch")},
        metrics=report["metrics"],
        versions=report["versions"],
    )


def train_gan(run: Run, mels: MelTable, events: Events, control: Control, begun: float) -> Done:
    """Train, measure and write the bundle; return the last event.

    Parameters
    ----------
    begun : float
        Time at which the command began, on the monotonic clock.
    """

    def tell(stage: str, done: int, total: int) -> None:
        control.check_start()
        events.preparing(stage, done, total)

    base = kept_base(run.settings, run.folder)
    trainer = GanTrainer(
        run.settings, run.parts, mels, run.folder, events, tell, control.check, base
    )
    events.preparing("building", 0, 1)
    progress = train_epochs(run, trainer, events, control)
    control.check()
    events.preparing("testing", 0, 1)
    warnings = (*run.warnings, *trainer.notes)
    seconds = progress.earlier_s + time.monotonic() - begun
    return package_generator(
        replace(run, warnings=warnings), trainer, progress, seconds, events.warn
    )
