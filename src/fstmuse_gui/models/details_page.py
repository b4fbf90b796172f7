"""Page about one model: its figures, its card, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.bundle.figures import ModelFigures
from fstmuse_core.bundle.manifest import CLASSIFIER, GENERATOR, TAGGER
from fstmuse_core.bundle.model_list import ModelDetails, ModelEntry
from fstmuse_gui.models import words
from fstmuse_gui.models.card_view import CardView, TallText
from fstmuse_gui.plain import PlainLabel, unbroken
from fstmuse_gui.shared.measures import MeasuresView, measures
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.widgets.confusion_view import ConfusionView
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars
from fstmuse_gui.widgets.page_parts import (
    BigNumber,
    PageHeader,
    TwoColumns,
    heading,
    lay_side_by_side,
    plain_text,
    scrolled,
    small_text,
)

_CLASSIFIER_NAMES = ("Accuracy", "Found of each genre")
_GENERATOR_NAMES = ("Heard as asked for", "The same for each genre")
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


class DetailsPage(QWidget):
    """Shows a model.

    Signals
    -------
    use_requested, fine_tune_requested, measure_requested, export_requested, rename_requested,
    delete_requested
        A button was pressed.
    """

    use_requested = Signal()
    fine_tune_requested = Signal()
    measure_requested = Signal()
    export_requested = Signal()
    rename_requested = Signal()
    delete_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("About the model")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addLayout(self._build_header())
        inside = QWidget()
        body = QVBoxLayout(inside)
        body.setContentsMargins(0, GRID, GRID, 0)
        body.setSpacing(3 * GRID)
        body.addWidget(self._build_trouble())
        self._claim = plain_text("muted")
        body.addWidget(self._claim)
        body.addWidget(self._build_figures())
        body.addLayout(self._build_facts())
        body.addWidget(self._build_card())
        body.addStretch()
        self._area = scrolled(inside)
        # There is nothing in the page that takes the keys of a long one.
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._area.setAccessibleName("About the model")
        column.addWidget(self._area, 1)

    # -- building ----------------------------------------------------------------------

    def _build_header(self) -> QVBoxLayout:
        self.use_button = QPushButton(icon("music", "on_accent"), " Use")
        self.use_button.setProperty("look", "primary")
        self.use_button.clicked.connect(self.use_requested)
        self.tune_button = QPushButton(icon("tune"), f" Fine-tune this{_ELLIPSIS}")
        self.tune_button.setToolTip("Train it further on other music, also onto other genres")
        self.tune_button.clicked.connect(self.fine_tune_requested)
        self.measure_button = QPushButton(f"Measure{_ELLIPSIS}")
        self.measure_button.setToolTip("How good it is on your music, alone or beside another")
        self.measure_button.clicked.connect(self.measure_requested)
        self.export_button = QPushButton(icon("export"), f" Export{_ELLIPSIS}")
        self.export_button.setToolTip("Write it as one file, to keep it or to hand it on")
        self.export_button.clicked.connect(self.export_requested)
        self.rename_button = tool_button("rename", "Rename this model", "Rename (F2)", side=16)
        self.rename_button.clicked.connect(self.rename_requested)
        self.delete_button = tool_button(
            "delete", "Delete this model", "Delete (Del); it can be undone", side=16
        )
        self.delete_button.clicked.connect(self.delete_requested)
        self._head = PageHeader(self, (self.rename_button, self.delete_button))
        self._buttons = buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        self._row = (self.use_button, self.tune_button, self.measure_button, self.export_button)
        for button in self._row:
            buttons.addWidget(button)
        buttons.addStretch()
        header = QVBoxLayout()
        header.setSpacing(2 * GRID)
        header.addLayout(self._head)
        header.addLayout(buttons)
        return header

    def _build_trouble(self) -> QLabel:
        self._trouble = plain_text("danger")
        return self._trouble

    def _build_figures(self) -> QWidget:
        self._accuracy = BigNumber("Accuracy")
        self._f1 = BigNumber("Macro-F1", "The mean over the genres, each counting alike; 1 is best")
        numbers = QHBoxLayout()
        numbers.setSpacing(5 * GRID)
        numbers.addWidget(self._accuracy)
        numbers.addWidget(self._f1)
        numbers.addStretch()
        self.recall = GenreBars("Recall of each genre")
        self._doubt = small_text()
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addLayout(numbers)
        left.addSpacing(GRID)
        self._recall_heading = heading(self)
        left.addWidget(self._recall_heading)
        left.addWidget(self.recall)
        left.addWidget(self._doubt)
        left.addSpacing(GRID)
        self.measures = MeasuresView()
        left.addWidget(self.measures)
        left.addStretch()
        self.confusion = ConfusionView()
        caption = small_text("Songs of the test. Rows: what they are. Columns: what is heard.")
        self._matrix = QWidget()
        right = QVBoxLayout(self._matrix)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(GRID // 2)
        self._matrix_heading = heading(self)
        right.addWidget(self._matrix_heading)
        right.addWidget(caption)
        right.addWidget(self.confusion)
        right.addStretch()
        self._figures = TwoColumns(left, self._matrix)
        return self._figures

    def _build_facts(self) -> QGridLayout:
        self._facts = QGridLayout()
        self._shown_facts: list[tuple[str, str]] = []
        self._facts.setHorizontalSpacing(3 * GRID)
        self._facts.setVerticalSpacing(GRID - 2)
        self._facts.setColumnStretch(1, 1)
        return self._facts

    def _build_card(self) -> QWidget:
        self.card = CardView()
        frame = QFrame()
        frame.setObjectName("card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        inside.addWidget(self.card)
        self._card = QWidget()
        column = QVBoxLayout(self._card)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        self._card_heading = heading(self, "Model card")
        column.addWidget(self._card_heading)
        column.addWidget(frame)
        return self._card

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        shown = [button for button in self._row if not button.isHidden()]
        needed = sum(button.sizeHint().width() + GRID for button in shown)
        lay_side_by_side(self._buttons, is_narrow=self.width() < needed)

    # -- showing -----------------------------------------------------------------------

    def show_details(self, details: ModelDetails) -> None:
        """Show a model."""
        entry, figures = details.entry, details.figures
        self._head.say(entry.title, words.summary_line(entry))
        self._trouble.setText(f"It cannot be used: {entry.trouble}." if entry.trouble else "")
        self._trouble.setVisible(bool(entry.trouble))
        self._show_buttons(details)
        self._claim.setText(words.unmeasured_note(details))
        self._claim.setVisible(bool(self._claim.text()))
        self._card_heading.setText("Model card, by its maker" if details.claim else "Model card")
        self._show_figures(figures, entry)
        self._show_facts(words.facts(details))
        self._card.setVisible(bool(details.card))
        self.card.show_card(details.card)
        self._area.verticalScrollBar().setValue(0)
        self.setAccessibleDescription(f"{entry.title}. {words.summary_line(entry)}")

    def _show_figures(self, figures: ModelFigures, entry: ModelEntry) -> None:
        self._figures.setVisible(figures.accuracy is not None or bool(figures.genres))
        name, title = _GENERATOR_NAMES if entry.kind == GENERATOR else _CLASSIFIER_NAMES
        self._accuracy.set_number(words.accuracy_text(figures))
        self._accuracy.set_name(
            words.figure_label(words.accuracy_caption(figures, name), entry, "\n")
        )
        self._f1.set_number("" if figures.macro_f1 is None else f"{figures.macro_f1:.2f}")
        self._f1.set_name(words.figure_label("Macro-F1", entry, "\n"))
        is_few = figures.share is not None and figures.share.is_few
        self._f1.setVisible(figures.macro_f1 is not None and not is_few)
        self._recall_heading.setText(words.figure_label(title, entry))
        self._recall_heading.setVisible(bool(figures.genres))
        self.recall.setAccessibleName(words.figure_label("Recall of each genre", entry))
        self.recall.show_bars(
            [
                GenreBar(
                    row.genre,
                    row.recall or 0.0,
                    unbroken(row.found),
                    words.sample_size(row),
                    is_doubtful=words.is_thin(row),
                )
                for row in figures.genres
            ]
        )
        self._doubt.setText(words.few_artists_note(figures.genres))
        self._doubt.setVisible(bool(self._doubt.text()))
        genres = [row.genre for row in figures.genres]
        is_classifier = entry.kind == CLASSIFIER
        self.measures.show_measures(
            measures(genres, figures.confusion, figures.ece) if is_classifier else []
        )
        self._matrix.setVisible(bool(figures.confusion))
        self._matrix_heading.setText(words.figure_label("What is heard as what", entry))
        self.confusion.show_counts(tuple(row.genre for row in figures.genres), figures.confusion)

    def _show_buttons(self, details: ModelDetails) -> None:
        entry = details.entry
        is_sound = not entry.trouble
        self.use_button.setText(f" Use in {words.tab_for(entry)}")
        # A tagger works for classifiers, and comes with them.
        is_used = is_sound and entry.kind != TAGGER
        self.use_button.setVisible(is_used)
        names_genres = is_sound and entry.kind == CLASSIFIER
        self.tune_button.setVisible(names_genres)
        self.measure_button.setVisible(names_genres)
        self.export_button.setVisible(is_used)
        for button in (self.rename_button, self.delete_button):
            button.setVisible(not entry.is_shipped)

    def _show_facts(self, facts: list[tuple[str, str]]) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        for row, (label, value) in enumerate(facts):
            name = PlainLabel(label)
            name.setProperty("look", "muted")
            name.setAccessibleName(label)
            text = TallText(label)
            text.show_plain(value)
            self._facts.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(text, row, 1)
        self._shown_facts = facts

    @property
    def spoken_facts(self) -> list[str]:
        """The facts, as a screen reader says them."""
        return [f"{label}: {value}" for label, value in self._shown_facts]
