"""Settings of the window."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings

from fstmuse_core.bundle.bundle import shipped_models_folder
from fstmuse_core.bundle.changes import delete_model, rename_model
from fstmuse_core.bundle.manifest import manifest_bytes
from fstmuse_gui import settings as declared
from fstmuse_gui.settings import (
    COLOUR_MAP,
    DB_RANGE,
    GEOMETRY,
    MAX_RECENT,
    MODEL,
    RECENT_FILES,
    SPLITTER,
    THEME,
    Option,
    Settings,
)

OPTIONS = [value for value in vars(declared).values() if isinstance(value, Option)]


def test_keys_are_declared_once() -> None:
    keys = [option.key for option in OPTIONS]
    assert len(set(keys)) == len(keys) >= 11


def _identity(value: object) -> str:
    """Identity of an option in every process, unlike its own text with its addresses."""
    return value.key if isinstance(value, Option) else str(value)[:40]


@pytest.mark.parametrize("option", OPTIONS, ids=_identity)
def test_a_default_is_valid_and_is_what_an_empty_file_gives(
    option: Option[Any], settings: Settings
) -> None:
    assert type(option.default) is option.kind
    assert option.is_valid(option.default)
    assert settings.get(option) == option.default


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (THEME, "dark"),
        (DB_RANGE, 40),
        (GEOMETRY, b"\x00\xff\n;=%"),
        (SPLITTER, [300, 900]),
        (RECENT_FILES, ["/a, b.mp3", '/with "quotes".wav', "/naïve \N{MUSICAL NOTE}.ogg"]),
        (RECENT_FILES, ["/only one.mp3"]),
        (RECENT_FILES, []),
    ],
    ids=_identity,
)
def test_what_is_stored_comes_back_from_another_reading(
    tmp_path: Path, option: Option[Any], value: object
) -> None:
    first = Settings(tmp_path / "s.ini")
    first.set(option, value)
    first.save()
    assert Settings(tmp_path / "s.ini").get(option) == value


@pytest.mark.parametrize(
    ("option", "stored"),
    [
        (THEME, '"purple"'),
        (THEME, "dark"),  # not JSON
        (DB_RANGE, '"80"'),
        (DB_RANGE, "81"),
        (DB_RANGE, "true"),
        (COLOUR_MAP, "null"),
        (RECENT_FILES, "[1, 2]"),
        (RECENT_FILES, '"/one.mp3"'),
        (RECENT_FILES, str(["x"] * 99).replace("'", '"')),
        (GEOMETRY, '"no base64!"'),
    ],
    ids=_identity,
)
def test_a_bad_stored_value_becomes_the_default_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, option: Option[Any], stored: str
) -> None:
    raw = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    raw.setValue(option.key, stored)
    raw.sync()
    with caplog.at_level(logging.WARNING):
        assert Settings(tmp_path / "s.ini").get(option) == option.default
    assert option.key in caplog.text


ABSURD = [
    *("", "null", "{}", "[]x", "NaN", "[NaN]", "Infinity", "1e400", "true", "-1", "9" * 5_000),
    *(str(10**18), f"[{10**30}, {10**30}]", "[-1, -1]", "[" * 200_000, '{"a": ' * 5_000),
    *('"a\\u0000b"', '["a\\u0000b"]', f'"{"x" * 40_000}"', f'["{"x" * 40_000}"]', "'purple'"),
    *("\x00\x80\xff", '"\x1b[31m', "@Variant(\x00\x00\x00\x7f)", "@ByteArray(\xff)"),
]


# "true" is what an option that is yes or no may hold.
STORED = [(o, text) for o in OPTIONS for text in ABSURD if o.kind is not bool or text != "true"]


@pytest.mark.parametrize(
    ("option", "stored"), STORED, ids=[f"{option.key}-{text[:12]!r}" for option, text in STORED]
)
def test_absurd_stored_values_become_the_default_and_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, option: Option[Any], stored: str
) -> None:
    raw = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    raw.setValue(option.key, stored)
    raw.setValue(f"{option.key}_sha256", stored)
    raw.sync()
    settings = Settings(tmp_path / "s.ini")
    settings.follow_models()
    with caplog.at_level(logging.WARNING):
        assert settings.get(option) == option.default
    (record,) = caplog.records
    assert record.getMessage().startswith(f"Setting {option.key} holds ")
    assert len(record.getMessage().splitlines()) == 1


@pytest.mark.parametrize("option", OPTIONS, ids=_identity)
def test_absurd_bytes_in_the_file_become_the_default(tmp_path: Path, option: Option[Any]) -> None:
    section, _, name = option.key.partition("/")
    for number, value in enumerate((b"\xff\xfe\x00", b"@Invalid()", b"a, b, c", b"@Variant(\\0)")):
        file = tmp_path / f"{number}.ini"
        file.write_bytes(b"[%s]\n%s=%s\n" % (section.encode(), name.encode(), value))
        assert Settings(file).get(option) == option.default


@pytest.mark.parametrize("version", ["-1000000000000", "9" * 5_000, str(10**30), "nan", "", "٣"])
def test_absurd_versions_are_taken_for_the_oldest(tmp_path: Path, version: str) -> None:
    raw = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    raw.setValue("settings_version", version)
    raw.sync()
    steps: list[int] = []
    lifted = Settings(tmp_path / "s.ini", upgrades={1: lambda _store: steps.append(1)})
    assert steps == [1]
    lifted.save()
    Settings(tmp_path / "s.ini", upgrades={1: lambda _store: steps.append(1)})
    assert steps == [1]


def test_a_file_that_is_no_settings_file_starts_the_window_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "s.ini").write_bytes(b"\x80\x00[[[ not = settings\n")
    assert Settings(tmp_path / "s.ini").get(THEME) == "system"


def test_storing_what_an_option_may_not_hold_is_refused(settings: Settings) -> None:
    with pytest.raises(ValueError, match="view/db_range may not be 81"):
        settings.set(DB_RANGE, 81)


def test_an_older_file_is_lifted_step_by_step(tmp_path: Path) -> None:
    old = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    old.setValue("settings_version", 1)
    old.setValue("looks", "dark")
    old.sync()
    steps = []

    def rename(store: QSettings) -> None:
        steps.append(2)
        store.setValue(THEME.key, f'"{store.value("looks")}"')
        store.remove("looks")

    lifted = Settings(
        tmp_path / "s.ini", upgrades={2: rename, 3: lambda _store: steps.append(3)}, version=3
    )
    assert lifted.get(THEME) == "dark"
    assert steps == [2, 3]
    lifted.save()
    Settings(tmp_path / "s.ini", upgrades={2: rename}, version=3)
    assert steps == [2, 3], "a lifted file must not be lifted again"


def test_a_new_file_needs_no_lifting(tmp_path: Path) -> None:
    def never(_store: QSettings) -> None:
        raise AssertionError

    Settings(tmp_path / "s.ini", upgrades={1: never, 2: never}, version=2)


def test_recent_files_are_few_different_and_newest_first(settings: Settings) -> None:
    settings.add_recent([f"/{i}.mp3" for i in range(MAX_RECENT + 3)])
    settings.add_recent(["/5.mp3"])
    recent = settings.get(RECENT_FILES)
    assert recent[:2] == ["/5.mp3", f"/{MAX_RECENT + 2}.mp3"]
    assert len(recent) == len(set(recent)) == MAX_RECENT


def test_a_model_that_was_renamed_outside_the_window_stays_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own" / "models"
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: folder)
    shutil.copytree(shipped_models_folder() / "toy-model", folder / "mine")
    values = {**json.loads((folder / "mine" / "model.json").read_bytes()), "title": "mine"}
    (folder / "mine" / "model.json").write_bytes(manifest_bytes(values))
    path = tmp_path / "settings.ini"
    Settings(path).set(MODEL, "mine")
    rename_model("mine", "My songs")
    again = Settings(path)
    again.follow_models()
    assert again.get(MODEL) == "My-songs"
    delete_model("My-songs")
    again.follow_models()
    assert again.get(MODEL) == "My-songs"
