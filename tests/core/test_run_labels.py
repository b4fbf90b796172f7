"""Titles and notes of runs, and runs deleted and brought back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.runs.labels import (
    RunLabel,
    delete_run,
    read_label,
    restore_run,
    write_label,
)
from fstmuse_core.runs.store import RUN_FILE, TrainingLock, list_runs
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path))
    return tmp_path / "runs"


def make_run(root: Path, name: str = "r1") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    settings = {"model": "toy-model", "design": "deep", "out": "mine", "epochs": 3}
    (folder / RUN_FILE).write_text(json.dumps({"settings": settings}))
    return folder


def test_a_label_is_read_as_it_was_written(root: Path) -> None:
    run = make_run(root)
    assert read_label(run) == RunLabel()
    write_label(run, RunLabel("More reverb ", "first line\nsecond"))
    assert read_label(run) == RunLabel("More reverb", "first line\nsecond")


@pytest.mark.parametrize("text", ["", "[]", '{"title": 3}', "\x00"])
def test_a_damaged_label_is_none(root: Path, text: str) -> None:
    run = make_run(root)
    (run / "label.json").write_text(text)
    assert read_label(run) == RunLabel()


def test_a_deleted_run_is_off_the_list_and_comes_back(root: Path) -> None:
    run = make_run(root)
    write_label(run, RunLabel("Kept"))
    aside = delete_run(run)
    assert list_runs() == []
    assert restore_run(aside) == run
    assert [found.run for found in list_runs()] == ["r1"]
    assert read_label(run).title == "Kept"


def test_a_run_that_is_trained_stays(root: Path) -> None:
    run = make_run(root)
    with TrainingLock("r1"), pytest.raises(FstMuseError, match="it is being trained"):
        delete_run(run)
    assert run.is_dir()


def test_it_does_not_come_back_over_another(root: Path) -> None:
    aside = delete_run(make_run(root))
    make_run(root)
    with pytest.raises(FstMuseError, match="another training by that name"):
        restore_run(aside)
    assert aside.is_dir()


def test_after_a_week_it_is_gone_for_good(root: Path) -> None:
    aside = delete_run(make_run(root))
    old = aside.with_name(f".deleted-{time.time_ns() - 8 * 86_400 * 10**9}-r0")
    aside.rename(old)
    new = delete_run(make_run(root, "r2"))
    assert [old.exists(), new.exists()] == [False, True]


def test_a_checkpoint_keeps_the_time_of_all_starts(tmp_path: Path) -> None:
    arrays = {"0000": np.zeros(2, np.float32)}
    save_checkpoint(tmp_path, Checkpoint(1, arrays, arrays, arrays, 1, 0.5, {}, [], 120.0))
    kept = load_checkpoint(tmp_path)
    assert kept is not None
    assert kept.seconds == 120.0
    state = next(tmp_path.rglob("state.json"))
    values = json.loads(state.read_text())
    del values["seconds"]  # one of before
    state.write_text(json.dumps(values))
    kept = load_checkpoint(tmp_path)
    assert kept is not None
    assert kept.seconds == 0.0
