"""Decides what the form offers, what is wrong with it, and what it remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import platformdirs
from PySide6.QtCore import QObject, Signal

from fstmuse_core.bundle.bundle import bundle_folders
from fstmuse_core.datasets.survey import Survey
from fstmuse_core.datasets.track import AUTO
from fstmuse_core.runs import spec
from fstmuse_gui.settings import Option, Settings
from fstmuse_gui.shared.background import ThreadRunner
from fstmuse_gui.train.data.presenter import TRAIN_DATA
from fstmuse_gui.train.form.choices import Base, bases
from fstmuse_gui.train.form.options import (
    TrainOptions,
    free_name,
    is_taken,
    name_trouble,
    next_name,
)
from fstmuse_gui.train.form.recipe import DESIGNS, MODELS, checked_recipe, default_recipe
from fstmuse_gui.train.view import TrainView

TRAIN_MODEL = Option("train/model", str, spec.MODEL.default, lambda name: name in MODELS)
TRAIN_DESIGN = Option("train/design", str, spec.QUICK, lambda name: name in DESIGNS)
TRAIN_LEFT_OUT: Option[list[str]] = Option(
    "train/genres_left_out", list, [], lambda v: all(isinstance(genre, str) for genre in v)
)
TRAIN_RECIPE: Option[dict[str, Any]] = Option("train/recipe", dict, {})
TRAIN_BASE = Option("train/fine_tune", str, "", names_model=True)
TRAIN_LOGS = Option("train/tensorboard", bool, False)
TRAIN_LOG_FOLDER = Option("train/tensorboard_folder", str, "")

# Text and tip of the button while nothing runs, and while something does.
_BUTTON = (
    ("Train", "Begin the training (Ctrl+T)"),
    ("Train next", "Begin it when the trainings before it have ended (Ctrl+T)"),
)


def default_log_folder() -> Path:
    """Return the folder of TensorBoard's logs unless told otherwise."""
    return Path(platformdirs.user_data_dir("fstmuse", appauthor=False)) / "tensorboard"


class FormPresenter(QObject):
    """Keeps the form true to the data sets, the models there are, and itself.

    Signals
    -------
    checked
        The form has been looked through; see :attr:`is_ready`.
    """

    checked = Signal()

    def __init__(
        self,
        view: TrainView,
        settings: Settings,
        parent: QObject | None = None,
        *,
        taken_names: Callable[[], set[str]] = lambda: set(bundle_folders()),
        bases: Callable[[], list[Base]] = bases,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._form = view.form
        self._settings = settings
        self.taken_names = taken_names
        self._bases = bases
        self._background = ThreadRunner(self)
        self._survey: Survey | None = None
        self._data: tuple[str, ...] = ()
        self._kinds: tuple[str, ...] = ()
        self._own_name = ""
        self._data_trouble = ""
        self._wanted_base = self._asked_base = ""
        self.is_ready = False
        self.is_training = False
        form = self._form
        form.model_chosen.connect(self.check)
        form.defaults_requested.connect(self.show_defaults)
        form.changed.connect(self.check)
        form.logs.browse_requested.connect(self._choose_log_folder)
        self._restore()

    # -- remembered --------------------------------------------------------------------

    def _restore(self) -> None:
        settings, form = self._settings, self._form
        model, design = settings.get(TRAIN_MODEL), settings.get(TRAIN_DESIGN)
        form.model.setCurrentIndex(form.model.findData(model))
        form.design.setCurrentIndex(form.design.findData(design))
        form.show_fit()
        design = str(form.design.currentData())
        recipe: dict[str, Any] = settings.get(TRAIN_RECIPE)
        form.recipe.show_recipe(checked_recipe(recipe, model, design))
        folder = settings.get(TRAIN_LOG_FOLDER) or str(default_log_folder())
        form.logs.show_logs(settings.get(TRAIN_LOGS), folder)
        # Of the data sets of the last time: another's genres are all offered.
        left_out: list[str] = settings.get(TRAIN_LEFT_OUT)
        data: list[str] = settings.get(TRAIN_DATA)
        self._left_out, self._last_data = dict.fromkeys(left_out, False), tuple(data)
        self._wanted_base = settings.get(TRAIN_BASE)
        self.refresh_bases()
        self.check()

    def remember(self) -> None:
        """Keep what is entered for the next start."""
        settings, options = self._settings, self.options
        settings.set(TRAIN_MODEL, options.model)
        settings.set(TRAIN_DESIGN, options.design)
        settings.set(TRAIN_RECIPE, dict(options.recipe))
        settings.set(TRAIN_BASE, self._wanted_base or options.fine_tune)
        settings.set(TRAIN_LOGS, self._form.logs.is_on)
        settings.set(TRAIN_LOG_FOLDER, self._form.logs.folder.text().strip())
        if options.genres:
            settings.set(TRAIN_LEFT_OUT, list(self._form.chips.left_out))

    # -- offered -----------------------------------------------------------------------

    def show_defaults(self) -> None:
        """Enter the recipe that suits model, design and what is started from."""
        form = self._form
        form.show_fit()
        model, design = str(form.model.currentData()), str(form.design.currentData())
        fine_tunes = bool(form.base.base)
        form.recipe.show_recipe(default_recipe(model, design, fine_tunes=fine_tunes))
        self.check()

    def choose_quick(self) -> None:
        """Enter a quick training."""
        form = self._form
        form.model.setCurrentIndex(form.model.findData(spec.MODEL.default))
        form.design.setCurrentIndex(form.design.findData(spec.QUICK))
        self.show_defaults()

    def refresh_bases(self) -> None:
        """Offer the models that there are by now."""
        self._background.run(self._bases, self._on_bases, lambda _sentence: None)

    def _on_bases(self, found: list[Base]) -> None:
        box = self._form.base
        was = box.base
        box.show_bases(found)
        if self._wanted_base and box.known(self._wanted_base):
            box.choose(self._wanted_base)
            self._wanted_base = ""
        self._form.show_fit()
        asked, self._asked_base = self._asked_base, ""
        if asked:
            self._start_from(asked)
        elif was and not box.base:
            self._view.notice.say(f"The model {was} is gone; the training begins anew.")
        self.check()

    def follow_rename(self, old: str, new: str) -> None:
        """Keep the chosen base when models are offered under their new names."""
        if old in (self._wanted_base, self._form.base.currentData()):
            self._wanted_base = new
        if self._asked_base == old:
            self._asked_base = new

    def fine_tune(self, name: str) -> None:
        """Start from the model of this name, with a recipe that suits it."""
        self._asked_base = name
        self.refresh_bases()

    def _start_from(self, name: str) -> None:
        form = self._form
        base = form.base.known(name)
        if base is None:
            self._view.notice.say(f"{name} cannot be trained further: its network is another.")
            return
        form.model.setCurrentIndex(form.model.findData(base.model))
        form.design.setCurrentIndex(form.design.findData("ours"))
        form.show_fit()
        form.base.choose(name)
        self.show_defaults()
        form.base.setFocus()

    def show_data(
        self,
        data: tuple[str, ...],
        survey: Survey | None,
        trouble: str,
        kinds: Mapping[str, str],
    ) -> None:
        """The data sets are these, are to be read so, and hold that if it is known yet."""
        is_new = survey is not self._survey
        self._data, self._survey, self._data_trouble = data, survey, trouble
        self._kinds = tuple(kinds.get(path, AUTO) for path in data) if kinds else ()
        self._form.data.show_sets(data, survey.sets if survey is not None else ())
        self._form.show_genres_box(survey is not None and bool(survey.genres))
        if is_new and survey is not None:
            self._offer_genres(survey)
            self._offer_first_name(survey)
        self.check()

    def _offer_first_name(self, survey: Survey) -> None:
        name = self._form.name
        if survey.usable and name.text().strip() in ("", self._own_name):
            self._own_name = free_name(survey.usable[0].name, self.taken_names())
            name.setText(self._own_name)

    def offer_next_name(self) -> None:
        """The name just given away cannot be used again; another that was entered stays."""
        entered = self._form.name.text().strip()
        free = next_name(entered, self.taken_names())
        if free != entered:
            self._own_name = free
            self._form.name.setText(free)

    def _offer_genres(self, survey: Survey) -> None:
        """Offer all genres of the music; those that were left out before stay so."""
        chosen = {genre: chip.isChecked() for genre, chip in self._form.chips.chips.items()}
        if self._data == self._last_data:
            chosen = {**self._left_out, **chosen}
        self._left_out = {}
        known = {count.genre for count in survey.genres}
        taken = {genre for genre in known if chosen.get(genre, True)}
        self._form.chips.show_genres(survey.genres, taken if len(taken) > 1 else known)

    def _choose_log_folder(self) -> None:
        folder = self._view.ask_log_folder(self._form.logs.folder.text())
        if folder:
            self._form.logs.folder.setText(folder)

    # -- checked -----------------------------------------------------------------------

    @property
    def options(self) -> TrainOptions:
        """Options that are entered."""
        form = self._form
        return TrainOptions(
            data=self._data,
            kinds=self._kinds,
            model=str(form.model.currentData()),
            design=str(form.design.currentData()),
            genres=form.chips.taken,
            name=form.name.text().strip(),
            recipe=form.recipe.recipe,
            fine_tune=form.base.base,
            tensorboard=form.logs.path,
            tag_encoding=form.encoding.currentData(),
        )

    def check(self) -> None:
        """Say what is wrong with the form, and whether it is ready."""
        options, survey = self.options, self._survey
        is_known = survey is not None and bool(survey.genres)
        few = is_known and len(options.genres) < 2
        name = name_trouble(options.name) if is_known else ""
        if not name and is_taken(options.name, self.taken_names()) and not self.is_training:
            name = "There is a model of this name already."
        genres = "Choose two genres or more." if few else ""
        left_out = self._form.chips.left_out
        self._form.show_left_out(tuple(left_out) if is_known and not few else ())
        self._form.show_troubles(data=self._data_trouble, genres=genres, name=name)
        self._form.command.show_arguments(options.arguments())
        is_whole = survey is not None and not survey.trouble and is_known
        self.is_ready = is_whole and not few and not name and not self._form.logs.trouble
        text, tip = _BUTTON[self.is_training]
        self._form.show_train(text, tip, is_enabled=self.is_ready)
        self.checked.emit()

    def close(self) -> None:
        """Remember what is entered, and wait for what is being read."""
        self.remember()
        self._background.close()
