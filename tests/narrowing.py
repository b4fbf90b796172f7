"""Values that change between two assertions, for the type checker."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def current(value: T) -> T:
    """Return the value as it is now.

    mypy takes what one assertion says of an attribute for true until the attribute is assigned
    to, and skips what would contradict it; the result of a call it takes for new each time.
    """
    return value
