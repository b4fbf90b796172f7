"""The process that learns for the window, as it is."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.runs.metrics import Learned
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.protocol import Done, Failed, LearnCorrections
from fstmuse_core.workers.tasks import learning
from tests.corrections.conftest import answer
from tests.training_system.test_quick import write_song

PATIENCE_S = 240.0


def asked(monkeypatch: pytest.MonkeyPatch, home: Path) -> Any:
    """What the process answers, with user folders in ``home``."""
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(home))
    answers: list[Any] = []
    ended = threading.Event()

    def take(event: Any) -> None:
        if isinstance(event, Done | Failed):
            answers.append(event)
            ended.set()

    client = WorkerClient(take, serve=learning.serve, limits=learning.LIMITS)
    client.start()
    try:
        client.submit(LearnCorrections())
        assert ended.wait(PATIENCE_S)
    finally:
        client.stop()
        client.wait(PATIENCE_S)
    return answers[0]


def test_it_says_that_there_is_nothing_to_learn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = asked(monkeypatch, tmp_path)
    assert isinstance(told, Failed)
    assert "nothing has been corrected yet" in told.sentence


def test_it_hears_songs_in_processes_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = CorrectionStore(tmp_path / "fstmuse" / "corrections")
    for number in range(3):
        path = tmp_path / f"{number}.wav"
        write_song(path, 0.5 + 0.07 * number, number)
        store.correct_file(path, "Folk", answer())
    told = asked(monkeypatch, tmp_path)
    assert isinstance(told, Done), told
    assert told.payload.songs == 3
    assert (tmp_path / "fstmuse" / "models" / "my-fst-muse" / "model.json").is_file()


def test_its_answer_can_be_read_without_what_trains() -> None:
    """The window reads it, and never loads a training room."""
    assert Learned.__module__ == "fstmuse_core.runs.metrics"
