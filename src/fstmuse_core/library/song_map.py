"""The map of a library: a place for every song, so that neighbours sound alike.

t-SNE (van der Maaten and Hinton, 2008; scikit-learn) draws it from some of the songs, its anchors,
and each other song stands among those that it sounds most like. Places are kept: songs that are
added later find theirs, and the others stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.library.database import Library
from fstmuse_core.library.similar import SongIndex, load_index
from fstmuse_core.library.sounds import tagger_id
from fstmuse_core.system.process_limits import heartbeat

# t-SNE of 2,000 songs takes 14 s of processor time, of 3,000 26 s.
MOST_ANCHORS = 2_000
# The map is drawn anew once there could be so many times the anchors.
_OUTGROWN = 3
_PERPLEXITY = 30.0
# Fewer songs have no neighbourhood to keep: their two principal directions must do.
_LEAST = 8
# Neighbours that a song is placed among, and how fast their weight falls with the cosine.
_AMONG = 4
_SHARPNESS = 25.0
_AT_ONCE = 2_000
# Songs of one place stand so far apart; the whole map reaches to about 1.
_APART = 0.004


@dataclass(frozen=True, eq=False)
class SongMap:
    """Places of a library's files.

    Attributes
    ----------
    file_ids : ndarray of int64, shape ``(n,)``
        Files that lie on the map.
    places : ndarray of float32, shape ``(n, 2)``
        Place of each; nearly all between -1 and 1.
    n_new : int
        Songs that were not on it before.
    is_new : bool
        True if all of it was drawn anew.
    """

    file_ids: npt.NDArray[np.int64]
    places: FloatArray
    n_new: int
    is_new: bool


def draw_map(library: Library, *, anew: bool = False) -> SongMap:
    """Bring the map of a library up to date, keep it, and return it.

    Parameters
    ----------
    anew : bool
        Draw all of it, also what has its place; turned so that it lies as before.

    Raises
    ------
    FstMuseError
        If of no song is kept what it sounds like.
    """
    index = load_index(library)
    places, is_anchor = _kept(library, index)
    is_there = np.isfinite(places[:, 0])
    n_anchors, could_be = int(is_anchor.sum()), min(len(index), MOST_ANCHORS)
    is_new = anew or n_anchors == 0 or could_be >= _OUTGROWN * n_anchors
    if is_new:
        is_anchor = _anchors(len(index))
        places = _drawn(index.units, places, is_anchor)
    elif not is_there.all():
        places = _placed(index.units, places, is_there)
    if is_new or not is_there.all():
        changed = np.ones(len(index), np.bool_) if is_new else ~is_there
        _keep(library, index, places, is_anchor, changed)
    file_ids, at = _files(library, index.tagger_sha256)
    return SongMap(file_ids, at, int((~is_there).sum()), is_new)


def _kept(library: Library, index: SongIndex) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Places that are kept, NaN where none is, and which of them the map was drawn from."""
    places = np.full((len(index), 2), np.nan, np.float32)
    is_anchor = np.zeros(len(index), np.bool_)
    with library.reading() as connection:
        found = connection.execute(
            "SELECT content, x, y, is_anchor FROM places WHERE tagger_id = ?",
            (tagger_id(connection, index.tagger_sha256),),
        ).fetchall()
    for content, x, y, is_one in found:
        place = index.places.get(content)
        if place is not None:
            places[place] = x, y
            is_anchor[place] = is_one
    return places, is_anchor


def _keep(
    library: Library,
    index: SongIndex,
    places: FloatArray,
    is_anchor: npt.NDArray[np.bool_],
    changed: npt.NDArray[np.bool_],
) -> None:
    with library.writing() as connection:
        tagger = tagger_id(connection, index.tagger_sha256)
        connection.executemany(
            "INSERT OR REPLACE INTO places(tagger_id, content, x, y, is_anchor) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                (tagger, index.contents[n], *places[n].tolist(), int(is_anchor[n]))
                for n in np.flatnonzero(changed).tolist()
            ],
        )


def _files(library: Library, sha256: str) -> tuple[npt.NDArray[np.int64], FloatArray]:
    with library.reading() as connection:
        found = connection.execute(
            "SELECT f.id, p.x, p.y FROM files f JOIN places p ON p.content = f.content "
            "WHERE p.tagger_id = ? AND f.folder_id IS NOT NULL AND f.state <> 'gone' "
            "ORDER BY f.id",
            (tagger_id(connection, sha256),),
        ).fetchall()
    ids = np.array([key for key, _, _ in found], np.int64)
    return ids, np.array([at for _, *at in found], np.float32).reshape(len(found), 2)


# -- drawing ---------------------------------------------------------------------------


def _anchors(n_songs: int) -> npt.NDArray[np.bool_]:
    is_anchor = np.zeros(n_songs, np.bool_)
    chosen = np.random.default_rng(0).permutation(n_songs)[:MOST_ANCHORS]
    is_anchor[chosen] = True
    return is_anchor


def _drawn(units: FloatArray, before: FloatArray, is_anchor: npt.NDArray[np.bool_]) -> FloatArray:
    """Places of all songs; where they had some, the map lies as it did."""
    places = np.full_like(before, np.nan)
    places[is_anchor] = project(units[is_anchor])
    places = _turned(places, before)
    return places if is_anchor.all() else _placed(units, places, is_anchor)


def project(units: FloatArray) -> FloatArray:
    """Place songs on a plane so that neighbours stay neighbours.

    Parameters
    ----------
    units : ndarray, shape ``(n, n_features)``
        Embeddings of length 1.

    Returns
    -------
    ndarray of float32, shape ``(n, 2)``
        Centred; the median distance from the centre is 0.5.
    """
    n_songs = len(units)
    centred = units - units.mean(axis=0, keepdims=True)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    start = np.zeros((n_songs, 2), np.float32)
    start[:, : min(2, len(sizes))] = left[:, :2] * sizes[:2]
    # Copies of one sound would stay on one another for ever.
    spread = max(float(start.std()), 1e-6)
    start += np.random.default_rng(1).normal(0.0, 1e-3 * spread, start.shape)
    heartbeat()
    if n_songs >= _LEAST:
        from sklearn.manifold import TSNE

        start *= 1e-4 / max(float(start[:, 0].std()), 1e-9)
        model = TSNE(
            init=start, perplexity=min(_PERPLEXITY, (n_songs - 1) / 3), random_state=0, n_jobs=1
        )
        start = model.fit_transform(units)
        heartbeat()
    start = start - np.median(start, axis=0).astype(np.float32)
    middle = float(np.median(np.hypot(start[:, 0], start[:, 1])))
    return np.asarray(start * (0.5 / max(middle, 1e-9)), np.float32)


def _turned(places: FloatArray, before: FloatArray) -> FloatArray:
    """Places turned, and mirrored if need be, to lie as before."""
    both = np.isfinite(places[:, 0]) & np.isfinite(before[:, 0])
    if both.sum() < _LEAST:
        return places
    new, old = (part - part.mean(axis=0) for part in (places[both], before[both]))
    left, _, right = np.linalg.svd(new.T @ old)
    return np.asarray(places @ (left @ right), np.float32)


def _placed(units: FloatArray, places: FloatArray, is_there: npt.NDArray[np.bool_]) -> FloatArray:
    """Places of all songs, those of the new ones among the old that they sound most like."""
    known, at = units[is_there], places[is_there]
    missing = np.flatnonzero(~is_there)
    places = places.copy()
    rng = np.random.default_rng(len(at))
    n_among = min(_AMONG, len(known))
    for start in range(0, len(missing), _AT_ONCE):
        part = missing[start : start + _AT_ONCE]
        cosines = units[part] @ known.T
        nearest = np.argpartition(-cosines, n_among - 1, axis=1)[:, :n_among]
        near = np.take_along_axis(cosines, nearest, axis=1)
        # The nearest one says the side of the map; a mean of songs far apart would lie nowhere.
        best = at[nearest[np.arange(len(part)), near.argmax(axis=1)]]
        gap = np.linalg.norm(at[nearest] - best[:, None], axis=2)
        weights = np.exp(_SHARPNESS * (near - near.max(axis=1, keepdims=True)))
        weights *= gap < _reach(at)
        mean = (weights[..., None] * at[nearest]).sum(axis=1) / weights.sum(axis=1)[:, None]
        places[part] = mean + rng.normal(0.0, _APART, mean.shape).astype(np.float32)
        heartbeat()
    return places


def _reach(at: FloatArray) -> float:
    """Distance on the map within which songs belong together."""
    return 0.25 * float(np.median(np.hypot(*(at - np.median(at, axis=0)).T))) + 1e-6
