"""Line icons that take the colour of the text around them."""

from __future__ import annotations

from functools import cache, lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from fstmuse_gui.identity import app_icon_path, assets_folder
from fstmuse_gui.theme import current_colours


def icon(name: str, role: str = "text") -> QIcon:
    """The icon ``assets/icons/<name>.svg``, drawn in the theme's colour ``role``."""
    return QIcon(_TintedEngine(name, role))


def app_icon() -> QIcon:
    """The program's own icon."""
    return QIcon(str(app_icon_path()))


def draw_icon(painter: QPainter, name: str, rect: QRectF, colour: QColor) -> None:
    """Paint an icon into ``rect``, centred and undistorted."""
    side = min(rect.width(), rect.height())
    square = QRectF(0, 0, side, side)
    square.moveCenter(QPointF(rect.center()))
    opacity = painter.opacity()
    painter.setOpacity(opacity * colour.alphaF())
    _renderer(name, colour.name()).render(painter, square)
    painter.setOpacity(opacity)


def read_icons() -> None:
    """Read every icon's file, on any thread.

    A page that shows new icons would else read them while it is painted, and each reading
    lets other threads go first.
    """
    for file in (assets_folder() / "icons").glob("*.svg"):
        _text(file.stem)


@cache
def _text(name: str) -> str:
    return (assets_folder() / "icons" / f"{name}.svg").read_text("utf-8")


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(_text(name).replace("currentColor", colour).encode())


class _TintedEngine(QIconEngine):
    """Paints with the theme's colour at the time of painting, so a new theme needs no reload."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def clone(self) -> QIconEngine:
        return _TintedEngine(self._name, self._role)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colour = QColor(getattr(current_colours(), self._role))
        if mode == QIcon.Mode.Disabled:
            colour = QColor(current_colours().muted)
            colour.setAlphaF(0.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_icon(painter, self._name, QRectF(rect), colour)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return QPixmap.fromImage(image)
