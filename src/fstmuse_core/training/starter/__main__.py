"""Train a starter model: ``python -m fstmuse_core.training.starter --help``."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from fstmuse_core.bundle.bundle import PATTERNS_NAME, write_bundle
from fstmuse_core.bundle.manifest import BundleManifest
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.text_output import csv_rows
from fstmuse_core.training.export import (
    base_manifest,
    library_versions,
    litert_bytes,
    weights_bytes,
)
from fstmuse_core.training.fit import StepReport
from fstmuse_core.training.mels import load_mels
from fstmuse_core.training.non_music import made_up_noise
from fstmuse_core.training.pattern_head import pattern_rows
from fstmuse_core.training.plan import IGNORED, PLANS, Hyperparameters, ModelPlan
from fstmuse_core.training.starter.card import CardFacts, starter_card
from fstmuse_core.training.starter.cross_validation import DataSet, cross_validate, train_both
from fstmuse_core.training.starter.evaluation import Evaluation, evaluate, n_probes, probe_unseen


class Clock:
    """Prints how far a training of several runs is, and how long it will take yet.

    Parameters
    ----------
    runs : int
        Runs in all.
    steps : int
        Steps of each.
    """

    def __init__(self, runs: int, steps: int) -> None:
        self._total = runs * steps
        self._steps = steps
        self._finished = 0
        self._start = time.monotonic()

    def run(self, name: str) -> StepReport:
        """The reporter of the run ``name``, which begins now."""
        before = self._finished
        self._finished += self._steps

        def report(step: int, loss: float) -> None:
            done = before + step
            left = (time.monotonic() - self._start) / done * (self._total - done)
            say(f"{name}: step {step} of {self._steps}, loss {loss:.3f}, {left / 60:.0f} min left")

        return report


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def train_starter(
    data: DataSet,
    plan: ModelPlan,
    hyperparameters: Hyperparameters,
    *,
    folds: int,
    out: Path,
    command: str,
) -> Path:
    """Cross-validate, train on everything, and write the bundle with its card.

    Returns
    -------
    Path
        The bundle's folder.
    """
    clock = Clock(folds + n_probes(data, plan) + 1, hyperparameters.steps)
    predictions = cross_validate(data, plan, hyperparameters, folds, clock.run)
    evaluation = evaluate(data, plan, predictions)
    say(f"accuracy {evaluation.accuracy:.3f}, macro-F1 {evaluation.macro_f1:.3f}")
    probes = probe_unseen(data, plan, hyperparameters, predictions.folds, clock.run)
    trained = train_both(data, plan, hyperparameters, (hyperparameters.seed, 0), clock.run("final"))
    litert = litert_bytes(trained.classifier)
    used = data.part(data.roles != IGNORED)
    facts = CardFacts(
        plan=plan,
        hyperparameters=hyperparameters,
        folds=folds,
        command=command,
        evaluation=evaluation,
        probes=probes,
        outside_taught=dict(
            Counter(t.genre for t in used.tracks if plan.role(t) == len(plan.genres))
        ),
        licences=dict(Counter(t.licence or "not stated" for t in used.tracks)),
        collections=dict(Counter(t.collection or "not stated" for t in used.tracks)),
        parameters=trained.classifier.serving.count_params(),
        litert_bytes=len(litert),
    )
    manifest = _with_record(base_manifest(plan, hyperparameters, trained.scaling), facts)
    files = {
        "model.tflite": litert,
        "weights.npz": weights_bytes(trained.classifier.serving),
        "CARD.md": starter_card(facts).encode(),
        "TRACKS.csv": _track_list(used, plan).encode(),
    }
    if trained.head:
        files[PATTERNS_NAME] = trained.head.to_bytes()
    write_bundle(out, manifest, files)
    return out


def _with_record(manifest: BundleManifest, facts: CardFacts) -> BundleManifest:
    evaluation: Evaluation = facts.evaluation
    return replace(
        manifest,
        temperature=evaluation.temperature,
        thresholds=evaluation.thresholds,
        architecture={
            "network": f"fstmuse_core.networks.{facts.plan.name.replace('-', '_')}",
            "parameters": facts.parameters,
        },
        training={
            "command": facts.command,
            "recipe": asdict(facts.hyperparameters),
            "folds": facts.folds,
            "songs": {g.genre: g.songs for g in evaluation.genres},
            "artists": {g.genre: g.artists for g in evaluation.genres},
            "other_music": facts.outside_taught,
            "collections": facts.collections,
            "licences": facts.licences,
            "use": "non-commercial",
        },
        metrics={**evaluation.to_dict(), "unseen": [asdict(p) for p in facts.probes]},
        versions=library_versions(),
    )


def _track_list(data: DataSet, plan: ModelPlan) -> str:
    stream = io.StringIO()
    write = csv_rows(stream)
    write(["taught_as", "genre", "artist", "title", "collection", "licence"])
    for track, role in zip(data.tracks, data.roles, strict=True):
        taught_as = plan.genres[role] if role < len(plan.genres) else "none of these"
        write([taught_as, track.genre, track.artist, track.title, track.collection, track.licence])
    return stream.getvalue()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fstmuse_core.training.starter",
        description="Cross-validate and train one of the starter models.",
    )
    defaults = Hyperparameters()
    parser.add_argument("--model", required=True, choices=sorted(PLANS))
    parser.add_argument("--music", required=True, type=Path, help="folder with a manifest.csv")
    parser.add_argument("--cache", type=Path, help="folder that keeps the spectrograms")
    parser.add_argument("--out", type=Path, help="the bundle's folder; models/NAME if not given")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--steps", type=int, help="of each run; else the model's own")
    parser.add_argument("--batch", type=int, default=defaults.batch, help="crops in a step")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 if the bundle was written, 1 if not."""
    # Its start-up notes are of no use here; its errors still show.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = _parser().parse_args(arguments)
    plan: ModelPlan = PLANS[options.model]
    steps = options.steps or plan.steps
    hyperparameters = Hyperparameters(steps=steps, batch=options.batch, seed=options.seed)
    command = (
        f"python -m fstmuse_core.training.starter --model {plan.name} --music MUSIC "
        f"--seed {hyperparameters.seed} --folds {options.folds} "
        f"--steps {hyperparameters.steps} --batch {hyperparameters.batch}"
    )
    try:
        tracks = read_manifest(options.music)
        mels = load_mels(tracks, cache=options.cache, progress=_say_loading)
        noise_tracks, noise_mels = made_up_noise(hyperparameters.seed)
        tracks, mels = tracks + noise_tracks, mels + noise_mels
        folder = train_starter(
            DataSet(tracks, mels, plan.roles(tracks), pattern_rows(mels)),
            plan,
            hyperparameters,
            folds=options.folds,
            out=options.out or Path("models") / plan.name,
            command=command,
        )
    except FstMuseError as error:
        print(error, file=sys.stderr)
        return 1
    say(f"written: {folder}")
    return 0


def _say_loading(done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        say(f"spectrograms: {done} of {total}")


if __name__ == "__main__":
    sys.exit(main())
