"""Rules for names of models: a name is a folder too, on every system."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from fstmuse_core.bundle.bundle import name_key
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
