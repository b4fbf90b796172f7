"""Recording and playing: how smooth and how cheap the live picture is, how long the window stalls.

Also a program of its own, which prints JSON: ``python -m benchmarks.live``. The microphone and
the loudspeaker are a PulseAudio null sink; where there is none, nothing is measured.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rows import RATE, Row, band, mp3_clips, python

_TAKE_S = 10.0

# The real window with its real worker and real devices. The first take counts the pictures and
# the processor's time; the second has a timer that fires every millisecond and sees each gap
# between two turns of the event loop, as do the playbacks.
_RECORD_AND_PLAY = """
import json, sys, time
from pathlib import Path
from tempfile import TemporaryDirectory
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication
from pyqtgraph import GraphicsView
from fstmuse_gui.settings import Settings
from fstmuse_gui.sound.player import Player
from fstmuse_gui.start import open_window

take_s, clip = float(sys.argv[1]), sys.argv[2]
app = QApplication([])


class Pictures(QObject):
    count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.Paint
        return False


def wait(seconds):
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def until(condition, what):
    deadline = time.perf_counter() + 30.0
    while not condition():
        assert time.perf_counter() < deadline, what
        wait(0.05)


def latest():
    clips = list(presenter.clips)
    return clips[-1].result if clips else None


class Heart:
    def __enter__(self):
        self.gaps, self.last = [], time.perf_counter()
        self.timer = QTimer()
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.beat)
        self.timer.start(1)
        return self

    def beat(self):
        now = time.perf_counter()
        self.gaps.append(now - self.last)
        self.last = now

    def __exit__(self, *error):
        self.timer.stop()


def record(seconds, before_end=lambda: None):
    known = len(presenter.clips)
    presenter.toggle_recording()
    until(lambda: presenter.takes.is_live, "recording")
    wait(seconds)
    before_end()
    presenter.toggle_recording()
    until(lambda: len(presenter.clips) > known and latest() is not None, "the answer")


def play(seconds):
    player = tab.findChild(Player)
    presenter.playback.toggle()
    until(lambda: player.position > 0.5, "playback")
    wait(seconds / 2)
    presenter.playback.seek(1.0)
    wait(seconds / 2)
    presenter.playback.toggle()


with TemporaryDirectory() as folder:
    window = open_window(app, Settings(Path(folder) / "settings.ini"))
    tab = window.tabs[0]
    presenter = tab.presenter
    wait(3.0)
    record(2.0)

    pictures = Pictures()
    tab.view.clip_page.spectrogram.findChild(GraphicsView).viewport().installEventFilter(pictures)
    at = {}

    def note(when):
        at[when] = time.perf_counter(), time.process_time(), pictures.count

    QTimer.singleShot(1500, lambda: note("start"))
    record(take_s, lambda: note("end"))
    wall, cpu, drawn = (after - before for before, after in zip(at["start"], at["end"]))

    with Heart() as recording:
        record(take_s)
    with Heart() as playing:
        play(6.0)
        presenter.open_paths([clip])
        until(lambda: latest() is not None and presenter.shown.path == clip, "the file's answer")
        play(6.0)
    for clip in presenter.clips:
        clip.is_saved = True
    window.close()
print(json.dumps({
    "pictures_per_s": drawn / wall,
    "cpu_share": cpu / wall,
    "recording_stall_ms": 1e3 * max(recording.gaps),
    "playing_stall_ms": 1e3 * max(playing.gaps),
}))
"""


def measure(_repeats: int) -> list[Row]:
    """One run; empty where there is no PulseAudio to record from."""
    if not all(map(shutil.which, ("pulseaudio", "pactl", "paplay", "parec"))):
        print("live: PulseAudio is not installed; not measured", file=sys.stderr)
        return []
    run = _run()
    return [
        Row("live spectrogram while recording", run["pictures_per_s"], "per s", 30.0, True),
        Row("window process while recording", 100 * run["cpu_share"], "% of a core", 20.0),
        Row("longest stall of the GUI thread, recording", run["recording_stall_ms"], "ms", 50.0),
        Row("longest stall of the GUI thread, playing", run["playing_stall_ms"], "ms", 50.0),
    ]


def _run() -> dict[str, float]:
    import soundfile

    from tests.desktop.sound_server import sound_server

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with TemporaryDirectory() as folder, mp3_clips() as clips, sound_server() as server:
        music = Path(folder) / "music.wav"
        soundfile.write(music, band(4 * _TAKE_S + 20.0), RATE)
        before = dict(os.environ)
        os.environ.update(server.environment)
        try:
            with server.playing(music):
                result: dict[str, float] = python(_RECORD_AND_PLAY, str(_TAKE_S), str(clips[0]))
        finally:
            os.environ.clear()
            os.environ.update(before)
        return result


if __name__ == "__main__":
    print(json.dumps([row.to_dict() for row in measure(1)], indent=1))
