"""A piece that a generator made: its picture, and a button to hear it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from fstmuse_core.spectrogram import DEFAULT_CONFIG
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, RADIUS, current_colours
from fstmuse_gui.train.events import Sample
from fstmuse_gui.widgets.colour_maps import swatch
from fstmuse_gui.widgets.play_button import PlayButton

_HEIGHT = 88


class SampleCard(QWidget):
    """Shows what is made of one genre.

    Signals
    -------
    toggled
        It is to be played or paused.
    sought(float)
        It is to be played from here, in seconds.
    """

    toggled = Signal()
    sought = Signal(float)

    def __init__(self, genre: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.genre = genre
        self.sample: Sample | None = None
        self.play_button = PlayButton(what=genre)
        self.play_button.clicked.connect(self.toggled)
        self.picture = MelPicture()
        self.picture.sought.connect(self._on_sought)
        column = QVBoxLayout()
        column.setSpacing(4)
        name = PlainLabel(genre or "A clip")
        column.addWidget(name)
        column.addWidget(self.picture)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        row.addWidget(self.play_button, 0, Qt.AlignmentFlag.AlignBottom)
        row.addLayout(column, 1)
        row.setAlignment(self.play_button, Qt.AlignmentFlag.AlignVCenter)
        self.show_sample(None)

    @property
    def duration_s(self) -> float:
        """How long the piece is, which its picture tells."""
        return self.picture.frames / DEFAULT_CONFIG.frames_per_second

    def show_sample(self, sample: Sample | None) -> None:
        """Show this piece, or that there is none yet."""
        self.sample = sample
        self.picture.show_file(sample.picture if sample is not None else "")
        self.play_button.setEnabled(self.picture.frames > 0)
        what = f"{self.genre or 'A clip'} after epoch {sample.epoch}" if sample is not None else ""
        self.picture.setAccessibleName(f"Mel spectrogram: {what}" if what else "Nothing yet")

    def set_playing(self, is_playing: bool) -> None:
        """Show what a press will do."""
        self.play_button.set_playing(is_playing)

    def set_position(self, seconds: float | None) -> None:
        """Where in the piece one hears; ``None`` if it is not played."""
        length = self.duration_s
        self.picture.set_cursor(None if seconds is None or not length else seconds / length)

    def _on_sought(self, share: float) -> None:
        self.sought.emit(share * self.duration_s)


class MelPicture(QWidget):
    """A spectrogram that was written in shades of grey, in the colours that the user likes.

    Signals
    -------
    sought(float)
        It was clicked here, as a share of its length.
    """

    sought = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self._grey = QImage()
        self._drawn = QImage()
        self._map = ""
        self._cursor: float | None = None
        self._has_file = False

    @property
    def frames(self) -> int:
        """Columns of the picture; 0 if there is none."""
        return self._grey.width()

    def show_file(self, path: str) -> None:
        """Show the picture in this file."""
        self._has_file = bool(path)
        self._cursor = None
        grey = QImage(path) if path else QImage()
        self._grey = grey.convertToFormat(QImage.Format.Format_Grayscale8)
        self._colour()
        is_there = not self._grey.isNull()
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if is_there else Qt.CursorShape.ArrowCursor
        )
        set_tip(self, "Play from here" if is_there else "")

    def set_colour_map(self, name: str) -> None:
        """Draw with these colours."""
        if name != self._map:
            self._map = name
            self._colour()

    def _colour(self) -> None:
        self._drawn = _coloured(self._grey, self._map)
        self.update()

    def set_cursor(self, share: float | None) -> None:
        """A line at this share of the length."""
        if share != self._cursor:
            self._cursor = share
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.frames and event.button() is Qt.MouseButton.LeftButton:
            self.sought.emit(min(1.0, max(0.0, event.position().x() / max(1, self.width()))))

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        box = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(box, RADIUS, RADIUS)
        painter.fillPath(shape, QColor(colours.track))
        if self._drawn.isNull():
            said = "The picture is gone" if self._has_file else "After the first epoch"
            painter.setPen(QColor(colours.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, said)
        else:
            painter.setClipPath(shape)
            painter.drawImage(box, self._drawn)
            self._paint_cursor(painter)
        painter.end()

    def _paint_cursor(self, painter: QPainter) -> None:
        if self._cursor is not None:
            x = self._cursor * self.width()
            painter.setPen(QPen(QColor("white"), 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))


def _coloured(grey: QImage, name: str) -> QImage:
    if grey.isNull() or not name:
        return grey
    height, width, step = grey.height(), grey.width(), grey.bytesPerLine()
    levels = np.frombuffer(grey.constBits(), np.uint8).reshape(height, step)[:, :width]
    rows = np.ascontiguousarray(swatch(name)[levels])
    image = QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.copy()
