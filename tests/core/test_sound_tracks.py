"""Of several sound tracks in a file one is heard, and it is said which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import av.stream
import numpy as np
import numpy.typing as npt
import pytest

from fstmuse_core.audio.reading import AudioStream

Samples = npt.NDArray[np.float64]
RATE = 22_050
_TIMES = np.arange(3 * RATE) / RATE
SILENCE = np.zeros(_TIMES.size)
# Told apart by their level.
LOUD, SOFT = (level * np.sin(880 * np.pi * _TIMES) for level in (0.5, 0.05))


def write_tracks(path: Path, tracks: Sequence[Samples], default: Sequence[int]) -> None:
    """Write a Matroska file with these sound tracks; those of ``default`` are flagged so."""
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("flac", rate=RATE, layout="mono") for _ in tracks]
        for number in default:
            streams[number].disposition = av.stream.Disposition.default
        for stream, samples in zip(streams, tracks, strict=True):
            assert isinstance(stream, av.AudioStream)
            for start in range(0, samples.size, 4096):
                block = (samples[None, start : start + 4096] * 32_767).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
                frame.sample_rate, frame.pts = RATE, start
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("tracks", "default", "peak", "said"),
    [
        ([LOUD, SOFT], [1], 0.05, "2 sound tracks; the second, the default one, was heard"),
        ([LOUD, SOFT], [0], 0.5, "2 sound tracks; the first, the default one, was heard"),
        ([SILENCE, SOFT, LOUD], [2], 0.5, "3 sound tracks; the third, the default one, was heard"),
        ([SILENCE, SOFT, LOUD], [], 0.05, "the second, the first that is not silent, was heard"),
        ([SILENCE, LOUD], [0], 0.5, "the second, the first that is not silent, was heard"),
        ([SILENCE, LOUD], [0, 1], 0.5, "the second, the first that is not silent, was heard"),
        ([SOFT, LOUD], [], 0.05, "2 sound tracks; the first was heard"),
        ([LOUD], [], 0.5, ""),
    ],
)
def test_the_default_track_is_heard_or_the_first_that_is_not_silent(
    tmp_path: Path, tracks: list[Samples], default: list[int], peak: float, said: str
) -> None:
    path = tmp_path / "tracks.mkv"
    write_tracks(path, tracks, default)

    with AudioStream(path) as stream:
        samples = np.concatenate(list(stream))
        warnings = stream.warnings

    assert np.abs(samples).max() == pytest.approx(peak, rel=0.05)
    assert len(warnings) == bool(said)
    assert said in "".join(warnings)
    assert samples.size / RATE == pytest.approx(3.0, abs=0.1)
