"""A bundle's LiteRT file at work: the classifier's, the generator's, and the report's networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bar_noise import Grid, filled
from fstmuse_core.bundle.bundle import LIKENESS_NAME, Bundle
from fstmuse_core.bundle.likeness import Likeness
from fstmuse_core.bundle.manifest import GENERATOR, WHOLE_CLIP
from fstmuse_core.bundle.noise import NoiseShape, whole_clip_inputs
from fstmuse_core.bundle.weights import read_weights
from fstmuse_core.system.errors import BundleError, one_line
from fstmuse_core.system.process_limits import require_room
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.zip_files import ZipTroubleError


@contextmanager
def network_errors(
    subject: Path | str, *, what: str = "its network", remedy: str = "retrain it"
) -> Iterator[None]:
    """Raise what LiteRT makes of an unsound file as ``BundleError``.

    It says no more where it finds too little memory: that is a ``MemoryError``.
    """
    try:
        yield
    except (ValueError, RuntimeError, KeyError) as error:
        require_room()
        raise BundleError(subject, f"{what} cannot be run ({error})", remedy) from error


class LiteRtNetwork:
    """A bundle's network, ready to run on one segment after the other, which is as fast as many.

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
        self._shape = (1, manifest.segment_frames, manifest.spectrogram.n_mels, 1)
        with network_errors(bundle.path):
            self._interpreter: Any = Interpreter(
                model_content=bundle.litert, num_threads=num_threads
            )
            self._input = laid_out(self._interpreter, self._shape)
            self._outputs = _recognise(self._interpreter.get_output_details(), len(manifest.genres))
        _, columns, rows, _ = self._outputs["activation"]["shape"]
        self.map_columns, self.map_rows = int(columns), int(rows)

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
        parts = [self._run(segment) for segment in features]
        logits, novelty, activation = (
            np.concatenate(values) for values in zip(*parts, strict=True)
        )
        return logits, novelty[:, 0], activation

    def _run(self, segment: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        self._interpreter.set_tensor(self._input, segment.reshape(self._shape))
        self._interpreter.invoke()
        logits, novelty, activation = (
            self._interpreter.get_tensor(self._outputs[name]["index"])
            for name in ("logits", "novelty", "activation")
        )
        return logits, novelty, activation


def laid_out(interpreter: Any, shape: tuple[int, ...]) -> int:
    """Index of the one input of an interpreter, which is laid out for it to have this shape.

    Raises
    ------
    ValueError
        If it takes another number of inputs, or none of this shape.
    """
    details = interpreter.get_input_details()
    if len(details) != 1:
        raise ValueError(f"it takes {len(details)} inputs instead of one")
    index = int(details[0]["index"])
    interpreter.resize_tensor_input(index, shape, strict=True)
    interpreter.allocate_tensors()
    return index


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


# Network ------------------------------------------------------------------------------------

_MAX_LIKENESS_BYTES = 4 * 2**20
_INPUTS = ("genre", "global_noise", "local_noise", "beat_noise")
# Of the report's design, whose local noise is only as long as what is to be made.
_WHOLE_CLIP_INPUTS = ("global_noise", "local_noise")


def read_likeness(bundle: Bundle) -> Likeness | None:
    """Directions in which a generator was told of songs; ``None`` if it was told of none.

    Raises
    ------
    BundleError
        If they cannot be read, or are of other genres.
    """
    if LIKENESS_NAME not in bundle.manifest.files:
        return None
    try:
        data = read_regular(bundle.path / LIKENESS_NAME, _MAX_LIKENESS_BYTES)
        likeness = Likeness(**read_weights(data))
        if likeness.genres != len(bundle.manifest.genres):
            raise ValueError(f"it knows {likeness.genres} genres")
    except (TypeError, ValueError, OSError, ZipTroubleError) as error:
        why = one_line(str(error))
        raise BundleError(
            bundle.path, f"its {LIKENESS_NAME} cannot be used ({why})", "get the model again"
        ) from error
    return likeness


class GeneratorNetwork:
    """A generator bundle's network, ready to run.

    It runs on one thread, so that sums come out the same each time.

    Raises
    ------
    BundleError
        If the bundle is no generator, or its network does not fit its description.
    """

    def __init__(self, bundle: Bundle) -> None:
        bundle.require_kind(GENERATOR)
        from ai_edge_litert.interpreter import Interpreter

        self._bundle = bundle
        self.shape = NoiseShape.from_dict(bundle.manifest.architecture)
        self.grid = Grid.from_dict(bundle.manifest.architecture)
        with network_errors(bundle.path):
            self._interpreter: Any = Interpreter(model_content=bundle.litert, num_threads=1)
            self._is_whole = bundle.manifest.input == WHOLE_CLIP
            self._inputs = self._recognise(_WHOLE_CLIP_INPUTS if self._is_whole else _INPUTS)
            self.n_conditions = 0 if self._is_whole else self._told()
        self.likeness = read_likeness(bundle)

    def run(self, genre: FloatArray, noise: Mapping[str, FloatArray], n_frames: int) -> FloatArray:
        """Scaled log-mel, shape ``(n_frames, n_mels)``.

        Parameters
        ----------
        genre : ndarray of float32, shape ``(n_genres,)``
            Weights that sum to one; with a beat grid see
            :func:`fstmuse_core.bundle.bar_noise.condition`.
        noise : dict of ndarray
            As :func:`fstmuse_core.bundle.noise.draw_noise` gives it.
        n_frames : int
            Wanted; with a beat grid and a tempo, cells.
        """
        manifest = self._bundle.manifest
        with network_errors(self._bundle.path):
            if self._is_whole:
                clips = whole_clip_inputs(noise, n_frames, manifest.segment_frames)
                # Magnitudes, each clip at a level of its own.
                scaled = [manifest.scaling.apply(self._invoke(clip)) for clip in clips]
                made = np.concatenate(scaled, axis=1)
            else:
                told = filled(genre, self.n_conditions)[None]
                made = self._invoke({"genre": told, **noise})
        n_mels = manifest.spectrogram.n_mels
        if made.ndim != 3 or made.shape[0] != 1 or made.shape[2] != n_mels:
            raise self._unfit(f"it makes arrays of shape {made.shape}")
        if made.shape[1] < n_frames:
            raise self._unfit(f"it makes {made.shape[1]} frames of {n_frames}")
        return np.array(made[0, :n_frames], dtype=np.float32)

    def _told(self) -> int:
        """Values of the condition that the network takes."""
        (genre,) = (
            d
            for d in self._interpreter.get_input_details()
            if int(d["index"]) == self._inputs["genre"]
        )
        return int(genre["shape"][-1])

    def _invoke(self, values: Mapping[str, FloatArray]) -> FloatArray:
        for name, index in self._inputs.items():
            self._interpreter.resize_tensor_input(index, values[name].shape, strict=True)
        self._interpreter.allocate_tensors()
        for name, index in self._inputs.items():
            self._interpreter.set_tensor(index, values[name])
        self._interpreter.invoke()
        (output,) = self._interpreter.get_output_details()
        made: FloatArray = self._interpreter.get_tensor(output["index"])
        return made

    def _recognise(self, names: tuple[str, ...]) -> dict[str, int]:
        details = self._interpreter.get_input_details()
        found = {
            name: int(detail["index"])
            for name in names
            for detail in details
            if name in detail["name"]
        }
        if len(found) != len(names) or len(details) != len(names):
            raise ValueError(f"its inputs are {', '.join(detail['name'] for detail in details)}")
        return found

    def _unfit(self, why: str) -> BundleError:
        return BundleError(self._bundle.path, f"its network cannot be run ({why})", "retrain it")


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
            self._input = laid_out(self._interpreter, self._shape)
            self._output = self._recognised(len(manifest.genres))

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
