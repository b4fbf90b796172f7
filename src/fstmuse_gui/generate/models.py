"""The models that make music, read without loading them, and those that judge it."""

from __future__ import annotations

import json
import logging

from fstmuse_core.bundle import GENERATOR, MANIFEST_NAME, bundle_folders
from fstmuse_gui.classify.models import ModelInfo, installed_models

_log = logging.getLogger(__name__)


def installed_generators() -> list[ModelInfo]:
    """Every generator that looks sound; whether it is, its use will show."""
    found = []
    for name, folder in bundle_folders().items():
        try:
            values = json.loads((folder / MANIFEST_NAME).read_bytes())
            if values["kind"] != GENERATOR:
                continue
            genres = tuple(str(genre) for genre in values["genres"])
            found.append(ModelInfo(name, str(values["title"]), genres))
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("The model in %s cannot be offered: %s", folder, error)
    return found


def installed_judges() -> list[ModelInfo]:
    """Every classifier: each says what it takes a new clip for."""
    return installed_models()
