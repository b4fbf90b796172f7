"""Behind damage it goes on, in time; a header's numbers are checked before they cost anything."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from fstmuse_core.audio.reading import AudioStream, load_audio
from fstmuse_core.system.errors import AudioError

from .test_whole_sound import (
    ID3,
    MUSIC,
    RATE,
    STEREO,
    encoded,
    heard,
    patched,
    through_ffmpeg,
)

RUBBISH = np.random.default_rng(7).bytes(2000)


def test_one_flipped_bit_costs_a_frame_of_flac(tmp_path: Path) -> None:
    data = encoded("FLAC")
    middle = len(data) // 2
    path = tmp_path / "flip.flac"
    path.write_bytes(patched(data, (middle, bytes([data[middle] ^ 4]))))
    samples = load_audio(path)
    assert samples.size == MUSIC.size
    same = np.isclose(samples, MUSIC, atol=1e-3)
    assert same[: RATE * 2].all()
    assert same[-RATE * 2 :].all()
    assert same.mean() > 0.93
    _, warnings = heard(path)
    assert len(warnings) == 1
    assert "damaged in 1 place" in warnings[0]


def test_flipped_bits_in_aac(tmp_path: Path) -> None:
    data = through_ffmpeg("ipod", "aac", MUSIC, RATE)
    start = data.find(b"mdat")
    path = tmp_path / "flip.m4a"
    places = [start + 5000 * k for k in range(2, 10) if start + 5000 * k < len(data) - 3000]
    path.write_bytes(patched(data, *((at, b"\xff" * 16) for at in places)))
    assert heard(path)[0] == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize("piece", [RUBBISH, bytes(2000), b"\x03StreamTitle='a song';".ljust(49)])
def test_rubbish_in_an_mp3_is_passed_over(tmp_path: Path, piece: bytes) -> None:
    data = encoded("MP3")
    path = tmp_path / "junk.mp3"
    half = len(data) // 2
    path.write_bytes(data[:half] + piece + data[half:])
    length, warnings = heard(path)
    assert length == pytest.approx(6.0, abs=0.1)
    assert len(warnings) == 1
    assert "damaged in 1 place" in warnings[0]


def test_what_was_overwritten_keeps_its_time(tmp_path: Path) -> None:
    data = encoded("MP3")
    path = tmp_path / "over.mp3"
    half = len(data) // 2
    path.write_bytes(patched(data, (half, bytes(4000))))
    assert heard(path)[0] == pytest.approx(6.0, abs=0.25)


@pytest.mark.parametrize(
    "tag",
    [
        b"ID3\x03\0\0" + struct.pack(">I", 1000) + bytes(1000),
        b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + bytes(1000),
        b"ID3\x03\0\0\0\0\0\x05" + b"TIT2" + bytes(700),
        ID3,
        b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0xA0000000) + bytes(2008),
    ],
    ids=["plain-size", "past-the-end", "too-small", "right", "ape"],
)
@pytest.mark.parametrize("kind", ["MP3", "FLAC", "WAV", "AAC"])
def test_no_tag_in_front_hides_the_sound(tmp_path: Path, tag: bytes, kind: str) -> None:
    data = through_ffmpeg("adts", "aac", MUSIC, RATE) if kind == "AAC" else encoded(kind)
    path = tmp_path / f"tagged.{kind.lower()}"
    path.write_bytes(tag + data)
    length, warnings = heard(path)
    assert length == pytest.approx(6.0, abs=0.1)
    assert warnings == []


@pytest.mark.parametrize("kind", ["MP3", "FLAC", "WAV", "AIFF", "OGG"])
def test_rubbish_behind_the_sound_does_no_harm(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"trail.{kind.lower()}"
    path.write_bytes(encoded(kind) + b"TAG" + bytes(125))
    length, warnings = heard(path)
    assert length == pytest.approx(6.0, abs=0.1)
    assert warnings == []


def _wav(rate: int, channels: int, bits: int = 16) -> bytes:
    body = bytes(4000)
    form = struct.pack(
        "<HHIIHH", 1, channels, rate, min(rate * 2, 2**32 - 1), min(channels * 2, 65535), bits
    )
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _au(rate: int, channels: int) -> bytes:
    return b".snd" + struct.pack(">5I", 24, 4000, 3, rate, channels) + bytes(4000)


def _flac(rate: int) -> bytes:
    data = encoded("FLAC")
    packed = int.from_bytes(data[18:26], "big") & (1 << 44) - 1 | rate << 44
    return patched(data, (18, packed.to_bytes(8, "big")))


def _caf(rate: float, channels: int) -> bytes:
    data = encoded("CAF")
    at = data.find(b"desc") + 12
    return patched(data, (at, struct.pack(">d", rate)), (at + 24, struct.pack(">I", channels)))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("rate.wav", _wav(500_000_000, 1)),
        ("rate1.wav", _wav(1, 1)),
        ("rate0.wav", _wav(0, 1)),
        ("channels.wav", _wav(44_100, 1024)),
        ("none.wav", _wav(44_100, 0)),
        ("rate.au", _au(3_000_000_000, 1)),
        ("channels.au", _au(44_100, 65_536)),
        ("rate.caf", _caf(5e8, 1)),
        ("channels.caf", _caf(44_100.0, 1000)),
        ("rate.flac", _flac(1)),
    ],
)
def test_numbers_that_no_sound_has_are_refused_at_once(
    tmp_path: Path, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(AudioError, match=r"its header states|no sound could be found") as caught:
        load_audio(path)
    assert "\n" not in str(caught.value)


def test_a_table_of_a_billion_samples_is_refused(tmp_path: Path) -> None:
    data = through_ffmpeg("ipod", "aac", MUSIC, RATE)
    at = data.find(b"stsz") + 12
    path = tmp_path / "table.m4a"
    path.write_bytes(patched(data, (at, struct.pack(">I", 10**9))))
    with pytest.raises(AudioError, match="a table of 1,000,000,000 entries"):
        load_audio(path)


def test_blocks_are_sized_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "wide.wav"
    wide = np.zeros((192_000, 32), np.float32)
    path.write_bytes(encoded("WAV", wide, 192_000))
    with AudioStream(path, mono=False, sample_rate=None, block_s=60.0) as stream:
        assert max(block.nbytes for block in stream) <= 16 << 20


def test_a_broadcast_joined_of_two_rates_is_in_time(tmp_path: Path) -> None:
    path = tmp_path / "two.mp3"
    path.write_bytes(encoded("MP3") + RUBBISH + encoded("MP3", STEREO, 44_100))
    assert heard(path)[0] == pytest.approx(9.0, abs=0.1)


@pytest.mark.parametrize("layout", ["7.1", "22.2"])
def test_eight_and_more_channels_of_a_lossy_file(tmp_path: Path, layout: str) -> None:
    """PyAV crashes on the planes of such frames."""
    path = tmp_path / "surround.mka"
    codec = "aac" if layout == "7.1" else "wavpack"
    with av.open(str(path), "w", format="matroska" if codec == "aac" else "wv") as output:
        track = output.add_stream(codec, rate=48_000, layout=layout)
        assert isinstance(track, av.AudioStream)
        count = len(av.AudioLayout(layout).channels)
        for start in range(0, 48_000, 1024):
            wave = 0.3 * np.sin(2 * np.pi * 1000 * (start + np.arange(1024)) / 48_000)
            block = np.repeat(wave[:, None], count, axis=1).astype(np.float32).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
            frame.sample_rate, frame.pts = 48_000, start
            kind = track.codec_context.format
            resample = av.AudioResampler(kind.name if kind else "fltp", layout, 48_000)
            for part in resample.resample(frame):
                output.mux(track.encode(part))
        output.mux(track.encode(None))
    samples = load_audio(path)
    assert samples.size == pytest.approx(RATE, abs=RATE // 20)
    assert 0.15 < np.abs(samples[RATE // 4 : RATE // 2]).max() < 0.5
