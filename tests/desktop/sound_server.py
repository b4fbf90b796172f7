"""A private PulseAudio whose null sink is both the loudspeaker and the microphone.

What is played into the sink comes out of its monitor, which is the default source; PortAudio
reaches both through ALSA's pulse plug-in.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 44_100
_SINK = "fstmuse_test"

_ASOUND = """
pcm.!default { type pulse }
ctl.!default { type pulse }
"""


def wait_for(condition: Callable[[], bool], what: str, timeout: float = 20.0) -> None:
    """Return once ``condition`` holds; TimeoutError, naming ``what``, if it never does."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {timeout:.0f} s")
        time.sleep(0.02)


class Capture:
    """What the loudspeaker plays, with the moment each piece was heard.

    Attributes
    ----------
    process : Popen
        A recorder on the sink's monitor. While it runs with its small buffers, the sink
        works in steps of milliseconds; alone, a null sink works in steps of two seconds.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        command = ["parec", "--latency-msec=10", f"--device={_SINK}.monitor", "--raw"]
        command += ["--format=float32le", "--channels=1", f"--rate={RATE}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        self._pieces: list[npt.NDArray[np.float32]] = []
        self._ends: list[float] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        rest = b""
        while data := os.read(self.process.stdout.fileno(), 65_536):
            now = time.monotonic()
            data = rest + data
            whole = len(data) // 4 * 4
            rest = data[whole:]
            self._ends.append(now)
            self._pieces.append(np.frombuffer(data[:whole], dtype=np.float32))

    @property
    def now(self) -> int:
        """Samples heard so far."""
        return sum(map(len, self._pieces))

    def since(self, mark: int) -> npt.NDArray[np.float32]:
        """Samples heard since ``now`` was ``mark``."""
        return np.concatenate(self._pieces)[mark:]

    def moments(self, samples: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """When the samples of these numbers were heard, by ``time.monotonic``."""
        stops = np.cumsum([len(piece) for piece in self._pieces])
        pieces = np.searchsorted(stops, samples, side="right")
        return np.asarray(self._ends)[pieces] - (stops[pieces] - samples) / RATE

    def stop(self) -> None:
        """End the recorder."""
        self.process.terminate()
        self.process.wait()
        self._thread.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


class SoundServer:
    """A running daemon, and the environment in which programs find it."""

    def __init__(self, folder: Path) -> None:
        asound = folder / "asound.conf"
        asound.write_text(_ASOUND)
        socket = folder / "native"
        self.environment = {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(asound),
        }
        self._everything = {**os.environ, **self.environment}
        command = "pulseaudio -n --daemonize=no --exit-idle-time=-1 --system=false".split()
        command += "--disable-shm=yes --use-pid-file=no --log-level=error".split()
        command += ["-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
        command += ["-L", f"module-null-sink sink_name={_SINK} rate={RATE} channels=2"]
        log = (folder / "pulseaudio.log").open("wb")
        self.process = subprocess.Popen(command, env=self._everything, stdout=log, stderr=log)
        log.close()
        try:
            wait_for(self._is_up, "the start of PulseAudio")
            self._run("pactl", "set-default-source", f"{_SINK}.monitor")
            self.capture = Capture(self._everything)
            wait_for(lambda: self.capture.now > 0, "sound from the null sink")
        except BaseException:
            self.process.kill()
            raise

    def _run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, env=self._everything, capture_output=True, timeout=10)

    def _is_up(self) -> bool:
        return self._run("pactl", "info").returncode == 0

    @contextmanager
    def playing(self, path: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Play a file into the microphone while the block runs."""
        player = subprocess.Popen(["paplay", "--latency-msec=500", str(path)], env=self._everything)
        try:
            yield player
        finally:
            player.terminate()
            player.wait()

    def unplug(self) -> None:
        """Kill the daemon, as when a sound card is pulled out."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the daemon."""
        self.capture.stop()
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()


@contextmanager
def sound_server() -> Iterator[SoundServer]:
    """A server for the time of the block."""
    # Not pytest's folder: the path of a socket may have 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="fstmuse-") as folder:
        server = SoundServer(Path(folder))
        try:
            yield server
        finally:
            server.stop()
