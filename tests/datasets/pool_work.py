"""What the pool is given to do in its tests; a module, so that spawned processes find it."""

from __future__ import annotations

import os
import time


def double(number: int) -> int:
    return 2 * number


def break_on_three(number: int) -> int:
    """Ends its process without a word, as a crash in a C library would."""
    if number == 3:
        os._exit(11)
    return number


def raise_on_three(number: int) -> int:
    if number == 3:
        raise ValueError("not three")
    return number


def linger(number: int) -> int:
    """The first is done at once, any other never."""
    if number:
        time.sleep(600)
    return os.getpid()


class Unloadable:
    """Cannot be unpickled, so a process given it does not come up."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (7,)

    def __call__(self, number: int) -> int:
        return number
