"""Comparison of a model's answers with the genres that files already have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fstmuse_core.datasets.groups import lead_key
from fstmuse_core.library.rows import KnownModel, LibraryRow, State
from fstmuse_core.library.truth import Label
from fstmuse_core.system.wording import Share, share_by_artist

CAVEAT = (
    "Tags are opinions too: one often stands for a whole album or artist, and people differ "
    "over genres. Where tag and model differ, either may be wrong; listen."
)


@dataclass(frozen=True)
class Disagreement:
    """A file that the model calls otherwise than its label does."""

    file_id: int
    path: str
    labelled: tuple[str, ...]
    named: str
    confidence: float


@dataclass(frozen=True)
class GenreAgreement:
    """The files labelled as one genre, and those that the model names so.

    Attributes
    ----------
    labelled : int
        Files so labelled, by the first genre that the model knows.
    agreed, differed, unsure : int
        Number of these that the model names alike, otherwise, or not; they add up to ``labelled``.
    named : int
        Labelled files that the model names so, whatever their label.
    """

    genre: str
    labelled: int
    agreed: int
    differed: int
    unsure: int
    named: int


@dataclass(frozen=True)
class Agreement:
    """A model held against labels.

    Attributes
    ----------
    compared : int
        Labelled files that the model has classified, of genres that it knows.
    agreed, differed, unsure : int
        Answers on these. A file with several genres agrees if the model names any.
    likeliest_agreed : int
        Number that agree if the likeliest genre counts even where the model is not sure.
    genres : tuple of GenreAgreement
    confusion : dict
        Number of files with this label and this answer, by both; the answer is ``None`` where
        the model is not sure.
    disagreements : tuple of Disagreement
        The surest first.
    not_heard : int
        Labelled files that the model has not classified, or failed to.
    unknown : dict
        Number of files with names that are no known genre, by the name.
    other : dict
        Number of files with only genres that the model does not know, by the first, and of how
        many of these it is rightly not sure.
    share : Share
        Of the names that the model gives, those that are the labels'; by artists.
    """

    compared: int
    agreed: int
    differed: int
    unsure: int
    likeliest_agreed: int
    genres: tuple[GenreAgreement, ...]
    confusion: dict[tuple[str, str | None], int]
    disagreements: tuple[Disagreement, ...]
    not_heard: int
    unknown: dict[str, int]
    other: dict[str, tuple[int, int]]
    share: Share

    @property
    def sentence(self) -> str:
        """The result in words."""
        if not self.compared:
            return "No file that was heard has a genre that this model knows."
        named = self.agreed + self.differed
        if not named:
            return f"The model is not sure of any of {self.compared:,} labelled files."
        return (
            f"Of {self.compared:,} labelled files the model names a genre for {named:,}; of these "
            f"names {self.share.said('as labelled')}. It is not sure of {self.unsure:,}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values = asdict(self)
        values["confusion"] = [
            {"labelled": label, "named": named, "files": count}
            for (label, named), count in self.confusion.items()
        ]
        values["other"] = {
            genre: {"files": count, "not_sure": unsure}
            for genre, (count, unsure) in self.other.items()
        }
        return {"sentence": self.sentence, "caveat": CAVEAT, **values}


def agreement(rows: Iterable[LibraryRow], model: KnownModel, labels: Sequence[Label]) -> Agreement:
    """Hold what a model says of the library against labels.

    Parameters
    ----------
    rows : iterable of LibraryRow
        Answers of ``model``; files without a label do not matter.
    labels : sequence of Label
    """
    by_path = {row.path: row for row in rows}
    confusion: Counter[tuple[str, str | None]] = Counter()
    unknown: Counter[str] = Counter()
    others: dict[str, list[bool]] = {}
    found: list[Disagreement] = []
    agreed: list[bool] = []
    artists: list[str] = []
    likeliest_agreed = not_heard = 0
    for label in labels:
        row = by_path.get(label.path)
        if row is None or row.state is not State.DONE:
            not_heard += 1
            continue
        known = label.among(model.genres)
        if not label.genres and not known:
            unknown[label.names[0]] += 1
            continue
        if not known:
            others.setdefault(label.genres[0], []).append(not row.is_sure)
            continue
        likeliest_agreed += row.genre in known
        named = row.genre if row.is_sure else None
        # A file of several genres stands for the one that the model names.
        if named is not None:
            agreed.append(named in known)
            artists.append(lead_key(row.artist))
        confusion[named if named in known else known[0], named] += 1
        if named is not None and named not in known:
            found.append(Disagreement(row.file_id, row.path, label.names, named, row.confidence))
    found.sort(key=lambda one: (-one.confidence, one.path))
    by_genre = tuple(_of_genre(genre, confusion) for genre in model.genres)
    return Agreement(
        compared=confusion.total(),
        agreed=sum(one.agreed for one in by_genre),
        differed=len(found),
        unsure=sum(one.unsure for one in by_genre),
        likeliest_agreed=likeliest_agreed,
        genres=by_genre,
        confusion=dict(confusion),
        disagreements=tuple(found),
        not_heard=not_heard,
        unknown=dict(unknown.most_common()),
        other={genre: (len(turned), sum(turned)) for genre, turned in others.items()},
        share=share_by_artist(agreed, artists),
    )


def _of_genre(genre: str, confusion: Counter[tuple[str, str | None]]) -> GenreAgreement:
    labelled = sum(count for (label, _), count in confusion.items() if label == genre)
    agreed, unsure = confusion[genre, genre], confusion[genre, None]
    named = sum(count for (_, said), count in confusion.items() if said == genre)
    return GenreAgreement(genre, labelled, agreed, labelled - agreed - unsure, unsure, named)
