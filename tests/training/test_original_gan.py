"""The report's ToyGan: its layers, and a step of its training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.noise import draw_noise
from fstmuse_core.original.networks import (
    build_original_discriminator,
    build_original_generator,
    generate_original,
)
from fstmuse_core.runs.events import Sample, TrainEvent
from fstmuse_core.training.gan.export import run_litert
from fstmuse_core.training.original.export import NOISE_SHAPE, generator_litert
from fstmuse_core.training.original.gan import OriginalGan, OriginalGanTrainer

FRAMES = 23
LONG = 71


class Clips:
    def __len__(self) -> int:
        return 4

    def take(self, places: Any) -> Any:
        shape = (len(places), FRAMES, 128, 1)
        return 50.0 * np.random.default_rng(0).random(shape, dtype=np.float32)


def kinds(model: Any) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def test_the_layers_are_the_reports() -> None:
    generator, discriminator = build_original_generator(6), build_original_discriminator(FRAMES)
    up, same = ["UpSampling2D", "Conv2D", "LeakyReLU"], ["Conv2D", "LeakyReLU"]
    head = ["Dense", "LeakyReLU", "Reshape"]
    assert kinds(generator) == [*head, *up, *up, *same, *same, "Conv2D", "Cropping2D"]
    block = ["Conv2D", "LeakyReLU", "Dropout"]
    assert kinds(discriminator) == [*block * 4, "Flatten", "Dropout", "Dense"]
    assert generator.output_shape == (None, FRAMES, 128, 1)
    # All but the dense layers, whose sizes go with the frames.
    convolutions = sum(w.count_params() for w in generator.layers[3:])
    assert convolutions == 172_014_081 - 129 * 323 * 32 * 128
    assert discriminator.count_params() - discriminator.layers[-1].count_params() == 1_076_480


@pytest.mark.slow
def test_parameters_are_those_of_the_report() -> None:
    generator = build_original_generator()
    assert generator.count_params() == 172_014_081
    assert generator.output_shape == (None, 1291, 128, 1)
    del generator
    discriminator = build_original_discriminator()
    assert discriminator.count_params() == 37_633_281


def test_a_step_teaches_both(tmp_path: Any) -> None:
    said: list[TrainEvent] = []

    class Told:
        def emit(self, event: TrainEvent) -> None:
            said.append(event)

    trainer = OriginalGanTrainer(2, Clips(), 1, 0, tmp_path, Told())  # type: ignore[arg-type]
    inputs, labels = trainer.batch()
    assert 0.0 <= labels[0, 0] <= 0.15
    assert 0.85 <= labels[1, 0] <= 1.0
    before = [np.asarray(v).copy() for v in trainer.model.variables]
    loss, _ = trainer.model.train_on_batch(inputs, labels)
    assert np.isfinite(loss)
    moved = [
        bool(np.abs(np.asarray(v) - old).max() > 0)
        for v, old in zip(trainer.model.variables, before, strict=True)
    ]
    assert np.mean(moved) > 0.9
    found = trainer.validate()
    assert 0.0 <= found.accuracy <= 1.0
    assert isinstance(said[0], Sample)


def test_what_it_makes_lies_between_0_and_1() -> None:
    clip = generate_original(OriginalGan(FRAMES).generator, 3)
    assert clip.shape == (FRAMES, 128)
    assert 0.0 <= clip.min() < clip.max() <= 1.0


def test_eight_bits_make_what_keras_makes_of_any_length() -> None:
    from ai_edge_litert.interpreter import Interpreter

    from fstmuse_core.bundle.noise import whole_clip_inputs

    generator = OriginalGan(LONG).generator
    for variable in generator.weights:
        variable.assign(2.0 * np.asarray(variable))  # else it is one grey
    interpreter = Interpreter(model_content=generator_litert(generator))
    noise = draw_noise(NOISE_SHAPE, 20, 3)
    first, _, third, last = whole_clip_inputs(noise, 3 * LONG + 5, LONG)
    assert first["global_noise"] is noise["global_noise"]
    assert third["local_noise"].shape == (1, 5, 16)
    assert last["local_noise"].shape == (1, 1, 16)
    for inputs, frames in ((first, LONG), (last, 16), (third, LONG)):
        expected = np.asarray(generator(inputs["global_noise"]))[:, :frames, :, 0]
        found = run_litert(interpreter, inputs)
        assert found.shape == (1, frames, 128)
        assert np.abs(found - expected).max() < 0.1 * np.ptp(expected)
    rows = [np.asarray(clip["global_noise"]).ravel() for clip in (first, third, last)]
    assert np.abs(np.asarray(np.corrcoef(rows))[np.triu_indices(3, 1)]).max() < 0.4
