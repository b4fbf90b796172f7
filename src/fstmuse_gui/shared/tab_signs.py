"""Signs beside the titles of tabs: a ring that fills, done, trouble."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QTabWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.plain import tip
from fstmuse_gui.shared.tabs import SignKind, TabSign
from fstmuse_gui.theme import current_colours

_FULL_CIRCLE = 360 * 16


class TabSigns:
    """Shows signs on the tabs of a widget.

    A tab's icon is set once: each new one would lay out and paint the whole window anew, and
    a training tells of a hundred steps. The ring is only painted again.
    """

    def __init__(self, tabs: QTabWidget) -> None:
        self._tabs = tabs
        self._rings: dict[int, _Share] = {}
        tabs.setIconSize(QSize(16, 16))

    def show(self, index: int, sign: TabSign | None) -> None:
        """Let this stand beside the title of a tab; ``None`` for nothing."""
        title, said = self._tabs.tabText(index), sign.text if sign is not None else ""
        bar = self._tabs.tabBar()
        if sign is None or sign.kind is not SignKind.BUSY:
            self._rings.pop(index, None)
            self._tabs.setTabIcon(index, _still(sign))
        elif index in self._rings:
            self._rings[index].value = sign.share
            bar.update(bar.tabRect(index))
        else:
            self._rings[index] = _Share(sign.share)
            self._tabs.setTabIcon(index, QIcon(_Ring(self._rings[index])))
        self._tabs.setTabToolTip(index, tip(said))
        bar.setAccessibleTabName(index, f"{title}: {said}" if said else title)


def _still(sign: TabSign | None) -> QIcon:
    if sign is None:
        return QIcon()
    done = sign.kind is SignKind.DONE
    return icon("done" if done else "warning", "accent" if done else "warning")


@dataclass
class _Share:
    value: float


class _Ring(QIconEngine):
    """Ring filled clockwise from the top, in the colours of the theme in force."""

    def __init__(self, share: _Share) -> None:
        super().__init__()
        self._share = share

    def clone(self) -> QIconEngine:
        return _Ring(self._share)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colours = current_colours()
        width = rect.width() / 7
        circle = QRectF(rect).adjusted(width, width, -width, -width)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        filled = min(1.0, max(0.0, self._share.value))
        for colour, share in ((colours.border_strong, 1.0), (colours.accent, filled)):
            pen = QPen(QColor(colour), width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawArc(circle, _FULL_CIRCLE // 4, -round(share * _FULL_CIRCLE))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return QPixmap.fromImage(image)
