"""The Library tab over a library of the test, with processes that the test itself plays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.measures import Measures
from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.library.database import Library, open_library
from fstmuse_core.library.queue import keep_answer, register
from fstmuse_core.library.rows import stored
from fstmuse_core.library.sounds import StoredSound, keep_measures, keep_sound, register_tagger
from fstmuse_core.library.work import WorkProgress
from fstmuse_gui.library.presenter import LibraryPresenter
from fstmuse_gui.library.tab import LibraryTab
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.library.wiring import LibraryFactories, LibraryWiring
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.gui.conftest import nothing_left_behind, settings, theme
from tests.gui.fakes import MODELS, FakePlayer, FakeWorker, make_classification

__all__ = ["nothing_left_behind", "settings", "theme"]


@dataclass
class FakeJob:
    """A scan or a listening whose events the test tells."""

    tell: Callable[[Any], None]
    model: str = ""
    is_paused: bool = False
    calls: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.calls.append("start")

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    def cancel(self) -> None:
        self.calls.append("cancel")

    def stop(self) -> None:
        self.calls.append("stop")


@dataclass
class Jobs:
    """Jobs that were begun, in order."""

    scans: list[FakeJob] = field(default_factory=list)
    works: list[FakeJob] = field(default_factory=list)

    def scan(self, tell: Callable[[Any], None], _library: Path) -> FakeJob:
        self.scans.append(FakeJob(tell))
        return self.scans[-1]

    def work(self, tell: Callable[[Any], None], _library: Path, model: str) -> FakeJob:
        self.works.append(FakeJob(tell, model))
        return self.works[-1]


# Title, genre, its probability; no genre for a file that waits.
SONGS: tuple[tuple[str, str | None, float], ...] = (
    ("Bravo", "Rock", 0.9),
    ("alpha", "Jazz", 0.4),
    ("Delta", "Rock", 0.7),
    ("Charlie", None, 0.0),
    ("echo", "Folk", 0.3),
)


def answer_of(genre: str, probability: float) -> Any:
    """A model's answer; below one half it is not sure."""
    genres = ("Pop", "Jazz", "Rock", "Folk", "Hip-Hop", "Electronic", "Punk")
    rest = (1.0 - probability) / (len(genres) - 1)
    from fstmuse_core.classify.result import Doubt

    return make_classification(
        {name: probability if name == genre else rest for name in genres},
        doubt=None if probability >= 0.5 else Doubt.UNDECIDED,
        sentence="" if probability >= 0.5 else f"Not sure: {genre} would be its guess.",
    )


def keep(library: Library, file_id: int, content: str, genre: str, probability: float) -> None:
    """Let the shipped model have classified a file."""
    model = register(library, find_bundle("fst-muse"))
    with library.writing() as db:
        db.execute("UPDATE files SET content = ? WHERE id = ?", (content, file_id))
        keep_answer(db, content, model, stored(answer_of(genre, probability)))
        tagger = register_tagger(db, find_bundle("fst-muse").manifest.tagger)
        keep_sound(db, content, tagger, StoredSound(None, None, "[]", b""))
        keep_measures(db, content, Measures())


def fill(library: Library, folder: Path, songs: Any = SONGS) -> list[int]:
    """Files of a folder, with answers; their ids."""
    folder.mkdir(parents=True, exist_ok=True)
    home = library.add_folder(folder)
    ids = []
    for number, (title, genre, probability) in enumerate(songs):
        with library.writing() as db:
            file_id = db.execute(
                "INSERT INTO files(path, folder_id, size, mtime_ns, device, inode, title, artist) "
                "VALUES (?, ?, 1, 1, '1', ?, ?, 'Somebody')",
                (str(folder / f"{number}.wav").encode(), home.folder_id, str(folder), title),
            ).lastrowid
        assert file_id is not None
        ids.append(file_id)
        if genre is not None:
            keep(library, file_id, f"{folder.name} {number}", genre, probability)
    return ids


@dataclass
class LibraryBench:
    """A window whose tab in front is the Library tab."""

    window: MainWindow
    tab: LibraryTab
    jobs: Jobs
    player: FakePlayer
    corrections: CorrectionStore
    context: TabContext
    qtbot: QtBot

    @property
    def wiring(self) -> LibraryWiring:
        return self.tab.wiring

    @property
    def view(self) -> LibraryView:
        return self.wiring.view

    @property
    def presenter(self) -> LibraryPresenter:
        return self.wiring.presenter

    @property
    def titles(self) -> list[str]:
        """Titles in the table, from top to bottom."""
        model = self.view.table.rows
        return [model.row_at(line).title for line in range(model.rowCount())]

    def go_to(self, title: str) -> None:
        """Click on a file, and wait for its answer if it has one."""
        line = self.titles.index(title)
        row = self.view.table.rows.row_at(line)
        if row.verdict:
            with self.qtbot.waitSignal(
                self.wiring.library_store.answered,
                check_params_cb=lambda file_id, _answer: file_id == row.file_id,
            ):
                self.view.table.go_to_line(line)
        else:
            self.view.table.go_to_line(line)

    def load(self, act: Callable[[], object]) -> None:
        """Do something and wait until the rows are read anew."""
        with self.qtbot.waitSignal(self.wiring.library_store.loaded):
            act()
        QCoreApplication.processEvents()

    def tell(self, job: FakeJob, event: object) -> None:
        """Let a job tell something."""
        job.tell(event)
        QCoreApplication.processEvents()


MakeLibraryBench = Callable[..., LibraryBench]


@pytest.fixture(autouse=True)
def no_own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave the data of whoever runs the tests alone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Path of the library."""
    return tmp_path / "kept" / "library.db"


@pytest.fixture
def library(file: Path) -> Iterator[Library]:
    """The same library as another window has it."""
    with open_library(file) as opened:
        yield opened


@pytest.fixture
def make_bench(
    qtbot: QtBot, settings: Settings, theme: ThemeController, file: Path, tmp_path: Path
) -> Iterator[MakeLibraryBench]:
    made: list[LibraryBench] = []

    def make(models: Callable[[], list[ModelInfo]] = lambda: MODELS) -> LibraryBench:
        jobs, corrections = Jobs(), CorrectionStore(tmp_path / "corrections")
        factories = LibraryFactories(
            player=FakePlayer,
            models=models,
            corrections=lambda: corrections,
            opener=lambda: open_library(file),
            scan=jobs.scan,
            work=jobs.work,
        )
        context = TabContext(settings, WorkerBridge(FakeWorker))
        window = MainWindow(context, theme, [lambda c: LibraryTab(c, factories)])
        (tab,) = window.tabs
        assert isinstance(tab, LibraryTab)
        player = tab.wiring.findChild(FakePlayer)
        assert player is not None
        bench = LibraryBench(window, tab, jobs, player, corrections, context, qtbot)
        made.append(bench)
        with qtbot.waitSignal(bench.wiring.library_store.loaded), qtbot.waitExposed(window):
            window.show()
        return bench

    yield make
    for bench in made:
        bench.window.close()
        bench.tab.deleteLater()
        bench.context.bridge.deleteLater()
        bench.window.deleteLater()


@pytest.fixture
def ids(library: Library, tmp_path: Path) -> list[int]:
    """Ids of the files of ``SONGS`` in the library."""
    return fill(library, tmp_path / "music")


@pytest.fixture
def bench(ids: list[int], make_bench: MakeLibraryBench) -> LibraryBench:
    """A window over the files of ``SONGS``."""
    return make_bench()


def write_songs(music_file: Path, folder: Path, count: int) -> None:
    """Files that are each another sound: ``0.wav`` and so on."""
    samples, rate = soundfile.read(music_file)
    for number in range(count):
        soundfile.write(folder / f"{number}.wav", np.roll(samples, 1000 * number, axis=0), rate)


def progress(done: int, total: int, **changes: object) -> WorkProgress:
    """Listening that has come so far."""
    values: dict[str, object] = {
        "done": done,
        "failed": 0,
        "total": total,
        "per_second": 2.0,
        "left_s": 240.0,
        "changed": (),
        "working": (),
        "paused": False,
    }
    return WorkProgress(**{**values, **changes})  # type: ignore[arg-type]


def settle(bench: LibraryBench, act: Callable[[], object]) -> None:
    """Do something, and wait for what the library then says of files."""
    with bench.qtbot.waitSignal(bench.wiring.library_store.news):
        act()
    QCoreApplication.processEvents()


def as_json(path: Path) -> Any:
    """Values in a JSON file."""
    return json.loads(path.read_text("utf-8"))
