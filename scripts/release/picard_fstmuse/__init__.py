"""FstMuse for MusicBrainz Picard 3: genre, mood, BPM and key, by listening to the files.

``picard-cli plugins install`` takes this folder. What is filled in is saved when the user saves.
"""

from __future__ import annotations

import json
import os
import queue
import shlex
import subprocess
import threading
from typing import Any

from picard.plugin3.api import BaseAction, File, OptionsPage, PluginApi, Track
from picard.util.thread import to_main
from PyQt6.QtWidgets import QCheckBox, QFormLayout, QLineEdit

_OPTIONS: dict[str, Any] = {
    "command": "fstmuse",
    "model": "fst-muse",
    "on_load": True,
    "replace": False,
    "genre": True,
    "mood": True,
    "bpm": True,
    "key": True,
}
_LABELS = {
    "command": "Command of FstMuse",
    "model": "Model",
    "on_load": "Listen to files when they are loaded",
    "replace": "Also replace what files have",
    "genre": "Genre, where the model is sure",
    "mood": "Mood",
    "bpm": "BPM, where it is steady",
    "key": "Key, where it is clear",
}


class Listener:
    """One process of FstMuse, asked about one file after the other in a thread of its own."""

    def __init__(self, api: PluginApi) -> None:
        self._api = api
        self._files: queue.Queue[File | None] = queue.Queue()
        self._answers: dict[str, dict[str, str]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._serve, name="FstMuse", daemon=True)
        self._thread.start()

    def ask(self, file: File) -> None:
        """Listen to a file, and fill in what is found once it is there."""
        self._files.put(file)

    def fill_in(self, file: File) -> None:
        """Fill in what is known of a file, and show it."""
        config, changed = self._api.plugin_config, False
        for name, value in self._answers.get(file.filename, {}).items():
            if config[name] and (config["replace"] or not file.metadata[name]):
                file.metadata[name] = value
                changed = True
        if changed:
            file.update()

    def close(self) -> None:
        """End the process; what was not yet listened to is left as it is."""
        self._is_closed = True
        self._files.put(None)
        process = self._process
        if process is not None:
            process.kill()
        self._thread.join(5)

    # -- in the thread -----------------------------------------------------------------

    def _serve(self) -> None:
        while (file := self._files.get()) is not None and not self._is_closed:
            path = file.filename
            try:
                answer = self._answer(path)
            except (OSError, ValueError) as error:
                self._end_process()
                if not self._is_closed:
                    self._api.logger.error("FstMuse: %s: %s", os.path.basename(path), error)
                continue
            if "error" in answer:
                self._api.logger.warning("FstMuse: %s", answer["error"])
                continue
            self._answers[path] = tags_of(answer)
            to_main(self._show, file, path)
        self._end_process()

    def _answer(self, path: str) -> dict[str, Any]:
        if self._process is None:
            self._process = self._started()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(path).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise OSError(f"the command ended with {self._process.wait()}; see its options")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        config = self._api.plugin_config
        command = shlex.split(config["command"], posix=os.name != "nt")
        try:
            return subprocess.Popen(
                [*command, "classify", "--stdin", "--measures", "--model", config["model"]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise OSError(
                f"{config['command']} cannot be started ({error.strerror}); "
                "name it in the options of the plug-in"
            ) from error

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _show(self, file: File, path: str) -> None:
        if not self._is_closed and file.filename == path and file.state != File.State.REMOVED:
            self.fill_in(file)


def tags_of(answer: dict[str, Any]) -> dict[str, str]:
    """Names that Picard gives the tags, of one answer of ``fstmuse classify --measures``."""
    measures = answer.get("measures", {})
    sure = measures.get("sure", ())
    moods = answer.get("traits", {}).get("mood", ())
    found = {
        "genre": answer.get("genre"),
        "mood": moods[0] if moods else None,
        "bpm": f"{measures['bpm']:.0f}" if "bpm" in sure else None,
        "key": measures["key"] if "key" in sure else None,
    }
    return {name: value for name, value in found.items() if value}


class Listen(BaseAction):
    """An entry in the menu of files and tracks."""

    TITLE = "Listen with FstMuse"

    def callback(self, objs: list[Any]) -> None:
        """Listen to the files of what is selected."""
        assert _listener is not None
        for file in {file for one in objs for file in one.iterfiles()}:
            _listener.ask(file)


class Options(OptionsPage):
    """The plug-in's page among Picard's options."""

    NAME = "fstmuse"
    TITLE = "FstMuse"
    PARENT = "plugins"

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        layout = QFormLayout(self)
        self._texts: dict[str, QLineEdit] = {}
        self._boxes: dict[str, QCheckBox] = {}
        for name, default in _OPTIONS.items():
            if isinstance(default, bool):
                self._boxes[name] = QCheckBox(_LABELS[name])
                layout.addRow(self._boxes[name])
            else:
                self._texts[name] = QLineEdit()
                layout.addRow(_LABELS[name], self._texts[name])

    def load(self) -> None:
        """Show what is set."""
        config = self.api.plugin_config
        for name, box in self._boxes.items():
            box.setChecked(config[name])
        for name, text in self._texts.items():
            text.setText(config[name])

    def save(self) -> None:
        """Keep what is shown."""
        config = self.api.plugin_config
        for name, box in self._boxes.items():
            config[name] = box.isChecked()
        for name, text in self._texts.items():
            config[name] = text.text().strip() or _OPTIONS[name]


_listener: Listener | None = None


def _on_loaded(api: PluginApi, file: File) -> None:
    if _listener is not None and api.plugin_config["on_load"]:
        _listener.ask(file)


def _on_added(api: PluginApi, track: Track, file: File) -> None:
    # MusicBrainz' tags have taken the place of the file's.
    if _listener is not None:
        _listener.fill_in(file)


def enable(api: PluginApi) -> None:
    """Begin to listen."""
    global _listener
    for name, default in _OPTIONS.items():
        api.plugin_config.register_option(name, default, title=_LABELS[name])
    _listener = Listener(api)
    api.register_file_post_load_processor(_on_loaded)
    api.register_file_post_addition_to_track_processor(_on_added)
    api.register_options_page(Options)
    api.register_file_action(Listen)
    api.register_track_action(Listen)


def disable() -> None:
    """Stop, and end the process."""
    global _listener
    if _listener is not None:
        _listener.close()
    _listener = None
