"""The interface of an open sound file, and the numbers that a sound file may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from fstmuse_core.spectrogram import FloatArray

LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000
MOST_CHANNELS = 64
# Decoded at once, whatever the header says of rate and channels.
_BLOCK_BYTES = 16 << 20


class Source(Protocol):
    """An open file.

    Attributes
    ----------
    sample_rate : int
        In hertz.
    channels : int
    format : str
        The decoder's name for the container.
    duration_s : float or None
        Length in seconds, ``None`` where nothing tells.
    is_estimate : bool
        True if ``duration_s`` is no more than a guess, so that a file that ends earlier is
        not cut.
    notes : list of str
        Warnings for the user; complete once all blocks are read.
    """

    sample_rate: int
    channels: int
    format: str
    duration_s: float | None
    is_estimate: bool
    notes: list[str]

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """Sound from ``start_s`` on, shape ``(n, channels)``; ``DamagedError`` where it breaks."""

    def close(self) -> None:
        """Close the file."""


class DamagedError(Exception):
    """The file cannot be decoded any further."""


class UnreadableError(Exception):
    """The decoder cannot open the file; the text is the reason for the user."""


class RefusedError(UnreadableError):
    """The file states numbers that no sound has: no decoder should try it."""


def check_numbers(rate: float, channels: int) -> None:
    """Raise :class:`RefusedError` for a sample rate or a number of channels out of range."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise RefusedError(
            f"its header states a sample rate of {rate:,.0f} Hz; "
            f"{LOWEST_RATE:,} to {HIGHEST_RATE:,} Hz can be read"
        )
    if not 1 <= channels <= MOST_CHANNELS:
        raise RefusedError(
            f"its header states {channels:,} channels; 1 to {MOST_CHANNELS} can be read"
        )


def block_frames(block_s: float, rate: int, channels: int) -> int:
    """Samples per channel in a block of about ``block_s`` seconds and of bounded size."""
    return max(1, min(int(block_s * rate), _BLOCK_BYTES // (4 * channels)))


def damage_note(places: int, lost_s: float) -> str:
    """The warning that damage was passed over."""
    where = "1 place" if places == 1 else f"{places:,} places"
    return f"the file is damaged in {where}: {lost_s:.2f} s could not be read"
