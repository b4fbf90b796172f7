"""A genre source for beets: FstMuse listens to the tracks themselves, on this computer.

In beets' configuration, with what is taken where nothing is said::

    plugins: fstmuse
    fstmuse:
        auto: yes            # listen to what is imported; or only at "beet fstmuse"
        force: no            # also tracks that have a genre
        minimum: 0.0         # name no genre that is less likely than this
        model: fst-muse
        command: fstmuse     # FstMuse may live in an environment of its own
        genres: {}           # what a genre is called here, such as {Hip-Hop: Rap}

A genre that stands in the library already, in whatever spelling, is spelt as it is there. One
process of FstMuse serves a whole import.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from beets import ui
from beets.dbcore import types
from beets.library import Item
from beets.plugins import BeetsPlugin


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
                "genres": {},
            }
        )
        self._program: _Program | None = None
        self._spellings: dict[str, str] | None = None
        # Stages of an import run in threads of their own.
        self._lock = threading.Lock()
        self.register_listener("import", self._ended)
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
        try:
            for item in self._named(library, library.items(query)):
                ui.show_model_changes(item)
                if not options.pretend:
                    item.try_sync(write=ui.should_write(), move=False)
                    changed.append(item)
        finally:
            self._ended()
        self._name_albums(changed)

    def _ended(self, **_: Any) -> None:
        with self._lock:
            program, self._program, self._spellings = self._program, None, None
        if program is not None:
            program.close()

    def _imported(self, session: Any, task: Any) -> None:
        changed = []
        try:
            for item in self._named(session.lib, task.imported_items()):
                item.store()  # beets writes tags later, unless it imports as is
                changed.append(item)
        except ui.UserError as error:
            self._log.error("{}", error)
        self._name_albums(changed)

    def _named(self, library: Any, items: Iterable[Any]) -> Iterator[Any]:
        """Those of the items that get a genre, with it, not yet stored."""
        force = self.config["force"].get(bool)
        minimum = self.config["minimum"].as_number()
        for item in items:
            if _genres(item) and not force:
                continue
            answer = self._ask(os.fsdecode(item.path))
            genre = answer.get("genre")
            score = answer.get("probabilities", {}).get(genre, 0.0)
            if genre is None or score < minimum:
                reason = answer.get("error") or answer.get("verdict")
                self._log.info("{}: {}", item, reason)
                continue
            _set_genre(item, self._spelt(library, genre))
            item["fstmuse_score"] = score
            item["fstmuse_model"] = f"{answer['model']} {answer['model_sha256'][:8]}"
            yield item

    def _ask(self, path: str) -> dict[str, Any]:
        """Answer of the one process, which is started first where that is needed."""
        with self._lock:
            if self._program is None:
                command = self.config["command"].as_str()
                self._program = _Program(command, self.config["model"].as_str())
            try:
                return self._program.ask(path)
            except ui.UserError:
                self._program = None
                raise

    def _spelt(self, library: Any, genre: str) -> str:
        """Name of a genre in the configuration, or else in the library."""
        own = self.config["genres"].get(dict)
        if genre in own:
            return str(own[genre])
        if self._spellings is None:
            self._spellings = _spellings(library)
        return self._spellings.get(_letters(genre), genre)

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


class _Program:
    """``fstmuse classify``, which answers one path after the other."""

    def __init__(self, command: str, model: str) -> None:
        words = shlex.split(command, posix=os.name != "nt")
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed in close)
        try:
            self._process = subprocess.Popen(
                [*words, "classify", "--stdin", "--model", model],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
            )
        except OSError as error:
            self._said.close()
            raise ui.UserError(
                f"fstmuse: {words[0]} cannot be started ({error.strerror}); "
                "name it under fstmuse: command in beets' configuration"
            ) from error

    def ask(self, path: str) -> dict[str, Any]:
        """Answer on a file; ``UserError`` if the process has ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(path).encode() + b"\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise ui.UserError(self.close()) from error
        return answer

    def close(self) -> str:
        """Let the process end; what it said last."""
        with contextlib.suppress(OSError):
            self._process.communicate()
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace").strip().splitlines()
        self._said.close()
        return said[-1] if said else f"fstmuse ended with {self._process.returncode}"


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _spellings(library: Any) -> dict[str, str]:
    """Spellings of genres in the library, by their letters alone; the commonest wins."""
    column = "genres" if _KEEPS_LIST else "genre"
    with library.transaction() as transaction:
        rows = transaction.query(f"SELECT {column}, COUNT(*) FROM items GROUP BY {column}")
    counts: Counter[str] = Counter()
    for text, count in rows:
        for name in Item._type(column).from_sql(text) if _KEEPS_LIST else [text]:
            counts[str(name or "")] += count
    return {_letters(name): name for name, _ in reversed(counts.most_common()) if name}
