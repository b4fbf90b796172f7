"""The report's two classifiers, layer by layer, as they were in 2023.

They are kept to be compared with, not to be used: for ours see :mod:`fstmuse_core.networks`.
Convolutions have no padding; that alone gives the report's parameter counts.
"""

from __future__ import annotations

from typing import Any

from fstmuse_core.genres import FST_MUSE_GENRES, TOY_MODEL_GENRES
from fstmuse_core.original.features import N_FRAMES, N_MELS


def build_original_toy_model(n_genres: int = len(TOY_MODEL_GENRES)) -> Any:
    """ToyModel: three convolutions, one hidden dense layer; 151,860,099 parameters.

    Returns
    -------
    keras.Model
        Input ``(batch, 1291, 128, 1)``, output ``(batch, n_genres)`` probabilities,
        by default of :data:`fstmuse_core.genres.TOY_MODEL_GENRES`; compiled with Adam and
        cross-entropy.
        A training step takes about 5 GiB of memory.
    """
    from keras import layers

    return _compiled(
        "original_toy_model",
        [
            layers.Conv2D(32, 9, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(128, 2, activation="relu"),
        ],
        n_genres,
    )


def build_original_fst_muse(n_genres: int = len(FST_MUSE_GENRES)) -> Any:
    """FstMuse: five convolutions, one hidden dense layer; 7,521,479 parameters.

    Returns
    -------
    keras.Model
        Input ``(batch, 1291, 128, 1)``, output ``(batch, n_genres)`` probabilities,
        by default of :data:`fstmuse_core.genres.FST_MUSE_GENRES`; compiled with Adam and
        cross-entropy.
    """
    from keras import layers

    return _compiled(
        "original_fst_muse",
        [
            layers.Conv2D(32, 9, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 9, activation="relu"),
            layers.Conv2D(128, 3, activation="relu"),
            layers.MaxPooling2D(4),
            layers.Conv2D(128, 2, activation="relu"),
        ],
        n_genres,
    )


def _compiled(name: str, trunk: list[Any], n_genres: int) -> Any:
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((N_FRAMES, N_MELS, 1)),
            *trunk,
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(n_genres, activation="softmax"),
        ],
        name=name,
    )
    model.compile(
        optimizer="adam",
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model
