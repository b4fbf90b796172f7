"""Weights as an ``.npz`` file, read with as little trust as possible."""

from __future__ import annotations

import io
import math

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.zip_files import ZipLimits, ZipTroubleError, read_zip

MAX_WEIGHTS_BYTES = 256 * 2**20

_MAX_ARRAYS = 1024
_MAX_DIRECTORY_BYTES = 256 * 2**10
_MAX_NAME = 200
_MAX_DIMENSIONS = 8
_SUFFIX = ".npy"


def read_weights(data: bytes) -> dict[str, FloatArray]:
    """Arrays by their names; nothing that is pickled is loaded.

    Parameters
    ----------
    data : bytes
        Contents of an ``.npz`` file.

    Raises
    ------
    ZipTroubleError
        If an array is not of plain float32 numbers that are all finite, or if the file is
        not as it should be.
    """
    limits = ZipLimits(_MAX_ARRAYS, _MAX_DIRECTORY_BYTES, MAX_WEIGHTS_BYTES, _most_bytes)
    files = read_zip(data, limits)
    if not files:
        raise ZipTroubleError("it holds no weights")
    return {name.removesuffix(_SUFFIX): _array(name, raw) for name, raw in files.items()}


def _most_bytes(name: str) -> int | None:
    fits = name.endswith(_SUFFIX) and len(name) <= _MAX_NAME and name.isprintable()
    return MAX_WEIGHTS_BYTES if fits else None


def _array(name: str, raw: bytes) -> FloatArray:
    shown = repr(name.removesuffix(_SUFFIX))
    stream = io.BytesIO(raw)
    try:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ValueError("version")
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ZipTroubleError(f"{shown} in it is no plain array") from error
    if dtype != np.dtype("<f4") or len(shape) > _MAX_DIMENSIONS:
        raise ZipTroubleError(f"{shown} in it is not an array of 32-bit numbers")
    body = raw[stream.tell() :]
    # Compared before any memory is asked for: a header can claim any shape.
    if any(n < 0 for n in shape) or 4 * math.prod(shape) != len(body):
        raise ZipTroubleError(f"{shown} in it is cut or has another size than it says")
    values = np.frombuffer(body, dtype="<f4").reshape(shape, order="F" if is_fortran else "C")
    array = np.ascontiguousarray(values, dtype=np.float32).reshape(shape)
    if not np.isfinite(array).all():
        raise ZipTroubleError(f"{shown} in it holds NaN or infinity")
    return array
