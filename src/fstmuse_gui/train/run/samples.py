"""Pieces that a generator makes, epoch by epoch: each a picture and a button."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.runs.events import Sample
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, RADIUS, current_colours
from fstmuse_gui.widgets.colour_maps import swatch
from fstmuse_gui.widgets.controls import WheelSafeComboBox
from fstmuse_gui.widgets.page_parts import (
    ElidedLabel,
    heading,
    keep_size_when_hidden,
    scrolled,
)
from fstmuse_gui.widgets.transport_bar import PlayButton

_HEIGHT = 88
_LONGEST_EPOCH = 13


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
        """Length of the piece, which its picture tells."""
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
        """Position of playback; ``None`` if it is not played."""
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


# Samples panel ------------------------------------------------------------------------------


class SamplesPanel(QWidget):
    """A card for each genre, all of one epoch.

    Signals
    -------
    toggled(object)
        A :class:`~fstmuse_core.runs.events.Sample` is to be played or paused.
    sought(object, float)
        It is to be played from this second.
    left
        What was shown is shown no longer.
    """

    toggled = Signal(object)
    sought = Signal(object, float)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What it makes")
        self._samples: dict[int, dict[str, Sample]] = {}
        self._genres: tuple[str, ...] = ()
        self._best = 0
        self._follows = True
        self._playing: Sample | None = None
        self._map = ""
        # In a turn of its own: of many epochs told at once only the last is painted.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show)
        self.cards: list[SampleCard] = []
        self.chooser = WheelSafeComboBox()
        self.chooser.setAccessibleName("Epoch")
        self.chooser.setToolTip("What it made after this epoch; the newest comes first")
        # As wide as its longest entry will be, and of this size before it is seen too.
        narrow = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.chooser.setSizeAdjustPolicy(narrow)
        self.chooser.setMinimumContentsLength(_LONGEST_EPOCH)
        keep_size_when_hidden(self.chooser)
        self.chooser.activated.connect(self._on_chosen)
        head = QHBoxLayout()
        head.addWidget(heading(self, "What it makes"), 1)
        head.addWidget(self.chooser)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, GRID, 0)
        self._list.setSpacing(2 * GRID)
        self._about = ElidedLabel()
        self._about.setProperty("look", "small")
        self._list.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self._about)
        column.addWidget(scrolled(inside), 1)
        self.start(())

    def start(self, genres: Sequence[str]) -> None:
        """Clear everything and show these genres; none for a generator that knows none."""
        self.left.emit()
        self._samples.clear()
        self._best, self._follows = 0, True
        self.chooser.clear()
        self.chooser.hide()
        self._about.set_text("Pictures and sounds come after each epoch.")
        self._deal(tuple(genres) or ("",))

    def _deal(self, genres: tuple[str, ...]) -> None:
        """Lay out a card for each genre."""
        for card in self.cards:
            self._list.removeWidget(card)
            card.setParent(None)
            card.deleteLater()
        self._genres = genres
        self.cards = []
        for place, genre in enumerate(genres):
            card = SampleCard(genre)
            card.picture.set_colour_map(self._map)
            card.toggled.connect(lambda card=card: self.toggled.emit(card.sample))
            card.sought.connect(lambda at, card=card: self.sought.emit(card.sample, at))
            self._list.insertWidget(place, card)
            self.cards.append(card)

    def set_colour_map(self, name: str) -> None:
        """Draw with these colours."""
        self._map = name
        for card in self.cards:
            card.picture.set_colour_map(name)

    # -- what comes --------------------------------------------------------------------

    def add(self, sample: Sample) -> None:
        """A piece has been made; an epoch is offered once all its pieces are there."""
        if sample.genre not in self._genres:
            self._deal((sample.genre,))
        of_epoch = self._samples.setdefault(sample.epoch, {})
        of_epoch[sample.genre] = sample
        if len(of_epoch) == len(self._genres):
            self._offer(sample.epoch)

    def mark_best(self, epoch: int) -> None:
        """Mark the epoch that would be kept of all so far."""
        before, self._best = self._best, epoch
        for number in (before, epoch):
            place = self.chooser.findData(number)
            if place >= 0:
                self.chooser.setItemText(place, self._title(number))

    def _offer(self, epoch: int) -> None:
        if self.chooser.findData(epoch) < 0:
            self.chooser.insertItem(0, self._title(epoch), epoch)
        self.chooser.show()
        self._follow()

    def _title(self, epoch: int) -> str:
        return f"Epoch {epoch}, best" if epoch == self._best else f"Epoch {epoch}"

    def _follow(self) -> None:
        """Show the newest, unless an earlier one was chosen or one is being listened to."""
        if self._follows and self._playing is None and self.chooser.count():
            with QSignalBlocker(self.chooser):
                self.chooser.setCurrentIndex(0)
            self._timer.start()

    # -- what is shown -----------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """Epoch whose pieces are shown; 0 if there are none."""
        return int(self.chooser.currentData() or 0)

    def _on_chosen(self, place: int) -> None:
        self._follows = place == 0
        self.left.emit()
        self._show()

    def _show(self) -> None:
        found = self._samples.get(self.epoch, {})
        for card in self.cards:
            sample = found.get(card.genre)
            # A training that goes on may have written the same file anew.
            if sample is not card.sample:
                card.show_sample(sample)
        seconds = max((card.duration_s for card in self.cards), default=0.0)
        self._about.set_text(f"{seconds:.0f} seconds, from the same noise after every epoch.")

    def show_playing(self, sample: Sample | None) -> None:
        """Mark the piece that is played; none for silence."""
        self._playing = sample
        for card in self.cards:
            card.set_playing(sample is not None and card.sample == sample)
        self._follow()

    def show_position(self, sample: Sample | None, seconds: float = 0.0) -> None:
        """Show the position of playback; none for nowhere."""
        for card in self.cards:
            is_heard = sample is not None and card.sample == sample
            card.set_position(seconds if is_heard else None)

    def duration_of(self, sample: Sample) -> float:
        """Return the length of a piece that is shown."""
        return next((card.duration_s for card in self.cards if card.sample == sample), 0.0)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.left.emit()
