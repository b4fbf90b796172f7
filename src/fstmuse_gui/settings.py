"""Settings of the window: each option declared once, checked when read.

Values are stored as JSON text in an INI file, so that every type comes back as it went in
and a person can read and mend the file. A value that is not valid becomes the default.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import platformdirs
from PySide6.QtCore import QSettings

from fstmuse_core.system.strict_json import parse_json

APP_NAME = "FstMuse"
APP_ID = "fstmuse"
# Names the app to desktops: their entry for it is called so (scripts/release/linux).
DESKTOP_ID = "io.github.fstmuse.FstMuse"
ORGANISATION = "FstMuse"
TAGLINE = "Hears a piece of music and says which genre it is, and how sure it is."

T = TypeVar("T")

_log = logging.getLogger(__name__)

COLOUR_MAPS = ("magma", "inferno", "plasma", "viridis", "cividis", "grey")
DB_RANGES = (40, 60, 80, 100)
THEMES = ("system", "light", "dark")
CLIP_ORDERS = ("As added", "Name", "Answer", "Sureness")
RECORD_LENGTHS_S = (10, 30, 60, 120, 300, 600)
MAX_RECENT = 10
MAX_SESSION = 500
_LONGEST_TEXT = 32_767
_LONGEST_BYTES = 2**14
# Of a widget, in pixels, by Qt.
_WIDEST = 2**24 - 1


# Ends the key under which the hash of a model is kept, beside that of its name.
_HASH = "_sha256"
VERSION = 1
_VERSION_KEY = "settings_version"
# Version -> what lifts a file from the version before it to this one.
UPGRADES: Mapping[int, Callable[[QSettings], None]] = {}


@dataclass(frozen=True)
class Option(Generic[T]):
    """Setting that is remembered.

    Attributes
    ----------
    key : str
        Name in the file, ``section/name``.
    kind : type
        Type of the value: str, int, float, bool, bytes or list.
    default : T
        Used when nothing, or nothing valid, is stored.
    is_valid : callable
        Check that a value of the right type may be used.
    names_model : bool
        The value is a model's name: its hash is remembered too, which finds it when it has been
        renamed.
    """

    key: str
    kind: type[T]
    default: T
    is_valid: Callable[[T], bool] = lambda _value: True
    names_model: bool = False


def _one_of(choices: tuple[Any, ...]) -> Callable[[Any], bool]:
    return lambda value: value in choices


def _is_list_of(
    kind: type[T], longest: int, is_valid: Callable[[T], bool]
) -> Callable[[list[Any]], bool]:
    return lambda value: (
        len(value) <= longest and all(type(item) is kind and is_valid(item) for item in value)
    )


def _is_text(value: str) -> bool:
    """True for what may be a path or a name: no system has any with a NUL, or longer ones."""
    return "\0" not in value and len(value) <= _LONGEST_TEXT


def _is_name(value: str) -> bool:
    return bool(value) and _is_text(value)


def _is_small(value: bytes) -> bool:
    return len(value) <= _LONGEST_BYTES


def _is_width(value: int) -> bool:
    return 0 <= value <= _WIDEST


THEME = Option("view/theme", str, "system", _one_of(THEMES))
COLOUR_MAP = Option("view/colour_map", str, "magma", _one_of(COLOUR_MAPS))
DB_RANGE = Option("view/db_range", int, 60, _one_of(DB_RANGES))
GEOMETRY = Option("window/geometry", bytes, b"", _is_small)
WINDOW_STATE = Option("window/state", bytes, b"", _is_small)
SPLITTER = Option("window/splitter", list, [], _is_list_of(int, 4, _is_width))
MODEL = Option("classify/model", str, "fst-muse", _is_name, names_model=True)
CLIP_ORDER = Option("classify/order", str, "As added", _one_of(CLIP_ORDERS))
SESSION_CLIPS = Option("classify/clips", list, [], _is_list_of(str, MAX_SESSION, _is_text))
SESSION_SHOWN = Option("classify/shown", str, "", _is_text)
RECENT_FILES = Option("files/recent", list, [], _is_list_of(str, MAX_RECENT, _is_text))
LAST_FOLDER = Option("files/last_folder", str, "", _is_text)
INPUT_DEVICE = Option("sound/input_device", str, "", _is_text)
RECORD_LENGTH_S = Option("sound/record_length_s", int, 30, _one_of(RECORD_LENGTHS_S))
OUTPUT_DEVICE = Option("sound/output_device", str, "", _is_text)
VOLUME = Option("sound/volume", int, 100, lambda value: 0 <= value <= 100)
MUTED = Option("sound/muted", bool, False)


def settings_path() -> Path:
    """Path of the settings file on this platform."""
    return Path(platformdirs.user_config_dir(APP_ID, appauthor=False)) / f"{APP_ID}.ini"


def places() -> dict[str, Path]:
    """Data that the program keeps, and where on this platform."""
    data = Path(platformdirs.user_data_dir(APP_ID, appauthor=False))
    return {
        "Library, corrections, models, trainings, undo of tags": data,
        "What songs sound like, to be made again": Path(
            platformdirs.user_cache_dir(APP_ID, appauthor=False)
        ),
        "Settings": settings_path(),
    }


class Settings:
    """The stored options.

    Parameters
    ----------
    path : Path, optional
        The INI file; the platform's own place if not given.
    upgrades : mapping, optional
        Steps by the version they lead to; for tests.
    version : int, optional
        The version this program writes; for tests.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        upgrades: Mapping[int, Callable[[QSettings], None]] = UPGRADES,
        version: int = VERSION,
    ) -> None:
        file = path or settings_path()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._store = QSettings(str(file), QSettings.Format.IniFormat)
        self._upgrade(upgrades, version)

    def _upgrade(self, upgrades: Mapping[int, Callable[[QSettings], None]], version: int) -> None:
        is_new = not self._store.allKeys()
        stored = version if is_new else _version(self._store.value(_VERSION_KEY, 0))
        for step in range(stored + 1, version + 1):
            if step in upgrades:
                _log.info("Settings are lifted to version %d.", step)
                upgrades[step](self._store)
        self._store.setValue(_VERSION_KEY, max(stored, version))

    def get(self, option: Option[T]) -> T:
        """The stored value, or the default if there is none or it is not valid."""
        raw = self._store.value(option.key)
        if raw is None:
            return option.default
        try:
            value = _decode(str(raw), option.kind)
        except (ValueError, TypeError):
            value = None
        if value is None or not option.is_valid(value):
            _log.warning(
                "Setting %s holds %.60r, which is not valid; %r is used instead.",
                option.key,
                raw,
                option.default,
            )
            return option.default
        return value

    def set(self, option: Option[T], value: T) -> None:
        """Remember ``value``; raises ValueError if the option may not hold it."""
        if type(value) is not option.kind or not option.is_valid(value):
            raise ValueError(f"{option.key} may not be {value!r}")
        self._store.setValue(option.key, _encode(value))
        if option.names_model:
            from fstmuse_core.bundle.find_by_hash import sha256_of

            self._store.setValue(option.key + _HASH, _encode(sha256_of(str(value))))

    def follow_models(self) -> None:
        """Take up models that were renamed while nobody looked by their new names."""
        from fstmuse_core.bundle.find_by_hash import whereabouts

        for key in self._store.allKeys():
            if not key.endswith(_HASH):
                continue
            try:
                sha256 = _decode(str(self._store.value(key) or '""'), str)
            except ValueError:
                continue  # the name is still there
            name = whereabouts(sha256).name if sha256 else ""
            if name:
                self._store.setValue(key.removesuffix(_HASH), _encode(name))

    def add_recent(self, paths: list[str]) -> None:
        """Put ``paths`` at the top of the recent files, the last of them first."""
        newest = dict.fromkeys([*reversed(paths), *self.get(RECENT_FILES)])
        self.set(RECENT_FILES, list(newest)[:MAX_RECENT])

    def save(self) -> None:
        """Write everything to the file now."""
        self._store.sync()


def _version(stored: Any) -> int:
    """The version that a file says it has; 0 if that makes no sense."""
    text = str(stored)
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else 0


def _encode(value: Any) -> str:
    if isinstance(value, bytes):
        value = base64.b64encode(value).decode()
    return json.dumps(value)


def _decode(text: str, kind: type[T]) -> T | None:
    value: Any = parse_json(text)
    if kind is bytes and isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except binascii.Error:
            return None
    return value if type(value) is kind else None
