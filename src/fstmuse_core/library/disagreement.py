"""A model's answers beside the genres that files already have, and beside another model's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fstmuse_core.datasets.groups import lead_key
from fstmuse_core.library.rows import KnownModel, LibraryRow, State
from fstmuse_core.library.truth import Label
from fstmuse_core.system.significance import Comparison, paired_test
from fstmuse_core.system.wording import Share, percent, share_by_artist

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


@dataclass(frozen=True)
class Change:
    """A file of which two models say different things.

    ``before`` and ``after`` are the genres named, ``None`` where a model is not sure; the
    confidences are those of the likeliest genres.
    """

    file_id: int
    path: str
    before: str | None
    after: str | None
    confidence_before: float
    confidence_after: float


@dataclass(frozen=True)
class LibraryComparison:
    """Model A against model B.

    Attributes
    ----------
    both, only_a, only_b : int
        Files that both have classified, or one alone; of the latter nothing more is said.
    same : int
        Files of which both say the same.
    renamed, now_sure, now_unsure : int
        Files that get another genre; that only B names; that only A names.
    pairs : dict
        Number of files that changed, by what A says and what B says, the most first.
    changes : tuple of Change
        Changes, those that both named first, the surest of them first.
    labelled : Comparison or None
        Test of which model is right more often, by labels; ``None`` if no file has one.
    """

    both: int
    only_a: int
    only_b: int
    same: int
    renamed: int
    now_sure: int
    now_unsure: int
    pairs: dict[tuple[str | None, str | None], int]
    changes: tuple[Change, ...]
    labelled: Comparison | None

    def sentence(self, name_a: str, name_b: str) -> str:
        """The result in words."""
        if not self.both:
            return f"There is no file yet that both {name_a} and {name_b} have heard."
        return (
            f"Of {self.both:,} files that both have heard, {self.same:,} stay what they were "
            f"({percent(self.same / self.both)}). {self.renamed:,} get another genre, "
            f"{self.now_sure:,} are named by {name_b} alone, {self.now_unsure:,} by {name_a} alone."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **asdict(self),
            "pairs": [
                {"before": before, "after": after, "files": count}
                for (before, after), count in self.pairs.items()
            ],
            "labelled": self.labelled.to_dict() if self.labelled else None,
        }


def compare_library(
    a: tuple[KnownModel, Iterable[LibraryRow]],
    b: tuple[KnownModel, Iterable[LibraryRow]],
    labels: Sequence[Label] = (),
) -> LibraryComparison:
    """Lay what two models say of the same files side by side.

    Parameters
    ----------
    a, b : tuple of KnownModel and rows
        A model, and its answers on the library.
    labels : sequence of Label
        Genres that files are said to be. Files count whose genre both models can name; a model is
        right if its likeliest genre is one of the label's.
    """
    rows_a, rows_b = _classified(a[1]), _classified(b[1])
    both = [(row, rows_b[key]) for key, row in rows_a.items() if key in rows_b]
    changes = [
        Change(one.file_id, one.path, _named(one), _named(two), one.confidence, two.confidence)
        for one, two in both
        if _named(one) != _named(two)
    ]
    changes.sort(key=_by_weight)
    pairs = Counter((change.before, change.after) for change in changes)
    now_sure = sum(change.before is None for change in changes)
    now_unsure = sum(change.after is None for change in changes)
    return LibraryComparison(
        both=len(both),
        only_a=len(rows_a) - len(both),
        only_b=len(rows_b) - len(both),
        same=len(both) - len(changes),
        renamed=len(changes) - now_sure - now_unsure,
        now_sure=now_sure,
        now_unsure=now_unsure,
        pairs=dict(pairs.most_common()),
        changes=tuple(changes),
        labelled=_tested(both, set(a[0].genres) & set(b[0].genres), labels),
    )


def _classified(rows: Iterable[LibraryRow]) -> dict[int, LibraryRow]:
    return {row.file_id: row for row in rows if row.state is State.DONE}


def _named(row: LibraryRow) -> str | None:
    return row.genre if row.is_sure else None


def _by_weight(change: Change) -> tuple[bool, float, str]:
    named_by_both = change.before is not None and change.after is not None
    return not named_by_both, -min(change.confidence_before, change.confidence_after), change.path


def _tested(
    both: Sequence[tuple[LibraryRow, LibraryRow]], shared: set[str], labels: Sequence[Label]
) -> Comparison | None:
    label_of = {label.path: label.among(shared) for label in labels}
    # Copies of one sound are one clip: neither model could have answered them apart.
    clips = {one.content: (one, two) for one, two in both if label_of.get(one.path)}
    if not clips:
        return None
    return paired_test(
        [one.genre in label_of[one.path] for one, _ in clips.values()],
        [two.genre in label_of[one.path] for one, two in clips.values()],
        [lead_key(one.artist) for one, _ in clips.values()],
    )
