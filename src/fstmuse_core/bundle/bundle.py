"""A model on disk: ``model.json``, a LiteRT file and weights, checked before use.

Nothing in a bundle is executed: ``model.json`` is JSON, ``model.tflite`` a flatbuffer of
built-in operators, ``weights.npz`` plain arrays, and every file must match its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, SpectrogramConfig
from fstmuse_core.audio.tagger_mel import TAGGER_SPECTROGRAM
from fstmuse_core.bundle.manifest import (
    CLASSIFIER,
    GENERATOR,
    MANIFEST_NAME,
    REMEDY_AGAIN,
    TAGGED,
    TAGGER,
    WHOLE_CLIP,
    BundleManifest,
    check_spectrogram,
    manifest_bytes,
    manifest_sha256,
    parse_manifest,
    read_manifest_bytes,
    sealed,
)
from fstmuse_core.system.atomic_write import locked
from fstmuse_core.system.errors import BundleError
from fstmuse_core.system.regular_files import read_regular, stays_inside

LITERT_NAME = "model.tflite"
WEIGHTS_NAME = "weights.npz"
CARD_NAME = "CARD.md"
PATTERNS_NAME = "patterns.npz"
TAGGER_HEAD_NAME = "tagger_head.npz"
# Of a tagger: its other network.
SECOND_NAME = "second.tflite"
THIRD_NAME = "third.tflite"
# Of a generator: the classifier that has measured it.
JUDGE_NAME = "judge.npz"
# Of a generator that can be asked for music like a song's.
LIKENESS_NAME = "likeness.npz"
_MAX_FILE_BYTES = 256 * 2**20
# Beside the bundles while one is written: its new folder, and the old one until that is there.
_RETIRED = "-old"
_LEFT = re.compile(r"\.(?P<name>.+)-[a-z0-9_]{8}(?:-old)?")
_LEFT_ALONE_S = 24 * 3600.0
_LOCK_NAME = ".replacing"
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Bundle:
    """A checked bundle.

    Attributes
    ----------
    path : Path
        Its folder.
    manifest : BundleManifest
    sha256 : str
        Hash of ``model.json``, which holds the hashes of all other files, so it stands for
        the whole bundle; see :func:`manifest_sha256`.
    litert : bytes
        The LiteRT flatbuffer, read and checked once; empty of classifiers without a network.
    patterns : bytes or None
        The linear head on pattern statistics, of classifiers that have one.
    tagger_head : bytes or None
        The experts on a tagger's outputs, of classifiers that stand on one.
    second, third : bytes or None
        The other LiteRT flatbuffers of a tagger; one of two networks has no third.
    """

    path: Path
    manifest: BundleManifest
    sha256: str
    litert: bytes = field(repr=False)
    patterns: bytes | None = field(default=None, repr=False)
    tagger_head: bytes | None = field(default=None, repr=False)
    second: bytes | None = field(default=None, repr=False)
    third: bytes | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Name that ``--model`` takes."""
        return self.manifest.name

    def require_kind(self, kind: str) -> None:
        """Raise ``BundleError`` if this is a generator where a classifier is needed, or so."""
        if self.manifest.kind != kind:
            uses = {
                CLASSIFIER: "names genres",
                GENERATOR: "makes music",
                TAGGER: "hears for classifiers",
            }
            raise BundleError(
                self.path,
                f"it is a {self.manifest.kind}, which {uses[self.manifest.kind]}",
                f"name a model that is a {kind}, which {uses[kind]}",
            )

    def is_current(self) -> bool:
        """True if the folder still holds the bundle that was read."""
        try:
            raw = read_manifest_bytes(self.path)
        except BundleError:
            return False
        return manifest_sha256(raw) == self.sha256


def load_bundle(path: str | os.PathLike[str], *, config: SpectrogramConfig | None = None) -> Bundle:
    """Read and check the bundle in the folder ``path``.

    Parameters
    ----------
    config : SpectrogramConfig, optional
        Spectrograms that it must be made for; the program's own if not given, a tagger's for
        a tagger.

    Raises
    ------
    BundleError
        If a file is missing, changed or truncated, if the bundle is of another format
        version, or if it was made for spectrograms other than ``config``.
    """
    folder = Path(path)
    raw = read_manifest_bytes(folder)
    manifest = parse_manifest(folder, raw)
    contents = {name: _checked_file(folder, name, sha) for name, sha in manifest.files.items()}
    for needed in needed_files(manifest):
        if needed not in contents:
            raise BundleError(folder, f"{needed} is not listed in {MANIFEST_NAME}", REMEDY_AGAIN)
    usual = TAGGER_SPECTROGRAM if manifest.kind == TAGGER else DEFAULT_CONFIG
    check_spectrogram(folder, manifest, config or usual)
    return Bundle(
        folder,
        manifest,
        manifest_sha256(raw),
        contents.get(LITERT_NAME, b""),
        contents.get(PATTERNS_NAME),
        contents.get(TAGGER_HEAD_NAME),
        contents.get(SECOND_NAME),
        contents.get(THIRD_NAME),
    )


def needed_files(manifest: BundleManifest) -> tuple[str, ...]:
    """Files without which such a bundle is nothing."""
    needed = {
        TAGGED: (TAGGER_HEAD_NAME,),
        # The weights of the report's ToyModel and ToyGan are larger than a file may be.
        WHOLE_CLIP: (LITERT_NAME,),
    }
    return needed.get(manifest.input, (LITERT_NAME, WEIGHTS_NAME))


def _checked_file(folder: Path, name: str, sha256: str) -> bytes:
    if Path(name).name != name or name in (".", ".."):
        raise BundleError(folder, f"it lists a file outside its folder ({name!r})", REMEDY_AGAIN)
    if not stays_inside(folder, name):
        raise BundleError(folder, f"{name} is a link that leads out of its folder", REMEDY_AGAIN)
    try:
        data = read_regular(folder / name, _MAX_FILE_BYTES)
    except FileNotFoundError:
        raise BundleError(folder, f"{name} is missing", REMEDY_AGAIN) from None
    except OSError as error:
        raise BundleError(
            folder, f"{name} cannot be read ({error.strerror})", REMEDY_AGAIN
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BundleError(
            folder, f"{name} has been changed or cut since the model was made", REMEDY_AGAIN
        )
    return data


def write_bundle(
    folder: str | os.PathLike[str], manifest: BundleManifest, files: Mapping[str, bytes]
) -> str:
    """Write a bundle; a kill at any moment leaves the old folder or the new one.

    Parameters
    ----------
    folder : path
        Folder of the bundle; an older bundle there is replaced.
    manifest : BundleManifest
        Its ``files`` are ignored and computed from ``files``.
    files : mapping of str to bytes
        ``model.tflite``, ``weights.npz`` and whatever else belongs to it, such as ``CARD.md``;
        see :func:`needed_files`.

    Returns
    -------
    str
        The bundle's SHA-256.
    """
    target = Path(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    values = manifest.to_dict()
    values["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    raw = manifest_bytes(sealed(values))
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, data in {**files, MANIFEST_NAME: raw}.items():
            with (staging / name).open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        staging.chmod(0o755)
        if target.exists():
            with locked(target.parent / _LOCK_NAME, _PATIENCE_S):
                _take_place(staging, target)
        else:
            staging.rename(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return manifest_sha256(raw)


def _take_place(staging: Path, target: Path) -> None:
    """Put a whole folder in the place of an older one; see :func:`recover_bundles`."""
    retired = staging.with_name(staging.name + _RETIRED)
    target.rename(retired)
    try:
        staging.rename(target)
    except BaseException:
        retired.rename(target)
        raise
    shutil.rmtree(retired)


def recover_bundles(root: Path) -> None:
    """Finish what a kill has left half done among the models in ``root``.

    A model that was being replaced gets its place back, and what was being written is removed
    once it is a day old. Where nothing can be changed, nothing is.
    """
    with suppress(OSError):
        left = [child for child in root.iterdir() if _LEFT.fullmatch(child.name)]
        if not left:
            return
        with locked(root / _LOCK_NAME, _PATIENCE_S):  # whoever replaces one now is not disturbed
            for child in left:
                _recover(child)


def _recover(child: Path) -> None:
    match = _LEFT.fullmatch(child.name)
    assert match is not None
    target = child.with_name(match["name"])
    is_retired = child.name.endswith(_RETIRED)
    if is_retired and not os.path.lexists(target) and (child / MANIFEST_NAME).is_file():
        child.rename(target)
    elif is_retired or child.stat().st_mtime < time.time() - _LEFT_ALONE_S:
        shutil.rmtree(child, ignore_errors=True)


def shipped_models_folder() -> Path:
    """The bundles that come with the program: in the wheel, or at the top of a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "_models"
    return packaged if packaged.is_dir() else package.parents[1] / "models"


def user_models_folder() -> Path:
    """Folder of the user's own bundles; may not exist yet."""
    return Path(platformdirs.user_data_dir("fstmuse", appauthor=False)) / "models"


def checked_models_folder() -> Path:
    """Folder of models rebuilt from folders of others; may not exist yet."""
    return Path(platformdirs.user_cache_dir("fstmuse", appauthor=False)) / "checked-models"


def is_trusted(folder: Path) -> bool:
    """True for a folder whose network was trained or built here, by where it lies."""
    parent = os.path.realpath(folder.parent)
    roots = (shipped_models_folder(), user_models_folder(), checked_models_folder())
    return parent in {os.path.realpath(root) for root in roots}


def bundle_folders() -> dict[str, Path]:
    """Every folder that looks like a bundle, by its name; the user's own win over shipped ones."""
    recover_bundles(user_models_folder())
    found: dict[str, Path] = {}
    for root in (shipped_models_folder(), user_models_folder()):
        for folder in _bundle_children(root):
            found[folder.name] = folder
    return found


def _bundle_children(root: Path) -> Iterator[Path]:
    if root.is_dir():
        for child in sorted(root.iterdir()):
            if not child.name.startswith(".") and (child / MANIFEST_NAME).is_file():
                yield child


def find_bundle(name: str, *, installed_only: bool = False) -> Bundle:
    """Load a bundle by its name ("fst-muse", "FstMuse", "toy_model") or by a folder's path.

    A folder must lie among the models: networks from elsewhere are run by nobody before they
    were checked, see :func:`fstmuse_core.bundle.importing.checked_folder`. With
    ``installed_only``, for names out of a file, a path is no name at all.

    Raises
    ------
    BundleError
        If there is none by that name (the error lists those there are) or it is not sound.
    """
    folders = bundle_folders()
    if name in folders:
        return load_bundle(folders[name])
    key = name_key(name)
    for known, folder in folders.items():
        if name_key(known) == key:
            return load_bundle(folder)
    if not installed_only and os.path.isdir(name):
        if is_trusted(Path(name)):
            return load_bundle(name)
        raise BundleError(
            name, "it is a folder that was not checked", "import it: fstmuse models import"
        )
    names = ", ".join(folders) or "none is installed"
    raise BundleError(name, "there is no model by that name", f"models: {names}")


def name_key(name: str) -> str:
    """Key that all spellings of a model's name share."""
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")
