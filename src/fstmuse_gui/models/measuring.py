"""Measures a model on the user's music, or two on the same, as ``fstmuse evaluate`` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QProcess, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.bundle.manifest import CLASSIFIER
from fstmuse_core.bundle.model_list import ModelEntry
from fstmuse_core.system.child_process import child_command
from fstmuse_core.system.strict_json import parse_json
from fstmuse_core.system.wording import guessing, recorded_share
from fstmuse_gui.plain import PlainLabel, counted, unbroken, visible
from fstmuse_gui.shared.measures import MeasuresView, measures
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.controls import choice
from fstmuse_gui.widgets.dialogs import FittingDialog
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars
from fstmuse_gui.widgets.page_parts import ElidedLabel, heading, plain_text, small_text

_NOBODY = "alone"
_MORE = "\N{HORIZONTAL ELLIPSIS}"
_KILLED_MS = 3000


def sentence_of(title: str, values: dict[str, Any]) -> str:
    """Say how often a model is right, beside what guessing would get."""
    songs = sum(values["songs"].values())
    share = recorded_share(values["accuracy"], songs, tuple(values.get("interval") or ()))
    return unbroken(f"{visible(title)}: {share.said()}; {guessing(values['songs'])}.")


class ModelResult(QWidget):
    """Figures measured of one model."""

    def __init__(self, title: str, values: dict[str, Any]) -> None:
        super().__init__()
        self.sentence = plain_text("")
        self.sentence.setText(sentence_of(title, values))
        self.note = small_text(f"Mind: {values['note']}." if values.get("note") else "")
        self.note.setVisible(bool(self.note.text()))
        self.recall = GenreBars(f"Recall of each genre by {title}")
        self.recall.show_bars(_bars(values))
        self.measures = MeasuresView()
        self.measures.show_measures(
            measures(tuple(values["recall"]), values["confusion"], values["ece"])
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, GRID)
        column.setSpacing(GRID)
        for part in (heading(self, visible(title)), self.sentence, self.note):
            column.addWidget(part)
        column.addWidget(self.recall)
        column.addWidget(self.measures)


def _bars(values: dict[str, Any]) -> list[GenreBar]:
    bars = []
    for genre, recall in values["recall"].items():
        if songs := int(values["songs"].get(genre, 0)):
            found = unbroken(recorded_share(recall, songs).number)
            bars.append(GenreBar(genre, recall, found, counted(songs, "song")))
    return bars


def ask_folder(parent: QWidget) -> str:
    """Ask for labelled music; empty if there is none."""
    return QFileDialog.getExistingDirectory(parent, "Music whose genres are known")


class MeasureDialog(FittingDialog):
    """Asks on what music, and beside which other model; then measures and shows.

    Parameters
    ----------
    parent : QWidget
    model : ModelEntry
        The model that is measured.
    others : sequence of ModelEntry
        Those that it can be compared with.
    folder : callable
        Asks for the music.

    Signals
    -------
    ended
        There is a result, or a reason why there is none.
    """

    ended = Signal()

    def __init__(
        self,
        parent: QWidget,
        model: ModelEntry,
        others: Sequence[ModelEntry],
        folder: Callable[[QWidget], str] = ask_folder,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Measure {visible(model.title)} on music")
        self._model, self._ask_folder = model, folder
        self._titles = {entry.name: entry.title for entry in (model, *others)}
        self._data = ""
        self.results: list[ModelResult] = []
        self._process = QProcess(self)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(lambda _error: self._on_finished(1))
        offered = {_NOBODY: "no other model"}
        offered |= {e.name: e.title for e in others if e.kind == CLASSIFIER and e != model}
        self.other = choice(offered, "Model to compare with")
        self.set_parts(self._build_body(), self._build_foot())
        self.resize(640, 560)

    def _build_body(self) -> QWidget:
        body = QWidget()
        self._folder = ElidedLabel("No music chosen yet")
        self.folder_button = QPushButton(f"Choose a folder{_MORE}")
        self.folder_button.clicked.connect(self._choose)
        music, beside = QHBoxLayout(), QHBoxLayout()
        music.addWidget(self._folder, 1)
        music.addWidget(self.folder_button)
        label = PlainLabel("&Compare with")
        label.setBuddy(self.other)
        beside.addWidget(label)
        beside.addWidget(self.other, 1)
        # Room is kept for it, so that nothing moves when it comes.
        self.work = QProgressBar()
        self.work.setRange(0, 1)
        self.work.setTextVisible(False)
        self.work.setAccessibleName("Measuring")
        self._said = plain_text("muted")
        self._said.setText(
            "Folders are genres, or tags say them. The model hears every song as Classify would."
        )
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self._column.addWidget(heading(body, f"Measure {visible(self._model.title)} on music"))
        self._column.addLayout(music)
        self._column.addLayout(beside)
        self._column.addWidget(self.work)
        self._column.addWidget(self._said)
        self._column.addStretch()
        return body

    def _build_foot(self) -> QHBoxLayout:
        self.start_button = QPushButton("Measure")
        self.start_button.setProperty("look", "primary")
        self.start_button.setDefault(True)
        self.start_button.setEnabled(False)
        self.start_button.clicked.connect(self.start)
        close = QPushButton("Close")
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addStretch()
        foot.addWidget(close)
        foot.addWidget(self.start_button)
        return foot

    @property
    def said(self) -> str:
        """Sentence about the measurement."""
        return self._said.text()

    @property
    def is_busy(self) -> bool:
        """True while it measures."""
        return self._process.state() is not QProcess.ProcessState.NotRunning

    def _choose(self) -> None:
        folder = self._ask_folder(self)
        if folder:
            self._data = folder
            self._folder.set_text(folder)
            self.start_button.setEnabled(True)

    def command(self) -> list[str]:
        """The command that measures."""
        other = str(self.other.currentData())
        options = ("--data", self._data, "--format", "json")
        if other == _NOBODY:
            words = ("evaluate", "--model", self._model.name, *options)
        else:
            words = ("compare", self._model.name, other, *options)
        return child_command("fstmuse_core.cli", *words)

    def start(self) -> None:
        """Measure."""
        if self.is_busy or not self._data:
            return
        self._clear()
        self._said.setText(f"Listening to the music{_MORE} This may take minutes.")
        self.work.setRange(0, 0)
        self.start_button.setEnabled(False)
        program, *words = self.command()
        self._process.start(program, words)

    def _on_finished(self, code: int) -> None:
        self.work.setRange(0, 1)
        self.start_button.setEnabled(True)
        told = bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")
        words = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        if code != 0:
            last = [line for line in words.splitlines() if line.strip()][-1:]
            self._said.setText(last[0] if last else "It could not be measured.")
        else:
            self._show(parse_json(told))
        self.ended.emit()

    def _show(self, values: dict[str, Any]) -> None:
        self._said.setText(str(values.get("sentence", "Measured here, on this music.")))
        for side in [values["a"], values["b"]] if "a" in values else [values]:
            title = self._titles.get(str(side["model"]), str(side["model"]))
            result = ModelResult(title, side)
            self.results.append(result)
            self._column.insertWidget(self._column.count() - 1, result)

    def _clear(self) -> None:
        for result in self.results:
            self._column.removeWidget(result)
            result.deleteLater()
        self.results = []

    def done(self, code: int) -> None:
        """Close, and measure no further."""
        if self.is_busy:
            self._process.blockSignals(True)
            self._process.terminate()
            if not self._process.waitForFinished(_KILLED_MS):
                self._process.kill()
                self._process.waitForFinished(_KILLED_MS)
        super().done(code)
