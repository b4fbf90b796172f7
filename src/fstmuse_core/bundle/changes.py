"""Naming, renaming, deleting and restoring the user's own models."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fstmuse_core.bundle import bundle as bundles
from fstmuse_core.bundle.bundle import name_key
from fstmuse_core.bundle.manifest import MADE_AS, MANIFEST_NAME, manifest_bytes, manifest_values
from fstmuse_core.bundle.model_list import ModelEntry, find_model
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.errors import BundleError

MAX_LENGTH = 64

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_MARKS = frozenset(" ._-")
# Windows keeps these for devices, with any extension.
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)}
)


def clean_title(title: str) -> str:
    """``title`` without blanks at its ends, and with single ones inside."""
    return " ".join(title.split())


def name_of(title: str) -> str:
    """The name under which ``--model`` finds a model of this title.

    Blanks become dashes and letters lose their accents.

    Raises
    ------
    BundleError
        If no model can be called so; the reason is named.

    Examples
    --------
    >>> name_of("My café songs")
    'My-cafe-songs'
    """
    title = clean_title(title)
    if not title:
        raise BundleError("name", "it is empty", "give the model a name")
    if len(title) > MAX_LENGTH:
        raise BundleError(
            f"{title[:16]}\N{HORIZONTAL ELLIPSIS}",
            f"the name has {len(title)} characters",
            f"{MAX_LENGTH} at most",
        )
    wrong = next((c for c in title if not (c.isalnum() or c in _MARKS)), None)
    if wrong is not None:
        raise BundleError(
            title,
            f"a name cannot hold {wrong!r}",
            "letters, digits, blanks, dots, dashes and underscores can be used",
        )
    plain = unicodedata.normalize("NFKD", title).replace(" ", "-")
    name = "".join(c for c in plain if c in _PLAIN)[:MAX_LENGTH]
    if not name or not name[0].isalnum() or name.endswith("."):
        raise BundleError(
            title,
            "a name begins with a letter from A to Z or a digit, and does not end in a dot",
            "choose another",
        )
    if name.split(".")[0].casefold() in _RESERVED:
        raise BundleError(title, "Windows keeps this name for a device", "choose another")
    return name


def check_free(name: str, taken: Collection[str]) -> None:
    """Raise ``BundleError`` if one of ``taken`` could be meant by ``name`` too."""
    key = name_key(name)
    other = next((known for known in taken if name_key(known) == key), None)
    if other is not None:
        raise BundleError(name, f"there is a model called {other} already", "choose another name")


def free_name(name: str, title: str, taken: Collection[str]) -> tuple[str, str]:
    """``name`` and ``title``, with the next number that is free where the name is taken."""
    keys = {name_key(known) for known in taken}
    if name_key(name) not in keys:
        return name, title
    number = 2
    while name_key(f"{name}-{number}") in keys:
        number += 1
    return f"{name}-{number}", f"{title} {number}"


TRASH_DAYS = 30

_STAMP = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class DeletedModel:
    """A model in the trash: what it was called, when it was deleted, and where it lies."""

    name: str
    title: str
    deleted_at: datetime
    folder: Path


def rename_model(name: str, title: str) -> ModelEntry:
    """Give one of the user's models another title, and the name that goes with it.

    A kill at any moment leaves a model that works, under the old name or the new one.

    Returns
    -------
    ModelEntry
        The model as it is now called.

    Raises
    ------
    BundleError
        If it came with the program, if the new name cannot be or is taken, or if the disk
        refuses.
    """
    entry = _own(name, "renamed", "export it and import it under another name")
    title = clean_title(title)
    new = name_of(title)
    check_free(new, set(bundles.bundle_folders()) - {entry.name})
    target = entry.folder.with_name(new)
    with _disk_trouble(entry.name, "renamed"):
        _move(entry.folder, target)
        try:
            _write_names(target, new, title)
        except BaseException:
            _move(target, entry.folder)
            raise
    return find_model(new)


def delete_model(name: str) -> DeletedModel:
    """Move one of the user's models to the trash, from which it can be restored.

    Models that have lain there for more than ``TRASH_DAYS`` days are removed for good.

    Raises
    ------
    BundleError
        If there is no such model, if it came with the program, or if the disk refuses.
    """
    entry = _own(name, "deleted", "it takes no room of yours")
    empty_old_trash()
    now = datetime.now(UTC)
    with _disk_trouble(entry.name, "deleted"):
        trash_folder().mkdir(parents=True, exist_ok=True)
        while (target := trash_folder() / f"{now.strftime(_STAMP)}-{entry.name}").exists():
            now += timedelta(microseconds=1)
        entry.folder.rename(target)
    return DeletedModel(entry.name, entry.title, now, target)


def list_deleted() -> list[DeletedModel]:
    """List the models in the trash, the latest first."""
    root = trash_folder()
    folders = sorted(root.iterdir(), reverse=True) if root.is_dir() else []
    return [deleted for folder in folders if (deleted := _deleted(folder)) is not None]


def find_deleted(name: str = "") -> DeletedModel:
    """The model of this name that was deleted last, or the last of all.

    Raises
    ------
    BundleError
        If there is none; those there are are named.
    """
    found = list_deleted()
    key = name_key(name)
    for deleted in found:
        if not name or name_key(deleted.name) == key:
            return deleted
    names = ", ".join(dict.fromkeys(deleted.name for deleted in found))
    raise BundleError(
        name or "trash",
        "no deleted model is kept" + (" by that name" if name else ""),
        f"deleted: {names}" if names else f"they are kept for {TRASH_DAYS} days",
    )


def restore_model(deleted: DeletedModel) -> ModelEntry:
    """Bring a deleted model back; if its name has been taken since, under the next free one.

    Raises
    ------
    BundleError
        If it is no longer in the trash, or if the disk refuses.
    """
    name, title = free_name(deleted.name, deleted.title, bundles.bundle_folders())
    target = bundles.user_models_folder() / name
    with _disk_trouble(deleted.name, "restored"):
        if not deleted.folder.is_dir():
            raise BundleError(deleted.name, "it is no longer in the trash", "import or train it")
        target.parent.mkdir(parents=True, exist_ok=True)
        # A restoring that was cut off may have given it the name that was free then.
        known_as = (_read_values(deleted.folder) or {}).get("name", deleted.name)
        if name != deleted.name or name != known_as:
            _write_names(deleted.folder, name, title)
        _move(deleted.folder, target)
    return find_model(name)


def empty_old_trash() -> None:
    """Remove for good what was deleted more than ``TRASH_DAYS`` days ago."""
    oldest = datetime.now(UTC) - timedelta(days=TRASH_DAYS)
    for deleted in list_deleted():
        if deleted.deleted_at < oldest:
            shutil.rmtree(deleted.folder, ignore_errors=True)


def trash_folder() -> Path:
    """Folder of deleted models: beside the models, on the same disk; may not exist yet."""
    return bundles.user_models_folder().with_name("deleted-models")


def _own(name: str, verb: str, remedy: str) -> ModelEntry:
    entry = find_model(name)
    if entry.is_shipped:
        raise BundleError(entry.name, f"it came with FstMuse and cannot be {verb}", remedy)
    return entry


@contextmanager
def _disk_trouble(name: str, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise BundleError(name, f"it cannot be {verb} ({reason})", "try again later") from error


def _move(source: Path, target: Path) -> None:
    """Rename a folder, also if only the case of a letter changes, and never onto another."""
    if target == source:
        return
    if target.exists() and not target.samefile(source):
        raise FileExistsError(17, f"there is a folder {target.name} already")
    source.rename(target)


def _write_names(folder: Path, name: str, title: str) -> None:
    """Change these two entries of ``model.json``, and keep what they were at first.

    All others stay as they are, and so does the hash that the model's answers are kept under.
    """
    values = _read_values(folder)
    if values is None:
        raise BundleError(name, f"its {MANIFEST_NAME} cannot be read", "delete it or import it")
    values.setdefault(MADE_AS, {key: values.get(key) for key in ("name", "title")})
    values |= {"name": name, "title": title}
    with open_atomic(folder / MANIFEST_NAME) as stream:
        stream.write(manifest_bytes(values))


def _read_values(folder: Path) -> dict[str, Any] | None:
    try:
        return manifest_values(folder)
    except BundleError:
        return None


def _deleted(folder: Path) -> DeletedModel | None:
    stamp, _, name = folder.name.partition("-")
    try:
        deleted_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    if not name or not folder.is_dir():
        return None
    title = (_read_values(folder) or {}).get("title") or name
    return DeletedModel(name, str(title), deleted_at, folder)
