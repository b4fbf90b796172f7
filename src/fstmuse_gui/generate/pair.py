"""The two takes that are compared: the one shown, and the one shown before it."""

from __future__ import annotations

from fstmuse_gui.generate.takes import Take, TakeStore


class Pair:
    """A and B; a take that is neither takes the place of the one that is not shown."""

    def __init__(self, takes: TakeStore) -> None:
        self._takes = takes
        self._keys: list[int] = []
        self._shown: int | None = None

    def show(self, take: Take) -> None:
        """A take with sound is shown; it is one of the two from now on."""
        if take.clip is None:
            return
        if take.key not in self._keys:
            before = [key for key in self._keys if key == self._shown]
            self._keys = [*(before or self._keys[-1:]), take.key]
        self._shown = take.key

    def forget(self, key: int) -> None:
        """A take was removed."""
        self._keys = [known for known in self._keys if known != key]

    def holds(self, key: int) -> bool:
        """Whether a take is one of two."""
        return len(self._keys) == 2 and key in self._keys

    def other(self, key: int | None) -> int | None:
        """The one of the two that ``key`` is not."""
        if key is None or not self.holds(key):
            return None
        return self._keys[1 - self._keys.index(key)]

    @property
    def takes(self) -> tuple[Take, Take] | None:
        """Both, if there are two."""
        found = [take for take in map(self._takes.get, self._keys) if take is not None]
        return (found[0], found[1]) if len(found) == 2 else None
