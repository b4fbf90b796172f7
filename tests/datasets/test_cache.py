"""The feature cache: the right features, computed once, and what has none."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.features import level_log_mel
from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, SpectrogramConfig, mel_spectrogram
from fstmuse_core.datasets import extract as extract_module
from fstmuse_core.datasets.cache import FeatureCache, default_cache_folder
from fstmuse_core.datasets.cache_index import Place
from fstmuse_core.datasets.examine import examine
from fstmuse_core.datasets.extract import Task, extract
from fstmuse_core.datasets.track import SetAside
from fstmuse_core.system.errors import FstMuseError

from .conftest import RATE, assert_features, expected, tone, write_clip

pytestmark = pytest.mark.usefixtures("one_process")


@pytest.mark.numeric
def test_features_are_those_of_the_one_kernel(cache: FeatureCache, clips: list[Path]) -> None:
    seen: list[tuple[int, int]] = []

    filled = cache.fill(clips, processes=2, progress=lambda *at: seen.append(at))
    features = cache.open(clips)

    assert (filled.computed, filled.reused, filled.set_aside) == (8, 0, ())
    assert filled.is_complete
    assert seen == [(n, 8) for n in range(1, 9)]
    assert features.n_frames.tolist() == [len(expected(path)) for path in clips]
    for path, mel in zip(clips, features, strict=True):
        assert_features(mel, expected(path))
    assert cache.size().clips == 8
    assert cache.size().bytes > sum(mel.nbytes for mel in features)


@pytest.mark.parametrize(("gain", "tolerance"), [(1.0, 1e-3), (1e-2, 1e-3), (1e-5, 0.05)])
def test_half_precision_is_enough_for_what_networks_see(
    music_file: Path, gain: float, tolerance: float
) -> None:
    exact = np.float32(gain) * mel_spectrogram(load_audio(music_file))
    half = exact.astype(np.float16).astype(np.float32)

    np.testing.assert_allclose(level_log_mel(half), level_log_mel(exact), atol=tolerance)


def test_a_second_run_computes_nothing(cache: FeatureCache, clips: list[Path]) -> None:
    cache.fill(clips[:5])

    filled = cache.fill(clips)

    assert (filled.computed, filled.reused) == (3, 5)
    with FeatureCache(cache.folder) as again:
        assert again.fill(clips).reused == 8


@pytest.mark.numeric
def test_moved_copied_and_touched_files_are_known(cache: FeatureCache, clips: list[Path]) -> None:
    cache.fill(clips)
    moved = clips[0].rename(clips[0].with_name("moved.wav"))
    copied = Path(shutil.copy(clips[1], clips[1].with_name("copied.wav")))
    os.utime(clips[2], ns=(1, 1))

    filled = cache.fill([moved, copied, clips[2]])

    assert (filled.computed, filled.reused) == (0, 3)
    assert cache.size().clips == 8
    assert_features(cache.open([moved])[0], expected(moved))


@pytest.mark.numeric
def test_a_changed_file_is_computed_anew(cache: FeatureCache, clips: list[Path]) -> None:
    cache.fill(clips)
    write_clip(clips[0], tone(5.0, 1000))

    with pytest.raises(FstMuseError, match=r"0.wav: its features are not in the cache"):
        cache.open(clips)
    assert cache.fill(clips).computed == 1
    assert_features(cache.open(clips)[0], expected(clips[0]))


def test_other_spectrograms_are_kept_apart(cache: FeatureCache, clips: list[Path]) -> None:
    cache.fill(clips[:2])
    with FeatureCache(cache.folder, SpectrogramConfig(n_mels=64)) as other:
        assert other.fill(clips[:2]).computed == 2
        assert other.open(clips[:2])[0].shape[1] == 64
        assert other.size().clips == 4
    assert cache.open(clips[:2])[0].shape[1] == 128


def test_bad_files_are_set_aside(cache: FeatureCache, clips: list[Path]) -> None:
    clips[0].write_bytes(b"no sound" * 40)
    clips[1].unlink()

    filled = cache.fill(clips)

    assert filled.computed == 6
    assert filled.is_complete
    assert {aside.path for aside in filled.set_aside} == set(clips[:2])
    assert "the file is missing" in {aside.reason for aside in filled.set_aside}


def test_files_that_vanish_or_change_meanwhile(
    tmp_path: Path, clips: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = extract_module._decode

    def meddle(task: Task) -> tuple[np.ndarray, float]:
        if task.path == clips[0]:
            task.path.unlink()
        else:
            os.utime(task.path, ns=(5, 5))
        return decode(task)

    monkeypatch.setattr(extract_module, "_decode", meddle)
    (tmp_path / "cache").mkdir()

    tasks = [Task(path, DEFAULT_CONFIG, tmp_path / "cache") for path in clips[:2]]
    assert [extract(task).fault for task in tasks] == [
        "it vanished while it was read",
        "it changed while it was read",
    ]


def test_very_loud_clips_are_scaled_into_half_precision(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    soundfile.write(path, 30_000 * tone(), RATE, subtype="FLOAT")

    mel = extract(Task(path, DEFAULT_CONFIG, tmp_path)).mel

    assert mel is not None
    assert np.isfinite(mel).all()
    quiet = mel_spectrogram(tone())
    np.testing.assert_allclose(
        level_log_mel(mel.astype(np.float32)), level_log_mel(quiet), atol=0.1
    )


def test_of_long_files_the_middle_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract_module, "LONGEST_S", 2.0)
    path = write_clip(tmp_path / "long.wav", np.concatenate([tone(4.0, 100), tone(4.0, 1000)]))

    mel = extract(Task(path, DEFAULT_CONFIG, tmp_path)).mel

    assert mel is not None
    assert len(mel) == DEFAULT_CONFIG.n_frames(2 * RATE)
    assert mel[:30].argmax(axis=1).max() < mel[-30:].argmax(axis=1).min()


def test_duplicates_are_known_by_their_sound(cache: FeatureCache, tmp_path: Path) -> None:
    samples = np.rint(20_000 * tone()).astype(np.int16)
    wav = write_clip(tmp_path / "a.wav", samples)
    flac = write_clip(tmp_path / "b.flac", samples)
    other = write_clip(tmp_path / "c.wav", pitch=333)
    paths = [wav, flac, other, tmp_path / "gone.wav"]

    cache.fill(paths)
    sounds = cache.sounds(paths)

    assert set(sounds) == {wav, flac, other}
    assert sounds[wav] == sounds[flac] != sounds[other]


@pytest.mark.parametrize("sound", [tone(), np.random.default_rng(0).uniform(-1, 1, 4 * RATE)])
@pytest.mark.parametrize("peak", [0.0, 0.8e-3, 1.3e-3, 5e-3])
def test_what_is_silent_to_the_doctor_has_no_features(
    tmp_path: Path, sound: np.ndarray, peak: float
) -> None:
    path = write_clip(tmp_path / "quiet.wav", peak / np.abs(sound).max() * sound)

    found = extract(Task(path, DEFAULT_CONFIG, tmp_path))

    # A level that does not move is silence up to -60 dB of full scale.
    is_heard = peak > 2e-3
    assert found.fault == examine(path).reason == ("" if is_heard else "it is silent")
    assert bool(found.sound) == is_heard


def test_clips_that_older_caches_took_for_silent_are_heard_again(
    cache: FeatureCache, clips: list[Path], tmp_path: Path
) -> None:
    silent = write_clip(tmp_path / "silent.wav", np.zeros(4 * RATE))
    cache.fill(clips)
    (lies,) = {place.shard for place in cache.places(clips).values()}
    digest = hashlib.blake2b(silent.read_bytes(), digest_size=16).hexdigest()
    entry = (silent.stat().st_size, silent.stat().st_mtime_ns), digest
    cache._index.enter({digest: Place(lies, 0, 173, "")}, {silent: entry})
    heard = cache._index.known_digest(clips[0])
    assert heard is not None
    cache._index.enter({heard: Place(lies, 0, 173, "")}, {})

    filled = cache.fill([silent, *clips])

    assert (filled.computed, filled.reused) == (1, 7)
    assert filled.set_aside == (SetAside(silent, "it is silent"),)
    assert set(cache.places([silent, *clips])) == set(cache.sounds(clips)) == set(clips)


def test_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSTMUSE_CACHE", str(tmp_path))
    assert default_cache_folder() == tmp_path / "features"
    monkeypatch.delenv("FSTMUSE_CACHE")
    assert default_cache_folder().parts[-2:] == ("fstmuse", "features")


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(FstMuseError, match="it cannot be written"):
        FeatureCache(tmp_path / "file" / "cache")
