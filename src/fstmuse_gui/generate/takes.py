"""The takes of this session, and the two that are compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.classify.result import Classification
from fstmuse_core.workers.protocol import MakeClip
from fstmuse_gui.widgets.file_list import Row, RowState
from fstmuse_gui.widgets.genre_bars import percent

if TYPE_CHECKING:
    from fstmuse_core.generate.generator import GeneratedClip


_numbers = itertools.count(1)


def title_of(request: MakeClip) -> str:
    """Title of a take, such as "Rock with 30 % Jazz"."""
    if request.blend is None or request.blend[1] == 0.0:
        return request.genre
    genre, share = request.blend
    return f"{request.genre} with {percent(share)} {genre}"


@dataclass(frozen=True)
class TakeRow(Row):
    """A take in the list; once it is done ``genre`` is the first classifier's."""

    is_judged: bool = False

    def status(self) -> str:
        if self.state is RowState.DONE:
            words = f"Heard as {self.genre}" if self.genre else "Heard as nothing it is sure of"
            return words if self.is_judged else "Not listened to"
        if self.state is RowState.FAILED:
            return "Could not be made"
        if self.state is RowState.WORKING:
            return f"Making {percent(self.progress)}" if self.progress > 0 else "Making"
        return str(self.state)


@dataclass(eq=False)
class Take:
    """One clip that was asked for, as far as it has come."""

    request: MakeClip
    key: int = field(default_factory=lambda: next(_numbers))
    state: RowState = RowState.WAITING
    progress: float = 0.0
    image: SpectrogramImage | None = None
    clip: GeneratedClip | None = None
    opinions: tuple[Classification, ...] | None = None
    sentence: str = ""
    # A file of its own, to be dragged out of the window.
    file: Path | None = None
    is_saved: bool = False

    @property
    def title(self) -> str:
        """Title, made from the request."""
        return title_of(self.request)

    @property
    def is_open(self) -> bool:
        """True while it waits or is being made."""
        return self.state in (RowState.WAITING, RowState.WORKING)

    @property
    def would_be_lost(self) -> bool:
        """True while its sound is in no file of the user's."""
        return self.clip is not None and not self.is_saved

    def row(self) -> TakeRow:
        """Row of the list."""
        result = self.opinions[0] if self.opinions else None
        return TakeRow(
            key=self.key,
            title=f"{self.title} \N{MIDDLE DOT} {self.request.seed}",
            state=self.state,
            progress=self.progress,
            genre=result.verdict.genre if result is not None else None,
            probability=float(result.probabilities.max()) if result is not None else 0.0,
            sentence=self.sentence,
            is_judged=result is not None,
        )


class TakeStore:
    """Takes by their keys; one that was removed can be had back."""

    def __init__(self) -> None:
        self._takes: dict[int, Take] = {}
        self._removed: list[Take] = []

    def __iter__(self) -> Iterator[Take]:
        return iter(list(self._takes.values()))

    def __len__(self) -> int:
        return len(self._takes)

    def get(self, key: int | None) -> Take | None:
        """The take of this key, if it is there."""
        return None if key is None else self._takes.get(key)

    def add(self, take: Take) -> None:
        """Put a take at the end."""
        self._takes[take.key] = take

    def remove(self, key: int) -> None:
        """Take one away, to be had back by :meth:`restore`."""
        self._removed.append(self._takes.pop(key))

    @property
    def can_restore(self) -> bool:
        """True while a removed take can be restored."""
        return bool(self._removed)

    def restore(self) -> Take:
        """Put the take that was removed last at the end, and return it."""
        take = self._removed.pop()
        self.add(take)
        return take


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
        """Forget a take that was removed."""
        self._keys = [known for known in self._keys if known != key]

    def holds(self, key: int) -> bool:
        """True if the take is one of two that are compared."""
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
