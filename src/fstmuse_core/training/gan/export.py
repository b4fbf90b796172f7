"""A trained generator as files of a bundle."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import LITERT_NAME, WEIGHTS_NAME
from fstmuse_core.bundle.noise import NoiseShape, draw_noise
from fstmuse_core.networks.toy_gan import SHAPE, build_generator, serving_generator
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.export import litert_on_tensorflow, read_weights_into, weights_bytes
from fstmuse_core.training.gan.model import GanSizes

_TOLERANCE = 1e-3
_TRIED_STEPS = (20, 7)


def generator_files(generator: Any, sizes: GanSizes) -> dict[str, bytes]:
    """``model.tflite`` and ``weights.npz`` of a generator of these sizes, whatever the backend.

    Raises
    ------
    FstMuseError
        If the LiteRT file cannot be written, or does not give what Keras gives.
    """
    weights = weights_bytes(generator)
    if keras.backend.backend() == "tensorflow":
        return {LITERT_NAME: litert_bytes(generator), WEIGHTS_NAME: weights}
    numbers = (generator.inputs[0].shape[-1], sizes.width, sizes.plane)
    litert = litert_on_tensorflow(__name__, list(map(str, numbers)), weights)
    return {LITERT_NAME: litert, WEIGHTS_NAME: weights}


def litert_bytes(generator: Any, shape: NoiseShape = SHAPE) -> bytes:
    """The generator as a LiteRT file of built-in operators, for one piece at a time.

    Parameters
    ----------
    generator : keras.Model
    shape : NoiseShape
        Of its noise.

    Raises
    ------
    FstMuseError
        If the file does not give what Keras gives, for one length after another.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / LITERT_NAME
        serving_generator(generator).export(str(target), format="litert", verbose=False)
        data = target.read_bytes()
    error = litert_error(generator, data, shape)
    if not error <= _TOLERANCE:
        raise FstMuseError("LiteRT export", f"it differs from Keras by {error:.2g}")
    return data


def litert_error(generator: Any, data: bytes, shape: NoiseShape = SHAPE) -> float:
    """Largest difference between LiteRT and Keras, relative to the largest value."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data)
    worst = 0.0
    for seed, steps in enumerate((*_TRIED_STEPS, _TRIED_STEPS[-1])):
        inputs = generator_inputs(generator.inputs[0].shape[-1], 0, steps, seed, shape)
        expected = np.asarray(generator([inputs[v.name] for v in generator.inputs]))
        found = run_litert(interpreter, inputs)
        difference = float(np.abs(found - expected).max())
        worst = max(worst, difference / max(1.0, float(np.abs(expected).max())))
    return worst


def generator_inputs(
    n_conditions: int,
    genre: int,
    steps: int,
    seed: int | np.random.Generator,
    shape: NoiseShape = SHAPE,
) -> dict[str, FloatArray]:
    """Inputs for one piece of a genre."""
    weights = np.eye(n_conditions, dtype=np.float32)[genre][None]
    return {"genre": weights, **draw_noise(shape, steps, seed)}


def run_litert(interpreter: Any, inputs: dict[str, FloatArray]) -> FloatArray:
    """Output of a generator's interpreter for inputs by name; shape ``(1, frames, 128)``."""
    details = {_input_name(d["name"], inputs): d["index"] for d in interpreter.get_input_details()}
    for name, index in details.items():
        interpreter.resize_tensor_input(index, inputs[name].shape)
    interpreter.allocate_tensors()
    for name, index in details.items():
        interpreter.set_tensor(index, inputs[name])
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def _input_name(full: str, inputs: dict[str, FloatArray]) -> str:
    return next(name for name in inputs if name in full)


def main(arguments: Sequence[str]) -> None:
    """Build a generator (conditions, width, plane), give it weights and write its LiteRT file."""
    *numbers, source, target = arguments
    n_conditions, width, plane = map(int, numbers)
    generator = build_generator(n_conditions, width=width, plane=plane)
    read_weights_into(generator, Path(source))
    Path(target).write_bytes(litert_bytes(generator))


if __name__ == "__main__":
    main(sys.argv[1:])
