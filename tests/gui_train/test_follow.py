"""The folder of a run: its lines, and what is left out of a long story."""

from __future__ import annotations

from pathlib import Path

from fstmuse_core.runs.events import (
    Done,
    Epoch,
    Started,
    drop_superseded,
    ending,
    parse_event,
)
from fstmuse_core.runs.follow import LineFile, thinned, without_earlier_ends
from fstmuse_core.runs.store import (
    CANCEL,
    STOP,
    TrainingLock,
    read_request,
    request_end,
    runs_folder,
)
from tests.gui_train.child import DONE, EPOCH, START
from tests.gui_train.told import line


def test_lines_come_whole(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    lines = LineFile(file)
    assert lines.read() == []
    file.write_bytes(b"one\ntw")
    assert lines.read() == ["one"]
    with file.open("ab") as stream:
        stream.write(b"o\n\xff\n")
    assert lines.read() == ["two", "\ufffd"]


def test_a_story_leaves_out_what_was_taken_back() -> None:
    lines = [
        line("started", **START),
        line("epoch", **EPOCH),
        line("epoch", **{**EPOCH, "epoch": 2}),
        line("failed", sentence="gone", run="r1", resumable=True),
        line("started", **{**START, "resumed_from_epoch": 1}),
        line("epoch", **{**EPOCH, "epoch": 2, "loss": 0.1}),
        line("done", **DONE),
    ]
    events = [e for e in map(parse_event, lines) if e is not None]
    story = drop_superseded(events)
    assert [type(e) for e in story] == [Started, Epoch, Epoch, Done]
    assert isinstance(ending(story), Done)
    kinds = [type(parse_event(one)) for one in without_earlier_ends(lines)]
    assert kinds == [Started, Epoch, Epoch, Started, Epoch, Done]


def test_of_much_progress_told_at_once_some_is_left() -> None:
    progress = [line("progress", step=number) for number in range(1000)]
    lines = [line("started", **START), *progress, line("epoch", **EPOCH), progress[-1]]
    kept = thinned(lines)
    assert kept[0] == lines[0]
    assert kept[-2:] == lines[-2:]
    assert 20 < len(kept) < 60
    assert thinned(lines[-3:]) == lines[-3:]
    assert thinned([]) == []


def test_a_request_is_forgotten_before_the_next_start_is_named(own_folders: Path) -> None:
    folder = runs_folder() / "r1"
    folder.mkdir(parents=True)
    request_end(folder, CANCEL)
    with TrainingLock("r1"):
        assert read_request(folder) == ""
        request_end(folder, STOP)  # whoever sees the name may ask from now on
        assert read_request(folder) == STOP
