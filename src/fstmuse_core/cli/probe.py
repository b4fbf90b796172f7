"""Looks for ``fstmuse doctor`` at what could end the process: each is made in a child.

``python -m fstmuse_core.cli.probe sound`` (or ``window``) prints a JSON list of lines.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import sys
from pathlib import Path


def sound_devices() -> list[str]:
    """PortAudio, and the devices that it finds."""
    # By their names, here as below: the core knows no window.
    lines: list[str] = importlib.import_module("fstmuse_gui.sound.devices").describe_devices()
    return lines


def window_libraries() -> list[str]:
    """Qt and pyqtgraph, loaded with all that they need of the system.

    Raises
    ------
    ImportError, OSError
        If a library lacks.
    """
    qt, pyqtgraph = map(importlib.import_module, ("PySide6", "pyqtgraph"))
    importlib.import_module("PySide6.QtWidgets")
    # Loaded by hand: Qt itself would end the process where a library lacks.
    plugin = Path(str(qt.__file__)).parent / "Qt/plugins/platforms/libqxcb.so"
    if sys.platform.startswith("linux") and plugin.exists():
        ctypes.CDLL(str(plugin))
    return [f"Qt {qt.__version__}", f"pyqtgraph {pyqtgraph.__version__}"]


if __name__ == "__main__":
    _LOOKS = {"sound": sound_devices, "window": window_libraries}
    print(json.dumps(_LOOKS[sys.argv[1]]()))
