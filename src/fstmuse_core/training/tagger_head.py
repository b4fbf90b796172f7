"""Teaching the experts on the tagger's outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.tagger_head import TaggerHead
from fstmuse_core.system.native_libraries import one_blas_thread
from fstmuse_core.tags.genres import known_genres
from fstmuse_core.training.plan import TAG_OFFSET

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# One tag a genre, the one that is its name: more of them, or scores of unit variance, were no
# better. What MagnaTagATune alone knows has its prefix.
TAGS_OF_GENRE: Mapping[str, tuple[str, ...]] = {
    "Alternative": ("alternative",),
    "Ambient": ("ambient",),
    "Blues": ("blues",),
    "Classical": ("MTT classical", "MTT opera", "MTT harpsichord"),
    "Country": ("country",),
    "Dance": ("dance",),
    "Easy Listening": ("easy listening",),
    "Electronic": ("electronic",),
    "Experimental": ("experimental",),
    "Folk": ("folk",),
    "Funk": ("funk",),
    "Hip-Hop": ("hip-hop",),
    "House": ("house",),
    "Indie": ("indie",),
    "Jazz": ("jazz",),
    "Metal": ("metal", "heavy metal"),
    "Oldies": ("oldies",),
    "Pop": ("pop",),
    "Punk": ("punk",),
    "R&B": ("rnb",),
    "Rock": ("rock",),
    "Soul": ("soul", "rnb"),
    "Soul-RnB": ("soul", "rnb"),
    "Techno": ("MTT techno",),
}
# Kinds of other music, as far as they are none of the genres. Each is an outcome by itself: one
# for all of them took Classical for Jazz and noticed a tenth as much. Kinds of a genre that most
# classifiers name (ambient, house, progressive rock) are not among them, and what one of the
# genres is a kind of is no other music.
OTHERS = (
    *("Classical", "Metal", "Blues", "Country", "Soul", "Funk", "Oldies", "Easy Listening"),
    *("Electronic", "Jazz"),
)
_OTHERS_BEHIND = 0.25
# Of the linear head, on outputs of unit variance. A tenth or ten times as much is no better.
_PENALTY = 0.1
# A class counts by its artists to this power, and within it all artists alike.
_BALANCE = 0.5
_MAX_ITERATIONS = 300


def fit_tagger_head(
    rows: FloatArray,
    classes: Ints,
    artists: Sequence[str],
    genres: Sequence[str],
    tags: Sequence[str],
    shares: tuple[float, float, float],
    *,
    tag_offset: float = TAG_OFFSET,
    max_iterations: int = _MAX_ITERATIONS,
) -> TaggerHead:
    """Fit the experts to clips; the same clips give the same experts.

    Parameters
    ----------
    rows : ndarray of float32, shape ``(clips, n_features + n_tags)``
        From :func:`fstmuse_core.training.tagger_rows.tagger_rows`, without NaN.
    classes : ndarray of int, shape ``(clips,)``
        From 0 to ``len(genres)``; the last is "none of these", a negative one is no class:
        such clips only say what tags are said of any music.
    artists : sequence of str
        Of each clip.
    genres, tags : sequence of str
        Names of the classes but the last, and of the tagger's tags.
    shares : tuple of three floats
        Of the trained expert, the tags and the network.
    tag_offset : float
        Share of a tag's mean over all clips that is taken off its logits.
    max_iterations : int
        Of L-BFGS; after a hundred answers hardly change.
    """
    table = tag_table(genres, tags)
    logits = rows[:, -len(tags) :].astype(np.float64)
    scores = np.where(table >= 0, logits[:, np.maximum(table, 0)], -np.inf).max(axis=-1)
    offsets = np.where(np.isfinite(scores).all(axis=0), tag_offset * scores.mean(axis=0), 0.0)
    offsets[len(genres) :] += _OTHERS_BEHIND
    taught = classes >= 0
    inputs, wanted = rows[taught].astype(np.float64), classes[taught]
    weights = artist_weights(wanted, [a for a, t in zip(artists, taught, strict=True) if t])
    mean = weights @ inputs
    deviation = np.sqrt(weights @ np.square(inputs - mean)) + 1e-6
    matrix, bias = _fit_linear(
        (inputs - mean) / deviation, wanted, weights, len(genres) + 1, max_iterations
    )
    return TaggerHead(
        tags=table,
        offsets=offsets.astype(np.float32),
        mean=mean.astype(np.float32),
        deviation=deviation.astype(np.float32),
        matrix=matrix.astype(np.float32),
        bias=bias.astype(np.float32),
        shares=np.array(shares, dtype=np.float32),
    )


def tag_table(genres: Sequence[str], tags: Sequence[str]) -> Ints:
    """Numbers of the tags of each genre and of each kind of other music, filled up with -1."""
    numbers = {tag: number for number, tag in enumerate(tags)}
    taken = {tag for genre in genres for tag in TAGS_OF_GENRE.get(genre, ())}
    rows = [TAGS_OF_GENRE.get(genre, ()) for genre in genres]
    known = set(known_genres(genres))
    rows += [
        TAGS_OF_GENRE[kind]
        for kind in OTHERS
        if kind not in known and not taken & set(TAGS_OF_GENRE[kind])
    ]
    table = np.full((len(rows), max(map(len, rows))), -1, dtype=np.int64)
    for row, names in zip(table, rows, strict=True):
        found = [numbers[name] for name in names if name in numbers]
        row[: len(found)] = found
    return table


def artist_weights(classes: Ints, artists: Sequence[str]) -> Floats:
    """Weights of clips, which sum to 1: artists alike within a class."""
    weights = np.zeros(len(classes))
    names = np.array(artists, dtype=object)
    for one in np.unique(classes):
        mine = classes == one
        found, where, counts = np.unique(names[mine], return_inverse=True, return_counts=True)
        weights[mine] = len(found) ** (_BALANCE - 1.0) / counts[where]
    return np.asarray(weights / weights.sum())


def _fit_linear(
    inputs: Floats, classes: Ints, weights: Floats, n_classes: int, max_iterations: int
) -> tuple[Floats, Floats]:
    """Softmax regression with a penalty on the squares of its weights."""
    n_inputs = inputs.shape[1]
    wanted = np.eye(n_classes)[classes]

    def loss(flat: Floats) -> tuple[float, Floats]:
        matrix, bias = flat[:-n_classes].reshape(n_inputs, n_classes), flat[-n_classes:]
        logits = inputs @ matrix + bias
        total = logsumexp(logits, axis=1)
        error = (np.exp(logits - total[:, None]) - wanted) * weights[:, None]
        value = weights @ (total - (logits * wanted).sum(axis=1))
        gradient = inputs.T @ error + _PENALTY * matrix
        return (
            float(value + 0.5 * _PENALTY * np.sum(matrix**2)),
            np.concatenate([gradient.ravel(), error.sum(axis=0)]),
        )

    start = np.zeros((n_inputs + 1) * n_classes)
    options = {"maxiter": max_iterations}
    with one_blas_thread():
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    return found.x[:-n_classes].reshape(n_inputs, n_classes), found.x[-n_classes:]


def without_network(head: TaggerHead) -> TaggerHead:
    """The same experts where no network speaks beside them."""
    shares = head.shares * np.array([1.0, 1.0, 0.0], dtype=np.float32)
    if not shares.sum():
        shares = np.array([0.0, 1.0, 0.0], dtype=np.float32)
    return replace(head, shares=(shares / shares.sum()).astype(np.float32))
