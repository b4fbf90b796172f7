"""Bars and sections of a take, below its picture: to see, to go to, to loop, to make anew."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QSizePolicy, QWidget

from fstmuse_core.generate.groove import Groove
from fstmuse_gui.plain import caption, set_tip
from fstmuse_gui.theme import GRID, current_colours, scaled_font
from fstmuse_gui.widgets.drops import drag_file

_HEIGHT = 22
_CORNER = 4.0
# Nearer lines of bars would be a grey band.
_LEAST_BAR = 5.0
# How much of the accent colour each letter has, of 255: A is quiet, and neighbours differ.
_TINTS = (34, 92, 150, 62, 120, 178, 48, 106)
_ARROWS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


@dataclass(frozen=True)
class Section:
    """A section of a take: its letter, its place in seconds, its first and last bar from 1."""

    letter: str
    start_s: float
    end_s: float
    first_bar: int
    last_bar: int

    @property
    def name(self) -> str:
        """``A, bars 1 to 4``."""
        if self.first_bar == self.last_bar:
            return f"{self.letter}, bar {self.first_bar}"
        return f"{self.letter}, bars {self.first_bar} to {self.last_bar}"


def sections_of(groove: Groove, seconds: float) -> list[Section]:
    """Sections of a clip that may end before all its bars are over."""
    bar_s = groove.seconds / groove.bars
    found = []
    for letter, start, end in groove.sections():
        end = min(end, seconds)
        if end - start > 1e-6:
            first = round(start / bar_s) + 1
            last = max(first, math.ceil(end / bar_s - 1e-6))
            found.append(Section(letter, start, end, first, last))
    return found


class SectionRuler(QWidget):
    """Thin ruler with a band for each section and a line for each bar.

    Signals
    -------
    seek_requested(float)
        Go to this second.
    loop_requested(object)
        Play this :class:`Section` again and again; ``None`` ends it.
    renew_requested(str)
        Make the sections of this letter anew, and keep the others.
    """

    seek_requested = Signal(float)
    loop_requested = Signal(object)
    renew_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sections")
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMouseTracking(True)
        self.sections: list[Section] = []
        self._bar_s = 1.0
        self._range = (0.0, 1.0)
        self._looped: tuple[float, float] | None = None
        self.file_of: Callable[[Section], Path | None] = lambda _section: None
        self._pressed_at: QPointF | None = None
        self._current = -1  # that the pointer or the keys are on
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    # -- what is shown -----------------------------------------------------------------

    def show_groove(self, groove: Groove | None, seconds: float) -> None:
        """Show the bars of a take; nothing for one without a beat."""
        self.sections = [] if groove is None else sections_of(groove, seconds)
        self._bar_s = 1.0 if groove is None else groove.seconds / groove.bars
        self._current = -1
        self.setVisible(groove is not None)
        spoken = ", ".join(section.name for section in self.sections)
        self.setAccessibleDescription(spoken)
        self.update()

    def set_range(self, start_s: float, end_s: float) -> None:
        """Tell what the picture above shows of it."""
        self._range = (start_s, end_s)
        self.update()

    def show_loop(self, part: tuple[float, float] | None) -> None:
        """Mark the part that is looped."""
        self._looped = part
        self.update()

    # -- painting ----------------------------------------------------------------------

    def _x(self, seconds: float) -> float:
        start, end = self._range
        return (seconds - start) / max(1e-9, end - start) * self.width()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, section in enumerate(self.sections):
            self._draw_section(painter, place, section)
        self._draw_bars(painter)
        painter.end()

    def _draw_section(self, painter: QPainter, place: int, section: Section) -> None:
        colours = current_colours()
        left, right = self._x(section.start_s), self._x(section.end_s)
        if right < 0 or left > self.width():
            return
        band = QRectF(left + 0.5, 1.0, right - left - 1.0, self.height() - 2.0)
        fill = QColor(colours.accent)
        fill.setAlpha(_TINTS[ord(section.letter) - ord("A")])
        is_looped = self._looped is not None and self._looped == (section.start_s, section.end_s)
        is_current = place == self._current
        painter.setPen(QColor(colours.accent) if is_current or is_looped else Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(band, _CORNER, _CORNER)
        # The letter stays in view while any of its section is.
        seen = band.intersected(QRectF(self.rect()))
        painter.setPen(QColor(colours.text))
        painter.setFont(scaled_font(self.font(), 0.9, QFont.Weight.DemiBold))
        mark = "  \N{CLOCKWISE OPEN CIRCLE ARROW}" if is_looped else ""
        inside = seen.adjusted(GRID, 0.0, -2.0, 0.0)
        if painter.fontMetrics().horizontalAdvance(section.letter) <= inside.width():
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(inside, flags, section.letter + mark)

    def _draw_bars(self, painter: QPainter) -> None:
        if not self.sections or self._x(self._bar_s) - self._x(0.0) < _LEAST_BAR:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        line = QColor(current_colours().text)
        line.setAlpha(70)
        starts = {section.first_bar for section in self.sections}
        for bar in range(2, self.sections[-1].last_bar + 1):
            x = round(self._x((bar - 1) * self._bar_s))
            if bar not in starts and 0 <= x < self.width():
                painter.fillRect(QRectF(x, self.height() - 8.0, 1.0, 6.0), line)

    # -- pointer and keys --------------------------------------------------------------

    def _at(self, x: float) -> int:
        return next(
            (
                place
                for place, section in enumerate(self.sections)
                if self._x(section.start_s) <= x < self._x(section.end_s)
            ),
            -1,
        )

    def _go_to(self, place: int) -> None:
        if place == self._current:
            return
        self._current = place
        name = f"Section {self.sections[place].name}: " if place >= 0 else ""
        set_tip(self, name and f"{name}click for more, or drag it out")
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        start = self._pressed_at
        if start is None or not event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(self._at(event.position().x()))
        elif (event.position() - start).manhattanLength() >= QApplication.startDragDistance():
            self._pressed_at = None
            self._drag()

    def _drag(self) -> None:
        """Let the section that was pressed be dragged out as a file."""
        section = self.sections[self._current] if self._current >= 0 else None
        path = None if section is None else self.file_of(section)
        if section is not None and path is not None:
            left, right = (round(self._x(at)) for at in (section.start_s, section.end_s))
            band = QRect(left, 0, right - left, self.height()).intersected(self.rect())
            drag_file(self, path, self.grab(band), QPoint(band.width() // 2, self.height() // 2))

    def leaveEvent(self, event: QEvent) -> None:
        self._go_to(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go_to(self._at(event.position().x()))
        is_left = event.button() == Qt.MouseButton.LeftButton
        self._pressed_at = event.position() if is_left else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_pressed, self._pressed_at = self._pressed_at is not None, None
        if was_pressed and self.rect().contains(event.position().toPoint()):
            self._open_menu(event.globalPosition().toPoint())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            self._go_to(self._at(event.pos().x()))
        self._open_menu(event.globalPos())

    def event(self, event: QEvent) -> bool:
        # The arrows move through the sections here, not through the sound.
        is_arrow = isinstance(event, QKeyEvent) and event.key() in _ARROWS
        if is_arrow and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _ARROWS.get(event.key())
        if step is not None and self.sections:
            self._go_to(min(max(0, self._current + step), len(self.sections) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            left = max(0.0, self._x(self.sections[self._current].start_s))
            self._open_menu(self.mapToGlobal(QPoint(round(left), self.height())))
        else:
            super().keyPressEvent(event)

    def _open_menu(self, where: QPoint) -> None:
        if self._current >= 0:
            menu = self.menu_of(self.sections[self._current])
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(where)

    def menu_of(self, section: Section) -> QMenu:
        """Menu of what can be done with a section."""
        menu = QMenu(self)
        menu.addSection(caption(section.name))
        menu.addAction("&Play from here", lambda: self.seek_requested.emit(section.start_s))
        if self._looped == (section.start_s, section.end_s):
            menu.addAction("&Loop no longer", lambda: self.loop_requested.emit(None))
        else:
            menu.addAction(f"&Loop {section.letter}", lambda: self.loop_requested.emit(section))
        others = {other.letter for other in self.sections} - {section.letter}
        kept = f", keep {' and '.join(sorted(others))}" if others else ""
        menu.addAction(
            f"&Another {section.letter}{kept}",
            lambda: self.renew_requested.emit(section.letter),
        )
        return menu


def describe(groove: Groove) -> str:
    """``124 bpm, AABA, loop`` for a list or a title."""
    parts = [f"{groove.bpm:.4g} bpm", groove.form[: math.ceil(groove.bars / 4)] or groove.form]
    if groove.loop:
        parts.append("loop")
    if groove.renewed:
        parts.append(f"new {' and '.join(sorted(groove.renewed))}")
    return ", ".join(parts)


def renewed_seeds(groove: Groove) -> str:
    """``, B 91`` for a section that is made from another seed; tells one new B from the next."""
    return "".join(f", {letter} {seed}" for letter, seed in sorted(groove.renewed.items()))
