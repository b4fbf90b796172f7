"""``--cluster``: a real dask cluster of two workers on this machine, and what can befall one."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import make_music

from .conftest import COMMAND, Outcome, Run
from .dask_cluster import (
    BLIND,
    NAMED,
    Cluster,
    deadly_work,
    free_port,
    start_impatiently,
)

HAS_DASK = importlib.util.find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(
    not HAS_DASK, reason="dask.distributed is not installed: pip install 'fstmuse[cluster]'"
)
RATE = 22_050
N_SONGS = 24


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler without workers."""
    with closing(Cluster(tmp_path_factory.mktemp("cluster"))) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers, for tests that leave them alive."""
    with closing(Cluster(tmp_path_factory.mktemp("shared-cluster"))) as cluster:
        cluster.add()
        cluster.add()
        yield cluster


@pytest.fixture
def mortal(bare: Cluster) -> Cluster:
    """A scheduler and two workers that may be killed."""
    bare.add()
    bare.add()
    return bare


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Songs of a few seconds, all different, and two files that are no songs."""
    folder = tmp_path_factory.mktemp("songs")
    for number in range(N_SONGS):
        sound = make_music(4.0 + number % 3, seed=number)
        soundfile.write(folder / f"{number:02}.wav", sound, RATE)
    (folder / "99 damaged.mp3").write_bytes(b"ID3 nothing of worth" * 50)
    return folder


@pytest.fixture
def elsewhere(songs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as the current folder: a worker's is another."""
    monkeypatch.chdir(songs)
    return songs


def classify(start: Run, folder: Path, *more: str | Path) -> Outcome:
    return start("classify", folder, folder / "missing.wav", "--format", "jsonl", *more)


@needs_dask
def test_results_and_exit_code_are_those_of_one_machine(
    start: Run, songs: Path, cluster: Cluster
) -> None:
    alone = classify(start, songs, "--timeline")
    together = classify(start, songs, "--timeline", "--cluster", cluster.address)

    assert len(alone.out.splitlines()) == N_SONGS + 2
    assert together == alone
    assert together.code == 1
    assert "missing.wav" in together.err
    assert "99 damaged.mp3" in together.err


@needs_dask
@pytest.mark.parametrize("layout", ["table", "csv", "json"])
def test_all_formats_with_relative_paths(
    start: Run, elsewhere: Path, cluster: Cluster, layout: str
) -> None:
    names = [*(f"{number:02}.wav" for number in range(3)), "./missing.wav", "99 damaged.mp3"]
    words = ["classify", *names, "--format", layout]

    assert start(*words, "--cluster", cluster.address) == start(*words)


@needs_dask
def test_a_worker_killed_in_the_middle_costs_nothing(
    start: Run, songs: Path, mortal: Cluster, tmp_path: Path
) -> None:
    out = tmp_path / "all.jsonl"
    alone = classify(start, songs)
    words = ["classify", songs, songs / "missing.wav", "-o", out, "--cluster", mortal.address]

    with subprocess.Popen(
        [*COMMAND, *map(str, words)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as run:
        while not out.exists() or not out.read_bytes():
            assert run.poll() is None
            time.sleep(0.02)
        mortal.workers[0].send_signal(signal.SIGKILL)
        written = len(out.read_text().splitlines())
        assert run.wait() == 1

    assert written < N_SONGS
    assert out.read_text() == alone.out


@needs_dask
def test_without_a_scheduler_in_the_middle_what_was_done_is_kept(
    start: Run, songs: Path, mortal: Cluster, tmp_path: Path
) -> None:
    out = tmp_path / "all.jsonl"
    words = ["classify", str(songs), "-o", str(out)]
    with subprocess.Popen(
        [*COMMAND, *words, "--cluster", mortal.address],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        while not out.exists() or not out.read_bytes():
            time.sleep(0.02)
        mortal.scheduler.send_signal(signal.SIGKILL)
        assert run.stderr is not None
        said = run.stderr.read()
    assert run.returncode == 1
    assert said.splitlines() == [
        f"fstmuse: {mortal.address}: the connection to the scheduler was lost; start it again, "
        "and go on; what was done is kept"
    ]
    kept = out.read_text().splitlines()
    assert 0 < len(kept) < N_SONGS + 1

    assert start(*words, "--resume").code == 1  # for the damaged file
    whole = out.read_text().splitlines()
    assert whole[: len(kept)] == kept
    assert len({json.loads(line)["path"] for line in whole}) == len(whole) == N_SONGS + 1


@needs_dask
def test_a_scheduler_that_goes_while_a_result_is_fetched_is_said_to_be_gone(
    mortal: Cluster, tmp_path: Path
) -> None:
    from fstmuse_core.system.cluster import ClusterPool
    from fstmuse_core.system.errors import FstMuseError

    with ClusterPool(Path, mortal.address, 1) as pool:
        pool.give(0, str(tmp_path))
        while pool._done.empty():  # the task went well, and its result lies on the worker
            time.sleep(0.01)
        mortal.scheduler.send_signal(signal.SIGSTOP)
        threading.Timer(0.5, mortal.scheduler.kill).start()
        with pytest.raises(FstMuseError, match="the connection to the scheduler was lost"):
            list(pool._take(pool._done.get()))


@needs_dask
def test_a_scheduler_that_is_gone_before_more_is_given_is_said_to_be_gone(
    mortal: Cluster, tmp_path: Path
) -> None:
    from fstmuse_core.system.cluster import ClusterPool
    from fstmuse_core.system.errors import FstMuseError

    with ClusterPool(Path, mortal.address, 1) as pool:
        pool._client.close()
        with pytest.raises(FstMuseError, match="the connection to the scheduler was lost"):
            pool.give(0, str(tmp_path))


@needs_dask
def test_a_library_is_that_of_one_machine(
    start: Run, songs: Path, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {}
    for name, words in (("alone", ()), ("together", ("--cluster", cluster.address))):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / name))
        assert start("library", "scan", songs).code == 0
        heard = start("library", "classify", *words)
        assert heard == Outcome(1, f"{N_SONGS} files heard, 1 failed\n", "")
        rows = start("library", "list", "--measures", "--format", "json").json()
        for row in rows:
            assert row.pop("added_at")
        again = start("library", "scan").out
        assert "nothing is new" in again
        similar = start("library", "similar", songs / "00.wav", "--format", "json").json()
        told[name] = rows, similar

    assert told["together"] == told["alone"]


@needs_dask
def test_resume_keeps_what_the_cluster_heard(
    start: Run, songs: Path, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    words = ("classify", songs, "--resume", "--cluster", cluster.address)
    assert start(*words, "-o", tmp_path / "one.jsonl").code == 1

    # Now all but the damaged file is known to the library, which is heard here.
    assert start("classify", songs, "--resume", "-o", tmp_path / "two.jsonl").code == 1
    one, two = ((tmp_path / f"{name}.jsonl").read_text() for name in ("one", "two"))
    assert len(one.splitlines()) == N_SONGS + 1
    assert two == one


@needs_dask
def test_features_are_those_of_one_machine(
    start: Run, songs: Path, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = tmp_path / "Music"
    for genre, first in (("Rock", 0), ("Folk", 6)):
        (music / genre).mkdir(parents=True)
        for number in range(first, first + 6):
            shutil.copy(songs / f"{number:02}.wav", music / genre)
    (music / "Folk" / "broken.mp3").write_bytes(b"ID3 nothing of worth" * 50)
    made = {}
    for name, words in (("alone", ()), ("together", ("--cluster", cluster.address))):
        monkeypatch.setenv("FSTMUSE_CACHE", str(tmp_path / name))
        outcome = start("data", "cache", music, *words)
        assert outcome.code == 1
        assert outcome.out == "features of 12 clips made\n"
        assert re.fullmatch(r"left out: \S+broken.mp3: .+\n", outcome.err)
        shards = sorted((tmp_path / name).rglob("*.mel.npy"))
        rows = np.concatenate([np.load(shard) for shard in shards])
        made[name] = np.sort(rows.astype(np.float32).sum(axis=1)), outcome.err
        assert start("data", "cache", music, *words).out.endswith("made, 12 were there\n")

    np.testing.assert_array_equal(made["together"][0], made["alone"][0])
    assert made["together"][1] == made["alone"][1]


@needs_dask
def test_a_worker_that_cannot_read_a_file_leaves_it_to_others(
    start: Run, songs: Path, bare: Cluster
) -> None:
    bare.add()
    bare.add(first=NAMED + BLIND.format(blind=".wav"))

    assert classify(start, songs, "--cluster", bare.address) == classify(start, songs)


@needs_dask
def test_a_file_that_no_worker_can_read_costs_itself(
    start: Run, songs: Path, bare: Cluster
) -> None:
    bare.add(first=NAMED + BLIND.format(blind="07.wav"))

    outcome = start("classify", songs / "07.wav", songs / "08.wav", "--cluster", bare.address)

    assert outcome.code == 1
    assert outcome.out.count(".wav") == 2
    assert re.fullmatch(
        r"fstmuse: .*07\.wav: no worker of the cluster can read it \(elsewhere tried\); let all "
        r"machines see the music under the same path\n",
        outcome.err,
    )


@needs_dask
def test_a_file_over_which_all_workers_die_costs_itself(
    bare: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fstmuse_core.system.cluster import ClusterPool, run_on_cluster
    from fstmuse_core.system.pool import Broken

    files = [tmp_path / name for name in ("a", "b", "deadly", "c")]
    for file in files:
        file.touch()
    for _ in range(2):
        bare.add(nanny=True)

    pool = ClusterPool(deadly_work, bare.address, len(files))
    found = {done.index: done.result for done in run_on_cluster(pool, list(map(str, files)))}

    assert found == {
        0: str(files[0]),
        1: str(files[1]),
        2: Broken("each worker that was given it died; see the workers' logs"),
        3: str(files[3]),
    }


@needs_dask
def test_a_scheduler_without_workers(songs: Path, bare: Cluster) -> None:
    outcome = start_impatiently("classify", songs, "--cluster", bare.address)

    assert outcome == Outcome(
        1,
        "",
        f"fstmuse: {bare.address}: the scheduler has no workers; start some with: dask worker "
        f"{bare.address}\n",
    )


@needs_dask
def test_a_worker_of_another_version(
    start: Run, songs: Path, bare: Cluster, tmp_path: Path
) -> None:
    bare.add(first="import fstmuse_core; fstmuse_core.__version__ = '0.0.9'; ")
    old = tmp_path / "old.jsonl"
    old.write_text("what was there\n")

    outcome = start("classify", songs, "--format", "json", "-o", old, "--cluster", bare.address)

    assert outcome.code == 1
    assert re.fullmatch(
        r"fstmuse: tcp://\S+: its worker tcp://\S+ has FstMuse 0\.0\.9, here is \S+; install the "
        r"same on all machines\n",
        outcome.err,
    )
    assert old.read_text() == "what was there\n"


@needs_dask
def test_a_worker_without_the_model(start: Run, songs: Path, bare: Cluster, tmp_path: Path) -> None:
    from fstmuse_core.bundle.bundle import shipped_models_folder

    hidden = "from fstmuse_core.bundle import bundle; bundle.load_bundle = {}; "
    fails = "lambda folder: (_ for _ in ()).throw(bundle.BundleError(folder, 'it is not there'))"
    bare.add(first=hidden.format(fails))
    assert (shipped_models_folder() / "fst-muse").is_dir()

    outcome = start("classify", songs, "--cluster", bare.address)

    assert outcome.code == 1
    assert re.search(r"its worker tcp://\S+: fst-muse: it is not there\. The same", outcome.err)


@needs_dask
def test_nothing_at_the_address(songs: Path) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"

    outcome = start_impatiently("classify", songs, "--cluster", address)

    assert outcome.code == 1
    assert re.fullmatch(
        rf"fstmuse: {address}: no scheduler answers there \(.+\); check host and port, or start "
        r"one with: dask scheduler\n",
        outcome.err,
    )


@pytest.mark.parametrize(
    "address", ["", "host", "host:8786", "http://host:8786", "tcp://host", "tcp://host:99999"]
)
def test_a_wrong_address(fstmuse: Run, songs: Path, address: str) -> None:
    outcome = fstmuse("classify", songs, f"--cluster={address}")

    assert outcome.code == 2
    assert outcome.complaints[-1] == (
        f"Error: Invalid value for '--cluster': {address!r} is no scheduler's address; write "
        "tcp://host:8786"
    )


def test_without_dask(fstmuse: Run, songs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    outcome = fstmuse("classify", songs, "--cluster", "tcp://127.0.0.1:8786")

    assert outcome == Outcome(
        1,
        "",
        "fstmuse: --cluster: dask.distributed is not installed; pip install 'fstmuse[cluster]'\n",
    )


def test_the_cache_takes_no_cluster_without_data(fstmuse: Run) -> None:
    assert fstmuse("data", "cache", "--cluster", "tcp://host:8786").code == 2
    assert fstmuse("data", "cache", ".", "--clear").code == 2
