"""Data sets as people see them: the list in the form, and the page about what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.datasets.survey import MIN_ARTISTS, SetCount, Survey, set_name
from fstmuse_gui.plain import PlainLabel, counted, set_tip
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.train.words import GAP
from fstmuse_gui.widgets.controls import Field, tool_button
from fstmuse_gui.widgets.drops import ignore_drops
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars
from fstmuse_gui.widgets.page_parts import ElidedLabel, PageHeader, heading, plain_text, scrolled

_SIGN = 16
_SOURCES = {
    "folders": ("Folders", "The names of the folders are the genres"),
    "tags": ("Tags", "The genres are those in the files' tags"),
}
_STEPS = 1000
_MOST_ENTRIES = 30


class DataList(QWidget):
    """Shows the data sets.

    Signals
    -------
    entered(str)
        A path was typed.
    removed(str)
        A data set is to be used no longer.
    source_chosen(str, str)
        The genres of this data set stand in its "folders", or in its "tags".
    browse_requested, corrections_requested
        A button was pressed.
    """

    entered = Signal(str)
    removed = Signal(str)
    source_chosen = Signal(str, str)
    browse_requested = Signal()
    corrections_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, _Row] = {}
        self.line = QLineEdit()
        ignore_drops(self.line)
        self.line.setPlaceholderText("Drop folders of music here")
        self.line.setAccessibleName("Add a data set")
        self.line.editingFinished.connect(self._on_line)
        self.browse_button = tool_button(
            "open", "Choose a folder of music", "Add a folder (Ctrl+D)"
        )
        self.browse_button.clicked.connect(self.browse_requested)
        self.corrections_button = tool_button(
            "why", "Add your corrections", "Add the verdicts that you have corrected in Classify"
        )
        self.corrections_button.clicked.connect(self.corrections_requested)
        self.corrections_button.setEnabled(False)
        tip = "Folders named after genres of any name, tagged music, a manifest.csv, or FMA."
        self._field = Field("D&ata sets", self.line, tip)
        self._field.add_beside(self.browse_button)
        self._field.add_beside(self.corrections_button)
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(6)
        outer.addWidget(self._field)
        outer.addLayout(self._column)

    def _on_line(self) -> None:
        path = self.line.text().strip()
        if path:
            self.entered.emit(path)

    @property
    def trouble(self) -> str:
        """Fault that is shown."""
        return self._field.trouble

    @property
    def remove_buttons(self) -> dict[str, QToolButton]:
        """The buttons of the rows, by path."""
        return {path: row.remove_button for path, row in self._rows.items()}

    @property
    def sources(self) -> dict[str, dict[str, QPushButton]]:
        """The buttons "folders" and "tags" of the rows that have them, by path."""
        return {path: row.sources for path, row in self._rows.items() if row.sources}

    def spoken(self) -> list[str]:
        """Texts that a screen reader says of each data set."""
        return [f"{r.accessibleName()}: {r.accessibleDescription()}" for r in self._rows.values()]

    def show_trouble(self, sentence: str) -> None:
        """Say what is wrong; an empty sentence takes it back."""
        self._field.show_trouble(sentence)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up the field that takes what hangs above the window."""
        self.line.setProperty("look", "hot" if is_highlighted else "")
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)

    def show_sets(self, paths: Sequence[str], known: Sequence[SetCount]) -> None:
        """Show these; those not yet ``known`` are being read."""
        for row in self._rows.values():
            self._column.removeWidget(row)
            row.setParent(None)
            row.deleteLater()
        found = {one.path: one for one in known}
        self._rows = {path: self._row(path, found.get(path)) for path in paths}
        before: QWidget = self.corrections_button
        for row in self._rows.values():
            for button in (row.remove_button, *row.sources.values()):
                QWidget.setTabOrder(before, button)
                before = button

    def _row(self, path: str, found: SetCount | None) -> _Row:
        row = _Row(path, found, self)
        row.remove_button.clicked.connect(lambda: self.removed.emit(path))
        for source, button in row.sources.items():
            button.clicked.connect(lambda *_, source=source: self.source_chosen.emit(path, source))
        self._column.addWidget(row)
        row.show()
        return row


class _Row(QFrame):
    """Name, kind and clips of a data set, and a way to be rid of it."""

    def __init__(self, path: str, found: SetCount | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("data-set")
        name = ElidedLabel()
        name.set_text(set_name(path))
        set_tip(name, path)
        is_bad = found is not None and bool(found.trouble)
        about = PlainLabel() if is_bad else ElidedLabel()
        about.setText(_about(found))
        about.setWordWrap(is_bad)
        about.setProperty("look", "danger" if is_bad else "small")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.remove_button = tool_button(
            "close", f"Remove {set_name(path)}", "Remove it from the list", side=_SIGN
        )
        self.setAccessibleName(set_name(path))
        self.setAccessibleDescription(_about(found))
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(name)
        texts.addWidget(about)
        self.sources = _source_buttons(found.source, self) if found and found.source else {}
        if self.sources:
            texts.addLayout(_source_row(self.sources))
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID + 2, 5, 2, 5)
        row.setSpacing(4)
        row.addLayout(texts, 1)
        row.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignTop)


def _source_buttons(chosen: str, parent: QWidget) -> dict[str, QPushButton]:
    """Choice of the place where the genres of a data set stand; one of two is taken."""
    buttons = {source: QPushButton(text, parent) for source, (text, _) in _SOURCES.items()}
    group = QButtonGroup(parent)
    for source, button in buttons.items():
        button.setProperty("look", "chip")
        button.setCheckable(True)
        button.setChecked(source == chosen)
        set_tip(button, _SOURCES[source][1])
        button.setAccessibleName(_SOURCES[source][1])
        group.addButton(button)
    return buttons


def _source_row(buttons: Mapping[str, QPushButton]) -> QHBoxLayout:
    caption = PlainLabel("Genres from")
    caption.setProperty("look", "small")
    row = QHBoxLayout()
    row.setContentsMargins(0, 4, 0, 2)
    row.setSpacing(6)
    row.addWidget(caption)
    for button in buttons.values():
        row.addWidget(button)
    row.addStretch()
    return row


def _about(found: SetCount | None) -> str:
    if found is None:
        return "Looking at the songs\N{HORIZONTAL ELLIPSIS}"
    if found.trouble:
        return f"{found.trouble[:1].upper()}{found.trouble[1:]}."
    return GAP.join([found.kind, counted(found.clips, "clip")])


class DataPage(QWidget):
    """Shows a data set.

    Signals
    -------
    check_requested, stop_requested, save_requested
        A button was pressed.
    """

    check_requested = Signal()
    stop_requested = Signal()
    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Data set")
        self.bars = GenreBars("Clips and artists of each genre")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addLayout(self._build_head())
        column.addWidget(self._build_progress())
        inside = QWidget()
        body = QVBoxLayout(inside)
        body.setContentsMargins(0, 0, GRID, 0)
        body.setSpacing(GRID)
        body.addWidget(self.bars)
        body.addSpacing(2 * GRID)
        self._heading = heading(self, "Worth knowing")
        body.addWidget(self._heading)
        self._findings = QVBoxLayout()
        self._findings.setSpacing(GRID)
        body.addLayout(self._findings)
        body.addSpacing(GRID)
        self._aside_heading = heading(self, "Files that are set aside")
        body.addWidget(self._aside_heading)
        self._aside = plain_text("small")
        body.addWidget(self._aside)
        body.addStretch()
        column.addWidget(scrolled(inside), 1)
        self._said: list[str] = []

    def _build_head(self) -> PageHeader:
        self.check_button = QPushButton(icon("done"), " Check every file")
        set_tip(
            self.check_button,
            "Listen to every file: damaged, silent and short ones, clipping, the same sound twice",
        )
        self.check_button.clicked.connect(self.check_requested)
        self.save_button = QPushButton(icon("save"), " Save the report\N{HORIZONTAL ELLIPSIS}")
        self.save_button.clicked.connect(self.save_requested)
        self._head = PageHeader(self, (self.save_button, self.check_button))
        return self._head

    def _build_progress(self) -> QWidget:
        self._work = QWidget()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the check")
        self._where = PlainLabel()
        self._where.setProperty("look", "muted")
        self.stop_button = QPushButton("Cancel")
        self.stop_button.setProperty("look", "quiet")
        self.stop_button.setAccessibleName("Cancel the check")
        self.stop_button.clicked.connect(self.stop_requested)
        row = QHBoxLayout(self._work)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        row.addWidget(self._bar, 1)
        row.addWidget(self._where)
        row.addWidget(self.stop_button)
        self._work.hide()
        return self._work

    @property
    def findings(self) -> list[str]:
        """Findings that are shown."""
        return list(self._said)

    def show_survey(self, survey: Survey) -> None:
        """Show what is known without listening to the files."""
        self._show(survey, survey.findings)
        self._show_aside([])
        self.check_button.setText(" Check every file")
        self.save_button.hide()
        self._work.hide()
        self.check_button.setEnabled(True)

    def show_report(self, survey: Survey, findings: list[str], set_aside: list[str]) -> None:
        """Show what was found by listening to the files."""
        self._show(survey, findings)
        self._show_aside(set_aside)
        self.check_button.setText(" Check again")
        self.save_button.show()

    def show_checking(self, done: int, total: int) -> None:
        """The files are being listened to."""
        self._work.show()
        self.check_button.setEnabled(False)
        self._bar.setRange(0, _STEPS if total else 0)
        self._bar.setValue(round(_STEPS * done / max(1, total)))
        self._where.setText(f"{done:,} of {total:,} files" if total else "Getting ready")

    def show_idle(self) -> None:
        """Nothing is being listened to."""
        self._work.hide()
        self.check_button.setEnabled(True)

    def _show(self, survey: Survey, findings: list[str]) -> None:
        self._head.say(
            survey.name,
            GAP.join(
                [
                    survey.kind,
                    f"{survey.n_clips:,} clips",
                    f"{survey.n_artists:,} artists" if survey.n_artists else "artists unknown",
                ]
            ),
        )
        most = max((count.clips for count in survey.genres), default=1)
        self.bars.show_bars(
            [
                GenreBar(
                    count.genre,
                    count.clips / most,
                    f"{count.clips:,}",
                    _people(count.artists),
                    is_doubtful=count.artists < MIN_ARTISTS,
                )
                for count in survey.genres
            ]
        )
        self._said = findings or ["Nothing stands in the way of training on it."]
        while (item := self._findings.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        for sentence in self._said:
            line = _finding(sentence, is_good=not findings)
            self._findings.addWidget(line)
            line.show()

    def _show_aside(self, entries: list[str]) -> None:
        shown = entries[:_MOST_ENTRIES]
        if len(entries) > len(shown):
            shown.append(f"and {len(entries) - len(shown)} more; the saved report names them all")
        self._aside.setText("\n".join(shown))
        self._aside.setVisible(bool(entries))
        self._aside_heading.setText(f"Files that are set aside ({len(entries)})")
        self._aside_heading.setVisible(bool(entries))


def _people(artists: int) -> str:
    if not artists:
        return "artists unknown"
    return counted(artists, "artist")


def _finding(sentence: str, *, is_good: bool) -> QWidget:
    line = QWidget()
    line.setAccessibleName("Worth knowing")
    line.setAccessibleDescription(sentence)
    sign = PlainLabel()
    name, role = ("done", "accent") if is_good else ("warning", "warning")
    sign.setPixmap(icon(name, role).pixmap(_SIGN, _SIGN))
    words = PlainLabel(sentence)
    words.setWordWrap(True)
    words.setProperty("look", "muted")
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GRID)
    row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(words, 1)
    return line
