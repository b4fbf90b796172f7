"""Numbers in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """The number with its noun, in the plural where that is due.

    Examples
    --------
    >>> counted(1, "clip"), counted(0, "clip")
    ('1 clip', '0 clips')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def sized(size: float) -> str:
    """Bytes in MiB or GiB.

    Examples
    --------
    >>> sized(3 * 2**20), sized(7.2 * 2**30)
    ('3.0 MiB', '7.2 GiB')
    """
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names in a sentence; of many the first ``most``, and how many more there are.

    Examples
    --------
    >>> listed(["Rock"]), listed(["Rock", "Jazz", "Zouk"]), listed(["Rock", "Jazz", "Zouk"], 1)
    ('Rock', 'Rock, Jazz and Zouk', 'Rock and 2 more')
    """
    shown = [*names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)
