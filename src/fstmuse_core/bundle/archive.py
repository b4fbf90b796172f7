"""A model as one file: ``NAME.fstmuse``, a zip of its description, weights and card."""

from __future__ import annotations

import hashlib
import io
import math
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    JUDGE_NAME,
    LIKENESS_NAME,
    LITERT_NAME,
    PATTERNS_NAME,
    TAGGER_HEAD_NAME,
    WEIGHTS_NAME,
    load_bundle,
    needed_files,
)
from fstmuse_core.bundle.figures import contradiction_in
from fstmuse_core.bundle.known_networks import check_exportable, network_trouble
from fstmuse_core.bundle.manifest import (
    GENERATOR,
    MANIFEST_NAME,
    BundleManifest,
    check_spectrogram,
    manifest_bytes,
    parse_manifest,
    sealed,
)
from fstmuse_core.bundle.model_list import find_model
from fstmuse_core.bundle.weights import MAX_WEIGHTS_BYTES, read_weights
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.errors import BundleError, FstMuseError, one_line
from fstmuse_core.system.regular_files import read_regular, stays_inside
from fstmuse_core.system.zip_files import ZipLimits, ZipTroubleError, read_zip

_RUNS_CODE = "loading such a file can run code that is hidden in it"
_UNCHECKED = "such a network cannot be checked, and only FstMuse's own are run"
_OTHER_PROGRAM = "import a .fstmuse file that FstMuse has exported, or train a model here"

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
        raise ForeignModelError(path, f"it is {what}, and {why}", _OTHER_PROGRAM)
    if not is_zip:
        raise ForeignModelError(path, "it is not a FstMuse model", _OTHER_PROGRAM)


# Archive ------------------------------------------------------------------------------------

SUFFIX = ".fstmuse"

_MIB = 2**20
_MAX_FILE_BYTES = 512 * _MIB
# Everything that belongs in one, and how large it may be. The network as a program may lie in
# it, where somebody has packed a model's folder, but is not looked at.
_ENTRIES = {
    MANIFEST_NAME: 4 * _MIB,
    WEIGHTS_NAME: MAX_WEIGHTS_BYTES,
    PATTERNS_NAME: 16 * _MIB,
    TAGGER_HEAD_NAME: 4 * _MIB,
    JUDGE_NAME: MAX_WEIGHTS_BYTES,
    LIKENESS_NAME: 4 * _MIB,
    LITERT_NAME: MAX_WEIGHTS_BYTES,
    CARD_NAME: 2 * _MIB,
    "TRACKS.csv": 64 * _MIB,
}
_TEXTS = (CARD_NAME, "TRACKS.csv")
_LIMITS = ZipLimits(len(_ENTRIES), 4096, _MAX_FILE_BYTES, _ENTRIES.get)
_EXPORTED = (
    WEIGHTS_NAME,
    PATTERNS_NAME,
    TAGGER_HEAD_NAME,
    JUDGE_NAME,
    LIKENESS_NAME,
    *_TEXTS,
)
# Zip knows no earlier time; one that is always the same gives the same file for a model.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_MAX_GENRES = 64
_MAX_TEXT = 100
# A window might take what stands between them for more than text.
_MARKUP = frozenset("<>")
_MAX_SEGMENT_FRAMES = 4096
# Channels of a generator; ours has 192.
_WIDEST = 1024
_REMEDY = "export it once more or retrain it"


class ArchiveError(FstMuseError):
    """A file that holds no model that could be imported."""


@dataclass(frozen=True, eq=False)
class Archive:
    """A model from a file, checked as far as can be without building it.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of the file.
    manifest : BundleManifest
        Its network is one of ``KNOWN_NETWORKS``, or it has none.
    weights : mapping of str to ndarray of float32
        Empty of a classifier without a network.
    others : mapping of str to bytes
        Of ``CARD.md`` and ``TRACKS.csv``, both UTF-8, and ``patterns.npz`` and ``judge.npz``,
        written anew, those that there are.
    """

    path: Path
    sha256: str
    manifest: BundleManifest
    weights: Mapping[str, FloatArray]
    others: Mapping[str, bytes]


def export_model(name: str, target: str | os.PathLike[str] | None = None) -> Path:
    """Write a model as one file, whole or not at all.

    Parameters
    ----------
    name : str
        Of any model, also one that came with the program.
    target : path, optional
        The file, or the folder it goes to; by default ``NAME.fstmuse`` in the working folder.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    BundleError
        If there is no such model, if it is damaged, or if the file cannot be written.
    """
    bundle = load_bundle(find_model(name).folder)
    check_exportable(bundle.path, bundle.manifest)
    path = Path(target) if target is not None else Path()
    if path.is_dir():
        path /= bundle.path.name + SUFFIX
    files = {n: bundle.path / n for n in _EXPORTED if n in bundle.manifest.files}
    hashes = {n: bundle.manifest.files[n] for n in files}
    manifest = replace(bundle.manifest, name=bundle.path.name, files=hashes)
    try:
        contents = {MANIFEST_NAME: manifest_bytes(sealed(manifest.to_dict()))}
        contents |= {n: file.read_bytes() for n, file in files.items()}
        with open_atomic(path) as stream, zipfile.ZipFile(stream, "w") as archive:
            for entry_name, data in contents.items():
                entry = zipfile.ZipInfo(entry_name, _NO_TIME)
                entry.external_attr = _PLAIN_FILE
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, data)
    except OSError as error:
        raise BundleError(
            bundle.path.name,
            f"{path} cannot be written ({error.strerror or error})",
            "choose another place",
        ) from error
    return path


def read_archive(path: str | os.PathLike[str]) -> Archive:
    """Read and check a file that :func:`export_model` has written, trusting nothing in it.

    Raises
    ------
    ArchiveError
        If it is anything else, or damaged, or tampered with.
    """
    path = Path(path)
    data = _read(path)
    refuse_foreign(path, data)
    try:
        files = read_zip(data, _LIMITS)
    except ZipTroubleError as trouble:
        raise ArchiveError(path, str(trouble), _REMEDY) from trouble
    return _checked(path, hashlib.sha256(data).hexdigest(), files)


def read_folder(path: str | os.PathLike[str]) -> Archive:
    """The same for a model's folder that lies anywhere; its ``sha256`` is of all that was read.

    Raises
    ------
    ArchiveError
        If it is anything else, or damaged, or tampered with.
    """
    path = Path(path)
    files: dict[str, bytes] = {}
    for name, most in _ENTRIES.items():
        if name == LITERT_NAME or not os.path.lexists(path / name):
            continue
        if not stays_inside(path, name):
            raise ArchiveError(path, f"{name} in it is a link that leads elsewhere", _REMEDY)
        try:
            files[name] = read_regular(path / name, most)
        except OSError as error:
            why = error.strerror or str(error)
            raise ArchiveError(path, f"{name} in it cannot be read ({why})", _REMEDY) from error
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(f"{name} {hashlib.sha256(data).hexdigest()}\n".encode())
    return _checked(path, digest.hexdigest(), files)


def _checked(path: Path, sha256: str, files: Mapping[str, bytes]) -> Archive:
    try:
        manifest = _manifest(path, files)
        weights = read_weights(files[WEIGHTS_NAME]) if WEIGHTS_NAME in files else {}
        others = {name: files[name] for name in _TEXTS if name in files}
        if PATTERNS_NAME in files:
            others[PATTERNS_NAME] = _patterns(files[PATTERNS_NAME], manifest)
        if TAGGER_HEAD_NAME in files:
            others[TAGGER_HEAD_NAME] = _tagger_head(files[TAGGER_HEAD_NAME], manifest)
        for name in (JUDGE_NAME, LIKENESS_NAME):
            if name in files:
                others[name] = _arrays(read_weights(files[name]))
    except ZipTroubleError as trouble:
        raise ArchiveError(path, str(trouble), _REMEDY) from trouble
    for name in _TEXTS:
        if not _is_text(others.get(name, b"")):
            raise ArchiveError(path, f"{name} in it is not a text", _REMEDY)
    return Archive(path, sha256, manifest, weights, others)


def _patterns(data: bytes, manifest: BundleManifest) -> bytes:
    """A classifier's linear head, written anew from its numbers."""
    from fstmuse_core.bundle.pattern_head import PatternHead

    try:
        head = PatternHead(**read_weights(data))
        if len(head.bias) != len(manifest.genres) + 1:
            raise ValueError(f"{len(head.bias)} outputs for {len(manifest.genres)} genres")
    except (TypeError, ValueError) as error:
        raise ZipTroubleError(f"its {PATTERNS_NAME} is malformed ({error})") from error
    return head.to_bytes()


def _tagger_head(data: bytes, manifest: BundleManifest) -> bytes:
    """A classifier's experts on a tagger, written anew from their numbers."""
    from fstmuse_core.bundle.tagger_head import TaggerHead

    try:
        arrays = read_weights(data)
        head = TaggerHead.from_arrays(arrays)
        if len(head.bias) != len(manifest.genres) + 1:
            raise ValueError(f"{len(head.bias)} outputs for {len(manifest.genres)} genres")
    except (KeyError, TypeError, ValueError) as error:
        raise ZipTroubleError(f"its {TAGGER_HEAD_NAME} is malformed ({error})") from error
    return head.to_bytes()


def _arrays(arrays: Mapping[str, FloatArray]) -> bytes:
    """A generator's judge, written anew; whether it fits is seen when it is to judge."""
    stream = io.BytesIO()
    # Names may be "file", which an argument of numpy's is called too.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, array, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ArchiveError(path, "it is a folder", f"name a {SUFFIX} file")
        data = read_regular(path, _MAX_FILE_BYTES)
    except OSError as error:
        why = error.strerror or str(error)
        raise ArchiveError(path, f"it cannot be read ({why})", "check the name") from error
    if not data:
        raise ArchiveError(path, "it is empty", _REMEDY)
    return data


def _manifest(path: Path, files: Mapping[str, bytes]) -> BundleManifest:
    """The description, after every file has been compared with it."""
    if MANIFEST_NAME not in files:
        raise ArchiveError(path, f"there is no {MANIFEST_NAME} in it", _REMEDY)
    try:
        manifest = parse_manifest(path, files[MANIFEST_NAME])
        check_spectrogram(path, manifest)
    except BundleError as error:
        raise ArchiveError(path, error.reason, error.remedy) from error
    # Where there is a network, it is built from its weights.
    for needed in (WEIGHTS_NAME if n == LITERT_NAME else n for n in needed_files(manifest)):
        if needed not in files:
            raise ArchiveError(path, f"there is no {needed} in it", _REMEDY)
    for name in dict.fromkeys([*files, *manifest.files]):
        if name in (MANIFEST_NAME, LITERT_NAME):
            continue
        if name not in files:
            raise ArchiveError(path, f"{name[:_MAX_TEXT]} is not in it", _REMEDY)
        if hashlib.sha256(files[name]).hexdigest() != manifest.files.get(name):
            raise ArchiveError(path, f"{name} in it is not the one that was exported", _REMEDY)
    trouble = _trouble(manifest)
    if trouble:
        raise ArchiveError(path, trouble, "only models that FstMuse has made can be imported")
    contradiction = contradiction_in(manifest)
    if contradiction:
        raise ArchiveError(
            path,
            f"its figures contradict each other: {contradiction}",
            "they are not what FstMuse has measured; ask whoever made it",
        )
    return manifest


def _trouble(manifest: BundleManifest) -> str:
    """Fault of a description beyond its form; empty if there is none."""
    trouble = network_trouble(manifest)
    if trouble:
        return trouble
    if manifest.kind == GENERATOR:
        for name in ("width", "plane"):
            size = manifest.architecture.get(name)
            if not isinstance(size, int) or not 8 <= size <= _WIDEST or size % 8:
                return f"its {name} is {_shown(size)}, which is no multiple of 8 up to {_WIDEST}"
    if len(manifest.genres) > _MAX_GENRES:
        return f"it names {len(manifest.genres)} genres; {_MAX_GENRES} at most can be"
    for text in (manifest.name, manifest.title, *manifest.genres):
        is_plain = text.isprintable() and not _MARKUP.intersection(text)
        if not text.strip() or len(text) > _MAX_TEXT or not is_plain:
            return f"{_shown(text)} is no name for a model or a genre"
    if manifest.segment_frames > _MAX_SEGMENT_FRAMES:
        return f"its segments have {manifest.segment_frames} frames"
    limits = manifest.thresholds
    if math.isnan(limits.novelty) or not 0.0 <= limits.confidence <= 1.0:
        return "its thresholds make no sense"
    return ""


def _shown(value: object) -> str:
    return one_line(repr(value)[:_MAX_TEXT])


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False
