"""Paint of the map: fifty thousand dots in a few milliseconds, and a dot's label.

Each dot is stamped into the picture's memory, all at once for each pixel of a dot: NumPy writes
fifty thousand pixels in a tenth of a millisecond, where Qt paints each dot by itself.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from fstmuse_gui.theme import GRID, RADIUS, current_colours, scaled_font

Pixels = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.floating]
_LABEL_WIDTH = 280
_LABEL_WIDTH = 280
_RED_BLUE, _GREEN = np.uint32(0xFF00FF), np.uint32(0x00FF00)


class DotPicture:
    """Picture of a plain colour to stamp dots into.

    Parameters
    ----------
    width, height : int
        In pixels of the screen.
    background : int
        ``0xRRGGBB``.
    """

    # Dots may reach this far out of the picture, so that none has to be clipped.
    _MARGIN = 24

    def __init__(self, width: int, height: int, background: int) -> None:
        self._size = width, height
        margin = 2 * self._MARGIN
        self._pixels: Pixels = np.full((height + margin, width + margin), background, np.uint32)

    def stamp(self, x: Floats, y: Floats, colours: Pixels, radius: float) -> None:
        """Draw a dot of ``radius`` pixels around each place; those outside are left out.

        Where dots lie on one another, the middle of one covers the soft edge of another.
        """
        width, height = self._size
        reach = self._MARGIN - 2
        column, row = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
        seen = (column > -reach) & (column < width + reach)
        seen &= (row > -reach) & (row < height + reach)
        stride = self._pixels.shape[1]
        at = (row[seen] + self._MARGIN) * stride + column[seen] + self._MARGIN
        colours = colours[seen]
        flat = self._pixels.reshape(-1)
        edge, core = _stamp(min(radius, reach - 2.0))
        red_blue, green = colours & _RED_BLUE, colours & _GREEN
        for down, right, cover in edge:
            here = at + (down * stride + right)
            old, new, rest = flat[here], np.uint32(cover), np.uint32(256 - cover)
            mixed = ((old & _RED_BLUE) * rest + red_blue * new) >> 8 & _RED_BLUE
            flat[here] = mixed | (((old & _GREEN) * rest + green * new) >> 8 & _GREEN)
        for down, right in core:
            flat[at + (down * stride + right)] = colours

    def image(self, pixel_ratio: float = 1.0) -> QImage:
        """The picture."""
        width, height = self._size
        margin = self._MARGIN
        inside = np.ascontiguousarray(
            self._pixels[margin : margin + height, margin : margin + width]
        )
        image = QImage(inside.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        image.setDevicePixelRatio(pixel_ratio)
        return image


@lru_cache(maxsize=32)
def _stamp(radius: float) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]]]:
    """Pixels of a dot: those that it covers in part, in 256ths, and those of its middle."""
    reach = math.ceil(radius + 0.5)
    edge, core = [], []
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            cover = min(1.0, max(0.0, radius + 0.5 - math.hypot(down, right)))
            if cover >= 1.0:
                core.append((down, right))
            elif cover > 0.04:
                edge.append((down, right, round(256 * cover)))
    return edge, core


def paint_label(painter: QPainter, area: QWidget, point: QPointF, texts: tuple[str, str]) -> None:
    """Paint two lines beside a point of a widget, within it; nothing if the point is outside."""
    if not QRectF(area.rect()).contains(point):
        return
    colours = current_colours()
    fonts = (scaled_font(area.font(), 1.0, QFont.Weight.DemiBold), scaled_font(area.font(), 0.92))
    lines = []
    for text, font in zip(texts, fonts, strict=True):
        metrics = QFontMetricsF(font)
        room = min(_LABEL_WIDTH, area.width() - 4 * GRID)
        lines.append((metrics.elidedText(text, Qt.TextElideMode.ElideRight, room), font, metrics))
    wide = max(metrics.horizontalAdvance(shown) for shown, _, metrics in lines) + 2 * GRID
    high = sum(metrics.height() for _, _, metrics in lines) + GRID
    left = point.x() + 2 * GRID
    left = left if left + wide < area.width() - GRID else point.x() - 2 * GRID - wide
    box = QRectF(max(float(GRID), left), point.y() - high / 2, wide, high)
    box.moveTop(min(max(float(GRID), box.top()), area.height() - GRID - high))
    painter.setPen(QPen(QColor(colours.border_strong), 1.0))
    painter.setBrush(QColor(colours.raised))
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    top = box.top() + GRID / 2
    for (shown, font, metrics), role in zip(lines, (colours.text, colours.muted), strict=True):
        painter.setFont(font)
        painter.setPen(QColor(role))
        line = QRectF(box.left() + GRID, top, wide, metrics.height())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, shown)
        top += metrics.height()
