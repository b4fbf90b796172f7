"""Training the report's ToyGan, to compare with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fstmuse_core.bundle import CARD_NAME
from fstmuse_core.datasets.track import PARTS
from fstmuse_core.runs import REPORT_FILE, write_bytes, write_json
from fstmuse_core.training.control import Control
from fstmuse_core.training.epochs import train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.finish import Finished, done_values, make_report
from fstmuse_core.training.gan.judges import guide_plan
from fstmuse_core.training.music import MelTable
from fstmuse_core.training.original.classifiers import (
    check_memory,
    clips_of,
    forget_features,
)
from fstmuse_core.training.original.gan_trainee import OriginalGanTrainee

if TYPE_CHECKING:
    from fstmuse_core.training.run import Run

# Weights, gradients and moments of both networks; the outputs of the layers for a clip, of which
# the discriminator's last are 36.6 million values. Measured: 6.2 GiB with batches of one.
_WEIGHTS_BYTES = 7 * 2**29
_CLIP_BYTES = 3 * 2**30


def train_original_gan(
    run: Run, mels: MelTable, events: Events, control: Control, begun: float
) -> dict[str, Any]:
    """Train and show; the values of the ``done`` event. There is no bundle.

    What it makes is in the run's folder, under ``samples``.
    """
    settings = run.settings
    check_memory(_WEIGHTS_BYTES + settings.batch_size * _CLIP_BYTES, events)
    run, clips = clips_of(run, events, control)
    events.preparing("building", 0, 1)
    trainee = OriginalGanTrainee(
        len(run.parts.genres),
        clips["train"],
        settings.batch_size,
        settings.seed,
        run.folder,
        events,
    )
    progress = train_epochs(run, trainee, events, control)
    warning = "this is the report's design, to compare with: it knows no genre"
    finished = Finished(
        run.folder,
        settings,
        guide_plan(run.parts.genres),
        run.parts,
        progress,
        (*run.warnings, warning),
        time.monotonic() - begun,
    )
    taken = progress.history[-1]["val_accuracy"]
    report = make_report(finished, {"accuracy": taken, "clips": {p: len(clips[p]) for p in PARTS}})
    write_bytes(run.folder / CARD_NAME, _card(report).encode())
    write_json(run.folder / REPORT_FILE, report)
    if not report["resumable"]:
        forget_features(run.folder)
    return done_values(finished, report, [], "")


def _card(report: dict[str, Any]) -> str:
    lines = [
        f"# {report['name']}",
        "",
        "The ToyGan of the 2023 report, to compare with. It makes magnitudes of 30 s between 0 "
        "and 1, of no genre in particular; what it made after each epoch is in `samples`.",
        "",
        f"{len(report['history'])} epochs with `{report['command']}`.",
        "",
        *(f"- {sentence}." for sentence in report["warnings"]),
    ]
    return "\n".join(lines) + "\n"
