"""The clips of a session and how far each has come."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from fstmuse_core.system.errors import one_line
from fstmuse_core.workers.protocol import ClipResult
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.widgets.file_list import Row, RowState

_keys = itertools.count(1)


@dataclass(eq=False)
class Clip:
    """A file, or a take from the microphone.

    Exactly one of ``path`` and ``take`` is given. ``sentence`` says why a clip failed;
    ``said`` is the genre that the user says it is, if any; ``is_saved`` tells of a take whether
    it is on the disk, ``saved_as`` where.
    """

    title: str
    path: str | None = None
    take: Take | None = None
    state: RowState = RowState.WAITING
    progress: float = 0.0
    result: ClipResult | None = None
    sentence: str = ""
    is_saved: bool = False
    saved_as: str = ""
    said: str = ""
    key: int = field(default_factory=lambda: next(_keys))

    @classmethod
    def of_file(cls, path: str) -> Clip:
        """A clip named after its file."""
        return cls(one_line(Path(path).name), path=path)

    def row(self) -> Row:
        """Row of the list."""
        genre, probability = None, 0.0
        if self.result is not None and self.result.classification.verdict.is_sure:
            genre = self.result.classification.verdict.genre
            probability = dict(self.result.classification.ranked())[str(genre)]
        return Row(
            self.key,
            self.title,
            self.state,
            self.progress,
            genre,
            probability,
            self.sentence,
            self.said,
        )

    @property
    def would_be_lost(self) -> bool:
        """True while removing the clip would lose a recording."""
        return self.take is not None and not self.is_saved

    def wait(self) -> None:
        """Forget any answer; the clip shall be classified (again)."""
        self.state, self.progress, self.result, self.sentence = RowState.WAITING, 0.0, None, ""

    def follow_rename(self, old: str, new: str) -> None:
        """The model of the first name, which may have answered, is now called by the second."""
        result = self.result
        if result is not None and result.classification.model == old:
            renamed = replace(result.classification, model=new)
            self.result = replace(result, classification=renamed)


class ClipStore:
    """Clips by key, in the order they came."""

    def __init__(self) -> None:
        self._clips: dict[int, Clip] = {}
        self._by_path: dict[str, Clip] = {}

    def __len__(self) -> int:
        return len(self._clips)

    def __iter__(self) -> Iterator[Clip]:
        return iter(self._clips.values())

    def add(self, clip: Clip) -> None:
        """Append a clip."""
        self._clips[clip.key] = clip
        if clip.path is not None:
            self._by_path[clip.path] = clip

    def get(self, key: int | None) -> Clip | None:
        """The clip of that key, if it is still here."""
        return None if key is None else self._clips.get(key)

    def takes_back(self, clip: Clip) -> bool:
        """Add a clip that was removed, unless its file has been opened anew."""
        is_new = clip.path is None or clip.path not in self._by_path
        if is_new:
            self.add(clip)
        return is_new

    def remove(self, key: int) -> None:
        """Forget a clip."""
        clip = self._clips.pop(key, None)
        if clip is not None and clip.path is not None:
            del self._by_path[clip.path]

    def of_path(self, path: str) -> Clip | None:
        """The clip of that file, if it is here already."""
        return self._by_path.get(path)
