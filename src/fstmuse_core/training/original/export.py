"""The report's generator as a LiteRT file."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import keras

from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_core.original.networks import NOISE, build_original_generator
from fstmuse_core.training.export import litert_on_tensorflow, read_weights_into, weights_bytes
from fstmuse_core.training.original.packaging import eight_bits

# It knows neither course nor beat. Values of the local noise stand for the clips after the first.
NOISE_SHAPE = NoiseShape(margin_steps=0, global_noise=NOISE, local_noise=16, beat_noise=4)
# Quarter frames past the end that have a part in what is made.
_REACH_QUARTERS = 4


def generator_litert(generator: Any) -> bytes:
    """The report's generator as a LiteRT file of built-in operators, with weights of eight bits.

    Its inputs are ``global_noise (1, 128)`` and ``local_noise (1, m, 16)``, of which only the
    length counts: 16 frames are made for each step, and no more than a clip has. Its output are
    magnitudes, shape ``(1, frames, 128)``.

    Parameters
    ----------
    generator : keras.Model
        As :func:`fstmuse_core.original.networks.build_original_generator` makes it.
    """
    if keras.backend.backend() == "tensorflow":
        return _litert_bytes(generator)
    words = [str(generator.output_shape[1])]
    return litert_on_tensorflow(__name__, words, weights_bytes(generator))


def _litert_bytes(generator: Any) -> bytes:
    import tensorflow as tf

    clip_frames = generator.output_shape[1]
    dense, slope, shaped, *blocks, _cropped = generator.layers
    signature = [
        tf.TensorSpec((1, NOISE), tf.float32, "global_noise"),
        tf.TensorSpec((1, None, NOISE_SHAPE.local_noise), tf.float32, "local_noise"),
    ]

    def make(global_noise: Any, local_noise: Any) -> Any:
        steps = tf.shape(local_noise)[1]
        frames = tf.minimum(NOISE_SHAPE.frames_per_step * steps, clip_frames)
        quarters = shaped(slope(dense(global_noise)))
        # A little more than wanted: convolutions reach this far.
        made = quarters[:, : frames // 4 + _REACH_QUARTERS]
        for layer in blocks:
            if isinstance(layer, keras.layers.UpSampling2D):
                # The same, but of lengths that are known only when it runs.
                made = tf.image.resize(made, 2 * tf.shape(made)[1:3], "nearest")
            else:
                made = layer(made)
        return made[:, :frames, :, 0]

    archive = keras.export.ExportArchive()
    archive.track(generator)
    archive.add_endpoint("serve", make, input_signature=signature)
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        return eight_bits(folder)


def main(clip_frames: str, weights: str, target: str) -> None:
    """Build a generator, give it ``weights`` and write ``target``."""
    generator = build_original_generator(-(-int(clip_frames) // 4))
    read_weights_into(generator, Path(weights))
    Path(target).write_bytes(_litert_bytes(generator))


if __name__ == "__main__":
    main(*sys.argv[1:])
