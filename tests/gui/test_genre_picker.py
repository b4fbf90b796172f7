"""Choosing a genre from a list that is found by typing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from fstmuse_core.tags.genres import ALL_GENRES
from fstmuse_gui.widgets.genre_picker import GenrePicker, matching
from tests.gui.fakes import GENRES


@pytest.fixture
def picker(qtbot: QtBot) -> Iterator[GenrePicker]:
    """Picker that hangs from a button, with the genres of the larger model first."""
    button = QPushButton("Correct")
    qtbot.addWidget(button)
    with qtbot.waitExposed(button):
        button.show()
    found = GenrePicker(button)
    found.pop_up(button, GENRES, "")
    yield found
    found.hide()


def button_of(picker: GenrePicker) -> QWidget:
    button = picker.parentWidget()
    assert button is not None
    return button


def texts(picker: GenrePicker) -> list[str]:
    return [picker.list.item(row).text() for row in range(picker.list.count())]


@pytest.mark.parametrize(
    ("typed", "meant"), [("Zouk", "Zouk"), ("  Кизомба ", "Кизомба"), ("<b>x", "\u2039b\u203ax")]
)
def test_any_genre_can_be_named(picker: GenrePicker, qtbot: QtBot, typed: str, meant: str) -> None:
    picker.field.setText(typed)
    assert texts(picker) == [f"New genre: {meant}"]
    assert picker.hint == ""
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(picker.field, Qt.Key.Key_Return)
    assert chosen.args == [meant]


@pytest.mark.parametrize("typed", ["   ", "x" * 81])
def test_what_cannot_be_shown_is_no_genre(picker: GenrePicker, qtbot: QtBot, typed: str) -> None:
    picker.field.setText(typed)
    assert not any(text.startswith("New genre") for text in texts(picker))
    assert ("80 letters at most" in picker.hint) is bool(typed.strip())


def test_a_slip_is_not_taken_for_granted(picker: GenrePicker, qtbot: QtBot) -> None:
    qtbot.keyClicks(picker.field, "regae")
    assert picker.hint == "'regae' is not known. Do you mean this?"
    assert texts(picker) == ["Reggae", "New genre: regae"]


def test_a_genre_that_was_said_before_is_offered_once(picker: GenrePicker) -> None:
    picker.said = ("Zouk", "Rock")
    picker.pop_up(button_of(picker), GENRES, "Zouk")
    assert texts(picker)[7:9] == ["Other genres", "Zouk"]
    assert len(texts(picker)) == len(set(texts(picker)))
    assert picker.list.currentItem().text() == "Zouk"
    picker.field.setText("zouk")
    assert texts(picker) == ["Zouk"]


def test_the_own_genres_come_first(picker: GenrePicker) -> None:
    assert texts(picker)[:7] == list(GENRES)
    assert texts(picker)[7] == "Other genres"
    assert texts(picker)[8:] == [genre for genre in ALL_GENRES if genre not in GENRES]


def test_what_is_in_force_is_chosen_at_first(picker: GenrePicker) -> None:
    picker.pop_up(button_of(picker), GENRES, "Blues")
    assert picker.list.currentItem().text() == "Blues"


def test_the_list_is_walked_with_the_arrow_keys(picker: GenrePicker, qtbot: QtBot) -> None:
    for _ in range(7):
        qtbot.keyClick(picker.field, Qt.Key.Key_Down)
    assert picker.list.currentItem().text() == ALL_GENRES[0], "the heading is passed over"
    qtbot.keyClick(picker.field, Qt.Key.Key_Up)
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(picker.field, Qt.Key.Key_Return)
    assert chosen.args == ["Punk"]
    assert not picker.isVisible()


def test_a_click_chooses(picker: GenrePicker, qtbot: QtBot) -> None:
    place = picker.list.visualItemRect(picker.list.item(2)).center()
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.mouseClick(picker.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["Rock"]


def test_the_heading_is_no_genre(picker: GenrePicker, qtbot: QtBot) -> None:
    heading = picker.list.item(7)
    picker.list.scrollToItem(heading)
    place = picker.list.visualItemRect(heading).center()
    with qtbot.assertNotEmitted(picker.chosen):
        qtbot.mouseClick(picker.list.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_escape_leaves_it(picker: GenrePicker, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(picker.chosen):
        qtbot.keyClick(picker, Qt.Key.Key_Escape)
    assert not picker.isVisible()


def test_it_stays_on_the_screen(picker: GenrePicker) -> None:
    button = button_of(picker)
    room = button.screen().availableGeometry()
    for corner in (room.topLeft(), room.bottomRight(), room.topRight()):
        button.move(corner)
        picker.pop_up(button, GENRES, "")
        assert room.contains(picker.geometry())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", list(GENRES)),
        ("ro", ["Rock", "Electronic"]),
        ("hiphop", ["Hip-Hop"]),
        ("TRAP", ["Hip-Hop"]),
        ("rok", ["Rock"]),
        ("%", []),
    ],
)
def test_what_a_text_may_mean(text: str, found: list[str]) -> None:
    assert matching(text, GENRES) == found
