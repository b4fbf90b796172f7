"""Manifest of a model, ``model.json``, and the hash that its answers are stored under."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, SpectrogramConfig
from fstmuse_core.bundle.bar_noise import Grid
from fstmuse_core.bundle.likeness import likeness_tagger
from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_core.system.errors import BundleError, is_plain, one_line
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.strict_json import parse_json, typed

FORMAT = "fstmuse-bundle"
FORMAT_VERSION = 1
MANIFEST_NAME = "model.json"
CLASSIFIER, GENERATOR, TAGGER = "classifier", "generator", "tagger"
# What a classifier takes: overlapping segments, scaled; magnitudes of a whole clip; or, without a
# network of its own, a tagger's outputs alone.
SEGMENTS, WHOLE_CLIP, TAGGED = "segments", "whole clip", "tagger alone"
_INPUTS = {
    CLASSIFIER: (SEGMENTS, WHOLE_CLIP, TAGGED),
    GENERATOR: (SEGMENTS, WHOLE_CLIP),
    TAGGER: (SEGMENTS,),
}
# In ``model.json`` of a renamed bundle: the name and title that it was made under.
MADE_AS = "made_as"
# In ``model.json``: the hash of all else in it but its names, see :func:`manifest_digest`.
DIGEST = "digest"
REMEDY_AGAIN = "get the bundle again or retrain it"
# model.json is read whole before anything else is known about it.
_MAX_MANIFEST_BYTES = 4 * 2**20
_MAX_FILES = 16
_MAX_GENRES, _MAX_NAME = 1024, 200


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
    """Contents of ``model.json``.

    ``name`` is what ``--model`` takes ("fst-muse"), ``title`` what people read ("FstMuse").
    ``kind`` is "classifier", "generator" or "tagger"; a tagger's genres are its tags.
    ``segment_frames`` and ``segment_hop_frames`` cut the mel spectrogram into network inputs;
    a generator's are the crops that it learned from, and its calibration means nothing.
    ``input`` is "segments" or, of the report's networks, "whole clip": clips are cut or
    zero-padded to ``segment_frames``, and ``scaling`` and ``thresholds`` mean nothing. Of
    "tagger alone" there is no network, and ``scaling`` and segments mean nothing.
    ``architecture``, ``training``, ``metrics`` and ``versions`` are free-form records.
    ``digest`` is the hash that covers them; bundles of before have none.
    ``tagger`` is the hash of the tagger that a classifier stands on, if it does.
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
    digest: str = ""
    input: str = SEGMENTS
    tagger: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the digest, which is made when they are written."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            # Left out where it takes segments, so that files of before stay what they were.
            **({} if self.input == SEGMENTS else {"input": self.input}),
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
        } | ({"tagger": self.tagger} if self.tagger else {})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BundleManifest:
        """Inverse of :meth:`to_dict`; raises ``ValueError`` if malformed."""
        calibration = typed(values.get("calibration"), dict[str, float])
        manifest = typed({**values, **calibration}, cls)
        _require_entries(values, manifest.to_dict())
        manifest._check()
        return manifest

    def _check(self) -> None:
        if self.kind == GENERATOR:
            NoiseShape.from_dict(self.architecture)
            Grid.from_dict(self.architecture)
            likeness_tagger(self.architecture)
        elif self.kind not in (CLASSIFIER, TAGGER):
            raise ValueError(f"{self.kind!r} is no kind of model")
        allowed = _INPUTS[self.kind]
        if self.input not in allowed:
            raise ValueError(f"{one_line(self.input[:40])!r} is no input of a {self.kind}")
        if self.input == TAGGED and not self.tagger:
            raise ValueError("it does not say which tagger it stands on")
        if len(self.genres) > _MAX_GENRES or len(self.files) > _MAX_FILES:
            raise ValueError(f"{len(self.genres)} genres and {len(self.files)} files are too many")
        for text in (self.name, self.title, *self.genres, *self.files):
            if not text.strip() or len(text) > _MAX_NAME or not is_plain(text):
                raise ValueError(f"{one_line(text[:40])!r} is no name")
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


def _require_entries(values: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse to fill gaps with defaults, or to pass over what changes a spectrogram's meaning."""
    for name in wanted:
        if name not in values:
            raise ValueError(f"{name!r} is missing")
    for name in ("spectrogram", "scaling", "calibration", "thresholds"):
        if values[name].keys() != wanted[name].keys():
            raise ValueError(f"{name!r} has other entries than {', '.join(wanted[name])}")


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
            "retrain it with this version",
        )


def read_manifest_bytes(folder: Path) -> bytes:
    """The contents of the ``model.json`` in a folder; raises ``BundleError``."""
    file = folder / MANIFEST_NAME
    try:
        return read_regular(file, _MAX_MANIFEST_BYTES)
    except FileNotFoundError:
        raise BundleError(
            folder, f"there is no {MANIFEST_NAME} in it", "name a model's folder"
        ) from None
    except OSError as error:
        raise BundleError(
            folder, f"{MANIFEST_NAME} cannot be read ({error.strerror})", REMEDY_AGAIN
        ) from error


def manifest_values(folder: Path) -> dict[str, Any]:
    """The entries of a ``model.json`` as they stand there; raises ``BundleError``."""
    try:
        values = parse_json(read_manifest_bytes(folder), allow_infinity=True)
    except ValueError as error:
        raise BundleError(folder, f"{MANIFEST_NAME} is damaged ({error})", REMEDY_AGAIN) from None
    if not isinstance(values, dict):
        raise BundleError(folder, f"{MANIFEST_NAME} is no JSON object", REMEDY_AGAIN)
    return values


def parse_manifest(folder: Path, raw: bytes) -> BundleManifest:
    """Parse the bytes of a ``model.json``; a ``BundleError`` names ``folder``."""
    try:
        values = parse_json(raw, allow_infinity=True)
    except ValueError as error:
        why = "not JSON" if isinstance(error, (json.JSONDecodeError, UnicodeError)) else str(error)
        raise BundleError(folder, f"{MANIFEST_NAME} is damaged ({why})", REMEDY_AGAIN) from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise BundleError(
            folder, f"{MANIFEST_NAME} does not describe a FstMuse model", REMEDY_AGAIN
        )
    version = values.get("format_version")
    if version != FORMAT_VERSION:
        raise BundleError(
            folder,
            f"it has format version {one_line(str(version)[:20])}; "
            f"this program reads version {FORMAT_VERSION}",
            "update FstMuse or retrain the model",
        )
    try:
        manifest = BundleManifest.from_dict(values)
    except ValueError as error:
        raise BundleError(
            folder, f"{MANIFEST_NAME} is malformed ({one_line(str(error)[:200])})", REMEDY_AGAIN
        ) from error
    if manifest.digest and manifest.digest != manifest_digest(values):
        raise BundleError(
            folder, f"{MANIFEST_NAME} has been changed since the model was made", REMEDY_AGAIN
        )
    return manifest


def sealed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a ``model.json`` with the digest that covers them."""
    return {**values, DIGEST: manifest_digest(values)}


def manifest_digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of what a ``model.json`` says, its figures included, whatever the model is called.

    The order of the keys and the blanks between them do not matter.
    """
    covered = {k: v for k, v in values.items() if k not in ("name", "title", MADE_AS, DIGEST)}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def manifest_bytes(values: Mapping[str, Any]) -> bytes:
    """The contents of a ``model.json``."""
    return (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode()


def manifest_sha256(raw: bytes) -> str:
    """Hash of a ``model.json``; of a renamed bundle, as it was before.

    What a model has said is kept under its hash, and stays its own when it is renamed. The
    hash is of what the file holds with its first names, so no file can claim that of another.
    """
    if MADE_AS.encode() not in raw:  # the usual case; asked before each clip
        return hashlib.sha256(raw).hexdigest()
    try:
        values = json.loads(raw)
        first = values.pop(MADE_AS)
        raw = manifest_bytes(values | {key: first[key] for key in ("name", "title")})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass  # it was never renamed, or is damaged
    return hashlib.sha256(raw).hexdigest()
