"""``--cluster`` with the scheduler on one machine and workers on two, one of which goes."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
import soundfile

from tests.conftest import make_music
from tests.hosts import two_hosts

from .conftest import COMMAND, Run
from .dask_cluster import Cluster
from .test_cluster import needs_dask

N_SONGS = 24
RATE = 22_050


@needs_dask
@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_machine_that_goes_costs_nothing(start: Run, tmp_path: Path) -> None:
    songs, out = tmp_path / "songs", tmp_path / "all.jsonl"
    songs.mkdir()
    for number in range(N_SONGS):
        sound = make_music(4.0 + number % 3, seed=number)
        soundfile.write(songs / f"{number:02}.wav", sound, RATE)
    with two_hosts() as (ours, other), closing(Cluster(tmp_path, ours)) as cluster:
        cluster.add(host=ours)
        cluster.add(host=other)
        log = (tmp_path / "worker.log").read_text()
        assert f"tcp://{ours.address}:" in log
        assert f"tcp://{other.address}:" in log
        words = ["classify", str(songs), "-o", str(out), "--cluster", cluster.address]
        with subprocess.Popen(
            ours.command(*COMMAND, *words), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as run:
            while not out.exists() or not out.read_bytes():
                assert run.poll() is None, run.stderr and run.stderr.read()
                time.sleep(0.02)
            cluster.workers[1].send_signal(signal.SIGKILL)
            written = len(out.read_text().splitlines())
            assert run.wait() == 0

    assert written < N_SONGS
    assert out.read_text() == start("classify", songs, "--format", "jsonl").out
