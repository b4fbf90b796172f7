"""The pictures of a training: its curves, confusion matrix and calibration."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Colour = tuple[int, int, int]

# Drawn at this many times the size, so that slanted lines come out smooth.
_FINE = 2
_LETTER_WIDTH, _LETTER_HEIGHT = 6, 8
_FIRST, _LAST = " ", "~"
# The usual 5 by 7 dot letters from space to tilde: a byte a column, the lowest bit on top.
_LETTERS = bytes.fromhex(
    "0000000000 00005f0000 0007000700 147f147f14 242a7f2a12 2313086462 3649552250 0005030000"
    "001c224100 0041221c00 082a1c2a08 08083e0808 0050300000 0808080808 0060600000 2010080402"
    "3e5149453e 00427f4000 4261514946 2141454b31 1814127f10 2745454539 3c4a494930 0171090503"
    "3649494936 064949291e 0036360000 0056360000 0814224100 1414141414 0041221408 0201510906"
    "324979413e 7e1111117e 7f49494936 3e41414122 7f4141221c 7f49494941 7f09090901 3e4149497a"
    "7f0808087f 00417f4100 2040413f01 7f08142241 7f40404040 7f020c027f 7f0408107f 3e4141413e"
    "7f09090906 3e4151215e 7f09192946 4649494931 01017f0101 3f4040403f 1f2040201f 3f4038403f"
    "6314081463 0708700807 6151494543 007f414100 0204081020 0041417f00 0402010204 4040404040"
    "0001020400 2054545478 7f48444438 3844444420 384444487f 3854545418 087e090102 0c5252523e"
    "7f08040478 00447d4000 2040443d00 7f10284400 00417f4000 7c04180478 7c08040478 3844444438"
    "7c14141408 081414187c 7c08040408 4854545420 043f444020 3c4040207c 1c2040201c 3c4030403c"
    "4428102844 0c5050503c 4464544c44 0008364100 00007f0000 0041360800 1008081008"
)


class Canvas:
    """A white sheet; ``x`` grows to the right and ``y`` downwards, both in pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._pixels = np.full((height * _FINE, width * _FINE, 3), 255, dtype=np.uint8)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle."""
        left, top = round(x * _FINE), round(y * _FINE)
        right, bottom = round((x + width) * _FINE), round((y + height) * _FINE)
        self._pixels[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = colour

    def line(self, points: list[tuple[float, float]], colour: Colour, width: float = 2.0) -> None:
        """Join points."""
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            steps = int(max(abs(x1 - x0), abs(y1 - y0)) * _FINE) + 1
            for part in np.linspace(0.0, 1.0, steps + 1):
                self.dot(x0 + part * (x1 - x0), y0 + part * (y1 - y0), colour, width / 2)

    def dot(self, x: float, y: float, colour: Colour, radius: float) -> None:
        """Fill a circle."""
        reach = int(np.ceil(radius * _FINE))
        column, row = round(x * _FINE), round(y * _FINE)
        top, left = max(0, row - reach), max(0, column - reach)
        part = self._pixels[top : row + reach + 1, left : column + reach + 1]
        rows, columns = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
        part[(rows - row) ** 2 + (columns - column) ** 2 <= (radius * _FINE) ** 2] = colour

    def text(self, x: float, y: float, text: str, colour: Colour, align: float = 0.0) -> None:
        """Write a line with its top at ``y``; ``align`` 0: from ``x``, 0.5: around it, 1: to it."""
        left = round((x - align * text_width(text)) * _FINE)
        for letter in text:
            dots = np.kron(_dots(letter), np.ones((_FINE, _FINE), np.bool_))
            area = self._pixels[round(y * _FINE) :, max(0, left) :]
            area = area[: dots.shape[0], : dots.shape[1]]
            area[dots[: area.shape[0], : area.shape[1]]] = colour
            left += _LETTER_WIDTH * _FINE

    def png(self) -> bytes:
        """The sheet as a PNG file."""
        shape = (self.height, _FINE, self.width, _FINE, 3)
        mixed = self._pixels.reshape(shape).mean(axis=(1, 3)).round().astype(np.uint8)
        rows = np.zeros((self.height, 1 + 3 * self.width), dtype=np.uint8)
        rows[:, 1:] = mixed.reshape(self.height, -1)
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return b"".join(
            [
                b"\x89PNG\r\n\x1a\n",
                _chunk(b"IHDR", header),
                _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
                _chunk(b"IEND", b""),
            ]
        )


def text_width(text: str) -> int:
    """Pixels that a line takes."""
    return _LETTER_WIDTH * len(text)


def _dots(letter: str) -> npt.NDArray[np.bool_]:
    if not _FIRST <= letter <= _LAST:
        letter = "?"
    at = 5 * (ord(letter) - ord(_FIRST))
    columns = np.frombuffer(_LETTERS, dtype=np.uint8)[at : at + 5]
    return (columns[None, :] >> np.arange(_LETTER_HEIGHT)[:, None] & 1).astype(np.bool_)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


# Figures ------------------------------------------------------------------------------------

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
        canvas.text(x, y - 22, title, _INK)
        for tick in range(5):
            at = y + _PLOT_HEIGHT * (1 - tick / 4)
            canvas.box(x, at, _PLOT_WIDTH, 1, _FAINT)
            canvas.text(x - 8, at - 4, f"{self._top * tick / 4:.2g}", _GREY, align=1.0)

    def x_axis(self, ticks: Sequence[float], label: str) -> None:
        for tick in ticks:
            at = self._x + tick / self._right * _PLOT_WIDTH
            self._canvas.text(at, self._y + _PLOT_HEIGHT + 8, f"{tick:g}", _GREY, align=0.5)
        middle = self._x + _PLOT_WIDTH / 2
        self._canvas.text(middle, self._y + _PLOT_HEIGHT + 24, label, _GREY, align=0.5)

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
    """Loss and accuracy of training and validation over the epochs."""
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
        canvas.text(right, _MARGIN - 22, name, colour, align=1.0)
        right -= text_width(name) + 18
    return canvas.png()


def confusion_png(genres: Sequence[str], confusion: Sequence[Sequence[int]]) -> bytes:
    """Clips by true genre (rows) and answer (columns), shaded by their share of the row."""
    left = 24 + max(map(text_width, genres))
    cell = max(_CELL, *(text_width(genre) + 10 for genre in genres))
    canvas = Canvas(left + cell * len(genres) + 24, 64 + _CELL * len(genres) + 20)
    canvas.text(left, 16, "Answers, by true genre (rows)", _INK)
    for column, genre in enumerate(genres):
        canvas.text(left + (column + 0.5) * cell, 44, genre, _GREY, align=0.5)
    for row, (genre, counts) in enumerate(zip(genres, confusion, strict=True)):
        y = 60 + row * _CELL
        canvas.text(left - 10, y + _CELL / 2 - 4, genre, _INK, align=1.0)
        for column, count in enumerate(counts):
            share = count / max(1, sum(counts))
            shade = tuple(round(250 + share * (end - 250)) for end in _BLUE)
            canvas.box(left + column * cell + 1, y + 1, cell - 2, _CELL - 2, _colour(shade))
            ink = (255, 255, 255) if share > 0.5 else _INK
            canvas.text(left + (column + 0.5) * cell, y + _CELL / 2 - 4, str(count), ink, align=0.5)
    return canvas.png()


def reliability_png(points: Sequence[Sequence[float]]) -> bytes:
    """How often answers of each confidence are right, against the diagonal of honesty."""
    canvas = Canvas(_PLOT_WIDTH + 2 * _MARGIN, _PLOT_HEIGHT + 2 * _MARGIN)
    plot = _Plot(canvas, _MARGIN, _MARGIN, "Share right, by confidence", 1.0, 1.0)
    plot.x_axis((0.0, 0.25, 0.5, 0.75, 1.0), "confidence (small: clips)")
    canvas.line([plot.place(0.0, 0.0), plot.place(1.0, 1.0)], _FAINT, 2.0)
    plot.curve([(point[0], point[1]) for point in points], _BLUE, 2.5)
    for confidence, share, clips in points:
        x, y = plot.place(confidence, share)
        canvas.text(x, y + (8 if share > 0.9 else -16), f"{clips:g}", _GREY, align=0.5)
    return canvas.png()


def _colour(values: tuple[int, ...]) -> Colour:
    red, green, blue = values
    return red, green, blue
