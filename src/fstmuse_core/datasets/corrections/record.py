"""One correction: what a model said of a sound, and what the user says."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

_SOUND = re.compile(r"[0-9a-f]{32}")
# Where recordings are kept that are no files of the user's, in the folder of the data set.
TAKES_FOLDER = "takes"


@dataclass(frozen=True, slots=True)
class Correction:
    """The user's word on one sound.

    Attributes
    ----------
    sound : str
        Hash of the decoded samples, see :attr:`fstmuse_core.datasets.examine.Examination.sound`;
        stays the same when a file is moved or its tags are written.
    path : Path
        The file, absolute.
    is_kept : bool
        Whether the file is a recording that lies in the data set's own folder.
    size, mtime_ns : int
        Of the file when it was corrected; while they stay, so does its sound.
    sha256 : str
        Of the file's bytes.
    seconds : float
        Duration, above 0.
    genre : str
        What the user says; any name.
    heard : str
        The genre the model thought likeliest.
    probability : float
        Of ``heard``, 0 to 1.
    was_sure : bool
        Whether the model's verdict named ``heard`` or was "not sure".
    model, model_sha256 : str
        Which model that was.
    artist, title, album : str
        From the file's tags; empty where they say nothing.
    date : str
        When it was said, ISO 8601 in UTC.
    """

    sound: str
    path: Path
    is_kept: bool
    size: int
    mtime_ns: int
    sha256: str
    seconds: float
    genre: str
    heard: str
    probability: float
    was_sure: bool
    model: str
    model_sha256: str
    artist: str
    title: str
    album: str
    date: str

    def at_place_of(self, other: Correction) -> Correction:
        """The same word on the same sound, of the file that it lies in by now."""
        return replace(
            self,
            path=other.path,
            is_kept=other.is_kept,
            size=other.size,
            mtime_ns=other.mtime_ns,
            sha256=other.sha256,
            artist=other.artist,
            title=other.title,
            album=other.album,
        )

    @property
    def is_confirmation(self) -> bool:
        """Whether the user agrees with the model's verdict."""
        return self.was_sure and self.genre == self.heard

    def to_dict(self, folder: Path) -> dict[str, Any]:
        """Plain values for JSON; the path of a kept recording is given from ``folder`` on."""
        path = self.path.relative_to(folder).as_posix() if self.is_kept else str(self.path)
        return {**asdict(self), "path": path}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: Path) -> Correction:
        """The correction that ``to_dict`` gave; raises ``ValueError`` if it makes no sense."""
        fields = cls.__dataclass_fields__
        kinds = {"str": str, "bool": bool, "int": int, "float": float, "Path": str}
        if set(values) != set(fields):
            raise ValueError("its fields are others")
        for name, field in fields.items():
            if type(values[name]) is not kinds[str(field.type)]:
                raise ValueError(f"{name} is {values[name]!r}")
        path = Path(values["path"])
        if values["is_kept"]:
            path = folder / TAKES_FOLDER / path.name
        found = cls(**{**values, "path": path})
        found._check()
        return found

    def _check(self) -> None:
        if not _SOUND.fullmatch(self.sound):
            raise ValueError(f"sound is {self.sound!r}")
        if not self.path.is_absolute():
            raise ValueError(f"path is {str(self.path)!r}")
        if not self.genre.strip() or not self.genre.isprintable():
            raise ValueError(f"genre is {self.genre!r}")
        if not 0.0 < self.seconds < math.inf or not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"{self.seconds} s, probability {self.probability}")
