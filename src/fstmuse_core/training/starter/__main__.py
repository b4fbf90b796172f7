"""Train a starter model: ``python -m fstmuse_core.training.starter --help``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    LITERT_NAME,
    PATTERNS_NAME,
    TAGGER_HEAD_NAME,
    WEIGHTS_NAME,
    Bundle,
    find_bundle,
    load_bundle,
    write_bundle,
)
from fstmuse_core.bundle.manifest import TAGGER, BundleManifest
from fstmuse_core.bundle.tagger import Tagger
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.system.errors import FstMuseError
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
from fstmuse_core.training.starter.evaluation import (
    Evaluation,
    evaluate,
    figures_elsewhere,
    rows_of,
    say,
    track_list,
)
from fstmuse_core.training.starter.experts import TaggedData, teach_experts

_NETWORK_FILES = (LITERT_NAME, WEIGHTS_NAME, PATTERNS_NAME)


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


@dataclass(frozen=True, eq=False)
class Network:
    """The network of a starter model, trained on all the music.

    ``files`` are those of its bundle: LiteRT file, weights and, where there are patterns, their
    head.
    """

    scaling: FeatureScaling
    parameters: int
    files: dict[str, bytes]


def train_network(
    data: DataSet, plan: ModelPlan, hyperparameters: Hyperparameters, report: StepReport
) -> Network:
    """Train the network on everything that has a role."""
    trained = train_both(data, plan, hyperparameters, (hyperparameters.seed, 0), report)
    files = {
        LITERT_NAME: litert_bytes(trained.classifier),
        WEIGHTS_NAME: weights_bytes(trained.classifier.serving),
    }
    if trained.head:
        files[PATTERNS_NAME] = trained.head.to_bytes()
    return Network(trained.scaling, trained.classifier.serving.count_params(), files)


def network_of(folder: Path) -> Network:
    """The network of a bundle that the same recipe has made; raises ``BundleError``."""
    bundle = load_bundle(folder)
    names = [name for name in _NETWORK_FILES if (folder / name).is_file()]
    return Network(
        bundle.manifest.scaling,
        int(bundle.manifest.architecture["parameters"]),
        {name: (folder / name).read_bytes() for name in names},
    )


def train_starter(
    data: DataSet,
    plan: ModelPlan,
    hyperparameters: Hyperparameters,
    tagger: Tagger,
    options: argparse.Namespace,
) -> Path:
    """Cross-validate, train on everything, and write the bundle with its card.

    Returns
    -------
    Path
        The bundle's folder.
    """
    clock = Clock(options.folds + (not options.network), hyperparameters.steps)
    predictions = cross_validate(
        data, plan, hyperparameters, options.folds, clock.run, options.work
    )
    tagged = TaggedData(
        data.tracks, data.roles, rows_of(data.tracks, tagger, options.work), tagger.tags
    )
    experts, joined, thresholds = teach_experts(tagged, plan, predictions)
    evaluation = evaluate(data, plan, joined, (1.0, thresholds))
    say(f"accuracy {evaluation.accuracy:.3f}, macro-F1 {evaluation.macro_f1:.3f}")
    network = (
        network_of(options.network)
        if options.network
        else train_network(data, plan, hyperparameters, clock.run("final"))
    )
    used = data.part(data.roles != IGNORED)
    manifest = replace(base_manifest(plan, hyperparameters, network.scaling), tagger=tagger.sha256)
    files = {**network.files, TAGGER_HEAD_NAME: experts.head.to_bytes()}
    finished = Bundle(
        Path(plan.name),
        replace(manifest, temperature=1.0, thresholds=thresholds),
        "",
        files[LITERT_NAME],
        files.get(PATTERNS_NAME),
        files[TAGGER_HEAD_NAME],
    )
    facts = CardFacts(
        plan=plan,
        hyperparameters=hyperparameters,
        folds=options.folds,
        command=_command(plan, hyperparameters, options.folds),
        evaluation=evaluation,
        experts=experts,
        outside_taught=dict(
            Counter(t.genre for t in used.tracks if plan.role(t) == len(plan.genres))
        ),
        licences=dict(Counter(t.licence or "not stated" for t in used.tracks)),
        collections=dict(Counter(t.collection or "not stated" for t in used.tracks)),
        elsewhere=figures_elsewhere(finished, options.test) if options.test else None,
        parameters=network.parameters,
        litert_bytes=len(network.files[LITERT_NAME]),
    )
    files |= {
        CARD_NAME: starter_card(facts).encode(),
        "TRACKS.csv": track_list(data.tracks, plan).encode(),
    }
    out = options.out or Path("models") / plan.name
    write_bundle(out, _with_record(manifest, facts), files)
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
        metrics={
            **evaluation.to_dict(),
            **facts.experts.to_dict(),
            **({"elsewhere": facts.elsewhere} if facts.elsewhere else {}),
        },
        versions=library_versions(),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fstmuse_core.training.starter",
        description="Cross-validate and train one of the starter models.",
    )
    defaults = Hyperparameters()
    parser.add_argument("--model", required=True, choices=sorted(PLANS))
    parser.add_argument("--music", required=True, type=Path, help="folder with a manifest.csv")
    parser.add_argument(
        "--test", type=Path, help="folder with a manifest.csv of another collection, for the card"
    )
    parser.add_argument("--cache", type=Path, help="folder that keeps the spectrograms")
    parser.add_argument("--work", type=Path, help="folder that keeps what is done of a long run")
    parser.add_argument(
        "--network",
        type=Path,
        help="a bundle that the same recipe has made: its network is kept",
    )
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
    try:
        tracks = read_manifest(options.music)
        mels = load_mels(tracks, cache=options.cache, progress=_say_loading)
        noise_tracks, noise_mels = made_up_noise(hyperparameters.seed)
        tracks, mels = tracks + noise_tracks, mels + noise_mels
        data = DataSet(tracks, mels, plan.roles(tracks), pattern_rows(mels))
        tagger = Tagger(find_bundle(TAGGER))
        folder = train_starter(data, plan, hyperparameters, tagger, options)
    except FstMuseError as error:
        print(error, file=sys.stderr)
        return 1
    say(f"written: {folder}")
    return 0


def _command(plan: ModelPlan, hyperparameters: Hyperparameters, folds: int) -> str:
    return (
        f"python -m fstmuse_core.training.starter --model {plan.name} --music MUSIC "
        f"--seed {hyperparameters.seed} --folds {folds} "
        f"--steps {hyperparameters.steps} --batch {hyperparameters.batch}"
    )


def _say_loading(done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        say(f"spectrograms: {done} of {total}")


if __name__ == "__main__":
    sys.exit(main())
