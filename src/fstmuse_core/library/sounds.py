"""Facts kept of a sound beside answers: embedding, tags, a fingerprint, and its measures."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.measures import METHOD, Measures
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification, Tagged
from fstmuse_core.datasets.duplicates import Print, middle

# Half precision changes the cosine of two embeddings by less than 0.000001.
_HALF = "<f2"
_WORD = "<u4"
_LACKING = """
SELECT count(DISTINCT f.content) FROM files f WHERE f.folder_id IS NOT NULL
    AND f.state NOT IN ('gone', 'skipped') AND f.content IN (SELECT content FROM results)
    AND NOT EXISTS (
        SELECT 1 FROM embeddings e WHERE e.tagger_id = ? AND e.content = f.content
    )
"""


@dataclass(frozen=True, slots=True)
class StoredSound:
    """A row of ``embeddings`` and one of ``prints``, without their keys.

    ``embedding`` and ``logits`` are packed float16, ``None`` of sounds that have none (silent,
    or shorter than 3 s); ``tags`` is the JSON list of the tags' names.
    """

    embedding: bytes | None
    logits: bytes | None
    tags: str
    words: bytes


def stored_sound(answer: Classification, words: Print) -> StoredSound:
    """Convert what was found out beside an answer to what the library stores."""
    tagged, kept = answer.tagged, packed_print(words)
    if tagged is None:
        return StoredSound(None, None, "[]", kept)
    return StoredSound(_packed(tagged.embedding), _packed(tagged.logits), _names(tagged), kept)


def _packed(values: FloatArray) -> bytes | None:
    with np.errstate(over="ignore"):
        half = values.astype(_HALF)
    return half.tobytes() if np.isfinite(half).all() else None


def _names(tagged: Tagged) -> str:
    return json.dumps(tagged.names)


def unpacked(data: bytes) -> FloatArray:
    """Numbers that the library stores, as float32."""
    return np.frombuffer(data[: len(data) // 2 * 2], _HALF).astype(np.float32)


def packed_print(words: Print) -> bytes:
    """A fingerprint as the library stores it: of a long one the middle two minutes."""
    return middle(words).astype(_WORD).tobytes()


def unpacked_print(data: bytes) -> Print:
    """A fingerprint that the library stores."""
    return np.frombuffer(data[: len(data) // 4 * 4], _WORD).astype(np.uint32)


def register_tagger(connection: sqlite3.Connection, sha256: str) -> int:
    """The library's number of a tagger, which it has from now on; 0 for none."""
    if not sha256:
        return 0
    connection.execute("INSERT OR IGNORE INTO taggers(sha256, names) VALUES (?, '[]')", (sha256,))
    return tagger_id(connection, sha256)


def tagger_id(connection: sqlite3.Connection, sha256: str) -> int:
    """The library's number of a tagger; 0 if it knows none of this hash."""
    found = connection.execute("SELECT id FROM taggers WHERE sha256 = ?", (sha256,)).fetchone()
    return int(found[0]) if found else 0


def keep_sound(
    connection: sqlite3.Connection, content: str, tagger: int, sound: StoredSound
) -> None:
    """Keep what was found out of a sound; ``tagger`` is 0 if none listened."""
    if sound.words:
        keep_print(connection, content, sound.words)
    if not tagger:
        return
    if sound.embedding is not None:
        connection.execute(
            "UPDATE taggers SET names = ? WHERE id = ? AND names <> ?",
            (sound.tags, tagger, sound.tags),
        )
    connection.execute(
        "INSERT OR REPLACE INTO embeddings(tagger_id, content, embedding, logits) "
        "VALUES (?, ?, ?, ?)",
        (tagger, content, sound.embedding, sound.logits),
    )


def keep_print(connection: sqlite3.Connection, content: str, words: bytes) -> None:
    """Keep the fingerprint of a sound."""
    connection.execute(
        "INSERT OR REPLACE INTO prints(content, words) VALUES (?, ?)", (content, words)
    )


def count_lacking(connection: sqlite3.Connection, sha256: str) -> int:
    """Number of sounds that have answers, and nothing by this tagger."""
    (count,) = connection.execute(_LACKING, (tagger_id(connection, sha256),)).fetchone()
    return int(count)


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Embeddings of all sounds that the library's files hold, by one tagger.

    Attributes
    ----------
    contents : tuple of str
        Hashes of the sounds.
    rows : ndarray of float16, shape ``(n, n_features)``
        One for each.
    """

    contents: tuple[str, ...]
    rows: npt.NDArray[np.float16]


def read_embeddings(connection: sqlite3.Connection, sha256: str) -> Embeddings:
    """Embeddings by the tagger of this hash; those of damaged length are left out."""
    found = connection.execute(
        "SELECT content, embedding FROM embeddings WHERE tagger_id = ? AND embedding IS NOT NULL "
        "AND content IN (SELECT content FROM files WHERE folder_id IS NOT NULL)",
        (tagger_id(connection, sha256),),
    ).fetchall()
    lengths = [len(data) for _, data in found]
    length = max(set(lengths), key=lengths.count, default=0)
    found = [pair for pair in found if len(pair[1]) == length]
    rows = np.frombuffer(b"".join(data for _, data in found), _HALF)
    return Embeddings(tuple(content for content, _ in found), rows.reshape(len(found), length // 2))


def most_used_tagger(connection: sqlite3.Connection) -> str | None:
    """Hash of the tagger that has listened to most sounds; ``None`` if none has."""
    found = connection.execute(
        "SELECT t.sha256 FROM taggers t JOIN embeddings e ON e.tagger_id = t.id "
        "WHERE e.embedding IS NOT NULL GROUP BY t.id ORDER BY count(*) DESC, t.id DESC LIMIT 1"
    ).fetchone()
    return None if found is None else str(found[0])


# Sounds of the library's files that were heard, and not measured by this method.
_UNMEASURED = """
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
    return int(connection.execute(_UNMEASURED, (METHOD,)).fetchone()[0])
