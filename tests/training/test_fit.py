"""One sampler, one optimizer and one loop of steps for every training of a classifier."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.fit import train_classifier, train_steps
from fstmuse_core.training.mels import MelArray, fit_scaling
from fstmuse_core.training.plan import PLANS, Hyperparameters
from fstmuse_core.training.sampler import BatchSampler

TOY = PLANS["toy-model"]
HYPERPARAMETERS = Hyperparameters(steps=4, batch=8)
GENRES = ["Rock"] * 4 + ["Folk"] * 2 + ["Hip-Hop"] * 2 + ["Classical"] * 2

Music = tuple[list[Track], list[MelArray], FeatureScaling]


@pytest.fixture
def music(make_track: Callable[..., Track]) -> Music:
    rng = np.random.default_rng(0)
    tracks = [make_track(genre, f"artist {i}", str(i)) for i, genre in enumerate(GENRES)]
    mels = [rng.random((200 + 10 * i, 128)).astype(np.float16) + np.float16(0.1) for i in range(10)]
    return tracks, mels, fit_scaling(mels, 128)


@pytest.mark.numeric
@pytest.mark.parametrize(
    ("augment", "inputs", "targets"),
    [("none", 108656.674, 121.0), ("light", 84343.718, 122.0), ("full", 63640.020, 117.430031)],
)
def test_crops_are_those_of_the_shipped_weights_and_of_older_runs(
    music: Music, augment: str, inputs: float, targets: float
) -> None:
    tracks, mels, scaling = music
    sampler = BatchSampler(tracks, mels, TOY, HYPERPARAMETERS, scaling, (3, 0), augment=augment)
    sampler.batch()
    found, wanted = sampler.batch()
    assert np.abs(found).sum(dtype=np.float64) == pytest.approx(inputs, rel=1e-6)
    assert (wanted * np.arange(32).reshape(8, 4)).sum() == pytest.approx(targets, rel=1e-6)


def test_a_sampler_goes_on_where_it_was(music: Music) -> None:
    first, other = (
        BatchSampler(*music[:2], TOY, HYPERPARAMETERS, music[2], (seed,)) for seed in (1, 2)
    )
    first.batch()
    other.restore(first.state())
    np.testing.assert_array_equal(first.batch()[0], other.batch()[0])


@pytest.mark.numeric
def test_steps_are_those_of_the_shipped_weights(music: Music) -> None:
    tracks, mels, scaling = music
    said: list[tuple[int, float]] = []
    sampler = BatchSampler(tracks, mels, TOY, HYPERPARAMETERS, scaling, (3, 1))
    classifier = train_classifier(
        TOY, HYPERPARAMETERS, sampler, seed=7, report=lambda step, loss: said.append((step, loss))
    )
    ((step, loss),) = said
    assert step == 4
    assert loss == pytest.approx(1.592183, abs=1e-3)
    size = sum(np.abs(np.asarray(v)).sum(dtype=np.float64) for v in classifier.training.weights)
    assert size == pytest.approx(4788.568, rel=1e-4)


def test_a_step_is_traced_once(music: Music, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks, mels, scaling = music
    sampler = BatchSampler(tracks, mels, TOY, HYPERPARAMETERS, scaling, (3, 1))
    traced: list[int] = []
    one_step = keras.Model.train_step

    def train_step(model: Any, data: Any) -> Any:
        traced.append(1)
        return one_step(model, data)

    monkeypatch.setattr(keras.Model, "train_step", train_step)
    train_classifier(TOY, HYPERPARAMETERS, sampler, seed=7)
    assert len(traced) == 1


class Model:
    """A network that learns nothing; its loss is the number of the batch."""

    resets = 0

    def reset_metrics(self) -> None:
        self.resets += 1

    def train_on_batch(self, inputs: Any, targets: Any) -> tuple[float, float]:
        return float(inputs), float(targets)


def test_a_batch_is_drawn_for_each_step_and_no_more() -> None:
    drawn: list[int] = []

    def batch() -> tuple[int, int]:
        drawn.append(len(drawn))
        return drawn[-1], 1

    model = Model()
    found = list(train_steps(model, batch, 3))
    assert found == [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]
    assert (len(drawn), model.resets) == (3, 3)


def test_closing_ends_the_thread_that_draws() -> None:
    threads: set[threading.Thread] = set()

    def batch() -> tuple[int, int]:
        threads.add(threading.current_thread())
        return 1, 1

    steps = train_steps(Model(), batch, 1000)
    next(steps)
    assert any(thread.is_alive() for thread in threads)
    steps.close()
    assert not any(thread.is_alive() for thread in threads)


def test_what_breaks_the_drawing_is_raised() -> None:
    def batch() -> tuple[int, int]:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        next(train_steps(Model(), batch, 2))
