"""The feature cache after kills and damage, on full disks, and shared by several."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.datasets.cache_index import INDEX_FILE, VERSION
from fstmuse_core.system.errors import FstMuseError

from .conftest import assert_features, expected, shards

pytestmark = pytest.mark.usefixtures("one_process")


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
    monkeypatch.setattr("fstmuse_core.datasets.cache_index._OPEN_SHARDS", 2)
    features = pickle.loads(pickle.dumps(cache.open(clips)))

    for turn in range(2):
        for path, mel in zip(clips, features, strict=True):
            assert_features(mel[turn:], expected(path)[turn:])
    assert len(features._open) == 2
    assert len(features[2:5]) == 3
    assert_features(features[2:5][0], expected(clips[2]))
