"""``fstmuse models``: list, show, rename, delete, restore, export and import them."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fstmuse_core.cli.common.console import SOME_FAILED, print_safe, say
from fstmuse_core.cli.common.param_types import ModelName, SomeName, SomePath
from fstmuse_core.system.errors import BundleError, one_line

if TYPE_CHECKING:
    from fstmuse_core.bundle.bundle import Bundle
    from fstmuse_core.bundle.changes import DeletedModel
    from fstmuse_core.bundle.figures import ModelFigures
    from fstmuse_core.bundle.model_list import ModelDetails, ModelEntry


_ORIGINS = {
    "shipped": "came with FstMuse",
    "own": "your own",
    "elsewhere": "a folder that is not among your models",
}
_layout = click.option(
    "--format",
    "layout",
    type=click.Choice(("table", "json")),
    default="table",
    show_default=True,
)


@click.command("list", short_help="Every model, or those that were deleted.")
@click.option("--deleted", is_flag=True, help="Those that can be restored.")
@_layout
def list_models(deleted: bool, layout: str) -> int:
    """Every model's name, title, origin and genres.

    A damaged one is said and makes the exit code 1.
    """
    if deleted:
        return _list_deleted(layout)
    from fstmuse_core.bundle import model_list

    found = model_list.list_models()
    sound = [entry for entry in found if not entry.trouble]
    for entry in found:
        if entry.trouble:
            say(f"fstmuse: {one_line(entry.name)}: {entry.trouble}")
    if layout == "json":
        print_safe(json.dumps([_record(entry) for entry in sound], indent=1))
    else:
        _print_table(sound)
        if not found:
            say("fstmuse: there is no model; install FstMuse again")
    return SOME_FAILED if len(sound) < len(found) or (layout == "table" and not found) else 0


def _record(entry: ModelEntry) -> dict[str, Any]:
    values = entry.to_dict()
    del values["trouble"]
    return values


def _print_table(found: list[ModelEntry]) -> None:
    from fstmuse_core.bundle.manifest import TAGGER
    from fstmuse_core.system.wording import counted

    names = max((len(entry.name) for entry in found), default=0)
    titles = max((len(entry.title) for entry in found), default=0)
    for entry in found:
        is_tagger = entry.kind == TAGGER
        known = counted(len(entry.genres), "tag") if is_tagger else ", ".join(entry.genres)
        about = f"{entry.origin.value:<8}  {entry.kind:<10}  {known}"
        print_safe(f"{entry.name:<{names}}  {one_line(entry.title):<{titles}}  {about}")


def _list_deleted(layout: str) -> int:
    from fstmuse_core.bundle import changes

    found = changes.list_deleted()
    if layout == "json":
        print_safe(json.dumps([_deleted_record(deleted) for deleted in found], indent=1))
        return 0
    width = max((len(deleted.name) for deleted in found), default=0)
    for deleted in found:
        print_safe(f"{one_line(deleted.name):<{width}}  {_moment(deleted.deleted_at)}")
    if not found:
        say(f"fstmuse: none was deleted in the last {changes.TRASH_DAYS} days")
    return 0


def _deleted_record(deleted: DeletedModel) -> dict[str, str]:
    return {
        "name": deleted.name,
        "deleted_at": deleted.deleted_at.isoformat(timespec="seconds"),
        "folder": str(deleted.folder),
    }


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


@click.command(short_help="All that is known of one model.")
@click.argument("name", type=ModelName())
@_layout
def show(name: str, layout: str) -> int:
    """One model's facts, figures and card; NAME is as for --model, or a folder."""
    from fstmuse_core.bundle.bundle import find_bundle
    from fstmuse_core.bundle.model_list import describe

    bundle = find_bundle(name)
    if layout == "json":
        claim = describe(bundle).claim
        values = {"folder": str(bundle.path), "sha256": bundle.sha256, **bundle.manifest.to_dict()}
        values |= {"figures_are_claims": bool(claim), "note": claim}
        print_safe(json.dumps(values, indent=1))
        return 0
    details = describe(bundle)
    print_safe(f"{one_line(bundle.manifest.title)} ({one_line(bundle.name)})")
    for label, value in _facts(bundle, details).items():
        print_safe(f"  {label:<11} {one_line(value)}")
    _print_genres(details)
    if details.contradiction:
        said = f"contradict each other and are not shown: {details.contradiction}"
        print_safe(f"  its figures {said}")
    if details.claim:
        print_safe(f"  {details.claim} To measure it: fstmuse evaluate --model NAME --data MUSIC")
    if details.card and details.claim:
        print_safe("\nThe card, as its maker wrote it:")
    if details.card:
        # A card may come from a stranger, and a terminal obeys some characters.
        lines = (one_line(line) for line in details.card.splitlines())
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    return 0


def _facts(bundle: Bundle, details: ModelDetails) -> dict[str, str]:
    from fstmuse_core.bundle.manifest import GENERATOR, TAGGER
    from fstmuse_core.system.wording import sized

    entry, figures, manifest = details.entry, details.figures, bundle.manifest
    config = manifest.spectrogram
    is_few = figures.share is not None and figures.share.is_few
    right = "as asked" if manifest.kind == GENERATOR else "accuracy"
    facts = {
        "folder": str(bundle.path),
        "sha256": bundle.sha256,
        "kind": manifest.kind,
        "origin": _origin(details),
        "made": f"{_moment(datetime.fromtimestamp(entry.made_at))}, {sized(entry.size_bytes)}",
        "tags" if manifest.kind == TAGGER else "genres": ", ".join(manifest.genres),
        "listens at": f"{config.sample_rate} Hz, {config.n_mels} mel bands to {config.fmax:.0f} Hz",
        "segments": (
            f"{manifest.segment_frames / config.frames_per_second:.2f} s, one every "
            f"{manifest.segment_hop_frames / config.frames_per_second:.2f} s"
        ),
        "made by": details.command,
        right: "" if figures.accuracy is None else _right(figures, details.claim),
        "macro-F1": "" if figures.macro_f1 is None or is_few else f"{figures.macro_f1:.3f}",
    }
    return {label: value for label, value in facts.items() if value}


def _right(figures: ModelFigures, claim: str) -> str:
    from fstmuse_core.system.wording import percent

    share = figures.share
    said = share.said() if share is not None else percent(figures.accuracy or 0.0)
    return f"{said}, as its maker says" if claim else said


def _origin(details: ModelDetails) -> str:
    imported = details.imported
    if imported:
        file, at = (str(imported.get(key) or "") for key in ("file", "at"))
        return f"imported from {file or 'a file'}" + (f" on {at[:10]}" if at else "")
    return _ORIGINS[details.entry.origin.value]


def _print_genres(details: ModelDetails) -> None:
    from fstmuse_core.bundle.manifest import GENERATOR

    label = "as asked" if details.entry.kind == GENERATOR else "found"
    for row in details.figures.genres:
        recall = "-" if row.recall is None else row.found
        players = f"{row.artists} artists" if row.artists else "artists unknown"
        behind = f" ({row.songs} songs, {players})" if row.songs else ""
        print_safe(f"  {label:<11} {recall:>8}  {one_line(row.genre)}{behind}")


@click.command(short_help="Give one of your models another name.")
@click.argument("old", type=SomeName())
@click.argument("new")
def rename(old: str, new: str) -> int:
    """Call the model OLD NEW, in every list and for --model.

    NEW may hold blanks; --model then takes it with dashes or blanks alike.
    """
    from fstmuse_core.bundle.changes import rename_model

    entry = rename_model(old, new)
    say(f"{one_line(old)} is now called {entry.name}")
    return 0


@click.command(short_help="Delete one of your models; it can be restored.")
@click.argument("name", type=SomeName())
def delete(name: str) -> int:
    """Take the model NAME off every list; for 30 days it can be restored."""
    from fstmuse_core.bundle.changes import TRASH_DAYS, delete_model

    deleted = delete_model(name)
    say(
        f"{deleted.name} is deleted; for {TRASH_DAYS} days this brings it back: "
        f"fstmuse models restore {deleted.name}"
    )
    return 0


@click.command(short_help="Bring a deleted model back.")
@click.argument("name", required=False, type=SomeName())
def restore(name: str | None) -> int:
    """Bring the model NAME back, or the one that was deleted last.

    If another has taken its name since, it gets the next that is free.
    """
    from fstmuse_core.bundle.changes import TRASH_DAYS, find_deleted, list_deleted, restore_model

    if name is None and not list_deleted():
        raise BundleError(
            "Your models",
            "no deleted model is kept",
            f"those you delete are kept for {TRASH_DAYS} days",
        )
    deleted = find_deleted(name or "")
    entry = restore_model(deleted)
    called = "" if entry.name == deleted.name else f", called {entry.name}"
    say(f"{one_line(deleted.name)} is back{called}")
    return 0


@click.command(short_help="Write a model as one file.")
@click.argument("name", type=SomeName())
@click.option(
    "-o",
    "--output",
    type=SomePath(path_type=Path),
    metavar="FILE",
    help="Where it goes; by default NAME.fstmuse here.",
)
def export(name: str, output: Path | None) -> int:
    """Write the model NAME as one file, to keep it or to hand it on.

    The file holds its weights, its card and the list of what it learned from: no program, and
    no sound.
    """
    from fstmuse_core.bundle.archive import export_model
    from fstmuse_core.cli.common.output import check_writable

    if output is not None and not output.is_dir():
        check_writable(output)
    path = export_model(name, output)
    say(f"{name} is in {one_line(str(path))}")
    return 0


@click.command("import", short_help="Make a model of an exported file.")
@click.argument("file", type=SomePath(path_type=Path))
@click.option("--name", default="", metavar="NAME", help="What it is to be called.")
def import_(file: Path, name: str) -> int:
    """Make one of your models of FILE, which models export has written.

    Nothing in the file is run: its weights alone are taken, checked, and put into FstMuse's
    own network. Other programs' model files are refused, since loading them can run code.
    """
    from fstmuse_core.bundle.importing import import_model

    entry = import_model(file, name, tell=lambda step: say(f"{step} ..."))
    say(f"{one_line(str(file))} is now the model {entry.name}")
    return 0


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List, show, rename, delete, restore, export and import models.

    Models come with the program and stay as they are; your own lie in the folder that fstmuse
    doctor names.
    """


for _command in (list_models, show, rename, delete, restore, export, import_):
    command.add_command(_command)
