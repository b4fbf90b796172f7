"""The order in which the window comes up: the worker first, so that it loads meanwhile."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_gui.settings import MODEL, Settings
from fstmuse_gui.theme import read_icons
from fstmuse_gui.workers.bridge import WorkerBridge, real_worker

if TYPE_CHECKING:
    from fstmuse_gui.main_window import MainWindow


def open_window(app: QApplication, settings: Settings) -> MainWindow:
    """Start the worker, build the window and show it."""
    settings.follow_models()
    bridge = WorkerBridge(partial(real_worker, warm_model=settings.get(MODEL)))
    # These imports take as long as the worker's own, which run beside them from here on.
    from fstmuse_gui.main_window import MainWindow
    from fstmuse_gui.shared.models import ModelWatch
    from fstmuse_gui.shared.tabs import TabContext
    from fstmuse_gui.theme import ThemeController

    context = TabContext(settings, bridge)
    window = MainWindow(context, ThemeController(app))
    watch = ModelWatch(context.models, window)
    window.painted.connect(watch.start)
    window.painted.connect(_warm_up)
    window.show()
    window.restore_session()
    return window


def _warm_up() -> None:
    """Read and import beside the window what the first clip and the first recording need."""
    threading.Thread(target=_read_ahead, name="warm-up").start()


def _read_ahead() -> None:
    read_icons()
    # Every clip that is shown asks it what the user said of that clip before.
    import fstmuse_core.datasets.corrections.store  # noqa: F401

    mel_spectrogram([0.0])
