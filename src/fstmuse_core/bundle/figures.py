"""Figures of a model, read from its record, however that was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fstmuse_core.bundle.manifest import GENERATOR, BundleManifest
from fstmuse_core.system.wording import Share, percent, recorded_share

# Records may be rounded to three digits.
_ROUNDED = 1e-3
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
    "onset": ("Onsets", "how hard they hit, real music 1"),
    "bars": ("Bars", "correlation of a bar with the next, on the beat grid"),
    "sound": (
        "Through sound",
        "Fréchet distance in what a tagger hears, to real music that went through our inversion",
    ),
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

    @property
    def found(self) -> str:
        """``3 of 4``, a percentage of many songs, a dash if nothing was tested."""
        if self.recall is None:
            return "\N{EN DASH}"
        if not self.songs:
            return percent(self.recall)
        return recorded_share(self.recall, self.songs).number


@dataclass(frozen=True)
class ModelFigures:
    """Measured figures; ``None`` and empty where the record does not say.

    ``accuracy`` of a generator is the share of its clips that are named as asked for.
    ``confusion`` counts songs by true genre (rows) and answer (columns), in the order of
    ``genres``. ``ece`` is the expected calibration error.
    """

    accuracy: float | None = None
    macro_f1: float | None = None
    genres: tuple[GenreFigure, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    interval: tuple[float, ...] = ()
    ece: float | None = None

    @property
    def share(self) -> Share | None:
        """Songs of the test that were right; ``None`` where nobody knows how many there were."""
        songs = sum(map(sum, self.confusion)) or sum(row.songs for row in self.genres)
        if self.accuracy is None or not songs:
            return None
        return recorded_share(self.accuracy, songs, self.interval)

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
    upon, what makes no sense is left out, and all of it where it contradicts itself."""
    metrics = manifest.metrics
    if contradiction_in(manifest):
        return ModelFigures()
    if manifest.kind == GENERATOR:
        consistency = _table(metrics.get("consistency"))
        rows = (
            GenreFigure(g, _share(consistency[g]), 0, 0)
            for g in manifest.genres
            if g in consistency
        )
        return ModelFigures(accuracy=_share(metrics.get("accuracy")), genres=tuple(rows))
    genres = _genres(metrics, manifest.genres)
    interval = metrics.get("interval")
    ends = [_share(end) for end in interval] if isinstance(interval, list) else []
    return ModelFigures(
        _share(metrics.get("accuracy")),
        _share(metrics.get("macro_f1")),
        genres,
        _confusion(metrics.get("confusion"), len(genres)),
        tuple(end for end in ends if end is not None),
        _share(metrics.get("ece", metrics.get("calibration_error"))),
    )


def contradiction_in(manifest: BundleManifest) -> str:
    """Contradiction between a model's figures; empty if they agree.

    Accuracy, recalls, macro-F1 and numbers of songs follow from the confusion matrix, where there
    is one; a generator's share follows from those of its genres.
    """
    metrics = manifest.metrics
    accuracy = _share(metrics.get("accuracy"))
    if manifest.kind == GENERATOR:
        shares = [_share(value) for value in _table(metrics.get("consistency")).values()]
        known = [share for share in shares if share is not None]
        if accuracy is None or not known or _is_near(accuracy, sum(known) / len(known)):
            return ""
        return f"{accuracy:.3f} for all genres, {sum(known) / len(known):.3f} by genre"
    genres = _genres(metrics, manifest.genres)
    matrix = _confusion(metrics.get("confusion"), len(genres))
    return _against_matrix(metrics, genres, matrix) if sum(map(sum, matrix)) else ""


def _against_matrix(
    metrics: Mapping[str, Any],
    genres: tuple[GenreFigure, ...],
    matrix: tuple[tuple[int, ...], ...],
) -> str:
    totals = [sum(row) for row in matrix]
    hits = [row[index] for index, row in enumerate(matrix)]
    said = f"{sum(hits)} of {sum(totals)} songs are right in its confusion matrix"
    accuracy, right = _share(metrics.get("accuracy")), metrics.get("right")
    if accuracy is not None and not _is_near(accuracy, sum(hits) / sum(totals)):
        return f"it says that {accuracy:.1%} are right, but {said}"
    if _is_number(right) and right != sum(hits):
        return f"it says that {right} are right, but {said}"
    for row, songs, found in zip(genres, totals, hits, strict=True):
        is_known = row.recall is not None and songs
        if is_known and not _is_near(row.recall or 0.0, found / songs):
            return f"{row.recall:.1%} of {row.genre}, but {found} of {songs} in its matrix"
        if row.recall is not None and row.songs != songs:
            return f"{row.songs} songs of {row.genre}, but {songs} in its matrix"
        if row.artists > max(row.songs, songs):
            return f"{row.artists} artists of {row.genre}, but {row.songs} songs"
    f1 = _share(metrics.get("macro_f1"))
    if f1 is not None and not _is_near(f1, _macro_f1(matrix)):
        return f"macro-F1 is {f1:.3f}, but {_macro_f1(matrix):.3f} by its confusion matrix"
    return ""


def _macro_f1(matrix: tuple[tuple[int, ...], ...]) -> float:
    each = [
        2 * row[index] / (sum(row) + sum(other[index] for other in matrix))
        for index, row in enumerate(matrix)
        if sum(row)
    ]
    return sum(each) / len(each)


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) < _ROUNDED


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
