"""Make a starter bundle of a generator that was trained: ``python -m ... TRAINED OUT``.

It adds to the card what a stranger must know: the terms, and where the music is from.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fstmuse_core.bundle.bundle import CARD_NAME, Bundle, load_bundle, write_bundle
from fstmuse_core.bundle.manifest import GENERATOR
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.overlap import listed_music
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.card import TERMS, by_count, items, licence_family, licences_of
from fstmuse_core.training.gan.card import generator_card
from fstmuse_core.training.gan.evaluate import evaluate_generator
from fstmuse_core.training.gan.trainer import SCALE

# What is said of one measuring only.
_NOT_KEPT = ("set_aside", "note")


def make_starter(
    trained: Path,
    out: Path,
    title: str,
    note: str = "",
    *,
    report: Path | None = None,
    music: Sequence[Path] = (),
) -> str:
    """Write the starter bundle; its SHA-256.

    Parameters
    ----------
    trained : Path
        A bundle as ``fstmuse train --model toy-gan`` leaves it.
    out : Path
        The starter's folder.
    title : str
        Title that people read.
    note : str
        A sentence on how it was made; may be empty.
    report : Path, optional
        ``report.json`` of its run: it is measured once more, as it is used, and its card written
        anew.
    music : sequence of Path
        Folders of the music that it learned from; with ``report``.

    Raises
    ------
    FstMuseError
        If ``trained`` is no sound bundle of a generator, or the music is not there.
    """
    bundle = load_bundle(trained)
    bundle.require_kind(GENERATOR)
    files = {name: (trained / name).read_bytes() for name in bundle.manifest.files}
    rows = [row for row in listed_music(bundle) or () if row["part"] == "train"]
    counts = {
        "collections": dict(Counter(row["collection"] or "not stated" for row in rows)),
        "licences": dict(Counter(licence_family(row["licence"] or "not stated") for row in rows)),
    }
    metrics = bundle.manifest.metrics
    card = files[CARD_NAME].decode()
    if report is not None:
        said = json.loads(report.read_bytes())
        metrics = {**said["metrics"], **_measured(bundle, rows, music)}
        parameters = int(bundle.manifest.architecture["parameters"])
        steps = int(said.get("steps_per_epoch", SCALE.steps_per_epoch))
        card = generator_card({**said, "metrics": metrics}, parameters, steps)
    starter = as_starter(card, f"{title}: starter weights", note, _music(rows, counts))
    files[CARD_NAME] = starter.encode()
    training = {**bundle.manifest.training, **counts, "use": "non-commercial"}
    manifest = replace(
        bundle.manifest, name=out.name, title=title, training=training, metrics=metrics
    )
    return write_bundle(out, manifest, files)


def _measured(
    bundle: Bundle, rows: Sequence[Mapping[str, str]], music: Sequence[Path]
) -> dict[str, Any]:
    """Figures of the bundle beside the songs that it learned from."""
    learned = {(row["artist"], row["title"]) for row in rows}
    tracks = [track for folder in music for track in load_tracks(folder).tracks]
    chosen = [track for track in tracks if (track.artist, track.title) in learned]
    if not chosen:
        raise FstMuseError("music", "none of it was learned from", "name its folders with --music")
    found = evaluate_generator(bundle, chosen, lambda done, total: None)
    return {k: v for k, v in found.items() if k not in _NOT_KEPT and v is not None}


def as_starter(markdown: str, title: str, note: str, data: Sequence[str]) -> str:
    """The card of a trained model with what a stranger must know.

    Parameters
    ----------
    markdown : str
        As :meth:`Card.markdown` gives it.
    title : str
        Of the starter model.
    note : str
        On how it was made; may be empty.
    data : sequence of str
        Items on the music it learned from.
    """
    head, _, sections = markdown.partition("\n## ")
    intro = head.partition("\n")[2].strip()
    added = [f"## Trained on\n\n{item}" for item in items(data)]
    texts = [f"# {title}", intro, TERMS, f"## {sections.strip()}", note, *added]
    return "\n\n".join(text for text in texts if text) + "\n"


def _music(rows: Sequence[Mapping[str, str]], counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Items on the music that was learned from: genres, collections and licences."""
    genres = Counter(row["genre"] for row in rows)
    return [
        f"Learned from, by genre: {by_count(genres)} clips. Genres with fewer than ten artists "
        "and half an hour were left out: they have too little to say what the genre is.",
        f"Clips by collection: {by_count(counts['collections'])}.",
        licences_of(counts["licences"]),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 if the bundle was written, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m fstmuse_core.training.gan.starter")
    parser.add_argument("trained", type=Path, help="folder of the trained bundle")
    parser.add_argument("out", type=Path, help="folder of the starter bundle")
    parser.add_argument("--title", default="ToyGan")
    parser.add_argument("--report", type=Path, help="report.json of its run, to measure it again")
    parser.add_argument(
        "--music", type=Path, nargs="+", default=[], help="folders of what it learned from"
    )
    parser.add_argument("--note", default="", help="a sentence on how it was made")
    options = parser.parse_args(arguments)
    try:
        make_starter(
            options.trained,
            options.out,
            options.title,
            options.note,
            report=options.report,
            music=options.music,
        )
    except FstMuseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
