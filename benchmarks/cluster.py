"""Costs of a dask cluster on this machine for each clip, and gains of a second worker.

``FSTMUSE_BENCH_CLIPS`` is the number of clips, 200 if it is not set. Processor time of all
processes together is compared, since the time by the clock is that of whatever else works here.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rows import Row, mp3_clips

_CLIPS = int(os.environ.get("FSTMUSE_BENCH_CLIPS", "200"))
_START_S = 60.0


def measure(repeats: int) -> list[Row]:
    """Rows of one machine, of one worker and of two."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        return [Row("cluster: dask.distributed is not installed", 0.0, "")]
    with mp3_clips(_CLIPS) as clips, TemporaryDirectory() as folder:
        files = [str(clip) for clip in clips]
        alone_cpu, _, alone = _classified(files, Path(folder) / "alone.jsonl", "", ())
        found = {}
        for count in (1, 2):
            with _cluster(count, Path(folder)) as (address, processes):
                # Workers load the model for the first clips, as a pool's processes do.
                out = Path(folder) / f"{count}.jsonl"
                found[count] = _classified(files, out, address, processes)
    same = all(result[2] == alone for result in found.values())
    one, two = found[1], found[2]
    return [
        Row("classify, processor time a clip", 1000 * alone_cpu / _CLIPS, "ms"),
        Row("the same through a cluster", 1000 * one[0] / _CLIPS, "ms"),
        Row("cluster over in-process", one[0] / alone_cpu, "times", 1.3),
        Row("two workers over one, clips a second", one[1] / two[1], "times", 1.7, at_least=True),
        Row("answers that are the same", float(same), "of 1", 1.0, at_least=True),
    ]


def _classified(
    files: Sequence[str], out: Path, address: str, processes: Sequence[int]
) -> tuple[float, float, bytes]:
    """Processor seconds of all processes, seconds by the clock, and the results."""
    words = ["classify", *files, "-o", str(out), *(["--cluster", address] if address else [])]
    before, begun = _cpu(processes), time.perf_counter()
    mine = os.times()
    subprocess.run([sys.executable, "-m", "fstmuse_core.cli", *words], check=True)
    taken, now = time.perf_counter() - begun, os.times()
    own = now.children_user + now.children_system - mine.children_user - mine.children_system
    return own + _cpu(processes) - before, taken, out.read_bytes()


def _cpu(processes: Sequence[int]) -> float:
    """Processor seconds of processes and of their children, also of those that have ended."""
    import psutil

    total = 0.0
    for pid in processes:
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            times = each.cpu_times()
            total += times.user + times.system
        times = process.cpu_times()
        total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total


@contextmanager
def _cluster(count: int, folder: Path) -> Iterator[tuple[str, list[int]]]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    log = (folder / f"cluster-{count}.log").open("ab")
    port = address.rpartition(":")[2]
    scheduler = ["scheduler", "--host=127.0.0.1", f"--port={port}", "--no-dashboard"]
    worker = ["worker", address, "--nthreads=1", "--no-nanny", "--no-dashboard"]
    started = []
    try:
        for words in (scheduler, *[worker] * count):
            command = [sys.executable, "-m", "dask", *words]
            started.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=folder))
        _wait_for(address, count)
        yield address, [process.pid for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
        log.close()


def _wait_for(address: str, count: int) -> None:
    from distributed import Client

    with Client(address, timeout=_START_S, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=_START_S)
