"""The same recording in other files: byte for byte, or in other formats, levels and excerpts."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import soxr

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, MelStream
from fstmuse_core.datasets.track import SetAside, Track
from fstmuse_core.system.atomic_write import file_sha256
from fstmuse_core.system.errors import one_line
from fstmuse_core.system.wording import listed

Print = npt.NDArray[np.uint32]
K = TypeVar("K", bound=Hashable)

LONGEST_S = 600.0
# Bands of the mel spectrogram that telephone, low bit rates and 8 kHz leave: 250 to 3,000 Hz.
_FIRST_BAND, _BANDS_EACH, _N_BITS = 16, 2, 32
_WIDTH = (_N_BITS + 1) * _BANDS_EACH
# Frames that are averaged, between the two that are compared, and from one word to the next
# (at 22,050 Hz and a hop of 512: 0.37 s, 0.37 s and 0.07 s).
_SMOOTHING, _LAG, _STEP = 16, 16, 3
# In units of the logarithm: a smaller change is inaudible.
_STEADY = 0.02
_FLOOR = 1e-4
# Words with fewer ones or zeros are those of silence and steady tones, which anything may hold.
_LEAST_BITS = 6
# Measured on 553 songs and their copies, see benchmarks/near_copies.py.
_MOST_WRONG, _MOST_WRONG_OF_FEW = 0.28, 0.2
# Words, and the share of the shorter of two files, that must overlap: 3 s and a quarter. Below
# 8 s chance needs the stricter limit.
_LEAST_WORDS, _FEW_WORDS, _LEAST_SHARE = 40, 115, 0.25
# Words with equal neighbours in the sorted table are compared with so many of them.
_NEIGHBOURS = 24
_CANDIDATES = 4
# Of more words a share is looked at, the same words of every file; a pair must then have two in
# common at one shift. Of 553 songs 98 % of the words are found in one place alone.
_MOST_WORDS = 8_000_000
_HASH = np.uint32(2_654_435_761)


def print_of(mel: npt.NDArray[np.floating]) -> Print:
    """The fingerprint of a mel spectrogram.

    Parameters
    ----------
    mel : ndarray, shape ``(frames, 128)``
        Magnitudes, as :class:`fstmuse_core.datasets.cache.FeatureCache` holds them.

    Returns
    -------
    ndarray of uint32, shape ``(words,)``
        One word for every third frame; empty where there are too few frames.
    """
    bands = np.asarray(mel[:, _FIRST_BAND : _FIRST_BAND + _WIDTH], dtype=np.float64)
    if len(bands) <= _SMOOTHING + _LAG:
        return np.zeros(0, np.uint32)
    energy = bands.reshape(len(bands), _N_BITS + 1, _BANDS_EACH).sum(axis=2)
    total = np.vstack([np.zeros(_N_BITS + 1), np.cumsum(energy, axis=0)])
    mean = (total[_SMOOTHING:] - total[:-_SMOOTHING]) / _SMOOTHING
    level = np.log(mean + _FLOOR * max(float(mean.mean()), 1e-12))
    slope = level[:, :-1] - level[:, 1:]
    rises = (slope[_LAG:] - slope[:-_LAG])[::_STEP] > _STEADY
    return np.packbits(rises, axis=1, bitorder="little").view("<u4").ravel().astype(np.uint32)


class MelPrint:
    """The fingerprint of mel frames that come in blocks, of their first ten minutes."""

    def __init__(self) -> None:
        self._left = round(LONGEST_S * DEFAULT_CONFIG.frames_per_second)
        self._frames: list[FloatArray] = []

    def push(self, frames: FloatArray) -> None:
        """Take frames, shape ``(n, 128)``."""
        if self._left > 0:
            # Only these bands are looked at.
            self._frames.append(frames[: self._left, : _FIRST_BAND + _WIDTH].copy())
            self._left -= len(frames)

    def finish(self) -> Print:
        """The fingerprint of all that came."""
        if not self._frames:
            return np.zeros(0, np.uint32)
        return print_of(np.concatenate(self._frames))


class PrintStream:
    """The fingerprint of sound that comes in blocks, of its first ten minutes.

    Parameters
    ----------
    sample_rate : int
        Of the blocks, in hertz.
    """

    def __init__(self, sample_rate: int) -> None:
        rate = DEFAULT_CONFIG.sample_rate
        self._resampler = soxr.ResampleStream(sample_rate, rate, 1) if sample_rate != rate else None
        self._mel = MelStream(DEFAULT_CONFIG)
        self._left = round(LONGEST_S * sample_rate)
        self._frames: list[FloatArray] = []

    def push(self, block: FloatArray) -> None:
        """Take samples, shape ``(n,)``."""
        if self._left > 0:
            self._take(block[: self._left])
            self._left -= len(block)

    def _take(self, block: FloatArray, *, last: bool = False) -> None:
        if self._resampler is not None:
            block = self._resampler.resample_chunk(np.asarray(block, np.float32), last=last)
        self._frames.append(self._mel.push(block))

    def finish(self) -> Print:
        """The fingerprint of all that came."""
        if self._resampler is not None:
            self._take(np.zeros(0, np.float32), last=True)
        return print_of(np.concatenate([*self._frames, self._mel.flush()]))


def middle(words: Print, most: int = 1720) -> Print:
    """The middle of a long fingerprint (two minutes), a short one as it is."""
    start = max(0, (len(words) - most) // 2)
    return words[start : start + most]


def as_text(words: Print) -> str:
    """A fingerprint as text for a table: of long ones the middle."""
    return base64.b85encode(middle(words).astype("<u4").tobytes()).decode()


def from_text(text: str) -> Print:
    """Inverse of :func:`as_text`; empty where it is none."""
    try:
        data = base64.b85decode(text)
    except (ValueError, binascii.Error):
        return np.zeros(0, np.uint32)
    return np.frombuffer(data[: len(data) // 4 * 4], "<u4").astype(np.uint32)


@dataclass(frozen=True)
class Pair(Generic[K]):
    """Two recordings that sound the same, and the share of bits that differ."""

    first: K
    second: K
    wrong: float


def same_recordings(
    prints: Mapping[K, Print], others: Mapping[K, Print] | None = None
) -> list[Pair[K]]:
    """Pairs of recordings that hold the same sound.

    Parameters
    ----------
    prints : mapping to fingerprints
    others : mapping to fingerprints, optional
        Compare with these instead of with each other.

    Returns
    -------
    list of Pair
        In the order of the mapping; of two of ``prints`` the earlier comes first.
    """
    keys: list[K] = [*prints, *(others or ())]
    words = [*prints.values(), *(others or {}).values()]
    n_first = len(prints)
    found: list[Pair[K]] = []
    for first, second, shifts in _candidates(words):
        if others is not None and (first < n_first) == (second < n_first):
            continue
        wrong = min(_share_wrong(words[first], words[second], shift) for shift in shifts)
        if wrong < 1.0:
            found.append(Pair(keys[first], keys[second], wrong))
    return found


def _informative(words: Print) -> npt.NDArray[np.bool_]:
    ones = np.bitwise_count(words)
    return (ones >= _LEAST_BITS) & (ones <= _N_BITS - _LEAST_BITS)


def _sampled(words: Print, thinning: int) -> npt.NDArray[np.bool_] | bool:
    """One word of so many, chosen by its value alone."""
    if thinning == 1:
        return True
    return np.asarray((words * _HASH >> np.uint32(8)) % np.uint32(thinning) == 0)


def _candidates(prints: Sequence[Print]) -> list[tuple[int, int, list[int]]]:
    """Pairs that share words, each with the shifts at which they share the most."""
    total = sum(len(words) for words in prints)
    thinning = max(1, -(-total // _MOST_WORDS))
    chosen = [np.flatnonzero(_informative(words) & _sampled(words, thinning)) for words in prints]
    if not any(len(places) for places in chosen):
        return []
    words = np.concatenate([each[places] for each, places in zip(prints, chosen, strict=True)])
    owner = np.repeat(np.arange(len(prints)), [len(places) for places in chosen])
    place = np.concatenate(chosen)
    order = np.lexsort((place, owner, words))
    words, owner, place = words[order], owner[order], place[order]
    parts = []
    for distance in range(1, _NEIGHBOURS + 1):
        here, there = slice(None, -distance), slice(distance, None)
        alike = (words[here] == words[there]) & (owner[here] != owner[there])
        if alike.any():
            shift = place[there][alike] - place[here][alike]
            parts.append(np.stack([owner[here][alike], owner[there][alike], shift], axis=1))
    if not parts:
        return []
    hits, counts = np.unique(np.concatenate(parts), axis=0, return_counts=True)
    if thinning > 1:
        hits, counts = hits[counts > 1], counts[counts > 1]
    ranked = np.lexsort((-counts, hits[:, 1], hits[:, 0]))
    shifts: dict[tuple[int, int], list[int]] = {}
    for first, second, shift in hits[ranked].tolist():
        known = shifts.setdefault((first, second), [])
        if len(known) < _CANDIDATES:
            known.append(shift)
    return [(first, second, found) for (first, second), found in sorted(shifts.items())]


def _share_wrong(first: Print, second: Print, shift: int) -> float:
    """Share of bits that differ where two fingerprints overlap; 1 if that tells nothing.

    The word ``i`` of the first is held against ``i + shift`` of the second.
    """
    start, end = max(0, -shift), min(len(first), len(second) - shift)
    here, there = first[start:end], second[start + shift : end + shift]
    informative = _informative(here) | _informative(there)
    n = int(informative.sum())
    if n < max(_LEAST_WORDS, _LEAST_SHARE * min(len(first), len(second))):
        return 1.0
    wrong = float(np.bitwise_count(here[informative] ^ there[informative]).sum()) / (_N_BITS * n)
    return wrong if wrong <= (_MOST_WRONG if n >= _FEW_WORDS else _MOST_WRONG_OF_FEW) else 1.0


def joined(sounds: Mapping[K, str], pairs: Sequence[Pair[K]]) -> dict[K, str]:
    """Hashes of sounds, the same for recordings that sound the same, also over others."""
    leader: dict[str, str] = {}

    def find(sound: str) -> str:
        while sound in leader:
            sound = leader[sound]
        return sound

    for pair in pairs:
        if pair.first in sounds and pair.second in sounds:
            first, second = find(sounds[pair.first]), find(sounds[pair.second])
            if first != second:
                leader[second] = first
    return {key: find(sound) for key, sound in sounds.items()}


def without_copies(tracks: Sequence[Track]) -> tuple[list[Track], list[SetAside]]:
    """Tracks with each file once, and the copies; the first path in order is the original.

    Only files of the same size are read. One that cannot be read is nobody's copy.
    """
    by_size: dict[int, list[Path]] = defaultdict(list)
    for path in sorted({track.path for track in tracks}):
        try:
            by_size[path.stat().st_size].append(path)
        except OSError:
            continue
    copies: dict[Path, SetAside] = {}
    for paths in by_size.values():
        first: dict[str, Path] = {}
        for path in paths if len(paths) > 1 else ():
            original = first.setdefault(file_sha256(path) or str(path), path)
            if original != path:
                reason = f"it is a copy of {original.name}"
                copies[path] = SetAside(path, reason)
    return [track for track in tracks if track.path not in copies], list(copies.values())


def pairs_sentence(pairs: Sequence[Pair[Path]]) -> str:
    """Name the files that are the same recording, as a sentence; empty if none are."""
    if not pairs:
        return ""
    named = [f"{one_line(p.first.name)} = {one_line(p.second.name)}" for p in pairs]
    n = len({path for pair in pairs for path in (pair.first, pair.second)})
    return (
        f"{n} files sound the same as another ({listed(named, 5)}): each recording counts as one "
        "and stays on one side of the test"
    )


def without_near_copies(
    tracks: Sequence[Track], prints: Mapping[Path, Print]
) -> tuple[list[Track], list[Pair[Path]]]:
    """Tracks with each recording once, the first of the copies, and the pairs of copies."""
    pairs = same_recordings({t.path: prints[t.path] for t in tracks if t.path in prints})
    leaders = joined({path: str(path) for path in prints}, pairs)
    kept: dict[str, Track] = {}
    for track in tracks:
        kept.setdefault(leaders.get(track.path, str(track.path)), track)
    return list(kept.values()), pairs
