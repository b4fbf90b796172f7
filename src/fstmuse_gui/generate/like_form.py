"""The song that takes are to be like: chosen, dropped, shown and let go of."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from fstmuse_core.audio.sound_files import AUDIO_SUFFIXES, VIDEO_SUFFIXES
from fstmuse_core.system.errors import one_line
from fstmuse_gui.plain import caption, set_tip
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.widgets.controls import tool_button

_NOBODY = "Li&ke a song\N{HORIZONTAL ELLIPSIS}"
_NO_MODEL = "There is no model here that could make music like a song."
_NOT_TOLD = (
    "was not told of songs as it learned, so it cannot make music like one. Choose another model."
)
_INVITATION = "Choose a song, or drop one here, to make music like it"
_PADDING = 44


class LikeField(QWidget):
    """A button that names the song and chooses another, and beside it one that lets go of it.

    Signals
    -------
    choose_requested
        The user wants to choose a song.
    changed
        Another song counts, or none.
    """

    choose_requested = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = ""
        self._why_not = ""
        self._is_hot = False
        self.button = QPushButton()
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self.choose_requested)
        self.remove_button = tool_button("close", "Like no song", "Like no song", side=14)
        self.remove_button.clicked.connect(self._remove)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.button, 1)
        row.addWidget(self.remove_button)
        self._show()

    @property
    def path(self) -> str:
        """Path of the song; empty if there is none."""
        return self._path

    @property
    def asked(self) -> str:
        """Path of the song, if the model can make music like one."""
        return "" if self._why_not else self._path

    @property
    def why_not(self) -> str:
        """Reason why no song can be asked for; empty if one can."""
        return self._why_not

    def show_song(self, path: str) -> None:
        """Show a song from now on; an empty path is none."""
        if path != self._path:
            self._path = path
            self._show()
            self.changed.emit()

    def show_model(self, model: ModelInfo | None) -> None:
        """Offer what this model can do; grey, with the reason, if it was told of no songs."""
        if model is None:
            self._why_not = _NO_MODEL
        elif model.knows_songs:
            self._why_not = ""
        else:
            self._why_not = f"{model.title} {_NOT_TOLD}"
        self._show()

    def ask_song(self) -> str:
        """Let the user choose a song; empty if they would rather not."""
        pattern = " ".join(f"*{suffix}" for suffix in sorted(AUDIO_SUFFIXES | VIDEO_SUFFIXES))
        folder, kinds = os.path.dirname(self._path), f"Sound and video ({pattern});;All files (*)"
        path, _ = QFileDialog.getOpenFileName(self, "Choose a song", folder, kinds)
        return path

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something hangs above the window."""
        self._is_hot = is_highlighted and not self._why_not
        self.button.setProperty("look", "primary" if self._is_hot else "")
        self.button.style().polish(self.button)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(120, super().sizeHint().height())

    def _remove(self) -> None:
        self.show_song("")
        self.button.setFocus()

    def _show(self) -> None:
        name = one_line(Path(self._path).name)
        self.button.setEnabled(not self._why_not)
        self.button.setAccessibleName(f"Like {name}" if name else "Like a song")
        self.button.setAccessibleDescription(self._why_not or self._path or _INVITATION)
        set_tip(self.button, self._why_not or self._path or _INVITATION)
        self.remove_button.setAccessibleName(f"Not like {name}" if name else "Like no song")
        self.remove_button.setVisible(bool(self._path))
        self._fit()

    def _fit(self) -> None:
        """Name the song as far as there is room; the tool tip holds all of it."""
        if self._is_hot:
            self.button.setText("Drop to make music like it")
        elif not self._path:
            self.button.setText(_NOBODY)
        else:
            room = self.button.width() - _PADDING
            words = f"Like: {one_line(Path(self._path).name)}"
            metrics = self.button.fontMetrics()
            self.button.setText(
                caption(metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, room))
            )


class LikeChoice(QObject):
    """Takes the song that is dropped, chosen, or sent by another tab.

    Parameters
    ----------
    field : LikeField
    say : callable
        Shows a notice.

    Signals
    -------
    message(str)
        For the status bar.
    """

    message = Signal(str)

    def __init__(
        self,
        field: LikeField,
        say: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._field, self._say = field, say
        field.choose_requested.connect(self._choose)

    def take(self, paths: list[str]) -> None:
        """Make music like the first of these files from now on, and say so if there are more."""
        if not paths:
            return
        songs = [path for path in paths if not os.path.isdir(path)]
        if not songs:
            self.message.emit("Choose a song, not a folder: a take is like one song.")
            return
        self._field.show_song(songs[0])
        if len(paths) > 1:
            name = one_line(Path(songs[0]).name)
            self.message.emit(f"A take is like one song: {name}, one of {len(paths)}.")
        self.say_if_it_cannot()

    def say_if_it_cannot(self) -> None:
        """Say why no take will be like the song that is shown, if so."""
        if self._field.path and self._field.why_not:
            self._say(self._field.why_not)

    def _choose(self) -> None:
        path = self._field.ask_song()
        if path:
            self.take([path])
