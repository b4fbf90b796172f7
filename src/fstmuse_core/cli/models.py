"""``fstmuse models``: which there are, and what is known of one."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from fstmuse_core.cli.console import say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.errors import BundleError, one_line

_layout = click.option(
    "--format",
    "layout",
    type=click.Choice(("table", "json")),
    default="table",
    show_default=True,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List the models, or show one.

    Models come with the program; your own lie in the folder that fstmuse doctor names.
    """


@command.command("list")
@_layout
def list_models(layout: str) -> int:
    """Every model's name, genres and folder; a damaged one is said and makes the exit code 1."""
    from fstmuse_core.bundle import bundle_folders, load_bundle

    records: list[dict[str, Any]] = []
    failed = 0
    for name, folder in bundle_folders().items():
        try:
            bundle = load_bundle(folder)
        except BundleError as error:
            failed += 1
            say(f"fstmuse: {error}")
            continue
        manifest = bundle.manifest
        records.append(
            {
                "name": name,
                "title": manifest.title,
                "genres": list(manifest.genres),
                "sha256": bundle.sha256,
                "folder": str(folder),
            }
        )
    if layout == "json":
        print(json.dumps(records, indent=1))
        return SOME_FAILED if failed else 0
    for record in records:
        print(f"{record['name']:<12} {record['title']:<12} {', '.join(record['genres'])}")
    if not records:
        say("fstmuse: there is no model; install FstMuse again")
    return SOME_FAILED if failed or not records else 0


@command.command("show")
@click.argument("name")
@_layout
def show(name: str, layout: str) -> int:
    """What the model NAME is, was trained on, and is worth; NAME may also be its folder."""
    from fstmuse_core.bundle import CARD_NAME, find_bundle

    bundle = find_bundle(name)
    manifest = bundle.manifest
    if layout == "json":
        values = {"folder": str(bundle.path), "sha256": bundle.sha256, **manifest.to_dict()}
        print(json.dumps(values, indent=1))
        return 0
    config = manifest.spectrogram
    print(f"{manifest.title} ({bundle.name})")
    for label, value in {
        "folder": one_line(str(bundle.path)),
        "sha256": bundle.sha256,
        "genres": ", ".join(manifest.genres),
        "listens at": f"{config.sample_rate} Hz, {config.n_mels} mel bands to {config.fmax:.0f} Hz",
        "segments": (
            f"{manifest.segment_frames / config.frames_per_second:.2f} s, one every "
            f"{manifest.segment_hop_frames / config.frames_per_second:.2f} s"
        ),
    }.items():
        print(f"  {label:<11} {value}")
    card = bundle.path / CARD_NAME
    if CARD_NAME in manifest.files:
        sys.stdout.write("\n" + card.read_text(encoding="utf-8"))
    return 0
