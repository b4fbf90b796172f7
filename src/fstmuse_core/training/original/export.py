"""The report's classifiers as LiteRT files, with weights of 32 bits or of eight."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import LITERT_NAME, Bundle
from fstmuse_core.bundle.known_networks import KNOWN_NETWORKS, reported_network
from fstmuse_core.bundle.manifest import CLASSIFIER, BundleManifest
from fstmuse_core.bundle.whole_clip import WholeClipNetwork
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.export import litert_on_tensorflow, read_weights_into, weights_bytes
from fstmuse_core.training.metrics import Floats

# Of probabilities, between LiteRT and Keras.
TOLERANCE = 1e-3


def build(model: str, n_genres: int, n_frames: int) -> Any:
    """The report's network of a model ("fst-muse"), for clips of so many frames."""
    name = reported_network(model)
    function = KNOWN_NETWORKS[CLASSIFIER][name]
    return getattr(importlib.import_module(name), function)(n_genres, n_frames)


def exported(network: Any, model: str, *, is_quantised: bool) -> bytes:
    """A LiteRT file, whatever the backend."""
    if keras.backend.backend() == "tensorflow":
        return litert_bytes(network, is_quantised=is_quantised)
    words = [
        model,
        str(network.output_shape[-1]),
        str(network.input_shape[1]),
        str(int(is_quantised)),
    ]
    return litert_on_tensorflow(__name__, words, weights_bytes(network))


def litert_bytes(network: Any, *, is_quantised: bool) -> bytes:
    """A LiteRT file of built-in operators.

    Parameters
    ----------
    network : keras.Model
        On the TensorFlow backend.
    is_quantised : bool
        Eight bits a weight, a quarter of the size; what they change is for the caller to see.

    Raises
    ------
    FstMuseError
        If a file with weights of 32 bits does not give what Keras gives.
    """
    with tempfile.TemporaryDirectory() as folder:
        if is_quantised:
            return _quantised(network, folder)
        target = Path(folder) / LITERT_NAME
        network.export(str(target), format="litert", verbose=False)
        data = target.read_bytes()
    inputs = np.random.default_rng(0).gamma(1.0, size=(1, *network.input_shape[1:]))
    expected = np.asarray(network(inputs.astype(np.float32), training=False))
    check_close(_run(data, inputs.astype(np.float32)), expected)
    return data


def _quantised(network: Any, folder: str) -> bytes:
    import tensorflow as tf

    network.export(folder, format="tf_saved_model", verbose=False)
    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(converter.convert())


def _run(data: bytes, inputs: FloatArray) -> FloatArray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, inputs)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def check_close(found: FloatArray | Floats, expected: FloatArray | Floats) -> None:
    """Raise ``FstMuseError`` where LiteRT gives other probabilities than Keras."""
    error = float(np.abs(found - expected).max())
    if not error <= TOLERANCE:
        raise FstMuseError("LiteRT export", f"it differs from Keras by {error:.2g}")


def network_of(litert: bytes, manifest: BundleManifest) -> WholeClipNetwork:
    """A network that has just been exported, ready to run."""
    return WholeClipNetwork(Bundle(Path(manifest.name), manifest, "", litert), num_threads=1)


def main(
    model: str, n_genres: str, n_frames: str, is_quantised: str, weights: str, target: str
) -> None:
    """Build a network, give it ``weights`` and write ``target``."""
    network = build(model, int(n_genres), int(n_frames))
    read_weights_into(network, Path(weights))
    Path(target).write_bytes(litert_bytes(network, is_quantised=is_quantised == "1"))


if __name__ == "__main__":
    main(*sys.argv[1:])
