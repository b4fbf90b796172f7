"""From the best weights to a model: calibration, test, figures, card and bundle."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    LITERT_NAME,
    PATTERNS_NAME,
    Bundle,
    user_models_folder,
    write_bundle,
)
from fstmuse_core.bundle.manifest import BundleManifest
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.datasets.overlap import TRACKS_FILE, tracks_of_base
from fstmuse_core.runs.events import Done
from fstmuse_core.runs.metrics import metrics_from
from fstmuse_core.runs.store import REPORT_FILE, write_bytes, write_json
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import FEW
from fstmuse_core.training.card import classifier_card
from fstmuse_core.training.checkpoint import assign
from fstmuse_core.training.control import Control
from fstmuse_core.training.cross_validation import FOLDS, cross_validated, fold
from fstmuse_core.training.data_split import Parts, plan_for
from fstmuse_core.training.epochs import TrainingState, train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.export import base_manifest, exported, library_versions
from fstmuse_core.training.group import AgreedControl, Member, joined
from fstmuse_core.training.measure import ask, measure
from fstmuse_core.training.metrics import Ints, fit_calibration
from fstmuse_core.training.pattern_head import ChosenHead, choose_head
from fstmuse_core.training.plan import Hyperparameters, ModelPlan
from fstmuse_core.training.plots import confusion_png, curves_png, reliability_png
from fstmuse_core.training.preparation import MelTable, set_aside_sentence
from fstmuse_core.training.record import command_of, track_list
from fstmuse_core.training.run import Run, kept_base, name_at_end
from fstmuse_core.training.settings import TrainSettings
from fstmuse_core.training.trainer import ClassifierTrainer

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """A run at its end."""

    folder: Path
    settings: TrainSettings
    plan: ModelPlan
    parts: Parts
    progress: TrainingState
    warnings: tuple[str, ...]
    seconds: float


def package_classifier(
    run: FinishedRun,
    trainer: ClassifierTrainer,
    mels: MelTable,
    tell: Callable[[str, int, int], None],
    warn: Callable[[str], None],
) -> Done:
    """Measure the best model, write everything, and return the last event.

    Parameters
    ----------
    tell : callable
        Told a stage ("patterns", "testing", "folds"), clips or steps done, of how many; may
        raise to give up.
    warn : callable
        Takes a sentence about test files that are set aside.

    Raises
    ------
    FstMuseError
        If nothing is left to test the model on.
    """
    assign(trainer.model.variables, run.progress.best)
    files = exported(trainer.classifier, run.settings.model, len(run.plan.genres))
    plan = replace(run.plan, name=run.settings.out, title=run.settings.title or run.settings.out)
    manifest = base_manifest(plan, trainer.hyperparameters, trainer.scaling)
    raw = Bundle(Path(plan.name), manifest, "", files[LITERT_NAME])
    chosen, labels = _with_head(raw, run, trainer, mels, lambda n, of: tell("patterns", n, of))
    manifest = _calibrated(chosen, labels)
    classifier = GenreClassifier(replace(chosen.bundle, manifest=manifest))
    if chosen.bundle.patterns:
        files[PATTERNS_NAME] = chosen.bundle.patterns
    metrics, warnings = tested(classifier, run.parts, mels, lambda n, of: tell("testing", n, of))
    for sentence in warnings:
        warn(sentence)
    metrics["cross_validation"] = _cross_validated(
        run, trainer.hyperparameters, metrics, mels, lambda n, of: tell("folds", n, of)
    )
    # As late as can be: measuring takes minutes.
    settings = name_at_end(run.settings, run.folder.name, warn)
    run = replace(run, settings=settings, warnings=(*run.warnings, *warnings))
    manifest = replace(manifest, name=settings.out, title=settings.title or settings.out)
    metrics["temperature"] = manifest.temperature
    metrics["pattern_head"] = chosen.to_dict()
    report = make_report(run, metrics)
    figures = write_figures(run, metrics)
    card = classifier_card(report)
    files |= {CARD_NAME: card.encode(), TRACKS_FILE: _track_list(run, mels).encode()}
    write_bytes(run.folder / CARD_NAME, card.encode())
    bundle = user_models_folder() / run.settings.out
    architecture = {
        "network": f"fstmuse_core.networks.{run.settings.model.replace('-', '_')}",
        "parameters": trainer.classifier.serving.count_params(),
    }
    sha256 = write_bundle(bundle, with_record(manifest, report, architecture), files)
    write_json(run.folder / REPORT_FILE, {**report, "model_sha256": sha256})
    return done_event(run, report, figures, str(bundle), sha256)


def tested(
    classifier: GenreClassifier, parts: Parts, mels: MelTable, tell: Tell
) -> tuple[dict[str, Any], list[str]]:
    """The figures on the test clips, and what to know about files that could not be decoded."""
    changed = {file.path: f"{file.path.name}: {file.reason}" for file in mels.changed(parts.test)}
    left = replace(parts, test=tuple(t for t in parts.test if t.path not in changed))
    answers = ask(classifier, left.test, tell)
    set_aside = [*changed.values(), *answers.set_aside]
    if not any(track.genre in parts.genres for track in answers.tracks):
        raise FstMuseError(
            "test",
            f"none of its {len(parts.known('test'))} songs can be read as they were",
            "put the music back and resume",
        )
    metrics = measure(replace(answers, set_aside=tuple(set_aside)))
    return metrics, [f"of the test, {set_aside_sentence(set_aside)}"] if set_aside else []


def _cross_validated(
    run: FinishedRun,
    hyperparameters: Hyperparameters,
    metrics: Mapping[str, Any],
    mels: MelTable,
    tell: Tell,
) -> dict[str, Any] | None:
    """A cross-validation, if one is asked for or the test has few songs."""
    settings = run.settings
    if sum(metrics["songs"].values()) >= FEW and not settings.cross_validate:
        return None
    base = kept_base(settings, run.folder)
    n_folds = settings.cross_validate or FOLDS
    data = fold(run.plan, hyperparameters, run.parts, mels, settings.seed, n_folds, base)
    return cross_validated(settings, base, data, mels, tell) if data is not None else None


def _with_head(
    network: Bundle, run: FinishedRun, trainer: ClassifierTrainer, mels: MelTable, tell: Tell
) -> tuple[ChosenHead, Ints]:
    """The bundle with a pattern head, if that helps, and the labels of the validation clips."""
    known = run.parts.known("validation")
    labels = np.array([run.parts.genres.index(track.genre) for track in known], dtype=np.int64)
    taught = trainer.tracks, trainer.mels
    choice = choose_head(
        network, run.plan, trainer.hyperparameters, *taught, known, mels.of(known), labels, tell
    )
    return choice, labels


def _calibrated(chosen: ChosenHead, labels: Ints) -> BundleManifest:
    """The manifest with temperature and thresholds, fitted on the validation clips."""
    scores = chosen.scores
    temperature, thresholds = fit_calibration(scores.logits, scores.novelty, labels)
    return replace(chosen.bundle.manifest, temperature=temperature, thresholds=thresholds)


def make_report(run: FinishedRun, metrics: dict[str, Any]) -> dict[str, Any]:
    """Contents of ``report.json``."""
    progress = run.progress
    return {
        "name": run.settings.out,
        "run": run.folder.name,
        "command": command_of(run.settings),
        "settings": run.settings.to_dict(),
        "genres": list(run.parts.genres),
        **run.parts.counts(),
        "best_epoch": progress.best_epoch,
        "stopped_early": progress.stopped_early,
        "resumable": progress.stopped_early and not progress.diverged and progress.epoch > 0,
        "seconds": run.seconds,
        "history": progress.history,
        "metrics": metrics,
        "warnings": [*run.warnings, *([progress.diverged] if progress.diverged else [])],
        "versions": library_versions(),
    }


def write_figures(run: FinishedRun, metrics: Mapping[str, Any]) -> list[str]:
    """Draw the pictures into the run's folder; their paths."""
    folder = run.folder / "figures"
    folder.mkdir(exist_ok=True)
    pictures = {
        "curves.png": curves_png(run.progress.history),
        "confusion.png": confusion_png(run.parts.genres, metrics["confusion"]),
    }
    if sum(metrics["songs"].values()) >= FEW:  # of fewer its points are single songs
        pictures["reliability.png"] = reliability_png(metrics["reliability"])
    else:
        (folder / "reliability.png").unlink(missing_ok=True)
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    return [str(folder / name) for name in pictures]


def done_event(
    run: FinishedRun, report: Mapping[str, Any], figures: list[str], bundle: str, sha256: str = ""
) -> Done:
    """Build the last event; ``sha256`` finds the model whatever it is called then."""
    return Done(
        name=run.settings.out,
        bundle=bundle,
        sha256=sha256,
        stopped_early=report["stopped_early"],
        seconds=run.seconds,
        metrics=metrics_from(report["metrics"]),
        card=str(run.folder / CARD_NAME),
        figures=tuple(figures),
        resumable=report["resumable"],
    )


def with_record(
    manifest: BundleManifest, report: Mapping[str, Any], architecture: Mapping[str, Any]
) -> BundleManifest:
    """The manifest with all that is known of its training and its figures."""
    return replace(
        manifest,
        architecture=architecture,
        training={key: report[key] for key in ("run", "command", "clips", "artists", "best_epoch")},
        metrics=report["metrics"],
        versions=report["versions"],
    )


def _track_list(run: FinishedRun, mels: MelTable) -> str:
    base = kept_base(run.settings, run.folder)
    return track_list(run.parts, tracks_of_base(base) if base else [], mels.prints)


def train_ours(
    run: Run,
    mels: MelTable,
    events: Events,
    control: Control,
    begun: float,
    member: Member | None = None,
) -> Done | None:
    """Train, measure and write the bundle; return the last event.

    Parameters
    ----------
    begun : float
        Time at which the command began, on the monotonic clock.
    member : Member, optional
        Number of this process, of those that train together; but for the first they return
        nothing when the network is trained.
    """
    events.preparing("building", 0, 1)
    plan = plan_for(run.settings, run.parts.genres)
    base = kept_base(run.settings, run.folder)
    taught = run.settings, plan, run.parts, mels, base
    leads = member is None or member.leads
    with joined(member, run.parts, mels):
        agreed = AgreedControl(control) if member else control
        trainer = ClassifierTrainer(*taught, member)
        progress = train_epochs(run, trainer, events, agreed, keeps=leads)
    if not leads:
        return None
    if member is not None:  # what it was made of lies on the devices of all of them
        trainer = ClassifierTrainer(*taught)

    def tell(stage: str, done: int, total: int) -> None:
        control.check()
        events.preparing(stage, done, total)

    seconds = progress.earlier_s + time.monotonic() - begun
    finished = FinishedRun(
        run.folder, run.settings, plan, run.parts, progress, run.warnings, seconds
    )
    return package_classifier(finished, trainer, mels, tell, events.warn)
