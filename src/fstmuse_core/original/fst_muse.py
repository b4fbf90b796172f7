"""FstMuse of the report of 2023."""

from __future__ import annotations

from typing import Any

from fstmuse_core.original.networks import N_FRAMES, whole_clip_network
from fstmuse_core.tags.genres import FST_MUSE_GENRES


def build_original_fst_muse(n_genres: int = len(FST_MUSE_GENRES), n_frames: int = N_FRAMES) -> Any:
    """FstMuse: five convolutions, one hidden dense layer; 7,521,479 parameters.

    Parameters
    ----------
    n_genres : int
    n_frames : int
        Length of a clip; another than the report's for tests alone.

    Returns
    -------
    keras.Model
        Input ``(batch, n_frames, 128, 1)``, output ``(batch, n_genres)`` probabilities,
        by default of :data:`fstmuse_core.tags.genres.FST_MUSE_GENRES`; compiled with Adam and
        cross-entropy.
    """
    from keras import layers

    return whole_clip_network(
        "original_fst_muse",
        [
            layers.Conv2D(32, 9, activation="relu", name="conv2d"),
            layers.Conv2D(64, 3, activation="relu", name="conv2d_1"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 9, activation="relu", name="conv2d_2"),
            layers.Conv2D(128, 3, activation="relu", name="conv2d_3"),
            layers.MaxPooling2D(4),
            layers.Conv2D(128, 2, activation="relu", name="conv2d_4"),
        ],
        n_genres,
        n_frames,
    )
