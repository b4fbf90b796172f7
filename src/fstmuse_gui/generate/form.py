"""Form, list of takes and choice of seeds, beside the take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QMouseEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.generate.beat_form import BeatForm
from fstmuse_gui.generate.like_form import LikeField
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.settings import Option, Settings
from fstmuse_gui.shared.models import ModelChooser, ModelInfo
from fstmuse_gui.theme import GRID, icon, scaled_font
from fstmuse_gui.widgets.controls import Field, WheelSafeSlider, choice, tool_button, whole
from fstmuse_gui.widgets.drops import drag_file
from fstmuse_gui.widgets.file_list import FileList
from fstmuse_gui.widgets.page_parts import shield

SHORTEST_S, LONGEST_S = 3, 120
_WIDTH = 336
_LARGEST_SEED = 2**31 - 1
_NOTHING = ""
_AS_THE_SONG = ""

SECONDS = Option("generate/seconds", int, 30, lambda value: SHORTEST_S <= value <= LONGEST_S)
STEREO = Option("generate/stereo", bool, False)


class TakeList(FileList):
    """Rows to choose from, and to drag to a folder or another program."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            parent,
            name="Takes",
            empty="What you generate appears here.",
            again="Make it again",
        )
        self.file_of: Callable[[int], Path | None] = lambda _key: None
        self._pressed_at: QPointF | None = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        is_left = event.button() == Qt.MouseButton.LeftButton
        on_row = self.indexAt(event.position().toPoint()).isValid()
        self._pressed_at = event.position() if is_left and on_row else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        start = self._pressed_at
        if start is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        moved = (event.position() - start).manhattanLength()
        if moved >= QApplication.startDragDistance():
            self._pressed_at = None
            self._drag()

    def _drag(self) -> None:
        key = self.current_key
        path = None if key is None else self.file_of(key)
        if path is not None:
            row = self.visualRect(self.currentIndex())
            drag_file(self, path, self.viewport().grab(row), QPoint(24, row.height() // 2))


class GenerateForm(QWidget):
    """Asks what to make.

    Signals
    -------
    generate_requested, surprise_requested, cancel_requested, dice_requested
        A button was pressed.
    model_chosen(str)
        Name of another generator.
    """

    generate_requested = Signal()
    surprise_requested = Signal()
    cancel_requested = Signal()
    dice_requested = Signal()
    model_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(_WIDTH - 4 * GRID)
        self._generator: ModelInfo | None = None
        # The genre that was chosen last, and the choice to go by the song instead.
        self.own_genre = ""
        self._goes_by_song = True
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(12)
        self.model = ModelChooser("Model")
        self.model.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.model.setMinimumContentsLength(6)
        self.model.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.model.chosen.connect(self.model_chosen)
        self._model_field = Field("&Model", self.model, "What makes the music")
        column.addWidget(self._model_field)
        self.like = LikeField()
        self.like.changed.connect(self._on_song)
        column.addWidget(self.like)
        column.addLayout(self._build_genres())
        column.addWidget(self._build_share())
        column.addLayout(self._build_numbers())
        column.addWidget(self._build_stereo())
        self.beat = BeatForm()
        self.beat.bars_changed.connect(lambda bars: self.seconds.setEnabled(not bars))
        column.addWidget(self.beat)
        column.addLayout(self._build_buttons())
        column.addSpacing(GRID)
        heading = PlainLabel("Takes")
        heading.setFont(scaled_font(self.font(), 1.0, QFont.Weight.DemiBold))
        column.addWidget(heading)
        self.takes = TakeList()
        column.addWidget(self.takes, 1)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 600)

    # -- building ----------------------------------------------------------------------

    def _build_genres(self) -> QHBoxLayout:
        self.genre = choice({}, "Genre")
        self.genre.currentIndexChanged.connect(lambda _i: self._on_genre())
        self.blend = choice({}, "Mix with another genre")
        self.blend.currentIndexChanged.connect(lambda _i: self._show_share())
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(Field("&Genre", self.genre, "What it shall sound like"))
        row.addWidget(Field("Mi&x with", self.blend, "A second genre to mix in"))
        return row

    def _build_share(self) -> QWidget:
        self.share = WheelSafeSlider()
        self.share.setRange(5, 95)
        self.share.setSingleStep(5)
        self.share.setPageStep(10)
        self.share.setValue(30)
        self.share.setAccessibleName("Share of the second genre")
        self.share.valueChanged.connect(lambda _v: self._show_share())
        self._share_text = PlainLabel()
        self._share_text.setProperty("look", "small")
        self._share_box = QWidget()
        column = QVBoxLayout(self._share_box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self._share_text)
        column.addWidget(self.share)
        return self._share_box

    def _build_numbers(self) -> QHBoxLayout:
        self.seconds = whole(SHORTEST_S, LONGEST_S)
        self.seconds.setSuffix(" s")
        self.seconds.setValue(30)
        self.seed = whole(0, _LARGEST_SEED)
        self.lock = tool_button(
            "lock",
            "Keep this seed",
            "Keep this seed: the same settings then make the same clip",
            side=18,
        )
        self.lock.setCheckable(True)
        # Whoever types a seed wants that one.
        self.seed.lineEdit().textEdited.connect(lambda _t: self.lock.setChecked(True))
        self.lock.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        dice = tool_button("dice", "Another seed", "Another seed", side=18)
        dice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        dice.clicked.connect(self.dice_requested)
        self.dice_button = dice
        seed = Field("&Seed", self.seed, "The number that all chance in a clip comes from")
        seed.add_beside(self.lock)
        seed.add_beside(dice)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(Field("&Length", self.seconds, f"{SHORTEST_S} to {LONGEST_S} seconds"), 2)
        row.addWidget(seed, 5)
        return row

    def _build_stereo(self) -> QCheckBox:
        self.stereo = QCheckBox("I&n stereo")
        self.stereo.setAccessibleName("In stereo")
        set_tip(self.stereo, "Two channels, wider; together they are the take without")
        return self.stereo

    def _build_buttons(self) -> QHBoxLayout:
        self.generate_button = QPushButton(icon("play", "on_accent"), " Generate")
        self.generate_button.setProperty("look", "primary")
        self.generate_button.setToolTip("Make a clip (Ctrl+G)")
        self.generate_button.clicked.connect(self.generate_requested)
        self.cancel_button = QPushButton(icon("stop"), " Cancel")
        self.cancel_button.setToolTip("Give up what is being made (Esc)")
        self.cancel_button.setAccessibleName("Cancel what is being made")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.cancel_button.hide()
        self.surprise_button = QPushButton(icon("dice"), " Surprise")
        self.surprise_button.setToolTip("The same with another seed (Ctrl+U)")
        self.surprise_button.setAccessibleName("Surprise: the same with another seed")
        self.surprise_button.clicked.connect(self.surprise_requested)
        # A click leaves the keys to the take: Space plays it.
        for button in (self.generate_button, self.cancel_button, self.surprise_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.generate_button, 3)
        row.addWidget(self.cancel_button, 3)
        row.addWidget(self.surprise_button, 2)
        return row

    # -- what is offered and chosen ----------------------------------------------------

    def show_models(self, models: list[ModelInfo], chosen: str) -> None:
        """Offer generators by their titles; a single one needs no choice."""
        self.model.show_models(models, chosen)
        self._model_field.setVisible(len(models) > 1)
        for widget in (self.generate_button, self.surprise_button, self.genre, self.blend):
            widget.setEnabled(bool(models))

    def show_genres(self, model: ModelInfo | None, chosen: str) -> None:
        """Offer a model's genres; the one chosen stays if it is among them."""
        self._generator = model
        self.like.show_model(model)
        self.own_genre = chosen
        self._offer_genres()

    def _on_song(self) -> None:
        self._goes_by_song = True
        self._offer_genres()

    def _offer_genres(self) -> None:
        model, has_song = self._generator, bool(self.like.asked)
        chosen = _AS_THE_SONG if has_song and self._goes_by_song else self.own_genre
        with QSignalBlocker(self.genre):
            self.genre.clear()
            if has_song:
                self.genre.addItem("As the song", _AS_THE_SONG)
            for genre in model.genres if model is not None else ():
                self.genre.addItem(genre, genre)
            self.genre.setCurrentIndex(max(0, self.genre.findData(chosen)))
        self._follow_genre()

    def _on_genre(self) -> None:
        if self.like.asked:
            self._goes_by_song = not self.chosen_genre
        self._follow_genre()

    def _follow_genre(self) -> None:
        model = self._generator
        self.own_genre = self.chosen_genre or self.own_genre
        title, grid = ("", None) if model is None else (model.title, model.grid)
        self.beat.show_model(title, grid, self.chosen_genre, has_song=bool(self.like.asked))
        self._offer_blends()

    def _offer_blends(self) -> None:
        chosen = self.blend.currentData()
        with QSignalBlocker(self.blend):
            self.blend.clear()
            self.blend.addItem("Nothing", _NOTHING)
            for genre in self._generator.genres if self._generator is not None else ():
                if genre != self.chosen_genre:
                    self.blend.addItem(genre, genre)
            self.blend.setCurrentIndex(max(0, self.blend.findData(chosen)))
        self._show_share()

    def _show_share(self) -> None:
        second = self.blend.currentData() or _NOTHING
        self._share_box.setVisible(bool(second))
        share = self.share.value()
        first = self.chosen_genre or "as the song"
        words = f"{100 - share}\N{NO-BREAK SPACE}% {first}, "
        words += f"{share}\N{NO-BREAK SPACE}% {second}"
        self._share_text.setText(words)
        self.share.setAccessibleDescription(words)

    def restore(self, settings: Settings) -> None:
        """Show what was asked last time, but for the genre."""
        self.seconds.setValue(settings.get(SECONDS))
        self.stereo.setChecked(settings.get(STEREO))
        self.beat.restore(settings)

    def remember(self, settings: Settings) -> None:
        """Remember what is asked, but for the genre."""
        settings.set(SECONDS, self.seconds.value())
        settings.set(STEREO, self.stereo.isChecked())
        self.beat.remember(settings)

    def settle(self) -> None:
        """Take what is typed as it stands; what cannot be is shown as it was before."""
        for box in (self.seconds, self.seed):
            box.interpretText()
        self.beat.settle()

    @property
    def chosen_genre(self) -> str:
        """The genre that is asked for; empty for that of the song."""
        return str(self.genre.currentData() or _AS_THE_SONG)

    def chosen_blend(self) -> tuple[str, float] | None:
        """The second genre and its share, if there is one."""
        second = str(self.blend.currentData() or _NOTHING)
        return (second, self.share.value() / 100.0) if second else None

    def show_work(self, *, is_working: bool) -> None:
        """Show the button that cancels while something is made, else the one that generates."""
        button = self.cancel_button if is_working else self.generate_button
        other = self.generate_button if is_working else self.cancel_button
        had_focus = other.hasFocus()
        if not other.isHidden():
            shield(button)
        other.hide()
        button.show()
        if had_focus:
            button.setFocus()


class SeedChoice:
    """Shows a fresh seed once the one shown has made its clip, unless it is locked.

    Parameters
    ----------
    form : GenerateForm
    draw : callable
        Draws a seed.
    """

    def __init__(self, form: GenerateForm, draw: Callable[[], int]) -> None:
        self._form = form
        self._draw = draw
        self._used: int | None = None
        self.roll()

    def roll(self) -> None:
        """Show another seed."""
        self._form.seed.setValue(self._draw())

    def use(self) -> int:
        """Return the seed shown for a clip that is made now."""
        self._used = self._form.seed.value()
        return self._used

    def renew(self) -> None:
        """Show another seed if the one shown was used, and may change."""
        if self._form.seed.value() == self._used and not self._form.lock.isChecked():
            self.roll()

    def give_back(self, seed: int) -> None:
        """Take ``seed`` back as unused."""
        if seed == self._used:
            self._used = None
