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
from dataclasses import dataclass
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
        alone = _costs(files, Path(folder), "", ())
        found = {}
        for count in (1, 2):
            with _cluster(count, Path(folder)) as (address, processes):
                found[count] = _costs(files, Path(folder), address, processes)
    same = all(costs.results == alone.results for costs in found.values())
    one, two = found[1], found[2]
    return [
        Row("classify, processor time for each more clip", alone.clip_cpu_ms, "ms"),
        Row("the same through a cluster", one.clip_cpu_ms, "ms"),
        Row("cluster over in-process", one.clip_cpu_ms / alone.clip_cpu_ms, "times", 1.3),
        Row("cluster, processor time to start", one.start_cpu_s - alone.start_cpu_s, "s more"),
        Row("two workers over one, clips a second", one.clip_s / two.clip_s, "times", 1.7, True),
        Row("answers that are the same", float(same), "of 1", 1.0, at_least=True),
    ]


@dataclass(frozen=True)
class _Costs:
    """Costs of each more clip and of what is done once, and what came of it."""

    clip_cpu_ms: float
    clip_s: float
    start_cpu_s: float
    results: bytes


def _costs(files: Sequence[str], folder: Path, address: str, processes: Sequence[int]) -> _Costs:
    few = len(files) // 4
    # Once in vain: workers import all that they need for the first of it.
    _classified(files[:few], folder / "out.jsonl", address, processes)
    few_cpu, few_s, _ = _classified(files[:few], folder / "out.jsonl", address, processes)
    all_cpu, all_s, results = _classified(files, folder / "out.jsonl", address, processes)
    more = len(files) - few
    cpu = (all_cpu - few_cpu) / more
    return _Costs(1000 * cpu, (all_s - few_s) / more, few_cpu - few * cpu, results)


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
