"""Logs that TensorBoard shows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fstmuse_core.system.errors import FstMuseError

_CURVES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


@contextmanager
def epoch_listener(folder: str, run: str) -> Iterator[Callable[[dict[str, Any]], None]]:
    """What to give each ``epoch`` event; does nothing without a folder.

    The logs go to a folder of the run's name in it, so that TensorBoard lays several trainings
    beside one another.

    Raises
    ------
    FstMuseError
        If nothing can be written there.
    """
    if not folder:
        yield lambda values: None
        return
    import tensorflow as tf

    try:
        writer = tf.summary.create_file_writer(os.path.join(folder, run))
    except (OSError, tf.errors.OpError) as error:
        raise FstMuseError("--tensorboard", f"{folder} cannot be written to") from error
    # Named as TensorBoard's own scalar plug-in names them, which need not be installed.
    metadata = tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
    )
    with writer.as_default():

        def write(values: dict[str, Any]) -> None:
            for curve in _CURVES:
                tf.summary.write(
                    curve, tf.constant(values[curve], tf.float32), values["epoch"], metadata
                )
            writer.flush()

        yield write
    writer.close()
