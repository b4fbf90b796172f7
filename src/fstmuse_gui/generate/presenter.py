"""Decides what the Generate tab shows."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.workers.protocol import MakeClip
from fstmuse_gui.generate.form import SeedChoice
from fstmuse_gui.generate.like_form import LikeChoice
from fstmuse_gui.generate.sections import SectionsPresenter
from fstmuse_gui.generate.takes import Pair, Playback, Take, TakeSaver, TakeStore
from fstmuse_gui.generate.view import GenerateView, TakeColours
from fstmuse_gui.settings import Option, Settings
from fstmuse_gui.shared.models import ModelChoice, ModelInfo
from fstmuse_gui.sound.player import Playing
from fstmuse_gui.widgets.file_list import RowState
from fstmuse_gui.workers.bridge import WorkerBridge

GENERATOR = Option("generate/model", str, "toy-gan", bool, names_model=True)
GENRE = Option("generate/genre", str, "")
_LARGEST_SEED = 2**31 - 1


class GeneratePresenter(QObject):
    """Holds the takes, has them made, and shows the one that was chosen.

    Signals
    -------
    message(str)
        For the status bar.
    changed
        What can be done may have changed.
    """

    message = Signal(str)
    changed = Signal()

    def __init__(
        self,
        view: GenerateView,
        settings: Settings,
        bridge: WorkerBridge,
        player: Playing,
        generators: list[ModelInfo],
        judges: list[ModelInfo],
        parent: QObject | None = None,
        *,
        draw_seed: Callable[[], int] = lambda: random.SystemRandom().randint(0, _LARGEST_SEED),
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._settings = settings
        self._bridge = bridge
        self._models = ModelChoice(settings, GENERATOR)
        self._judges = judges
        self._judge = ""  # name of the classifier whose opinion was chosen
        self._jobs: dict[int, int] = {}  # number of a job -> key of its take
        self._shown: int | None = None
        self.takes = TakeStore()
        self.playback = Playback(view.take_page, player, settings, self)
        self.pair = Pair(self.takes)
        self.saving = TakeSaver(view, settings, self)
        self.sections = SectionsPresenter(
            view.take_page.ruler,
            self.playback,
            self.saving,
            lambda: self.shown,
            self._make,
            draw_seed,
            self,
        )
        self.liking = LikeChoice(view.form.like, view.notice.say, self)
        self._connect()
        view.form.restore(settings)
        self._seeds = SeedChoice(view.form, draw_seed)
        self._colours = TakeColours(view.take_page, settings)
        self.offer_models(generators, judges)

    def _connect(self) -> None:
        form, page, bridge = self._view.form, self._view.take_page, self._bridge
        form.generate_requested.connect(self.generate)
        form.surprise_requested.connect(self.surprise)
        form.cancel_requested.connect(self.cancel)
        form.dice_requested.connect(lambda: self._seeds.roll())
        form.model_chosen.connect(self.choose_model)
        form.takes.chosen.connect(self._show)
        form.takes.remove_requested.connect(self.remove)
        form.takes.retry_requested.connect(self.retry)
        form.takes.file_of = self._file_of
        page.swap_requested.connect(self._show_of_pair)
        page.judge_chosen.connect(self._choose_judge)
        self._view.busy_page.cancel_requested.connect(self.cancel)
        self._view.trouble_page.retry_requested.connect(lambda: self.retry(self._shown))
        self._view.trouble_page.remove_requested.connect(lambda: self.remove(self._shown))
        self._view.hidden.connect(self.playback.pause)
        self.playback.message.connect(self._view.notice.say_of_item)
        self.saving.message.connect(self.message)
        self.liking.message.connect(self.message)
        self.saving.trouble.connect(self._view.notice.say_of_item)
        bridge.started.connect(self._on_started)
        bridge.progress.connect(self._on_progress)
        bridge.partial.connect(self._on_partial)
        bridge.done.connect(self._on_done)
        bridge.failed.connect(self._on_failed)
        bridge.cancelled.connect(self._on_cancelled)
        bridge.lost.connect(self._view.notice.say)

    # -- what can be done --------------------------------------------------------------

    @property
    def shown(self) -> Take | None:
        """The take that is shown."""
        return self.takes.get(self._shown)

    @property
    def can_generate(self) -> bool:
        """True while a generator is chosen."""
        return self._models.model is not None

    @property
    def is_working(self) -> bool:
        """True while something is being made."""
        return bool(self._jobs)

    def generate(self) -> None:
        """Make a clip of what is shown; with another seed while the shown one is at work."""
        self._seeds.renew()
        self._make(self._asked())

    def surprise(self) -> None:
        """The same with another seed."""
        self._seeds.roll()
        self._make(self._asked())

    def cancel(self) -> None:
        """Give up everything that is being made."""
        for job in self._jobs:
            self._bridge.cancel(job)

    def retry(self, key: int | None) -> None:
        """Make a clip of the same recipe once more."""
        take = self.takes.get(key)
        if take is not None:
            self._make(take.request)

    def remove(self, key: int | None) -> None:
        """Take a take off the list; it can be had back."""
        take = self.takes.get(key)
        if take is None:
            return
        for job, of in self._jobs.items():
            if of == take.key:
                self._bridge.cancel(job)
        self.takes.remove(take.key)
        self.pair.forget(take.key)
        self._view.form.takes.remove_row(take.key)
        if self._shown == take.key:
            self._show(self._view.form.takes.current_key)
        self.message.emit(f"Removed {take.title}; Ctrl+Z brings it back.")
        self.changed.emit()

    def undo(self) -> None:
        """Bring back the take that was removed last."""
        if self.takes.can_restore:
            take = self.takes.restore()
            if take.is_open and take.key not in self._jobs.values():
                take.state = RowState.CANCELLED
            self._view.form.takes.add_rows([take.row()])
            self._view.form.takes.select(take.key)

    def swap(self) -> None:
        """Go from one of the two takes that are compared to the other."""
        other = self.pair.other(self._shown)
        if other is not None:
            self._view.form.takes.select(other)

    def may_close(self) -> bool:
        """Ask before unsaved takes are lost; True if the tab may close."""
        lost = self.saving.unsaved(self.takes)
        answer = self._view.ask_unsaved(list(lost.names)) if lost else "discard"
        return lost.save() if lost and answer == "save" else answer == "discard"

    def close(self) -> None:
        """Stop everything that runs."""
        self._settings.set(GENRE, self._view.form.own_genre)
        self._view.form.remember(self._settings)
        self.playback.close()
        self.saving.close()

    # -- models ------------------------------------------------------------------------

    def offer_models(self, generators: list[ModelInfo], judges: list[ModelInfo]) -> None:
        """Let other models be chosen; the one that the user chose is used while it is there."""
        self._judges = judges
        was = self._models.model
        self._models.offer(generators)
        self._view.form.show_models(generators, self._models.name)
        self._use_model()
        if was is not None and was.name not in self._models.offered:
            self._say_gone(was.title)

    def choose_model(self, name: str) -> None:
        """Make music with another model from now on."""
        if self._models.choose(name):
            self._view.form.model.show_chosen(name)
            self._use_model()
            self.liking.say_if_it_cannot()
        else:
            self._say_gone(name)

    def follow_rename(self, old: str, new: str) -> None:
        """The model in use stays so when models are offered under their new names."""
        self._models.follow_rename(old, new)

    def _say_gone(self, title: str) -> None:
        model = self._models.model
        now = f"; music is made with {model.title}" if model is not None else ""
        self._view.notice.say(f"The model {title} is gone{now}.")

    def _use_model(self) -> None:
        form, model = self._view.form, self._models.model
        form.show_genres(model, form.own_genre or self._settings.get(GENRE))
        if self._shown is None:
            self._show(None)
        self.changed.emit()

    # -- making ------------------------------------------------------------------------

    def _asked(self) -> MakeClip | None:
        form = self._view.form
        if self._models.model is None:
            return None
        form.settle()
        return MakeClip(
            model=self._models.name,
            genre=form.chosen_genre,
            seconds=float(form.seconds.value()),
            seed=self._seeds.use(),
            blend=form.chosen_blend(),
            beat=form.beat.wish(),
            stereo=form.stereo.isChecked(),
            like=form.like.asked,
        )

    def _make(self, request: MakeClip | None) -> None:
        if request is None:
            return
        take = Take(replace(request, judges=tuple(judge.name for judge in self._judges)))
        self.takes.add(take)
        self._jobs[self._bridge.worker.submit(take.request)] = take.key
        self._view.form.takes.add_rows([take.row()])
        self._view.form.takes.select(take.key)
        self._show_work()

    def _of(self, job: int) -> Take | None:
        return self.takes.get(self._jobs.get(job))

    def _on_started(self, job: int) -> None:
        if (take := self._of(job)) is not None:
            take.state, take.progress = RowState.WORKING, 0.0
            self._update(take)

    def _on_progress(self, job: int, fraction: float) -> None:
        if (take := self._of(job)) is not None:
            take.progress = fraction
            self._view.form.takes.update_row(take.row())
            if take.key == self._shown and take.image is not None and take.clip is None:
                self._view.take_page.set_progress(fraction)

    def _on_partial(self, job: int, payload: object) -> None:
        if (take := self._of(job)) is None:
            return
        if isinstance(payload, SpectrogramImage):
            take.image = payload
            self._update(take)
            return
        from fstmuse_core.generate.generator import GeneratedClip, LikedSong, Recipe

        if isinstance(payload, LikedSong):
            take.heard = payload
            self._update(take)
            self._say_note(take)
        elif isinstance(payload, Recipe):
            take.recipe = payload
            self._update(take)
        elif isinstance(payload, GeneratedClip):
            take.clip, take.recipe = payload, payload.recipe
            self.saving.write_file(take)
            self._update(take)
            if take.key == self._shown and self._view.isVisible():
                self.playback.play()

    def _on_done(self, job: int, payload: object) -> None:
        take = self._of(job)
        if take is not None and isinstance(payload, tuple):
            take.opinions = payload
        self._end(job, RowState.DONE)

    def _on_failed(self, job: int, sentence: str) -> None:
        if (take := self._of(job)) is not None:
            take.sentence = sentence
        self._end(job, RowState.FAILED)

    def _on_cancelled(self, job: int) -> None:
        self._end(job, RowState.CANCELLED)

    def _end(self, job: int, state: RowState) -> None:
        take = self._of(job)
        self._jobs.pop(job, None)
        if take is not None:
            if state is RowState.CANCELLED:
                self._seeds.give_back(take.request.seed)
            # A clip that only lacks what it is taken for is finished all the same.
            take.state = state if take.clip is None else RowState.DONE
            self._update(take)
        self._show_work()

    def _show_work(self) -> None:
        if not self.is_working:
            self._seeds.renew()
        self._view.form.show_work(is_working=self.is_working)
        self.changed.emit()

    # -- showing -----------------------------------------------------------------------

    def _update(self, take: Take) -> None:
        self._view.form.takes.update_row(take.row())
        if take.key == self._shown:
            self._show(take.key)

    def _show_of_pair(self, place: int) -> None:
        takes = self.pair.takes
        if takes is not None:
            self._view.form.takes.select(takes[place].key)

    def _show(self, key: int | None) -> None:
        """Show the take of this key as far as it has come."""
        is_other, self._shown = key != self._shown, key
        take = self.shown
        if is_other:
            self._view.leave_item()
            self._say_note(take)
        if take is None:
            self.playback.load(None)
            has_model = self._models.model is not None
            self._view.show_page(self._view.empty_page if has_model else self._view.no_model_page)
        elif take.image is not None and take.state not in (RowState.FAILED, RowState.CANCELLED):
            self._show_take(take)
        else:
            self.playback.load(None)
            self._view.show_wait(take)
        self.changed.emit()

    def _say_note(self, take: Take | None) -> None:
        if take is not None and take.note and take.key == self._shown:
            self._view.notice.say_of_item(f"{take.note}.")

    def _show_take(self, take: Take) -> None:
        page = self._view.take_page
        known = self._models.offered.get(take.request.model)
        page.show_take(take, known.title if known is not None else take.request.model)
        genres = self._judges[0].genres if self._judges else ()
        if take.clip is None:
            page.show_making(take.progress, genres)
        elif take.opinions is None and take.is_open:
            page.show_judging(genres)
        else:
            self._show_opinions(take)
        self.pair.show(take)
        page.show_pair(self.pair.takes, take.key)
        self._view.show_page(page)
        self.playback.load(take, keep_place=self.pair.holds(take.key))
        self.sections.follow()

    def _show_opinions(self, take: Take) -> None:
        opinions = take.opinions or ()
        by_name = {judge.name: judge.title for judge in self._judges}
        titles = [by_name.get(opinion.model, opinion.model) for opinion in opinions]
        names = [opinion.model for opinion in opinions]
        chosen = names.index(self._judge) if self._judge in names else 0
        self._view.take_page.show_opinions(titles, opinions, chosen)

    def _choose_judge(self, place: int) -> None:
        if (take := self.shown) is not None and take.opinions:
            self._judge = take.opinions[place].model
            self._show_opinions(take)

    def _file_of(self, key: int) -> Path | None:
        take = self.takes.get(key)
        return take.file if take is not None else None
