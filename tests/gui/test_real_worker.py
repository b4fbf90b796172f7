"""The window with the worker it has in earnest, and the proof that it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.workers.client import WorkerClient
from fstmuse_gui.classify.tab import ClassifyFactories, ClassifyTab
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.shared.models import installed_models
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.widgets.file_list import RowState
from fstmuse_gui.workers.bridge import WorkerBridge, real_worker
from tests.gui.fakes import FakeLister, FakePlayer, FakeRecording

_PATIENCE_MS = 240_000


@pytest.fixture
def tab(qtbot: QtBot, settings: Settings, theme: ThemeController) -> Iterator[ClassifyTab]:
    bridge = WorkerBridge(partial(real_worker, warm_model=installed_models()[0].name))

    def factory(context: TabContext) -> ClassifyTab:
        factories = ClassifyFactories(
            player=FakePlayer,
            recording=lambda _panel, _settings, parent: FakeRecording(parent),
            lister=FakeLister,
        )
        return ClassifyTab(context, factories)

    window = MainWindow(TabContext(settings, bridge), theme, [factory])
    made = window.tabs[0]
    assert isinstance(made, ClassifyTab)
    with qtbot.waitExposed(window):
        window.show()
    yield made
    window.close()
    for thing in (made, bridge, window):
        thing.deleteLater()


def ended(tab: ClassifyTab) -> bool:
    states = {clip.state for clip in tab.presenter.clips}
    return not states & {RowState.WAITING, RowState.WORKING}


def test_a_song_and_a_text_are_told_apart(
    tab: ClassifyTab, music_file: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    text = tmp_path / "text.mp3"
    text.write_text("These are words, not music.\n" * 50, "utf-8")
    tab.presenter.open_paths([str(music_file), str(text)])
    qtbot.waitUntil(lambda: ended(tab), timeout=_PATIENCE_MS)
    song, words = tab.presenter.clips
    assert song.result is not None
    assert song.result.classification.duration_s == pytest.approx(10.0, abs=0.1)
    assert song.result.image.levels.shape == (431, 128)
    assert song.result.classification.activation is not None
    assert tab.view.page is tab.view.clip_page
    assert words.state is RowState.FAILED
    assert words.sentence.startswith("text.mp3: ")


def test_the_job_of_a_killed_worker_is_done_again(
    tab: ClassifyTab, music_file: Path, qtbot: QtBot
) -> None:
    bridge = tab.presenter.queue._bridge
    worker = bridge.worker
    assert isinstance(worker, WorkerClient)
    with qtbot.waitSignal(bridge.ready, timeout=_PATIENCE_MS):
        pass
    with qtbot.waitSignal(bridge.lost, timeout=_PATIENCE_MS):
        tab.presenter.open_paths([str(music_file)])
        assert worker.pid is not None
        os.kill(worker.pid, 9)
    qtbot.waitUntil(lambda: ended(tab), timeout=_PATIENCE_MS)
    (clip,) = tab.presenter.clips
    assert isinstance(clip, Clip)
    assert clip.state is RowState.DONE
    assert "started again" in tab.view.notice.text


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_smoke_test_opens_classifies_and_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fstmuse_gui.app", "--smoke-test"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    told = json.loads(lines[0])
    assert 0 < told["ready_ms"] < told["first_result_ms"]
    assert told["counted_from"] in ("process start", "import of the window")
    assert sum(told["result"]["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    assert told["result"]["duration_s"] == pytest.approx(10.0)


def test_the_window_never_loads_tensorflow() -> None:
    code = (
        "import sys, fstmuse_gui.main_window, fstmuse_gui.app, fstmuse_gui.smoke\n"
        "import fstmuse_core.workers.client\n"  # which the window starts, and its children are
        "heavy = {'tensorflow', 'keras', 'librosa', 'scipy', 'sounddevice', 'soundfile', 'av'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert out.stdout.strip() == "[]"
