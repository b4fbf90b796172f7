"""The feature cache: right, shared, resumable, and honest about disks."""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.audio import load_audio
from fstmuse_core.datasets import cache as cache_module
from fstmuse_core.datasets import extract as extract_module
from fstmuse_core.datasets import pool
from fstmuse_core.datasets.cache import FeatureCache, default_cache_folder
from fstmuse_core.datasets.cache_index import INDEX_FILE, VERSION, Place
from fstmuse_core.datasets.collection import SetAside
from fstmuse_core.datasets.examine import examine
from fstmuse_core.datasets.extract import Task, extract
from fstmuse_core.errors import FstMuseError
from fstmuse_core.features import level_log_mel
from fstmuse_core.spectrogram import DEFAULT_CONFIG, SpectrogramConfig, mel_spectrogram
from tests.rounding import mel_tolerance

from .conftest import RATE, tone, write_clip


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """To start a second one takes longer than it saves, unless a test asks for it."""
    monkeypatch.setattr(pool, "default_processes", lambda: 1)


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Eight clips of four seconds."""
    return [write_clip(tmp_path / "music" / f"{n}.wav", pitch=100 + 30 * n) for n in range(8)]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[FeatureCache]:
    with FeatureCache(tmp_path / "cache") as opened:
        yield opened


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clips of four seconds in each."""
    monkeypatch.setattr(cache_module, "_SHARD_BYTES", 60_000)


def expected(path: Path) -> np.ndarray:
    return mel_spectrogram(load_audio(path))


def assert_features(mel: np.ndarray, wanted: np.ndarray) -> None:
    """The same frames, but for the rounding of ``mel`` to half precision."""
    assert mel.dtype == np.float16
    smallest = float(np.finfo(np.float16).smallest_subnormal)
    tolerance = mel_tolerance(wanted) + smallest / 2
    np.testing.assert_allclose(
        mel.astype(np.float32), wanted, rtol=float(np.finfo(np.float16).eps) / 2, atol=tolerance
    )


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.mel.npy"))


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
    listen = extract_module._listen

    def meddle(task: Task) -> tuple[np.ndarray, float]:
        if task.path == clips[0]:
            task.path.unlink()
        else:
            os.utime(task.path, ns=(5, 5))
        return listen(task)

    monkeypatch.setattr(extract_module, "_listen", meddle)
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


def test_cancel_keeps_what_was_made(
    cache: FeatureCache, clips: list[Path], small_shards: None
) -> None:
    seen: list[int] = []

    filled = cache.fill(
        clips,
        processes=1,
        progress=lambda done, total: seen.append(done),
        cancelled=lambda: len(seen) >= 3,
    )

    assert not filled.is_complete
    assert filled.computed == len(seen) < 8
    assert cache.fill(clips).reused == len(seen)


@pytest.mark.numeric
def test_a_kill_loses_no_more_than_the_last_shard(tmp_path: Path, clips: list[Path]) -> None:
    folder = tmp_path / "cache"
    script = Path(__file__).with_name("fill_cache.py")
    with subprocess.Popen(
        [sys.executable, script, folder, clips[0].parent], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 5:
                process.kill()
                break
        process.wait()

    with FeatureCache(folder) as cache:
        kept = cache.size().clips
        assert 4 <= kept < 8
        filled = cache.fill(clips)
        assert (filled.computed, filled.reused) == (8 - kept, kept)
        for path, mel in zip(clips, cache.open(clips), strict=True):
            assert_features(mel, expected(path))


@pytest.mark.parametrize("version", [0, VERSION + 1])
def test_a_cache_of_another_version_is_made_anew(
    tmp_path: Path, clips: list[Path], version: int
) -> None:
    with FeatureCache(tmp_path / "cache") as old:
        old.fill(clips)
    database = sqlite3.connect(old.folder / INDEX_FILE)
    database.execute("ALTER TABLE clips RENAME TO old_clips")
    database.execute(f"PRAGMA user_version = {version}")
    database.close()

    with FeatureCache(old.folder) as cache:
        assert cache.was_outdated
        assert shards(cache.folder) == []
        assert cache.fill(clips).computed == 8
    with FeatureCache(old.folder) as cache:
        assert not cache.was_outdated


def test_a_damaged_index_is_made_anew(tmp_path: Path, clips: list[Path]) -> None:
    with FeatureCache(tmp_path / "cache") as old:
        old.fill(clips)
    (old.folder / INDEX_FILE).write_bytes(b"garbage" * 1000)

    with FeatureCache(old.folder) as cache:
        assert cache.was_outdated
        assert cache.fill(clips).computed == 8


@pytest.mark.numeric
@pytest.mark.parametrize("cut", [True, False])
def test_a_lost_shard_is_made_anew(
    cache: FeatureCache, clips: list[Path], small_shards: None, cut: bool
) -> None:
    cache.fill(clips)
    lost = shards(cache.folder)[0]
    lost.write_bytes(lost.read_bytes()[:-2]) if cut else lost.unlink()

    with pytest.raises(FstMuseError, match="gone or damaged since the cache was filled"):
        list(cache.open(clips))
    filled = cache.fill(clips)

    assert (filled.computed, filled.reused) == (2, 6)
    for path, mel in zip(clips, cache.open(clips), strict=True):
        assert_features(mel, expected(path))


def test_a_disk_that_fills_is_said_and_what_is_done_kept(
    cache: FeatureCache, clips: list[Path], small_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, synced = os.fsync, []

    def fill_up(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fill_up)
    with pytest.raises(FstMuseError, match=r"^cache: it cannot be written: the disk is full"):
        cache.fill(clips, processes=1)
    monkeypatch.setattr(os, "fsync", sync)

    assert len(shards(cache.folder)) == 2
    names = {file.name for file in cache.folder.iterdir()}
    assert names == {INDEX_FILE, *(shard.name for shard in shards(cache.folder))}
    filled = cache.fill(clips)
    assert (filled.computed, filled.reused) == (4, 4)


def test_a_disk_that_is_nearly_full_is_said_before(
    cache: FeatureCache, clips: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(cache.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=2**20))

    with pytest.raises(FstMuseError, match=r"nearly full \(1.0 MiB are free\)"):
        cache.fill(clips)
    assert shards(cache.folder) == []


@pytest.mark.numeric
def test_two_runs_share_a_folder(tmp_path: Path, clips: list[Path], small_shards: None) -> None:
    def run(order: int) -> int:
        with FeatureCache(tmp_path / "cache") as cache:
            return len(cache.fill(clips[::order], processes=1).set_aside)

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(run, (1, -1))) == [0, 0]
    with FeatureCache(tmp_path / "cache") as cache:
        assert cache.size().clips == 8
        for path, mel in zip(clips, cache.open(clips), strict=True):
            assert_features(mel, expected(path))


@pytest.mark.numeric
def test_features_travel_to_other_processes_and_keep_few_files_open(
    cache: FeatureCache, clips: list[Path], small_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.fill(clips)
    monkeypatch.setattr("fstmuse_core.datasets.cached_features._OPEN_SHARDS", 2)
    features = pickle.loads(pickle.dumps(cache.open(clips)))

    for turn in range(2):
        for path, mel in zip(clips, features, strict=True):
            assert_features(mel[turn:], expected(path)[turn:])
    assert len(features._open) == 2
    assert len(features[2:5]) == 3
    assert_features(features[2:5][0], expected(clips[2]))


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
