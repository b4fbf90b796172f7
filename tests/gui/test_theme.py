"""Light, dark, and what can be read in them."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.tags.genres import FST_MUSE_GENRES
from fstmuse_gui.theme import (
    DARK,
    LIGHT,
    Colours,
    ThemeController,
    app_icon,
    assets_folder,
    current_colours,
    genre_colour,
    icon,
    style_sheet,
)


def _luminance(name: str) -> float:
    colour = QColor(name)
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["window", "sidebar", "surface", "tint"])
@pytest.mark.parametrize("ink", ["text", "muted", "danger"])
def test_text_can_be_read_on_every_ground(colours: Colours, ground: str, ink: str) -> None:
    assert _contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_accent_can_be_seen_and_written_on(colours: Colours) -> None:
    assert _contrast(colours.on_accent, colours.accent) >= 4.5
    assert _contrast(colours.accent, colours.window) >= 3.0  # focus rings


def test_a_choice_dresses_the_application(theme: ThemeController, qtbot: QtBot) -> None:
    theme.choose("light")
    with qtbot.waitSignal(theme.changed):
        theme.choose("dark")
    assert current_colours() is DARK
    theme.choose("light")
    assert current_colours() is LIGHT


def test_the_system_is_followed_when_asked(theme: ThemeController, qapp: QApplication) -> None:
    theme.choose("dark")
    theme.choose("system")
    assert current_colours().is_dark == (qapp.styleHints().colorScheme().name == "Dark")


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_style_sheet_is_filled_in(colours: Colours) -> None:
    sheet = style_sheet(colours, QFont())
    assert "$" not in sheet
    assert colours.accent in sheet


@pytest.mark.parametrize("path", sorted(p.stem for p in assets_folder().glob("icons/*.svg")))
def test_every_icon_draws_something(path: str, theme: ThemeController) -> None:
    theme.choose("light")
    image = icon(path).pixmap(32, 32).toImage()
    drawn = sum(image.pixelColor(x, y).alpha() > 64 for x in range(32) for y in range(32))
    assert drawn > 20


def test_icons_take_the_theme_of_the_moment(theme: ThemeController) -> None:
    sign = icon("record")
    theme.choose("light")
    light = sign.pixmap(24, 24).toImage().pixelColor(12, 12)
    theme.choose("dark")
    dark = sign.pixmap(24, 24).toImage().pixelColor(12, 12)
    assert light.lightness() < 80 < 180 < dark.lightness()


def test_the_program_has_an_icon(qapp: QApplication) -> None:
    assert not app_icon().pixmap(64, 64).isNull()


def colour_of(genre: str, is_dark: bool) -> tuple[int, int, int]:
    colour = genre_colour(genre, is_dark)
    return colour.red(), colour.green(), colour.blue()


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_genres_of_a_model_look_different(is_dark: bool) -> None:
    colours = [colour_of(genre, is_dark) for genre in FST_MUSE_GENRES]
    for index, first in enumerate(colours):
        for second in colours[index + 1 :]:
            difference = sum(abs(a - b) for a, b in zip(first, second, strict=True))
            assert difference > 45
