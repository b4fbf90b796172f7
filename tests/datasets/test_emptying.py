"""What a kill leaves in the cache, and how it is emptied: on a full disk, but under no training."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from fstmuse_core.cli import main
from fstmuse_core.datasets import cache as cache_module
from fstmuse_core.datasets import cache_index
from fstmuse_core.datasets.cache import FeatureCache, empty_cache, tagger_rows_folder
from fstmuse_core.datasets.cache_index import INDEX_FILE, empty_index
from fstmuse_core.runs.store import TrainingLock, running_training
from fstmuse_core.system import pool
from fstmuse_core.system.errors import FstMuseError

from .conftest import write_clip

# Comes to where a shard is whole but has not got its name yet, says so, and waits to be killed.
UNTIL_KILLED = """
import os, sys
from pathlib import Path
from fstmuse_core.datasets.cache import FeatureCache

def wait(descriptor):
    print("written", flush=True)
    sys.stdin.read()

os.fsync = wait
with FeatureCache(Path(sys.argv[1])) as cache:
    cache.fill(sorted(Path(sys.argv[2]).glob("*.wav")), processes=1)
"""
# No file can grow any more: neither a journal nor a new index.
ON_A_FULL_DISK = """
import resource, sys
from fstmuse_core.cli import main

sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
sys.exit(main(["data", "cache", "--clear"]))
"""


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No training of the user's is at work here, and one process is enough."""
    monkeypatch.setenv("FSTMUSE_CACHE", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path / "data"))
    monkeypatch.setattr(pool, "default_processes", lambda: 1)


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Two clips of four seconds."""
    return [write_clip(tmp_path / "music" / f"{n}.wav", pitch=100 + 30 * n) for n in range(2)]


@pytest.fixture
def folder(clips: list[Path]) -> Path:
    """Of a cache that holds them."""
    with FeatureCache() as cache:
        cache.fill(clips)
    return cache.folder


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def killed_while_writing(folder: Path, music: Path) -> Path:
    """What a process leaves that is killed before its shard has got its name."""
    with subprocess.Popen(
        [sys.executable, "-c", UNTIL_KILLED, folder, music],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"written"
        process.kill()
    (left,) = (file for file in folder.iterdir() if file.name.startswith("."))
    return left


def test_what_a_kill_left_behind_is_swept_when_it_is_old(
    folder: Path, clips: list[Path], tmp_path: Path
) -> None:
    write_clip(tmp_path / "more" / "new.wav", pitch=500)
    left = killed_while_writing(folder, tmp_path / "more")
    unknown = folder / "dead.mel.npy"
    unknown.write_bytes(b"x")
    with FeatureCache():
        assert left.exists()  # another process may be at it
        assert unknown.exists()
    for file in folder.glob("*mel.npy*"):
        os.utime(file, (1, 1))

    with FeatureCache() as again:
        assert again.fill(clips).reused == 2
    assert not left.exists()
    assert not unknown.exists()


def test_emptying_removes_what_a_kill_left_behind(tmp_path: Path, clips: list[Path]) -> None:
    left = killed_while_writing(tmp_path / "features", clips[0].parent)
    size = left.stat().st_size
    assert size > 2 * 173 * 128 * 2

    assert main(["data", "cache", "--clear"]) == 0

    assert names(left.parent) == {INDEX_FILE}


def test_emptying_removes_the_caches_own_files_only(folder: Path, clips: list[Path]) -> None:
    (folder / "thesis.txt").write_text("precious")
    with FeatureCache() as cache:
        emptied = empty_cache()

        assert emptied.freed > 2 * 173 * 128 * 2
        assert cache.size().clips == 0
        assert cache.size().bytes == emptied.left
        assert names(folder) == {INDEX_FILE, "thesis.txt"}
        assert cache.fill(clips).computed == 2


def test_there_may_be_nothing_to_empty(tmp_path: Path) -> None:
    assert empty_cache(tmp_path / "nowhere").freed == 0
    assert not (tmp_path / "nowhere").exists()


def test_room_is_made_before_the_index_is_changed(
    folder: Path, clips: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(statement: str) -> None:
        if re.search("DELETE|VACUUM", statement) and list(folder.glob("*.mel.npy")):
            raise sqlite3.OperationalError("database or disk is full")

    class Full(sqlite3.Connection):
        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
            refuse(statement)
            return super().execute(statement, *values)  # type: ignore[arg-type]

        def executescript(self, statements: str) -> sqlite3.Cursor:
            refuse(statements)
            return super().executescript(statements)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Full, **k))
    with FeatureCache() as cache:
        assert main(["data", "cache", "--clear"]) == 0
        # The index is still the same.
        assert cache.size().clips == 0
        assert cache.fill(clips).computed == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit to the size of files")
@pytest.mark.parametrize("version", [cache_index.VERSION, 0])
def test_a_disk_that_takes_nothing_more_is_emptied(
    folder: Path,
    clips: list[Path],
    version: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A training of the user's own would hold its lock there.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    database = sqlite3.connect(folder / INDEX_FILE)
    database.execute(f"PRAGMA user_version = {version}")
    database.close()

    done = subprocess.run([sys.executable, "-c", ON_A_FULL_DISK], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{folder}: 0 clips, 0.0 MiB\n")
    assert done.stdout.endswith(" were freed\n")
    assert names(folder) == set()
    with FeatureCache() as cache:
        assert cache.fill(clips).computed == 2


def test_an_index_that_another_program_holds_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_index, "_PATIENCE_S", 0.05)
    other = sqlite3.connect(folder / INDEX_FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(FstMuseError, match="another program uses it; end that program first"):
        empty_cache()

    other.close()
    assert names(folder) == {INDEX_FILE}
    with FeatureCache() as cache:
        assert not cache.was_outdated


def test_a_damaged_index_is_emptied_too(folder: Path, clips: list[Path]) -> None:
    (folder / INDEX_FILE).write_bytes(b"garbage" * 1000)

    assert empty_cache().left == 0

    with FeatureCache() as cache:
        assert cache.fill(clips).computed == 2


def test_the_tagger_s_outputs_are_counted_and_emptied_too(
    folder: Path, clips: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with FeatureCache() as cache:
        cache.fill(clips)
        without = cache.size().bytes
        rows = tagger_rows_folder()
        rows.mkdir()
        (rows / "ab.npy").write_bytes(b"x" * 5000)
        (rows / ".cd.npy-left").write_bytes(b"x" * 96)
        assert cache.size().bytes == without + 5096
    assert main(["data", "cache", "--clear"]) == 0
    assert list(rows.iterdir()) == []
    assert "of them the tagger's outputs" in capsys.readouterr().out


def test_it_is_not_emptied_under_a_training(
    folder: Path, clips: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with FeatureCache() as cache:
        features = cache.open(clips)
    with TrainingLock("jazz-or-folk"):
        assert main(["data", "cache", "--clear"]) == 1
        assert main(["data", "cache"]) == 0
        assert [len(mel) for mel in features] == [173, 173]
    said = capsys.readouterr()
    assert said.err == (
        "fstmuse: feature cache: jazz-or-folk is being trained and reads from it; "
        "stop it or wait until it is done\n"
    )
    assert ": 2 clips" in said.out

    assert main(["data", "cache", "--clear"]) == 0
    assert names(folder) == {INDEX_FILE}


def test_no_training_begins_while_it_is_emptied(
    folder: Path, clips: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with TrainingLock("jazz-or-folk"):
        pass
    asked: list[Path] = []

    def meanwhile(emptied: Path) -> None:
        # Nothing runs, and no run of before is taken for one that does.
        assert not running_training()
        with pytest.raises(FstMuseError, match="the feature cache is being emptied; try again"):
            TrainingLock("rock").__enter__()
        asked.append(emptied)
        empty_index(emptied)

    monkeypatch.setattr(cache_module, "empty_index", meanwhile)
    empty_cache()

    assert asked == [folder]
    with TrainingLock("rock"):
        assert running_training() == "rock"
