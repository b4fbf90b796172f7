"""The doctor's panel: what a data set holds, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.train.data.survey import MIN_ARTISTS, Survey
from fstmuse_gui.train.words import GAP
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars
from fstmuse_gui.widgets.page_parts import PageHead, heading, plain_text, scrolled

_STEPS = 1000
_SIGN = 16
_MOST_ENTRIES = 30


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

    def _build_head(self) -> PageHead:
        self.check_button = QPushButton(icon("done"), " Check every file")
        set_tip(
            self.check_button,
            "Listen to every file: damaged, silent and short ones, clipping, the same sound twice",
        )
        self.check_button.clicked.connect(self.check_requested)
        self.save_button = QPushButton(icon("save"), " Save the report\N{HORIZONTAL ELLIPSIS}")
        self.save_button.clicked.connect(self.save_requested)
        self._head = PageHead(self, (self.save_button, self.check_button))
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
    return "1 artist" if artists == 1 else f"{artists:,} artists"


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
