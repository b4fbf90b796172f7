"""Closing the window while a training runs."""

from __future__ import annotations

import pytest

from fstmuse_gui.train.closing import Closing
from tests.gui_train.conftest import TrainBench
from tests.gui_train.fakes import FakeTraining


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (Closing.KEEP, ["let go"]),
        (Closing.STOP, ["stop", "let go"]),
        (Closing.CANCEL, ["cancel", "let go"]),
    ],
)
def test_closing_asks_what_becomes_of_the_training(
    running: TrainBench, answer: Closing, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.view, "ask_closing", lambda _title: answer)
    training: FakeTraining = running.training
    running.window.close()
    assert not running.window.isVisible()
    assert training.heard == heard


def test_closing_can_be_thought_better_of(
    running: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.view, "ask_closing", lambda _title: Closing.STAY)
    running.window.close()
    assert running.window.isVisible()
    assert running.training.heard == []


def test_closing_without_a_training_asks_nothing(
    bench: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_title: str) -> Closing:
        raise AssertionError("asked for no reason")

    monkeypatch.setattr(bench.view, "ask_closing", refuse)
    bench.window.close()
    assert not bench.window.isVisible()
