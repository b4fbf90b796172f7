"""How good a model is, read from its record, however that was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fstmuse_core.bundle_manifest import GENERATOR, BundleManifest

# What is measured of a generator: what people call it, and what it means.
GENERATOR_FIGURES = {
    "frechet": (
        "Fréchet distance",
        "to the music it learned from; lower is better",
    ),
    "consistency": (
        "Class consistency",
        "taken by the judge for the genre it was asked to be; higher is better",
    ),
    "diversity": ("Diversity", "distance between pieces of a genre, real music 1"),
    "near_equal": ("Near-equal pairs", "pairs of a genre that hardly differ; lower is better"),
    "deviation": ("Standard deviation", "of a band, real music 1"),
    "repetition": ("Repetition", "correlation between cells of 0.74 s: rhythm and form"),
    "pulse": ("Pulse", "highest peak of the tempogram: how steady the beat is"),
    "nearest": (
        "Nearest crop",
        "distance to the nearest crop that was learned from; 0 would be a copy",
    ),
}


@dataclass(frozen=True)
class GenreFigure:
    """A genre of the test: ``recall`` from 0 to 1, ``None`` if it was not tested.

    Of a generator it is the share of its clips that a classifier gives the name asked for.
    """

    genre: str
    recall: float | None
    songs: int
    artists: int


@dataclass(frozen=True)
class ModelFigures:
    """What was measured; ``None`` and empty where the record does not say.

    ``accuracy`` of a generator is the share of its clips that are named as asked for.
    ``confusion`` counts songs by true genre (rows) and answer (columns), in the order of
    ``genres``.
    """

    accuracy: float | None = None
    macro_f1: float | None = None
    genres: tuple[GenreFigure, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "recall": {row.genre: row.recall for row in self.genres},
            "songs": {row.genre: row.songs for row in self.genres},
            "artists": {row.genre: row.artists for row in self.genres},
            "confusion": [list(row) for row in self.confusion],
        }


def figures_of(manifest: BundleManifest) -> ModelFigures:
    """The figures in ``manifest.metrics``, which is a free-form record: nothing in it is relied
    upon, what makes no sense is left out."""
    metrics = manifest.metrics
    if manifest.kind == GENERATOR:
        heard = _table(metrics.get("consistency"))
        rows = (GenreFigure(g, _share(heard[g]), 0, 0) for g in manifest.genres if g in heard)
        return ModelFigures(accuracy=_share(metrics.get("accuracy")), genres=tuple(rows))
    genres = _genres(metrics, manifest.genres)
    return ModelFigures(
        _share(metrics.get("accuracy")),
        _share(metrics.get("macro_f1")),
        genres,
        _confusion(metrics.get("confusion"), len(genres)),
    )


def _genres(metrics: Mapping[str, Any], known: tuple[str, ...]) -> tuple[GenreFigure, ...]:
    rows = metrics.get("genres")
    if isinstance(rows, list):  # as the starter weights write it
        found = {str(r.get("genre")): r for r in rows if isinstance(r, Mapping)}
    else:
        tables = {key: _table(metrics.get(key)) for key in ("recall", "songs", "artists")}
        found = {
            genre: {key: table.get(genre) for key, table in tables.items()}
            for genre in tables["recall"]
        }
    return tuple(
        GenreFigure(
            genre,
            _share(found[genre].get("recall")),
            _count(found[genre].get("songs")),
            _count(found[genre].get("artists")),
        )
        for genre in found
        if genre in known
    )


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _share(value: Any) -> float | None:
    return float(value) if _is_number(value) and 0.0 <= value <= 1.0 else None


def _count(value: Any) -> int:
    return int(value) if _is_number(value) and 0 <= value < 2**31 else 0


def _confusion(rows: Any, size: int) -> tuple[tuple[int, ...], ...]:
    is_square = (
        isinstance(rows, list)
        and len(rows) == size
        and all(isinstance(row, list) and len(row) == size for row in rows)
    )
    return tuple(tuple(_count(cell) for cell in row) for row in rows) if is_square else ()
