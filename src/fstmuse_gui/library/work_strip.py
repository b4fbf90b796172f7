"""Below the table: what is being done with the library, and how long it will take."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.plain import set_tip
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.elided_label import ElidedLabel

_STEPS = 1000


class WorkStrip(QFrame):
    """A line, a bar and the buttons that matter now.

    Signals
    -------
    start_requested, pause_requested, cancel_requested, retry_requested
        A button was pressed; "pause" also stands for going on.
    """

    start_requested = Signal()
    pause_requested = Signal()
    cancel_requested = Signal()
    retry_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName("Work on the library")
        self._title = ElidedLabel()
        self._detail = ElidedLabel()
        self._detail.setProperty("look", "small")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        self.start_button = QPushButton(icon("play", "on_accent"), " Listen")
        self.start_button.setProperty("look", "primary")
        self.start_button.clicked.connect(self.start_requested)
        self.retry_button = QPushButton(icon("retry"), " Try again")
        self.retry_button.setToolTip("Listen once more to what could not be heard")
        self.retry_button.clicked.connect(self.retry_requested)
        self.pause_button = QPushButton(icon("pause"), " Pause")
        self.pause_button.clicked.connect(self.pause_requested)
        self.cancel_button = QPushButton("Stop")
        self.cancel_button.setProperty("look", "quiet")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self._build()
        self.show_nothing()

    def _build(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._title)
        texts.addWidget(self._detail)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addLayout(texts, 1)
        for button in (
            self.retry_button,
            self.start_button,
            self.pause_button,
            self.cancel_button,
        ):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(row)
        column.addWidget(self._bar)

    @property
    def text(self) -> str:
        """What is said."""
        return f"{self._title.text()} {self._detail.text()}".strip()

    def show_nothing(self) -> None:
        """There is nothing to do, and nothing to say."""
        self.hide()

    def show_scan(self, n_found: int) -> None:
        """Folders are being searched."""
        found = f"{n_found:,} files so far" if n_found else ""
        self._show("Looking for music", found, share=None)
        self.cancel_button.setToolTip("Leave the rest of the folders unsearched")

    def show_work(
        self, title: str, detail: str, share: float | None, *, is_paused: bool = False
    ) -> None:
        """Files are being heard; ``share`` is None while it is not known how many."""
        self._show(title, detail, share=share, buttons=(self.pause_button,))
        name = "Go on" if is_paused else "Pause"
        self.pause_button.setIcon(icon("play" if is_paused else "pause"))
        self.pause_button.setText(f" {name}")
        set_tip(self.pause_button, f"{name} (Ctrl+P)")
        self.cancel_button.setToolTip("Stop; what was heard is kept, and the rest waits")

    def show_rest(self, title: str, detail: str, *, can_start: bool, can_retry: bool) -> None:
        """Nothing is being done, but something could be."""
        buttons = [self.start_button] if can_start else []
        buttons += [self.retry_button] if can_retry else []
        self._show(title, detail, buttons=buttons, is_at_work=False)

    def _show(
        self,
        title: str,
        detail: str,
        *,
        share: float | None = None,
        buttons: tuple[QPushButton, ...] | list[QPushButton] = (),
        is_at_work: bool = True,
    ) -> None:
        self._title.set_text(title)
        self._detail.set_text(detail)
        self._detail.setVisible(bool(detail))
        self._bar.setVisible(is_at_work)
        if is_at_work:
            self._bar.setRange(0, 0 if share is None else _STEPS)
            if share is not None:
                self._bar.setValue(round(share * _STEPS))
        for button in (self.start_button, self.retry_button, self.pause_button):
            button.setVisible(button in buttons)
        self.cancel_button.setVisible(is_at_work)
        self.setAccessibleDescription(f"{title}. {detail}")
        self.show()
