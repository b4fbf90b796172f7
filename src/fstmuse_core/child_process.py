"""Starting a child process that talks over a pipe."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from fstmuse_core.native_threads import use_one_thread
from fstmuse_core.quiet import mute_native_stderr

# "spawn": TensorFlow and Qt both break under fork.
_CONTEXT = multiprocessing.get_context("spawn")


def start_child(target: Callable[..., None], *arguments: Any) -> tuple[BaseProcess, Connection]:
    """Run ``target(connection, *arguments)`` in a new process.

    Returns
    -------
    process, connection
        The started process and this side's end of a two-way pipe. When this side closes or
        dies the child sees the end of the pipe and leaves.
    """
    ours, theirs = _CONTEXT.Pipe(duplex=True)
    process = _CONTEXT.Process(target=_child_main, args=(target, theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _child_main(target: Callable[..., None], connection: Connection, *arguments: Any) -> None:
    # Ctrl+C in the terminal is for the parent, which ends its children in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    mute_native_stderr()
    use_one_thread(tensorflow=True)
    target(connection, *arguments)


def end_child(process: BaseProcess, patience_s: float = 1.0) -> None:
    """Ask the child to end and, if it does not, make it. Its pipe then reads as ended.

    Closing our end of the pipe instead would not reach the child while a thread of ours
    waits on it.
    """
    process.terminate()
    process.join(patience_s)
    if process.is_alive():
        process.kill()
        process.join()
