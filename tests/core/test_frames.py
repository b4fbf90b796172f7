"""Frames of MPEG audio, counted in files that are longer than what is looked at once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from fstmuse_core.audio.decoders import mpeg
from fstmuse_core.audio.decoders.byte_file import ByteFile


def test_every_info_frame_begins_a_recording(tmp_path: Path, music: Any) -> None:
    encoded = io.BytesIO()
    soundfile.write(encoded, np.tile(music, 4), 22_050, format="MP3")
    recording = encoded.getvalue()
    path = tmp_path / "joined.mp3"
    count = 1 + (3 << 20) // len(recording)
    path.write_bytes(recording * count)

    with ByteFile(path) as file:
        runs = mpeg.scan(file, 0)

    recordings = [run for run in runs if run.new]
    assert [run.start for run in recordings] == [len(recording) * i for i in range(count)]
    assert all(run.has_info for run in recordings)
    assert sum(run.frames for run in runs) == count * runs[0].claimed
