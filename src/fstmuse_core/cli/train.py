"""``fstmuse train``: a model from the user's own music."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any, TextIO

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.kinds import (
    ModelName,
    Number,
    SomePath,
    Whole,
    kind_option,
    tag_encoding_option,
)

_FOLDER = SomePath()
# As fstmuse_core.training.settings has them, which is not loaded for --help.
_EPOCHS, _BATCH, _SEED = Whole(1, 10_000), Whole(1, 4096), Whole(0, 2**32 - 1)
_RATE, _DROPOUT, _L2 = Number(0, 10, min_open=True), Number(0, 1, max_open=True), Number(0, 1)


@click.command(short_help="Train a model on your own music.")
@click.option(
    "--model",
    type=click.Choice(("toy-model", "fst-muse", "toy-gan")),
    help="[default: fst-muse]",
)
@click.option(
    "--design",
    type=click.Choice(("ours", "original")),
    help="ours, or the 2023 report's to compare with.  [default: ours]",
)
@click.option(
    "--data", multiple=True, type=_FOLDER, metavar="PATH", help="Music; may be given repeatedly."
)
@kind_option
@tag_encoding_option()
@click.option("--genres", metavar="A,B,C", help="What it is to name.  [default: all of the music]")
@click.option("--epochs", type=_EPOCHS, metavar="N", help="Default: what fits the model.")
@click.option("--batch-size", type=_BATCH, metavar="N", help="Crops in a step. Default: what fits.")
@click.option("--learning-rate", type=_RATE, metavar="RATE", help="At its highest.")
@click.option(
    "--dropout",
    type=Number(0, 1, max_open=True),
    metavar="SHARE",
    help="Of a classifier's features.  [default: 0.2]",
)
@click.option("--l2", type=_L2, metavar="WEIGHT", help="Of the kernels' squares.  [default: 0]")
@click.option(
    "--augment",
    type=click.Choice(("none", "light", "full")),
    help="How much crops are varied.  [default: full]",
)
@click.option("--seed", type=_SEED, metavar="N", help="Same seed, same model.  [default: 0]")
@click.option("--out", metavar="NAME", help="What the model will be called.")
@click.option("--balance", is_flag=True, default=None, help="As many songs of each genre.")
@click.option("--tensorboard", type=_FOLDER, metavar="DIR", help="Write logs for TensorBoard.")
@click.option(
    "--fine-tune", type=ModelName(), metavar="MODEL", help="Start from this model's weights."
)
@click.option(
    "--cross-validate",
    type=Whole(0, 20),
    metavar="FOLDS",
    help="Train anew for each of FOLDS and test on the artists left out; as many times as long.",
)
@click.option("--resume", metavar="RUN", help="Go on with a run that was stopped or cut off.")
@click.option("--runs", is_flag=True, help="List the runs and how far they are.")
@click.option(
    "--format", "layout", type=click.Choice(("table", "json")), default="table", help="Of --runs."
)
@click.option(
    "--events", type=click.Choice(("-",)), help="Say it in lines of JSON on standard output."
)
def command(resume: str | None, runs: bool, layout: str, events: str | None, **options: Any) -> int:
    """Train a model that names genres, or one that makes music, on your own music.

    PATH is a folder with a manifest.csv, FMA, folders named after genres (any names: Zouk, Waltz),
    a library of tagged music, or the word "corrections": what you said with fstmuse correct or in
    the window. The genres of the music are what the model learns; --genres chooses among them. It
    appears in every list of models. Ctrl+C, or a line "stop" on standard input, ends
    early and keeps the best so far; a second Ctrl+C, or "cancel", discards the run. What a
    power cut interrupts goes on with --resume.

    Exit codes: 0 done, also if stopped early; 1 failed; 2 wrong use; 130 cancelled.
    """
    if runs:
        _list_runs(layout)
        return 0
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if resume is not None and given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise click.UsageError(f"--resume goes on with the run's own settings; leave out {names}")
    if "genres" in given:
        from fstmuse_core.tags.genres import genres_listed

        given["genres"] = genres_listed(given["genres"])
    if "tag_encoding" in given:
        from fstmuse_core.tags.text_encoding import encoding_of

        given["tag_encoding"] = encoding_of(given["tag_encoding"])
    if "data" in given:
        from fstmuse_core.datasets.detect import data_path, kinds_of

        kinds_of(given["data"], given.get("kinds", ()))
        given["data"] = [str(data_path(path)) for path in given["data"]]
    return _train(given, resume, events)


def _train(given: dict[str, Any], resume: str | None, events: str | None) -> int:
    machine = _machine_stream() if events else None
    # By its name: the rest of the command line does not load TensorFlow.
    session = importlib.import_module("fstmuse_core.training.session")
    control = importlib.import_module("fstmuse_core.training.control").Control()
    control.catch_interrupts()
    if sys.stdin is not None and not sys.stdin.isatty():
        control.watch_stream(sys.stdin.fileno())
    code: int = session.train(given, resume=resume, machine=machine, say=say, control=control)
    return code


def _machine_stream() -> TextIO:
    """Standard output for events alone: what libraries print goes to standard error."""
    descriptor = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _list_runs(layout: str) -> None:
    from fstmuse_core.runs.store import list_runs

    found = list_runs()
    if layout == "json":
        print_safe(json.dumps([summary.to_dict() for summary in found], indent=1))
        return
    for run in found:
        hint = f"  (fstmuse train --resume {run.run})" if run.resumable else ""
        print_safe(f"{run.run:<36} {run.state:<10} epoch {run.epoch} of {run.epochs}{hint}")
    if not found:
        say("fstmuse: there are no runs yet")
