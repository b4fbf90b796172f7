"""Tags beside the genre that are written on request: tempo, key, mood and loudness."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

BPM, KEY, MOOD = "BPM", "INITIALKEY", "MOOD"
GAIN, PEAK = "REPLAYGAIN_TRACK_GAIN", "REPLAYGAIN_TRACK_PEAK"
ALBUM_GAIN, ALBUM_PEAK = "REPLAYGAIN_ALBUM_GAIN", "REPLAYGAIN_ALBUM_PEAK"
# Of Opus, RFC 7845: 1/256 dB, from -23 LUFS on where ReplayGain has -18.
OPUS_GAIN, OPUS_ALBUM_GAIN = "R128_TRACK_GAIN", "R128_ALBUM_GAIN"
# Names of tags in Vorbis comments, which other formats have elsewhere, and their values.
Extras = tuple[tuple[str, str], ...]
# What can be asked for, and the tags that it fills.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "bpm": (BPM,),
    "key": (KEY,),
    "mood": (MOOD,),
    "gain": (GAIN, PEAK, OPUS_GAIN),
    "album-gain": (ALBUM_GAIN, ALBUM_PEAK, OPUS_ALBUM_GAIN),
}
WORDS: Mapping[str, str] = {
    BPM: "BPM",
    KEY: "key",
    MOOD: "mood",
    GAIN: "gain",
    PEAK: "peak",
    OPUS_GAIN: "gain (R128)",
    ALBUM_GAIN: "album gain",
    ALBUM_PEAK: "album peak",
    OPUS_ALBUM_GAIN: "album gain (R128)",
}
# Frames of ID3 that hold them; the others are texts of the user's own kind, by these names.
ID3_FRAMES: Mapping[str, str] = {BPM: "TBPM", KEY: "TKEY"}
_OPUS_STEPS, _OPUS_BELOW_DB = 256, 5.0
_MP4_BPM = "tmpo"
_MP4_OWN = "----:com.apple.iTunes:"
_MP4_NAMES = {
    KEY: "initialkey",
    **{name: name.lower() for name in (GAIN, PEAK, ALBUM_GAIN, ALBUM_PEAK)},
}
_IN_OPUS = {GAIN: OPUS_GAIN, ALBUM_GAIN: OPUS_ALBUM_GAIN}


def names_of(extras: Extras) -> frozenset[str]:
    """Names of the tags that are written."""
    return frozenset(name for name, _ in extras)


def with_opus(extras: Extras) -> Extras:
    """The same for Opus, which has gains of its own and no peaks."""
    found = []
    for name, value in extras:
        if name in _IN_OPUS:
            steps = round((float(value.split()[0]) - _OPUS_BELOW_DB) * _OPUS_STEPS)
            found.append((_IN_OPUS[name], str(max(-(2**15), min(2**15 - 1, steps)))))
        elif name not in (PEAK, ALBUM_PEAK):
            found.append((name, value))
    return tuple(found)


def mp4_key(name: str) -> str:
    """Key of a tag in MP4."""
    return _MP4_BPM if name == BPM else _MP4_OWN + _MP4_NAMES.get(name, name)


def mp4_value(name: str, value: str) -> list[Any]:
    """Value of a tag as mutagen writes it to MP4, where a tempo is a whole number."""
    return [round(float(value))] if name == BPM else [value.encode()]


def mp4_text(values: Any) -> str:
    """Text of a value that mutagen reads from MP4."""
    first = values[0] if values else ""
    return bytes(first).decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def chosen_extras(
    wanted: Mapping[str, str], present: Mapping[str, str], fields: Collection[str], *, replace: bool
) -> Extras:
    """Tags that a file gets.

    Parameters
    ----------
    wanted : mapping of str to str
        Values by name; what is not known is not among them.
    present : mapping of str to str
        Those that the file has.
    fields : collection of str
        Asked for, of :data:`FIELDS`.
    replace : bool
        Also those that the file has otherwise.
    """
    found = []
    for field in FIELDS:
        names = FIELDS[field] if field in fields else ()
        given = {name: wanted[name] for name in names if name in wanted}
        is_there = any(present.get(name) for name in names)
        is_same = all(present.get(name) == value for name, value in given.items())
        if given and not is_same and (replace or not is_there):
            found += list(given.items())
    return tuple(found)


def reasons(
    wanted: Mapping[str, str], present: Mapping[str, str], fields: Collection[str], *, replace: bool
) -> tuple[str, ...]:
    """Reasons why fields are not written, a line for each; parameters as :func:`chosen_extras`."""
    found = []
    for field in FIELDS:
        if field not in fields:
            continue
        names = FIELDS[field]
        given = {name: wanted[name] for name in names if name in wanted}
        word = WORDS[names[0]]
        if not given:
            found.append(f"no {word} is known that is sure")
        elif all(present.get(name) == value for name, value in given.items()):
            found.append(f"its {word} says so already")
        elif not replace and any(present.get(name) for name in names):
            found.append(f"it has a {word}")
    return tuple(found)
