"""Make a starter bundle of a generator that was trained: ``python -m ... TRAINED OUT``.

It adds to the card what a stranger must know: the terms, and where the music is from.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fstmuse_core.bundle.bundle import CARD_NAME, load_bundle, write_bundle
from fstmuse_core.bundle.manifest import GENERATOR
from fstmuse_core.datasets.overlap import listed_music
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.starter.card import licence_family

_TERMS = (
    "**Non-commercial.** The weights were trained on music that may be used for research and "
    "non-commercial purposes only, and so may they. TRACKS.csv beside this card names every "
    "recording, its artist and its licence. Train your own before you rely on it."
)
_SOUND = "## What it sounds like"


def make_starter(trained: Path, out: Path, title: str, note: str = "") -> str:
    """Write the starter bundle; its SHA-256.

    Parameters
    ----------
    trained : Path
        A bundle as ``fstmuse train --model toy-gan`` leaves it.
    out : Path
        The starter's folder.
    title : str
        What people read.
    note : str
        A sentence on how it was made; may be empty.

    Raises
    ------
    FstMuseError
        If ``trained`` is no sound bundle of a generator.
    """
    bundle = load_bundle(trained)
    bundle.require_kind(GENERATOR)
    files = {name: (trained / name).read_bytes() for name in bundle.manifest.files}
    rows = [row for row in listed_music(bundle) or () if row["part"] == "train"]
    counts = {
        "collections": dict(Counter(row["collection"] or "not stated" for row in rows)),
        "licences": dict(Counter(licence_family(row["licence"] or "not stated") for row in rows)),
    }
    _, rest = files[CARD_NAME].decode().split("\n", 1)
    card = f"# {title}: starter weights\n{rest}".replace(_SOUND, f"{_TERMS}\n\n{_SOUND}", 1)
    said = f"\n{note}\n" if note else ""
    files[CARD_NAME] = (card + said + _music(rows, counts)).encode()
    training = {**bundle.manifest.training, **counts, "use": "non-commercial"}
    manifest = replace(bundle.manifest, title=title, training=training)
    return write_bundle(out, manifest, files)


def _music(rows: Sequence[Mapping[str, str]], counts: Mapping[str, Mapping[str, int]]) -> str:
    """Where the music is from that was learned from."""

    def counted(values: Mapping[str, int]) -> str:
        ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{name} {n}" for name, n in ordered)

    genres = Counter(row["genre"] for row in rows)
    lines = [
        "",
        "## The music",
        "",
        f"- Learned from, by genre: {counted(genres)} clips. Genres with fewer than ten artists "
        "or half an hour were left out: they have too little to say what the genre is.",
        f"- By collection: {counted(counts['collections'])}.",
        f"- By licence: {counted(counts['licences'])}.",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 if the bundle was written, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m fstmuse_core.training.gan.starter")
    parser.add_argument("trained", type=Path, help="folder of the trained bundle")
    parser.add_argument("out", type=Path, help="folder of the starter bundle")
    parser.add_argument("--title", default="ToyGan")
    parser.add_argument("--note", default="", help="a sentence on how it was made")
    options = parser.parse_args(arguments)
    try:
        make_starter(options.trained, options.out, options.title, options.note)
    except FstMuseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
