"""The report's networks at work: a clip of 30 s at once, magnitudes in, probabilities out."""

from __future__ import annotations

from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.litert import network_errors


class WholeClipNetwork:
    """A bundle's network, ready to run.

    Parameters
    ----------
    bundle : Bundle
        Its ``manifest.segment_frames`` are the frames of a clip.
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
        self.n_frames = manifest.segment_frames
        self._shape = (1, self.n_frames, manifest.spectrogram.n_mels, 1)
        with network_errors(bundle.path):
            self._interpreter: Any = Interpreter(
                model_content=bundle.litert, num_threads=num_threads
            )
            self._input = self._laid_out()
            self._output = self._recognised(len(manifest.genres))

    def _laid_out(self) -> int:
        details = self._interpreter.get_input_details()
        if len(details) != 1:
            raise ValueError(f"it takes {len(details)} inputs instead of one")
        index = int(details[0]["index"])
        self._interpreter.resize_tensor_input(index, self._shape, strict=True)
        self._interpreter.allocate_tensors()
        return index

    def _recognised(self, n_genres: int) -> int:
        shapes = [tuple(map(int, d["shape"])) for d in self._interpreter.get_output_details()]
        if shapes != [(1, n_genres)]:
            raise ValueError(f"its outputs have the shapes {shapes}")
        return int(self._interpreter.get_output_details()[0]["index"])

    def run(self, mel: FloatArray) -> FloatArray:
        """Probabilities of a clip, shape ``(n_genres,)``.

        Parameters
        ----------
        mel : ndarray of float32, shape ``(n, n_mels)``
            Magnitudes; cut or zero-padded at the end to ``n_frames``.
        """
        mel = mel[: self.n_frames]
        padded = np.zeros(self._shape, dtype=np.float32)
        padded[0, : len(mel), :, 0] = mel
        self._interpreter.set_tensor(self._input, padded)
        self._interpreter.invoke()
        return np.array(self._interpreter.get_tensor(self._output)[0], dtype=np.float32)
