"""A trained network as files of a bundle."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.manifest import BundleManifest, Thresholds
from fstmuse_core.networks.blocks import Classifier
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.plan import ModelPlan, Recipe

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


def weights_bytes(classifier: Classifier) -> bytes:
    """Every variable by its path, as an ``.npz`` without pickles."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = {v.path: np.asarray(v) for v in classifier.serving.weights}
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def base_manifest(plan: ModelPlan, recipe: Recipe, scaling: FeatureScaling) -> BundleManifest:
    """A manifest that knows the network but no calibration, thresholds or figures yet."""
    return BundleManifest(
        name=plan.name,
        title=plan.title,
        kind="classifier",
        genres=plan.genres,
        spectrogram=DEFAULT_CONFIG,
        scaling=scaling,
        segment_frames=recipe.segment_frames,
        segment_hop_frames=recipe.segment_hop_frames,
        temperature=1.0,
        thresholds=Thresholds(novelty=float("inf"), confidence=0.0),
    )


def unwritten_bundle(
    classifier: Classifier, plan: ModelPlan, recipe: Recipe, scaling: FeatureScaling
) -> Bundle:
    """A bundle that exists in memory alone, to run a network that has just been trained."""
    manifest = base_manifest(plan, recipe, scaling)
    return Bundle(Path(plan.name), manifest, "", litert_bytes(classifier))
