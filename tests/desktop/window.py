"""A test's hands and eyes: the window's process, its keyboard and its events."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .sound_server import wait_for

Event = dict[str, Any]
_ROOT = Path(__file__).parents[2]
# The program of this checkout, wherever the environment's own lies.
_OWN_CODE = os.pathsep.join([str(_ROOT / "tests"), str(_ROOT / "src")])


class Window:
    """The program in a process of its own, on an X server and a sound server."""

    def __init__(
        self, folder: Path, environment: dict[str, str], paths: Sequence[str] = ()
    ) -> None:
        folder.mkdir(exist_ok=True)
        self._environment = {**os.environ, **environment, "QT_QPA_PLATFORM": "xcb"}
        self._environment.pop("QT_SCALE_FACTOR", None)
        self._log = (folder / "window.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "desktop.watched_window", str(folder), *paths],
            env={**self._environment, "PYTHONPATH": _OWN_CODE},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.events: list[Event] = []
        self.picture = [0, 0, 0, 0]
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self._id = self.wait("ready", timeout=60.0)["window"]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def wait(
        self,
        kind: str,
        *,
        since: int = 0,
        where: Callable[[Event], bool] = lambda _event: True,
        timeout: float = 30.0,
    ) -> Event:
        """The first event of this kind after the first ``since`` events."""
        found: list[Event] = []

        def is_there() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"the window ended: {self.log()}")
            found[:] = [e for e in self.events[since:] if e["event"] == kind and where(e)]
            return bool(found)

        wait_for(is_there, f"the event {kind!r}", timeout)
        return found[0]

    def log(self) -> str:
        """What the process wrote to standard error."""
        self._log.seek(0)
        return self._log.read()

    def press(self, key: str) -> int:
        """Type a key into the window as a keyboard would; returns how many events came before."""
        return self._xdotool("windowfocus", "--sync", str(self._id), "key", key)

    def click(self, x: float, y: float) -> int:
        """Click on the screen as a mouse would; returns how many events came before."""
        return self._xdotool("mousemove", "--sync", f"{x:.0f}", f"{y:.0f}", "click", "1")

    def _xdotool(self, *arguments: str) -> int:
        before = len(self.events)
        subprocess.run(["xdotool", *arguments], env=self._environment, check=True, timeout=20)
        return before

    def command(self, text: str) -> int:
        """Tell the watcher something; returns how many events came before."""
        before = len(self.events)
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()
        return before

    def screenshot(self, path: Path) -> npt.NDArray[np.uint8]:
        """Save a picture of the screen; returns the brightness of its spectrogram.

        Shape (height, width), low frequencies in the last rows. Where on the screen the
        spectrogram is stays in ``picture``: left, top, width, height.
        """
        shot = self.wait("screenshot", since=self.command(f"screenshot {path}"))
        left, top, width, height = self.picture = shot["picture"]
        return brightness(path)[top : top + height, left : left + width]

    def positions(self, since: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Moments and the seconds that the cursor showed at them."""
        shown = [(e["at"], e["seconds"]) for e in self.events[since:] if e["event"] == "position"]
        moments, seconds = np.array(shown).T
        return moments, seconds

    def quit(self) -> int:
        """Close the window; returns the exit code."""
        if self.process.poll() is None:
            self.command("quit")
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self.process.wait()
            self._thread.join()
            for stream in (self.process.stdin, self.process.stdout, self._log):
                assert stream is not None
                with suppress(BrokenPipeError):
                    stream.close()


def brightness(path: Path) -> npt.NDArray[np.uint8]:
    """The grey levels of a picture, shape (height, width)."""
    from PySide6.QtGui import QImage

    image = QImage(str(path)).convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), dtype=np.uint8)
    return rows.reshape(image.height(), image.bytesPerLine())[:, : image.width()].copy()
