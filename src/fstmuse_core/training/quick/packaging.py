"""From a head to a model: figures, card and bundle."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
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
from fstmuse_core.runs.metrics import metrics_from
from fstmuse_core.runs.store import REPORT_FILE, write_bytes, write_json
from fstmuse_core.system.wording import FEW, share_by_artist
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.measure import Answers, measure, whose
from fstmuse_core.training.metrics import Ints
from fstmuse_core.training.plots import confusion_png, reliability_png
from fstmuse_core.training.quick.card import quick_card
from fstmuse_core.training.quick.fitting import Calibration, Judged, QuickData
from fstmuse_core.training.record import command_of, track_list
from fstmuse_core.training.run import name_at_end
from fstmuse_core.training.settings import TrainSettings

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
