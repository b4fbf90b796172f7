"""Drawing for the pictures of a training: shapes and lettering in any script, by Pillow."""

from __future__ import annotations

import io
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

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
