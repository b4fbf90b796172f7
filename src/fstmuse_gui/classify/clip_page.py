"""One clip: its picture, its timeline, the controls, the verdict and the bars."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification
from fstmuse_core.workers.protocol import ClipResult
from fstmuse_gui.plain import PlainLabel, percent, set_tip
from fstmuse_gui.settings import COLOUR_MAP, DB_RANGE, Settings
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.theme import GRID, icon, scaled_font
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.controls import ProgressButton, WheelSafeComboBox
from fstmuse_gui.widgets.genre_bars import ProbabilityBars
from fstmuse_gui.widgets.overview_strip import OverviewStrip
from fstmuse_gui.widgets.page_parts import ElidedLabel, lay_side_by_side
from fstmuse_gui.widgets.region import RegionOverlay
from fstmuse_gui.widgets.spectrogram_view import SpectrogramView
from fstmuse_gui.widgets.timeline_view import TimelineView
from fstmuse_gui.widgets.transport_bar import TransportBar
from fstmuse_gui.widgets.verdict import CorrectionBar, VerdictPanel

_GAP = "  \N{MIDDLE DOT}  "
_LISTENING = "Listening\N{HORIZONTAL ELLIPSIS}"
_WHY = "Show where in the clip the genre was heard (W)"


class ClipPage(QWidget):
    """Shows a clip and says what was touched.

    Signals
    -------
    why_toggled(bool)
        Show what spoke for a genre, or stop showing it.
    why_genre_chosen(str)
        For which genre.
    whole_requested
        The answer to the whole clip shall be shown again.
    models_requested
        Other models' answers shall be shown too.
    """

    why_toggled = Signal(bool)
    whole_requested = Signal()
    models_requested = Signal()
    why_genre_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spectrogram = SpectrogramView()
        self.timeline = TimelineView()
        self.spectrogram.add_strip(self.timeline)
        self.spectrogram.range_changed.connect(self.timeline.set_range)
        self.overview = OverviewStrip()
        self.spectrogram.add_strip(self.overview, above=True)
        self.spectrogram.range_changed.connect(self.overview.set_range)
        self.overview.moved.connect(self._look_at)
        self.region = RegionOverlay(self.spectrogram, self.timeline)
        self.transport = TransportBar()
        self.verdict = VerdictPanel()
        self.correction = CorrectionBar()
        self.correction.hide()
        self.bars = ProbabilityBars()
        self.bars.genre_clicked.connect(self.why_genre_chosen)
        self._note = ""
        self.model_title = self.overlay = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        self._header = self._build_header()
        column.addLayout(self._header)
        column.addWidget(self.spectrogram, 1)
        column.addWidget(self.transport)
        self._result = self._build_result()
        column.addLayout(self._result)
        self._column = column

    def _look_at(self, start_s: float, end_s: float) -> None:
        self.spectrogram.show_range(start_s, end_s)
        self.spectrogram.stay()

    def _build_header(self) -> QHBoxLayout:
        self._title = ElidedLabel(cut=Qt.TextElideMode.ElideRight)
        self._title.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        self._about = ElidedLabel(cut=Qt.TextElideMode.ElideRight)
        self._about.setProperty("look", "muted")
        self.why_button = QPushButton(icon("why"), " Why?")
        self.why_button.setCheckable(True)
        self.why_button.setAccessibleName("Show why: where the genre was heard")
        set_tip(self.why_button, _WHY)
        self.why_button.toggled.connect(self.why_toggled)
        self.listen_button = ProgressButton(icon("music"), " Hear as model")
        self.listen_button.setCheckable(True)
        self.listen_button.setAccessibleName("Hear as model")
        self.why_chooser = WheelSafeComboBox()
        self.why_chooser.setAccessibleName("Genre to explain")
        self.why_chooser.setMinimumContentsLength(1)
        self.why_chooser.activated.connect(
            lambda _i: self.why_genre_chosen.emit(self.why_chooser.currentText())
        )
        self.save_button = QPushButton(icon("save"), " Save")
        self.save_button.setProperty("look", "menu")
        self.save_button.setAccessibleName("Save the picture, the result or the recording")
        self.save_button.setToolTip("Save the picture, the result or the recording")
        self.save_menu = QMenu("&Save", self)
        self.save_button.setMenu(self.save_menu)
        buttons = (self.why_button, self.listen_button, self.save_button)
        self._words = {button: button.text() for button in buttons}
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self._live_dot = PlainLabel("\N{BLACK CIRCLE}")
        self._live_dot.setProperty("look", "danger")
        self._live_dot.setAccessibleName("Recording")
        self._live_dot.hide()
        title_row = QHBoxLayout()
        title_row.setSpacing(GRID)
        title_row.addWidget(self._live_dot)
        title_row.addWidget(self._title, 1)
        titles = QVBoxLayout()
        titles.setSpacing(2)
        titles.addLayout(title_row)
        titles.addWidget(self._about)
        row.addLayout(titles, 1)
        right = QHBoxLayout()
        right.setSpacing(GRID)
        right.addWidget(self.why_chooser)
        for button in buttons:
            right.addWidget(button)
        row.addLayout(right)
        return row

    def _build_result(self) -> QHBoxLayout:
        self.models_button = QPushButton("Models side by side\N{HORIZONTAL ELLIPSIS}")
        self.models_button.setProperty("look", "link")
        set_tip(self.models_button, "What the other models say of this clip (Ctrl+M)")
        self.models_button.clicked.connect(self.models_requested)
        said = QVBoxLayout()
        said.setSpacing(GRID)
        said.addWidget(self._build_part())
        said.addWidget(self.verdict)
        said.addWidget(self.correction)
        said.addWidget(self.models_button, 0, Qt.AlignmentFlag.AlignLeft)
        said.addStretch()
        row = QHBoxLayout()
        row.setSpacing(5 * GRID)
        row.addLayout(said, 2)
        row.addWidget(self.bars, 3, Qt.AlignmentFlag.AlignTop)
        return row

    def _build_part(self) -> QWidget:
        """The line that says that the answer below is a region's."""
        self._part = QWidget()
        self._part_name = PlainLabel()
        self._part_name.setProperty("look", "accent")
        self.whole_button = QPushButton("Whole clip")
        self.whole_button.setProperty("look", "link")
        self.whole_button.setAccessibleName("Show the answer to the whole clip")
        self.whole_button.clicked.connect(self.whole_requested)
        row = QHBoxLayout(self._part)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._part_name)
        row.addWidget(self.whole_button)
        row.addStretch()
        self._part.hide()
        return self._part

    def set_narrow(self, is_narrow: bool) -> None:
        """Do with signs in place of words on buttons, and with one column, where it is narrow."""
        for button, words in self._words.items():
            button.setText("" if is_narrow else words)
        self.transport.set_narrow(is_narrow)
        lay_side_by_side(self._header, is_narrow=is_narrow)
        lay_side_by_side(self._result, is_narrow=is_narrow)

    def set_low(self, is_low: bool) -> None:
        """Stand closer where there is little height."""
        self._column.setSpacing(GRID if is_low else 2 * GRID)

    def show_clip(self, title: str, model_title: str, result: ClipResult, *, animate: bool) -> None:
        """Show a finished clip."""
        classification = result.classification
        self.model_title = model_title
        self._title.set_text(title)
        self._live_dot.hide()
        self._about.set_text(f"{clock(classification.duration_s)}{_GAP}{model_title}")
        self.spectrogram.show_image(result.image, classification.duration_s)
        self.overview.show_image(result.image, self.spectrogram.duration_s)
        self.timeline.show_result(classification)
        self._note = result.note
        self.show_answer(classification, animate=animate)
        self._offer_genres(classification)
        self.models_button.show()
        self.save_button.setEnabled(True)
        self.why_button.setEnabled(classification.activation is not None)
        set_tip(self.why_button, why_tip(classification))
        self.why_button.setAccessibleDescription(why_tip(classification))

    def start_live(self, model_title: str, genres: tuple[str, ...]) -> None:
        """Get ready for a take."""
        self._title.set_text("Recording\N{HORIZONTAL ELLIPSIS}")
        self._live_dot.show()
        self._about.set_text(model_title)
        self.spectrogram.start_live()
        self.overview.show_image(None, 0.0)
        self.timeline.show_result(None)
        self.timeline.set_position(None)
        self.bars.show_genres(genres)
        self.models_button.hide()
        self._note = ""
        self._part.hide()
        self.verdict.show_words(_LISTENING, "The first words come after three seconds.")
        self.save_button.setEnabled(False)
        self.why_button.setEnabled(False)
        set_tip(self.why_button, _WHY)
        self.why_chooser.hide()
        self.transport.set_clip(0.0, playable=False)

    def show_paused(self, *, is_paused: bool) -> None:
        """Say that the take waits, or that it goes on."""
        words = "Paused" if is_paused else "Recording\N{HORIZONTAL ELLIPSIS}"
        self._title.set_text(words)
        self._live_dot.setVisible(not is_paused)

    def append_live(self, mel_frames: FloatArray) -> None:
        """Let the picture grow by mel frames, shape ``(n, n_mels)``."""
        self.spectrogram.append_live(mel_frames)
        self.transport.set_position(self.spectrogram.live_s)

    def show_live(self, classification: Classification) -> None:
        """Show the result for the take so far."""
        self.timeline.show_result(classification)
        self.show_answer(classification, animate=True)

    def show_answer(self, classification: Classification, *, animate: bool, part: str = "") -> None:
        """Show an answer in words and bars; that to a part of the clip if ``part`` names one."""
        self._part.setVisible(bool(part))
        self._part_name.setText(f"{part} alone")
        self.bars.show_result(classification, animate=animate)
        self.verdict.show_result(classification, "" if part else self._note)

    def _offer_genres(self, classification: Classification) -> None:
        names = [name for name, _ in classification.ranked()]
        self.why_chooser.clear()
        self.why_chooser.addItems(names)

    @property
    def part(self) -> str:
        """Words that say of which part of the clip the answer is; empty if of all of it."""
        return "" if self._part.isHidden() else self._part_name.text()

    def show_why(self, classification: Classification, genre: str | None) -> None:
        """Lay the map of ``genre`` over the picture, or take it away."""
        is_on = genre is not None and classification.activation is not None
        self.why_button.blockSignals(True)
        self.why_button.setChecked(is_on)
        self.why_button.blockSignals(False)
        self.why_chooser.setVisible(is_on)
        self.overlay = f"what spoke for and against {genre}" if is_on else ""
        if genre is None or classification.activation is None:
            self.spectrogram.hide_heat()
            return
        self.why_chooser.setCurrentText(genre)
        index = classification.genres.index(genre)
        self.spectrogram.show_heat(classification.activation, index, genre)

    def set_position(self, seconds: float | None) -> None:
        """Move the cursors; ``None`` and the very start hide them."""
        self.spectrogram.set_position(seconds or None)
        self.timeline.set_position(seconds or None)
        self.overview.set_position(seconds or None)
        self.transport.set_position(seconds or 0.0)


def why_tip(classification: Classification) -> str:
    """Say what "why" shows, or why it can show nothing."""
    reason, activation = classification.no_map, classification.activation
    if reason:
        return f"{reason[:1].upper()}{reason[1:]}."
    if activation is None or activation.share >= 1.0:
        return _WHY
    # Too long for the page, which has the figure beside the colours.
    return (
        f"{_WHY}. It explains the network's {percent(activation.share)} of the answer; the rest is "
        "the tagger's, which hears three seconds as a whole."
    )


class DisplayOptions(QObject):
    """Remembers what was chosen, and applies it to each clip.

    Signals
    -------
    changed
        Something else is shown.
    """

    changed = Signal()

    def __init__(
        self,
        page: ClipPage,
        settings: Settings,
        shown: Callable[[], Clip | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._settings = settings
        self._shown = shown
        self._why_genre: str | None = None
        self._why_on = False
        self._explained: str | None = None
        page.why_toggled.connect(self.set_why)
        page.why_genre_chosen.connect(self.explain)
        page.transport.colour_map_chosen.connect(self.set_colour_map)
        page.transport.db_range_chosen.connect(self.set_db_range)
        self._apply_colours()

    @property
    def why_is_on(self) -> bool:
        """True while the overlay of what spoke for a genre is shown."""
        return self._why_on

    @property
    def explained(self) -> str | None:
        """The genre for which is shown what spoke for it; None while nothing is."""
        return self._explained

    def set_why(self, is_on: bool) -> None:
        """Show what spoke for the genre, or stop showing it."""
        self._why_on = is_on
        clip = self._shown()
        if clip is not None and clip.result is not None:
            self.show_why(clip.result.classification)

    def explain(self, genre: str) -> None:
        """Show what spoke for ``genre``."""
        self._why_genre = genre
        self.set_why(True)

    def show_why(self, classification: Classification) -> None:
        """Apply it to a clip: the genre chosen last, or the likeliest."""
        genre = self._why_genre
        if genre not in classification.genres:
            genre = classification.ranked()[0][0]
        has_map = classification.activation is not None
        self._explained = genre if self._why_on and has_map else None
        self._page.show_why(classification, self._explained)
        self.changed.emit()

    def forget_genre(self) -> None:
        """Explain the likeliest genre again."""
        self._why_genre = None

    def set_colour_map(self, name: str) -> None:
        """Draw spectrograms in other colours."""
        self._settings.set(COLOUR_MAP, name)
        self._apply_colours()

    def set_db_range(self, decibels: int) -> None:
        """Draw spectrograms over another range."""
        self._settings.set(DB_RANGE, decibels)
        self._apply_colours()

    def _apply_colours(self) -> None:
        name, decibels = self._settings.get(COLOUR_MAP), self._settings.get(DB_RANGE)
        self._page.spectrogram.set_colours(name, decibels)
        self._page.transport.set_colours(name, decibels)
