"""Starting a child process: one that talks over a pipe, or a command of this program."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import runpy
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.native_libraries import mute_native_stderr, use_one_thread
from fstmuse_core.system.process_limits import DECODING, limit_memory

_RUN_MODULE = "--run-module"
_OURS = ("fstmuse_core.", "fstmuse_gui.")
_DEEP = ("keras", "tensorflow")


def is_app() -> bool:
    """True if this is the app, which brings its own Python."""
    return bool(getattr(sys, "frozen", False))


def checkout() -> Path | None:
    """The checkout that this program runs from; ``None`` if it was installed."""
    root = Path(__file__).resolve().parents[3]
    return root if not is_app() and (root / "scripts" / "run").is_file() else None


def require_tensorflow(what: str) -> None:
    """Raise ``FstMuseError`` where Keras or TensorFlow is not installed, without importing it.

    ``what`` is what needs them, such as "training a network".
    """
    missing = [name for name in _DEEP if importlib.util.find_spec(name) is None]
    if not missing:
        return
    reason = f"it needs TensorFlow and Keras, and there is no {' and no '.join(missing)} here"
    if is_app():
        reason = "it needs TensorFlow and Keras, which the app does not bring"
    where = "pip install fstmuse" if checkout() is None else "pip install -c constraints.txt ."
    raise FstMuseError(what, reason, f"install FstMuse with them: {where} (600 MB to download)")


def child_command(module: str, *arguments: str) -> list[str]:
    """A command that runs one of our modules in another process, as ``python -m`` does.

    Parameters
    ----------
    module : str
        Its whole name, such as ``fstmuse_core.cli``.
    arguments : str
        Words that it is given.

    Raises
    ------
    ValueError
        If it is none of ours.
    """
    if not _is_ours(module):
        raise ValueError(f"{module} is no module of this program")
    if is_app():
        return [sys.executable, _RUN_MODULE, module, *arguments]
    return [sys.executable, "-m", module, *arguments]


def serve_children(arguments: Sequence[str]) -> bool:
    """Do what a child of the app was started for; the first thing that a program calls.

    Parameters
    ----------
    arguments : sequence of str
        ``sys.argv``.

    Returns
    -------
    bool
        False if this is no such child: then the program goes on. A worker of
        ``multiprocessing`` does not return.
    """
    multiprocessing.freeze_support()
    if not is_app() or arguments[1:2] != [_RUN_MODULE] or not _is_ours("".join(arguments[2:3])):
        return False
    sys.argv = list(arguments[2:])
    runpy.run_module(arguments[2], run_name="__main__", alter_sys=True)
    return True


def _is_ours(module: str) -> bool:
    return f"{module}.".startswith(_OURS)


# "spawn": TensorFlow and Qt both break under fork.
_SPAWN = multiprocessing.get_context("spawn")
_GONE_WITHIN_S = 0.5


def start_child(
    target: Callable[..., None],
    *arguments: Any,
    memory_bytes: int = DECODING.memory_bytes,
    fork: bool = False,
) -> tuple[BaseProcess, Connection]:
    """Run ``target(connection, *arguments)`` in a new process.

    Parameters
    ----------
    memory_bytes : int
        Data that the process may hold.
    fork : bool
        Copy this process instead of starting Python anew; see :func:`can_fork`.

    Returns
    -------
    process, connection
        The started process and this side's end of a two-way pipe. When this side closes or
        dies the child sees the end of the pipe and leaves; it is killed if it cannot.
    """
    context: Any = multiprocessing.get_context("fork") if fork else _SPAWN
    ours, theirs = context.Pipe(duplex=True)
    process = context.Process(
        target=_child_main,
        args=(target, theirs, memory_bytes, ours if fork else None, *arguments),
        daemon=True,
    )
    with nullcontext() if fork else _main_left_alone(arguments):
        process.start()
    theirs.close()
    return process, ours


_STARTING = threading.Lock()


class _MainWithoutFile(types.ModuleType):
    """The main module as it is, but for where it came from."""

    def __init__(self, real: types.ModuleType) -> None:
        super().__init__("__main__")
        self._real = real

    def __getattr__(self, name: str) -> Any:
        if name == "__file__":
            raise AttributeError(name)
        return getattr(self._real, name)


@contextmanager
def _main_left_alone(arguments: Sequence[Any]) -> Iterator[None]:
    """Let a child not run a user's script once more, which it needs only for what is from there.

    ``multiprocessing`` does so with every script, and one that has no ``if __name__ ==
    "__main__":`` around its calls of ours would start processes in its processes.
    """
    main = sys.modules.get("__main__")
    is_script = getattr(main, "__spec__", None) is None and hasattr(main, "__file__")
    is_needed = any(_module_of(value) == "__main__" for value in arguments)
    if main is None or not is_script or is_needed or is_app():
        yield
        return
    with _STARTING:
        sys.modules["__main__"] = _MainWithoutFile(main)
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _module_of(value: Any) -> str:
    return str(getattr(value, "__module__", type(value).__module__))


def can_fork() -> bool:
    """Say that this process may be copied: on Linux, with one thread and no library that minds."""
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and not {"tensorflow", "PySide6", "jax"} & sys.modules.keys()
    )


def _child_main(
    target: Callable[..., None],
    connection: Connection,
    memory_bytes: int,
    parents_end: Connection | None,
    *arguments: Any,
) -> None:
    # Ctrl+C in the terminal is for the parent, which ends its children in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if parents_end is not None:
        parents_end.close()
    _end_with_parent()
    # Its own children end with it in the same way, so it may have some.
    multiprocessing.current_process().daemon = False
    limit_memory(memory_bytes)
    mute_native_stderr()
    use_one_thread(tensorflow=True)
    target(connection, *arguments)


def _end_with_parent() -> None:
    """Let this process be killed once its parent is gone, whatever it is doing then."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel: Any = parent.sentinel
    if sys.platform == "linux":
        import fcntl

        # The kernel sends it when the parent's end of the pipe closes: also to a process that
        # hangs in native code, and whichever of the parent's threads has started it.
        with suppress(OSError):
            fcntl.fcntl(sentinel, fcntl.F_SETOWN, os.getpid())
            fcntl.fcntl(sentinel, fcntl.F_SETSIG, signal.SIGKILL)
            flags = fcntl.fcntl(sentinel, fcntl.F_GETFL)
            fcntl.fcntl(sentinel, fcntl.F_SETFL, flags | os.O_ASYNC)
        if os.getppid() != parent.pid:
            os._exit(1)
    threading.Thread(target=_exit_after, args=(sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def end_of_life(process: BaseProcess) -> None:
    """Wait for a process whose pipe has ended, so that it has its exit code; end it if need be."""
    process.join(_GONE_WITHIN_S)
    if process.is_alive():
        end_child(process)


def end_child(process: BaseProcess) -> None:
    """End the process within a second, also one that hangs. Its pipe then reads as ended.

    Closing our end of the pipe instead would not reach the child while a thread of ours
    waits on it.
    """
    end_children([process])


def end_children(processes: Sequence[BaseProcess]) -> None:
    """End all of them within a second, however many hang or are stopped."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + _GONE_WITHIN_S
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
    for process in processes:
        if process.is_alive():
            process.kill()
    deadline = time.monotonic() + _GONE_WITHIN_S
    for process in processes:
        # One that waits for a dead network disk goes when the kernel lets it.
        process.join(max(0.0, deadline - time.monotonic()))
