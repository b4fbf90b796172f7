"""The training as a child process, followed by the events that it writes."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from fstmuse_core.runs.events import (
    EVENTS_FILE,
    Cancelled,
    Done,
    Ended,
    Failed,
    Preparing,
    Started,
    TrainEvent,
    is_progress,
    parse_event,
)
from fstmuse_core.runs.store import (
    discard_run,
    last_holder,
    request_end,
    running_training,
    runs_folder,
)
from fstmuse_core.system.commands import child_command
from fstmuse_core.system.errors import one_line
from fstmuse_gui.train.run.closing import Closing

_MOST_BYTES = 1 << 20
# Told at once: what came before is of a time when nobody looked.
_MOST_PROGRESS = 50


class LineFile:
    """Reads whole lines of a file that another process writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._rest = b""

    def read(self) -> list[str]:
        """Return what has come since the last call, at most a mebibyte."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._at)
                data = stream.read(_MOST_BYTES)
        except OSError:
            return []
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]


def thinned(lines: Sequence[str]) -> list[str]:
    """The same with so few lines of progress that a window keeps up; the last is among them."""
    places = [place for place, line in enumerate(lines) if is_progress(line)]
    step = -(-len(places) // _MOST_PROGRESS)
    kept = set(places[::-step]) if step else set()
    return [line for place, line in enumerate(lines) if place in kept or not is_progress(line)]


def without_earlier_ends(lines: Sequence[str]) -> list[str]:
    """The same without the ends of trainings that have been resumed since.

    One that is resumed prepares for minutes before it says that it has started.
    """
    earlier = [line for line in lines[:-1] if not isinstance(parse_event(line), Ended)]
    return [*earlier, *lines[-1:]]


# Process ------------------------------------------------------------------------------------

POLL_MS = 100
_OTHER_POLL_MS = 500
_MOST_SILENT_POLLS = 3
# A child that loads its libraries hears a command late, but not this late.
CANCEL_GRACE_MS = 20_000

COMMAND = tuple(child_command("fstmuse_core.cli"))

# On Windows: without a console, and after programs that someone is looking at.
_FLAGS = sum(
    getattr(subprocess, name, 0) for name in ("CREATE_NO_WINDOW", "BELOW_NORMAL_PRIORITY_CLASS")
)
_NICENESS = 10

# Children that may outlive the window.
_let_go: list[subprocess.Popen[bytes]] = []


@atexit.register
def _leave_running() -> None:
    """They are left on purpose; ``subprocess`` would complain of each."""
    for child in _let_go:
        if child.poll() is None:
            child.returncode = 0


def _lower_priority(child: subprocess.Popen[bytes]) -> None:
    """Let a child run after programs that someone is looking at; its threads inherit that.

    To Linux a session of its own may be a group of its own, and niceness counts only within a
    group: then the group is to be as nice (sched(7), "The autogroup feature").
    """
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, _NICENESS)
    with contextlib.suppress(OSError):
        Path(f"/proc/{child.pid}/autogroup").write_text(f"{_NICENESS}", encoding="ascii")


class Training(QObject):
    """A training that runs in another process.

    ``is_learning`` once its epochs have begun: from then on Stop leaves a model.

    Signals
    -------
    told(object)
        A :data:`~fstmuse_core.runs.events.TrainEvent`. The last one is ``Done``,
        ``Cancelled`` or ``Failed``, whatever becomes of the process.
    """

    told = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_learning = False
        self._is_over = False
        self._is_cancelled = False
        self._run_folder: Path | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._grace = QTimer(self)
        self._grace.setSingleShot(True)
        self._grace.setInterval(CANCEL_GRACE_MS)
        self._grace.timeout.connect(self._kill)
        self.told.connect(self._note)

    @property
    def _run(self) -> str:
        return self._run_folder.name if self._run_folder is not None else ""

    @property
    def is_running(self) -> bool:
        """True while the end is still to come."""
        return not self._is_over

    def stop(self) -> None:
        """End after the batch and keep the best model."""
        self._command("stop")

    def cancel(self) -> None:
        """Discard the training, by force if it does not listen."""
        self._is_cancelled = True
        self._command("cancel")
        self._grace.start()

    def leave(self, closing: Closing) -> None:
        """Follow the process no longer; it goes on, or ends by itself as was chosen."""
        if closing is Closing.STOP:
            self.stop()
        elif closing is Closing.CANCEL:
            self.cancel()
        self.let_go()

    def let_go(self) -> None:
        """Follow the process no longer; it goes on by itself."""
        self._is_over = True
        self._timer.stop()
        self._grace.stop()

    def _note(self, event: TrainEvent) -> None:
        if isinstance(event, Started):
            self.is_learning = True
            self._run_folder = self._run_folder or Path(event.folder)
        elif isinstance(event, Preparing) and event.stage == "reading":
            self.is_learning = False  # so a resumed one begins anew

    def _take(self, lines: Sequence[str]) -> None:
        for line in lines:
            event = parse_event(line)
            if isinstance(event, Done | Cancelled | Failed):
                self._finish(event)
                return
            if event is not None:
                self.told.emit(event)

    def _finish(self, event: Ended) -> None:
        if not self._is_over:
            self.let_go()
            self.told.emit(event)

    def _finish_without_word(self, why: str) -> None:
        if self._is_cancelled:
            if self._run_folder is None or discard_run(self._run_folder):
                self._finish(Cancelled())
                return
            why = "the training was ended by force, but its run could not be removed"
        kept = "; what it learned up to its last epoch is kept" if self._run else ""
        self._finish(Failed(f"{why}{kept}", self._run, resumable=bool(self._run)))

    def _poll(self) -> None:
        raise NotImplementedError

    def _command(self, word: str) -> None:
        raise NotImplementedError

    def _kill(self) -> None:
        raise NotImplementedError


class OwnTraining(Training):
    """A training begun here.

    Parameters
    ----------
    arguments : sequence of str
        Arguments that follow ``fstmuse train``.
    command : sequence of str
        The program; another one only in tests.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        parent: QObject | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        super().__init__(parent)
        self._folder = Path(tempfile.mkdtemp(prefix="fstmuse-train-"))
        self._events = LineFile(self._folder / EVENTS_FILE)
        self._child: subprocess.Popen[bytes] | None = None
        self._trouble = ""
        line = [*command, "train", *arguments, "--events", "-"]
        try:
            self._child = self._start(line)
        except OSError as error:
            self._trouble = f"the training could not be started ({error.strerror})"
        self._timer.start()

    def _start(self, line: list[str]) -> subprocess.Popen[bytes]:
        with (
            (self._folder / EVENTS_FILE).open("wb") as events,
            (self._folder / "said.txt").open("wb") as said,
        ):
            child = subprocess.Popen(
                line,
                stdin=subprocess.PIPE,
                stdout=events,
                stderr=said,
                start_new_session=True,
                creationflags=_FLAGS,
            )
        _lower_priority(child)
        return child

    def let_go(self) -> None:
        """Follow the process no longer; it goes on by itself."""
        super().let_go()
        # The child may still write into it, but nobody reads that any more.
        shutil.rmtree(self._folder, ignore_errors=True)
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
        if child.poll() is None:
            _let_go.append(child)

    def _poll(self) -> None:
        for child in [child for child in _let_go if child.poll() is not None]:
            _let_go.remove(child)
        if self._child is None:
            self._finish(Failed(self._trouble))
            return
        # Asked first: what a dead child has written is complete.
        code = self._child.poll()
        self._take(self._events.read())
        if code is not None and self.is_running:
            self._finish_without_word(self._why(code))

    def _why(self, code: int) -> str:
        try:
            said = (self._folder / "said.txt").read_text("utf-8", "replace")
        except OSError:
            said = ""
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        if code > 0 and lines:
            return one_line(lines[-1].removeprefix("fstmuse: ").removeprefix("Error: "))
        return "the training ended without a word, as if it had been killed or had no memory left"

    def _command(self, word: str) -> None:
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._child.stdin.write(f"{word}\n".encode())
                self._child.stdin.flush()

    def _kill(self) -> None:
        if self._child is None:
            return
        pid, run = last_holder()
        if pid == self._child.pid and self._run_folder is None and running_training() == run:
            self._run_folder = runs_folder() / run  # it had not said yet which one it is
        self._child.kill()


class OtherTraining(Training):
    """A training that runs already: begun in an earlier window or in a terminal.

    Parameters
    ----------
    folder : Path
        The run's.
    """

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run_folder = folder
        self._events = LineFile(folder / EVENTS_FILE)
        self._folder = folder
        self._is_first = True
        self._silent_polls = 0
        # Asking whether it lives takes its lock for a moment; that should be rare.
        self._timer.setInterval(_OTHER_POLL_MS)
        self._timer.start()

    def _poll(self) -> None:
        is_alive = running_training() == self._run
        lines = self._events.read()
        if self._is_first and lines:
            self._is_first = False
            lines = without_earlier_ends(thinned([*lines, *self._rest()]))
        self._take(lines)
        # Its last word comes a moment after it has given its lock back.
        self._silent_polls = 0 if is_alive or lines else self._silent_polls + 1
        if self._silent_polls >= _MOST_SILENT_POLLS and self.is_running:
            self._on_silence()

    def _rest(self) -> list[str]:
        """All that has been said so far: which end is the last word is known only then."""
        found: list[str] = []
        while lines := self._events.read():
            found += lines
        return found

    def _on_silence(self) -> None:
        if self._is_cancelled or self._folder.is_dir():
            self._finish_without_word("the training ended without a word")
        else:
            self._finish(Failed("the training ended and has left nothing to go on with"))

    def _command(self, word: str) -> None:
        # Its standard input belongs to whoever began it, so it is asked in its folder.
        with contextlib.suppress(OSError):
            request_end(self._folder, word)

    def _kill(self) -> None:
        if running_training() != self._run:
            return
        pid, _run = last_holder()
        if pid:
            with contextlib.suppress(OSError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
