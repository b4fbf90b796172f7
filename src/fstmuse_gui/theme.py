"""Appearance: one accent, one typeface, an 8-pixel grid and line icons, in light and in dark."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QImage,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

GRID = 8
RADIUS = 8
MIN_FONT_PX = 13
MAX_FONT_PX = 20
# Faces drawn for user interfaces, then those a bare Linux has.
_LINUX_FACES = (
    "Inter",
    "Inter Variable",
    "Adwaita Sans",
    "Cantarell",
    "Ubuntu",
    "Noto Sans",
    "Roboto",
    "Open Sans",
    "Nimbus Sans",
    "DejaVu Sans",
)
_VAGUE_FACES = ("Sans Serif", "Sans", "sans-serif", "")
# Hue of each genre in OKLCH degrees. The seven of FstMuse stand well apart; the others fill
# the gaps, paler.
_GENRE_HUES = {
    "Pop": 355.0,
    "Jazz": 258.0,
    "Rock": 32.0,
    "Folk": 142.0,
    "Hip-Hop": 305.0,
    "Electronic": 205.0,
    "Punk": 88.0,
}


def assets_folder() -> Path:
    """Icons and style sheets: inside the wheel, or at the top of a checkout."""
    packaged = Path(__file__).parent / "_assets"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "assets"


def app_icon_path() -> Path:
    """The program's icon, an SVG."""
    return assets_folder() / "fstmuse.svg"


@dataclass(frozen=True)
class Colours:
    """Colours of the window, as ``#rrggbb``."""

    window: str
    sidebar: str
    surface: str
    raised: str
    border: str
    border_strong: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    tint: str
    track: str
    danger: str
    warning: str
    is_dark: bool


LIGHT = Colours(
    window="#f6f4f0",
    sidebar="#fbfaf8",
    surface="#ffffff",
    raised="#fbfaf8",
    border="#e5e0d8",
    border_strong="#cfc8bd",
    text="#1f1c19",
    muted="#6a645b",
    accent="#0b7771",
    accent_hover="#09655f",
    on_accent="#ffffff",
    tint="#e3f0ee",
    track="#ece8e1",
    danger="#bf352b",
    warning="#8f5b00",
    is_dark=False,
)
DARK = Colours(
    window="#151516",
    sidebar="#1a1a1c",
    surface="#202023",
    raised="#262629",
    border="#303033",
    border_strong="#46464b",
    text="#eeece8",
    muted="#a29e97",
    accent="#46cabc",
    accent_hover="#67d8cc",
    on_accent="#06201d",
    tint="#1c3330",
    track="#2d2d30",
    danger="#ff7a6b",
    warning="#e9b25c",
    is_dark=True,
)


def current_colours() -> Colours:
    """The colours in force."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if window.lightness() < 128 else LIGHT


def palette_for(colours: Colours) -> QPalette:
    """A Qt palette of these colours."""
    role = QPalette.ColorRole
    palette = QPalette()
    for where, colour in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.raised,
        role.Text: colours.text,
        role.Button: colours.surface,
        role.ButtonText: colours.text,
        role.BrightText: colours.danger,
        role.PlaceholderText: colours.muted,
        role.ToolTipBase: colours.text,
        role.ToolTipText: colours.window,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.Mid: colours.border,
        role.Dark: colours.border_strong,
        role.Light: colours.raised,
        role.Midlight: colours.track,
    }.items():
        palette.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText):
        faded = QColor(colours.muted)
        faded.setAlphaF(0.55)
        palette.setColor(QPalette.ColorGroup.Disabled, where, faded)
    return palette


def base_font(app: QApplication) -> QFont:
    """The system's interface face with figures of equal width, never below 13 pixels."""
    system = app.font()
    font = QFont(system)
    if system.family() in _VAGUE_FACES:
        font.setFamilies(list(_LINUX_FACES))
    font.setPixelSize(max(MIN_FONT_PX, min(MAX_FONT_PX, QFontInfo(system).pixelSize())))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def scaled_font(font: QFont, factor: float, weight: QFont.Weight | None = None) -> QFont:
    """``font`` in another size, rounded to whole pixels."""
    result = QFont(font)
    result.setPixelSize(max(10, round(QFontInfo(font).pixelSize() * factor)))
    if weight is not None:
        result.setWeight(weight)
    return result


class ThemeController(QObject):
    """Dresses the application and keeps it in step with the system when asked to.

    Signals
    -------
    changed()
        The colours have changed.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice = "system"
        self._dressed: Colours | None = None
        self._font = base_font(app)
        app.setStyle(QStyleFactory.create("Fusion"))
        app.setFont(self._font)
        app.styleHints().colorSchemeChanged.connect(self._dress)

    @property
    def choice(self) -> str:
        """Theme as chosen: "system", "light" or "dark"."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Use "light" or "dark", or follow the "system"."""
        self._choice = choice
        hints = self._app.styleHints()
        if choice == "system":
            hints.unsetColorScheme()
        else:
            scheme = Qt.ColorScheme.Dark if choice == "dark" else Qt.ColorScheme.Light
            hints.setColorScheme(scheme)
        self._dress()

    def _dress(self, _scheme: Qt.ColorScheme | None = None) -> None:
        dark = self._choice == "dark" or (
            self._choice == "system" and self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        colours = DARK if dark else LIGHT
        if colours is self._dressed:
            return
        self._dressed = colours
        self._app.setPalette(palette_for(colours))
        self._app.setStyleSheet(style_sheet(colours, self._font))
        self.changed.emit()


def style_sheet(colours: Colours, font: QFont) -> str:
    """``assets/style.qss`` filled in."""
    folder = assets_folder()
    base = QFontInfo(font).pixelSize()
    values = {key: str(value) for key, value in asdict(colours).items()}
    values.update(
        icons=(folder / "icons").as_posix(),
        small=f"{max(11, base - 1)}px",
        control=f"{max(32, base + 18)}px",
    )
    return Template((folder / "style.qss").read_text("utf-8")).substitute(values)


@lru_cache(maxsize=128)
def genre_colour(genre: str, is_dark: bool) -> QColor:
    """The colour that stands for ``genre`` wherever it is drawn."""
    known = genre in _GENRE_HUES
    hue = _GENRE_HUES[genre] if known else (sum(genre.encode()) * 47.0 + 18.0) % 360.0
    lightness = 0.66 if is_dark else 0.70
    return _oklch(lightness, 0.10 if known else 0.06, hue)


def _oklch(lightness: float, chroma: float, hue: float) -> QColor:
    """OKLCH to sRGB (Ottosson, "A perceptual color space for image processing", 2020)."""
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return QColor.fromRgbF(*(_gamma(min(1.0, max(0.0, value))) for value in linear))


def _gamma(value: float) -> float:
    if value <= 0.0031308:
        return 12.92 * value
    return min(1.0, 1.055 * value ** (1 / 2.4) - 0.055)


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
