"""ToyGan's networks: any length, no seams, one genre or a blend, and a judge that stays frozen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from fstmuse_core.bundle.bar_noise import N_BEAT_VALUES, Grid
from fstmuse_core.bundle.noise import draw_noise
from fstmuse_core.networks.toy_gan import CROP_FRAMES, N_MELS, SHAPE, build_generator
from fstmuse_core.networks.toy_gan_critic import (
    NORM,
    SpectralConv1D,
    SpectralConv2D,
    SpectralDense,
    frozen_features,
)
from fstmuse_core.networks.toy_model import build_toy_model
from fstmuse_core.training.gan.crops import cut, draw_disguise
from fstmuse_core.training.gan.export import (
    generator_inputs,
    litert_bytes,
    litert_error,
    run_litert,
)
from fstmuse_core.training.gan.grid_music import Drawn, GridMusic
from fstmuse_core.training.gan.model import GanModel, GanSizes
from fstmuse_core.training.gan.sampler import GanSampler

SMALL = GanSizes(width=16, plane=8, critic=4)
GENRES = 3


@pytest.fixture(scope="module")
def generator() -> Any:
    keras.utils.set_random_seed(5)
    made = build_generator(GENRES, width=SMALL.width, plane=SMALL.plane)
    rng = np.random.default_rng(0)
    # Where it begins the genre hardly counts yet.
    for variable in made.weights:
        if variable.path.endswith("norm/kernel"):
            variable.assign(rng.normal(0.0, 0.3, variable.shape))
    return made


def run(generator: Any, inputs: dict[str, np.ndarray]) -> np.ndarray:
    return np.asarray(generator([inputs[v.name] for v in generator.inputs]))


@pytest.mark.parametrize("steps", [1, 7, 40])
def test_any_length_comes_out_of_one_pass(generator: Any, steps: int) -> None:
    mel = run(generator, generator_inputs(GENRES, 0, steps, 1))
    assert mel.shape == (1, 16 * steps, N_MELS)
    assert np.isfinite(mel).all()


def test_it_is_convolutional_so_a_part_of_a_piece_is_the_piece(generator: Any) -> None:
    whole = generator_inputs(GENRES, 1, 30, 2)
    part = {
        **whole,
        "local_noise": whole["local_noise"][:, 10 : 20 + 2 * SHAPE.margin_steps],
        "beat_noise": whole["beat_noise"][:, 160 : 320 + 32 * SHAPE.margin_steps],
    }
    expected = run(generator, whole)[:, 160:320]
    found = run(generator, part)
    # At its ends a crop sees the padding of the last convolutions.
    assert np.abs(found - expected)[:, 32:-32].max() < 1e-4
    assert np.abs(expected).max() > 0.1


def test_genre_blend_and_noise_all_count(generator: Any) -> None:
    inputs = generator_inputs(GENRES, 0, 8, 3)
    plain = run(generator, inputs)
    blend = np.array([[0.5, 0.5, 0.0]], np.float32)
    changes = [
        {"genre": blend},
        {"genre": np.array([[0.0, 1.0, 0.0]], np.float32)},
        {"global_noise": inputs["global_noise"] + 1.0},
        {"local_noise": inputs["local_noise"] + 1.0},
        {"beat_noise": inputs["beat_noise"] + 1.0},
    ]
    for change in changes:
        assert np.abs(run(generator, {**inputs, **change}) - plain).max() > 1e-3


@pytest.mark.slow
def test_the_litert_file_gives_what_keras_gives_again_and_again(generator: Any) -> None:
    from ai_edge_litert.interpreter import Interpreter

    data = litert_bytes(generator)
    assert litert_error(generator, data) < 1e-4
    interpreter = Interpreter(model_content=data)
    inputs = generator_inputs(GENRES, 2, 81, 4)
    expected = run(generator, inputs)
    for _ in range(3):
        found = run_litert(interpreter, inputs)
        assert np.abs(found - expected).max() < 1e-4
    operators = {detail["op_name"] for detail in interpreter._get_ops_details()}
    assert not any(name.startswith(("Flex", "CUSTOM")) for name in operators)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (partial(SpectralConv2D, 6, 3, padding="same"), (2, 9, 9, 4)),
        (partial(SpectralConv1D, 6, 3, padding="same"), (2, 9, 4)),
        (partial(SpectralDense, 6), (2, 4)),
    ],
    ids=["Conv2D", "Conv1D", "Dense"],
)
def test_spectral_layers_have_their_norm(make: Callable[[], Any], shape: tuple[int, ...]) -> None:
    # How fast the norm is found depends on the weights that are drawn.
    keras.utils.set_random_seed(0)
    layer = make()
    inputs = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    for _ in range(100):
        layer(inputs, training=True)
    kernel = np.asarray(layer.normalised(layer.kernel, False))
    assert np.linalg.norm(kernel.reshape(-1, 6), 2) == pytest.approx(NORM, abs=0.02)
    before = np.asarray(layer.direction)
    layer(inputs, training=False)
    assert np.array_equal(np.asarray(layer.direction), before)


@pytest.fixture
def sampler() -> GanSampler:
    class Music(GridMusic):
        def __init__(self) -> None:
            self.grid = Grid()

        def draw(self, labels: Any, rng: np.random.Generator) -> Drawn:
            shape = (len(labels), CROP_FRAMES, N_MELS)
            # With and without a beat, one after the other.
            tempos = np.where(np.arange(len(labels)) % 2, 0.0, 120.0)
            return Drawn(rng.standard_normal(shape, dtype=np.float32), tempos, labels)

    return GanSampler(Music(), GENRES, 2, (1, 2))


def test_a_step_teaches_both_and_leaves_the_guide_alone(sampler: GanSampler) -> None:
    keras.utils.set_random_seed(0)
    features = frozen_features(build_toy_model(GENRES).training)
    model = GanModel(GENRES, features, learning_rate=1e-3, steps=4, sizes=SMALL)
    model.optimizer.build([])
    kept = [np.asarray(v).copy() for v in features.variables]
    before = [np.asarray(v).copy() for v in model.variables]
    shapes = [v.shape for v in model.optimizer.variables]
    for _ in range(2):
        loss, right = model.train_on_batch(sampler.batch(), None)
        assert np.isfinite(loss)
        assert 0.0 <= right <= 1.0
    assert float(np.asarray(model.optimizer.learning_rate)) == pytest.approx(1e-3)
    # The weights are averaged at every fourth step.
    model.train_on_batch(sampler.batch(), None)
    model.train_on_batch(sampler.batch(), None)
    moved = [
        bool(np.abs(np.asarray(v) - old).max() > 0)
        for v, old in zip(model.variables, before, strict=True)
    ]
    # All but a few: one conv's bias, say, can be of no use.
    assert np.mean(moved) > 0.9
    for variable, old in zip(features.variables, kept, strict=True):
        assert np.array_equal(np.asarray(variable), old)
    assert [v.shape for v in model.optimizer.variables] == shapes
    # The last of four steps, of which the rates fall over two.
    assert float(np.asarray(model.optimizer.learning_rate)) == pytest.approx(5e-4)
    losses = model.mean_losses()
    assert all(np.isfinite(value) for value in losses.values())


def test_the_sampler_goes_on_where_it_was(sampler: GanSampler) -> None:
    sampler.batch()
    state = sampler.state()
    one = sampler.batch()
    sampler.restore(state)
    two = sampler.batch()
    assert np.array_equal(one.real, two.real)
    assert np.array_equal(one.condition, two.condition)
    for first, second in zip(one.noise, two.noise, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_noise_for_a_crop_fits_the_generator(sampler: GanSampler) -> None:
    batch = sampler.batch()
    told = GENRES + N_BEAT_VALUES
    generator = build_generator(told, width=SMALL.width, plane=SMALL.plane)
    made = generator([batch.condition, *batch.noise[0]])
    assert made.shape == batch.real.shape
    steps = SHAPE.steps(CROP_FRAMES)
    assert draw_noise(SHAPE, steps, 0)["local_noise"].shape[1] == steps + 2 * SHAPE.margin_steps


def test_disguises_leave_most_of_a_crop(sampler: GanSampler) -> None:
    disguise = draw_disguise(200, np.random.default_rng(3))
    assert 0.9 < disguise.frames.mean() < 1.0
    assert 0.9 < disguise.bands.mean() < 1.0
    assert 0.05 < disguise.colour.std() < 0.4


def test_a_short_clip_is_repeated() -> None:
    mel = np.arange(100, dtype=np.float16)[:, None].repeat(N_MELS, axis=1)
    crop = cut(mel, np.random.default_rng(0))
    assert crop.shape == (CROP_FRAMES, N_MELS)
    assert set(np.diff(crop[:, 0])) == {1.0, -99.0}
