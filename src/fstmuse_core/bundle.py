"""A model on disk: ``model.json``, a LiteRT file and weights, checked before use.

Nothing in a bundle is executed: ``model.json`` is JSON, ``model.tflite`` a flatbuffer of
built-in operators, ``weights.npz`` plain arrays, and every file must match its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from fstmuse_core.errors import BundleError
from fstmuse_core.features import FeatureScaling
from fstmuse_core.generation_noise import NoiseShape
from fstmuse_core.spectrogram import DEFAULT_CONFIG, SpectrogramConfig

FORMAT = "fstmuse-bundle"
FORMAT_VERSION = 1
MANIFEST_NAME = "model.json"
LITERT_NAME = "model.tflite"
WEIGHTS_NAME = "weights.npz"
CARD_NAME = "CARD.md"
PATTERNS_NAME = "patterns.npz"
# Of a generator: the classifier that has measured it.
JUDGE_NAME = "judge.npz"
CLASSIFIER, GENERATOR = "classifier", "generator"
# In ``model.json`` of a renamed bundle: the name and title that it was made under.
MADE_AS = "made_as"

_REMEDY_AGAIN = "get the bundle again or train it anew"
# model.json is read whole before anything else is known about it.
_MAX_MANIFEST_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Thresholds:
    """Limits for the verdict.

    Attributes
    ----------
    novelty : float
        A clip whose mean novelty is above this is unlike the training music.
    confidence : float
        A best probability below this is undecided.
    """

    novelty: float
    confidence: float


@dataclass(frozen=True)
class BundleManifest:
    """What ``model.json`` says.

    ``name`` is what ``--model`` takes ("fst-muse"), ``title`` what people read ("FstMuse").
    ``kind`` is "classifier" or "generator".
    ``segment_frames`` and ``segment_hop_frames`` cut the mel spectrogram into network inputs;
    a generator's are the crops that it learned from, and its calibration means nothing.
    ``architecture``, ``training``, ``metrics`` and ``versions`` are free-form records.
    """

    name: str
    title: str
    kind: str
    genres: tuple[str, ...]
    spectrogram: SpectrogramConfig
    scaling: FeatureScaling
    segment_frames: int
    segment_hop_frames: int
    temperature: float
    thresholds: Thresholds
    architecture: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "architecture": dict(self.architecture),
            "genres": list(self.genres),
            "spectrogram": self.spectrogram.to_dict(),
            "scaling": self.scaling.to_dict(),
            "segment_frames": self.segment_frames,
            "segment_hop_frames": self.segment_hop_frames,
            "calibration": {"temperature": self.temperature},
            "thresholds": asdict(self.thresholds),
            "training": dict(self.training),
            "metrics": dict(self.metrics),
            "versions": dict(self.versions),
            "files": dict(self.files),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BundleManifest:
        """Inverse of :meth:`to_dict`; raises KeyError, TypeError or ValueError if malformed."""
        manifest = cls(
            name=str(values["name"]),
            title=str(values["title"]),
            kind=str(values["kind"]),
            genres=tuple(str(g) for g in values["genres"]),
            spectrogram=SpectrogramConfig.from_dict(values["spectrogram"]),
            scaling=FeatureScaling.from_dict(values["scaling"]),
            segment_frames=int(values["segment_frames"]),
            segment_hop_frames=int(values["segment_hop_frames"]),
            temperature=float(values["calibration"]["temperature"]),
            thresholds=Thresholds(**{k: float(v) for k, v in values["thresholds"].items()}),
            architecture=dict(values["architecture"]),
            training=dict(values["training"]),
            metrics=dict(values["metrics"]),
            versions=dict(values["versions"]),
            files={str(k): str(v) for k, v in values["files"].items()},
        )
        manifest._check()
        return manifest

    def _check(self) -> None:
        if self.kind == GENERATOR:
            NoiseShape.from_dict(self.architecture)
        elif self.kind != CLASSIFIER:
            raise ValueError(f"{self.kind!r} is neither a classifier nor a generator")
        if len(self.genres) < 2 or len(set(self.genres)) != len(self.genres):
            raise ValueError(f"genres {list(self.genres)}: two or more different ones are needed")
        if self.segment_frames < 1 or not 1 <= self.segment_hop_frames <= self.segment_frames:
            raise ValueError("segment_frames and segment_hop_frames do not fit together")
        if not 0.01 <= self.temperature <= 100.0:
            raise ValueError(f"temperature {self.temperature} is out of range")
        if self.scaling.mean.size != self.spectrogram.n_mels:
            raise ValueError(
                f"{self.scaling.mean.size} statistics for {self.spectrogram.n_mels} bands"
            )


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
        The LiteRT flatbuffer, read and checked once.
    patterns : bytes or None
        The linear head on pattern statistics, of classifiers that have one.
    """

    path: Path
    manifest: BundleManifest
    sha256: str
    litert: bytes = field(repr=False)
    patterns: bytes | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What ``--model`` takes."""
        return self.manifest.name

    def demand_kind(self, kind: str) -> None:
        """Raise ``BundleError`` if this is a generator where a classifier is needed, or so."""
        if self.manifest.kind != kind:
            uses = {CLASSIFIER: "names genres", GENERATOR: "makes music"}
            raise BundleError(
                self.path,
                f"it is a {self.manifest.kind}, which {uses[self.manifest.kind]}",
                f"name a model that is a {kind}, which {uses[kind]}",
            )

    def is_current(self) -> bool:
        """Whether the folder still holds the bundle that was read."""
        try:
            raw = _read_manifest_bytes(self.path)
        except BundleError:
            return False
        return manifest_sha256(raw) == self.sha256


def load_bundle(
    path: str | os.PathLike[str], *, config: SpectrogramConfig = DEFAULT_CONFIG
) -> Bundle:
    """Read and check the bundle in the folder ``path``.

    Raises
    ------
    BundleError
        If a file is missing, changed or truncated, if the bundle is of another format
        version, or if it was made for spectrograms other than ``config``.
    """
    folder = Path(path)
    raw = _read_manifest_bytes(folder)
    manifest = parse_manifest(folder, raw)
    contents = {name: _checked_file(folder, name, sha) for name, sha in manifest.files.items()}
    for needed in (LITERT_NAME, WEIGHTS_NAME):
        if needed not in contents:
            raise BundleError(folder, f"{needed} is not listed in {MANIFEST_NAME}", _REMEDY_AGAIN)
    check_spectrogram(folder, manifest, config)
    return Bundle(
        folder,
        manifest,
        manifest_sha256(raw),
        contents[LITERT_NAME],
        contents.get(PATTERNS_NAME),
    )


def check_spectrogram(
    folder: Path, manifest: BundleManifest, config: SpectrogramConfig = DEFAULT_CONFIG
) -> None:
    """Raise ``BundleError`` if a bundle was made for spectrograms other than ``config``."""
    if manifest.spectrogram != config:
        differing = [
            f"{key} {value} instead of {wanted}"
            for (key, value), wanted in zip(
                manifest.spectrogram.to_dict().items(), config.to_dict().values(), strict=True
            )
            if value != wanted
        ]
        raise BundleError(
            folder,
            f"the model was made for other spectrograms ({', '.join(differing)})",
            "train it anew with this version",
        )


def _read_manifest_bytes(folder: Path) -> bytes:
    file = folder / MANIFEST_NAME
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MAX_MANIFEST_BYTES + 1)
    except FileNotFoundError:
        raise BundleError(
            folder, f"there is no {MANIFEST_NAME} in it", "name a model's folder"
        ) from None
    except OSError as error:
        raise BundleError(folder, f"{MANIFEST_NAME} cannot be read ({error.strerror})") from error
    if len(raw) > _MAX_MANIFEST_BYTES:
        raise BundleError(
            folder, f"{MANIFEST_NAME} is over 16 MiB, so it is not a model's", _REMEDY_AGAIN
        )
    return raw


def parse_manifest(folder: Path, raw: bytes) -> BundleManifest:
    """What the bytes of a ``model.json`` say; a ``BundleError`` names ``folder``."""
    try:
        values = json.loads(raw)
    except (ValueError, RecursionError):
        raise BundleError(folder, f"{MANIFEST_NAME} is damaged (not JSON)", _REMEDY_AGAIN) from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise BundleError(
            folder, f"{MANIFEST_NAME} does not describe a FstMuse model", _REMEDY_AGAIN
        )
    version = values.get("format_version")
    if version != FORMAT_VERSION:
        raise BundleError(
            folder,
            f"it has format version {version}; this program reads version {FORMAT_VERSION}",
            "update FstMuse or train the model anew",
        )
    try:
        return BundleManifest.from_dict(values)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise BundleError(
            folder, f"{MANIFEST_NAME} is malformed ({what})", _REMEDY_AGAIN
        ) from error


def _checked_file(folder: Path, name: str, sha256: str) -> bytes:
    if Path(name).name != name or name in (".", ".."):
        raise BundleError(folder, f"it lists a file outside its folder ({name!r})", _REMEDY_AGAIN)
    try:
        data = (folder / name).read_bytes()
    except FileNotFoundError:
        raise BundleError(folder, f"{name} is missing", _REMEDY_AGAIN) from None
    except OSError as error:
        raise BundleError(folder, f"{name} cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BundleError(
            folder, f"{name} has been changed or cut since the model was made", _REMEDY_AGAIN
        )
    return data


def write_bundle(
    folder: str | os.PathLike[str], manifest: BundleManifest, files: Mapping[str, bytes]
) -> str:
    """Write a bundle; a kill at any moment leaves the old folder or the new one.

    Parameters
    ----------
    folder : path
        Where the bundle goes; an older bundle there is replaced.
    manifest : BundleManifest
        Its ``files`` are ignored and computed from ``files``.
    files : mapping of str to bytes
        ``model.tflite``, ``weights.npz`` and whatever else belongs to it, such as ``CARD.md``.

    Returns
    -------
    str
        The bundle's SHA-256.
    """
    target = Path(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    values = manifest.to_dict()
    values["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    raw = manifest_bytes(values)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, data in {**files, MANIFEST_NAME: raw}.items():
            with (staging / name).open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        staging.chmod(0o755)
        if target.exists():
            retired = staging.with_name(staging.name + "-old")
            target.rename(retired)
            staging.rename(target)
            shutil.rmtree(retired)
        else:
            staging.rename(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return manifest_sha256(raw)


def manifest_bytes(values: Mapping[str, Any]) -> bytes:
    """The contents of a ``model.json``."""
    return (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode()


def manifest_sha256(raw: bytes) -> str:
    """Hash of a ``model.json``; of a renamed bundle, as it was before.

    What a model has said is kept under its hash, and stays its own when it is renamed. The
    hash is of what the file holds with its first names, so no file can claim that of another.
    """
    try:
        values = json.loads(raw)
        first = values.pop(MADE_AS)
        raw = manifest_bytes(values | {key: first[key] for key in ("name", "title")})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass  # it was never renamed, or is damaged
    return hashlib.sha256(raw).hexdigest()


def shipped_models_folder() -> Path:
    """The bundles that come with the program: in the wheel, or at the top of a checkout."""
    packaged = Path(__file__).parent / "_models"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "models"


def user_models_folder() -> Path:
    """Where the user's own bundles live; may not exist yet."""
    return Path(platformdirs.user_data_dir("fstmuse", appauthor=False)) / "models"


def bundle_folders() -> dict[str, Path]:
    """Every folder that looks like a bundle, by its name; the user's own win over shipped ones."""
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


def find_bundle(name: str) -> Bundle:
    """Load a bundle by its name ("fst-muse", "FstMuse", "toy_model") or by a folder's path.

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
    if Path(name).is_dir():
        return load_bundle(name)
    names = ", ".join(folders) or "none is installed"
    raise BundleError(name, "there is no model by that name", f"models: {names}")


def name_key(name: str) -> str:
    """What is the same for all spellings of a model's name."""
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")
