"""One training in several processes, here or on several machines: Keras on JAX, data in parallel.

All do the same steps with the same random numbers; each computes a share of every batch, and the
gradients are averaged over all. So the model is that of one process, but for the last digits. The
first process has the run's folder, decides when to stop, and measures and writes the model alone.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import ipaddress
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fstmuse_core.runs.spec import GAN, OURS
from fstmuse_core.system.child_process import child_command
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.training.control import CancelledError, Control
from fstmuse_core.training.settings import TrainSettings, settings_from

if TYPE_CHECKING:
    from fstmuse_core.training.data_split import Parts
    from fstmuse_core.training.preparation import MelTable

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.%]+\]|[^\s:/\[\]]+):([0-9]{1,5})")
# Others may still make the features of their music.
_MEET_S = 3600
# After that a process that says nothing is taken for dead.
_SILENT_S = 60
_LEAVE_S = 10
_LOOPBACK = "127.0.0.1"
# Of no machine (RFC 5737), and asked for the way there only.
_FAR_AWAY = "198.51.100.1"
_POLL_S = 0.1


@dataclass(frozen=True)
class Member:
    """A process of a training.

    Attributes
    ----------
    coordinator : str
        Address at which the first of them listens, as ``host:port``.
    rank : int
        Number of this one, from 0.
    count : int
        Number of all.
    """

    coordinator: str
    rank: int
    count: int

    def require(self, settings: TrainSettings) -> None:
        """Raise ``FstMuseError`` unless a training of these settings can be shared."""
        if settings.model == GAN or settings.design != OURS:
            what = settings.model if settings.model == GAN else f"--design {settings.design}"
            raise FstMuseError(
                what, "it is trained by one process", "leave out --processes and --coordinator"
            )
        if settings.batch_size % self.count:
            low = max(self.count, settings.batch_size // self.count * self.count)
            raise FstMuseError(
                "--batch-size",
                f"{settings.batch_size} crops cannot be shared evenly by {self.count} processes",
                f"take {low}",
            )

    @property
    def leads(self) -> bool:
        """True of the first process, which alone writes and speaks."""
        return self.rank == 0

    def share(self, batch: tuple[Any, Any]) -> tuple[Any, Any]:
        """Part of a batch that this process computes."""
        size = len(batch[0]) // self.count
        mine = slice(self.rank * size, (self.rank + 1) * size)
        return batch[0][mine], batch[1][mine]


def member_of(coordinator: str, rank: int | None, hosts: int | None) -> Member:
    """The member that the options of a host say; raises ``FstMuseError`` if they make no sense."""
    if rank is None or hosts is None:
        missing = "--rank" if rank is None else "--hosts"
        raise FstMuseError(
            "--coordinator", f"{missing} is missing", "each host takes --rank R --hosts N"
        )
    found = _ADDRESS.fullmatch(coordinator)
    if found is None or not 0 < int(found[2]) < 65_536:
        raise FstMuseError(
            "--coordinator", f"{coordinator!r} is no address", "write host:port of rank 0"
        )
    if rank >= hosts:
        raise FstMuseError(
            "--rank", f"{rank} of {hosts} hosts cannot be", f"count from 0 to {hosts - 1}"
        )
    host = found[1].strip("[]")
    try:
        socket.getaddrinfo(host, int(found[2]))
    except OSError as error:
        why = error.strerror or str(error)
        raise FstMuseError(
            "--coordinator", f"{one_line(host)} is not known here ({why})", "check its name"
        ) from error
    return Member(coordinator, rank, hosts)


def check_shared(count: int, options: Mapping[str, Any]) -> None:
    """Raise ``FstMuseError`` unless ``count`` processes can train by these options.

    Each of them would say so else.
    """
    Member("", 0, count).require(settings_from(options))


def require_jax() -> None:
    """Let Keras use JAX in this process and its children; raises ``FstMuseError`` without it."""
    if importlib.util.find_spec("jax") is None:
        raise FstMuseError(
            "--processes",
            "training in several processes needs JAX, which is not installed",
            "pip install jax",
        )
    os.environ["KERAS_BACKEND"] = "jax"


def train_together(count: int, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Train with several processes of this machine; the first speaks for all of them.

    Parameters
    ----------
    count : int
    arguments : sequence of str
        Those of ``fstmuse train``, but ``--processes``.
    say : callable
        Takes sentences for people.

    Returns
    -------
    int
        Exit code of the first process, or 1 if another of them ended before it.
    """
    require_jax()
    # Each would take all graphics cards for itself.
    environment = {"JAX_PLATFORMS": "cpu", **os.environ}
    with closing(socket.socket()) as probe:
        probe.bind((_LOOPBACK, 0))
        address = f"{_LOOPBACK}:{probe.getsockname()[1]}"
    started: list[subprocess.Popen[bytes]] = []
    try:
        for rank in range(count):
            words = ["train", *arguments, "--coordinator", address]
            words += ["--rank", str(rank), "--hosts", str(count)]
            streams: Any = {"stderr": sys.stderr}  # descriptor 2 is for the noise of C code
            if rank:
                streams |= {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
            command = child_command("fstmuse_core.cli", *words)
            started.append(subprocess.Popen(command, env=environment, **streams))
        return _waited_for(started, say)
    finally:
        for process in started:
            with suppress(OSError):
                process.kill()
            process.wait()


def _waited_for(started: Sequence[subprocess.Popen[bytes]], say: Callable[[str], None]) -> int:
    first, *others = started
    while True:
        with suppress(KeyboardInterrupt):  # it reaches the first one too, which decides
            gone = next((process for process in others if process.poll()), None)
            if gone is not None:  # the first one notices, and has its own to say of it
                with suppress(subprocess.TimeoutExpired):
                    first.wait(_SILENT_S)
            code = first.poll()
            if gone is None and code is None:
                time.sleep(_POLL_S)
                continue
            if code is not None and code >= 0:
                return code
            gone = gone or first
            say(
                f"fstmuse: training: process {started.index(gone)} of {len(started)} has ended "
                f"(exit code {gone.returncode}); go on with --resume, see fstmuse train --runs"
            )
            return 1


@contextmanager
def joined(member: Member | None, parts: Parts, mels: MelTable) -> Iterator[None]:
    """Train together with the others within a ``with`` statement; alone without a member.

    Raises
    ------
    FstMuseError
        If they do not meet, or have other music.
    """
    if member is None:
        yield
        return
    import jax
    import keras

    _meet(member)
    try:
        _require_same_music(member, parts, mels)
        data_parallel = keras.distribution.DataParallel(auto_shard_dataset=False)
        keras.distribution.set_distribution(data_parallel)
        yield
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        if isinstance(error, ValueError) and "Gloo" not in str(error):
            raise
        raise FstMuseError(
            "training",
            f"another of its processes has ended ({one_line(str(error))[:120]})",
            "go on with --resume",
        ) from error
    finally:
        keras.distribution.set_distribution(None)
        # Without the others there is nobody to part from.
        with suppress(Exception):
            jax.distributed.shutdown()


def _meet(member: Member) -> None:
    import jax

    port = member.coordinator.rpartition(":")[2]
    is_here = member.coordinator.startswith(f"{_LOOPBACK}:")
    # Without it JAX aborts the whole process over the end of another, and nobody says why.
    jax.config.update("jax_enable_recoverability", True)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    _be_called_at(_LOOPBACK if is_here else own_address(member.coordinator))
    try:
        jax.distributed.initialize(
            member.coordinator,
            member.count,
            member.rank,
            initialization_timeout=_MEET_S,
            heartbeat_timeout_seconds=_SILENT_S,
            shutdown_timeout_seconds=_LEAVE_S,
            coordinator_bind_address=f"{_LOOPBACK}:{port}" if is_here else f"[::]:{port}",
        )
    except (RuntimeError, ValueError) as error:
        raise FstMuseError(
            "training",
            f"the {member.count} processes did not meet at {member.coordinator} "
            f"({one_line(str(error))[:120]})",
            "start all of them; fstmuse data cache makes the features before",
        ) from error
    if jax.device_count() % member.count:
        raise FstMuseError(
            "training", "the hosts have different numbers of devices", "let each have as many"
        )


def own_address(coordinator: str) -> str:
    """Address of this machine at which the others reach it; ``coordinator`` is ``host:port``.

    That is the one from which it would call the coordinator. Where that is in the loopback,
    since the name of rank 0 is there one of its own, it is the one from which it would call
    the world. Nothing is sent for it.
    """
    host = coordinator.rpartition(":")[0].strip("[]")
    address = _calling_from(host)
    is_own_name = ipaddress.ip_address(address).is_loopback and not _is_loopback(host)
    return (is_own_name and _calling_from(_FAR_AWAY)) or address


def _calling_from(host: str) -> str:
    try:
        family, kind, _, _, target = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
        with closing(socket.socket(family, kind)) as probe:
            probe.connect(target)
            return str(probe.getsockname()[0]).partition("%")[0]
    except OSError:
        return "" if host == _FAR_AWAY else _LOOPBACK


def _is_loopback(host: str) -> bool:
    """True of a host that is meant to be this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _be_called_at(address: str) -> None:
    """Let the others connect to ``address`` for the averages.

    JAX takes what the machine's own name stands for, on Debian an address of its loopback, and
    has no setting for it.
    """
    with suppress(ImportError, AttributeError):
        jaxlib: Any = importlib.import_module("jaxlib._jax")
        make = jaxlib.make_gloo_tcp_collectives
        jaxlib.make_gloo_tcp_collectives = functools.partial(make, hostname=address)


def _require_same_music(member: Member, parts: Parts, mels: MelTable) -> None:
    """Raise ``FstMuseError`` if the clips of others, wherever they lie there, are not ours."""
    import numpy as np
    from jax.experimental import multihost_utils

    digest = hashlib.sha256(repr(parts.genres).encode())
    for part in (parts.train, parts.validation):
        for track, mel in zip(part, mels.of(part), strict=True):
            digest.update(f"{track.genre}\0{track.artist}\0{len(mel)}\n".encode())
    mine = np.frombuffer(digest.digest()[:8], np.uint8)
    all_of_them = np.asarray(multihost_utils.process_allgather(mine)).reshape(-1, mine.size)
    other = next((rank for rank, row in enumerate(all_of_them) if (row != mine).any()), None)
    if other is not None:
        raise FstMuseError(
            "--data",
            f"the music of process {other} is not that of process {member.rank}",
            "give all hosts the same music and settings",
        )


class AgreedControl(Control):
    """Stop and Cancel of the first process, heeded by all of them in the same step.

    All ask :meth:`check` equally often; :attr:`stopped` says what was agreed on then.
    """

    def __init__(self, own: Control) -> None:
        super().__init__()
        self._own = own

    @property
    def cancelled(self) -> bool:
        """True once the training is to be discarded."""
        import numpy as np
        from jax.experimental import multihost_utils

        wish = 2 if self._own.cancelled else 1 if self._own.stopped else 0
        # The others' wishes are not heeded.
        agreed = int(multihost_utils.broadcast_one_to_all(np.array([wish]))[0])
        if agreed == 2:
            self.cancel()
        elif agreed == 1:
            self.stop()
        return self._cancel.is_set()

    @property
    def stopped(self) -> bool:
        """True once the training is to end."""
        return self._stop.is_set()

    def check_start(self) -> None:
        """Raise ``CancelledError`` if asked to end before there is anything new to keep."""
        if self.cancelled or self.stopped:
            raise CancelledError
