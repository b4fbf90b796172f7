"""Write untrained generators, small enough to keep with the tests: tests/generate/tiny*.tflite.

    python scripts/make_tiny_generator.py

They take and give what real ones do, so that tests of generating need no TensorFlow.
``tiny.tflite`` knows three genres and no beat, ``tiny-grid.tflite`` four and the beat grid, and
``tiny-told.tflite`` can be told of a song beside these.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
from keras import layers, ops

from fstmuse_core.bundle.likeness import N_LIKENESS_VALUES

FOLDER = Path(__file__).parents[1] / "tests" / "generate"
# Values of the condition: genres, on the beat grid two more, and those of a song.
CONDITIONS = {"tiny.tflite": 3, "tiny-grid.tflite": 6, "tiny-told.tflite": 6 + N_LIKENESS_VALUES}
MARGIN, GLOBAL, LOCAL, BEAT, FRAMES, BANDS = 2, 8, 4, 5, 16, 128


def build(n_conditions: int) -> keras.Model:
    """Steps become frames by repeating, and a style made of genre and noise is added to all."""
    keras.utils.set_random_seed(7)
    genre = keras.Input(batch_shape=(1, n_conditions), name="genre")
    whole = keras.Input(batch_shape=(1, GLOBAL), name="global_noise")
    local = keras.Input(batch_shape=(1, None, LOCAL), name="local_noise")
    beat = keras.Input(batch_shape=(1, None, BEAT), name="beat_noise")
    steps = layers.Conv1D(8, 2 * MARGIN + 1, name="steps")(local)
    frames = layers.UpSampling1D(FRAMES, name="frames")(steps)
    inside = layers.Cropping1D(FRAMES * MARGIN, name="inside")(beat)
    style = layers.Dense(8, name="style")(layers.Concatenate(name="named")([genre, whole]))
    style = layers.Lambda(lambda x: ops.expand_dims(x, 1), name="each_frame")(style)
    x = layers.Concatenate(name="sound")([frames, inside])
    x = layers.LeakyReLU(name="leaky")(
        layers.Add(name="styled")([layers.Dense(8, name="mixed")(x), style])
    )
    y = layers.Conv1D(BANDS, 3, padding="same", name="log_mel")(x)
    return keras.Model([genre, whole, local, beat], y, name="tiny_generator")


def main() -> None:
    for name, n_conditions in CONDITIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "model.tflite"
            build(n_conditions).export(str(made), format="litert", verbose=False)
            (FOLDER / name).write_bytes(made.read_bytes())
        print(f"{FOLDER / name}: {(FOLDER / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
