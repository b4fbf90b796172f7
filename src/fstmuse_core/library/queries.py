"""Queries of the library's tables, and how the answers are put."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from types import UnionType
from typing import Any

from fstmuse_core.classify.result import SETTINGS, Classification
from fstmuse_core.classify.traits import Group
from fstmuse_core.library.rows import (
    Counts,
    FileScores,
    KnownModel,
    LibraryRow,
    ReviewKind,
    State,
    StoredAnswer,
    restored,
)
from fstmuse_core.system.strict_json import parse_json

FOLDERS = """
SELECT folders.id, folders.path, added_at,
    (SELECT count(*) FROM files WHERE folder_id = folders.id AND state <> 'gone')
FROM folders ORDER BY folders.path
"""
_JOINED = """
FROM files f
LEFT JOIN results r ON r.content = f.content AND r.model_id = :model
LEFT JOIN reviews v ON v.content = f.content
WHERE f.folder_id IS NOT NULL
"""
# What only rows tell, and counts do not need.
_MEASURED = _JOINED.replace("WHERE", "LEFT JOIN measures m ON m.content = f.content WHERE")
_STATE = (
    "CASE WHEN f.state = 'gone' THEN 'gone' WHEN r.content IS NOT NULL THEN 'done' ELSE f.state END"
)
# In the order of LibraryRow.
_ROWS = f"""
SELECT f.id, f.path, f.folder_id, f.size, coalesce(f.title, ''), coalesce(f.artist, ''),
    coalesce(f.album, ''), coalesce(f.tag_genre, ''), {_STATE}, r.guess,
    coalesce(r.confidence, 0.0), r.genre IS NOT NULL, r.doubt, coalesce(r.verdict, ''),
    coalesce(r.seconds, f.length), f.error, v.genre, v.kind, f.content, f.year, f.format,
    f.bit_rate, f.added_at, coalesce(r.traits, ''), m.bpm, m.steadiness, m.key, m.margin,
    m.loudness, m.peak, m.energy {_MEASURED}
"""
_COUNTS = f"""
SELECT {_STATE} AS state, count(*), sum(r.content IS NOT NULL AND r.genre IS NULL),
    sum(v.content IS NOT NULL) {_JOINED} GROUP BY 1
"""
_SCORES = f"SELECT f.id, f.path, f.content, r.scores {_JOINED} AND r.content IS NOT NULL"
_ANSWER = """
SELECT r.guess, r.confidence, r.genre, r.doubt, r.verdict, r.seconds, r.scores, r.warnings,
    r.traits, t.data, f.content
FROM files f JOIN results r ON r.content = f.content
JOIN timelines t ON t.content = r.content AND t.model_id = r.model_id
WHERE f.id = ? AND r.model_id = ?
"""
_MODELS = """
SELECT sha256, name, title, genres,
    (SELECT count(*) FROM results WHERE model_id = models.id) AS n_results
FROM models WHERE settings = ? AND n_results > 0 ORDER BY id
"""
_WORDS = {group: re.compile(rf'\["{group}", "([^"\\]+)"') for group in (Group.MOOD, Group.STYLE)}
_STATES = {state.value: state for state in State}
_KINDS: dict[str | None, ReviewKind | None] = {None: None, **{k.value: k for k in ReviewKind}}


def model_id(connection: sqlite3.Connection, model_sha: str) -> int:
    """The library's number of a model; 0 if it has classified nothing yet."""
    found = connection.execute(
        "SELECT id FROM models WHERE sha256 = ? AND settings = ?", (model_sha, SETTINGS)
    ).fetchone()
    return int(found[0]) if found else 0


def _chosen(
    connection: sqlite3.Connection,
    select: str,
    model_sha: str,
    folder_id: int | None,
    file_ids: Sequence[int] | None,
) -> sqlite3.Cursor:
    values: dict[str, object] = {"model": model_id(connection, model_sha)}
    if folder_id is not None:
        select += " AND f.folder_id = :folder"
        values["folder"] = folder_id
    if file_ids is not None:
        select += " AND f.id IN (SELECT value FROM json_each(:ids))"
        values["ids"] = json.dumps(list(file_ids))
    return connection.execute(f"{select} ORDER BY f.id", values)


def rows(
    connection: sqlite3.Connection,
    model_sha: str,
    folder_id: int | None,
    file_ids: Sequence[int] | None,
) -> list[LibraryRow]:
    """Rows, as :meth:`Library.rows` returns them."""
    decode, states, kinds = os.fsdecode, _STATES, _KINDS
    # LibraryRow._make without its check of the length: a third of the time for 50,000 rows.
    make = partial(tuple.__new__, LibraryRow)
    return [
        make(
            (
                *(v[0], decode(v[1]), *v[2:8], states[v[8]]),
                *(*v[9:11], v[11] == 1, *v[12:17], kinds[v[17]], *v[18:23]),
                *(_words(v[23], Group.MOOD), _words(v[23], Group.STYLE), *v[24:]),
            )
        )
        for v in _chosen(connection, _ROWS, model_sha, folder_id, file_ids)
    ]


def _words(traits: str, group: Group) -> str:
    # As :func:`~.rows.stored` writes them; to parse 50,000 of them would take half a second.
    return ", ".join(_WORDS[group].findall(traits)) if f'"{group}"' in traits else ""


def counts(connection: sqlite3.Connection, model_sha: str) -> Counts:
    """Counts, as :meth:`Library.counts` returns them."""
    by_state: dict[str, int] = {}
    unsure = reviewed = 0
    for state, n, n_unsure, n_reviewed in _counted(connection, model_sha):
        by_state[state] = n
        if state != State.GONE:
            unsure += n_unsure
            reviewed += n_reviewed
    return Counts(
        waiting=by_state.get(State.WAITING, 0),
        done=by_state.get(State.DONE, 0),
        failed=by_state.get(State.FAILED, 0),
        skipped=by_state.get(State.SKIPPED, 0),
        gone=by_state.get(State.GONE, 0),
        unsure=unsure,
        reviewed=reviewed,
    )


def _counted(connection: sqlite3.Connection, model_sha: str) -> list[tuple[str, int, int, int]]:
    model = {"model": model_id(connection, model_sha)}
    return connection.execute(_COUNTS, model).fetchall()


def _stored(text: Any, kind: type | UnionType) -> list[Any] | None:
    """A list that a column holds as JSON; ``None`` if it is damaged."""
    try:
        values = parse_json(text)
    except (ValueError, TypeError):
        return None
    is_sound = isinstance(values, list) and all(isinstance(value, kind) for value in values)
    return values if is_sound else None


def models(connection: sqlite3.Connection) -> list[KnownModel]:
    """Models, as :meth:`Library.models` returns them."""
    return [
        KnownModel(sha, name, title, tuple(genres), n_results)
        for sha, name, title, text, n_results in connection.execute(_MODELS, (SETTINGS,))
        if (genres := _stored(text, str)) is not None
    ]


def model_names(connection: sqlite3.Connection, number: int) -> tuple[str, str, tuple[str, ...]]:
    """Name, hash and genres of a model that is known."""
    name, sha, genres = connection.execute(
        "SELECT name, sha256, genres FROM models WHERE id = ?", (number,)
    ).fetchone()
    return name, sha, tuple(_stored(genres, str) or ())


def classification(
    connection: sqlite3.Connection, file_id: int, model_sha: str
) -> Classification | None:
    """Classification, as :meth:`Library.classification` returns it."""
    number = model_id(connection, model_sha)
    found = connection.execute(_ANSWER, (file_id, number)).fetchone()
    if found is None:
        return None
    try:
        *columns, content = found
        answer = restored(StoredAnswer(*columns), *model_names(connection, number))
        return replace(answer, sound=content)
    except (ValueError, TypeError):
        return None  # damaged: as if it had never been given


def scores(
    connection: sqlite3.Connection,
    model_sha: str,
    folder_id: int | None,
    file_ids: Sequence[int] | None,
) -> list[FileScores]:
    """Scores, as :meth:`Library.scores` returns them."""
    number = model_id(connection, model_sha)
    if not number:
        return []
    genres = model_names(connection, number)[2]
    found = []
    for key, path, content, raw in _chosen(connection, _SCORES, model_sha, folder_id, file_ids):
        values = _stored(raw, int | float)
        if values is None or len(values) != len(genres):
            continue
        ranked = sorted(zip(genres, values, strict=True), key=lambda pair: -pair[1])
        found.append(FileScores(key, os.fsdecode(path), content, dict(ranked)))
    return found
