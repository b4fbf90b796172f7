"""The end of a GAN's training: its figures beside real music and noise, its card, its bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fstmuse_core.bundle import CARD_NAME, JUDGE_NAME, user_models_folder, write_bundle
from fstmuse_core.bundle_manifest import GENERATOR, BundleManifest, Thresholds
from fstmuse_core.datasets.artists import count_unknown
from fstmuse_core.datasets.track import PARTS
from fstmuse_core.networks.toy_gan import CROP_FRAMES, SHAPE
from fstmuse_core.runs import REPORT_FILE, write_bytes, write_json
from fstmuse_core.spectrogram import DEFAULT_CONFIG
from fstmuse_core.training.checkpoint import assign
from fstmuse_core.training.epochs import Progress
from fstmuse_core.training.figures import curves_png
from fstmuse_core.training.finish import Finished, done_values, make_report, track_list
from fstmuse_core.training.gan.card import write_gan_card
from fstmuse_core.training.gan.export import generator_files
from fstmuse_core.training.gan.judges import judge_bytes
from fstmuse_core.training.gan.pictures import mel_png
from fstmuse_core.training.gan.trainee import GanTrainee
from fstmuse_core.training.naming import name_at_end
from fstmuse_core.training.parts import Parts

if TYPE_CHECKING:
    from fstmuse_core.training.run import Run

_SHOWN_S = 20.0


def finish_gan(
    run: Run,
    trainee: GanTrainee,
    progress: Progress,
    seconds: float,
    warn: Callable[[str], None],
) -> dict[str, Any]:
    """Measure the best generator, write everything, and give the values of ``done``."""
    assign(trainee.model.variables, progress.best)
    files = generator_files(trainee.model.averaged, trainee.scale.sizes)
    metrics = trainee.yardstick.compare(trainee.make_for_test(), trainee.genres)
    aside = [*run.parts.known("validation"), *run.parts.known("test")]
    metrics["of_unknown_artists"] = count_unknown(aside)
    # As late as can be: measuring takes minutes.
    run = replace(run, settings=name_at_end(run.settings, run.folder.name, warn))
    finished = Finished(
        run.folder, run.settings, trainee.plan, run.parts, progress, run.warnings, seconds
    )
    report = make_report(finished, metrics)
    figures = _write_figures(finished, trainee)
    parameters = trainee.model.generator.count_params()
    card = write_gan_card(report, parameters, trainee.steps_per_epoch).encode()
    files |= {
        CARD_NAME: card,
        "TRACKS.csv": track_list(_heard(run.parts)).encode(),
        JUDGE_NAME: judge_bytes(trainee.judge.classifier, trainee.judge.scaling),
    }
    write_bytes(run.folder / CARD_NAME, card)
    bundle = user_models_folder() / run.settings.out
    sha256 = write_bundle(bundle, _manifest(run.settings.out, trainee, report), files)
    write_json(run.folder / REPORT_FILE, {**report, "model_sha256": sha256})
    return done_values(finished, report, figures, str(bundle), sha256)


def _heard(parts: Parts) -> Parts:
    """Without the music of other genres, which nothing was done with."""
    train, validation, test = (tuple(parts.known(part)) for part in PARTS)
    return replace(parts, train=train, validation=validation, test=test)


def _write_figures(run: Finished, trainee: GanTrainee) -> list[str]:
    folder = run.folder / "figures"
    folder.mkdir(exist_ok=True)
    pictures = {"curves.png": curves_png(run.progress.history)}
    for genre in trainee.genres:
        pictures[f"{genre}.png"] = mel_png(trainee.piece(genre, _SHOWN_S, 0))
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    return [str(folder / name) for name in pictures]


def _manifest(name: str, trainee: GanTrainee, report: Mapping[str, Any]) -> BundleManifest:
    return BundleManifest(
        name=name,
        title="ToyGan" if name == "toy-gan" else name,
        kind=GENERATOR,
        genres=trainee.genres,
        spectrogram=DEFAULT_CONFIG,
        scaling=trainee.scaling,
        segment_frames=CROP_FRAMES,
        segment_hop_frames=CROP_FRAMES,
        temperature=1.0,
        thresholds=Thresholds(novelty=0.0, confidence=0.0),
        architecture={
            "network": "fstmuse_core.networks.toy_gan",
            "parameters": trainee.model.generator.count_params(),
            "width": trainee.scale.sizes.width,
            "plane": trainee.scale.sizes.plane,
            **SHAPE.to_dict(),
        },
        training={key: report[key] for key in ("run", "command", "clips", "artists", "best_epoch")},
        metrics=report["metrics"],
        versions=report["versions"],
    )
