"""Native libraries held to one thread, and their chatter kept off the terminal."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

# Read by OpenBLAS, MKL, BLIS, Apple's Accelerate and OpenMP when they are loaded.
_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OMP_NUM_THREADS",
)
_TENSORFLOW_VARIABLES = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def one_thread_environment(*, tensorflow: bool = False) -> dict[str, str]:
    """Environment variables that hold native libraries' pools to one thread each.

    ``tensorflow`` includes TensorFlow's pools, of which a training makes good use.
    """
    names = (*_VARIABLES, *(_TENSORFLOW_VARIABLES if tensorflow else ()))
    return dict.fromkeys(names, "1")


def use_one_thread(*, tensorflow: bool = False) -> None:
    """Hold the native thread pools of this process and of its children to one thread each.

    Libraries that are loaded later read it from the environment, so that nothing is loaded now;
    those that are loaded already are told. See :func:`one_thread_environment`.
    """
    environment = one_thread_environment(tensorflow=tensorflow)
    is_told = all(os.environ.get(name) == "1" for name in _VARIABLES)
    os.environ.update(environment)
    if "numpy" in sys.modules and not is_told:
        from threadpoolctl import threadpool_limits

        threadpool_limits(1)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold the BLAS to one thread within a ``with`` statement.

    In small products its threads wait for each other; beside other work a fit of a second then
    takes a quarter of a minute.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


def may_use_threads() -> bool:
    """True in the program's own process, where one file may be decoded on several threads.

    A worker process shares the cores with others.
    """
    return multiprocessing.parent_process() is None


def mute_native_stderr() -> TextIO:
    """Send what C code writes to standard error to nowhere; Python's own messages still show.

    libmpg123 and LiteRT write warnings straight to file descriptor 2, in the middle of a
    progress bar. From here on ``sys.stderr`` is a copy of the old descriptor; where it is none
    of its own already, as in a copy of a process that has done so, nothing changes.

    Returns
    -------
    TextIO
        The new ``sys.stderr``; for whoever held the old one, such as ``faulthandler``.
    """
    try:
        if sys.stderr.fileno() != 2:
            return sys.stderr
        kept = os.dup(2)
    except (AttributeError, OSError, ValueError):  # started without a standard error
        return sys.stderr
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    sys.stderr = os.fdopen(kept, "w", buffering=1, encoding=encoding, errors="backslashreplace")
    return sys.stderr
