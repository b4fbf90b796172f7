"""ToyModel of the report of 2023."""

from __future__ import annotations

from typing import Any

from fstmuse_core.original.networks import N_FRAMES, whole_clip_network
from fstmuse_core.tags.genres import TOY_MODEL_GENRES


def build_original_toy_model(
    n_genres: int = len(TOY_MODEL_GENRES), n_frames: int = N_FRAMES
) -> Any:
    """ToyModel: three convolutions, one hidden dense layer; 151,860,099 parameters.

    Parameters
    ----------
    n_genres : int
    n_frames : int
        Length of a clip; another than the report's for tests alone.

    Returns
    -------
    keras.Model
        Input ``(batch, n_frames, 128, 1)``, output ``(batch, n_genres)`` probabilities,
        by default of :data:`fstmuse_core.tags.genres.TOY_MODEL_GENRES`; compiled with Adam and
        cross-entropy.
        A training takes about 7 GiB of memory.
    """
    from keras import layers

    return whole_clip_network(
        "original_toy_model",
        [
            layers.Conv2D(32, 9, activation="relu", name="conv2d"),
            layers.Conv2D(64, 3, activation="relu", name="conv2d_1"),
            layers.MaxPooling2D(2),
            layers.Conv2D(128, 2, activation="relu", name="conv2d_2"),
        ],
        n_genres,
        n_frames,
    )
