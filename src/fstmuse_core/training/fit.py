"""Training a classifier: its optimizer, its steps, and a run of them without a user."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import keras
import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.networks.blocks import Classifier
from fstmuse_core.training.plan import Hyperparameters, ModelPlan
from fstmuse_core.training.sampler import BatchSampler


def warm_cosine(highest: float, steps: int, warm_up: float) -> Any:
    """A Keras schedule: from a hundredth up to ``highest``, then down to 0 as a cosine.

    Parameters
    ----------
    highest : float
    steps : int
        Of the whole training.
    warm_up : float
        The share of them in which it rises.
    """
    rising = max(1, int(warm_up * steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=highest / 100.0,
        decay_steps=max(1, steps - rising),
        warmup_target=highest,
        warmup_steps=rising,
    )


Batch = tuple[FloatArray, FloatArray]
Steps = Generator[tuple[float, float], None, None]


def train_steps(model: Any, batch: Callable[[], tuple[Any, Any]], steps: int) -> Steps:
    """Train step after step, and yield the loss and accuracy of each.

    The next batch is drawn while the network learns from the last; close the generator to end
    before all steps are done.

    Parameters
    ----------
    model : keras.Model
        Compiled with one metric.
    batch : callable
        Gives inputs and targets. Called from another thread, once for each step.
    steps : int
    """
    with ThreadPoolExecutor(1) as ahead:
        drawn = ahead.submit(batch)
        for step in range(1, steps + 1):
            inputs, targets = drawn.result()
            if step < steps:
                drawn = ahead.submit(batch)
            model.reset_metrics()
            loss, accuracy = model.train_on_batch(inputs, targets)
            yield float(loss), float(accuracy)


class ClassifierFit:
    """A network, compiled, with the crops that it is taught.

    Parameters
    ----------
    classifier : Classifier
    hyperparameters : Hyperparameters
    sampler : BatchSampler
    """

    def __init__(
        self, classifier: Classifier, hyperparameters: Hyperparameters, sampler: BatchSampler
    ) -> None:
        self.classifier, self.hyperparameters = classifier, hyperparameters
        self.model = classifier.training
        self._sampler = sampler
        # Part of a batch that this process computes: all, unless several train together.
        self._share: Callable[[Batch], Batch] = lambda batch: batch
        schedule = warm_cosine(
            hyperparameters.learning_rate, hyperparameters.steps, hyperparameters.warm_up
        )
        self.model.compile(
            optimizer=keras.optimizers.AdamW(
                schedule, weight_decay=hyperparameters.weight_decay, clipnorm=1.0
            ),
            loss=keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=hyperparameters.label_smoothing
            ),
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            # XLA makes CPU training slower; JAX knows nothing else.
            jit_compile="auto" if keras.backend.backend() == "jax" else False,
        )
        # Made in the first step, its variables would have TensorFlow trace the step twice.
        self.model.optimizer.build(self.model.trainable_variables)

    def batch(self) -> Batch:
        """Inputs and targets of the next step, as far as this process computes it."""
        return self._share(self._sampler.batch())

    def state(self) -> dict[str, Any]:
        """RNG state of the sampler, JSON-serialisable."""
        return self._sampler.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Inverse of :meth:`state`."""
        self._sampler.restore(state)

    def steps(self) -> Steps:
        """Train all steps of the hyperparameters, see :func:`train_steps`."""
        return train_steps(self.model, self.batch, self.hyperparameters.steps)


StepReport = Callable[[int, float], None]

_REPORT_EVERY = 50


def train_classifier(
    plan: ModelPlan,
    hyperparameters: Hyperparameters,
    sampler: BatchSampler,
    *,
    seed: int,
    report: StepReport | None = None,
) -> Classifier:
    """Build the plan's network and train it.

    Parameters
    ----------
    seed : int
        Initial weights and dropout.
    report : callable, optional
        Called now and then with the steps done and the mean loss since the last call.
    """
    keras.utils.set_random_seed(seed)
    fit = ClassifierFit(plan.build(len(plan.genres)), hyperparameters, sampler)
    losses: list[float] = []
    with closing(fit.steps()) as steps:
        for step, (loss, _) in enumerate(steps, 1):
            losses.append(loss)
            if report and (step % _REPORT_EVERY == 0 or step == hyperparameters.steps):
                report(step, float(np.mean(losses)))
                losses.clear()
    return fit.classifier
