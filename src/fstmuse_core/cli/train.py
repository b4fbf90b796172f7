"""``fstmuse train``: a model from the user's own music."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

import click

from fstmuse_core.cli.common.console import WRONG_USE, print_safe, say
from fstmuse_core.cli.common.param_types import (
    Command,
    ModelName,
    Number,
    SomePath,
    Whole,
    kind_option,
    tag_encoding_option,
)
from fstmuse_core.runs import spec
from fstmuse_core.runs.spec import AnySetting, ChoiceSetting, RealSetting, WholeSetting
from fstmuse_core.system.errors import FstMuseError

_FOLDER = SomePath()


def _type_of(setting: AnySetting) -> click.ParamType[Any]:
    """Kind of values that a setting takes on the command line."""
    if isinstance(setting, WholeSetting):
        lowest = setting.low if setting.off is None else min(setting.low, setting.off)
        return Whole(lowest, setting.high)
    if isinstance(setting, RealSetting):
        ends = {"min_open": setting.low_open, "max_open": setting.high_open}
        return Number(setting.low, setting.high, **ends)
    if isinstance(setting, ChoiceSetting):
        return click.Choice(setting.choices)
    return click.STRING


def _option(
    setting: AnySetting,
    says: str,
    *,
    metavar: str | None = None,
    kind: click.ParamType[Any] | None = None,
    has_default: bool = False,
) -> Callable[[Command], Command]:
    """Option of a setting; ``has_default`` if its help ends with the default."""
    shown = f"  [default: {_plain(setting.default)}]" if has_default else ""
    return click.option(
        setting.option,
        setting.name,
        type=kind or _type_of(setting),
        metavar=metavar,
        help=f"{says}{shown}".strip(),
    )


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@click.command(short_help="Train a model on your own music.")
@_option(spec.MODEL, "", has_default=True)
@_option(spec.DESIGN, "quick, our networks, or the 2023 report's.", has_default=True)
@click.option(
    spec.DATA.option,
    multiple=True,
    type=_FOLDER,
    metavar="PATH",
    help="Music; may be given repeatedly.",
)
@kind_option
@tag_encoding_option()
@_option(spec.GENRES, "What it is to name.  [default: all of the music]", metavar="A,B,C")
@_option(spec.EPOCHS, "Default: what fits the model.", metavar="N")
@_option(spec.BATCH_SIZE, "Crops in a step. Default: what fits.", metavar="N")
@_option(spec.LEARNING_RATE, "Its peak. Default: what fits.", metavar="RATE")
@_option(spec.DROPOUT, "Of a classifier's features.", metavar="SHARE", has_default=True)
@_option(spec.L2, "Of the kernels' squares.", metavar="WEIGHT", has_default=True)
@_option(spec.AUGMENT, "How much crops are varied.", has_default=True)
@_option(spec.PATIENCE, "End when N epochs in a row were no better.", metavar="N")
@_option(spec.SEED, "Same seed, same model.", metavar="N", has_default=True)
@_option(spec.OUT, "What the model will be called.", metavar="NAME")
@click.option(spec.BALANCE.option, is_flag=True, default=None, help="As many songs of each genre.")
@_option(spec.TENSORBOARD, "Write logs for TensorBoard.", metavar="DIR", kind=_FOLDER)
@_option(spec.FINE_TUNE, "Start from this model's weights.", metavar="MODEL", kind=ModelName())
@_option(
    spec.CROSS_VALIDATE,
    "Retrain for each of FOLDS and test on the artists left out; as many times as long.",
    metavar="FOLDS",
)
@click.option(
    "--quick", is_flag=True, help=f"Train in seconds, the same as {spec.DESIGN.option} quick."
)
@click.option(
    "--processes",
    type=Whole(*spec.PROCESSES),
    help="Share each step among as many processes of this machine (with JAX; for classifiers).",
)
@click.option(
    "--coordinator",
    metavar="HOST:PORT",
    help="Train with other machines: the address of rank 0, the same on all of them.",
)
@click.option("--rank", type=Whole(0, spec.HOSTS[1] - 1), help="Number of this machine, from 0.")
@click.option("--hosts", type=Whole(*spec.HOSTS), help="Number of all machines.")
@click.option("--resume", metavar="RUN", help="Go on with a run that was stopped or cut off.")
@click.option("--runs", is_flag=True, help="List the runs and how far they are.")
@click.option(
    "--format", "layout", type=click.Choice(("table", "json")), default="table", help="Of --runs."
)
@click.option(
    "--events", type=click.Choice(("-",)), help="Say it in lines of JSON on standard output."
)
def command(
    quick: bool,
    processes: int | None,
    coordinator: str | None,
    rank: int | None,
    hosts: int | None,
    resume: str | None,
    runs: bool,
    layout: str,
    events: str | None,
    **options: Any,
) -> int:
    """Train a model that names genres, or one that makes music, on your own music.

    PATH is a folder with a manifest.csv, FMA, folders named after genres (any names: Zouk, Waltz),
    a library of tagged music, or the word "corrections": what you said with fstmuse correct or in
    the window. The genres of the music are what the model learns; --genres chooses among them.
    --quick takes seconds: it learns on top of what a pre-trained network says of music, and is
    always cross-validated; without it, a network of its own learns for minutes. The model
    appears in every list of models. Ctrl+C, or a line "stop" on standard input, ends
    early and keeps the best so far; a second Ctrl+C, or "cancel", discards the run. What a
    power cut interrupts goes on with --resume.

    With --processes or --coordinator each step's crops are shared; the model is the same but for
    the last digits. Every machine takes the same music and options, and its own --rank; rank 0
    keeps the run.

    Exit codes: 0 done, also if stopped early; 1 failed; 2 wrong use; 130 cancelled.
    """
    if runs:
        _list_runs(layout)
        return 0
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if quick:
        if given.get("design", spec.QUICK) != spec.QUICK:
            raise click.UsageError("--quick is a design of its own; leave out --design")
        given["design"] = spec.QUICK
    if resume is not None and given:
        names = ", ".join(spec.SETTINGS[name].option for name in given)
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
    if processes is not None and (coordinator, rank, hosts) != (None, None, None):
        raise click.UsageError("--processes is for this machine alone; leave out --coordinator")
    if processes is not None:
        if resume is None and events is None:
            try:
                _group().check_shared(processes, given)
            except FstMuseError as error:
                say(f"fstmuse: {error}")
                return WRONG_USE
        words = _words(given, resume, events)
        return int(_group().train_together(processes, words, say))
    member = None
    if (coordinator, rank, hosts) != (None, None, None):
        if coordinator is None:
            raise click.UsageError("--rank and --hosts need --coordinator HOST:PORT")
        _group().require_jax()
        member = _group().member_of(coordinator, rank, hosts)
    return _train(given, resume, events, member)


def _group() -> Any:
    return importlib.import_module("fstmuse_core.training.group")


def _words(given: dict[str, Any], resume: str | None, events: str | None) -> list[str]:
    """Options of another process of the same training."""
    words: list[str] = []
    for name, value in given.items():
        option = spec.SETTINGS[name].option
        if value is True:
            words.append(option)
        elif name == spec.GENRES.name:
            words += [option, ",".join(value)]
        else:
            each = value if isinstance(value, list | tuple) else [value]
            words += [part for one in each for part in (option, str(one))]
    words += [] if resume is None else ["--resume", resume]
    return [*words, *(["--events", events] if events else [])]


def _train(
    given: dict[str, Any], resume: str | None, events: str | None, member: Any = None
) -> int:
    machine = _machine_stream() if events else None
    # By its name: the rest of the command line does not load TensorFlow.
    session = importlib.import_module("fstmuse_core.training.session")
    control = importlib.import_module("fstmuse_core.training.control").Control()
    with control.interrupts():
        if sys.stdin is not None and not sys.stdin.isatty():
            control.watch_stream(sys.stdin.fileno())
        told = {"machine": machine, "say": say, "control": control, "member": member}
        return int(session.train(given, resume=resume, **told))


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
        print_safe(f"{run.run:<36} {run.state:<10} {run.progress}{hint}")
    if not found:
        say("fstmuse: there are no runs yet")
