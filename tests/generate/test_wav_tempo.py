"""Tempo and loop points in WAV files, where samplers and sequencers look for them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.reading import load_audio, probe, write_audio
from fstmuse_core.audio.wav_tempo import Tempo
from fstmuse_core.generate.generator import BeatWish, ClipGenerator, read_recipe, save_clip
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.spans import audio_digest

RATE = 22_050


def chunks(path: Path) -> dict[str, bytes]:
    """Chunks of a RIFF file in order; its sizes must add up."""
    data = path.read_bytes()
    assert data[:4] + data[8:12] == b"RIFFWAVE"
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    found, at = {}, 12
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 4)
        found[data[at : at + 4].decode()] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(data)
    return found


def acid(path: Path) -> tuple[int, int, int, int, float]:
    """Flags, beats, numerator, denominator, tempo."""
    content = chunks(path)["acid"]
    assert len(content) == 24
    flags, _note, _a, _b, beats, lower, upper, bpm = struct.unpack("<IHHfIHHf", content)
    return flags, beats, upper, lower, bpm


def saved(generator: ClipGenerator, path: Path, *, loop: bool) -> np.ndarray:
    wish = BeatWish(bpm=124.0, bars=2, loop=loop)
    clip = generator.generate("Rock", seed=1, beat=wish, iterations=2)
    save_clip(path, clip)
    return clip.samples


def test_a_loop_says_its_tempo_and_its_ends(grid_generator: ClipGenerator, tmp_path: Path) -> None:
    path = tmp_path / "loop.wav"
    n = saved(grid_generator, path, loop=True).size
    flags, beats, upper, lower, bpm = acid(path)
    assert (flags & 1, beats, upper, lower, bpm) == (0, 8, 4, 4, 124.0)
    sampler = struct.unpack("<15I", chunks(path)["smpl"])
    assert sampler[2] == round(1e9 / RATE)
    assert sampler[7] == 1  # loops
    assert sampler[9:] == (0, 0, 0, n - 1, 0, 0)
    assert list(chunks(path)).index("acid") < list(chunks(path)).index("data")


def test_a_clip_that_is_no_loop_says_its_tempo(
    grid_generator: ClipGenerator, tmp_path: Path
) -> None:
    path = tmp_path / "take.wav"
    saved(grid_generator, path, loop=False)
    assert acid(path)[1:] == (8, 4, 4, 124.0)
    assert "smpl" not in chunks(path)


def test_a_clip_without_a_beat_says_nothing(generator: ClipGenerator, tmp_path: Path) -> None:
    save_clip(tmp_path / "plain.wav", generator.generate("Rock", 1.0, iterations=1))
    assert not {"acid", "smpl"} & set(chunks(tmp_path / "plain.wav"))


def test_everyone_reads_the_file(grid_generator: ClipGenerator, tmp_path: Path) -> None:
    path = tmp_path / "loop.wav"
    samples = saved(grid_generator, path, loop=True)

    np.testing.assert_allclose(soundfile.read(path)[0], samples, atol=1e-4)
    np.testing.assert_allclose(load_audio(path), samples, atol=1e-4)
    assert probe(path).duration_s == pytest.approx(samples.size / RATE)
    assert read_recipe(path).seed == 1
    tags = mutagen.File(path)
    assert tags is not None
    assert tags.info.length == pytest.approx(samples.size / RATE)
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
    assert np.concatenate(frames).size == samples.size
    # libsndfile knows the chunks by what they mean.
    with soundfile.SoundFile(path) as file:
        told = file.extra_info
    assert "acid : 24" in told
    assert "smpl" in told


@pytest.mark.parametrize("suffix", ["flac", "ogg"])
def test_other_files_are_as_they_were(tmp_path: Path, suffix: str) -> None:
    plain, told = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 9000)
    write_audio(plain, noise, RATE)
    write_audio(told, noise, RATE, tempo=Tempo(120.0, 1))
    np.testing.assert_array_equal(soundfile.read(plain)[0], soundfile.read(told)[0])


def test_texts_of_odd_length_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "odd.wav"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (9001, 2))
    for comment in ("a", "ab", json.dumps({"x": "\N{GREEK SMALL LETTER ALPHA}"})):
        write_audio(path, noise, RATE, texts={"comment": comment}, tempo=Tempo(99.5, 1, True))
        assert acid(path)[4] == 99.5
        assert struct.unpack("<15I", chunks(path)["smpl"])[12] == 9000
        assert soundfile.SoundFile(path).comment == comment


def test_tags_leave_the_tempo(grid_generator: ClipGenerator, tmp_path: Path) -> None:
    path = tmp_path / "loop.wav"
    saved(grid_generator, path, loop=True)
    before, digest = chunks(path), audio_digest(path)
    open_tags(path).change(("Rock",), "note")
    after = chunks(path)
    assert {name: after[name] for name in ("acid", "smpl", "data")} == {
        name: before[name] for name in ("acid", "smpl", "data")
    }
    assert audio_digest(path) == digest
