"""All that waits, in processes of their own: order, pause, cancel, and a kill in the middle."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.bundle.bundle import (
    Bundle,
    find_bundle,
    shipped_models_folder,
    user_models_folder,
)
from fstmuse_core.bundle.changes import rename_model
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.library import work
from fstmuse_core.library.database import Library, open_library
from fstmuse_core.library.rows import State
from fstmuse_core.library.scan import scan_library
from fstmuse_core.library.work import (
    LibraryWork,
    WorkCancelled,
    WorkDone,
    WorkEvent,
    WorkFailed,
    WorkProgress,
    only_one_works,
)
from tests.library.conftest import Song

MODEL = "fst-muse"
# Stands still once two files are done, with others in the hands of its process.
_WORK = """
import sys
from pathlib import Path
from threading import Event
from fstmuse_core.library import work

def take(event):
    if event.done == 2:
        print("two are done", flush=True)
        Event().wait()

if __name__ == "__main__":
    work._TOLD_EVERY_S = 0.0
    working = work.LibraryWork(take, model="fst-muse", library=Path(sys.argv[1]), processes=1)
    working.start()
    Event().wait()
"""


@pytest.fixture(autouse=True)
def every_step_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast the machine is, nothing is over before a test has heard of it."""
    monkeypatch.setattr(work, "_TOLD_EVERY_S", 0.0)


class Working:
    """Work on a library, with its events; ``on_event`` may pause it and so on."""

    def __init__(
        self, library: Library, on_event: Callable[[Working, WorkProgress], object] | None = None
    ) -> None:
        self.events: list[WorkEvent] = []
        self._is_over = threading.Event()
        self._react = on_event
        self.work = LibraryWork(self._take, model=MODEL, library=library.path, processes=1)

    def _take(self, event: WorkEvent) -> None:
        self.events.append(event)
        if not isinstance(event, WorkProgress):
            self._is_over.set()
        elif self._react:
            self._react(self, event)

    def to_the_end(self) -> WorkEvent:
        self.work.start()
        assert self._is_over.wait(240)
        self.work.stop()
        return self.events[-1]

    @property
    def changed(self) -> list[int]:
        return [key for event in self.progress for key in event.changed]

    @property
    def progress(self) -> list[WorkProgress]:
        return [event for event in self.events if isinstance(event, WorkProgress)]


@pytest.fixture
def songs(library: Library, music: Path, song: Song) -> list[Path]:
    """Seven different songs in the library's folder, scanned."""
    library.add_folder(music)
    made = [song(f"song {n}.wav", pitch=200.0 + 20.0 * n) for n in range(7)]
    scan_library(library)
    return made


def test_all_is_heard_in_the_order_that_the_user_gives(
    library: Library, songs: list[Path], bundle: Bundle
) -> None:
    def reorder(working: Working, event: WorkProgress) -> None:
        if event.working and not working.work.is_paused and not event.done:
            working.work.pause()
        elif event.paused and not event.working:
            library.skip([4])
            library.move_to_front([7, 5])
            working.work.resume()

    working = Working(library, reorder)
    ended = working.to_the_end()

    # Two were handed out before the pause.
    assert working.changed == [1, 2, 7, 5, 3, 6]
    assert ended == WorkDone(done=6, failed=0)
    last = working.progress[-1]
    assert (last.done, last.total, last.working) == (6, 6, ())
    rows = library.rows(bundle.sha256)
    assert [row.state for row in rows if row.file_id != 4] == [State.DONE] * 6
    assert rows[3].state is State.SKIPPED


def test_a_kill_costs_only_what_was_being_heard(
    library: Library, songs: list[Path], bundle: Bundle, tmp_path: Path
) -> None:
    script = tmp_path / "work.py"
    script.write_text(_WORK)
    with subprocess.Popen(
        [sys.executable, script, library.path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "two are done\n"
        os.kill(process.pid, signal.SIGKILL)
    before = heard(library)
    assert len(before) == 2
    # Moved meanwhile: that is no reason to hear it again.
    songs[0].rename(songs[0].with_name("moved.wav"))
    scan_library(library)

    working = Working(library)
    ended = working.to_the_end()

    assert ended == WorkDone(done=5, failed=0)
    after = heard(library)
    assert {key: after[key] for key in before} == before
    assert library.counts(bundle.sha256).done == 7


def heard(library: Library) -> dict[str, int]:
    """When each sound was heard, as a number that grows."""
    with library.reading() as connection:
        return dict(connection.execute("SELECT content, rowid FROM timelines").fetchall())


def test_a_process_that_is_killed_costs_nothing(library: Library, songs: list[Path]) -> None:
    killed: list[int] = []

    def kill(working: Working, event: WorkProgress) -> None:
        if event.done and event.working and not killed:
            (child,) = multiprocessing.active_children()
            os.kill(child.pid or 0, signal.SIGKILL)
            killed.append(event.working[0])

    working = Working(library, kill)

    assert working.to_the_end() == WorkDone(done=7, failed=0)
    assert killed[0] in working.changed
    assert multiprocessing.active_children() == []


def test_a_cancel_leaves_the_rest_to_wait(library: Library, songs: list[Path]) -> None:
    def cancel(working: Working, event: WorkProgress) -> None:
        if event.done:
            working.work.cancel()

    working = Working(library, cancel)
    ended = working.to_the_end()

    assert isinstance(ended, WorkCancelled)
    assert 0 < ended.done < 7
    # It can be gone on with at once, and there is nothing to do for a model that is not there.
    with only_one_works(library.path):
        assert Working(library).to_the_end() == WorkFailed(
            "Your library: another FstMuse is working on it; "
            "wait until it is done, or stop it there"
        )


def test_nothing_to_do_is_done_at_once(library: Library) -> None:
    assert Working(library).to_the_end() == WorkDone(0, 0)


def test_a_model_that_is_not_there_is_told(library: Library, songs: list[Path]) -> None:
    ended: list[WorkEvent] = []
    working = LibraryWork(ended.append, model="nobody", library=library.path)
    working.start()
    working.stop()

    (event,) = ended
    assert isinstance(event, WorkFailed)
    assert event.error.startswith("nobody: there is no model by that name")


def test_the_command_line_goes_on_after_a_kill(
    music: Path, song: Song, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from fstmuse_core.cli import main

    for n in range(3):
        song(f"song {n}.wav", pitch=200.0 + 20.0 * n)
    output = tmp_path / "results.jsonl"
    resume = ["classify", str(music), "--output", str(output), "--resume"]
    assert main(resume) == 0
    whole = output.read_bytes()
    first, second, third = whole.splitlines(keepends=True)
    # A kill: one line was written, another cut short; and a file was moved before the restart.
    output.write_bytes(first + second[:40])
    (music / "song 2.wav").rename(music / "moved.wav")
    (music / "broken.mp3").write_bytes(b"no sound" * 99)

    assert main(resume) == 1

    again = output.read_bytes()
    assert again.startswith(first)
    records = {Path(r["path"]).name: r for r in map(json.loads, again.splitlines())}
    assert records["song 1.wav"] == json.loads(second)
    assert records["moved.wav"]["probabilities"] == json.loads(third)["probabilities"]
    assert records["broken.mp3"]["error"] in capsys.readouterr().err
    assert len(again.splitlines()) == 4


def test_results_of_two_models_are_not_mixed(
    music: Path, song: Song, tmp_path: Path, capsys: pytest.CaptureFixture[str], bundle: Bundle
) -> None:
    from fstmuse_core.cli import main

    song("song.wav")
    output = tmp_path / "results.jsonl"
    resume = ["classify", str(music), "--output", str(output), "--resume"]
    assert main([*resume, "--model", "toy-model"]) == 0
    before = output.read_bytes()

    assert main(resume) == 2

    toy = find_bundle("toy-model").sha256[:8]
    assert (
        f"holds results of toy-model ({toy}), and fst-muse ({bundle.sha256[:8]}) is asked; "
        "name another file, or the same model with --model"
    ) in capsys.readouterr().err
    assert output.read_bytes() == before
    assert main([*resume, "--model", "toy-model"]) == 0
    assert output.read_bytes() == before


def test_results_of_a_model_that_was_renamed_are_gone_on_with(
    music: Path, song: Song, tmp_path: Path
) -> None:
    from fstmuse_core.cli import main

    song("song.wav")
    models = user_models_folder()
    shutil.copytree(shipped_models_folder() / "toy-model", models / "mine")
    output = tmp_path / "results.jsonl"
    resume = ["classify", str(music), "--output", str(output), "--resume"]
    assert main([*resume, "--model", "mine"]) == 0
    before = output.read_bytes()

    rename_model("mine", "Band night")

    song("another.wav", pitch=330.0)
    assert main([*resume, "--model", "band-night"]) == 0
    assert output.read_bytes().startswith(before)
    assert len(output.read_bytes().splitlines()) == 2
    with open_library() as library:
        (heard,) = library.models()
        assert (heard.name, heard.title, heard.n_results) == ("Band-night", "Band night", 2)
        assert library.counts(find_bundle("band-night").sha256).waiting == 0


def test_segments_that_are_wanted_later_are_there(music: Path, song: Song, tmp_path: Path) -> None:
    from fstmuse_core.cli import main

    for name in ("a.wav", "b.wav"):
        song(name, pitch=200.0 + 20.0 * ord(name[0]))
    output = tmp_path / "results.jsonl"
    resume = ["classify", "--output", str(output), "--resume"]
    main([*resume, str(music / "a.wav")])
    (short,) = map(json.loads, output.read_text().splitlines())

    assert main([*resume, str(music), "--timeline"]) == 0

    first, second = map(json.loads, output.read_text().splitlines())
    segments = first.pop("segments")
    assert first == short
    assert len(segments) == len(second["segments"]) > 0
    whole = output.read_bytes()
    assert main([*resume, str(music), "--timeline"]) == 0
    assert output.read_bytes() == whole


@pytest.mark.skipif(os.name == "nt", reason="there are no devices of this kind on Windows")
def test_a_device_cannot_be_gone_on_with(
    music: Path, song: Song, capsys: pytest.CaptureFixture[str]
) -> None:
    from fstmuse_core.cli import main

    song("song.wav")
    resume = ["classify", str(music), "--output", "/dev/null", "--format", "jsonl", "--resume"]

    assert main(resume) == 2
    assert "no file that can be gone on with" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--resume"], ["--resume", "--output", "results.csv"]])
def test_only_lines_of_json_can_be_gone_on_with(
    arguments: list[str], music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from fstmuse_core.cli import main

    assert main(["classify", str(music), *arguments]) == 2
    assert "name it with --output FILE.jsonl" in capsys.readouterr().err


def test_a_file_of_something_else_is_not_touched(
    music: Path, song: Song, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from fstmuse_core.cli import main

    song("song.wav")
    diary = tmp_path / "diary.jsonl"
    diary.write_text('{"dear": "diary"}\n')

    assert main(["classify", str(music), "--output", str(diary), "--resume"]) == 2

    assert "holds something else than results" in capsys.readouterr().err
    assert diary.read_text() == '{"dear": "diary"}\n'


def test_many_files_come_in_order_and_are_what_one_alone_is(
    music: Path, song: Song, capsys: pytest.CaptureFixture[str], bundle: Bundle
) -> None:
    from fstmuse_core.cli import main
    from fstmuse_core.system.isolated import MANY

    for n in range(MANY):
        song(f"{n:02}.wav", pitch=200.0 + 20.0 * n, seconds=9.0 if n == 0 else 3.5)
    (music / "05.wav").write_bytes(b"no sound" * 99)

    assert main(["classify", str(music), "--format", "jsonl"]) == 1

    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(record["path"]).stem for record in records] == [f"{n:02}" for n in range(MANY)]
    assert [r["path"] for r in records if "error" in r] == [str(music / "05.wav")]
    alone = GenreClassifier(bundle).classify_file(music / "07.wav", with_sound=True).to_dict()
    assert records[7].pop("file")["size"] == (music / "07.wav").stat().st_size
    assert records[7] == {"path": str(music / "07.wav"), **alone}
