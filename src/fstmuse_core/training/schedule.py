"""How the learning rate rises and falls."""

from __future__ import annotations

from typing import Any


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
