"""A genre source for beets: FstMuse listens to the tracks themselves, on this computer.

In beets' configuration, with what is taken where nothing is said::

    plugins: fstmuse
    fstmuse:
        auto: yes            # listen to what is imported; or only at "beet fstmuse"
        force: no            # also tracks that have a genre
        minimum: 0.0         # name no genre that is less likely than this
        model: fst-muse
        command: fstmuse     # FstMuse may live in an environment of its own
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from beets import ui
from beets.dbcore import types
from beets.library import Item
from beets.plugins import BeetsPlugin

# A command line may not grow without end, least of all on Windows: 32,767 characters.
_AT_ONCE = 50


class FstMusePlugin(BeetsPlugin):
    """Sets the genre of tracks and of their albums, and keeps the model's score beside it."""

    item_types: ClassVar[dict[str, Any]] = {"fstmuse_score": types.FLOAT}

    def __init__(self) -> None:
        super().__init__()
        self.config.add(
            {
                "auto": True,
                "force": False,
                "minimum": 0.0,
                "model": "fst-muse",
                "command": "fstmuse",
            }
        )
        if self.config["auto"].get(bool):
            self.import_stages = [self._imported]

    def commands(self) -> list[ui.Subcommand]:
        """The command ``beet fstmuse [QUERY]``."""
        command = ui.Subcommand("fstmuse", help="listen to tracks and set their genre")
        command.parser.add_option(
            "-f", "--force", action="store_true", help="also tracks that have a genre"
        )
        command.parser.add_option(
            "-p", "--pretend", action="store_true", help="only show what would be set"
        )
        command.func = self._command
        return [command]

    def _command(self, library: Any, options: Any, query: list[str]) -> None:
        self.config.set_args(options)
        changed = []
        for item in self._named(library.items(query)):
            ui.show_model_changes(item)
            if not options.pretend:
                item.try_sync(write=ui.should_write(), move=False)
                changed.append(item)
        self._name_albums(changed)

    def _imported(self, session: Any, task: Any) -> None:
        changed = []
        try:
            for item in self._named(task.imported_items()):
                item.store()  # beets writes tags later, unless it imports as is
                changed.append(item)
        except ui.UserError as error:
            self._log.error("{}", error)
        self._name_albums(changed)

    def _named(self, items: Iterable[Any]) -> Iterator[Any]:
        """Those of the items that get a genre, with it, not yet stored."""
        force = self.config["force"].get(bool)
        wanted = [item for item in items if force or not _genres(item)]
        minimum = self.config["minimum"].as_number()
        for start in range(0, len(wanted), _AT_ONCE):
            group = wanted[start : start + _AT_ONCE]
            for item, answer in zip(group, self._ask(group), strict=True):
                genre = answer.get("genre")
                score = answer.get("probabilities", {}).get(genre, 0.0)
                if genre is None or score < minimum:
                    reason = answer.get("error") or answer.get("verdict")
                    self._log.info("{}: {}", item, reason)
                    continue
                _set_genre(item, genre)
                item["fstmuse_score"] = score
                item["fstmuse_model"] = f"{answer['model']} {answer['model_sha256'][:8]}"
                yield item

    def _ask(self, items: Sequence[Any]) -> list[dict[str, Any]]:
        """Ask ``fstmuse classify`` about each item; answers come in their order."""
        command = [
            *shlex.split(self.config["command"].as_str(), posix=os.name != "nt"),
            *("classify", "--format", "jsonl", "--model", self.config["model"].as_str(), "--"),
            *(os.fsdecode(item.path) for item in items),
        ]
        try:
            done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise ui.UserError(
                f"fstmuse: {command[0]} cannot be started ({error.strerror}); "
                "name it under fstmuse: command in beets' configuration"
            ) from error
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        if len(answers) != len(items):
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ui.UserError(said[-1] if said else f"fstmuse ended with {done.returncode}")
        return answers

    def _name_albums(self, items: Iterable[Any]) -> None:
        """Give albums without a genre the one that most of their tracks have."""
        force = self.config["force"].get(bool)
        albums = {item.album_id: item.get_album() for item in items if item.album_id}
        for album in albums.values():
            if album is None or (_genres(album) and not force):
                continue
            named = Counter(genre for item in album.items() for genre in _genres(item)[:1])
            if named:
                _set_genre(album, named.most_common(1)[0][0])
                album.store(inherit=False)  # each track keeps its own


# Since version 2.7 beets keeps a list of genres; before, one text.
_KEEPS_LIST = "genres" in Item._fields


def _genres(model: Any) -> list[str]:
    if _KEEPS_LIST:
        return list(model.get("genres") or ())
    return [model.genre] if model.genre else []


def _set_genre(model: Any, genre: str) -> None:
    if _KEEPS_LIST:
        model.genres = [genre]
    else:
        model.genre = genre
