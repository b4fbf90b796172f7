"""The command ``fstmuse train`` as a child process: started, looked after, and ended by force.

What it does is told by its run's folder, which the window follows as it follows any other.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fstmuse_core.runs.follow import told_bytes
from fstmuse_core.runs.store import last_holder, runs_folder
from fstmuse_core.system.commands import child_command
from fstmuse_core.system.errors import one_line

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
