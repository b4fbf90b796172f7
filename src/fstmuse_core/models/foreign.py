"""Model files of other programs: named, so that the refusal can say what they are."""

from __future__ import annotations

from pathlib import Path

from fstmuse_core.errors import FstMuseError

_RUNS_CODE = "loading such a file can run code that is hidden in it"
_UNCHECKED = "such a network cannot be checked, and only FstMuse's own are run"
_REMEDY = "import a .fstmuse file that FstMuse has exported, or train a model here"

# What it is and why it is not loaded, by the end of the file's name and by how it begins.
_BY_SUFFIX = {
    ".keras": ("a Keras model", _RUNS_CODE),
    ".h5": ("a Keras model or another HDF5 file", _RUNS_CODE),
    ".hdf5": ("a Keras model or another HDF5 file", _RUNS_CODE),
    ".pt": ("a PyTorch model", _RUNS_CODE),
    ".pth": ("a PyTorch model", _RUNS_CODE),
    ".ckpt": ("a checkpoint of another program", _RUNS_CODE),
    ".pkl": ("a Python pickle", _RUNS_CODE),
    ".pickle": ("a Python pickle", _RUNS_CODE),
    ".joblib": ("a Python pickle", _RUNS_CODE),
    ".pb": ("a TensorFlow graph", _RUNS_CODE),
    ".onnx": ("an ONNX network", _UNCHECKED),
    ".tflite": ("a LiteRT network", _UNCHECKED),
    ".safetensors": ("weights without a description", _UNCHECKED),
    ".npz": ("weights without a description", _UNCHECKED),
}
_BY_START = (
    (b"\x89HDF\r\n\x1a\n", 0, ".h5"),
    (b"TFL3", 4, ".tflite"),
    (b"\x80\x02", 0, ".pkl"),
    (b"\x80\x03", 0, ".pkl"),
    (b"\x80\x04", 0, ".pkl"),
    (b"\x80\x05", 0, ".pkl"),
)
_ZIP = b"PK"
# Names that stand in the zip files of Keras and PyTorch.
_BY_ENTRY = ((b"model.weights.h5", ".keras"), (b"/data.pkl", ".pt"))


class ForeignModelError(FstMuseError):
    """A model of another program."""


def refuse_foreign(path: Path, data: bytes) -> None:
    """Raise :class:`ForeignModelError` unless the contents of a file could be a model of ours.

    The first bytes count as much as the name: a renamed file is still what it is.
    """
    suffix = path.suffix.lower()
    for start, offset, kind in _BY_START:
        if data[offset : offset + len(start)] == start:
            suffix = kind
    is_zip = data.startswith(_ZIP)
    if is_zip:
        suffix = next((kind for entry, kind in _BY_ENTRY if entry in data), suffix)
    if suffix in _BY_SUFFIX:
        what, why = _BY_SUFFIX[suffix]
        raise ForeignModelError(path, f"it is {what}, and {why}", _REMEDY)
    if not is_zip:
        raise ForeignModelError(path, "it is not a FstMuse model", _REMEDY)
