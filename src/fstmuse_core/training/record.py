"""Record of a training: the command that repeats it, and its list of music."""

from __future__ import annotations

import io
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fstmuse_core.datasets.duplicates import Print, as_text
from fstmuse_core.datasets.overlap import COLUMNS
from fstmuse_core.runs.spec import SETTINGS
from fstmuse_core.system.tables import csv_rows
from fstmuse_core.tags.genres import listed_genres
from fstmuse_core.tags.text_encoding import AUTO
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.settings import TrainSettings


def command_of(settings: TrainSettings) -> str:
    """Command that trains the same model; of the music only the folders' names."""
    words = ["fstmuse train"]
    given = replace(settings, out=settings.title or settings.out).to_dict()
    for name, value in given.items():
        if name not in SETTINGS:
            continue
        option = SETTINGS[name].option
        if not SETTINGS[name].is_for(settings.model, settings.design):
            continue
        if name == "data":
            words += [f"{option} {shlex.quote(Path(path).name)}" for path in value]
        elif name == "kinds":
            words += [f"{option} {kind}" for kind in value]
        elif value is True:
            words.append(option)
        elif name != "tensorboard" and not _needs_no_word(settings, name, value):
            word = listed_genres(value) if isinstance(value, list) else str(value)
            # Of a folder anywhere the name says enough, and its place is nobody's business.
            word = Path(word).name if name == "fine_tune" else word
            words.append(f"{option} {shlex.quote(word)}")
    return " ".join(words)


def _needs_no_word(settings: TrainSettings, name: str, value: object) -> bool:
    """True for what was not given, and for the encoding and zeros that are the default."""
    if value is None or value is False or value in ("", []):
        return True
    default = SETTINGS[name].default_for(
        settings.model, settings.design, fine_tunes=bool(settings.fine_tune)
    )
    return value in (0, AUTO) and value == default


def track_list(
    parts: Parts,
    of_base: Sequence[Mapping[str, str]] = (),
    prints: Mapping[Path, Print] | None = None,
) -> str:
    """Contents of a bundle's ``TRACKS.csv``.

    Parameters
    ----------
    parts : Parts
    of_base : sequence of mapping, optional
        Rows of the model that the training started from, by the names of the columns.
    prints : mapping of Path to fingerprint, optional
        Prints by which a recording is known again under other names.
    """
    stream = io.StringIO()
    write = csv_rows(stream)
    write(COLUMNS)
    for row in of_base:
        write([row.get(name, "") for name in COLUMNS])
    for part in ("train", "validation", "test"):
        for t in getattr(parts, part):
            about = (part, t.genre, t.artist, t.title, t.path.name, t.collection, t.licence)
            words = (prints or {}).get(t.path)
            write([*about, as_text(words) if words is not None else ""])
    return stream.getvalue()
