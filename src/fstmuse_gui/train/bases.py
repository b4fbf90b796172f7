"""Models that a training can start from."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from fstmuse_core.bundle import bundle_folders
from fstmuse_core.bundle_manifest import manifest_values
from fstmuse_core.errors import BundleError
from fstmuse_gui.train.recipe import MODEL_KINDS

_log = logging.getLogger(__name__)
_ROOM = "fstmuse_core.networks."


@dataclass(frozen=True)
class Base:
    """A model of ours; ``model`` is its key in :data:`~fstmuse_gui.train.recipe.MODEL_KINDS`."""

    name: str
    title: str
    model: str
    genres: tuple[str, ...]

    @property
    def shown(self) -> str:
        """What people read."""
        return self.title if self.title == self.name else f"{self.title} ({self.name})"


def bases() -> list[Base]:
    """Every model whose network is one that can be trained here, by its name."""
    found = []
    for name, folder in bundle_folders().items():
        try:
            found += _base(name, folder)
        except (BundleError, KeyError, TypeError, AttributeError) as error:
            _log.warning("The model in %s cannot be trained further: %s", folder, error)
    return found


def _base(name: str, folder: Path) -> list[Base]:
    values = manifest_values(folder)
    network = str(values["architecture"].get("network", ""))
    model = network.removeprefix(_ROOM).replace("_", "-")
    kind = MODEL_KINDS.get(model)
    if not network.startswith(_ROOM) or kind is None or not kind.fine_tunes:
        return []
    genres = tuple(str(genre) for genre in values["genres"])
    return [Base(name, str(values["title"]), model, genres)]
