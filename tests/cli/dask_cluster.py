"""A dask cluster of processes on this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.hosts import Host

from .conftest import Outcome

ROOT = Path(__file__).parents[2]
_PATHS = [path for path in (os.environ.get("PYTHONPATH"),) if path]
_START_S = 60.0
# A worker as on another machine that has a name of its own.
NAMED = "import socket; socket.gethostname = lambda: 'elsewhere'; "
# ... and cannot read some of the files, or any of them.
BLIND = (
    "from fstmuse_core.system import cluster_work; real = cluster_work.os.access; "
    "cluster_work.os.access = lambda path, how: {blind!r} not in path and real(path, how); "
)


def free_port() -> int:
    """A port that nobody listens at."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A scheduler and its workers, each a process; the scheduler may be on a host of its own."""

    def __init__(self, folder: Path, host: Host | None = None) -> None:
        self.folder = folder
        here = host.address if host else "127.0.0.1"
        self.address = f"tcp://{here}:{free_port()}"
        self.workers: list[subprocess.Popen[bytes]] = []
        port = self.address.rpartition(":")[2]
        words = [f"--host={here}", f"--port={port}", "--no-dashboard", "--no-show"]
        self.scheduler = self._process("scheduler", *words, host=host)
        self._wait("scheduler", "Scheduler at")

    def _process(
        self, kind: str, *words: str, first: str = "", host: Host | None = None
    ) -> subprocess.Popen[bytes]:
        code = f"import sys; {first}from distributed.cli.dask_{kind} import main; main()"
        command = [sys.executable, "-c", code, *words]
        with (self.folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                host.command(*command) if host else command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *_PATHS])},
            )

    def _wait(self, kind: str, sign: str, count: int = 1) -> None:
        log, until = self.folder / f"{kind}.log", time.monotonic() + _START_S
        while log.read_text(errors="replace").count(sign) < count:
            assert time.monotonic() < until, log.read_text(errors="replace")
            time.sleep(0.05)

    def add(
        self, *, first: str = "", nanny: bool = False, host: Host | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a worker with one thread; ``first`` is run before."""
        words = [self.address, "--nthreads=1", "--no-dashboard", "--memory-limit=0"]
        words += ["--nanny" if nanny else "--no-nanny"]
        self.workers.append(self._process("worker", *words, first=first, host=host))
        self._wait("worker", "Registered to", len(self.workers))
        return self.workers[-1]

    def close(self) -> None:
        """End all of it."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def deadly_work(path: str) -> str:
    """Kill the worker over one file: the process that works is its child."""
    if path.endswith("deadly"):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return path


# Seconds in the place of ten, of which two tests would wait for every one.
_IMPATIENT = """
import sys
from fstmuse_core.system import cluster
cluster._CONNECT_S = 3.0
from fstmuse_core.cli import main
sys.exit(main(sys.argv[1:]))
"""


def start_impatiently(*arguments: str | Path) -> Outcome:
    """Run the command in a process that waits less long for a cluster."""
    done = subprocess.run(
        [sys.executable, "-c", _IMPATIENT, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
