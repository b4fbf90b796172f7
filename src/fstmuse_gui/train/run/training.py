"""A training followed by its run's folder, and the command ``fstmuse train`` as a child process.

What the child does is told by its run's folder, which the window follows as it follows a run
from a terminal; the process itself tells only that it runs, and why it ended without a folder.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from fstmuse_core.runs.events import Cancelled, Ended, Failed, Preparing, Started, TrainEvent
from fstmuse_core.runs.follow import RunFollower, told_bytes
from fstmuse_core.runs.store import (
    CANCEL,
    RUN_FILE,
    STOP,
    discard_run,
    last_holder,
    newest_checkpoint,
    running_training,
    runs_folder,
)
from fstmuse_core.system.child_process import child_command
from fstmuse_core.system.errors import one_line
from fstmuse_gui.train.run.closing import Closing

COMMAND = tuple(child_command("fstmuse_core.cli"))
# Exit code of a training that was discarded, or stopped before it went on.
CANCELLED = 130

# On Windows: without a console, and after programs that someone is looking at.
_FLAGS = sum(
    getattr(subprocess, name, 0) for name in ("CREATE_NO_WINDOW", "BELOW_NORMAL_PRIORITY_CLASS")
)
_NICENESS = 10
_KILL_S = 1.0
_SPEAKERS = ("fstmuse: ", "Error: ")

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


class TrainProcess:
    """A training begun here.

    Parameters
    ----------
    arguments : sequence of str
        Arguments that follow ``fstmuse train``.
    command : sequence of str
        The program; another one only in tests.

    Attributes
    ----------
    resumed : Path or None
        Folder of the run that it goes on with.
    """

    def __init__(self, arguments: Sequence[str], command: Sequence[str] = COMMAND) -> None:
        self.resumed: Path | None = None
        if "--resume" in arguments:
            self.resumed = runs_folder() / arguments[arguments.index("--resume") + 1]
        self._told_before = told_bytes(self.resumed) if self.resumed is not None else 0
        self._held_before = last_holder()
        self._child: subprocess.Popen[bytes] | None = None
        self._trouble = ""
        # Without a name, so that nothing is left of it, whoever ends first.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._child = self._start([*command, "train", *arguments])
        except OSError as error:
            self._trouble = f"the training could not be started ({error.strerror})"

    def _start(self, line: list[str]) -> subprocess.Popen[bytes]:
        for child in [child for child in _let_go if child.poll() is not None]:
            _let_go.remove(child)
        child = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
            creationflags=_FLAGS,
        )
        _lower_priority(child)
        return child

    @property
    def exit_code(self) -> int | None:
        """Exit code once it has ended, 1 if it could not be started; ``None`` while it runs."""
        return 1 if self._child is None else self._child.poll()

    def run(self) -> tuple[Path, int] | None:
        """Return the folder of its run once there is one, and how many bytes of it were told.

        A new run and one that is resumed name themselves when they take the lock.
        """
        holder = last_holder()
        if self._child is None or holder == self._held_before:
            return None
        folder = runs_folder() / holder.run
        if not holder.was_started_as(self._child.pid) or not folder.is_dir():
            return None
        return folder, self._told_before

    def why(self) -> str:
        """Return why it ended, in its own words as far as it had any."""
        if self._trouble:
            return self._trouble
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace")
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        # Libraries may have something to say after it.
        last = [line for line in lines if line.startswith(_SPEAKERS)] or lines
        if (self.exit_code or 0) > 0 and last:
            sentence = last[-1]
            for speaker in _SPEAKERS:
                sentence = sentence.removeprefix(speaker)
            return one_line(sentence)
        return "the training ended without a word, as if it had been killed or had no memory left"

    def kill(self) -> None:
        """End it by force."""
        if self._child is not None:
            self._child.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(_KILL_S)

    def let_go(self) -> None:
        """Look after it no longer; it goes on by itself."""
        # It may still write there, but nobody reads that any more.
        self._said.close()
        child, self._child = self._child, None
        if child is not None and child.poll() is None:
            _let_go.append(child)


POLL_MS = 100
# Asking whether another one lives takes its lock for a moment; that should be rare.
_OTHER_POLL_MS = 500
_MOST_SILENT_POLLS = 3
# One that loads its libraries heeds a request late, but not this late.
CANCEL_GRACE_MS = 20_000


class Training(QObject):
    """A training that runs in another process.

    ``is_learning`` once its epochs have begun: from then on Stop leaves a model.

    Parameters
    ----------
    follower : RunFollower, optional
        Follows its run; of one begun here, found as soon as there is a run.
    process : TrainProcess, optional
        The process of one begun here.

    Signals
    -------
    told(object)
        A :data:`~fstmuse_core.runs.events.TrainEvent`. The last one is ``Done``,
        ``Cancelled`` or ``Failed``, whatever becomes of the process.
    """

    told = Signal(object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        follower: RunFollower | None = None,
        process: TrainProcess | None = None,
    ) -> None:
        super().__init__(parent)
        self.is_learning = False
        self._follower = follower
        self._process = process
        self._is_over = False
        self._asked = ""
        self._silent_polls = 0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS if process is not None else _OTHER_POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._grace = QTimer(self)
        self._grace.setSingleShot(True)
        self._grace.setInterval(CANCEL_GRACE_MS)
        self._grace.timeout.connect(self._kill)
        self.told.connect(self._note)

    def watch(self) -> None:
        """Follow it from now on."""
        self._timer.start()

    @property
    def is_running(self) -> bool:
        """True while the end is still to come."""
        return not self._is_over

    # -- what is asked for -------------------------------------------------------------

    def stop(self) -> None:
        """End after the batch and keep the best model."""
        self._ask(STOP)

    def cancel(self) -> None:
        """Discard the training, by force if it does not heed that."""
        self._ask(CANCEL)
        self._grace.start()

    def _ask(self, word: str) -> None:
        self._asked = word
        self._pass_on()

    def _pass_on(self) -> None:
        """Put what was asked for into the run's folder, as soon as there is one."""
        if self._asked and self._find_run() is not None and self._follower is not None:
            self._follower.ask(self._asked)

    def leave(self, closing: Closing) -> None:
        """Follow the process no longer; it goes on, or ends by itself as was chosen."""
        if closing is Closing.STOP:
            self.stop()
        elif closing is Closing.CANCEL:
            self.cancel()
        if self._asked and self.is_running and self._find_run() is None:
            self._end_before_it_begins()
        self.let_go()

    def _end_before_it_begins(self) -> None:
        """End one that has no folder yet to be asked in: nobody is there to ask it later."""
        if self._process is None:
            return
        self._process.kill()
        earlier = self._process.resumed
        made = self._find_run() or earlier
        if made is not None and (made != earlier or self._asked == CANCEL):
            discard_run(made)

    def let_go(self) -> None:
        """Follow the process no longer; it goes on by itself."""
        self._is_over = True
        self._timer.stop()
        self._grace.stop()
        if self._process is not None:
            self._process.let_go()

    def _kill(self) -> None:
        run = self._find_run()
        if self._process is not None:
            self._process.kill()
        elif run is not None and running_training() == run.name and (pid := last_holder().pid):
            with contextlib.suppress(OSError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    # -- what it says ------------------------------------------------------------------

    def _find_run(self) -> Path | None:
        """Return the folder of the run, as soon as there is one."""
        if self._follower is None and self._process is not None:
            found = self._process.run()
            self._follower = RunFollower(*found) if found is not None else None
        return self._follower.folder if self._follower is not None else None

    def _poll(self) -> None:
        # Asked first: what a dead process has written is complete.
        is_alive = self._is_alive()
        self._find_run()
        events = self._follower.read() if self._follower is not None else []
        self._take(events)
        if self._is_over:
            return
        self._pass_on()
        self._silent_polls = 0 if is_alive or events else self._silent_polls + 1
        # Where only the lock tells, the last word comes a moment after it has been given back.
        most = 1 if self._process is not None else _MOST_SILENT_POLLS
        if self._silent_polls >= most:
            self._finish(self._end_without_word())

    def _is_alive(self) -> bool:
        if self._process is not None:
            return self._process.exit_code is None
        return self._follower is not None and running_training() == self._follower.folder.name

    def _take(self, events: Sequence[TrainEvent]) -> None:
        for event in events:
            if isinstance(event, Ended):
                self._finish(event)
                return
            self.told.emit(event)

    def _note(self, event: TrainEvent) -> None:
        if isinstance(event, Started):
            self.is_learning = True
        elif isinstance(event, Preparing) and event.stage == "reading":
            self.is_learning = False  # so a resumed one begins anew

    def _finish(self, event: Ended) -> None:
        if not self._is_over:
            self.let_go()
            self.told.emit(event)

    def _end_without_word(self) -> Ended:
        """Find out how it has ended whose folder does not say so, or is gone."""
        run = self._find_run()
        if self._process is not None and self._process.exit_code == CANCELLED:
            return Cancelled(is_kept=run is not None and run.is_dir())
        if self._asked == CANCEL:
            if run is None or discard_run(run):
                return Cancelled()
            why = "the training was ended by force, but its run could not be removed"
        elif self._process is not None:
            why = self._process.why()
        elif run is not None and run.is_dir():
            why = "the training ended without a word"
        else:
            why = "the training ended and has left nothing to go on with"
        if run is None or not (run / RUN_FILE).is_file():
            return Failed(why)
        kept = "; what it learned up to its last epoch is kept" if newest_checkpoint(run)[0] else ""
        return Failed(f"{why}{kept}", run.name, resumable=True)


def begin_training(
    arguments: Sequence[str], parent: QObject | None = None, command: Sequence[str] = COMMAND
) -> Training:
    """Begin a training; ``arguments`` follow ``fstmuse train``."""
    training = Training(parent, process=TrainProcess(arguments, command))
    training.watch()
    return training


def follow_training(folder: Path, parent: QObject | None = None) -> Training:
    """Follow one that runs already: begun in an earlier window or in a terminal."""
    training = Training(parent, follower=RunFollower(folder))
    training.watch()
    return training
