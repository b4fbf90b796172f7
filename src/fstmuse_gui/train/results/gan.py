"""Figures of what a generator makes, beside real music and noise."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from fstmuse_core.bundle.figures import GENERATOR_FIGURES
from fstmuse_core.runs.metrics import GanMetrics
from fstmuse_gui.plain import PlainLabel, percent
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars
from fstmuse_gui.widgets.page_parts import BigNumber, TwoColumns, heading, plain_text, small_text

_EXPECT = (
    "Expect the colour of a genre, now and then a beat or a chord, and no melody that goes "
    "anywhere. Nobody would take it for a recording."
)
_STILL_NOISE = (
    "That is nearer to noise than to music: it has not learned enough yet. More epochs help, and "
    "more music."
)
_OF_THE_REPORT = (
    "This is the 2023 report's design, to compare with, from before it could be measured: it "
    "knows no genre. What it made after each epoch is kept; no model came of it."
)
_DASH = "\N{EN DASH}"


def quality_sentences(metrics: GanMetrics) -> list[str]:
    """Say what the figures mean for the user, most important first."""
    if not metrics.figures:
        return [_OF_THE_REPORT]
    is_noise = _figure(metrics, "made", "frechet") > _figure(metrics, "noise", "frechet") / 2
    sentences = (_heard(metrics), _near(metrics), _STILL_NOISE if is_noise else _EXPECT)
    return [sentence for sentence in sentences if sentence]


def _heard(metrics: GanMetrics) -> str:
    made, real, noise = (_figure(metrics, whose, "consistency") for whose in COLUMNS)
    if not math.isfinite(made):
        return ""
    said = (
        f"Of 100 windows of what it makes, a judge that had no part in the training takes "
        f"{_hundred(made)} for the genre asked for"
    )
    if math.isfinite(real) and math.isfinite(noise):
        said += f"; of real music {_hundred(real)}, of noise {_hundred(noise)}"
    return f"{said}."


def _near(metrics: GanMetrics) -> str:
    made, real, noise = (_figure(metrics, whose, "frechet") for whose in COLUMNS)
    if not all(map(math.isfinite, (made, real, noise))):
        return ""
    return (
        f"Its Fréchet distance to real music is {made:.1f}: other real music comes to {real:.1f}, "
        f"noise to {noise:.1f}."
    )


COLUMNS = ("made", "real", "noise")


def figure_text(metrics: GanMetrics, whose: str, name: str) -> str:
    """A cell of the table, or a dash if it was not measured."""
    value = _figure(metrics, whose, name)
    # Not "-0.00" for what is as good as nothing.
    return f"{value + 0.0 if abs(value) >= 0.005 else 0.0:.2f}" if math.isfinite(value) else _DASH


def _figure(metrics: GanMetrics, whose: str, name: str) -> float:
    found: Mapping[str, float] = metrics.figures.get(whose, {})
    return found.get(name, math.nan)


def about_table(metrics: GanMetrics) -> str:
    """Say what was measured, for below the table."""
    said = (
        f"{metrics.windows:,} windows of six seconds against as many of the music it learned "
        "from. Real are other windows of that music; noise is white in every band."
    )
    if math.isfinite(metrics.nearest_of_unheard):
        other = "artists it never heard" if not metrics.of_unknown_artists else "others"
        said += (
            f" Music by {other} comes as near as {metrics.nearest_of_unheard:.2f} "
            "to a crop that was learned from, by itself."
        )
    return said


def share_text(share: float) -> str:
    """A share in percent, or a dash if it was not measured."""
    return percent(share) if math.isfinite(share) else _DASH


def beside_real(metrics: GanMetrics, genre: str) -> str:
    """Say how often the judge knows real music of a genre."""
    share = metrics.by_genre_of_real.get(genre, math.nan)
    return f"real music {percent(share)}" if math.isfinite(share) else ""


def _hundred(share: float) -> int:
    return round(100 * share)


# Gan result ---------------------------------------------------------------------------------

_COLUMN_WIDTH = 48
_MEANING = len(COLUMNS) + 1
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class GanResult(QWidget):
    """Two figures, words about them, each genre, and all figures in a table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._consistency = BigNumber(
            "", "A judge that had no part in the training says which genre it hears"
        )
        self._frechet = BigNumber("Fréchet distance", GENERATOR_FIGURES["frechet"][1].capitalize())
        self._words = plain_text("muted")
        self.genres = GenreBars("Taken for the genre asked for, by genre")
        self.table = FiguresTable()
        self._heading = heading(self, "Each genre")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(4 * GRID)
        column.addWidget(TwoColumns(self._build_words(), self._build_genres()))
        column.addWidget(self.table)
        column.addStretch()

    def _build_words(self) -> QVBoxLayout:
        figures = QHBoxLayout()
        figures.setSpacing(5 * GRID)
        figures.addWidget(self._consistency)
        figures.addWidget(self._frechet)
        figures.addStretch()
        column = QVBoxLayout()
        column.setSpacing(2 * GRID)
        column.addLayout(figures)
        column.addWidget(self._words)
        column.addStretch()
        return column

    def _build_genres(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addWidget(self._heading)
        column.addWidget(self.genres)
        column.addStretch()
        return column

    @property
    def words(self) -> str:
        """Sentences about the figures."""
        return self._words.text()

    def show_metrics(self, metrics: GanMetrics) -> None:
        """Show these figures."""
        is_measured = bool(metrics.figures)
        self._consistency.set_name(
            "Taken for the genre asked for" if is_measured else "Taken for real"
        )
        self._consistency.set_number(share_text(metrics.consistency))
        self._frechet.set_number(
            f"{metrics.frechet:.1f}" if math.isfinite(metrics.frechet) else "\N{EN DASH}"
        )
        for part in (self._frechet, self._heading, self.genres, self.table):
            part.setVisible(is_measured)
        self._words.setText("\n\n".join(quality_sentences(metrics)))
        self.genres.show_bars(
            [
                GenreBar(genre, share, share_text(share), beside_real(metrics, genre))
                for genre, share in metrics.by_genre.items()
            ]
        )
        self.table.show_metrics(metrics)


class FiguresTable(QWidget):
    """A row for each figure: what it is, and it of what is made, real music and noise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: dict[tuple[str, str], QLabel] = {}
        self._below = small_text()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addLayout(self._build_grid())
        column.addWidget(self._below)

    def _build_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(_MEANING, 1)
        grid.addWidget(heading(self, "All figures"), 0, 0)
        for place, whose in enumerate(COLUMNS, 1):
            title = PlainLabel(whose.capitalize())
            title.setProperty("look", "muted")
            title.setAlignment(_RIGHT)
            grid.addWidget(title, 0, place)
            grid.setColumnMinimumWidth(place, _COLUMN_WIDTH)
        for row, (name, (title_text, meaning)) in enumerate(GENERATOR_FIGURES.items(), 1):
            grid.addWidget(PlainLabel(title_text), row, 0)
            for place, whose in enumerate(COLUMNS, 1):
                cell = PlainLabel()
                cell.setAlignment(_RIGHT)
                self._cells[name, whose] = cell
                grid.addWidget(cell, row, place)
            said = small_text(f"{meaning[:1].upper()}{meaning[1:]}")
            said.setIndent(GRID)
            grid.addWidget(said, row, _MEANING)
        return grid

    def show_metrics(self, metrics: GanMetrics) -> None:
        """Show these figures."""
        for (name, whose), cell in self._cells.items():
            text = figure_text(metrics, whose, name)
            cell.setText(text)
            cell.setAccessibleName(f"{GENERATOR_FIGURES[name][0]}, {whose}: {text}")
        self._below.setText(about_table(metrics))

    def cell(self, name: str, whose: str) -> str:
        """Text of a cell."""
        return self._cells[name, whose].text()
