"""Files mutated with a fixed seed: each is heard or refused in one line, in little memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.system.errors import AudioError

from .test_whole_sound import MUSIC, RATE, STEREO, encoded, through_ffmpeg

# Of six seconds no mutation makes more than this many, joined or stretched.
_MOST_S = 400.0
_ROUNDS = 12


def _mutated(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    at = int(rng.integers(len(changed)))
    match int(rng.integers(7)):
        case 0:
            for place in rng.integers(len(changed), size=10):
                changed[place] ^= 1 << int(rng.integers(8))
        case 1:
            for place in rng.integers(min(300, len(changed)), size=6):
                changed[place] = int(rng.integers(256))
        case 2:
            del changed[max(1, at) :]
        case 3:
            changed[at:at] = rng.bytes(3000)
        case 4:
            del changed[at : at + 4000]
        case 5:
            place = int(rng.integers(min(2000, len(changed))))
            value = (0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 1)[int(rng.integers(5))]
            changed[place : place + 4] = value.to_bytes(4, "big")
        case _:
            changed[at : at + 4000] = bytes(4000)
    return bytes(changed)


def _make(kind: str) -> bytes:
    if kind in ("MP3", "OGG", "FLAC", "WAV", "AIFF", "W64", "AU", "CAF"):
        return encoded(kind)
    container, codec, samples, rate = {
        "m4a": ("ipod", "aac", MUSIC, RATE),
        "aac": ("adts", "aac", MUSIC, RATE),
        "mka": ("matroska", "aac", MUSIC, RATE),
        "opus": ("ogg", "libopus", STEREO, 48_000),
        "wv": ("wv", "wavpack", MUSIC, RATE),
        "tta": ("tta", "tta", MUSIC, RATE),
    }[kind]
    return through_ffmpeg(container, codec, samples, rate)


_KINDS = "MP3 OGG FLAC WAV AIFF W64 AU CAF m4a aac mka opus wv tta".split()


@pytest.mark.parametrize("kind", _KINDS)
def test_mutated_files_are_heard_or_refused(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(_KINDS.index(kind))
    data = _make(kind)
    for round_ in range(_ROUNDS):
        path = tmp_path / f"{round_}.{kind.lower()}"
        path.write_bytes(_mutated(data, rng))
        try:
            with AudioStream(path) as stream:
                seconds = 0.0
                for block in stream:
                    assert np.isfinite(block).all()
                    seconds += block.size / RATE
                    assert seconds < _MOST_S
            said = stream.warnings
        except AudioError as error:
            said = [str(error)]
        assert all("\n" not in line for line in said)
