"""What a library remembers beside its files; libraries of older versions have no such table."""

from __future__ import annotations

import sqlite3

TAG_ENCODING = "tag_encoding"
_TABLE = "CREATE TABLE IF NOT EXISTS options (name TEXT PRIMARY KEY, value TEXT NOT NULL)"


def read(connection: sqlite3.Connection, name: str, default: str) -> str:
    """What was chosen, or the default."""
    known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'options'"
    if connection.execute(known).fetchone() is None:
        return default
    found = connection.execute("SELECT value FROM options WHERE name = ?", (name,)).fetchone()
    return default if found is None else str(found[0])


def write(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Remember a choice, within the caller's transaction."""
    connection.execute(_TABLE)
    connection.execute("INSERT OR REPLACE INTO options(name, value) VALUES (?, ?)", (name, value))
