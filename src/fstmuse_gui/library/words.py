"""Words of the Library tab."""

from __future__ import annotations

import os
from pathlib import Path

from fstmuse_core.library.catalogue import NOT_SURE, Column, VerdictFilter, shown_genre, shown_title
from fstmuse_core.library.rows import LibraryRow, State
from fstmuse_core.system.errors import one_line
from fstmuse_gui.plain import percent

GAP = "  \N{MIDDLE DOT}  "
MORE = "\N{HORIZONTAL ELLIPSIS}"

# Heading and its tool tip.
HEADINGS: dict[Column, tuple[str, str]] = {
    Column.TITLE: ("Title", "From the file's tags, or its name"),
    Column.ARTIST: ("Artist", "From the file's tags"),
    Column.GENRE: ("Genre", "What you say, or else what the model says"),
    Column.SURE: ("Sure", "How likely the model's best genre is"),
    Column.TAG: ("In the file", "The genre that stands in the file's tags"),
    Column.FOLDER: ("Folder", "Where the file lies"),
    Column.NEAR: ("Near", "How near its sound is; 100 % is the same sound"),
}

STATES: dict[State, str] = {
    State.WAITING: "Waiting",
    State.WORKING: "Listening",
    State.DONE: "Done",
    State.FAILED: "Could not be heard",
    State.SKIPPED: "Left out",
    State.GONE: "No longer there",
}

STANDINGS: dict[VerdictFilter, str] = {
    VerdictFilter.ANY: "Any verdict",
    VerdictFilter.SURE: "Sure",
    VerdictFilter.UNSURE: "Not sure",
    VerdictFilter.OPEN: "Not looked at yet",
    VerdictFilter.REVIEWED: "Looked at",
    VerdictFilter.DIFFERS: "Unlike the file's tag",
}

# From, to, and what is said of it.
CONFIDENCES: tuple[tuple[tuple[float, float], str], ...] = (
    ((0.0, 1.0), "Any score"),
    ((0.0, 0.4), "Below 40 %"),
    ((0.4, 0.6), "40 to 60 %"),
    ((0.6, 0.8), "60 to 80 %"),
    ((0.8, 1.0), "80 % and above"),
)


def folder_name(path: str) -> str:
    """The last part of a folder's path."""
    return one_line(os.path.basename(path.rstrip("/\\")) or path)


def short_folder(path: str) -> str:
    """The folder of a file with the home folder as ``~``."""
    folder = os.path.dirname(path)
    home = str(Path.home())
    return "~" + folder[len(home) :] if folder.startswith(home + os.sep) else folder


def genre_text(row: LibraryRow) -> str:
    """Text of the genre column: before an answer, the state."""
    genre = shown_genre(row)
    if genre == NOT_SURE and row.genre:
        return f"{row.genre}?"
    return genre or STATES[row.state]


def _plain(text: str) -> str:
    """Return the text in one line; most are, and that is quick to check."""
    return text if text.isprintable() else one_line(text)


def cell_text(row: LibraryRow, column: Column) -> str:
    """Text of a cell."""
    if column is Column.TITLE:
        return _plain(shown_title(row))
    if column is Column.GENRE:
        return genre_text(row)
    if column is Column.SURE:
        return percent(row.confidence) if row.verdict else ""
    if column is Column.FOLDER:
        return _plain(short_folder(row.path))
    if column is Column.NEAR:
        return ""  # it is not the file's own: the list that is shown tells
    return _plain(row.artist if column is Column.ARTIST else row.tag_genre)


def spoken_row(row: LibraryRow) -> str:
    """Text of the whole row for a screen reader."""
    artist = f" by {row.artist}" if row.artist else ""
    said = row.verdict or STATES[row.state]
    if row.review_genre is not None:
        said = f"you said {row.review_genre}"
    why = f": {row.error}" if row.error else ""
    return one_line(f"{shown_title(row)}{artist}, {said}{why}")


def tool_tip(row: LibraryRow, column: Column) -> str:
    """Tool tip of a cell, which holds more than the cell can."""
    if column is Column.GENRE:
        if row.error:
            return one_line(row.error)
        if row.review_genre is not None:
            return f"You said {row.review_genre}. The model: {row.verdict or 'nothing yet'}"
        return row.verdict or STATES[row.state]
    if column in (Column.TITLE, Column.FOLDER):
        return one_line(row.path)
    return cell_text(row, column)
