"""The verdict in words, and below it the bar that confirms or corrects it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from fstmuse_core.classify.result import Classification
from fstmuse_gui.plain import PlainLabel, caption, counted, set_tip
from fstmuse_gui.theme import GRID, icon, scaled_font
from fstmuse_gui.widgets.genre_picker import GenrePicker
from fstmuse_gui.widgets.page_parts import keep_size_when_hidden

NOT_SURE = "Not sure"
_SIGN = 16
_MORE = "\N{HORIZONTAL ELLIPSIS}"


def rest_of(sentence: str, headline: str) -> str:
    """The sentence of a verdict without its first words, which a headline has said already."""
    rest = sentence.removeprefix(f"{headline}, ").removeprefix(f"{headline}: ")
    return rest[:1].upper() + rest[1:]


class VerdictPanel(QWidget):
    """One big word, one sentence, what else is heard, and the warnings if there are any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Verdict")
        self._headline = PlainLabel()
        self._headline.setFont(scaled_font(self.font(), 2.5, QFont.Weight.DemiBold))
        self._headline.setWordWrap(True)
        self._sentence = PlainLabel()
        self._sentence.setWordWrap(True)
        self._sentence.setProperty("look", "muted")
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._traits = PlainLabel()
        self._traits.setWordWrap(True)
        self._traits.setAccessibleName("Traits")
        self._traits.setToolTip("As a pre-trained tagger hears them; they are never certain")
        self._traits.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._traits.hide()
        self._warnings = QVBoxLayout()
        self._warnings.setSpacing(GRID // 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self._headline)
        column.addWidget(self._sentence)
        column.addWidget(self._traits)
        column.addSpacing(GRID)
        column.addLayout(self._warnings)
        column.addStretch()

    @property
    def headline(self) -> str:
        """The big word."""
        return self._headline.text()

    @property
    def sentence(self) -> str:
        """Sentence below the verdict."""
        return self._sentence.text()

    @property
    def traits(self) -> str:
        """Styles, moods, eras, voices and instruments, if any."""
        return self._traits.text()

    def show_result(self, result: Classification, note: str = "") -> None:
        """Show the verdict; ``note`` says what else is to be known of it."""
        self.show_verdict(result.verdict.genre, result.verdict.sentence)
        words = " \N{MIDDLE DOT} ".join(trait.word for trait in result.traits)
        self._traits.setText(f"Sounds like: {words}" if words else "")
        self._traits.setVisible(bool(result.traits))
        for warning in result.warnings:
            self._add_line(warning, "warning")
        if note:
            self._add_line(note, "information")

    def show_verdict(self, genre: str | None, sentence: str) -> None:
        """Show a genre, ``None`` for no genre that is sure, and a sentence about it."""
        headline = genre or NOT_SURE
        self.show_words(headline, rest_of(sentence, headline))

    def show_words(self, headline: str, sentence: str) -> None:
        """Say something else."""
        self._headline.setText(headline)
        self._sentence.setText(sentence)
        self._traits.clear()
        self._traits.hide()
        self.setAccessibleDescription(f"{headline}. {sentence}")
        while (item := self._warnings.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()

    def _add_line(self, text: str, kind: str) -> None:
        line = QWidget()
        line.setAccessibleName("Warning" if kind == "warning" else "Note")
        line.setAccessibleDescription(text)
        sign = PlainLabel()
        role = "warning" if kind == "warning" else "accent"
        sign.setPixmap(icon(kind, role).pixmap(_SIGN, _SIGN))
        words = PlainLabel(text)
        words.setWordWrap(True)
        words.setProperty("look", "small")
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(words, 1)
        self._warnings.addWidget(line)


class CorrectionBar(QWidget):
    """Asks for the user's word, and shows it.

    Signals
    -------
    genre_chosen(str)
        The clip is of this genre.
    correct_requested, confirm_requested, undo_requested, train_requested, learn_requested
        A button was pressed.
    use_requested
        The model that has learned is to be used.
    """

    genre_chosen = Signal(str)
    correct_requested = Signal()
    confirm_requested = Signal()
    undo_requested = Signal()
    train_requested = Signal()
    learn_requested = Signal()
    use_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Your correction")
        self.picker = GenrePicker(self)
        self.picker.chosen.connect(self.genre_chosen)
        self.correct_button = QPushButton(icon("edit"), f" Correct{_MORE}")
        self.correct_button.setProperty("look", "chip")
        self.correct_button.setToolTip("Say which genre it really is (C)")
        self.correct_button.clicked.connect(self.correct_requested)
        self.confirm_button = QPushButton(icon("done"), " It is right")
        self.confirm_button.setProperty("look", "chip")
        self.confirm_button.setToolTip("A verdict that is right is worth learning from too (Y)")
        self.confirm_button.clicked.connect(self.confirm_requested)
        self.chip = QPushButton("You said")
        self.chip.setProperty("look", "chip")
        self.chip.setCheckable(True)
        self.chip.setToolTip("Say something else (C)")
        self.chip.clicked.connect(self._on_chip)
        self.undo_button = QPushButton("Undo")
        self.undo_button.setProperty("look", "link")
        self.undo_button.setToolTip("Take it back (Ctrl+Z)")
        self.undo_button.clicked.connect(self.undo_requested)
        self._sum = PlainLabel()
        self._sum.setProperty("look", "small")
        self.learn_button = QPushButton("Learn")
        self.learn_button.setProperty("look", "link")
        self.learn_button.setToolTip(
            "Make or renew my FstMuse from all that you said, in seconds; what FstMuse knew is kept"
        )
        self.learn_button.clicked.connect(self.learn_requested)
        self._learned = PlainLabel()
        self._learned.setProperty("look", "small")
        self._learned.setWordWrap(True)
        self._learned.setAccessibleName("What was learned")
        self.use_button = QPushButton("Use it")
        self.use_button.setProperty("look", "link")
        self.use_button.setAccessibleName("Use my FstMuse")
        self.use_button.setToolTip("Classify with what has learned from you")
        self.use_button.clicked.connect(self.use_requested)
        self.train_button = QPushButton(f"Train on them{_MORE}")
        self.train_button.setProperty("look", "link")
        self.train_button.setToolTip("Choose your corrections as the data set of a training")
        self.train_button.clicked.connect(self.train_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(
            _row(self.correct_button, self.confirm_button, self.chip, self.undo_button)
        )
        column.addLayout(_row(self._sum, self.learn_button, self.train_button))
        # As high while it learns as with the button that comes then.
        keep_size_when_hidden(self.use_button)
        self._learning = QWidget()
        learned = QHBoxLayout(self._learning)
        learned.setContentsMargins(0, 0, 0, 0)
        learned.setSpacing(GRID)
        learned.addWidget(self._learned, 1)
        learned.addWidget(self.use_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._learning)
        self.show_learned("")
        self.show_open(can_confirm=False)
        self.show_count(0)

    @property
    def is_corrected(self) -> bool:
        """True while a correction is shown."""
        return self.chip.isVisibleTo(self)

    @property
    def sum(self) -> str:
        """Text about the number of corrections."""
        return self._sum.text()

    def show_open(self, *, can_confirm: bool) -> None:
        """Show that nothing was said yet; a verdict that names a genre can also be confirmed."""
        self._show(self.correct_button)
        self.confirm_button.setVisible(can_confirm)
        self.setAccessibleDescription("Nothing said yet")

    def name_confirmation(self, genre: str, *, is_sure: bool) -> None:
        """Say what is confirmed: the verdict, or the genre that the model leans to."""
        self.confirm_button.setText(" It is right" if is_sure else caption(f" It is {genre}"))

    def show_correction(self, genre: str) -> None:
        """The user said this."""
        self.chip.setText(caption(f"You said: {genre}"))
        self.chip.setChecked(True)
        self._show(self.chip, self.undo_button)
        self.undo_button.setAccessibleName(f"Take back {genre}")
        self.setAccessibleDescription(f"You said: {genre}")

    def _show(self, *wanted: QPushButton) -> None:
        for button in (self.correct_button, self.confirm_button, self.chip, self.undo_button):
            button.setVisible(button in wanted)

    def show_count(self, count: int) -> None:
        """Show the number of corrections."""
        self._sum.setText(f"{counted(count, 'correction')} so far.")
        self._sum.setVisible(count > 0)
        self.train_button.setVisible(count > 0)
        self.learn_button.setVisible(count > 0)

    @property
    def learned(self) -> str:
        """Text about what was learned last."""
        return self._learned.text()

    def show_learning(self) -> None:
        """Show that it learns now."""
        self.learn_button.setEnabled(False)
        self.show_learned(f"Learning{_MORE}")

    def show_learned(self, text: str, details: str = "", *, can_use: bool = False) -> None:
        """Say what was learned, or why nothing was; ``details`` is the tool tip."""
        self.learn_button.setEnabled(not text.startswith("Learning"))
        self._learned.setText(text)
        set_tip(self._learned, details)
        self._learned.setAccessibleDescription(details or text)
        self._learning.setVisible(bool(text))
        self.use_button.setVisible(can_use)

    def offer(self, said: Sequence[str]) -> None:
        """Genres that the user has said before, to be chosen from too."""
        self.picker.said = said

    def set_busy(self, is_busy: bool) -> None:
        """Disable the buttons while something is written."""
        for button in (self.correct_button, self.confirm_button, self.chip, self.undo_button):
            button.setEnabled(not is_busy)

    def ask(self, own: list[str], current: str) -> None:
        """Let the user choose, from the model's ``own`` genres first; ``current`` is in force."""
        below = self.chip if self.is_corrected else self.correct_button
        self.picker.pop_up(below, own, current)

    def _on_chip(self) -> None:
        self.chip.setChecked(True)  # it is ticked as long as it is seen
        self.correct_requested.emit()


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(GRID)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch()
    return row
