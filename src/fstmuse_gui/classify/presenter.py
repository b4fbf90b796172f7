"""Decides what the Classify tab shows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from fstmuse_gui.classify.clip_page import DisplayOptions
from fstmuse_gui.classify.job_queue import JobQueue, SongFinder
from fstmuse_gui.classify.live_take import TakePresenter
from fstmuse_gui.classify.playback import Playback
from fstmuse_gui.classify.recording import Recording
from fstmuse_gui.classify.region import RegionPresenter
from fstmuse_gui.classify.saving import ClipSaver
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.plain import percent
from fstmuse_gui.settings import MODEL, RECENT_FILES, Settings
from fstmuse_gui.shared.clips import Clip, ClipStore
from fstmuse_gui.shared.correction_presenter import (
    CorrectionPresenter,
    Corrections,
    own_corrections,
)
from fstmuse_gui.shared.models import ModelChoice, ModelInfo
from fstmuse_gui.shared.tabs import Unsaved
from fstmuse_gui.sound.player import Playing
from fstmuse_gui.widgets.file_list import RowState
from fstmuse_gui.workers.bridge import WorkerBridge

# Shorter work leaves the page as it is: a page that flashes by disturbs more than it tells.
_PATIENCE_MS = 250
_NO_MODEL = "No model is installed; run `fstmuse doctor` in a terminal to see how to get one."


class ClassifyPresenter(QObject):
    """Holds the clips, has them classified and shows the one that was chosen.

    Signals
    -------
    message(str)
        For the status bar.
    changed
        What can be done may have changed: another clip, another state.
    recent_changed
        The recent files are others.
    removed(list)
        The :class:`Clip` objects that were taken off the list.
    """

    message = Signal(str)
    changed = Signal()
    recent_changed = Signal()
    removed = Signal(list)

    def __init__(
        self,
        view: ClassifyView,
        settings: Settings,
        bridge: WorkerBridge,
        player: Playing,
        recording: Recording,
        models: list[ModelInfo],
        parent: QObject | None = None,
        corrections: Callable[[], Corrections] = own_corrections,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._settings = settings
        self._bridge = bridge
        self._recording = recording
        self._models = ModelChoice(settings, MODEL)
        self._models.offer(models)
        self.clips = ClipStore()
        self.queue = JobQueue(self.clips, bridge, self)
        self.playback = Playback(view.clip_page, player, self)
        self.saving = ClipSaver(view, settings, self)
        self.display = DisplayOptions(view.clip_page, settings, lambda: self.shown, self)
        self.correcting = CorrectionPresenter(view.clip_page.correction, corrections, self)
        self.region = RegionPresenter(
            view, bridge, self.playback, self.saving, self.correcting, lambda: self.shown, self
        )
        self._gatherer = SongFinder(parent=self)
        self.takes = TakePresenter(view, self.clips, self.queue, bridge, recording, self)
        self._shown: int | None = None
        self._is_awaited = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._show_wait)
        self._connect_view()
        self._connect_work()
        self._begin()

    def _connect_view(self) -> None:
        view = self._view
        view.sidebar.model_chosen.connect(self.choose_model)
        view.sidebar.cancel_requested.connect(self.cancel_all)
        view.sidebar.list.chosen.connect(self._show)
        rows = view.sidebar.list
        rows.remove_requested.connect(lambda _key: self.remove(*rows.selected_keys))
        rows.retry_requested.connect(lambda _key: self.retry(*rows.selected_keys))
        view.drop_area.recent_chosen.connect(lambda path: self.open_paths([path]))
        view.drop_area.record_requested.connect(self.toggle_recording)
        view.busy_page.cancel_requested.connect(self._cancel_shown)
        view.trouble_page.retry_requested.connect(lambda: self.retry(self._shown))
        view.trouble_page.remove_requested.connect(lambda: self.remove(self._shown))

    def _connect_work(self) -> None:
        self.queue.clip_changed.connect(self._on_clip_changed)
        self.queue.progressed.connect(self._on_progress)
        self._gatherer.found.connect(self._add_files)
        self._gatherer.finished.connect(self._on_gathered)
        self._gatherer.trouble.connect(self._view.notice.say)
        self._bridge.lost.connect(self._view.notice.say)
        self.playback.message.connect(self._view.notice.say_of_item)
        self.saving.message.connect(self.message)
        self.saving.trouble.connect(self._view.notice.say_of_item)
        self.display.changed.connect(self.changed)
        self.correcting.message.connect(self.message)
        self.correcting.trouble.connect(self._view.notice.say_of_item)
        self.correcting.changed.connect(self.changed)
        self.correcting.clip_changed.connect(self._update_row)
        self.region.message.connect(self.message)
        self.region.trouble.connect(self._view.notice.say_of_item)
        self.changed.connect(self.region.follow)
        self.region.changed.connect(self.changed)
        self.takes.begun.connect(self._on_take_started)
        self.takes.ended.connect(lambda: self._show(self._view.sidebar.list.current_key))
        self.takes.clip_changed.connect(self._on_clip_changed)

    def _begin(self) -> None:
        self._view.sidebar.show_models(list(self._models.offered.values()), self._models.name)
        self._use_model()
        self._view.show_empty(self._settings.get(RECENT_FILES))
        if self._models.model is None:
            self._view.notice.say(_NO_MODEL)

    def _use_model(self) -> None:
        self.display.forget_genre()
        self.takes.model = self._models.model
        self.queue.set_model(self._models.name)

    # -- what is asked for -------------------------------------------------------------

    @property
    def shown(self) -> Clip | None:
        """The clip that is shown; none while a take is recorded, whatever was chosen before."""
        return None if self.takes.is_live else self.clips.get(self._shown)

    @property
    def models(self) -> list[ModelInfo]:
        """Models that can be chosen."""
        return list(self._models.offered.values())

    @property
    def has_result(self) -> bool:
        """True while a classified clip is shown."""
        return self.shown is not None and self.shown.result is not None

    def open_paths(self, paths: list[str]) -> None:
        """Classify files, and the songs in folders."""
        if not paths:
            return
        if self._models.model is None:
            self._view.notice.say(_NO_MODEL)
            return
        self._is_awaited = True
        self._gatherer.gather(paths)
        if self._gatherer.is_running:
            self._patience.start()
            self._show_work()

    def offer_models(self, models: list[ModelInfo]) -> None:
        """Let other models be chosen; the one that the user chose is used while it is there."""
        was = self._models.model
        self._models.offer(models)
        now = self._models.model
        self._view.sidebar.show_models(models, self._models.name)
        self._use_model()
        if was is not None and was.name not in self._models.offered:
            self._say_gone(was.title)
        elif now is not None and (was is None or was.name != now.name):
            self._view.notice.say("")  # whatever was missing is there
        if self.has_result and now != was:
            self._show(self._shown)  # under the model's new title

    def follow_rename(self, old: str, new: str) -> None:
        """The model in use stays so when models are offered under their new names."""
        self._models.follow_rename(old, new)
        self.queue.follow_rename(old, new)

    def choose_model(self, name: str) -> None:
        """Classify with another model, and everything in the list once more."""
        if self._models.choose(name):
            self._view.sidebar.model_chooser.show_chosen(name)
            self._use_model()
        else:
            self._say_gone(name)

    def _say_gone(self, title: str) -> None:
        if self._models.model is None:
            self._view.notice.say(_NO_MODEL)
        else:
            now = self._models.model.title
            self._view.notice.say(f"The model {title} is gone; clips are heard with {now}.")

    def toggle_recording(self) -> None:
        """Record, or end the recording."""
        self._recording.toggle()

    def toggle_pause(self) -> None:
        """Leave out what comes, or go on with the recording."""
        if self.takes.is_live:
            self._recording.toggle_pause()

    def remove(self, *keys: int | None) -> None:
        """Take clips off the list; ``removed`` tells of them."""
        clips = [clip for key in keys if (clip := self.clips.get(key)) is not None]
        if not clips or not self._view.may_lose(clips):
            return
        for clip in clips:
            self.queue.cancel(clip.key)
            self.clips.remove(clip.key)
            self._view.sidebar.list.remove_row(clip.key)
        if self._shown in {clip.key for clip in clips}:
            self._shown = None
        self._show(self._view.sidebar.list.current_key)
        self._show_work()
        self.removed.emit(clips)

    def unsaved(self) -> Unsaved | None:
        """Recordings that would be lost; what is being recorded ends and is one of them."""
        if self.takes.is_live:
            self._recording.stop()
        lost = [clip for clip in self.clips if clip.would_be_lost]
        names = tuple(clip.title for clip in lost)
        return Unsaved("recording", names, lambda: self.saving.save_takes(lost)) if lost else None

    def may_close(self) -> bool:
        """Ask before unsaved recordings are lost; True if the tab may close."""
        lost = self.unsaved()
        answer = self._view.ask_unsaved(list(lost.names)) if lost else "discard"
        return lost.save() if lost and answer == "save" else answer == "discard"

    def retry(self, *keys: int | None) -> None:
        """Classify clips once more."""
        for key in keys:
            if (clip := self.clips.get(key)) is not None:
                self.queue.add(clip)

    def cancel_all(self) -> None:
        """Give up everything that has no answer yet."""
        self._stop_gathering()
        self.queue.cancel_all()

    def _cancel_shown(self) -> None:
        if self._shown is None:
            self._stop_gathering()
        else:
            self.queue.cancel(self._shown)

    def _stop_gathering(self) -> None:
        self._gatherer.stop()
        self._end_gathering()

    def close(self) -> None:
        """Stop everything that runs."""
        self._patience.stop()
        self._gatherer.stop()
        self._recording.close()
        self.playback.close()
        self.saving.close()
        self.correcting.close()

    # -- clips -------------------------------------------------------------------------

    def _add_files(self, paths: list[str]) -> None:
        paths = list(dict.fromkeys(paths))
        known = [self.clips.of_path(path) for path in paths]
        new = [Clip.of_file(path) for path, clip in zip(paths, known, strict=True) if clip is None]
        for clip in new:
            self.clips.add(clip)
        self._view.sidebar.list.add_rows([clip.row() for clip in new])
        self.queue.add_new(new)
        for old in known:
            if old is not None and old.state in (RowState.FAILED, RowState.CANCELLED):
                self.queue.add(old)
        self._settings.add_recent(paths)
        self.recent_changed.emit()
        first = self.clips.of_path(paths[0])
        if self._is_awaited and first is not None and not self.takes.is_live:
            self._view.sidebar.list.select(first.key)
        self._is_awaited = False
        self._show_work()

    def _on_gathered(self, n_found: int) -> None:
        if n_found == 0:
            self.message.emit("There are no songs in there.")
        self._end_gathering()

    def _end_gathering(self) -> None:
        if self._shown is None:
            self._show(self._view.sidebar.list.current_key)
        self._show_work()

    def _on_clip_changed(self, key: int) -> None:
        clip = self.clips.get(key)
        if clip is None:
            return
        self._view.sidebar.list.update_row(clip.row())
        if key == self._shown:
            self._show(key)
        else:
            self.correcting.look_up(clip)
        self._show_work()

    def _update_row(self, key: int) -> None:
        if (clip := self.clips.get(key)) is not None:
            self._view.sidebar.list.update_row(clip.row())

    def _on_progress(self, key: int) -> None:
        self._update_row(key)
        if key == self._shown and self._view.page is self._view.busy_page:
            self._show_wait()

    def _show_work(self) -> None:
        total, waiting = len(self.clips), self.queue.n_waiting
        if self._gatherer.is_running:
            self._view.sidebar.show_work(f"Looking for songs: {total} so far")
        elif total > 1 and waiting > 0:
            self._view.sidebar.show_work(f"{total - waiting} of {total}")
        else:
            self._view.sidebar.show_work("")

    def _show(self, key: int | None) -> None:
        """Show the clip of this key as far as it has come."""
        if self.takes.is_live:
            return
        if key != self._shown:
            self._view.leave_item()
        self._shown = key
        clip = self.shown
        warnings = clip.take.warnings if clip is not None and clip.take is not None else ()
        self._view.record_panel.show_warning(warnings[0] if warnings else "")
        if clip is None:
            self._patience.stop()
            self.playback.load(None)
            self.correcting.show(None)
            self._view.show_empty(self._settings.get(RECENT_FILES))
        elif clip.state in (RowState.WAITING, RowState.WORKING):
            self.queue.first(clip.key)
            self._wait_for(clip)
        else:
            self._patience.stop()
            self._show_end(clip)
        self.changed.emit()

    def _wait_for(self, clip: Clip) -> None:
        if self._view.page is self._view.busy_page:
            self._show_wait()
        elif not self._patience.isActive():
            self._patience.start()

    def _show_wait(self) -> None:
        clip = self.shown
        if clip is None and self._gatherer.is_running:
            self._view.show_busy("Looking for songs", "", None)
        if clip is None or clip.state not in (RowState.WAITING, RowState.WORKING):
            return
        self.playback.load(None)
        self.correcting.show(None)
        known = clip.state is RowState.WORKING and clip.progress > 0
        detail = percent(clip.progress) if known else "Getting ready"
        title = f"Listening to {clip.title}"
        self._view.show_busy(title, detail, clip.progress if known else None)

    def _show_end(self, clip: Clip) -> None:
        if clip.result is not None and self._models.model is not None:
            self._view.show_clip(clip.title, self._models.model.title, clip.result)
            self.display.show_why(clip.result.classification)
        elif clip.state is RowState.CANCELLED:
            self._view.show_trouble(clip.title, "This clip was cancelled.", is_failure=False)
        else:
            self._view.show_trouble("This clip could not be heard", clip.sentence)
        self.playback.load(clip)
        self.correcting.show(clip)

    def _on_take_started(self) -> None:
        self._patience.stop()
        self.playback.load(None)
        self.correcting.show(None)
        self.changed.emit()
