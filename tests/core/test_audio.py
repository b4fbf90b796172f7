"""Decoding real files of every format, and files that are broken in every way."""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from fstmuse_core.audio.reading import (
    AudioStream,
    load_audio,
    probe,
    stream_audio,
    write_audio,
)
from fstmuse_core.audio.sound_files import AUDIO_SUFFIXES, VIDEO_SUFFIXES, find_audio_files
from fstmuse_core.system.errors import AudioError

Samples = npt.NDArray[np.float32]
RATE = 22_050
TONE_HZ = 1000.0

SNDFILE_FORMATS = ["wav", "flac", "ogg", "mp3", "aiff", "au"]
FFMPEG_FORMATS = {
    "m4a": ("mp4", "aac", 44_100),
    "aac": ("adts", "aac", 44_100),
    "wma": ("asf", "wmav2", 44_100),
    "webm": ("webm", "libopus", 48_000),
    "opus": ("ogg", "libopus", 48_000),
    "mkv": ("matroska", "flac", 44_100),
}


def tone(seconds: float, rate: int, channels: int = 2) -> Samples:
    wave = 0.4 * np.sin(2 * np.pi * TONE_HZ * np.arange(int(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def encode(
    path: Path,
    container: str,
    codec: str,
    rate: int,
    seconds: float = 4.0,
    layout: str = "stereo",
) -> None:
    """Write a tone through FFmpeg, with a picture track where it is a video."""
    with av.open(str(path), "w", format=container) as output:
        video = None
        if path.suffix == ".mp4":
            video = output.add_stream("mpeg4", rate=5)
            video.width = video.height = 32
            video.pix_fmt = "yuv420p"
        stream = output.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 128_000
        samples = tone(seconds, rate, channels=1 if layout == "mono" else 2)
        frame_size = 1024
        for start in range(0, len(samples), frame_size):
            block = np.ascontiguousarray(samples[start : start + frame_size].T)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if video is not None:
            for index in range(int(5 * seconds)):
                picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
                picture.pts = index
                output.mux(video.encode(picture))
            output.mux(video.encode(None))


def assert_is_the_tone(samples: Samples, seconds: float, tolerance_s: float = 0.1) -> None:
    assert samples.dtype == np.float32
    assert abs(samples.size / RATE - seconds) < tolerance_s
    middle = samples[RATE // 2 : RATE // 2 + RATE]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(middle.size)))
    assert abs(int(spectrum.argmax()) - TONE_HZ) <= 2
    assert 0.25 < np.abs(middle).max() < 0.55


@pytest.mark.parametrize("suffix", SNDFILE_FORMATS)
def test_formats_of_libsndfile(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(4.0, 44_100), 44_100)
    assert_is_the_tone(load_audio(path), 4.0)
    info = probe(path)
    assert (info.sample_rate, info.channels) == (44_100, 2)
    assert info.duration_s == pytest.approx(4.0, abs=0.1)
    assert path.suffix in AUDIO_SUFFIXES | VIDEO_SUFFIXES


@pytest.mark.parametrize(("rate", "layout"), [(44_100, "mono"), (32_000, "stereo")])
def test_a_broadcast_whose_sound_changes_on_the_way(tmp_path: Path, rate: int, layout: str) -> None:
    path, second = tmp_path / "tone.aac", tmp_path / "second.aac"
    encode(path, "adts", "aac", 44_100, 2.0)
    encode(second, "adts", "aac", rate, 2.0, layout)
    path.write_bytes(path.read_bytes() + second.read_bytes())
    assert_is_the_tone(load_audio(path), 4.0, tolerance_s=0.2)


@pytest.mark.parametrize("suffix", [*FFMPEG_FORMATS, "mp4"])
def test_formats_of_ffmpeg(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tone.{suffix}"
    encode(path, *FFMPEG_FORMATS.get(suffix, ("mp4", "aac", 44_100)))
    assert_is_the_tone(load_audio(path), 4.0, tolerance_s=0.2)
    assert path.suffix in AUDIO_SUFFIXES | VIDEO_SUFFIXES


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "m4a", "webm"])
def test_a_part_is_the_same_as_that_part_of_the_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"chirp.{suffix}"
    if suffix in FFMPEG_FORMATS:
        encode(path, *FFMPEG_FORMATS[suffix], seconds=8.0)
    else:
        soundfile.write(path, tone(8.0, 44_100), 44_100)
    whole = load_audio(path)
    part = load_audio(path, start_s=3.0, duration_s=2.0)
    assert part.size == 2 * RATE
    # A lossy codec that starts in the middle needs a moment, as does the resampler.
    inner = slice(RATE // 2, -RATE // 2)
    np.testing.assert_allclose(part[inner], whole[3 * RATE : 5 * RATE][inner], atol=0.05)


def test_only_the_needed_part_of_a_long_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(RATE * 600, np.float32), RATE)
    before = Path("/proc/self/io").read_text() if Path("/proc/self/io").exists() else None
    if before is None:
        pytest.skip("this system does not count bytes read per process")
    load_audio(path, start_s=300.0, duration_s=1.0)
    after = Path("/proc/self/io").read_text()
    read = int(after.split()[1]) - int(before.split()[1])
    assert read < 1_000_000 < path.stat().st_size


def test_blocks_add_up_and_are_bounded(make_file: Callable[..., Path]) -> None:
    path = make_file("song.wav")
    blocks = list(stream_audio(path, block_s=0.5))
    assert max(block.size for block in blocks) <= RATE // 2 + 1
    np.testing.assert_array_equal(np.concatenate(blocks), load_audio(path))


def test_eight_channels_at_192_khz_become_one_at_22_khz(make_file: Callable[..., Path]) -> None:
    wide = np.zeros((192_000 * 4, 8), np.float32)
    wide[:, 3] = tone(4.0, 192_000, 1)[:, 0] * 8
    samples = load_audio(
        make_file("wide.wav", np.clip(wide, -1, 1) * 0.5, 192_000, subtype="FLOAT")
    )
    assert abs(samples.size - 4 * RATE) < 10
    spectrum = np.abs(np.fft.rfft(samples[:RATE]))
    assert abs(int(spectrum.argmax()) - TONE_HZ) <= 2


def test_eight_bits_are_enough(make_file: Callable[..., Path]) -> None:
    assert_is_the_tone(load_audio(make_file("8.wav", tone(3, 8000), 8000, subtype="PCM_U8")), 3.0)


def test_not_numbers_become_silence_with_a_warning(make_file: Callable[..., Path]) -> None:
    samples = tone(4.0, RATE, 1)[:, 0]
    samples[100:110] = np.nan
    samples[200] = np.inf
    samples[201] = -np.inf
    path = make_file("nan.wav", samples, subtype="FLOAT")
    with AudioStream(path) as stream:
        heard = np.concatenate(list(stream))
    assert np.isfinite(heard).all()
    assert not heard[100:110].any()
    assert stream.warnings == ["12 samples were NaN or infinity and were taken as silence"]


@pytest.mark.parametrize("suffix", ["mp3", "flac", "wav"])
def test_a_truncated_file_is_heard_as_far_as_it_goes(tmp_path: Path, suffix: str) -> None:
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    soundfile.write(whole, np.random.default_rng(0).normal(size=RATE * 20) * 0.1, RATE)
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    with AudioStream(cut) as stream:
        seconds = sum(block.size for block in stream) / RATE
    assert 8.0 < seconds < 12.0
    if suffix != "wav":  # libsndfile corrects a WAV header that claims too much
        assert len(stream.warnings) == 1
        assert "damaged or cut" in stream.warnings[0]


def _error(path: Path) -> str:
    with pytest.raises(AudioError) as caught:
        load_audio(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(path.name.split("\n")[0][:4])
    return text


def test_broken_files_get_one_clear_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp3"
    empty.touch()
    assert "empty (0 bytes)" in _error(empty)
    text = tmp_path / "text.mp3"
    text.write_text("these are words, not sounds\n" * 200)
    assert "no sound could be found" in _error(text)
    folder = tmp_path / "x.wav"
    folder.mkdir()
    assert "it is a folder" in _error(folder)
    assert "no such file" in _error(tmp_path / "gone.flac")
    picture = tmp_path / "pict.mp4"
    with av.open(str(picture), "w", format="mp4") as output:
        video = output.add_stream("mpeg4", rate=5)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        output.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
        output.mux(video.encode(None))
    assert "no sound track" in _error(picture)
    secret = tmp_path / "secr.m4a"
    encode(secret, "mp4", "aac", 44_100, 1.0)
    unknown = secret.read_bytes().replace(b"mp4a", b"what").replace(b"esds", b"what")
    secret.write_bytes(unknown)
    assert "cannot be decoded" in _error(secret)
    stump = tmp_path / "stump.flac"
    soundfile.write(stump, tone(4, RATE), RATE)
    stump.write_bytes(stump.read_bytes()[:60])
    _error(stump)


def test_a_name_with_line_breaks_and_emoji(make_file: Callable[..., Path], tmp_path: Path) -> None:
    strange = make_file("plain.wav").rename(tmp_path / "so\nng 🎵.wav")
    assert load_audio(strange).size == 10 * RATE
    missing = tmp_path / "so\nng 🎷.wav"
    assert "so\\nng 🎷.wav" in _error(missing)


class _Server(socketserver.ThreadingTCPServer):
    """Counts who comes, and sends them away."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.callers = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.callers += 1
        self.shutdown_request(request)


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("suffix", ["m3u8", "mp3"])
def test_a_playlist_does_not_reach_out(tmp_path: Path, server: _Server, suffix: str) -> None:
    playlist = tmp_path / f"trap.{suffix}"
    playlist.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n"
        f"http://127.0.0.1:{server.server_address[1]}/a.ts\n#EXT-X-ENDLIST\n"
    )
    _error(playlist)
    assert server.callers == 0
    if suffix == "m3u8":
        # FFmpeg falls into this trap where it may.
        with pytest.raises(av.FFmpegError):
            av.open(str(playlist), options={"protocol_whitelist": "file,http,tcp"})
        assert server.callers > 0


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_no_permission_is_said(make_file: Callable[..., Path], tmp_path: Path) -> None:
    path = make_file("locked.wav")
    path.chmod(0)
    # Root may read everything, so the file is opened by somebody else.
    script = (
        "import os, sys\n"
        "from fstmuse_core.audio.reading import load_audio\n"
        "from fstmuse_core.system.errors import AudioError\n"
        "import soundfile, soxr, av\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "try: load_audio(sys.argv[1])\n"
        "except AudioError as error: print(error)\n"
    )
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.owner() == path.owner() and folder != Path(folder.anchor):
            folder.chmod(folder.stat().st_mode | 0o111)
    result = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "locked.wav: it may not be read; change its permissions"


def test_files_are_found_once_in_order_and_links_in_a_circle_end(
    make_file: Callable[..., Path], tmp_path: Path
) -> None:
    song = make_file("b.wav")
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "a.WAV").write_bytes(song.read_bytes())
    (tmp_path / "notes.txt").write_text("not a sound")
    (tmp_path / ".hidden.wav").write_bytes(song.read_bytes())
    (tmp_path / "album" / "back").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    (tmp_path / "x.wav").mkdir()
    found = [p.relative_to(tmp_path).as_posix() for p in find_audio_files([tmp_path])]
    assert found == ["album/a.WAV", "b.wav"]
    assert list(find_audio_files([tmp_path / "gone.xyz"])) == [tmp_path / "gone.xyz"]


@pytest.mark.parametrize(("suffix", "tolerance"), [("wav", 1e-4), ("flac", 1e-4), ("ogg", 0.1)])
def test_written_sound_comes_back(
    tmp_path: Path, music: Samples, suffix: str, tolerance: float
) -> None:
    path = tmp_path / f"out.{suffix}"
    write_audio(path, music, RATE)
    np.testing.assert_allclose(load_audio(path)[: music.size], music, atol=tolerance)
    assert list(tmp_path.iterdir()) == [path]


def test_writing_says_what_is_wrong_and_leaves_nothing(tmp_path: Path, music: Samples) -> None:
    with pytest.raises(AudioError, match=r"not written as '\.mp9'"):
        write_audio(tmp_path / "out.mp9", music, RATE)
    with pytest.raises(AudioError, match="cannot be written"):
        write_audio(tmp_path / "nowhere" / "out.wav", music, RATE)
    assert not list(tmp_path.iterdir())
