"""Tempo and loop of a WAV file, in the chunks in which samplers and sequencers look for them."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_BEATS_A_BAR, _QUARTERS = 4, 4
# Of "acid": a root note is named; it may be stretched to another tempo; it is a long take, cut
# by its beats. Without "one shot" it is a loop.
_STRETCHED, _LONG = 0x04, 0x08
_MIDDLE_C = 60
_HEAD = 12


@dataclass(frozen=True)
class Tempo:
    """Beat of a sound.

    Attributes
    ----------
    bpm : float
        In beats a minute.
    beats : int
        Whole beats that the sound lasts.
    is_loop : bool
        True if its end leads into its beginning.
    """

    bpm: float
    beats: int
    is_loop: bool = False


def with_tempo(wav: bytes, tempo: Tempo, n_samples: int, sample_rate: int) -> bytes:
    """A WAV file with what is known of its beat.

    The chunk "acid" says the tempo and the number of beats, "smpl" where a loop begins and ends
    (Microsoft, "Multimedia programming interface and data specifications 1.0", 1991). They stand
    before the samples: some programs read no further.

    Parameters
    ----------
    wav : bytes
        A whole file without either chunk.
    tempo : Tempo
    n_samples : int
        Of each channel.
    sample_rate : int
        In hertz.

    Examples
    --------
    >>> empty = b"RIFF" + struct.pack("<I", 12) + b"WAVEdata" + struct.pack("<I", 0)
    >>> with_tempo(empty, Tempo(120.0, 8), 0, 22_050)[12:16]
    b'acid'
    """
    chunks = _chunk(b"acid", _acid(tempo))
    if tempo.is_loop:
        chunks += _chunk(b"smpl", _sampler(n_samples, sample_rate))
    at = _data_at(wav)
    size = struct.pack("<I", len(wav) + len(chunks) - 8)
    return b"".join((wav[:4], size, wav[8:at], chunks, wav[at:]))


def _acid(tempo: Tempo) -> bytes:
    flags = _STRETCHED if tempo.is_loop else _STRETCHED | _LONG
    return struct.pack(
        "<IHHfIHHf",
        *(flags, _MIDDLE_C, 0x8000, 0.0),
        *(tempo.beats, _QUARTERS, _BEATS_A_BAR, tempo.bpm),
    )


def _sampler(n_samples: int, sample_rate: int) -> bytes:
    """One loop over all samples, for ever; the last sample is within it."""
    head = (0, 0, round(1e9 / sample_rate), _MIDDLE_C, 0, 0, 0, 1, 0)
    return struct.pack("<15I", *head, *(0, 0, 0, n_samples - 1, 0, 0))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content


def _data_at(wav: bytes) -> int:
    """Offset of the chunk that holds the samples."""
    at = _HEAD
    while wav[at : at + 4] != b"data":
        (size,) = struct.unpack_from("<I", wav, at + 4)
        at += 8 + size + size % 2
    return at
