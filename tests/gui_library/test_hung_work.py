"""Work on the library that hangs or crashes is ended, and what became of it is told truly."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mutagen
import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.library.database import Library
from fstmuse_core.library.scan import scan_library
from fstmuse_core.system.process_limits import Limits
from fstmuse_core.tags.plan import Mode, Policy
from fstmuse_core.workers.protocol import (
    LibraryRequest,
    ListBatches,
    UndoTags,
    WriteTags,
    Written,
)
from fstmuse_core.workers.tasks.tags import PlanLine, PlanTags
from fstmuse_gui.workers.library import LibraryJobs
from tests.gui_library.conftest import keep
from tests.limits import faulty_child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of signals")
SHA = find_bundle("fst-muse").sha256
STRICT = Limits(cpu_s=30, idle_s=4, work="the work", remedy="try again")
Make = Callable[..., LibraryJobs]
WORDS = {"crash": "crashed (SIGSEGV)", "hang": "did not go on for", "eat": "memory"}


@pytest.fixture
def make_process(library: Library, qtbot: QtBot) -> Iterator[Make]:
    """A process for library work that has something wrong with it."""
    made: list[LibraryJobs] = []

    def make(serve: Callable[..., None], **options: Any) -> LibraryJobs:
        made.append(LibraryJobs(library.path, serve=serve, **options))
        return made[-1]

    yield make
    for process in made:
        process.close(patiently=False)


@pytest.fixture
def broken_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files misbehave as their names say, in whichever process decodes them."""
    site = tmp_path / "site"
    site.mkdir()
    lines = "from tests.limits.faulty_child import break_proof\nbreak_proof()\n"
    (site / "sitecustomize.py").write_text(lines)
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(site), str(root / "src"), str(root)])
    monkeypatch.setenv("PYTHONPATH", paths)


@pytest.fixture
def songs(library: Library, tmp_path: Path, make_file: Callable[..., Path]) -> Callable[..., Path]:
    """Puts songs of these names into the library, all classified as Rock."""

    def make(*names: str) -> Path:
        folder = tmp_path / "songs"
        folder.mkdir()
        for name in names:
            shutil.move(make_file(name), folder / name)
        library.add_folder(folder)
        scan_library(library)
        for row in library.rows(SHA):
            keep(library, row.file_id, Path(row.path).name, "Rock", 0.9)
        return folder

    return make


def ids(library: Library) -> list[int]:
    rows = sorted(library.rows(SHA), key=lambda row: row.path)
    return [row.file_id for row in rows]


def run(process: LibraryJobs, qtbot: QtBot, request: LibraryRequest) -> Any:
    with qtbot.waitSignal(process.done) as blocker:
        process.run(request)
    return blocker.args[0] if blocker.args else None


def written_with(
    process: LibraryJobs, library: Library, qtbot: QtBot, faulty: str, act: Callable[[], object]
) -> Written:
    """Plan and write all; ``act`` is called once the ``faulty`` file is in work."""
    run(process, qtbot, PlanTags(SHA, ids(library), Policy(Mode.REPLACE)))
    with qtbot.waitSignal(process.done) as blocker:
        process.run(WriteTags(keep_time=False))
        qtbot.waitUntil(lambda: faulty_child.looked_at(library.path) == faulty)
        act()
    (result,) = blocker.args
    assert isinstance(result, Written)
    return result


def genres(folder: Path) -> dict[str, list[str]]:
    found = {}
    for path in sorted(folder.iterdir()):
        tags = mutagen.File(path).tags
        found[path.name] = list(tags.get("genre", [])) if tags else []
    return found


def test_cancelling_a_write_that_hangs_tells_what_was_written(
    make_process: Make, songs: Callable[..., Path], library: Library, qtbot: QtBot
) -> None:
    folder = songs("a.flac", "hang.flac", "z.flac")
    process = make_process(faulty_child.serve_with_broken_tags)

    result = written_with(process, library, qtbot, "hang.flac", process.cancel)

    assert (result.n_done, result.was_cancelled, result.trouble) == (1, True, "")
    # Nothing but the three songs: what was half done is cleared up.
    assert genres(folder) == {"a.flac": ["Rock"], "hang.flac": [], "z.flac": []}
    rows = {Path(row.path).name: row.tag_genre for row in library.rows(SHA)}
    assert rows == {"a.flac": "Rock", "hang.flac": "", "z.flac": ""}
    undone = run(process, qtbot, UndoTags(result.batch, 1))
    assert undone.n_done == 1
    assert genres(folder)["a.flac"] == []


@pytest.mark.parametrize(
    ("fault", "words"), [("hang", "the work did not go on for"), ("crash", "has ended")]
)
def test_a_write_that_breaks_down_tells_what_was_written(
    fault: str,
    words: str,
    make_process: Make,
    songs: Callable[..., Path],
    library: Library,
    qtbot: QtBot,
) -> None:
    folder = songs("a.flac", f"{fault}.flac")
    process = make_process(faulty_child.serve_with_broken_tags, limits=STRICT)

    result = written_with(process, library, qtbot, f"{fault}.flac", lambda: None)

    assert (result.n_done, result.was_cancelled) == (1, False)
    assert words in result.trouble
    assert genres(folder) == {"a.flac": ["Rock"], f"{fault}.flac": []}


@pytest.mark.parametrize("fault", ["crash", "hang", "eat"])
def test_a_decoder_that_breaks_down_while_writing_costs_one_file(
    fault: str,
    broken_proof: None,
    make_process: Make,
    songs: Callable[..., Path],
    library: Library,
    qtbot: QtBot,
) -> None:
    folder = songs("a.flac", f"{fault}.flac", "z.flac")
    before = (folder / f"{fault}.flac").read_bytes()
    process = make_process(faulty_child.serve_with_strict_limits)
    run(process, qtbot, PlanTags(SHA, ids(library), Policy(Mode.REPLACE)))

    result = run(process, qtbot, WriteTags(keep_time=False))

    assert (result.n_done, result.was_cancelled, result.trouble) == (2, False, "")
    (problem,) = result.problems
    assert problem.startswith(str(folder / f"{fault}.flac"))
    assert WORDS[fault] in problem
    assert genres(folder) == {"a.flac": ["Rock"], f"{fault}.flac": [], "z.flac": ["Rock"]}
    assert (folder / f"{fault}.flac").read_bytes() == before
    assert run(process, qtbot, UndoTags(result.batch, 2)).n_done == 2


@pytest.mark.parametrize("fault", ["crash", "hang"])
def test_a_decoder_that_breaks_down_in_a_preview_costs_one_file(
    fault: str,
    broken_proof: None,
    make_process: Make,
    songs: Callable[..., Path],
    library: Library,
    qtbot: QtBot,
) -> None:
    songs("a.flac", f"{fault}-early.flac", "z.flac")
    process = make_process(faulty_child.serve_with_strict_limits)
    lines: list[PlanLine] = []
    process.part.connect(lines.extend)

    run(process, qtbot, PlanTags(SHA, ids(library), Policy(Mode.REPLACE)))

    qtbot.waitUntil(lambda: len(lines) == 3)
    assert [(line.old, line.new) for line in lines] == [((), ("Rock",)), ((), ()), ((), ("Rock",))]
    assert WORDS[fault] in lines[1].why
    assert run(process, qtbot, WriteTags(keep_time=False)).n_done == 2


def test_cancelling_a_preview_that_hangs(
    make_process: Make, songs: Callable[..., Path], library: Library, qtbot: QtBot
) -> None:
    songs("a.flac", "hang.flac")
    process = make_process(faulty_child.serve_with_broken_preview)

    with qtbot.waitSignal(process.failed) as blocker:
        process.run(PlanTags(SHA, ids(library), Policy(Mode.REPLACE)))
        qtbot.waitUntil(lambda: faulty_child.looked_at(library.path) == "hang.flac")
        process.cancel()

    assert "was broken off" in blocker.args[0]
    assert run(process, qtbot, ListBatches()) is None, "the next has another process"


def test_a_preview_that_hangs_is_given_up(
    make_process: Make, songs: Callable[..., Path], library: Library, qtbot: QtBot
) -> None:
    songs("hang.flac")
    process = make_process(faulty_child.serve_with_broken_preview, limits=STRICT)

    with qtbot.waitSignal(process.failed) as blocker:
        process.run(PlanTags(SHA, ids(library), Policy(Mode.REPLACE)))

    assert blocker.args[0].startswith("The work did not go on for")
