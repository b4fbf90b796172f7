"""Running a bundle's LiteRT file."""

from __future__ import annotations

from typing import Any

import numpy as np

from fstmuse_core.bundle import Bundle
from fstmuse_core.errors import BundleError
from fstmuse_core.spectrogram import FloatArray

# Segments run at once. The interpreter is laid out for one batch size at a time, and laying
# it out anew costs more than a few empty rows in the last batch. 30 s are 19 segments.
BATCH = 10


class LiteRtNetwork:
    """A bundle's network, ready to run.

    Parameters
    ----------
    bundle : Bundle
    num_threads : int
        Threads of the interpreter.

    Raises
    ------
    BundleError
        If the network is not one that fits the bundle's description.
    """

    def __init__(self, bundle: Bundle, *, num_threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        manifest = bundle.manifest
        self._shape = (manifest.segment_frames, manifest.spectrogram.n_mels, 1)
        self._batch = 0
        try:
            self._interpreter: Any = Interpreter(
                model_content=bundle.litert, num_threads=num_threads
            )
            self._lay_out(BATCH)
            self._outputs = _recognise(self._interpreter.get_output_details(), len(manifest.genres))
        except (ValueError, RuntimeError, KeyError) as error:
            raise BundleError(
                bundle.path, f"its network cannot be run ({error})", "train it anew"
            ) from error
        _, columns, rows, _ = self._outputs["activation"]["shape"]
        self.map_columns, self.map_rows = int(columns), int(rows)

    def _lay_out(self, batch: int) -> None:
        if batch == self._batch:
            return
        details = self._interpreter.get_input_details()
        if len(details) != 1:
            raise ValueError(f"it takes {len(details)} inputs instead of one")
        self._input = details[0]["index"]
        self._interpreter.resize_tensor_input(self._input, (batch, *self._shape), strict=True)
        self._interpreter.allocate_tensors()
        self._batch = batch

    def run(self, features: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Scores of segments.

        Parameters
        ----------
        features : ndarray of float32, shape ``(n, segment_frames, n_mels)``

        Returns
        -------
        logits : ndarray, shape ``(n, n_genres)``
        novelty : ndarray, shape ``(n,)``
        activation : ndarray, shape ``(n, map_columns, map_rows, n_genres)``
        """
        parts = [
            self._run_batch(features[start : start + BATCH])
            for start in range(0, len(features), BATCH)
        ]
        logits, novelty, activation = (
            np.concatenate(values) for values in zip(*parts, strict=True)
        )
        return logits, novelty[:, 0], activation

    def _run_batch(self, features: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        count = len(features)
        padded = np.zeros((BATCH, *self._shape), dtype=np.float32)
        padded[:count, :, :, 0] = features
        self._interpreter.set_tensor(self._input, padded)
        self._interpreter.invoke()
        logits, novelty, activation = (
            self._interpreter.get_tensor(self._outputs[name]["index"])[:count]
            for name in ("logits", "novelty", "activation")
        )
        return logits, novelty, activation


def _recognise(outputs: list[dict[str, Any]], n_genres: int) -> dict[str, dict[str, Any]]:
    """Each output by its name; the file does not keep names, but the shapes differ."""
    wanted = {"logits": (2, n_genres), "novelty": (2, 1), "activation": (4, n_genres)}
    found = {
        name: output
        for name, (rank, last) in wanted.items()
        for output in outputs
        if len(output["shape"]) == rank and output["shape"][-1] == last
    }
    if len(found) != len(wanted) or len(outputs) != len(wanted):
        shapes = [tuple(int(n) for n in output["shape"]) for output in outputs]
        raise ValueError(f"its outputs have the shapes {shapes}")
    return found
