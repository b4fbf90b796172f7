"""The models one can choose from, read without loading them."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from fstmuse_core.bundle import bundle_folders
from fstmuse_core.bundle_manifest import CLASSIFIER, GENERATOR, manifest_values
from fstmuse_core.errors import BundleError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelInfo:
    """A model's name, what people call it, and the genres it can name or make."""

    name: str
    title: str
    genres: tuple[str, ...]


def installed_models() -> list[ModelInfo]:
    """Every model that names genres."""
    return _installed(CLASSIFIER)


def installed_generators() -> list[ModelInfo]:
    """Every model that makes music."""
    return _installed(GENERATOR)


def _installed(kind: str) -> list[ModelInfo]:
    """Models that look sound; whether they are, their use will show."""
    found = []
    for name, folder in bundle_folders().items():
        try:
            values = manifest_values(folder)
            if values["kind"] != kind:
                continue
            genres = tuple(str(genre) for genre in values["genres"])
            found.append(ModelInfo(name, str(values["title"]), genres))
        except (BundleError, KeyError, TypeError) as error:
            _log.warning("The model in %s cannot be offered: %s", folder, error)
    return found
