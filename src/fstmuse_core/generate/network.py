"""Running a generator's LiteRT file."""

from __future__ import annotations

from typing import Any

import numpy as np

from fstmuse_core.bundle import Bundle
from fstmuse_core.bundle_manifest import GENERATOR
from fstmuse_core.errors import BundleError
from fstmuse_core.generation_noise import NoiseShape
from fstmuse_core.spectrogram import FloatArray

_INPUTS = ("genre", "global_noise", "local_noise", "beat_noise")


class GeneratorNetwork:
    """A generator bundle's network, ready to run.

    It runs on one thread, so that sums come out the same each time.

    Raises
    ------
    BundleError
        If the bundle is no generator, or its network does not fit its description.
    """

    def __init__(self, bundle: Bundle) -> None:
        bundle.demand_kind(GENERATOR)
        from ai_edge_litert.interpreter import Interpreter

        self._bundle = bundle
        self.shape = NoiseShape.from_dict(bundle.manifest.architecture)
        try:
            self._interpreter: Any = Interpreter(model_content=bundle.litert, num_threads=1)
            self._inputs = self._recognise()
        except (ValueError, RuntimeError) as error:
            raise self._unfit(error) from error

    def run(self, genre: FloatArray, noise: dict[str, FloatArray], n_frames: int) -> FloatArray:
        """Scaled log-mel, shape ``(n_frames, n_mels)``.

        Parameters
        ----------
        genre : ndarray of float32, shape ``(n_genres,)``
            Weights that sum to one.
        noise : dict of ndarray
            As :func:`fstmuse_core.generation_noise.draw_noise` gives it.
        """
        values = {"genre": genre[None], **noise}
        try:
            for name, index in self._inputs.items():
                self._interpreter.resize_tensor_input(index, values[name].shape, strict=True)
            self._interpreter.allocate_tensors()
            for name, index in self._inputs.items():
                self._interpreter.set_tensor(index, values[name])
            self._interpreter.invoke()
            (output,) = self._interpreter.get_output_details()
            made: FloatArray = self._interpreter.get_tensor(output["index"])
        except (ValueError, RuntimeError) as error:
            raise self._unfit(error) from error
        n_mels = self._bundle.manifest.spectrogram.n_mels
        if made.ndim != 3 or made.shape[0] != 1 or made.shape[2] != n_mels:
            raise self._unfit(f"it makes arrays of shape {made.shape}")
        if made.shape[1] < n_frames:
            raise self._unfit(f"it makes {made.shape[1]} frames of {n_frames}")
        return np.array(made[0, :n_frames], dtype=np.float32)

    def _recognise(self) -> dict[str, int]:
        details = self._interpreter.get_input_details()
        found = {
            name: int(detail["index"])
            for name in _INPUTS
            for detail in details
            if name in detail["name"]
        }
        if len(found) != len(_INPUTS) or len(details) != len(_INPUTS):
            raise ValueError(f"its inputs are {', '.join(detail['name'] for detail in details)}")
        return found

    def _unfit(self, why: Exception | str) -> BundleError:
        return BundleError(self._bundle.path, f"its network cannot be run ({why})", "train it anew")
