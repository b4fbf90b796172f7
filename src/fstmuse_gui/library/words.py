"""Words of the Library tab."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from fstmuse_core.audio.measures import track_gain
from fstmuse_core.library.catalogue import NOT_SURE, Column, VerdictFilter, shown_genre, shown_title
from fstmuse_core.library.rows import LibraryRow, State, key_words, tempo_words
from fstmuse_core.system.errors import one_line
from fstmuse_gui.plain import percent

GAP = "  \N{MIDDLE DOT}  "
MORE = "\N{HORIZONTAL ELLIPSIS}"

# Heading and its tool tip.
HEADINGS: dict[Column, tuple[str, str]] = {
    Column.TITLE: ("Title", "From the file's tags, or its name"),
    Column.ARTIST: ("Artist", "From the file's tags"),
    Column.GENRE: ("Genre", "What you say, or else what the model says"),
    Column.SURE: (
        "Score",
        "Probability of the likeliest genre. FstMuse is sure if it also knows such music and hears "
        "no speech: so 64 % may be unsure where 47 % is sure",
    ),
    Column.TAG: ("In the file", "The genre that stands in the file's tags"),
    Column.FOLDER: ("Folder", "Where the file lies"),
    Column.NEAR: ("Near", "How near its sound is; 100 % is the same sound"),
    Column.ALBUM: ("Album", "From the file's tags"),
    Column.YEAR: ("Year", "From the file's tags"),
    Column.LENGTH: ("Length", "Minutes and seconds"),
    Column.BPM: ("BPM", "Beats a minute; ? where half of the song has another tempo"),
    Column.KEY: ("Key", "m is minor; ? where another key fits nearly as well"),
    Column.MOOD: ("Mood", "What the model says of its mood"),
    Column.STYLE: ("Style", "Genres and styles that the model says are true of it too"),
    Column.LOUDNESS: ("LUFS", "Loudness by EBU R 128"),
    Column.ENERGY: ("Energy", "How loud, busy and bright it is, from 0 to 100"),
    Column.FORMAT: ("Format", "How the file holds its sound"),
    Column.RATE: ("kbit/s", "Bit rate of the file"),
    Column.ADDED: ("Added", "Day when the file was found"),
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
    return _plain(_TEXTS[column](row))


# Near is not the file's own: the list that is shown tells.
_TEXTS: dict[Column, Callable[[LibraryRow], str]] = {
    Column.ARTIST: lambda row: row.artist,
    Column.TAG: lambda row: row.tag_genre,
    Column.NEAR: lambda _row: "",
    Column.ALBUM: lambda row: row.album,
    Column.YEAR: lambda row: str(row.year or ""),
    Column.LENGTH: lambda row: _length(row.seconds),
    Column.BPM: lambda row: tempo_words(row.bpm, row.steadiness) if row.bpm else "",
    Column.KEY: lambda row: key_words(row.key, row.margin) if row.key else "",
    Column.MOOD: lambda row: row.mood,
    Column.STYLE: lambda row: row.style,
    Column.LOUDNESS: lambda row: "" if row.loudness is None else f"{row.loudness:.1f}",
    Column.ENERGY: lambda row: "" if row.energy is None else f"{100 * row.energy:.0f}",
    Column.FORMAT: lambda row: row.format,
    Column.RATE: lambda row: f"{row.bit_rate / 1000:.0f}" if row.bit_rate else "",
    Column.ADDED: lambda row: row.added_at[:10],
}
# Numbers stand below one another.
ON_THE_RIGHT = frozenset(
    (Column.YEAR, Column.LENGTH, Column.BPM, Column.LOUDNESS, Column.ENERGY, Column.RATE)
)


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if not seconds:
        return ""
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


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
    if column is Column.SURE and row.verdict:
        return f"{row.genre or 'No genre'}, {percent(row.confidence)}: {row.verdict}"
    if column is Column.TITLE:
        return f"{cell_text(row, column)}\n{one_line(row.path)}"
    if column is Column.FOLDER:
        return one_line(row.path)
    if column is Column.BPM and row.bpm is not None:
        return f"{row.bpm:.1f} beats a minute in {percent(row.steadiness or 0.0)} of the song"
    if column is Column.KEY and row.key is not None:
        return (
            f"{row.key}; fits better than the next by {row.margin or 0.0:.2f}, from 0.05 on clearly"
        )
    if column is Column.LOUDNESS and row.loudness is not None:
        gain = track_gain(row.loudness)
        return f"{row.loudness:.1f} LUFS; ReplayGain would change it by {gain:+.1f} dB"
    return cell_text(row, column)
