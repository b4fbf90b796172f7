"""The picture of a clip to be kept: name, answer, spectrogram, genres and the scale in decibels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from fstmuse_core.classify.result import Classification
from fstmuse_gui.plain import percent, visible
from fstmuse_gui.theme import current_colours, genre_colour, scaled_font
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.spectrogram_view import SpectrogramView

_MARGIN = 24.0
_GAP = 8.0
_BAR_WIDTH = 12.0
_TICK = 4.0
_DOT = 8.0
# Genres less likely than this are seen in the timeline as lines at most.
_LEAST = 0.005


@dataclass(frozen=True)
class Heading:
    """Words above the picture."""

    title: str
    answer: str
    about: str

    @classmethod
    def of(
        cls, title: str, model_title: str, result: Classification, part: str = "", shown: str = ""
    ) -> Heading:
        """Words about a result; ``part`` names its part of the clip, ``shown`` what lies over."""
        about = [clock(result.duration_s), f"heard by {model_title}", shown]
        named = f"{title}, {part}" if part else title
        told = "  \N{MIDDLE DOT}  ".join(word for word in about if word)
        return cls(visible(named), visible(result.verdict.sentence), visible(told))


def saved_picture(view: SpectrogramView, heading: Heading, result: Classification) -> QImage:
    """The spectrogram as seen, with all that is needed to read it without the window."""
    picture = view.picture()
    scale = picture.devicePixelRatio()
    inner = picture.deviceIndependentSize()
    fonts = _Fonts(view.font())
    side = _BAR_WIDTH + _TICK + _GAP + fonts.small.horizontalAdvance("\N{MINUS SIGN}100 dB")
    top = _MARGIN + fonts.title.lineSpacing() + 2 * fonts.plain.lineSpacing() + _GAP
    legend = _Legend(result, fonts.plain, inner.width() + side)
    width = inner.width() + side + 2 * _MARGIN
    height = top + inner.height() + _GAP + legend.height + _MARGIN
    image = QImage(round(width * scale), round(height * scale), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(current_colours().window))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_heading(painter, heading, fonts, QRectF(_MARGIN, _MARGIN, width - 2 * _MARGIN, top))
    painter.drawImage(QPointF(_MARGIN, top), picture)
    box = QRectF(view.picture_rect).translated(_MARGIN, top)
    box.setLeft(_MARGIN + inner.width() + _GAP)
    box.setWidth(_BAR_WIDTH)
    _draw_scale(painter, view, box, fonts.small)
    legend.draw(painter, QPointF(_MARGIN, top + inner.height() + _GAP))
    painter.end()
    return image


class _Fonts:
    def __init__(self, font: QFont) -> None:
        self.title_font = scaled_font(font, 1.4, QFont.Weight.DemiBold)
        self.plain_font, self.small_font = scaled_font(font, 1.0), scaled_font(font, 0.88)
        self.title = QFontMetricsF(self.title_font)
        self.plain = QFontMetricsF(self.plain_font)
        self.small = QFontMetricsF(self.small_font)


def _draw_heading(painter: QPainter, heading: Heading, fonts: _Fonts, box: QRectF) -> None:
    colours = current_colours()
    lines = (
        (heading.title, fonts.title_font, fonts.title, colours.text),
        (heading.answer, fonts.plain_font, fonts.plain, colours.text),
        (heading.about, fonts.plain_font, fonts.plain, colours.muted),
    )
    top = box.top()
    for text, font, metrics, colour in lines:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(QPointF(box.left(), top + metrics.ascent()), elided)
        top += metrics.lineSpacing()


def _draw_scale(
    painter: QPainter, view: SpectrogramView, box: QRectF, metrics: QFontMetricsF
) -> None:
    """Colours from the quietest that is told apart to the loudest, with their decibels."""
    table, top_db, range_db = view.level_colours
    levels = np.linspace(top_db, top_db - range_db, 256)
    column = table[np.clip(np.round(2 * (levels + 127.5)), 0, 255).astype(np.intp)]
    rows = np.ascontiguousarray(column[:, None, :].astype(np.uint8))
    bar = QImage(rows.data, 1, 256, 3, QImage.Format.Format_RGB888)
    painter.drawImage(box, bar)
    painter.setPen(QColor(current_colours().muted))
    painter.setFont(scaled_font(view.font(), 0.88))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = box.top() + share * box.height()
        painter.drawLine(QLineF(box.right() + 1, y, box.right() + _TICK, y))
        text = f"{top_db - share * range_db:.0f} dB".replace("-", "\N{MINUS SIGN}")
        ascent = metrics.ascent()
        base = min(max(y + ascent / 2 - 1, box.top() + ascent), box.bottom())
        painter.drawText(QPointF(box.right() + _TICK + 3, base), text)


class _Legend:
    """The genres of the timeline with their colours and chances, in as many lines as needed."""

    def __init__(self, result: Classification, metrics: QFontMetricsF, width: float) -> None:
        self._metrics = metrics
        self._placed: list[tuple[str, QPointF, str]] = []
        x, y = 0.0, 0.0
        for genre, chance in result.ranked():
            if chance < _LEAST and self._placed:
                break
            text = f"{visible(genre)} {percent(chance)}"
            needed = _DOT + _GAP + metrics.horizontalAdvance(text) + 2 * _GAP
            if x and x + needed > width:
                x, y = 0.0, y + metrics.lineSpacing()
            self._placed.append((genre, QPointF(x, y), text))
            x += needed
        self.height = y + metrics.lineSpacing()

    def draw(self, painter: QPainter, corner: QPointF) -> None:
        """Draw it with its upper left corner there."""
        colours = current_colours()
        for genre, place, text in self._placed:
            at = corner + place
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(genre_colour(genre, colours.is_dark))
            middle = at.y() + self._metrics.height() / 2
            painter.drawEllipse(QRectF(at.x(), middle - _DOT / 2, _DOT, _DOT))
            painter.setPen(QColor(colours.text))
            base = QPointF(at.x() + _DOT + _GAP, at.y() + self._metrics.ascent())
            painter.drawText(base, text)
