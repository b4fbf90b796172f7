"""Fields for a take's beat: tempo, bars, form, variation, loop."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from fstmuse_core.bundle.bar_noise import FORMS, MAX_BPM, MIN_BPM, Grid
from fstmuse_core.generate.groove import BeatWish
from fstmuse_gui.plain import PlainLabel, caption, counted, percent, set_tip
from fstmuse_gui.settings import Option, Settings
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.controls import (
    CollapsibleBox,
    Field,
    WheelSafeSlider,
    choice,
    whole_or_off,
)

MOST_BARS = 64
_LOW, _HIGH = round(MIN_BPM), round(MAX_BPM)
_DRAWN = ""
_NAME = "Tempo and form"
_OFFERED = ("A", *FORMS, "ABCD")

BPM = Option("generate/bpm", int, 0, lambda value: value == 0 or _LOW <= value <= _HIGH)
BARS = Option("generate/bars", int, 0, lambda value: 0 <= value <= MOST_BARS)
FORM = Option("generate/form", str, _DRAWN, lambda text: text == _DRAWN or text in _OFFERED)
VARIATION = Option("generate/variation", int, 100, lambda value: 0 <= value <= 100)
LOOP = Option("generate/loop", bool, False)
IS_OPEN = Option("generate/beat_open", bool, False)


class BeatForm(CollapsibleBox):
    """Fields for the beat, folded away; what is not asked for is drawn from the seed.

    Signals
    -------
    bars_changed(int)
        So many bars are asked for; 0 if a length in seconds is.
    """

    bars_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_NAME, "Tempo and form of the take", parent)
        self.fold_button.setToolTip("Tempo, bars, form, variation and loop")
        self._fields = QWidget()
        column = self.column
        column.addWidget(self._fields)
        self._why = PlainLabel()
        self._why.setProperty("look", "small")
        self._why.setWordWrap(True)
        column.addWidget(self._why)
        self._build_fields()
        self.show_model("", None, "")

    def _build_fields(self) -> None:
        rows = QVBoxLayout(self._fields)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(12)
        self.bpm = whole_or_off(_LOW, _HIGH, "As the genre")
        self.bpm.setSuffix(" bpm")
        self.bars = whole_or_off(1, MOST_BARS, "By length")
        self.bars.valueChanged.connect(self.bars_changed)
        rows.addLayout(
            _side_by_side(
                Field("&Tempo", self.bpm, f"{_LOW} to {_HIGH} beats a minute"),
                Field("&Bars", self.bars, f"1 to {MOST_BARS} bars of four beats"),
            )
        )
        titles = {_DRAWN: "From the seed"} | {form: _title(form) for form in _OFFERED}
        self.form = choice(titles, "Form")
        self.variation = WheelSafeSlider()
        self.variation.setRange(0, 100)
        self.variation.setSingleStep(5)
        self.variation.setPageStep(25)
        self.variation.setValue(100)
        # As tall as the choice beside it, so that their captions stand on one line.
        self.variation.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        rows.addLayout(
            _side_by_side(
                Field(
                    "Fo&rm",
                    self.form,
                    "Sections of four bars, as many as there is room for; a letter that returns is "
                    "music that returns",
                ),
                Field(
                    "Var&iation",
                    self.variation,
                    "How much the bars of a section differ: left all alike, right as music does",
                ),
            )
        )
        self.loop = QCheckBox("L&oop")
        self.loop.setAccessibleName("Loop")
        set_tip(self.loop, "Whole bars that lead into their own beginning, played again and again")
        rows.addWidget(self.loop)
        self.bpm.valueChanged.connect(self._show_summary)
        self.bars.valueChanged.connect(self._show_summary)
        self.form.currentIndexChanged.connect(self._show_summary)
        self.variation.valueChanged.connect(self._show_summary)
        self.loop.toggled.connect(self._show_summary)
        self.fold_button.toggled.connect(self._show_summary)

    # -- what can be asked -------------------------------------------------------------

    def show_model(
        self, title: str, grid: Grid | None, genre: str, *, has_song: bool = False
    ) -> None:
        """Offer what this model can do with this genre, or say why it is nothing.

        No genre is that of a song, which is not known yet.
        """
        is_open = not genre and has_song
        knows = grid is not None and bool(grid.tempos if is_open else grid.tempos.get(genre))
        self.bpm.setSpecialValueText("As the song" if has_song else "As the genre")
        if grid is None:
            name = title or "The model"
            why = f"{name} was trained without a beat: no tempo or form can be asked of it."
        elif not knows:
            why = f"The {genre} that {title} knows has no steady beat."
        elif not is_open and not grid.has_beat(genre):
            why = f"Most {genre} that {title} knows has no steady beat; it gets one if you ask."
        else:
            why = ""
        self._fields.setEnabled(knows)
        self._why.setText(why)
        self._why.setVisible(bool(why))
        self.bars_changed.emit(self.chosen_bars)
        self._show_summary()

    def _show_summary(self) -> None:
        """Name what is asked on the button, where the fields are folded away."""
        wish = None if self.fold_button.isChecked() else self.wish()
        words = in_words(wish) if wish else _NAME
        self.fold_button.setText(f" {caption(words[:1].upper() + words[1:])}")

    @property
    def why_not(self) -> str:
        """Reason that is shown; empty where all can be asked."""
        return self._why.text()

    @property
    def chosen_bars(self) -> int:
        """Bars that are asked for; 0 for a length in seconds."""
        return self.bars.value() if self._fields.isEnabled() else 0

    def settle(self) -> None:
        """Take what is typed as it stands."""
        for box in (self.bpm, self.bars):
            box.interpretText()

    def wish(self) -> BeatWish | None:
        """Wish for the beat; ``None`` if there is none, or can be none."""
        if not self._fields.isEnabled():
            return None
        wish = BeatWish(
            bpm=float(self.bpm.value()) or None,
            bars=self.bars.value() or None,
            form=str(self.form.currentData()) or None,
            variation=self.variation.value() / 100.0,
            loop=self.loop.isChecked(),
        )
        return wish if wish.is_anything else None

    # -- what is remembered ------------------------------------------------------------

    def restore(self, settings: Settings) -> None:
        """Show what was asked last time."""
        self.bpm.setValue(settings.get(BPM))
        self.bars.setValue(settings.get(BARS))
        self.form.setCurrentIndex(max(0, self.form.findData(settings.get(FORM))))
        self.variation.setValue(settings.get(VARIATION))
        self.loop.setChecked(settings.get(LOOP))
        self.fold_button.setChecked(settings.get(IS_OPEN))

    def remember(self, settings: Settings) -> None:
        """Remember what is asked."""
        settings.set(BPM, self.bpm.value())
        settings.set(BARS, self.bars.value())
        settings.set(FORM, str(self.form.currentData()))
        settings.set(VARIATION, self.variation.value())
        settings.set(LOOP, self.loop.isChecked())
        settings.set(IS_OPEN, self.fold_button.isChecked())


def in_words(wish: BeatWish) -> str:
    """``124 bpm, 16 bars, AABA, loop``."""
    parts = [
        f"{wish.bpm:.4g} bpm" if wish.bpm else "",
        counted(wish.bars, "bar") if wish.bars else "",
        wish.form or "",
        f"{percent(wish.variation)} varied" if wish.variation < 1.0 else "",
        "loop" if wish.loop else "",
    ]
    return ", ".join(filter(None, parts))


def _title(form: str) -> str:
    """``A A B A``; one section alone is said in words."""
    return "One section" if len(form) == 1 else " ".join(form)


def _side_by_side(left: QWidget, right: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(GRID)
    row.addWidget(left, 1)
    row.addWidget(right, 1)
    return row
