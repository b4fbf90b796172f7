"""Training the report's designs: TensorFlow, tfio features of whole clips, Flatten and all."""

from __future__ import annotations

import contextlib
import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.known_networks import has_room_for
from fstmuse_core.datasets.track import PARTS, Track
from fstmuse_core.original.networks import (
    N_FRAMES,
    N_MELS,
    SAMPLE_RATE,
    original_features,
)
from fstmuse_core.runs.events import Done
from fstmuse_core.runs.store import read_json, write_json
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.isolated import IsolatedWork, unexpected
from fstmuse_core.system.strict_json import typed
from fstmuse_core.training.checkpoint import assign, disk_shortage
from fstmuse_core.training.control import Control
from fstmuse_core.training.data_split import Parts, plan_for
from fstmuse_core.training.epochs import TrainingState, Validation, train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.metrics import Floats, Ints, confusion_matrix, mean_by_class
from fstmuse_core.training.original.packaging import build, package_original
from fstmuse_core.training.packaging import FinishedRun
from fstmuse_core.training.preparation import MelTable, set_aside_sentence
from fstmuse_core.training.run import Run
from fstmuse_core.training.settings import TrainSettings

# Parameters, and the outputs of all layers for a clip.
_SIZES = {"toy-model": (151_860_099, 21_800_000), "fst-muse": (7_521_479, 23_100_000)}
_FEATURES_FILE, _ROWS_FILE = "features.npy", "features.json"
_LIBRARIES_BYTES = 2**29
_CHECKPOINT_BYTES = 46


@dataclass(frozen=True, eq=False)
class Clips:
    """Some rows of a table of features on the disk, shape ``(rows, 1291, 128, 1)``."""

    table: FloatArray
    rows: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: Sequence[int]) -> FloatArray:
        """The features of clips by their places among the rows."""
        return np.asarray(self.table[[self.rows[place] for place in places]])


class OriginalTrainer:
    """One of the report's networks with the features of whole clips.

    Parameters
    ----------
    settings : TrainSettings
    parts : Parts
    features : dict of Clips
        For each part, in the order of ``parts.known``.
    """

    def __init__(
        self, settings: TrainSettings, parts: Parts, features: Mapping[str, Clips]
    ) -> None:
        import keras

        keras.utils.set_random_seed(settings.seed)
        self._genres = parts.genres
        self._features = features
        self._labels = {part: _labels(parts.known(part), parts.genres) for part in PARTS}
        self._rng = np.random.default_rng([settings.seed, 0])
        self._waiting: list[int] = []
        self.batch_size = settings.batch_size
        self.steps_per_epoch = math.ceil(len(self._labels["train"]) / settings.batch_size)
        self.model = build(settings.model, len(parts.genres), N_FRAMES)
        self.model.optimizer.learning_rate = settings.learning_rate

    def batch(self) -> tuple[FloatArray, FloatArray]:
        """Inputs and targets of the next step; each clip comes once an epoch."""
        if not self._waiting:
            self._waiting = self._rng.permutation(len(self._labels["train"])).tolist()
        drawn, self._waiting = (
            self._waiting[: self.batch_size],
            self._waiting[self.batch_size :],
        )
        targets = np.eye(len(self._genres), dtype=np.float32)[self._labels["train"][drawn]]
        return self._features["train"].take(drawn), targets

    def finish(self, progress: TrainingState) -> None:
        """Take the best weights, and give up what only training needs: three times as much."""
        assign(self.model.variables, progress.best)
        progress.best = {}
        self.model.optimizer = None

    def clips(self, part: str) -> Clips:
        """Features of the clips of a part."""
        return self._features[part]

    def labels(self, part: str) -> Ints:
        """Index of the genre of each clip of a part."""
        labels: Ints = self._labels[part]
        return labels

    def state(self) -> dict[str, Any]:
        """RNG state, JSON-serialisable."""
        return dict(self._rng.bit_generator.state)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Inverse of :meth:`state`."""
        self._rng.bit_generator.state = dict(state)
        self._waiting = []

    def validate(self) -> Validation:
        """Judge the validation clips."""
        chances = self.probabilities("validation")
        labels = self._labels["validation"]
        predicted = chances.argmax(axis=1)
        right = np.maximum(chances[np.arange(len(labels)), labels], 1e-7)
        return Validation(
            mean_by_class(-np.log(right), labels),
            float((predicted == labels).mean()),
            confusion_matrix(labels, predicted, len(self._genres)),
        )

    def probabilities(self, part: str, tell: Callable[[int, int], None] | None = None) -> Floats:
        """Probabilities of each clip of a part, shape ``(clips, genres)``."""
        features, rows = self._features[part], []
        for start in range(0, len(features), self.batch_size):
            batch = features.take(range(start, min(start + self.batch_size, len(features))))
            rows.append(np.asarray(self.model.predict_on_batch(batch), dtype=np.float64))
            if tell:
                tell(min(start + self.batch_size, len(features)), len(features))
        return np.concatenate(rows)


def train_original(
    run: Run, mels: MelTable, events: Events, control: Control, begun: float
) -> Done:
    """Train and measure; return the last event.

    What comes of it can be used like any other model, and lacks what ours can do, see
    :data:`fstmuse_core.training.original.packaging.LACKS`.
    """
    settings = run.settings
    check_room(settings.model, settings.batch_size, events)
    run, features = clips_of(run, events, control)
    events.preparing("building", 0, 1)
    trainer = OriginalTrainer(settings, run.parts, features)
    progress = train_epochs(run, trainer, events, control)
    trainer.finish(progress)

    def tell(stage: str, done: int, total: int) -> None:
        control.check()
        events.preparing(stage, done, total)

    seconds = progress.earlier_s + time.monotonic() - begun
    plan = plan_for(settings, run.parts.genres)
    finished = FinishedRun(run.folder, settings, plan, run.parts, progress, run.warnings, seconds)
    done = package_original(finished, trainer, mels, tell, events.warn)
    if not done.resumable:
        forget_features(run.folder)
    return done


def forget_features(folder: Path) -> None:
    """Remove the report's features from a run that is done: a gibibyte for 1,600 clips."""
    for name in (_FEATURES_FILE, _ROWS_FILE):
        # Windows keeps what is still mapped into memory; that is no reason to fail at the end.
        with contextlib.suppress(OSError):
            (folder / name).unlink()


def memory_need(model: str, batch_size: int) -> int:
    """Bytes that the steps or the checkpoints of a training take, whichever is more.

    Steps: weights, gradients and moments, and a batch's activations. Checkpoints: copies of
    weights, moments and the best weights beside them; measured with ToyModel. Export takes less.
    """
    parameters, activations = _SIZES[model]
    training = 16 * parameters + 12 * activations * batch_size
    return max(training, _CHECKPOINT_BYTES * parameters) + _LIBRARIES_BYTES


def check_room(model: str, batch_size: int, events: Events) -> None:
    """Say what a training needs and what size of a model comes of it.

    Raises
    ------
    FstMuseError
        If memory or temporary files have no room for it.
    """
    parameters, _ = _SIZES[model]
    check_memory(memory_need(model, batch_size), events)
    shortage = disk_shortage(Path(tempfile.gettempdir()), 5 * parameters)
    if shortage:
        raise FstMuseError("training", shortage)
    if not has_room_for(parameters):
        events.warn(
            f"its {parameters / 1e6:.1f} million weights would take {4 * parameters / 1e6:.0f} MB, "
            f"more than a model's file may have: they are kept with eight bits "
            f"({parameters / 1e6:.0f} MB), and the model cannot be exported"
        )


def check_memory(need: int, events: Events) -> None:
    """Say how many bytes a training needs.

    Raises
    ------
    FstMuseError
        If fewer are free.
    """
    free = _free_memory()
    said = f"the report's design needs about {need / 2**30:.1f} GiB of memory"
    if free is not None and free < need:
        raise FstMuseError(
            "training",
            f"{said}, and {free / 2**30:.1f} GiB are free",
            "close other programs, lower --batch-size or take --design ours",
        )
    events.warn(said)


def _free_memory() -> int | None:
    """Bytes that can still be had, where the system says so."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if "MemAvailable" in line)
    except (OSError, ValueError, StopIteration):
        return None


def clips_of(run: Run, events: Events, control: Control) -> tuple[Run, dict[str, Clips]]:
    """The features of each part, kept in the run's folder until it is done.

    Files that cannot be read any more are set aside; the run returned is without them.
    """
    tracks = [track for part in PARTS for track in run.parts.known(part)]
    reasons: dict[str, str] = {}
    if not (run.folder / _ROWS_FILE).is_file():
        reasons = _write_features(run.folder, tracks, events, control)
    table, rows = kept_features(run.folder)
    lost = [track.path for track in tracks if str(track.path) not in rows]
    if lost:
        gone = "it cannot be read any more"
        sentence = set_aside_sentence([f"{p.name}: {reasons.get(str(p), gone)}" for p in lost])
        events.warn(sentence)
        parts = run.parts.only(
            {track.path for track in run.parts.tracks() if str(track.path) in rows}
        )
        parts.check()
        run = replace(run, parts=parts, warnings=(*run.warnings, sentence))
    return run, {
        part: Clips(table, tuple(rows[str(track.path)] for track in run.parts.known(part)))
        for part in PARTS
    }


def kept_features(folder: Path) -> tuple[npt.NDArray[np.float32], dict[str, int]]:
    """Features that a run's folder holds, and the row of each file by its path.

    Raises
    ------
    FstMuseError
        If they are damaged, or a row is none of theirs.
    """
    try:
        table = np.load(folder / _FEATURES_FILE, mmap_mode="r", allow_pickle=False)
        rows = typed(read_json(folder / _ROWS_FILE), dict[str, int])
        wrong = next((row for row in rows.values() if not 0 <= row < len(table)), None)
        if wrong is not None:
            raise ValueError(f"there is no row {wrong}")
    except (OSError, ValueError, EOFError) as error:
        reason = f"its features cannot be read ({one_line(str(error))})"
        raise FstMuseError(folder.name, reason, "begin a new training") from error
    return table, rows


def _write_features(
    folder: Path, tracks: Sequence[Track], events: Events, control: Control
) -> dict[str, str]:
    """Write the table, and beside it which file's features are in which row.

    Returns
    -------
    dict of str to str
        Reasons of files that have none, by their paths.
    """
    shortage = disk_shortage(folder, 4 * N_FRAMES * N_MELS * len(tracks))
    if shortage:
        raise FstMuseError("training", shortage)
    staging = folder / f".{_FEATURES_FILE}"
    shape = (len(tracks), N_FRAMES, N_MELS, 1)
    table = np.lib.format.open_memmap(staging, "w+", np.dtype(np.float32), shape)
    rows, reasons = {}, {}
    # Elsewhere, so that a crash in a decoder costs a file and not the training.
    with IsolatedWork(_samples, str, spawn=True) as decoder:
        for row, track in enumerate(tracks):
            control.check_start()
            path = str(track.path)
            samples = decoder.result(path, lambda _: control.check_start())
            if isinstance(samples, Exception):
                reasons[path] = _reason(path, samples)
            else:
                table[row] = original_features(samples)
                rows[path] = row
            events.preparing("features", row + 1, len(tracks))
    table.flush()
    del table
    staging.replace(folder / _FEATURES_FILE)
    write_json(folder / _ROWS_FILE, rows)
    return reasons


def _samples(path: str) -> FloatArray:
    """Samples of a file, as much as the design takes."""
    return load_audio(path, sample_rate=SAMPLE_RATE, duration_s=30.0)


def _reason(path: str, error: Exception) -> str:
    return (error if isinstance(error, FstMuseError) else unexpected(path, error)).reason


def _labels(tracks: Sequence[Track], genres: tuple[str, ...]) -> Any:
    return np.array([genres.index(track.genre) for track in tracks], dtype=np.int64)
