"""Bundles of quick trainings and their cards."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from fstmuse_core import __version__
from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    TAGGER_HEAD_NAME,
    user_models_folder,
    write_bundle,
)
from fstmuse_core.bundle.manifest import CLASSIFIER, TAGGED, BundleManifest, Thresholds
from fstmuse_core.bundle.tagger_head import TaggerHead
from fstmuse_core.datasets.groups import count_artists, count_unknown
from fstmuse_core.datasets.overlap import TRACKS_FILE
from fstmuse_core.runs.events import Done
from fstmuse_core.runs.metrics import Learned, metrics_from
from fstmuse_core.runs.store import REPORT_FILE, write_bytes, write_json
from fstmuse_core.system.wording import (
    FEW,
    certainty,
    counted,
    cross_validation,
    guessing,
    percent,
    share_by_artist,
)
from fstmuse_core.training.card import (
    Card,
    Report,
    confusion_table,
    first_upper,
    genre_rows,
    how_often_named,
    names,
    other_genres,
    table,
    versions_of,
    warnings_of,
)
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.measure import Answers, measure, whose
from fstmuse_core.training.metrics import Ints
from fstmuse_core.training.plots import confusion_png, reliability_png
from fstmuse_core.training.quick.fitting import Calibration, Judged, QuickData
from fstmuse_core.training.record import command_of, track_list
from fstmuse_core.training.run import name_at_end
from fstmuse_core.training.settings import TrainSettings

NO_MAP = (
    "It cannot show what in a song spoke for a genre, and its timeline has an answer for each "
    "three seconds of the first three minutes alone."
)
OTHERS_MUSIC = (
    "The pre-trained network has heard hundreds of thousands of songs, and perhaps these: of the "
    "genres that have a tag the figures may flatter a little."
)
TAGGER_TERMS = (
    "**Non-commercial.** The pre-trained network may be used for research and non-commercial "
    "purposes only (see the card of the tagger), and so may this model."
)


def quick_card(report: Report) -> str:
    """The card, from what ``report.json`` says."""
    clips, artists = report["clips"]["train"], report["artists"]["train"]
    by = f" by {counted(artists, 'artist')}" if artists else ""
    return Card(
        title=report["name"],
        intro=[
            f"{names(report['genres'])} Trained in {_seconds(report['seconds'])} from "
            f"{counted(clips, 'clip')}{by}: a head on what a pre-trained network, the tagger, says "
            "of music. It has no network of its own.",
            TAGGER_TERMS,
        ],
        limits=[*warnings_of(report), *_untested(report["metrics"]), NO_MAP, OTHERS_MUSIC],
        figures=quick_figures(report),
        more={"Head": [_head(report["metrics"]["quick"])]},
        command=report["command"],
        training=[versions_of(report)],
    ).markdown()


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} seconds" if seconds < 60 else f"{seconds / 60:.1f} minutes"


def _untested(metrics: Mapping[str, Any]) -> list[str]:
    left = [genre for genre, songs in metrics["songs"].items() if not songs]
    if not left:
        return []
    return [f"Nothing is known of how well it tells {', '.join(left)}: too few artists play it."]


def quick_figures(report: Report) -> list[str]:
    """Texts and tables on the cross-validation, which is the only test there is."""
    metrics = report["metrics"]
    songs = sum(metrics["songs"].values())
    texts = [
        f"{first_upper(cross_validation(metrics['cross_validation']))}; "
        f"{guessing(metrics['songs'])}.{_precise(metrics, songs)}",
        f"{certainty(songs, metrics['ece'], metrics['confidence_gap'])} "
        f"{how_often_named(metrics, songs)} Each song was answered by what had learned from other "
        "artists; how sure that is was fitted on others, too.",
        table(["genre", "found", "songs", "artists"], genre_rows(metrics)),
        confusion_table(report["genres"], metrics["confusion"]),
    ]
    return [*texts, *other_genres(metrics)]


def _precise(metrics: Mapping[str, Any], songs: int) -> str:
    if songs < FEW:
        return ""
    return (
        f" Accuracy {metrics['accuracy']:.3f}, "
        f"macro-F1 {metrics['macro_f1']:.3f}, expected calibration error {metrics['ece']:.3f} at "
        f"temperature {metrics['temperature']:.2f}."
    )


def _head(quick: Mapping[str, Any]) -> str:
    share = quick["share"]
    if share == 1:
        return "A linear head on the tagger's embedding and tags decides alone."
    return (
        f"{percent(share)} of an answer come from a linear head on the tagger's embedding and "
        f"tags, {percent(1 - share)} from the tag that is the genre's name. The share was chosen "
        "by the cross-validation, for each fold by the others."
    )


# Learned from corrections --------------------------------------------------------------------

_LEARNED_HOW = (
    "Added to what {base} says by its tagger are a linear function of the tagger's outputs and a "
    "constant, held back for each step away from nothing (L2 of 0.5) and for each change of the "
    "answers to songs that come along, so that what it knew is kept. The network of {base} has "
    "no part in it."
)
_LEARNED_FROM = (
    "The songs are those that somebody corrected or confirmed, and no fair sample: many are there "
    "because {base} was wrong."
)


def learned_card(learned: Learned, genres: Sequence[str], metrics: Mapping[str, Any]) -> str:
    """The card, from what was learned and, where it could be tested, its figures."""
    figures = list(learned.sentences()[:1])
    if metrics:
        figures = [
            *learned.sentences()[: 2 if learned.tested else 1],
            table(["genre", "found", "songs", "artists"], genre_rows(metrics)),
            confusion_table(genres, metrics["confusion"]),
        ]
    return Card(
        title=learned.title,
        intro=[
            f"{names(genres)} It is {learned.base}, and has learned from your corrections and "
            "confirmations.",
            TAGGER_TERMS,
        ],
        limits=[_LEARNED_FROM.format(base=learned.base), NO_MAP, *learned.notes],
        figures=figures,
        command="fstmuse learn",
        training=[_LEARNED_HOW.format(base=learned.base)],
    ).markdown()


NETWORK = "tagger alone"
_SEGMENT_FRAMES, _SEGMENT_HOP = 128, 64


@dataclass(frozen=True, eq=False)
class QuickResult:
    """Result of a quick training."""

    settings: TrainSettings
    data: QuickData
    folds: Ints
    judged: Judged
    head: TaggerHead
    calibration: Calibration
    share: float
    tagger: str
    warnings: tuple[str, ...]
    set_aside: tuple[str, ...]
    seconds: float


def package_quick(result: QuickResult, folder: Path, warn: Callable[[str], None]) -> Done:
    """Write card, figures, report and bundle; return the last event.

    Parameters
    ----------
    folder : Path
        Of the run.
    warn : callable
        Takes a sentence about the model's name.
    """
    settings = name_at_end(result.settings, folder.name, warn)
    result = replace(result, settings=settings)
    metrics = figures_of(result)
    report = _report(result, folder, metrics)
    pictures = _write_pictures(result.data.genres, metrics, folder)
    card = quick_card(report)
    write_bytes(folder / CARD_NAME, card.encode())
    parts = Parts(result.data.genres, result.data.tracks, (), ())
    files = {
        TAGGER_HEAD_NAME: result.head.to_bytes(),
        CARD_NAME: card.encode(),
        TRACKS_FILE: track_list(parts).encode(),
    }
    manifest = replace(
        tagged_manifest(settings.out, result.data.genres, result.tagger, result.head),
        title=settings.title or settings.out,
        temperature=result.calibration.temperature,
        thresholds=result.calibration.thresholds,
        training={key: report[key] for key in ("run", "command", "clips", "artists", "best_epoch")},
        metrics=metrics,
        versions=report["versions"],
    )
    target = user_models_folder() / settings.out
    sha256 = write_bundle(target, manifest, files)
    write_json(folder / REPORT_FILE, {**report, "model_sha256": sha256})
    return Done(
        name=settings.out,
        bundle=str(target),
        sha256=sha256,
        stopped_early=False,
        seconds=result.seconds,
        metrics=metrics_from(metrics),
        card=str(folder / CARD_NAME),
        figures=tuple(pictures),
        resumable=False,
    )


def tagged_manifest(
    name: str, genres: tuple[str, ...], tagger: str, head: TaggerHead
) -> BundleManifest:
    """The manifest of a classifier without a network, not calibrated yet."""
    n_mels = DEFAULT_CONFIG.n_mels
    return BundleManifest(
        name=name,
        title=name,
        kind=CLASSIFIER,
        genres=genres,
        spectrogram=DEFAULT_CONFIG,
        scaling=FeatureScaling(np.zeros(n_mels, np.float32), np.ones(n_mels, np.float32)),
        segment_frames=_SEGMENT_FRAMES,
        segment_hop_frames=_SEGMENT_HOP,
        temperature=1.0,
        thresholds=Thresholds(novelty=float("inf"), confidence=0.0),
        architecture={"network": NETWORK, "parameters": int(head.matrix.size + head.bias.size)},
        input=TAGGED,
        tagger=tagger,
    )


def figures_of(result: QuickResult) -> dict[str, Any]:
    """Figures of the cross-validation, see :func:`fstmuse_core.training.measure.measure`."""
    data, judged = result.data, result.judged
    places = np.flatnonzero(judged.is_tested)
    tracks = [data.tracks[place] for place in places]
    best = [data.genres[row.argmax()] for row in judged.probabilities[places]]
    named = [
        genre if is_named else None
        for genre, is_named in zip(best, judged.is_named[places], strict=True)
    ]
    answers = Answers(
        data.genres, tuple(tracks), judged.probabilities[places], tuple(named), result.set_aside
    )
    metrics = measure(answers)
    known = [
        (track, genre == track.genre)
        for track, genre in zip(tracks, best, strict=True)
        if track.genre in data.genres
    ]
    share = share_by_artist([right for _, right in known], [whose(track) for track, _ in known])
    metrics["cross_validation"] = {
        "what": "tagger",
        "folds": int(result.folds.max()) + 1,
        "songs": share.of,
        "artists": count_artists(track for track, _ in known),
        "of_unknown_artists": count_unknown(track for track, _ in known),
        "right": share.right,
        "interval": [share.low, share.high],
    }
    metrics["temperature"] = result.calibration.temperature
    metrics["quick"] = {"share": result.share}
    return metrics


def _report(result: QuickResult, folder: Path, metrics: Mapping[str, Any]) -> dict[str, Any]:
    known = [track for track in result.data.tracks if track.genre in result.data.genres]
    tested = int(sum(metrics["songs"].values()))
    artists = count_artists(known)
    return {
        "name": result.settings.out,
        "run": folder.name,
        "command": command_of(result.settings),
        "settings": result.settings.to_dict(),
        "genres": list(result.data.genres),
        "clips": {"train": len(known), "validation": 0, "test": tested},
        "artists": {"train": artists, "validation": 0, "test": artists},
        "of_unknown_artists": {
            "train": count_unknown(known),
            "validation": 0,
            "test": metrics["of_unknown_artists"],
        },
        "best_epoch": 0,
        "stopped_early": False,
        "resumable": False,
        "seconds": result.seconds,
        "history": [],
        "metrics": metrics,
        "warnings": list(result.warnings),
        "versions": library_versions(),
    }


def library_versions() -> dict[str, str]:
    """Versions of the program and of what it learns with."""
    return {
        "fstmuse": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }


def _write_pictures(genres: tuple[str, ...], metrics: Mapping[str, Any], folder: Path) -> list[str]:
    target = folder / "figures"
    target.mkdir(exist_ok=True)
    pictures = {"confusion.png": confusion_png(genres, metrics["confusion"])}
    if sum(metrics["songs"].values()) >= FEW:  # of fewer its points are single songs
        pictures["reliability.png"] = reliability_png(metrics["reliability"])
    for name, data in pictures.items():
        write_bytes(target / name, data)
    return [str(target / name) for name in pictures]
