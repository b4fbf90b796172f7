"""Pictures of a training: its curves, confusion matrix and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fstmuse_core.training.canvas import Canvas, Colour, text_width

_INK: Colour = (38, 42, 51)
_FAINT: Colour = (226, 229, 235)
_GREY: Colour = (120, 126, 138)
_BLUE: Colour = (37, 99, 191)
_ORANGE: Colour = (217, 119, 34)
_MARGIN = 56
_CELL = 56
_PLOT_WIDTH, _PLOT_HEIGHT = 360, 220


class _Plot:
    """Axes from 0 on, on a part of a canvas."""

    def __init__(
        self, canvas: Canvas, x: int, y: int, title: str, right: float, top: float
    ) -> None:
        self._canvas, self._x, self._y = canvas, x, y
        self._right, self._top = max(right, 1e-9), max(top, 1e-9)
        canvas.text(x, y - 18, title, _INK)
        for tick in range(5):
            at = y + _PLOT_HEIGHT * (1 - tick / 4)
            canvas.box(x, at, _PLOT_WIDTH, 1, _FAINT)
            canvas.text(x - 8, at, f"{self._top * tick / 4:.2g}", _GREY, align=1.0)

    def x_axis(self, ticks: Sequence[float], label: str) -> None:
        for tick in ticks:
            at = self._x + tick / self._right * _PLOT_WIDTH
            self._canvas.text(at, self._y + _PLOT_HEIGHT + 12, f"{tick:g}", _GREY, align=0.5)
        middle = self._x + _PLOT_WIDTH / 2
        self._canvas.text(middle, self._y + _PLOT_HEIGHT + 30, label, _GREY, align=0.5)

    def curve(self, points: Sequence[tuple[float, float]], colour: Colour, width: float) -> None:
        placed = [self.place(x, y) for x, y in points]
        self._canvas.line(placed, colour, width)
        for x, y in placed:
            self._canvas.dot(x, y, colour, width)

    def place(self, x: float, y: float) -> tuple[float, float]:
        return (
            self._x + x / self._right * _PLOT_WIDTH,
            self._y + _PLOT_HEIGHT * (1 - min(y, self._top) / self._top),
        )


def curves_png(history: Sequence[dict[str, Any]]) -> bytes:
    """Draw loss and accuracy of training and validation over the epochs."""
    canvas = Canvas(2 * _PLOT_WIDTH + 3 * _MARGIN, _PLOT_HEIGHT + 2 * _MARGIN)
    epochs = [float(values["epoch"]) for values in history]
    for number, kind in enumerate(("loss", "accuracy")):
        both = [[float(values[key]) for values in history] for key in (kind, f"val_{kind}")]
        top = 1.0 if kind == "accuracy" else 1.1 * max(map(max, both))
        left = _MARGIN + number * (_PLOT_WIDTH + _MARGIN)
        plot = _Plot(canvas, left, _MARGIN, kind.capitalize(), epochs[-1], top)
        step = max(1, round(epochs[-1] / 6))
        plot.x_axis(range(step, int(epochs[-1]) + 1, step), "epoch")
        for values, colour in zip(both, (_BLUE, _ORANGE), strict=True):
            plot.curve(list(zip(epochs, values, strict=True)), colour, 2.0)
    right = float(canvas.width - _MARGIN)
    for name, colour in (("validation", _ORANGE), ("training", _BLUE)):
        canvas.text(right, _MARGIN - 18, name, colour, align=1.0)
        right -= text_width(name) + 18
    return canvas.png()


def confusion_png(genres: Sequence[str], confusion: Sequence[Sequence[int]]) -> bytes:
    """Draw clips by true genre (rows) and answer (columns), shaded by their share of the row."""
    left = 24 + max(map(text_width, genres))
    cell = max(_CELL, *(text_width(genre) + 10 for genre in genres))
    canvas = Canvas(left + cell * len(genres) + 24, 64 + _CELL * len(genres) + 20)
    canvas.text(left, 18, "Answers, by true genre (rows)", _INK)
    for column, genre in enumerate(genres):
        canvas.text(left + (column + 0.5) * cell, 48, genre, _GREY, align=0.5)
    for row, (genre, counts) in enumerate(zip(genres, confusion, strict=True)):
        y = 60 + row * _CELL
        canvas.text(left - 10, y + _CELL / 2, genre, _INK, align=1.0)
        for column, count in enumerate(counts):
            share = count / max(1, sum(counts))
            shade = tuple(round(250 + share * (end - 250)) for end in _BLUE)
            canvas.box(left + column * cell + 1, y + 1, cell - 2, _CELL - 2, _colour(shade))
            ink = (255, 255, 255) if share > 0.5 else _INK
            canvas.text(left + (column + 0.5) * cell, y + _CELL / 2, str(count), ink, align=0.5)
    return canvas.png()


def reliability_png(points: Sequence[Sequence[float]]) -> bytes:
    """Draw the share of right answers at each confidence, against perfect calibration."""
    canvas = Canvas(_PLOT_WIDTH + 2 * _MARGIN, _PLOT_HEIGHT + 2 * _MARGIN)
    plot = _Plot(canvas, _MARGIN, _MARGIN, "Share right, by confidence", 1.0, 1.0)
    plot.x_axis((0.0, 0.25, 0.5, 0.75, 1.0), "confidence (small: clips)")
    canvas.line([plot.place(0.0, 0.0), plot.place(1.0, 1.0)], _FAINT, 2.0)
    plot.curve([(point[0], point[1]) for point in points], _BLUE, 2.5)
    for confidence, share, clips in points:
        x, y = plot.place(confidence, share)
        canvas.text(x, y + (13 if share > 0.9 else -12), f"{clips:g}", _GREY, align=0.5)
    return canvas.png()


def _colour(values: tuple[int, ...]) -> Colour:
    red, green, blue = values
    return red, green, blue
