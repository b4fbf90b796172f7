"""Rows of the tagger for the songs of a quick training, and copies of one song among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.tagger import Tagger, find_tagger
from fstmuse_core.classify import speech
from fstmuse_core.classify.tagger_classifier import Heard, Listener
from fstmuse_core.classify.tagger_session import LISTENED_S
from fstmuse_core.classify.verdict import MIN_DURATION_S
from fstmuse_core.datasets.cache import tagger_rows_folder
from fstmuse_core.datasets.examine import file_state
from fstmuse_core.datasets.track import SetAside, Track
from fstmuse_core.system.atomic_write import cannot_write, open_atomic
from fstmuse_core.system.errors import AudioError
from fstmuse_core.system.pool import Broken, run_in_pool
from fstmuse_core.training.mels import cached_file

# Raised when rows are made otherwise than before.
_VERSION = 1
# The last number of what is kept of a clip, and what it means.
_USABLE, _SHORT, _SILENT, _SPEECH = 0, 1, 2, 3
_FAULTS = {
    _SHORT: f"it is too short; {MIN_DURATION_S:.0f} seconds are needed",
    _SILENT: "it is silent",
    _SPEECH: "it sounds like speech, not music",
}
_GONE = "the file is missing"
_BLOCK_S = 6.0


@dataclass(frozen=True, eq=False)
class ClipRows:
    """Outputs of the tagger for some files.

    Attributes
    ----------
    by_path : dict of Path to ndarray of float32, shape ``(n_features + n_tags,)``
        Of each file that can be learned from.
    set_aside : tuple of SetAside
        The others, with the reason.
    computed : int
        Files that were heard now; the rest was known.
    is_complete : bool
        False if it was cancelled.
    """

    by_path: dict[Path, FloatArray]
    set_aside: tuple[SetAside, ...]
    computed: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class _Task:
    path: Path
    tagger: str


def read_rows(
    paths: Sequence[Path],
    tagger: str,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    named: Container[Path] = (),
    processes: int | None = None,
) -> ClipRows:
    """Outputs of the tagger for files; those that are not known are made in a pool of processes.

    Parameters
    ----------
    paths : sequence of Path
    tagger : str
        Its hash.
    progress : callable
        Told files done, and files in all.
    cancelled : callable
        Asked several times a second; what was made up to there is kept.
    named : container of Path
        Files that a person has heard and named the genre of: music, whatever it sounds like.
    processes : int, optional
        One for each core by default.

    Raises
    ------
    FstMuseError
        If the cache cannot be written.
    """
    unique = list(dict.fromkeys(paths))
    folder = tagger_rows_folder()
    kept = {path: _kept(path, folder, tagger) for path in unique}
    waiting = [_Task(path, tagger) for path in unique if kept[path] is None]
    faults: dict[Path, str] = {}
    done = len(unique) - len(waiting)
    progress(done, len(unique))
    is_complete = True
    finished = 0
    for result in run_in_pool(hear, waiting, processes=processes, cancelled=cancelled):
        path = waiting[result.index].path
        if isinstance(result.result, Broken):
            faults[path] = result.result.reason
        elif isinstance(result.result, str):
            faults[path] = result.result
        else:
            kept[path] = result.result
            _keep(cached_file(path, folder, _about(tagger)), result.result)
        finished += 1
        progress(done + finished, len(unique))
    is_complete = finished == len(waiting)
    by_path, set_aside = {}, []
    for path, values in kept.items():
        fault = faults.get(path, "") if values is None else _fault(values, path in named)
        if fault:
            set_aside.append(SetAside(path, fault))
        elif values is not None:
            by_path[path] = values[:-1]
    return ClipRows(by_path, tuple(set_aside), finished, is_complete)


def _fault(values: FloatArray, is_named: bool) -> str:
    worth = int(values[-1])
    return "" if worth == _SPEECH and is_named else _FAULTS.get(worth, "")


def _about(tagger: str) -> dict[str, str | int]:
    return {"tagger": tagger, "version": _VERSION}


def _kept(path: Path, folder: Path, tagger: str) -> FloatArray | None:
    """Kept row of a file; one that is damaged is made anew."""
    try:
        values = np.load(cached_file(path, folder, _about(tagger)), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    is_sound = values.dtype == np.float32 and values.ndim == 1 and values.size > 1
    return values if is_sound else None


def _keep(file: Path, values: FloatArray) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open_atomic(file) as stream:
            np.save(stream, values, allow_pickle=False)
    except OSError as error:
        raise cannot_write(file.parent, error) from error


def hear(task: _Task) -> FloatArray | str:
    """Row of a file with what it is worth, or why there is none; runs in the pool."""
    before = file_state(task.path)
    if before is None:
        return _GONE
    try:
        heard = heard_of(task.path, _tagger(task.tagger))
    except AudioError as error:
        return error.reason if file_state(task.path) is not None else _GONE
    if file_state(task.path) != before:
        return "it changed while it was read"
    return row_of(heard, _tagger(task.tagger))


@lru_cache(maxsize=1)
def _tagger(sha256: str) -> Tagger:
    return Tagger(find_tagger(sha256))


def heard_of(path: Path, tagger: Tagger) -> Heard:
    """Outputs and levels of the first three minutes of a file; raises ``AudioError``."""
    listener = Listener(tagger)
    rate = DEFAULT_CONFIG.sample_rate
    with AudioStream(path, sample_rate=rate, duration_s=LISTENED_S, block_s=_BLOCK_S) as stream:
        for block in stream:
            listener.push(block)
    listener.flush()
    return listener.heard()


def row_of(heard: Heard, tagger: Tagger) -> FloatArray:
    """Row of a clip, with what it is worth as its last number."""
    if heard.outputs is None:
        is_short = heard.evidence.duration_s < MIN_DURATION_S or not heard.evidence.silent.size
        nothing = np.zeros(tagger.n_features + len(tagger.tags), dtype=np.float32)
        return np.append(nothing, np.float32(_SHORT if is_short else _SILENT))
    worth = _SPEECH if heard.evidence.speech > speech.THRESHOLD else _USABLE
    return np.append(heard.outputs.mean().row(), np.float32(worth))


# Distance of two rows over the geometric mean of their lengths. Of 487 songs five pairs were
# nearer than 0.1, all of the same title and artist, and the next one at 0.149; the same sound
# anew as an mp3 of another level was at 0.071 at most.
_SAME = 0.1
_BLOCK = 1024


def same_recordings(paths: Sequence[Path], rows: FloatArray) -> dict[Path, str]:
    """Equal texts for files of the same recording; files that stand alone are left out.

    Parameters
    ----------
    paths : sequence of Path
    rows : ndarray of float32, shape ``(len(paths), n_features + n_tags)``
    """
    squares = np.einsum("ij,ij->i", rows, rows).astype(np.float64)
    leader = list(range(len(paths)))

    def find(index: int) -> int:
        while leader[index] != index:
            index = leader[index]
        return index

    for start in range(0, len(paths), _BLOCK):
        part = slice(start, start + _BLOCK)
        products = (rows[part] @ rows.T).astype(np.float64)
        distance = squares[part, None] + squares[None] - 2.0 * products
        limit = _SAME**2 * np.sqrt(squares[part, None] * squares[None])
        for one, other in np.argwhere(distance < limit).tolist():
            if start + one < other:
                leader[find(other)] = find(start + one)
    groups: dict[int, list[Path]] = defaultdict(list)
    for index, path in enumerate(paths):
        groups[find(index)].append(path)
    return {path: str(group[0]) for group in groups.values() if len(group) > 1 for path in group}


def under_two_names(tracks: Sequence[Track], sounds: Mapping[Path, str]) -> list[list[Track]]:
    """Tracks of the same recording that are said to be of different genres, together."""
    groups: dict[str, list[Track]] = defaultdict(list)
    for track in tracks:
        groups[sounds.get(track.path, str(track.path))].append(track)
    return [group for group in groups.values() if len({track.genre for track in group}) > 1]
