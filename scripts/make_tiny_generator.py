"""Write tests/generate/tiny.tflite: an untrained generator, small enough to keep with the tests.

    python scripts/make_tiny_generator.py

It takes and gives what a real one does, so that tests of generating need no TensorFlow.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
from keras import layers, ops

TARGET = Path(__file__).parents[1] / "tests" / "generate" / "tiny.tflite"
GENRES, MARGIN, GLOBAL, LOCAL, BEAT, FRAMES, BANDS = 3, 2, 8, 4, 5, 16, 128


def build() -> keras.Model:
    """Steps become frames by repeating, and a style made of genre and noise is added to all."""
    keras.utils.set_random_seed(7)
    genre = keras.Input(batch_shape=(1, GENRES), name="genre")
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
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.tflite"
        build().export(str(target), format="litert", verbose=False)
        TARGET.write_bytes(target.read_bytes())
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
