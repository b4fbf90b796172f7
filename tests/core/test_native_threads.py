"""Native libraries start no threads of their own, in no process of ours."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from fstmuse_core.audio.decoders.byte_file import Part
from fstmuse_core.audio.decoders.ffmpeg import FfmpegSource
from fstmuse_core.system.child_process import end_child, start_child
from fstmuse_core.system.native_libraries import one_thread_environment
from fstmuse_core.system.pool import default_processes, run_in_pool

MakeFile = Callable[..., Path]

SOURCES = Path(__file__).parents[2] / "src"
# Loads whatever has a pool of its own and prints how many threads each may use.
PRINT_POOLS = """
import json, numpy, scipy.linalg, threadpoolctl
print(json.dumps([pool["num_threads"] for pool in threadpoolctl.threadpool_info()]))
"""


def pools(_: object = None) -> list[int]:
    """Threads that each native pool of this process may use."""
    import numpy
    import scipy.linalg
    from threadpoolctl import threadpool_info

    assert numpy.__version__
    assert scipy.linalg
    return [pool["num_threads"] for pool in threadpool_info()]


def tell_pools(connection: Connection) -> None:
    connection.send((pools(), os.environ["TF_NUM_INTRAOP_THREADS"]))


@pytest.fixture
def many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that asks for three threads in each pool."""
    for name in one_thread_environment(tensorflow=True):
        monkeypatch.setenv(name, "3")


def printed(code: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found: list[int] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.usefixtures("many_threads")
@pytest.mark.skipif(default_processes() < 2, reason="one core: no library starts threads there")
def test_without_a_word_they_would_start_more() -> None:
    assert min(printed(PRINT_POOLS)) > 1


@pytest.mark.usefixtures("many_threads")
def test_a_child_process_uses_one_thread_in_each_pool() -> None:
    process, connection = start_child(tell_pools)
    try:
        found, tensorflow = connection.recv()
    finally:
        end_child(process)
        connection.close()
    assert len(found) >= 2
    assert set(found) == {1}
    assert tensorflow == "1"


@pytest.mark.usefixtures("many_threads")
def test_a_pool_of_processes_uses_one_thread_in_each_pool() -> None:
    (finished,) = run_in_pool(pools, ["anything"], processes=1)
    assert isinstance(finished.result, list)
    assert set(finished.result) == {1}


def decoding_threads(path: Path) -> int:
    """Threads that FFmpeg decodes a file on; 0 is one for each core."""
    found: int = FfmpegSource(Part(path))._stream.codec_context.thread_count
    return found


def test_a_worker_decodes_on_one_thread(make_file: MakeFile) -> None:
    path = make_file("song.flac")
    (finished,) = run_in_pool(decoding_threads, [path], processes=1)
    assert finished.result == 1
    assert decoding_threads(path) == 0


@pytest.mark.usefixtures("many_threads")
@pytest.mark.parametrize("before", ["", "import numpy, scipy.linalg"])
def test_the_command_line_uses_one_thread_in_each_pool(before: str) -> None:
    run = "from fstmuse_core.cli import main; main(['--version'])"
    assert set(printed(f"{before}\n{run}\n{PRINT_POOLS}")) == {1}


@pytest.mark.usefixtures("many_threads")
def test_a_training_keeps_the_threads_of_tensorflow() -> None:
    run = "from fstmuse_core.cli import main; main(['--version']); import json, os"
    assert printed(f"{run}; print([int(os.environ['TF_NUM_INTRAOP_THREADS'])])") == [3]


def test_processes_are_started_in_one_place() -> None:
    """A process that were started elsewhere would keep its native pools."""
    starters = ("Process", "Pool", "Manager", "get_context", "ProcessPoolExecutor")
    found = set()
    for path in SOURCES.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        # psutil's Process looks at one that runs.
        if any(name.split(".")[-1] in starters for name in called - {"psutil.Process"}):
            found.add(path.name)
    assert found == {"child_process.py"}
