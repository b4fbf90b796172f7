"""Numbers in sentences."""

from __future__ import annotations


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
