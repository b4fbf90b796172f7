"""The 2023 report's FstMuse as a contender: whole clips, unscaled magnitudes, ten epochs.

A fold takes half an hour of a core to an hour, so it is asked for by name (``--rows report``).
Its multiplications are made in bfloat16 (weights, their sums and the answer stay float32): on
processors that know it a step takes half the time, and the first losses are those of float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.how_good.tasks import Task
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.original.networks import N_FRAMES, N_MELS
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.starter.cross_validation import DataSet

_EPOCHS, _BATCH = 10, 8


def report_chances(
    task: Task, learn: DataSet, judge: DataSet, seeds: tuple[int, int]
) -> FloatArray:
    """Train the report's design and ask it; chances, shape ``(tracks, genres)``.

    It hears the first 30 seconds of a clip, as it did. Every genre of ``learn`` must be one
    that it can name.
    """
    import keras

    from fstmuse_core.original.fst_muse import build_original_fst_muse

    keras.utils.set_random_seed(int(np.random.SeedSequence(seeds).generate_state(1)[0] >> 1))
    model = _faster(build_original_fst_muse(len(task.plan.genres)))
    rng = np.random.default_rng(seeds)
    targets = np.eye(len(task.plan.genres), dtype=np.float32)[learn.roles]
    for epoch in range(_EPOCHS):
        order = rng.permutation(len(learn.mels))
        losses, right = [], []
        for start in range(0, len(order), _BATCH):
            drawn = order[start : start + _BATCH]
            model.reset_metrics()
            loss, accuracy = model.train_on_batch(
                _inputs([learn.mels[i] for i in drawn]), targets[drawn]
            )
            losses.append(float(loss))
            right.append(float(accuracy))
        said = f"loss {np.mean(losses):.3f}, accuracy {np.mean(right):.3f}"
        print(f"epoch {epoch + 1} of {_EPOCHS}: {said} while learning", flush=True)
    chances = [
        np.asarray(model.predict_on_batch(_inputs(judge.mels[start : start + _BATCH])))
        for start in range(0, len(judge.mels), _BATCH)
    ]
    return np.concatenate(chances).astype(np.float32)


def _faster(model: Any) -> Any:
    """The same network, all but its last layer multiplying in bfloat16.

    The last stays as it is: Keras computes the loss from logits only where the softmax is the
    very last step. From chances it stops at 1e-7, and unscaled magnitudes go beyond that at
    once: nothing is learned from there on.
    """
    import keras

    last = model.layers[-1]

    def copied(layer: Any) -> Any:
        values = layer.get_config()
        if layer is not last:
            values["dtype"] = "mixed_bfloat16"
        return type(layer).from_config(values)

    made = keras.models.clone_model(model, clone_function=copied)
    made.compile(
        optimizer=type(model.optimizer).from_config(model.optimizer.get_config()),
        loss=model.loss,
        metrics=["accuracy"],
        jit_compile=False,
    )
    return made


def _inputs(mels: Sequence[MelArray]) -> FloatArray:
    inputs = np.zeros((len(mels), N_FRAMES, N_MELS, 1), dtype=np.float32)
    for row, mel in zip(inputs, mels, strict=True):
        used = mel[:N_FRAMES]
        row[: len(used), :, 0] = used
    return inputs
