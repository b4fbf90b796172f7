"""One training run without a user: batches in, weights out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fstmuse_core.networks.blocks import Classifier
from fstmuse_core.training.plan import ModelPlan, Recipe
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
    import keras

    rising = max(1, int(warm_up * steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=highest / 100.0,
        decay_steps=max(1, steps - rising),
        warmup_target=highest,
        warmup_steps=rising,
    )


# Fit ----------------------------------------------------------------------------------------

StepReport = Callable[[int, float], None]

_REPORT_EVERY = 50


def train_classifier(
    plan: ModelPlan,
    recipe: Recipe,
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
    import keras

    keras.utils.set_random_seed(seed)
    classifier = plan.build(len(plan.genres))
    schedule = warm_cosine(recipe.learning_rate, recipe.steps, recipe.warm_up)
    classifier.training.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=recipe.weight_decay, clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=recipe.label_smoothing
        ),
        # XLA makes CPU training slower.
        jit_compile=False,
    )
    losses: list[float] = []
    for step in range(1, recipe.steps + 1):
        classifier.training.reset_metrics()
        losses.append(float(classifier.training.train_on_batch(*sampler.batch())))
        if report and (step % _REPORT_EVERY == 0 or step == recipe.steps):
            report(step, float(np.mean(losses)))
            losses.clear()
    return classifier
