"""Settings of the form as the command line that the child gets, and that line to look at."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QResizeEvent, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QWidget

from fstmuse_core.bundle.bundle import name_key
from fstmuse_core.bundle.changes import name_of
from fstmuse_core.runs import spec
from fstmuse_core.system.errors import BundleError
from fstmuse_core.tags.genres import listed_genres
from fstmuse_gui.theme import icon, scaled_font
from fstmuse_gui.train.form.recipe import MODEL_KINDS, Recipe, recipe_words
from fstmuse_gui.train.words import as_sentence
from fstmuse_gui.widgets.controls import CollapsibleBox


@dataclass(frozen=True)
class TrainOptions:
    """Values of the whole form.

    Attributes
    ----------
    data : tuple of str
        Data sets as the command line names them.
    model, design : str
    genres : tuple of str
        Those that the model is to name.
    name : str
        Name that it will have.
    recipe : mapping
    fine_tune : str
        The model it starts from; empty to begin anew.
    tensorboard : str
        Folder for TensorBoard's logs; empty for none.
    kinds : tuple of str
        Kind by which each data set is to be read; empty where all are found out.
    tag_encoding : str
        Encoding of old tags.
    """

    data: tuple[str, ...]
    model: str
    design: str
    genres: tuple[str, ...]
    name: str
    recipe: Recipe = field(default_factory=dict)
    fine_tune: str = ""
    tensorboard: str = ""
    kinds: tuple[str, ...] = ()
    tag_encoding: str = spec.TAG_ENCODING.default

    def arguments(self) -> list[str]:
        """Return what follows ``fstmuse train``."""
        values: list[tuple[spec.AnySetting, str]] = [
            (spec.MODEL, self.model),
            (spec.DESIGN, self.design),
            *((spec.DATA, path) for path in self.data),
            *((spec.KINDS, kind) for kind in self.kinds),
            (spec.GENRES, listed_genres(self.genres)),
            (spec.OUT, self.name),
        ]
        if self.tag_encoding != spec.TAG_ENCODING.default:
            values.append((spec.TAG_ENCODING, self.tag_encoding))
        values += [(spec.FINE_TUNE, self.fine_tune)] if self.fine_tune else []
        logs = spec.TENSORBOARD.is_for(self.model, self.design) and self.tensorboard
        values += [(spec.TENSORBOARD, logs)] if logs else []
        words = [word for setting, value in values for word in (setting.option, value)]
        return words + recipe_words(self.recipe, self._fields())

    def _fields(self) -> list[str]:
        """Fields of the recipe that the command line names."""
        fields = MODEL_KINDS[self.model].fields
        if self.design != spec.QUICK:
            return list(fields)
        return [name for name in fields if spec.SETTINGS[name].is_for(self.model, self.design)]


def command_line(arguments: Sequence[str]) -> str:
    """``fstmuse train`` with these arguments, as one types it into a terminal."""
    return quoted(["fstmuse", "train", *arguments])


def quoted(words: Sequence[str]) -> str:
    """A command as one types it into a terminal of this system."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def name_trouble(name: str) -> str:
    """Return why a model cannot be called ``name``; empty if it can."""
    if not name:
        return "Give the model a name."
    try:
        name_of(name)
    except BundleError as error:
        return as_sentence(f"{error.reason}; {error.remedy}")
    return ""


def free_name(data: str, taken: set[str]) -> str:
    """A name after the folder that no model has yet."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(data).stem).strip("-").lower()[:40] or "music"
    return next_name(f"my-{stem.removeprefix('my-').removeprefix('your-')}", taken)


def is_taken(name: str, taken: Collection[str]) -> bool:
    """True if one of the models ``taken`` is meant by ``name`` too."""
    return name_key(name) in map(name_key, taken)


def next_name(name: str, taken: set[str]) -> str:
    """``name`` itself if no model has it, else with the next number that is free."""
    if not is_taken(name, taken):
        return name
    base, _, end = name.rpartition("-")
    base, number = (base, int(end) + 1) if base and end.isdigit() else (name, 2)
    while is_taken(f"{base}-{number}", taken):
        number += 1
    return f"{base}-{number}"


# Command box --------------------------------------------------------------------------------

_EDGES = 18


class CommandBox(CollapsibleBox):
    """Shows a command; Copy puts it on the clipboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Command line", "The same as a command line", parent)
        self._text = _Lines()
        self.copy_button = QPushButton(icon("copy"), " Copy")
        self.copy_button.setAccessibleName("Copy the command line")
        self.copy_button.setToolTip("Train with it in a terminal: the model is the same")
        self.copy_button.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.copy_button)
        self.column.addWidget(self._text)
        self.column.addLayout(row)

    def show_arguments(self, arguments: Sequence[str]) -> None:
        """Show ``fstmuse train`` with these arguments."""
        line = command_line(arguments)
        if line != self._text.toPlainText():
            self._text.setPlainText(line)
            self._text.fit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())


class _Lines(QPlainTextEdit):
    """Text box as high as its text."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setObjectName("command")
        self.setAccessibleName("Command line")
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.setFont(scaled_font(fixed, 0.92))

    def fit(self) -> None:
        """Take as many lines as the text has at this width."""
        lines = round(self.document().size().height())
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + _EDGES)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
