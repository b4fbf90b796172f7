from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fstmuse_core.networks

keras = pytest.importorskip("keras")

from fstmuse_core.networks.blocks import Classifier  # noqa: E402
from fstmuse_core.networks.fst_muse import build_fst_muse  # noqa: E402
from fstmuse_core.networks.toy_model import build_toy_model  # noqa: E402

BUILDERS = [(build_toy_model, 3), (build_fst_muse, 7)]


@pytest.fixture(params=BUILDERS, ids=["toy_model", "fst_muse"])
def network(request: pytest.FixtureRequest) -> tuple[Classifier, int]:
    """A network in which biases, gains and statistics are random too, not 0 or 1."""
    build, n_genres = request.param
    keras.utils.set_random_seed(1)
    classifier = build(n_genres)
    rng = np.random.default_rng(1)
    for variable in classifier.serving.weights:
        if "kernel" not in variable.path:
            variable.assign(variable + 0.1 * rng.standard_normal(variable.shape))
    return classifier, n_genres


def run(classifier: Classifier, inputs: np.ndarray) -> dict[str, np.ndarray]:
    return {k: np.asarray(v) for k, v in classifier.serving(inputs, training=False).items()}


def segments(n: int) -> np.ndarray:
    return np.random.default_rng(2).standard_normal((n, 128, 128, 1)).astype(np.float32)


def test_shapes(network: tuple[Classifier, int]) -> None:
    classifier, n_genres = network
    found = run(classifier, segments(2))
    assert found["logits"].shape == (2, n_genres)
    assert found["novelty"].shape == (2, 1)
    assert found["activation"].shape == (2, 8, 8, n_genres)
    assert classifier.training.output_shape == (None, n_genres + 1)


def test_activation_map_adds_up_to_the_logits(network: tuple[Classifier, int]) -> None:
    classifier, _ = network
    found = run(classifier, segments(4))
    rest = found["logits"] - found["activation"].mean(axis=(1, 2))
    # What is left is the bias, the same for every input.
    np.testing.assert_allclose(rest, np.broadcast_to(rest[0], rest.shape), atol=1e-4)
    assert np.ptp(found["logits"], axis=0).min() > 1e-3


def test_activation_map_points_at_the_place(network: tuple[Classifier, int]) -> None:
    classifier, _ = network
    quiet = np.zeros((1, 128, 128, 1), dtype=np.float32)
    event = quiet.copy()
    event[:, 96:112, 16:32] = 3.0
    change = run(classifier, event)["activation"] - run(classifier, quiet)["activation"]
    where = np.abs(change[0]).sum(axis=-1)
    column, row = np.unravel_index(where.argmax(), where.shape)
    assert abs(column - 6) <= 1
    assert abs(row - 1) <= 1
    assert not where[:3].any(), "cells three or more away from the event do not hear it"


def test_novelty_is_the_margin_of_none_of_these(network: tuple[Classifier, int]) -> None:
    classifier, n_genres = network
    inputs = segments(3)
    joined = np.asarray(classifier.training(inputs, training=False), dtype=np.float64)
    found = run(classifier, inputs)
    np.testing.assert_allclose(found["logits"], joined[:, :n_genres], rtol=1e-5, atol=1e-5)
    expected = joined[:, n_genres] - np.log(np.exp(joined[:, :n_genres]).sum(axis=1))
    np.testing.assert_allclose(found["novelty"][:, 0], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("build", "parameters", "mega_macs"),
    [(build_toy_model, 100_000, 16), (build_fst_muse, 250_000, 26)],
)
def test_size(build: Callable[[], Classifier], parameters: int, mega_macs: int) -> None:
    serving = build().serving
    assert serving.count_params() == pytest.approx(parameters, rel=0.05)
    assert multiply_adds(serving) / 1e6 == pytest.approx(mega_macs, rel=0.05)


def multiply_adds(model: Any) -> int:
    """Multiply-adds of the convolutions for one segment."""
    return sum(
        int(np.prod(layer.output.shape[1:3]) * np.prod(layer.kernel.shape))
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    )


def test_written_for_any_backend() -> None:
    """The network modules import Keras and our own modules, no backend."""
    folder = Path(fstmuse_core.networks.__file__).parent
    imported = set()
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
    assert imported <= {
        "__future__",
        "dataclasses",
        "typing",
        "collections",
        "keras",
        "fstmuse_core",
    }
