"""Libraries in which much has been heard, without a model that would have to hear it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.classify.result import Classification, Doubt, Timeline, Verdict
from fstmuse_core.library.database import Library, library_file, open_library
from fstmuse_core.library.file_task import ClassifiedFile, FailedFile
from fstmuse_core.library.queue import Queue
from fstmuse_core.library.rows import KnownModel, LibraryRow, State, stored
from fstmuse_core.library.scan import found_file, scan_library

GENRES = ("Folk", "Jazz", "Rock")
MODEL = KnownModel("a" * 64, "first", "The first", GENRES, 0)
OTHER = KnownModel("b" * 64, "second", "The second", GENRES, 0)


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test may touch the library of whoever runs it."""
    data = str(tmp_path_factory.mktemp("data"))
    monkeypatch.setenv("XDG_DATA_HOME", data)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: data)


def make_row(path: str = "/music/song.mp3", **values: Any) -> LibraryRow:
    """A file that was heard as Rock, 80 % sure, where nothing else is said."""
    row = LibraryRow(
        file_id=hash(path) & 0xFFFFFF,
        path=path,
        folder_id=1,
        size=1000,
        title="",
        artist="",
        album="",
        tag_genre="",
        state=State.DONE,
        genre="Rock",
        confidence=0.8,
        is_sure=True,
        doubt=None,
        verdict="Rock, 80 % sure.",
        seconds=200.4,
        error=None,
        review_genre=None,
        review=None,
        content=path,
    )
    return row._replace(**values)


def unsure(path: str, **values: Any) -> LibraryRow:
    """A file of which the model is not sure."""
    return make_row(
        path,
        is_sure=False,
        confidence=0.4,
        doubt=Doubt.UNDECIDED.value,
        verdict="Not sure: Rock (40 %) and Jazz (39 %) are too close to call.",
        **values,
    )


def failed(path: str, error: str = "it is damaged; get the file again") -> LibraryRow:
    """A file that could not be heard."""
    return make_row(
        path,
        state=State.FAILED,
        genre=None,
        confidence=0.0,
        is_sure=False,
        verdict="",
        seconds=0.0,
        error=error,
        content=None,
    )


def answer(genre: str, confidence: float, *, sure: bool = True) -> Classification:
    """What a model might say."""
    rest = (1.0 - confidence) / (len(GENRES) - 1)
    chances = np.array([confidence if name == genre else rest for name in GENRES], np.float32)
    timeline = Timeline(np.zeros(1), np.full(1, 3.0), chances[None], np.zeros(1, np.bool_))
    verdict = (
        Verdict(genre, None, f"{genre}, {100 * confidence:.0f} % sure.")
        if sure
        else Verdict(None, Doubt.UNDECIDED, "Not sure: too close to call.")
    )
    return Classification("", "", GENRES, 200.0, chances, timeline, verdict)


Answers = Mapping[str, "Classification | str"]


class Shelf:
    """A folder of files that only look like music, and the library that knows them."""

    def __init__(self, folder: Path, library: Library) -> None:
        self.folder = folder
        self.library = library

    def put(self, *names: str) -> None:
        """New files, each with a sound of its own, and scanned."""
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.fsencode(name))
        self.library.add_folder(self.folder)
        scan_library(self.library)

    def hear(self, model: KnownModel, answers: Answers, **tags: str) -> None:
        """Let a model say something of files, or why it can't."""
        manifest = SimpleNamespace(title=model.title, genres=model.genres, tagger="")
        bundle = SimpleNamespace(sha256=model.sha256, name=model.name, manifest=manifest)
        queue = Queue(self.library, cast(Bundle, bundle))
        texts: Any = {"title": "", "artist": "", "album": "", "tag_genre": "", **tags}
        for waiting in queue.next_after(None, 1000):
            name = os.path.relpath(waiting.path, self.folder).replace(os.sep, "/")
            said = answers.get(name)
            if isinstance(said, str):
                queue.keep(waiting.file_id, FailedFile(said))
            elif said is not None:
                found = found_file(waiting.path, os.stat(waiting.path))
                queue.keep(
                    waiting.file_id, ClassifiedFile(found, name, **texts, answer=stored(said))
                )

    def ids(self, *names: str) -> list[int]:
        """The library's numbers of files."""
        rows = {row.path: row.file_id for row in self.library.rows(MODEL.sha256)}
        return [rows[str(self.folder / name)] for name in names]


@pytest.fixture
def library_store(tmp_path: Path) -> Iterator[Shelf]:
    """An empty shelf, in the library that the command line opens."""
    folder = tmp_path / "music"
    folder.mkdir()
    with open_library(library_file()) as library:
        yield Shelf(folder, library)


@pytest.fixture
def fstmuse(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs ``fstmuse library ...`` in this process: exit code, output, complaints."""
    from fstmuse_core.cli import main

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["library", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
