"""Measures of sounds as the library keeps them: tempo, key, loudness and energy."""

from __future__ import annotations

import sqlite3
from dataclasses import astuple

from fstmuse_core.audio.measures import METHOD, Measures

# Sounds of the library's files that were heard, and not measured by this method.
_LACKING = """
SELECT count(DISTINCT f.content) FROM files f WHERE f.folder_id IS NOT NULL
    AND f.state NOT IN ('gone', 'skipped') AND f.content IN (SELECT content FROM results)
    AND NOT EXISTS (SELECT 1 FROM measures m WHERE m.content = f.content AND m.method >= ?)
"""


def keep_measures(connection: sqlite3.Connection, content: str, measures: Measures) -> None:
    """Keep the measures of a sound."""
    connection.execute(
        "INSERT OR REPLACE INTO measures(content, method, bpm, steadiness, key, margin, "
        "loudness, peak, energy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (content, METHOD, *astuple(measures)),
    )


def has_measures(connection: sqlite3.Connection, content: str) -> bool:
    """True if a sound was measured by this method or a newer one."""
    query = "SELECT 1 FROM measures WHERE content = ? AND method >= ?"
    return connection.execute(query, (content, METHOD)).fetchone() is not None


def count_unmeasured(connection: sqlite3.Connection) -> int:
    """Number of sounds that were heard and not measured by this method."""
    return int(connection.execute(_LACKING, (METHOD,)).fetchone()[0])
