"""Features of clips in the cache, read from the disk where they are needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from fstmuse_core.datasets.cache_index import Place
from fstmuse_core.errors import FstMuseError
from fstmuse_core.regular_files import open_regular
from fstmuse_core.spectrogram import DEFAULT_CONFIG

MelArray = npt.NDArray[np.float16]

_OPEN_SHARDS = 200


class Features(Sequence[MelArray]):
    """Mel magnitudes of clips, each of shape ``(frames, n_mels)``, read where they are needed.

    An item is a view of a memory-mapped file: only what is used is read from the disk. The
    whole may be passed to other processes.
    """

    def __init__(
        self, folder: Path, places: Sequence[Place], n_mels: int = DEFAULT_CONFIG.n_mels
    ) -> None:
        self._folder = folder
        self._n_mels = n_mels
        self._places = tuple(places)
        self._open: OrderedDict[str, MelArray] = OrderedDict()

    def __len__(self) -> int:
        return len(self._places)

    @property
    def n_frames(self) -> npt.NDArray[np.int64]:
        """Frames of each clip, without opening any."""
        return np.array([place.frames for place in self._places], dtype=np.int64)

    @overload
    def __getitem__(self, index: int) -> MelArray: ...
    @overload
    def __getitem__(self, index: slice) -> Features: ...
    def __getitem__(self, index: int | slice) -> MelArray | Features:
        if isinstance(index, slice):
            return Features(self._folder, self._places[index], self._n_mels)
        place = self._places[index]
        rows = self._shard(place.shard)[place.first : place.first + place.frames]
        if len(rows) != place.frames:
            raise self._damaged(place.shard)
        return rows

    def __getstate__(self) -> tuple[Path, tuple[Place, ...], int]:
        return self._folder, self._places, self._n_mels

    def __setstate__(self, state: tuple[Path, tuple[Place, ...], int]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def _damaged(self, name: str) -> FstMuseError:
        return FstMuseError(
            self._folder / name,
            "features are gone or damaged since the cache was filled",
            "start again, which makes them anew",
        )

    def _shard(self, name: str) -> MelArray:
        if name in self._open:
            self._open.move_to_end(name)
            return self._open[name]
        try:
            with open_regular(self._folder / name):
                pass  # what is no file is not waited for
            shard: MelArray = np.load(self._folder / name, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, MemoryError) as error:
            raise self._damaged(name) from error
        # A header may say anything.
        is_right = shard.dtype == np.dtype("<f2") and shard.shape[1:] == (self._n_mels,)
        if not is_right or not shard.flags.c_contiguous:
            raise self._damaged(name)
        self._open[name] = shard
        if len(self._open) > _OPEN_SHARDS:
            self._open.popitem(last=False)
        return shard
