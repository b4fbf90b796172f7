"""Songs on their way to the classifier: found among paths, then queued one after another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.workers.protocol import ClipResult
from fstmuse_gui.shared.clips import Clip, ClipStore
from fstmuse_gui.widgets.file_list import RowState
from fstmuse_gui.workers.bridge import WorkerBridge

_BATCH = 32
# Given paths and whom to tell of folders that cannot be read.
Find = Callable[[Iterable[Path], Callable[[str], None], Callable[[], bool]], Iterator[Path]]


class SongFinder(QObject):
    """Expands folders in a thread of its own.

    Signals
    -------
    found(list)
        Paths as str, in batches, in the order they were met.
    finished(int)
        How many were found in all.
    trouble(str)
        Why a folder was left out.
    """

    found = Signal(list)
    finished = Signal(int)
    trouble = Signal(str)
    _batch = Signal(int, list)
    _ended = Signal(int, int)

    def __init__(
        self,
        find: Find | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._find = find or _find_audio_files
        self._pending: list[str] = []
        self._run = 0
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._batch.connect(self._on_batch, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        """True while folders are being searched."""
        return self._thread is not None

    def gather(self, paths: list[str]) -> None:
        """Look for songs at ``paths``; plain files are passed on at once."""
        if not any(Path(path).is_dir() for path in paths):
            self.found.emit(paths)
            self.finished.emit(len(paths))
        elif self._thread is not None:
            self._pending += paths
        else:
            self._start(paths)

    def _start(self, paths: list[str]) -> None:
        self._run += 1
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._search, args=(self._run, paths, self._stop), name="gatherer", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Leave the rest of the folders unsearched."""
        thread, self._thread = self._thread, None
        self._pending.clear()
        self._stop.set()
        if thread is not None:
            thread.join()

    def _search(self, run: int, paths: list[str], stop: threading.Event) -> None:
        batch: list[str] = []
        n_found = 0
        try:
            for path in self._find([Path(path) for path in paths], self.trouble.emit, stop.is_set):
                if stop.is_set():
                    return
                batch.append(str(path))
                n_found += 1
                if len(batch) == _BATCH:
                    self._batch.emit(run, batch)
                    batch = []
        except FstMuseError as error:
            self.trouble.emit(str(error))
        if batch:
            self._batch.emit(run, batch)
        self._ended.emit(run, n_found)

    @Slot(int, list)
    def _on_batch(self, run: int, batch: list[str]) -> None:
        if run == self._run and self._thread is not None:
            self.found.emit(batch)

    @Slot(int, int)
    def _on_ended(self, run: int, n_found: int) -> None:
        if run == self._run and self._thread is not None:
            self._thread.join()
            self._thread = None
            pending, self._pending = self._pending, []
            if pending:
                self._start(pending)
            else:
                self.finished.emit(n_found)


def _find_audio_files(
    paths: Iterable[Path], on_error: Callable[[str], None], cancelled: Callable[[], bool]
) -> Iterator[Path]:
    from fstmuse_core.audio.sound_files import find_audio_files

    return find_audio_files(paths, lambda error: on_error(str(error)), cancelled)


class JobQueue(QObject):
    """Queue that has the clips of a store classified one after another.

    Only one is with the worker at a time, so that a clip someone looks at can be taken first.

    Signals
    -------
    clip_changed(int)
        The clip of this key has a new state or result.
    progressed(int)
        The clip of this key has come further.
    """

    clip_changed = Signal(int)
    progressed = Signal(int)

    def __init__(
        self, clips: ClipStore, bridge: WorkerBridge, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._clips = clips
        self._bridge = bridge
        self._model = ""
        self._waiting: list[int] = []
        self._job: int | None = None
        self._key: int | None = None
        self._held = False
        bridge.started.connect(self._on_started)
        bridge.progress.connect(self._on_progress)
        bridge.done.connect(self._on_done)
        bridge.failed.connect(self._on_failed)
        bridge.cancelled.connect(self._on_cancelled)

    @property
    def is_busy(self) -> bool:
        """True while a clip waits or is being classified."""
        return self._job is not None or bool(self._waiting)

    @property
    def n_waiting(self) -> int:
        """Clips that have not been begun."""
        return len(self._waiting)

    def set_model(self, model: str) -> None:
        """Classify with ``model`` from now on, and what has been classified once more."""
        if model == self._model:
            return
        self._model = model
        self._give_up_running()
        self._waiting.clear()
        for clip in self._clips:
            if clip.state is not RowState.CANCELLED:
                self._line_up(clip)
        self._next()

    def follow_rename(self, old: str, new: str) -> None:
        """The model of the first name is now called by the second; its answers still hold."""
        for clip in self._clips:
            clip.follow_rename(old, new)
        if self._model != old:
            return
        self._model = new
        if (running := self._clips.get(self._key)) is not None:
            # It was asked for by a name that nobody answers to any more.
            self._give_up_running()
            self._line_up(running)
            self.first(running.key)
            self._next()

    def add_new(self, clips: list[Clip]) -> None:
        """Have clips classified that wait and were never seen before."""
        self._waiting += [clip.key for clip in clips]
        self._next()

    def add(self, clip: Clip) -> None:
        """Have a clip classified, or classified again."""
        if clip.key == self._key:
            self._give_up_running()
        self._line_up(clip)
        self._next()

    def first(self, key: int) -> None:
        """Take this clip before the others that wait."""
        if key in self._waiting:
            self._waiting.remove(key)
            self._waiting.insert(0, key)

    def is_current(self, clip: Clip) -> bool:
        """True unless the answer to a clip is another model's."""
        return clip.result is None or clip.result.classification.model == self._model

    def cancel(self, key: int) -> None:
        """Give a clip up, whether it waits or is being worked on."""
        clip = self._clips.get(key)
        if key == self._key:
            self._give_up_running()
        elif key in self._waiting:
            self._waiting.remove(key)
        else:
            return
        if clip is not None:
            clip.state = RowState.CANCELLED
            self.clip_changed.emit(key)
        self._next()

    def cancel_all(self) -> None:
        """Give everything up that has no answer yet."""
        waiting, self._waiting = self._waiting, []
        if self._key is not None:
            waiting.insert(0, self._key)
        self._give_up_running()
        for key in waiting:
            if (clip := self._clips.get(key)) is not None:
                clip.state = RowState.CANCELLED
                self.clip_changed.emit(key)

    def hold(self, held: bool) -> None:
        """Begin nothing new while ``held``: a recording comes first."""
        self._held = held
        self._next()

    def _line_up(self, clip: Clip) -> None:
        clip.wait()
        if clip.key not in self._waiting:
            self._waiting.append(clip.key)
        self.clip_changed.emit(clip.key)

    def _next(self) -> None:
        while self._job is None and self._waiting and not self._held and self._model:
            clip = self._clips.get(self._waiting.pop(0))
            if clip is not None:
                self._key = clip.key
                self._job = self._submit(clip)

    def _submit(self, clip: Clip) -> int:
        if clip.take is None:
            return self._bridge.classify_file(str(clip.path), self._model)
        job = self._bridge.classify_live(self._model)
        self._bridge.send_live(job, clip.take.samples)
        self._bridge.end_live(job)
        return job

    def _give_up_running(self) -> None:
        if self._job is not None:
            self._bridge.cancel(self._job)
        self._job = self._key = None

    def _running(self, job: int) -> Clip | None:
        return self._clips.get(self._key) if job == self._job else None

    def _on_started(self, job: int) -> None:
        if (clip := self._running(job)) is not None:
            clip.state = RowState.WORKING
            self.clip_changed.emit(clip.key)

    def _on_progress(self, job: int, fraction: float) -> None:
        if (clip := self._running(job)) is not None:
            clip.progress = fraction
            self.progressed.emit(clip.key)

    def _on_done(self, job: int, result: ClipResult) -> None:
        if (clip := self._running(job)) is not None:
            clip.state, clip.result = RowState.DONE, result
            clip.title = result.title or clip.title
        self._end(job, clip)

    def _on_failed(self, job: int, sentence: str) -> None:
        if (clip := self._running(job)) is not None:
            clip.state, clip.sentence = RowState.FAILED, sentence
        self._end(job, clip)

    def _on_cancelled(self, job: int) -> None:
        if (clip := self._running(job)) is not None:
            clip.state = RowState.CANCELLED
        self._end(job, clip)

    def _end(self, job: int, clip: Clip | None) -> None:
        if job != self._job:
            return
        self._job = self._key = None
        if clip is not None:
            self.clip_changed.emit(clip.key)
        self._next()
