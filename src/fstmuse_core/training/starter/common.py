"""Steps that all starter models share: the tagger's rows, the list of tracks, other music."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.tagger import Tagger
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.text_output import csv_rows
from fstmuse_core.training.measure import ask, measure
from fstmuse_core.training.plan import IGNORED, ModelPlan
from fstmuse_core.training.tagger_rows import tagger_rows


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def rows_of(tracks: Sequence[Track], tagger: Tagger, work: Path | None) -> FloatArray:
    """Rows of the tracks, shape ``(tracks, n)``; noise that was made up has no file, and none."""
    is_file = np.array([track.path.is_file() for track in tracks])
    paths = [track.path for track in tracks if track.path.is_file()]
    found = tagger_rows(paths, tagger, cache=work, progress=_say_tagging)
    rows = np.full((len(tracks), found.shape[1]), np.nan, dtype=np.float32)
    rows[is_file] = found
    return rows


def figures_elsewhere(bundle: Bundle, folder: Path) -> dict[str, Any]:
    """Figures of a finished model on a collection that it has nothing from; see :func:`measure`."""
    tracks = read_manifest(folder)
    return measure(ask(GenreClassifier(bundle), tracks, lambda done, total: None))


def track_list(tracks: Sequence[Track], plan: ModelPlan) -> str:
    """Contents of ``TRACKS.csv``: the tracks that a plan learns from."""
    stream = io.StringIO()
    write = csv_rows(stream)
    write(["taught_as", "genre", "artist", "title", "collection", "licence"])
    for track in tracks:
        role = plan.role(track)
        if role != IGNORED:
            taught_as = plan.genres[role] if role < len(plan.genres) else "none of these"
            about = (track.genre, track.artist, track.title, track.collection, track.licence)
            write([taught_as, *about])
    return stream.getvalue()


def _say_tagging(done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        say(f"tagger: {done} of {total}")
