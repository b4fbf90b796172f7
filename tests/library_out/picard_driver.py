"""Picard itself, without a screen: loads a file, waits for the plug-in, saves, and ends.

Run by a Python that has Picard: ``picard_driver.py PLUGIN_UUID COMMAND FILE OPTION...``; an
option is one of the plug-in's, such as ``replace=1``. What is in the file then is the answer.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from picard import tagger as picard
from picard.config import get_config
from picard.file import File
from PyQt6.QtCore import QTimer

_PATIENCE_S = 120.0


class Driver:
    """Watches the tagger from its event loop."""

    def __init__(self, tagger: Any) -> None:
        self._tagger = tagger
        self._end = time.monotonic() + _PATIENCE_S
        self._is_saving = False
        self._timer = QTimer(tagger, interval=100)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        files = list(self._tagger.files.values())
        if time.monotonic() > self._end:
            self._quit("nothing was filled in")
        elif not self._is_saving and files and self._is_told(files[0]):
            self._is_saving = True
            if files[0].state == File.State.CHANGED:
                files[0].save()
        elif self._is_saving and files[0].state == File.State.NORMAL:
            self._quit("")

    def _is_told(self, file: Any) -> bool:
        if file.state not in (File.State.NORMAL, File.State.CHANGED):
            return False
        log = [entry.message for entry in self._tagger.window.log_dialog.log_tail.contents()]
        return file.state == File.State.CHANGED or any("FstMuse:" in line for line in log)

    def _quit(self, why: str) -> None:
        self._timer.stop()
        log = [entry.message for entry in self._tagger.window.log_dialog.log_tail.contents()]
        told = [line for line in log if "FstMuse" in line or "rror" in line]
        print(json.dumps({"why": why, "log": told}), flush=True)
        self._tagger.quit()


def main() -> None:
    uuid, command, path, *options = sys.argv[1:]
    run = picard.Tagger.run

    def watched(tagger: Any) -> Any:
        config = get_config()
        config.setting["check_for_updates"] = False
        section = f"plugin.{uuid}"
        config.setValue(f"{section}/command", command)
        for option in options:
            name, _, value = option.partition("=")
            config.setValue(f"{section}/{name}", value == "1")
        tagger.driver = Driver(tagger)
        return run(tagger)

    picard.Tagger.run = watched
    sys.argv = ["picard", "--no-player", "--no-restore", "--no-crash-dialog", "-s", path]
    picard.main(autoupdate=False)


if __name__ == "__main__":
    main()
