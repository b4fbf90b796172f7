"""Pictures of a training as PNG files, lettered in any script, and samples that can be played."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fstmuse_core.audio.levels import set_loudness
from fstmuse_core.audio.reading import write_audio
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.inversion import invert_mel
from fstmuse_core.runs.store import write_bytes
from fstmuse_core.system.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL import ImageFont

Colour = tuple[int, int, int]

# Drawn at this many times the size, so that slanted lines come out smooth.
_FINE = 2
_FONT_SIZE = 11
# Latin, Greek, Cyrillic, Hebrew, Arabic and more; what it lacks is looked for in these typefaces
# of Linux, Windows and macOS.
_TYPEFACE = Path(__file__).with_name("fonts") / "DejaVuSans.ttf"
_OTHER_TYPEFACES = (
    *("NotoSansCJK-Regular.ttc", "DroidSansFallbackFull.ttf", "NotoSansDevanagari-Regular.ttf"),
    *("NotoSansThai-Regular.ttf", "msyh.ttc", "YuGothM.ttc", "malgun.ttf", "Nirmala.ttc"),
    *("LeelawUI.ttf", "Arial Unicode.ttf", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc"),
)
# Unicode promises that this will never be a letter.
_NO_LETTER = "\uffff"


class Canvas:
    """White sheet; ``x`` grows to the right and ``y`` downwards, both in pixels."""

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw

        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * _FINE, height * _FINE), "white")
        self._pen = ImageDraw.Draw(self._image)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle."""
        left, top = round(x * _FINE), round(y * _FINE)
        # Pillow counts the last row and column in.
        right, bottom = round((x + width) * _FINE) - 1, round((y + height) * _FINE) - 1
        self._pen.rectangle((left, top, right, bottom), colour)

    def line(
        self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 2.0
    ) -> None:
        """Join points."""
        fine = [(x * _FINE, y * _FINE) for x, y in points]
        self._pen.line(fine, colour, round(width * _FINE), joint="curve")

    def dot(self, x: float, y: float, colour: Colour, radius: float) -> None:
        """Fill a circle."""
        self._pen.circle((x * _FINE, y * _FINE), radius * _FINE, colour)

    def text(self, x: float, y: float, text: str, colour: Colour, align: float = 0.0) -> None:
        """Write a line in the middle of ``y``; ``align`` 0: from ``x``, 0.5: around it, 1: to it.

        A letter that no typeface here has is drawn as an empty box.
        """
        left = (x - align * text_width(text)) * _FINE
        for part, font in _runs(text):
            self._pen.text((left, y * _FINE), part, colour, font, anchor="lm")
            left += font.getlength(part)

    def png(self) -> bytes:
        """Encode the sheet as a PNG file."""
        stream = io.BytesIO()
        self._image.reduce(_FINE).save(stream, format="PNG", optimize=True)
        return stream.getvalue()


def text_width(text: str) -> int:
    """Pixels that a line takes."""
    return -int(-sum(font.getlength(part) for part, font in _runs(text)) // _FINE)


def _runs(text: str) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
    """Parts of a line, each with the typeface that has its letters."""
    for number, letters in groupby(one_line(text), _typeface_of):
        yield "".join(letters), _typefaces()[number]


@cache
def _typeface_of(letter: str) -> int:
    """Index of the first typeface that has a letter; 0 if none has."""
    if letter.isspace() or _has(_typefaces()[0], letter):
        return 0
    numbers = range(1, len(_typefaces()))
    return next((number for number in numbers if _has(_typefaces()[number], letter)), 0)


def _has(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    """Compare with what the typeface draws for no letter at all."""
    drawn, empty = font.getmask(letter), font.getmask(_NO_LETTER)
    return (drawn.size, bytes(drawn)) != (empty.size, bytes(empty))


@cache
def _typefaces() -> tuple[ImageFont.FreeTypeFont, ...]:
    """Our own typeface and those of the others that this computer has."""
    from PIL import ImageFont

    found = [ImageFont.truetype(_TYPEFACE, _FONT_SIZE * _FINE)]
    for name in _OTHER_TYPEFACES:
        try:
            found.append(ImageFont.truetype(name, _FONT_SIZE * _FINE))
        except OSError:
            continue
    return tuple(found)


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


_ITERATIONS = 16
_ROWS_A_BAND = 2
# Scaled log-mel from black to white.
_DARKEST, _BRIGHTEST = -3.0, 3.0


def write_sample(stem: Path, scaled: FloatArray, magnitudes: FloatArray) -> dict[str, str]:
    """Write a piece as picture, numbers and sound; return the three paths.

    Parameters
    ----------
    stem : Path
        Of the files, without suffix.
    scaled, magnitudes : ndarray of float32, shape ``(frames, 128)``
        Scaled log-mel, and what it stands for.
    """
    stem.parent.mkdir(exist_ok=True)
    picture, numbers, sound = (stem.with_name(stem.name + end) for end in (".png", ".npy", ".wav"))
    write_bytes(picture, mel_png(scaled))
    stream = io.BytesIO()
    np.save(stream, scaled.astype(np.float16), allow_pickle=False)
    write_bytes(numbers, stream.getvalue())
    samples = set_loudness(invert_mel(magnitudes, iterations=_ITERATIONS))
    write_audio(sound, samples, DEFAULT_CONFIG.sample_rate)
    return {"picture": str(picture), "mel": str(numbers), "sound": str(sound)}


def mel_png(scaled: FloatArray) -> bytes:
    """Encode scaled log-mel as a PNG file in shades of grey, low frequencies at the bottom."""
    from PIL import Image

    share = np.clip((scaled.T[::-1] - _DARKEST) / (_BRIGHTEST - _DARKEST), 0.0, 1.0)
    levels = np.repeat(np.rint(255.0 * share).astype(np.uint8), _ROWS_A_BAND, axis=0)
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, format="PNG")
    return stream.getvalue()
