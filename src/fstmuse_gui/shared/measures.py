"""Recall, precision, macro-F1 and calibration in words, beside what guessing would get."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QWidget

from fstmuse_core.system.wording import FEW, counted_share, percent
from fstmuse_gui.plain import PlainLabel, unbroken
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.page_parts import heading, small_text

Counts = Sequence[Sequence[int]]
_DASH = "\N{EN DASH}"
_TOO_FEW = f"Fewer than {FEW} songs are too few for the figures themselves."


@dataclass(frozen=True)
class Measure:
    """A figure, what always saying the commonest genre would get, and what both mean."""

    name: str
    value: str
    baseline: str
    sentence: str

    @property
    def spoken(self) -> str:
        """All of it for a screen reader."""
        return f"{self.name} {self.value}, {self.baseline}. {self.sentence}"


def measures(genres: Sequence[str], confusion: Counts, ece: float | None) -> list[Measure]:
    """Explain the figures of a test; nothing where no songs are counted.

    Parameters
    ----------
    genres : sequence of str
        In the order of the matrix.
    confusion : counts
        Songs by true genre (rows) and answer (columns).
    ece : float, optional
        Expected calibration error, 0 to 1; None or NaN if nobody knows.
    """
    songs = [sum(row) for row in confusion]
    total = sum(songs)
    if not total or len(songs) != len(genres):
        return []
    commonest = max(range(len(genres)), key=lambda place: songs[place])
    guess, prior = f"always saying {genres[commonest]}", songs[commonest] / total
    is_few = total < FEW
    tested = [place for place in range(len(genres)) if songs[place]]
    named = [sum(row[place] for row in confusion) for place in range(len(genres))]
    recalls = [confusion[place][place] / songs[place] for place in tested]
    answered = [place for place in range(len(genres)) if named[place]]
    precisions = [confusion[place][place] / named[place] for place in answered]

    def number(text: str) -> str:
        return _DASH if is_few else unbroken(text)

    found = [
        Measure(
            "Recall",
            number(percent(_mean(recalls))),
            unbroken(f"{guess}: {percent(1 / len(tested))}"),
            "How much it finds: of the songs that are of a genre, the share that it calls so. "
            f"The mean over the genres, so that a rare one counts as much as {genres[commonest]}.",
        ),
        Measure(
            "Precision",
            number(percent(_mean(precisions))),
            unbroken(f"{guess}: {percent(prior)}, for that one"),
            "How far its word can be trusted: of the songs that it calls so, the share that are. "
            f"The mean over the genres that it names{_least(genres, confusion, named)}.",
        ),
        Measure(
            "Macro-F1",
            number(f"{_mean(_f1s(confusion, songs, named, tested)):.2f}"),
            f"{guess}: {2 * prior / (1 + prior) / len(tested):.2f}",
            "Recall and precision of each genre in one number, which is high only where both are, "
            "and then the mean; 1 is best.",
        ),
    ]
    if ece is not None and math.isfinite(ece):
        found.append(
            Measure(
                "Calibration",
                number(f"off by {100 * ece:.0f} points"),
                unbroken(f"{guess}, {percent(prior)} sure: off by 0"),
                "How far its certainty is from how often it is right, on average. It tells whether "
                "to believe a percentage, not how much it knows: whoever always says the same is "
                "never off.",
            )
        )
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _f1s(
    confusion: Counts, songs: Sequence[int], named: Sequence[int], tested: Sequence[int]
) -> list[float]:
    return [2 * confusion[place][place] / (songs[place] + named[place]) for place in tested]


def _least(genres: Sequence[str], confusion: Counts, named: Sequence[int]) -> str:
    """Name the genre whose name is right least often."""
    answered = [place for place in range(len(genres)) if named[place]]
    if len(answered) < 2:
        return ""
    worst = min(answered, key=lambda place: (confusion[place][place] / named[place], place))
    right = counted_share(confusion[worst][worst], named[worst])
    return unbroken(f"; least for {genres[worst]}, {right.number}")


class MeasuresView(QWidget):
    """The measures below each other, each with its baseline beside it and its sentence below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(2, 1)
        self.shown: list[Measure] = []
        self.hide()

    def show_measures(self, found: list[Measure]) -> None:
        """Show these; nothing hides it."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        self.shown = found
        self.setVisible(bool(found))
        if not found:
            return
        self._grid.addWidget(heading(self, "What the figures mean"), 0, 0, 1, 3)
        if any(measure.value == _DASH for measure in found):
            self._grid.addWidget(small_text(_TOO_FEW), 1, 0, 1, 3)
        for place, measure in enumerate(found):
            self._add(2 + 2 * place, measure)

    def _add(self, row: int, measure: Measure) -> None:
        name, value = PlainLabel(measure.name), PlainLabel(measure.value)
        value.setFont(scaled_font(self.font(), 1.0, QFont.Weight.DemiBold))
        baseline, sentence = small_text(measure.baseline), small_text(measure.sentence)
        name.setAccessibleName(measure.spoken)
        for column, label in enumerate((name, value, baseline)):
            self._grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignBaseline)
            label.setContentsMargins(0, GRID, 0, 0)
        self._grid.addWidget(sentence, row + 1, 0, 1, 3)
