"""Mel spectrograms of clips, computed once and kept in memory-mapped files.

Magnitudes in half precision, not their logarithms: the networks' input is
``log(mel / level + offset)``, whose level is the mean magnitude of a segment that is cut only
later. Half precision keeps that input to 0.0007 for music as far as 40 dB down, and to 0.03 where
it is inaudible; from logarithms in half precision it would be off by up to 0.004 at any level, and
each batch would have to exponentiate them first.

A clip is found again by the hash of its file's bytes, so that it may be moved, renamed or be in
several data sets. Clips are packed into shards, since each open memory map costs a file handle.
A shard is whole before its clips are entered in the index, so that a kill loses at most the
clips of one shard.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import platformdirs
from numpy.lib import format as npy

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, SpectrogramConfig
from fstmuse_core.datasets.cache_index import CacheIndex, Features, MelArray, Place, empty_index
from fstmuse_core.datasets.duplicates import Print, print_of
from fstmuse_core.datasets.extract import Extracted, Task, extract
from fstmuse_core.datasets.track import SetAside
from fstmuse_core.runs.store import no_training
from fstmuse_core.system.atomic_write import cannot_write, unfinished, write_atomic
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.pool import Broken, Finished, run_in_pool
from fstmuse_core.system.wording import sized

CACHE_VARIABLE = "FSTMUSE_CACHE"
# About 64 clips of 30 s: what a kill may cost, and what is held in memory.
_SHARD_BYTES = 20 * 2**20
# A shard that no index knows is another process's, soon to be entered, or left by a kill.
_ABANDONED_S = 3600.0
_SUFFIX = ".mel.npy"
_ROW_SUFFIX = ".npy"


def default_cache_folder() -> Path:
    """Folder of the features: ``$FSTMUSE_CACHE``, or in the user's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    root = Path(chosen) if chosen else Path(platformdirs.user_cache_dir("fstmuse", appauthor=False))
    return root / "features"


def tagger_rows_folder(folder: Path | None = None) -> Path:
    """Folder of the tagger's outputs for songs of quick trainings, beside that of the features."""
    return (folder or default_cache_folder()).with_name("tagger-rows")


@dataclass(frozen=True)
class CacheSize:
    """Size of the cache."""

    clips: int
    bytes: int


@dataclass(frozen=True)
class Emptied:
    """Bytes that became free, what the folder takes now, and what of it were tagger outputs."""

    freed: int
    left: int
    of_tagger: int = 0


@dataclass(frozen=True)
class Filled:
    """Result of :meth:`FeatureCache.fill`.

    Attributes
    ----------
    computed, reused : int
        Clips whose features were made now, and were there.
    set_aside : tuple of SetAside
        Files without features, with the reason.
    is_complete : bool
        ``False`` if it was cancelled.
    """

    computed: int
    reused: int
    set_aside: tuple[SetAside, ...]
    is_complete: bool


class FeatureCache:
    """Features of one :class:`SpectrogramConfig`; any number of processes may use a folder.

    Parameters
    ----------
    folder : Path, optional
        :func:`default_cache_folder` by default. One made by another version of the cache is
        emptied when it is opened, and :attr:`was_outdated` tells so.
    config : SpectrogramConfig

    Raises
    ------
    FstMuseError
        If the folder cannot be written.
    """

    def __init__(
        self, folder: Path | None = None, config: SpectrogramConfig = DEFAULT_CONFIG
    ) -> None:
        self.folder = folder or default_cache_folder()
        self.config = config
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        self._index = CacheIndex(self.folder, config)
        self.was_outdated = self._index.was_outdated
        if self.was_outdated:
            _remove_shards(self.folder, lambda shard: True)
        self._sweep()

    def close(self) -> None:
        """Close the index; features that were opened stay usable."""
        self._index.close()

    def __enter__(self) -> FeatureCache:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def fill(
        self,
        paths: Sequence[Path],
        *,
        processes: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        cluster: str = "",
    ) -> Filled:
        """Make the features of all clips that have none yet, in a pool of processes.

        Parameters
        ----------
        paths : sequence of Path
        processes : int, optional
            One for each core by default.
        progress : callable, optional
            Called with clips done and clips in all.
        cancelled : callable, optional
            Asked several times a second; what was made up to there is kept.
        cluster : str, optional
            Address of a dask scheduler, whose workers make them instead.

        Raises
        ------
        FstMuseError
            If the disk is full, processes cannot be started or the cluster cannot be used; what
            was made is kept. A bad file never raises: it is set aside.
        """
        unique = list(dict.fromkeys(paths))
        self._index.drop_lost()
        waiting = [
            Task(path, self.config, self.folder) for path in unique if self._place(path) is None
        ]
        reused = len(unique) - len(waiting)
        writer = _ShardWriter(self.folder, self._index)
        set_aside: list[SetAside] = []
        done = 0
        if progress and reused:
            progress(reused, len(unique))
        try:
            for finished in _extracted(waiting, processes, cancelled, cluster):
                path, result = waiting[finished.index].path, finished.result
                done += 1
                if isinstance(result, Broken):
                    set_aside.append(SetAside(path, result.reason))
                elif result.fault:
                    set_aside.append(SetAside(path, result.fault))
                else:
                    writer.add(path, result)
                if progress:
                    progress(reused + done, len(unique))
        finally:
            writer.flush()
        computed, found_again = writer.computed, writer.found_again
        return Filled(computed, reused + found_again, tuple(set_aside), done == len(waiting))

    def _place(self, path: Path) -> Place | None:
        digest = self._index.known_digest(path)
        return self._index.place(digest) if digest else None

    def places(self, paths: Sequence[Path]) -> dict[Path, Place]:
        """Places of clips' features; without those that have none or have changed since."""
        found = {path: self._place(path) for path in paths}
        return {path: place for path, place in found.items() if place is not None}

    def open(self, paths: Sequence[Path]) -> Features:
        """Features of clips that :meth:`fill` has seen to.

        Raises
        ------
        FstMuseError
            If a clip has none or has changed since.
        """
        places = self.places(paths)
        for path in paths:
            if path not in places:
                raise FstMuseError(
                    path, "its features are not in the cache, or it changed since", "make them"
                )
        return Features(self.folder, [places[path] for path in paths], self.config.n_mels)

    def sounds(self, paths: Sequence[Path]) -> dict[Path, str]:
        """Equal values for files of the same sound, in whatever format, as far as they are kept.

        This is what :func:`fstmuse_core.datasets.split.split_tracks` takes, so that duplicates
        never stand on both sides.
        """
        return {path: place.sound for path, place in self.places(paths).items() if place.sound}

    def prints(self, paths: Sequence[Path]) -> dict[Path, Print]:
        """Fingerprints of clips that :meth:`fill` has seen to, made from the features once."""
        digests = {path: self._index.known_digest(path) or "" for path in paths}
        places = self.places(paths)
        known = self._index.prints(digests.values())
        made = {
            digests[path]: print_of(Features(self.folder, [place])[0]).astype("<u4").tobytes()
            for path, place in places.items()
            if digests[path] not in known
        }
        self._index.enter_prints(made)
        words = {**known, **made}
        return {path: np.frombuffer(words[digests[path]], "<u4") for path in places}

    def size(self) -> CacheSize:
        """Clips of every configuration, and what the folder takes on the disk."""
        rows = _bytes_of(tagger_rows_folder(self.folder))
        return CacheSize(self._index.count(), _bytes_of(self.folder) + rows)

    def _sweep(self) -> None:
        """Remove what kills have left behind."""
        known, long_ago = self._index.shards(), time.time() - _ABANDONED_S

        def abandoned(shard: Path) -> bool:
            return shard.name not in known and shard.stat().st_mtime < long_ago

        _remove_shards(self.folder, abandoned)


def empty_cache(folder: Path | None = None) -> Emptied:
    """Remove all features of every configuration, and the tagger's outputs of quick trainings.

    Parameters
    ----------
    folder : Path, optional
        :func:`default_cache_folder` by default.

    Raises
    ------
    FstMuseError
        While a training runs, or if files cannot be removed, as where another program still
        uses them on Windows.
    """
    folder = folder or default_cache_folder()
    with no_training() as run:
        if run is not None:
            raise FstMuseError(
                "feature cache",
                f"{run or 'a run'} is being trained and reads from it",
                "stop it or wait until it is done",
            )
        rows = tagger_rows_folder(folder)
        before, of_tagger = _bytes_of(folder), _bytes_of(rows)
        # First, and without asking the index: on a full disk it can be changed only then.
        left = _remove_shards(folder, lambda shard: True) + _remove(rows, _ROW_SUFFIX)
        if left:
            raise FstMuseError(folder, f"{left} files are in use", "end the program that uses them")
        empty_index(folder)
        after = _bytes_of(folder)
    return Emptied(before - after + of_tagger, after, of_tagger)


@dataclass
class _ShardWriter:
    """Gathers clips and writes a shard whenever there are enough."""

    folder: Path
    index: CacheIndex
    computed: int = 0
    found_again: int = 0
    _clips: dict[str, tuple[MelArray, str]] = field(default_factory=dict)
    _files: list[tuple[Path, Extracted]] = field(default_factory=list)

    def add(self, path: Path, result: Extracted) -> None:
        self._files.append((path, result))
        if result.mel is None or result.digest in self._clips:
            self.found_again += 1  # a file that was moved, copied or touched
        else:
            self.computed += 1
            self._clips[result.digest] = (result.mel, result.sound)
        if sum(mel.nbytes for mel, _ in self._clips.values()) >= _SHARD_BYTES:
            self.flush()

    def flush(self) -> None:
        clips, files = self._clips, self._files
        self._clips, self._files = {}, []
        places: dict[str, Place] = {}
        if clips:
            name = f"{os.urandom(12).hex()}{_SUFFIX}"
            rows = np.concatenate([mel for mel, _ in clips.values()])
            self._check_room(rows.nbytes)
            self._write(name, rows)
            first = 0
            for digest, (mel, sound) in clips.items():
                places[digest] = Place(name, first, len(mel), sound)
                first += len(mel)
        self.index.enter(places, {path: (f.state, f.digest) for path, f in files})

    def _write(self, name: str, rows: MelArray) -> None:
        def write(stream: BinaryIO) -> None:
            # Not numpy.save, which hides that the disk is full in an error of its own.
            npy.write_array_header_1_0(
                stream, {"descr": "<f2", "fortran_order": False, "shape": rows.shape}
            )
            stream.write(rows.astype("<f2", copy=False).data)

        try:
            write_atomic(self.folder / name, write)
        except FstMuseError as error:
            raise FstMuseError(self.folder, error.reason, error.remedy) from error

    def _check_room(self, needed: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < needed + _SHARD_BYTES:
            raise FstMuseError(
                self.folder,
                f"the disk is nearly full ({sized(free)} are free)",
                "make room and go on; what is done is kept. fstmuse data cache --clear empties it",
            )


def _extracted(
    tasks: Sequence[Task],
    processes: int | None,
    cancelled: Callable[[], bool] | None,
    cluster: str,
) -> Iterator[Finished[Extracted]]:
    if not cluster or not tasks:
        return run_in_pool(extract, tasks, processes=processes, cancelled=cancelled)
    from fstmuse_core.system.cluster import ClusterPool, run_on_cluster

    tasks = [replace(task, folder=None) for task in tasks]
    pool = ClusterPool(extract, cluster, len(tasks), path_of=_path_of)
    return run_on_cluster(pool, tasks, cancelled)


def _path_of(task: Task) -> str:
    return str(task.path)


def _bytes_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*") if file.is_file())


def _remove_shards(folder: Path, condition: Callable[[Path], bool]) -> int:
    """Remove shards, also unfinished ones; return how many could not be."""
    return _remove(folder, _SUFFIX, condition)


def _remove(
    folder: Path, suffix: str, condition: Callable[[Path], bool] = lambda _file: True
) -> int:
    left = 0
    for shard in (*folder.glob(f"*{suffix}"), *unfinished(folder, suffix)):
        try:
            if condition(shard):
                shard.unlink()
        except FileNotFoundError:  # another process was faster
            continue
        except OSError:
            left += 1
    return left
