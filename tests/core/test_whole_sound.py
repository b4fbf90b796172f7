"""All of a file is heard, whatever its header says, and what is not heard is said."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from fstmuse_core.audio.reading import AudioStream, load_audio

from ..conftest import make_music

Samples = npt.NDArray[np.float32]
RATE = 22_050
CASES = Path(__file__).parents[3] / "shared" / "cases"

MUSIC = make_music(6.0)
STEREO = np.stack([make_music(3.0, 44_100, seed=2), make_music(3.0, 44_100, seed=3)], axis=1)


def encoded(kind: str, samples: Samples = MUSIC, rate: int = RATE, **options: str) -> bytes:
    """A file of libsndfile's."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format=kind, **options)
    return stream.getvalue()


def through_ffmpeg(container: str, codec: str, samples: Samples, rate: int) -> bytes:
    """A mono or stereo file of FFmpeg's."""
    planes = np.atleast_2d(samples.T)
    layout = "mono" if len(planes) == 1 else "stereo"
    stream = io.BytesIO()
    with av.open(stream, "w", format=container) as output:
        track = output.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(track, av.AudioStream)
        kind = track.codec_context.format
        resample = av.AudioResampler(kind.name if kind else "fltp", layout, rate)
        for start in range(0, planes.shape[1], 1024):
            block = np.ascontiguousarray(planes[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, start
            for part in resample.resample(frame):
                output.mux(track.encode(part))
        output.mux(track.encode(None))
    return stream.getvalue()


def heard(path: Path) -> tuple[float, list[str]]:
    """Seconds that are heard, and the warnings."""
    with AudioStream(path) as stream:
        seconds = sum(block.size for block in stream) / RATE
    return seconds, stream.warnings


def patched(data: bytes, *patches: tuple[int, bytes]) -> bytes:
    changed = bytearray(data)
    for at, new in patches:
        changed[at : at + len(new)] = new
    return bytes(changed)


def without_info(mp3: bytes) -> bytes:
    """The same frames without the first, which holds no sound but tells how many follow."""
    mark = max(mp3.find(b"Info"), mp3.find(b"Xing"))
    start = mp3.rfind(b"\xff", 0, mark)
    return mp3[mp3.index(mp3[start : start + 2], start + 100) :]


def xing(mp3: bytes, frames: int) -> bytes:
    mark = max(mp3.find(b"Info"), mp3.find(b"Xing"))
    return patched(mp3, (mark + 8, struct.pack(">I", frames)))


def flac_total(flac: bytes, samples: int) -> bytes:
    packed = int.from_bytes(flac[18:26], "big") >> 36 << 36 | samples
    return patched(flac, (18, packed.to_bytes(8, "big")))


ID3 = b"ID3\x04\0\0\0\0\x07\x68" + bytes(1000)
_VBR = {"compression_level": 0.5, "bitrate_mode": "VARIABLE"}

JOINED: dict[str, tuple[Callable[[], bytes], float]] = {
    "two.mp3": (lambda: encoded("MP3") + encoded("MP3"), 12.0),
    "tagged.mp3": (lambda: 3 * (ID3 + encoded("MP3") + b"TAG" + bytes(125)), 18.0),
    "rates.mp3": (lambda: encoded("MP3") + encoded("MP3", STEREO, 44_100), 9.0),
    "vbr.mp3": (lambda: without_info(encoded("MP3", **_VBR)), 6.0),  # type: ignore[arg-type]
    "few.mp3": (lambda: xing(encoded("MP3"), 40), 6.0),
    "same.ogg": (lambda: 2 * encoded("OGG"), 12.0),
    "rates.ogg": (lambda: encoded("OGG") + encoded("OGG", STEREO, 44_100), 9.0),
    "codecs.ogg": (
        lambda: encoded("OGG") + through_ffmpeg("ogg", "libopus", STEREO[: 2 * 44_100], 48_000),
        6.0 + 2 * 44_100 / 48_000,
    ),
    "two.opus": (lambda: 2 * through_ffmpeg("ogg", "libopus", STEREO, 48_000), 5.5125),
    "two.oga": (lambda: 2 * through_ffmpeg("ogg", "flac", MUSIC, RATE), 12.0),
    "zero.flac": (lambda: flac_total(encoded("FLAC"), 0), 6.0),
    "few.flac": (lambda: flac_total(encoded("FLAC"), 30_000), 6.0),
    "two.flac": (lambda: 2 * encoded("FLAC"), 12.0),
    "rates.flac": (lambda: encoded("FLAC") + encoded("FLAC", STEREO, 44_100), 9.0),
    "two.tta": (lambda: 2 * through_ffmpeg("tta", "tta", MUSIC, RATE), 12.0),
    "two.wv": (lambda: 2 * through_ffmpeg("wv", "wavpack", MUSIC, RATE), 12.0),
    "pairs.wv": (lambda: 2 * through_ffmpeg("wv", "wavpack", STEREO, 44_100), 6.0),
    "two.wav": (lambda: 2 * encoded("WAV"), 12.0),
    "two.m4a": (lambda: 2 * through_ffmpeg("ipod", "aac", MUSIC, RATE), 12.1),
    "two.mka": (lambda: 2 * through_ffmpeg("matroska", "aac", MUSIC, RATE), 12.1),
    "two.aac": (
        lambda: (
            through_ffmpeg("adts", "aac", MUSIC, RATE)
            + through_ffmpeg("adts", "aac", STEREO, 44_100)
        ),
        9.1,
    ),
}


@pytest.mark.parametrize("name", JOINED)
def test_all_of_it_is_heard(tmp_path: Path, name: str) -> None:
    make, seconds = JOINED[name]
    path = tmp_path / name
    path.write_bytes(make())
    length, warnings = heard(path)
    assert length == pytest.approx(seconds, abs=0.1)
    assert warnings == []


def test_the_parts_of_a_chain_are_found_by_time(tmp_path: Path) -> None:
    path = tmp_path / "chain.ogg"
    path.write_bytes(encoded("OGG") + encoded("OGG", make_music(6.0, seed=5)))
    whole = load_audio(path)
    part = load_audio(path, start_s=7.0, duration_s=2.0)
    np.testing.assert_allclose(part[500:], whole[7 * RATE : 9 * RATE][500:], atol=0.02)


def _data_fields(kind: str, data: bytes) -> tuple[list[tuple[int, int]], Literal["little", "big"]]:
    """Places and widths of the fields that a recorder fills in at its end."""
    if kind == "AIFF":
        return [(data.find(b"SSND") + 4, 4), (data.find(b"COMM") + 10, 4)], "big"
    at = data.find(b"data")
    fields: dict[str, tuple[list[tuple[int, int]], Literal["little", "big"]]] = {
        "WAV": ([(at + 4, 4)], "little"),
        "RF64": ([(data.find(b"ds64") + 16, 8)], "little"),
        "W64": ([(at + 16, 8)], "little"),
        "AU": ([(8, 4)], "big"),
        "CAF": ([(at + 4, 8)], "big"),
    }
    return fields[kind]


@pytest.mark.parametrize("kind", ["WAV", "RF64", "W64", "AU", "CAF", "AIFF"])
@pytest.mark.parametrize("stated", [0, -1])
def test_a_recorder_that_died_leaves_its_sound(tmp_path: Path, kind: str, stated: int) -> None:
    data = encoded(kind)
    fields, order = _data_fields(kind, data)
    path = tmp_path / f"take.{kind.lower()}"
    changes = [(at, stated.to_bytes(width, order, signed=True)) for at, width in fields]
    path.write_bytes(patched(data, *changes))
    length, warnings = heard(path)
    assert length == pytest.approx(6.0, abs=0.05)
    assert not [warning for warning in warnings if "cut" in warning]


@pytest.mark.parametrize("kind", ["WAV", "RF64", "W64", "AU", "CAF", "AIFF", "FLAC", "MP3"])
def test_what_was_cut_off_is_said(tmp_path: Path, kind: str) -> None:
    data = encoded(kind)
    path = tmp_path / f"cut.{kind.lower()}"
    path.write_bytes(data[: len(data) // 2])
    length, warnings = heard(path)
    assert 2.0 < length < 4.0
    assert len([warning for warning in warnings if "header says 6.0 s" in warning]) == 1


def test_an_edit_list_that_hides_sound_is_said(tmp_path: Path) -> None:
    data = through_ffmpeg("ipod", "aac", MUSIC, RATE)
    path = tmp_path / "edited.m4a"
    path.write_bytes(patched(data, (data.find(b"elst") + 12, struct.pack(">I", 1000))))
    length, warnings = heard(path)
    assert length < 2.0
    assert "edit list leaves out 5.0 s" in warnings[0]


def test_an_opus_stream_that_starts_at_one_hour_is_not_cut(tmp_path: Path) -> None:
    data = bytearray(through_ffmpeg("ogg", "libopus", STEREO, 48_000))
    at = 0
    while (at := data.find(b"OggS", at)) >= 0:
        granule = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
        if granule > 0:
            data[at + 6 : at + 14] = (granule + 3600 * 48_000).to_bytes(8, "little")
            _seal(data, at)
        at += 4
    path = tmp_path / "hour.opus"
    path.write_bytes(data)
    length, warnings = heard(path)
    assert length == pytest.approx(STEREO.shape[0] / 48_000, abs=0.1)
    assert warnings == []


def _seal(data: bytearray, at: int) -> None:
    """Write the checksum of the Ogg page at ``at``."""
    segments = data[at + 26]
    end = at + 27 + segments + sum(data[at + 27 : at + 27 + segments])
    data[at + 22 : at + 26] = bytes(4)
    crc = 0
    for byte in data[at:end]:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    data[at + 22 : at + 26] = crc.to_bytes(4, "little")


def test_what_an_encoder_added_is_left_out(tmp_path: Path) -> None:
    """Of joined files as well as of one."""
    one, two = tmp_path / "one.mp3", tmp_path / "two.mp3"
    one.write_bytes(encoded("MP3"))
    two.write_bytes(2 * encoded("MP3"))
    single, double = load_audio(one), load_audio(two)
    assert single.size == MUSIC.size
    assert double.size == 2 * MUSIC.size
    np.testing.assert_allclose(double[: MUSIC.size], single, atol=2e-3)
    np.testing.assert_allclose(double[MUSIC.size + 100 :], single[100:], atol=2e-3)


@pytest.mark.parametrize(
    ("name", "seconds", "said"),
    [
        ("vbr_noxing.mp3", 12.0, ""),
        ("concat_id3.mp3", 36.0, ""),
        ("chain_same.ogg", 18.0, ""),
        ("data_size0.wav", 4.0, ""),
        ("bitflip.flac", 12.0, "damaged in 1 place"),
        ("second_track_default.mkv", 12.0, "the second, the default one, was heard"),
        ("ref.wv", 6.0, ""),
    ],
)
def test_the_shared_cases(name: str, seconds: float, said: str) -> None:
    path = CASES / name
    if not path.is_file():
        pytest.skip("the folder ../shared/cases is not here")
    length, warnings = heard(path)
    assert length == pytest.approx(seconds, abs=0.1)
    assert said in " ".join(warnings)
    assert bool(warnings) == bool(said)
    assert os.path.getsize(path)
