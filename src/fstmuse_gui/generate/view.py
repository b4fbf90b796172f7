"""The Generate tab as people see it: its pages, and the take with picture, controls and results."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.classify.result import Classification
from fstmuse_gui.generate.form import GenerateForm
from fstmuse_gui.generate.ruler import SectionRuler, describe
from fstmuse_gui.generate.takes import Take
from fstmuse_gui.plain import PlainLabel, caption, set_tip
from fstmuse_gui.settings import COLOUR_MAP, DB_RANGE, Settings
from fstmuse_gui.shared.tabs import ask_unsaved
from fstmuse_gui.theme import GRID, icon, scaled_font
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.controls import WheelSafeComboBox
from fstmuse_gui.widgets.file_list import RowState
from fstmuse_gui.widgets.genre_bars import ProbabilityBars
from fstmuse_gui.widgets.page_parts import PageHeader, TwoColumns
from fstmuse_gui.widgets.paged_view import LOW, NARROW, PagedView
from fstmuse_gui.widgets.spectrogram_view import SpectrogramView
from fstmuse_gui.widgets.state_pages import BusyPage, EmptyState, TroublePage
from fstmuse_gui.widgets.transport_bar import TransportBar
from fstmuse_gui.widgets.verdict import NOT_SURE, rest_of

_GAP = "  \N{MIDDLE DOT}  "
_STEPS = 1000
_KINDS = "WAV (*.wav);;FLAC (*.flac);;Ogg Vorbis (*.ogg)"
_CHIP_GAP = 4
_LEAST_LETTERS = 8


class JudgeChooser(QWidget):
    """Chips for the classifiers, or a list where the chips do not fit in a row.

    Signals
    -------
    chosen(int)
        Whose opinion is to be shown.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Whose opinion is shown")
        self._titles: list[str] = []
        self._chips: list[QPushButton] = []
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.chosen)
        self._row = QWidget()
        chips = QHBoxLayout(self._row)
        chips.setContentsMargins(0, 0, 0, 0)
        chips.setSpacing(_CHIP_GAP)
        self._chip_row = chips
        self.list = WheelSafeComboBox()
        self.list.setAccessibleName("Whose opinion is shown")
        self.list.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.list.setMinimumContentsLength(_LEAST_LETTERS)
        self.list.activated.connect(self.chosen)
        both = QHBoxLayout(self)
        both.setContentsMargins(0, 0, 0, 0)
        both.addWidget(self._row)
        both.addWidget(self.list)

    def offer(self, titles: list[str], chosen: int) -> None:
        """Offer classifiers of these titles, if there are several to choose among."""
        if self._titles != titles:
            self._titles = list(titles)
            self._build_chips()
            self.list.clear()
            self.list.addItems(titles)
            self._fit()
            self.updateGeometry()
        if titles:
            self._chips[chosen].setChecked(True)
            self.list.setCurrentIndex(chosen)
        self.setVisible(len(titles) > 1)

    def _build_chips(self) -> None:
        for chip in self._chips:
            self._group.removeButton(chip)
            self._chip_row.removeWidget(chip)
            chip.setParent(None)
            chip.deleteLater()
        self._chips = [QPushButton(caption(title)) for title in self._titles]
        for place, (title, chip) in enumerate(zip(self._titles, self._chips, strict=True)):
            chip.setCheckable(True)
            chip.setProperty("look", "chip")
            set_tip(chip, f"What {title} takes it for")
            self._group.addButton(chip, place)
            self._chip_row.addWidget(chip)

    def _fit(self) -> None:
        fits = self._breadth() <= self.width()
        self._row.setVisible(fits)
        self.list.setVisible(not fits)

    def _breadth(self) -> int:
        """Width of the chips in a row, whether they are shown or not."""
        gaps = _CHIP_GAP * max(0, len(self._chips) - 1)
        return sum(chip.sizeHint().width() for chip in self._chips) + gaps

    def sizeHint(self) -> QSize:
        return QSize(self._breadth(), self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return the size of the list: else the chips would never give way to it."""
        least = self.list.minimumSizeHint()
        heights = [chip.sizeHint().height() for chip in self._chips]
        width = min(least.width(), self._breadth())
        return QSize(width, max([least.height(), *heights]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


class TakePage(QWidget):
    """Shows a take and says what was touched.

    Signals
    -------
    swap_requested(int)
        The first or the second of the two takes that are compared: 0 or 1.
    judge_chosen(int)
        Whose opinion is to be shown.
    """

    swap_requested = Signal(int)
    judge_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Take")
        self.spectrogram = SpectrogramView()
        self.ruler = SectionRuler()
        self.spectrogram.add_strip(self.ruler)
        self.spectrogram.range_changed.connect(self.ruler.set_range)
        self.transport = TransportBar()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addLayout(self._build_head())
        column.addWidget(self.spectrogram, 1)
        column.addWidget(self.transport)
        self._result = self._build_result()
        column.addWidget(self._result)
        self._column = column

    def _build_head(self) -> PageHeader:
        self.save_button = QPushButton(icon("save"), " Save")
        self.save_button.setProperty("look", "menu")
        self.save_button.setAccessibleName("Save the sound or copy its recipe")
        self.save_menu = QMenu("&Save", self)
        self.save_button.setMenu(self.save_menu)
        self._head = PageHeader(self, (self._build_pair(), self.save_button))
        return self._head

    def _build_pair(self) -> QWidget:
        self._pair = QWidget()
        self._pair.setAccessibleName("Compare two takes")
        row = QHBoxLayout(self._pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._pair_group = QButtonGroup(self)
        self.pair_buttons = [QPushButton(name) for name in ("A", "B")]
        for place, button in enumerate(self.pair_buttons):
            button.setCheckable(True)
            button.setProperty("look", "chip")
            self._pair_group.addButton(button, place)
            row.addWidget(button)
        self._pair_group.idClicked.connect(self.swap_requested)
        self._pair.hide()
        return self._pair

    def _build_result(self) -> TwoColumns:
        self._said = PlainLabel()
        self._said.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        self._said.setWordWrap(True)
        self._honest = PlainLabel()
        self._honest.setProperty("look", "muted")
        self._honest.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setRange(0, _STEPS)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Making the sound")
        self.judges = JudgeChooser()
        self.judges.chosen.connect(self.judge_chosen)
        said = QVBoxLayout()
        said.setSpacing(GRID)
        said.addWidget(self._said)
        said.addWidget(self._honest)
        said.addWidget(self._progress)
        said.addWidget(self.judges, 0, Qt.AlignmentFlag.AlignLeft)
        said.addStretch()
        self.bars = ProbabilityBars(explains=False)
        right = QVBoxLayout()
        right.addWidget(self.bars)
        right.addStretch()
        return TwoColumns(said, right, narrow=None, shares=(2, 3))

    def set_narrow(self, is_narrow: bool) -> None:
        """Leave the volume to its menu where it is narrow."""
        self.transport.volume.set_narrow(is_narrow)

    def set_low(self, is_low: bool) -> None:
        """Stand closer where there is little height."""
        self._column.setSpacing(GRID if is_low else 2 * GRID)

    # -- what is shown -----------------------------------------------------------------

    def show_take(self, take: Take, model_title: str) -> None:
        """Show a take whose picture is there."""
        parts = [clock(take.seconds), f"seed {take.request.seed}", model_title]
        if take.groove is not None:
            parts.insert(1, describe(take.groove))
        parts += ["stereo"] if take.request.stereo else []
        self._head.say(take.title, _GAP.join(parts))
        if take.image is not None:
            self.spectrogram.show_image(take.image, take.seconds)
        self.ruler.show_groove(take.groove, take.seconds)
        self.transport.set_clip(take.seconds, playable=take.clip is not None)
        self.save_button.setEnabled(take.clip is not None)

    def show_making(self, fraction: float, genres: tuple[str, ...]) -> None:
        """Show that the sound is being made of the picture."""
        self._said.setText("Making the sound\N{HORIZONTAL ELLIPSIS}")
        self._honest.setText("The spectrogram is finished. Now it gets its sound.")
        self._progress.setValue(round(fraction * _STEPS))
        self._progress.show()
        self.judges.hide()
        self.bars.show_genres(genres)

    def set_progress(self, fraction: float) -> None:
        """Show the progress of the sound, 0 to 1."""
        self._progress.setValue(round(fraction * _STEPS))

    def show_judging(self, genres: tuple[str, ...]) -> None:
        """Show that the classifiers are at work on the sound."""
        self._said.setText("Listening to it\N{HORIZONTAL ELLIPSIS}")
        self._honest.setText("")
        self._progress.hide()
        self.judges.hide()
        self.bars.show_genres(genres)

    def show_opinions(
        self, titles: list[str], opinions: tuple[Classification, ...], chosen: int
    ) -> None:
        """Show the classifiers' results, the chosen one's in bars."""
        self._progress.hide()
        self.judges.offer(titles, chosen)
        if not opinions:
            self._said.setText("No classifier here could listen to it.")
            self._honest.setText("")
            self.bars.show_genres(())
            return
        opinion = opinions[chosen]
        verdict = opinion.verdict
        name = titles[chosen]
        said = f"{name} hears {verdict.genre}." if verdict.genre else f"{name} is not sure."
        self._said.setText(said)
        self._honest.setText(rest_of(verdict.sentence, verdict.genre or NOT_SURE))
        self.bars.show_result(opinion, animate=True)

    def show_pair(self, pair: tuple[Take, Take] | None, shown: int) -> None:
        """Offer the two takes that are compared, or nothing."""
        self._pair.setVisible(pair is not None)
        if pair is None:
            return
        # The take shown may be neither of the two: then none is marked.
        self._pair_group.setExclusive(False)
        for name, take, button in zip("AB", pair, self.pair_buttons, strict=True):
            what = f"{name}: {take.title}, seed {take.request.seed}"
            set_tip(button, f"{what} (X changes from one to the other)")
            button.setAccessibleName(f"Take {what}")
            button.setChecked(take.key == shown)
        self._pair_group.setExclusive(True)

    def set_position(self, seconds: float | None) -> None:
        """Move the cursors; ``None`` and the very start hide them."""
        self.spectrogram.set_position(seconds or None)
        self.transport.set_position(seconds or 0.0)


class TakeColours:
    """Remembers what was chosen below the picture, and draws with it."""

    def __init__(self, page: TakePage, settings: Settings) -> None:
        self._page = page
        self._settings = settings
        page.transport.colour_map_chosen.connect(self._set_map)
        page.transport.db_range_chosen.connect(self._set_range)
        self._apply()

    def _set_map(self, name: str) -> None:
        self._settings.set(COLOUR_MAP, name)
        self._apply()

    def _set_range(self, decibels: int) -> None:
        self._settings.set(DB_RANGE, decibels)
        self._apply()

    def _apply(self) -> None:
        chosen = self._settings.get(COLOUR_MAP), self._settings.get(DB_RANGE)
        self._page.spectrogram.set_colours(*chosen)
        self._page.transport.set_colours(*chosen)


class GenerateView(PagedView):
    """Form and takes on the left, on the right one of five pages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.form = GenerateForm()
        self.start_button = QPushButton(icon("play", "on_accent"), " Generate")
        self.start_button.setProperty("look", "primary")
        self.start_button.clicked.connect(self.form.generate_requested)
        self.empty_page = EmptyState(
            "Make music that nobody has played",
            "Choose a genre, or a song to be like, and press Generate. A small network dreams up "
            "a spectrogram, which is then made sound. Expect a rough sketch, not a song.",
            [self.start_button],
        )
        self.no_model_page = EmptyState(
            "No model that makes music is here",
            "Train a ToyGan on your own music in the Train tab, or import one in the Models "
            "tab. It then appears here at once.",
            [],
        )
        self.take_page = TakePage()
        self.busy_page = BusyPage()
        self.busy_page.cancel_button.setAccessibleName("Cancel what is being made")
        self.trouble_page = TroublePage()
        pages = (
            self.empty_page,
            self.no_model_page,
            self.take_page,
            self.busy_page,
            self.trouble_page,
        )
        super().__init__("Generate", self.form, pages, parent)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.take_page.set_low(self.height() < LOW)
        self.take_page.set_narrow(self.width() < NARROW)

    def show_trouble(self, title: str, sentence: str, *, is_failure: bool = True) -> None:
        """Show that something could not be made, or was cancelled."""
        self.trouble_page.show_trouble(title, sentence, is_failure=is_failure)
        self.show_page(self.trouble_page)

    def show_busy(self, title: str, detail: str, fraction: float | None) -> None:
        """Show that a picture is being made."""
        self.busy_page.show_work(title, detail, fraction)
        self.show_page(self.busy_page)

    def show_wait(self, take: Take) -> None:
        """Show that there is no picture of a take yet, or will be none."""
        if take.state is RowState.CANCELLED:
            self.show_trouble(take.title, "This take was cancelled.", is_failure=False)
        elif not take.is_open:
            self.show_trouble("This take could not be made", take.sentence)
        elif take.state is RowState.WAITING:
            self.show_busy(f"Making {take.title}", "Waiting for its turn", None)
        elif take.song and take.heard is None:
            self.show_busy(f"Listening to {take.song}", "What it sounds like, and its tempo", None)
        else:
            self.show_busy(f"Making {take.title}", "Dreaming up the spectrogram", None)

    # -- questions ---------------------------------------------------------------------

    def ask_unsaved(self, names: list[str]) -> str:
        """Ask what becomes of takes: "save", "discard", or nothing to go on."""
        return ask_unsaved(self.window(), {"take": names})

    def ask_save_path(self, suggestion: str) -> str:
        """Let the user choose where to save; empty if they would rather not."""
        path, _ = QFileDialog.getSaveFileName(self, "Save the take", suggestion, _KINDS)
        return path
