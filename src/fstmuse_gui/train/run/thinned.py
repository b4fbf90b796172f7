"""A long series by a few of its items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

# More points than pixels say nothing and cost time.
MOST_LIVE_POINTS = 2000


class Thinned(Generic[T]):
    """Items of a series, equally far from each other however long it becomes.

    To halve what is there again and again would leave next to nothing of its beginning.

    Parameters
    ----------
    most : int
        Number of items that are kept at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: list[T] = []
        self._n, self._stride = 0, 1

    def add(self, item: T) -> None:
        """Take the next item, or leave it out."""
        if self._n % self._stride == 0:
            self._items.append(item)
        self._n += 1
        if len(self._items) > self._most:
            del self._items[1::2]
            self._stride *= 2

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
