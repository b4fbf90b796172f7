"""Two models over one library: what changes, and for which files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fstmuse_core.datasets.groups import lead_key
from fstmuse_core.library.rows import KnownModel, LibraryRow, State
from fstmuse_core.library.truth import Label
from fstmuse_core.system.significance import Comparison, paired_test
from fstmuse_core.system.wording import percent


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
