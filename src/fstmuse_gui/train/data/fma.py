"""Getting FMA from its authors, beside everything else, and the line that says how far it is."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_gui.plain import set_tip
from fstmuse_gui.train.words import as_sentence
from fstmuse_gui.widgets.controls import LineBox
from fstmuse_gui.widgets.dialogs import Answer, Question

if TYPE_CHECKING:
    from fstmuse_gui.train.view import TrainView

_log = logging.getLogger(__name__)

_GIBIBYTE = 2**30
# A network that does not answer must not keep the window from closing.
_PATIENCE_S = 1.0

# Name of the set, its folder, whom to tell of step, bytes and bytes in all, and whom to ask.
Fetch = Callable[[str, Path, Callable[[str, int, int], None], Callable[[], bool]], None]
ANOTHER_FOLDER = "another folder"
_ASKING = "Asking for it"
_CANCELLING = "Cancelling\N{HORIZONTAL ELLIPSIS} what has come is kept"


class FmaSet(StrEnum):
    """Sets that can be downloaded."""

    SMALL = "fma-small"
    MEDIUM = "fma-medium"


def fetch(
    name: str, folder: Path, tell: Callable[[str, int, int], None], cancelled: Callable[[], bool]
) -> None:
    """Download, check and unpack what is missing of a set, until it is cancelled."""
    from fstmuse_core.datasets.fma import fetch_archives, missing_archives
    from fstmuse_core.system.download import Cancel

    with contextlib.suppress(Cancel):
        fetch_archives(missing_archives(name, folder), folder, progress=tell, cancelled=cancelled)


class FmaDownloader(QObject):
    """Gets one set at a time; what was cut goes on where it was.

    Signals
    -------
    progressed(str, float)
        In words, and as a share.
    got(str)
        The folder it is in.
    trouble(str)
        Why it could not be had.
    given_up
        It was cancelled, and nothing of it goes on any more.
    """

    progressed = Signal(str, float)
    got = Signal(str)
    trouble = Signal(str)
    given_up = Signal()
    _step = Signal(object, str, object, object)
    _over = Signal(str)

    def __init__(
        self, parent: QObject | None = None, *, fetcher: Fetch = fetch, folder: Path | None = None
    ) -> None:
        super().__init__(parent)
        self._fetcher = fetcher
        self._folder = folder
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._is_open = True
        self.name = FmaSet.SMALL
        self._step.connect(self._on_step, Qt.ConnectionType.QueuedConnection)
        self._over.connect(self._on_over, Qt.ConnectionType.QueuedConnection)

    @property
    def folder(self) -> Path:
        """Folder that it goes to."""
        from fstmuse_core.datasets.fma import default_fma_folder

        return self._folder or default_fma_folder()

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._folder = folder

    @property
    def is_running(self) -> bool:
        """True while it is downloaded; after a cancel, too, until the last of it has ended."""
        return self._thread is not None

    @property
    def is_cancelling(self) -> bool:
        """True while it is cancelled and has not ended yet."""
        return self.is_running and self._stop.is_set()

    @property
    def is_begun(self) -> bool:
        """True if something has been downloaded that is not unpacked yet."""
        from fstmuse_core.datasets.fma import is_begun

        return is_begun(self.name, self.folder)

    def gibibytes(self, name: FmaSet) -> float:
        """Return the size of what is still to be downloaded of a set."""
        from fstmuse_core.datasets.fma import missing_archives

        return sum(archive.gibibytes for archive in missing_archives(name, self.folder))

    def get(self, name: FmaSet) -> None:
        """Begin, or go on; not while an earlier one has not ended, for both would write."""
        if self.is_running:
            return
        self.name = name
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(name, self.folder, self._stop), name="fma", daemon=True
        )
        self._thread.start()

    def _work(self, name: FmaSet, folder: Path, stop: threading.Event) -> None:
        """In the thread."""

        def tell(step: str, done: int, total: int) -> None:
            if not stop.is_set():
                self._step.emit(stop, step, done, total)

        sentence = ""
        try:
            self._fetcher(name, folder, tell, stop.is_set)
        except FstMuseError as error:
            sentence = str(error)
        except Exception as error:
            _log.exception("getting FMA")
            sentence = one_line(f"something unforeseen went wrong ({error})")
        # Once the window is closed, nobody may be there to be told.
        if self._is_open:
            self._over.emit(sentence)

    @Slot(object, str, object, object)
    def _on_step(self, stop: threading.Event, step: str, done: int, total: int) -> None:
        if not stop.is_set():
            words = f"{step}: {done / _GIBIBYTE:.2f} of {total / _GIBIBYTE:.2f} GiB"
            is_file = " " not in step  # whose name is written as it is
            shown = words if is_file else words[:1].upper() + words[1:]
            self.progressed.emit(shown, done / max(1, total))

    @Slot(str)
    def _on_over(self, sentence: str) -> None:
        if self._thread is None:
            return
        self._thread.join()
        self._thread = None
        if self._stop.is_set():
            self.given_up.emit()
        elif sentence:
            self.trouble.emit(sentence)
        else:
            self.got.emit(str(self.folder))

    def cancel(self) -> None:
        """Stop; what has come is kept, and the next time goes on from there."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and wait for the end, but not for the network.

        A thread that goes on ends with the program; a download that is cut anywhere goes on the
        next time, and what is unpacked begins anew.
        """
        self.cancel()
        self._is_open = False
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)
            self._thread = None


class FmaBox(LineBox):
    """A line and a button; hidden while there is nothing to say.

    Signals
    -------
    cancel_requested
        The download is to be given up.
    add_requested
        What was downloaded is to be learned from.
    """

    cancel_requested = Signal()
    add_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cancel_button = self._add_button("Cancel", "Cancel the download of FMA")
        self.cancel_button.setToolTip("What has come is kept for the next time")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.add_button = self._add_button("Add", "Add FMA to the data sets")
        self.add_button.setToolTip("Learn from FMA too")
        self.add_button.clicked.connect(self.add_requested)
        self.hide()

    def show_work(self, words: str, *, can_cancel: bool) -> None:
        """Say how far the download is."""
        self._show(f"Getting FMA. {words}")
        self.cancel_button.setVisible(can_cancel)
        self.add_button.hide()

    def show_offer(self, folder: str) -> None:
        """It is there, and can be added."""
        self._show("FMA has been downloaded.")
        set_tip(self._line, folder)
        self.cancel_button.hide()
        self.add_button.show()

    def _show(self, text: str) -> None:
        self._line.setText(text)
        self._line.setToolTip("")
        for button in (self.cancel_button, self.add_button):
            button.setAccessibleDescription(text)
        self.show()


# Fma question -------------------------------------------------------------------------------


def ask_fma(parent: QWidget, small_gib: float, medium_gib: float, folder: str) -> str:
    """Ask which set is to be downloaded, or ``ANOTHER_FOLDER``; empty if none."""
    return Question(
        parent,
        "Get FMA from its authors?",
        f"It goes to {folder}; while it is unpacked, twice the room is needed. A download that "
        "is cut goes on where it was.",
        [
            Answer(FmaSet.SMALL, f"Small, {small_gib:.1f} GiB", "8,000 clips of 30 s, 8 genres"),
            Answer(
                FmaSet.MEDIUM,
                f"Medium, {medium_gib:.1f} GiB",
                "25,000 clips of 30 s, 16 genres of very different size",
            ),
            Answer(ANOTHER_FOLDER, "Another folder\N{HORIZONTAL ELLIPSIS}"),
            Answer("", "Not now", is_default=True),
        ],
    ).ask()


def ask_fma_folder(parent: QWidget, folder: Path) -> str:
    """Let the user choose where FMA goes; empty if they would rather not."""
    there = next((path for path in (folder, *folder.parents) if path.is_dir()), folder)
    return QFileDialog.getExistingDirectory(parent, "Choose a folder for FMA", str(there))


# Cache box ----------------------------------------------------------------------------------


class FmaPresenter(QObject):
    """Asks, gets, and hands the folder on, or offers it where others are in use by then.

    A line in the form says how far it is; where it ``is_awaited``, the page does too.

    Signals
    -------
    message(str)
        For the status bar.
    begun, ended
        The page of the data set may be another.
    got(str)
        The folder it is in, which is to be learned from.
    folder_chosen(str)
        It is to go there, now and the next time.
    """

    message = Signal(str)
    begun = Signal()
    ended = Signal()
    got = Signal(str)
    folder_chosen = Signal(str)

    def __init__(
        self,
        view: TrainView,
        getter: FmaDownloader,
        is_awaited: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._box = view.form.fma
        self.getter = getter
        self._is_awaited = is_awaited
        self._offered = ""
        self._box.cancel_requested.connect(self.cancel)
        self._box.add_requested.connect(lambda: self.got.emit(self._offered))
        getter.progressed.connect(self._on_progress)
        getter.got.connect(self._on_got)
        getter.trouble.connect(self._on_trouble)
        getter.given_up.connect(self._on_given_up)

    @property
    def is_running(self) -> bool:
        """True while it is downloaded, or has not ended yet after a cancel."""
        return self.getter.is_running

    def ask(self) -> None:
        """Ask which set and where to, and then download it."""
        getter, window = self.getter, self._view.window()
        if getter.is_running:
            self._say_running()
            return
        while True:
            sizes = getter.gibibytes(FmaSet.SMALL), getter.gibibytes(FmaSet.MEDIUM)
            answer = ask_fma(window, *sizes, str(getter.folder))
            if answer != ANOTHER_FOLDER:
                break
            chosen = ask_fma_folder(window, getter.folder)
            if chosen:
                getter.folder = Path(chosen)
                self.folder_chosen.emit(chosen)
        if answer:
            getter.get(FmaSet(answer))
            self._offered = ""
            self._box.show_work(_ASKING, can_cancel=True)
            self.begun.emit()

    def _say_running(self) -> None:
        if self.getter.is_cancelling:
            self._view.notice.say("The last download of FMA is still ending; try again in a while.")
        else:
            self._view.notice.say("FMA is being downloaded already.")

    def show(self) -> None:
        """Say that it is being got."""
        words = _CANCELLING if self.getter.is_cancelling else _ASKING
        self._view.show_busy("Getting FMA", words)

    def cancel(self) -> None:
        """Give it up; the next time goes on from there."""
        self.getter.cancel()
        if self.is_running:
            self._box.show_work(_CANCELLING, can_cancel=False)
            if self._is_awaited():
                self.show()

    def follow(self, paths: tuple[str, ...]) -> None:
        """These are learned from; what is among them need not be offered."""
        if self._offered in paths:
            self._offered = ""
            self._box.hide()

    def close(self) -> None:
        """Stop, and wait for the end as long as a user would."""
        self.getter.close()

    def _on_progress(self, words: str, share: float) -> None:
        self._box.show_work(words, can_cancel=True)
        if self._is_awaited():
            self._view.show_busy("Getting FMA", words, share)

    def _on_got(self, folder: str) -> None:
        self.message.emit(f"FMA is in {folder}.")
        if self._is_awaited():
            self._box.hide()
            self.got.emit(folder)
        else:
            self._offered = folder
            self._box.show_offer(folder)

    def _on_trouble(self, sentence: str) -> None:
        kept = " What has come is kept for the next time." if self.getter.is_begun else ""
        self._view.notice.say(f"{as_sentence(sentence)}{kept}")
        self._on_given_up()

    def _on_given_up(self) -> None:
        self._box.hide()
        if self._is_awaited():
            self.ended.emit()
