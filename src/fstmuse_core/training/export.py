"""A trained network as files of a bundle, whatever the backend."""

from __future__ import annotations

import io
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fstmuse_core import __version__
from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.bundle.bundle import LITERT_NAME, WEIGHTS_NAME, Bundle
from fstmuse_core.bundle.manifest import BundleManifest, Thresholds
from fstmuse_core.networks.blocks import Classifier
from fstmuse_core.system.child_process import child_command
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.native_libraries import one_thread_environment
from fstmuse_core.training.plan import PLANS, Hyperparameters, ModelPlan

_TOLERANCE = 1e-4


def litert_bytes(classifier: Classifier) -> bytes:
    """The serving model as a LiteRT file of built-in operators.

    Raises
    ------
    FstMuseError
        If the file does not give what Keras gives.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.tflite"
        classifier.serving.export(str(target), format="litert", verbose=False)
        data = target.read_bytes()
    error = litert_error(classifier, data)
    if not error <= _TOLERANCE:
        raise FstMuseError("LiteRT export", f"it differs from Keras by {error:.2g}")
    return data


def litert_error(classifier: Classifier, data: bytes, n_segments: int = 5) -> float:
    """Largest difference between LiteRT and Keras on noise, relative to the largest output."""
    from ai_edge_litert.interpreter import Interpreter

    shape = (n_segments, *classifier.serving.input_shape[1:])
    inputs = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    expected = [np.asarray(v) for v in classifier.serving(inputs, training=False).values()]
    interpreter = Interpreter(model_content=data)
    details = interpreter.get_input_details()[0]
    interpreter.resize_tensor_input(details["index"], shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(details["index"], inputs)
    interpreter.invoke()
    found = {
        tuple(d["shape"]): interpreter.get_tensor(d["index"])
        for d in interpreter.get_output_details()
    }
    return max(
        float(np.abs(found[value.shape] - value).max() / max(1.0, np.abs(value).max()))
        for value in expected
    )


def weights_bytes(model: Any) -> bytes:
    """Every variable of a Keras model by its path, as an ``.npz`` without pickles."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = {v.path: np.asarray(v) for v in model.weights}
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def read_weights_into(model: Any, file: Path) -> None:
    """Inverse of :func:`weights_bytes`."""
    with np.load(file, allow_pickle=False) as arrays:
        for variable in model.weights:
            variable.assign(arrays[variable.path])


def base_manifest(
    plan: ModelPlan, hyperparameters: Hyperparameters, scaling: FeatureScaling
) -> BundleManifest:
    """A manifest that knows the network but no calibration, thresholds or figures yet."""
    return BundleManifest(
        name=plan.name,
        title=plan.title,
        kind="classifier",
        genres=plan.genres,
        spectrogram=DEFAULT_CONFIG,
        scaling=scaling,
        segment_frames=hyperparameters.segment_frames,
        segment_hop_frames=hyperparameters.segment_hop_frames,
        temperature=1.0,
        thresholds=Thresholds(novelty=float("inf"), confidence=0.0),
    )


def unwritten_bundle(
    classifier: Classifier,
    plan: ModelPlan,
    hyperparameters: Hyperparameters,
    scaling: FeatureScaling,
) -> Bundle:
    """A bundle that exists in memory alone, to run a network that has just been trained."""
    manifest = base_manifest(plan, hyperparameters, scaling)
    return Bundle(Path(plan.name), manifest, "", litert_bytes(classifier))


def library_versions() -> dict[str, str]:
    """Versions of the program and of what it trains with."""
    return {
        "fstmuse": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }


def exported(classifier: Classifier, model: str, n_genres: int) -> dict[str, bytes]:
    """``model.tflite`` and ``weights.npz``, whatever the backend."""
    weights = weights_bytes(classifier.serving)
    if keras.backend.backend() == "tensorflow":
        return {LITERT_NAME: litert_bytes(classifier), WEIGHTS_NAME: weights}
    litert = litert_on_tensorflow(__name__, [model, str(n_genres)], weights)
    return {LITERT_NAME: litert, WEIGHTS_NAME: weights}


def litert_on_tensorflow(module: str, words: Sequence[str], weights: bytes) -> bytes:
    """A LiteRT file from another process: only the TensorFlow backend can write one.

    Parameters
    ----------
    module : str
        It is run with ``words``, a file of weights, and the file that it is to write.
    words : sequence of str
        The network.
    weights : bytes

    Raises
    ------
    FstMuseError
        If the process fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / WEIGHTS_NAME, Path(folder) / LITERT_NAME
        source.write_bytes(weights)
        done = subprocess.run(
            child_command(module, *words, str(source), str(target)),
            env={
                **os.environ,
                **one_thread_environment(tensorflow=True),
                "KERAS_BACKEND": "tensorflow",
                "TF_CPP_MIN_LOG_LEVEL": "2",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise FstMuseError("LiteRT export", reason)
        return target.read_bytes()


def main(model: str, n_genres: str, weights: str, target: str) -> None:
    """Build ``model`` for ``n_genres``, give it ``weights`` and write ``target``."""
    classifier = PLANS[model].build(int(n_genres))
    read_weights_into(classifier.serving, Path(weights))
    Path(target).write_bytes(litert_bytes(classifier))


if __name__ == "__main__":
    main(*sys.argv[1:])
