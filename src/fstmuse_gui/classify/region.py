"""The selected region of the clip that is shown: looped, classified alone, saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from fstmuse_core.classify.result import Classification
from fstmuse_core.workers.protocol import ClassifyFile, ClipResult, SavePart
from fstmuse_gui.classify.playback import Playback
from fstmuse_gui.classify.saving import ClipSaver
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.shared.correction_presenter import CorrectionPresenter
from fstmuse_gui.shared.tabs import make_action
from fstmuse_gui.widgets.region import Region
from fstmuse_gui.workers.bridge import WorkerBridge


class RegionPresenter(QObject):
    """Keeps the region of one clip; with another clip, or another answer, it is gone.

    Signals
    -------
    message(str)
        For the status bar.
    trouble(str)
        A sentence for the notice.
    changed
        There is a region, or none, or its answer is shown, or no longer.
    """

    message = Signal(str)
    trouble = Signal(str)
    changed = Signal()

    def __init__(
        self,
        view: ClassifyView,
        bridge: WorkerBridge,
        playback: Playback,
        saving: ClipSaver,
        correcting: CorrectionPresenter,
        shown: Callable[[], Clip | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._page = view.clip_page
        self._bridge = bridge
        self._playback, self._saving, self._correcting = playback, saving, correcting
        self._shown = shown
        self._clip: Clip | None = None
        self._result: ClipResult | None = None
        self._region: Region | None = None
        self._answer: Classification | None = None
        self._job: int | None = None
        self._saves: dict[int, str] = {}
        self._connect()

    def _connect(self) -> None:
        overlay, bridge = self._page.region, self._bridge
        overlay.drawn.connect(self.select)
        overlay.bar.loop_toggled.connect(lambda _on: self.toggle_loop())
        overlay.bar.classify_requested.connect(self.classify)
        overlay.bar.save_requested.connect(self.save)
        overlay.bar.clear_requested.connect(self.clear)
        self._page.whole_requested.connect(self.show_whole)
        bridge.done.connect(self._on_done)
        bridge.failed.connect(self._on_failed)
        bridge.cancelled.connect(self._on_cancelled)

    @property
    def region(self) -> Region | None:
        """The region, if one is selected."""
        return self._region

    @property
    def answer(self) -> Classification | None:
        """The answer to the region alone, while it is shown; times are those of the clip."""
        return self._answer

    def follow(self) -> None:
        """Forget the region if another clip is shown, or another answer."""
        clip = self._shown()
        result = clip.result if clip is not None else None
        if clip is not self._clip or result is not self._result:
            self._clip, self._result = clip, result
            self._forget()
        elif self._answer is not None and not self._page.part:
            self._drop_answer()  # the clip's own has been shown anew

    # -- selecting ---------------------------------------------------------------------

    def select(self, one_s: float, other_s: float) -> None:
        """Select what lies between two places, in either order."""
        if self._result is None:
            return
        duration_s = self._result.classification.duration_s
        region = Region.between(one_s, other_s, duration_s)
        if region is None or region == self._region:
            return
        self.show_whole()
        self._give_up()
        self._region = region
        self._page.region.show_region(region)
        if self._playback.loop is not None:
            self._playback.set_loop(region.part)
        self._tell()

    def start_here(self) -> None:
        """Let the region begin where the clip plays."""
        if self._result is not None:
            end = self._region.end_s if self._region is not None else float("inf")
            at = self._playback.position
            self.select(at, end if end > at else float("inf"))

    def end_here(self) -> None:
        """Let the region end where the clip plays."""
        start = self._region.start_s if self._region is not None else 0.0
        at = self._playback.position
        self.select(start if start < at else 0.0, at)

    def clear(self) -> None:
        """Select nothing."""
        self.show_whole()
        self._forget()

    def _forget(self) -> None:
        had_any = self._region is not None
        self._give_up()
        self._drop_answer()
        self._region = None
        self._page.region.show_region(None)
        if self._playback.loop is not None:
            self._playback.set_loop(None)
        if had_any:
            self._tell()

    def _tell(self) -> None:
        self._page.region.bar.show_state(
            is_looping=self._playback.loop is not None, is_busy=self._job is not None
        )
        self.changed.emit()

    # -- what is done with it ----------------------------------------------------------

    def toggle_loop(self) -> None:
        """Play the region again and again, or go on from there."""
        if self._region is None:
            return
        part = None if self._playback.loop is not None else self._region.part
        self._playback.set_loop(part, plays=part is not None)
        self._tell()

    def classify(self) -> None:
        """Have the region classified alone."""
        clip, result, region = self._clip, self._result, self._region
        if clip is None or result is None or region is None or self._job is not None:
            return
        model = result.classification.model
        if clip.take is None:
            request = ClassifyFile(str(clip.path), model, region.part)
            self._job = self._bridge.worker.submit(request)
        else:
            self._job = self._bridge.classify_live(model)
            self._bridge.send_live(self._job, clip.take.part(*region.part).samples)
            self._bridge.end_live(self._job)
        self.message.emit(f"Listening to {region.name} alone\N{HORIZONTAL ELLIPSIS}")
        self._tell()

    def save(self) -> None:
        """Save the region as a WAV file."""
        clip, region = self._clip, self._region
        if clip is None or region is None:
            return
        if clip.take is not None:
            self._saving.save_region(clip, region, clip.take.part(*region.part))
            return
        target = self._saving.ask_region(clip, region)
        if target:
            request = SavePart(str(clip.path), region.part, target)
            self._saves[self._bridge.worker.submit(request)] = target

    def show_whole(self) -> None:
        """Show the answer to the whole clip again."""
        if self._answer is not None and self._result is not None:
            self._page.show_answer(self._result.classification, animate=True)
            self._drop_answer()
            self._correcting.show(self._clip)
            self.changed.emit()

    def _drop_answer(self) -> None:
        self._answer = None
        self._saving.part = None

    def _give_up(self) -> None:
        if self._job is not None:
            self._bridge.cancel(self._job)
            self._job = None
            self.message.emit("")

    # -- what comes back ---------------------------------------------------------------

    def _on_done(self, job: int, payload: object) -> None:
        if job in self._saves:
            self._saving.tell_saved(self._saves.pop(job))
        elif job == self._job and isinstance(payload, ClipResult) and self._region is not None:
            self._job = None
            self.message.emit("")
            self._answer = shifted(payload.classification, self._region.start_s)
            self._saving.part = (self._region, self._answer)
            self._page.show_answer(self._answer, animate=True, part=self._region.name)
            self._correcting.show(None)  # what is said of a clip is said of all of it
            self._tell()

    def _on_failed(self, job: int, sentence: str) -> None:
        if self._saves.pop(job, None) is not None or job == self._job:
            self.trouble.emit(sentence)
        self._on_cancelled(job)

    def _on_cancelled(self, job: int) -> None:
        self._saves.pop(job, None)
        if job == self._job:
            self._job = None
            self.message.emit("")
            self._tell()


def shifted(answer: Classification, seconds: float) -> Classification:
    """An answer whose times count from so many seconds earlier."""
    timeline = answer.timeline
    moved = replace(timeline, start_s=timeline.start_s + seconds, end_s=timeline.end_s + seconds)
    return replace(answer, timeline=moved)


class RegionMenu(QMenu):
    """Everything that can be done with a region, each with its keys."""

    def __init__(self, region: RegionPresenter, copy: QAction, parent: QWidget) -> None:
        super().__init__("&Region", parent)
        self._region = region
        self._edges = [
            make_action(self, "&Begin here", "[", region.start_here),
            make_action(self, "&End here", "]", region.end_here),
        ]
        self._loop = make_action(self, "&Loop", "Ctrl+L", region.toggle_loop)
        self._classify = make_action(self, "&Classify alone", "Ctrl+E", region.classify)
        save = "&Save as WAV\N{HORIZONTAL ELLIPSIS}"
        self._save = make_action(self, save, "Ctrl+Shift+E", region.save)
        self._clear = make_action(self, "C&lear", "Esc", region.clear)
        self.addActions(self._edges)
        self.addSeparator()
        self._needs_region = [self._loop, self._classify, self._save, self._clear]
        self.addActions(self._needs_region)
        self.insertAction(self._clear, copy)

    def allow(self, *, has_clip: bool) -> None:
        """Allow what can be done with what is shown."""
        for action in self._edges:
            action.setEnabled(has_clip)
        for action in self._needs_region:
            action.setEnabled(self._region.region is not None)
