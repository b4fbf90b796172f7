"""A model is measured on the user's music, alone or beside another."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.bundle.model_list import find_model
from fstmuse_gui.models.measuring import MeasureDialog

SIDE: dict[str, Any] = {
    "model": "fst-muse",
    "accuracy": 0.75,
    "interval": [0.6, 0.9],
    "songs": {"Rock": 40, "Jazz": 20},
    "recall": {"Rock": 0.8, "Jazz": 0.65},
    "confusion": [[32, 8], [7, 13]],
    "ece": 0.1,
    "note": "it was trained on 2 of these 60 songs: the figures flatter it",
}


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> MeasureDialog:
    models = [find_model(name) for name in ("fst-muse", "toy-model", "toy-gan")]
    made = MeasureDialog(None, models[0], models, folder=lambda _parent: str(tmp_path))  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.show()
    return made


def stand_in(
    dialog: MeasureDialog, monkeypatch: pytest.MonkeyPatch, program: str, *words: str
) -> None:
    """Let another program measure."""
    monkeypatch.setattr(dialog, "command", lambda: [sys.executable, "-c", program, *words])


def test_it_asks_the_command_line(dialog: MeasureDialog, tmp_path: Path) -> None:
    assert not dialog.start_button.isEnabled()
    dialog.folder_button.click()
    assert dialog.start_button.isEnabled()
    data = ["--data", str(tmp_path), "--format", "json"]
    assert dialog.command()[-6:] == ["--model", "fst-muse", *data]
    assert dialog.command()[-7] == "evaluate"
    assert [dialog.other.itemData(n) for n in range(dialog.other.count())][1:] == ["toy-model"]
    dialog.other.setCurrentIndex(1)
    assert dialog.command()[-7:] == ["compare", "fst-muse", "toy-model", *data]


def test_figures_stand_with_their_meaning(
    dialog: MeasureDialog, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    stand_in(dialog, monkeypatch, "import sys; print(sys.argv[1])", json.dumps(SIDE))
    dialog.folder_button.click()
    with qtbot.waitSignal(dialog.ended, timeout=20_000):
        dialog.start_button.click()
    (result,) = dialog.results
    assert result.sentence.text().startswith("FstMuse: 75")
    assert "always saying Rock would get 67" in result.sentence.text()
    assert result.note.text().startswith("Mind: it was trained on 2 of these")
    assert [measure.name for measure in result.measures.shown][:2] == ["Recall", "Precision"]
    assert len(result.recall.spoken()) == 2


def test_two_models_stand_one_below_the_other(
    dialog: MeasureDialog, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    both = {"a": SIDE, "b": {**SIDE, "model": "toy-model", "note": ""}, "sentence": "Too close."}
    stand_in(dialog, monkeypatch, "import sys; print(sys.argv[1])", json.dumps(both))
    dialog.folder_button.click()
    with qtbot.waitSignal(dialog.ended, timeout=20_000):
        dialog.start_button.click()
    assert dialog.said == "Too close."
    assert [result.sentence.text().partition(":")[0] for result in dialog.results] == [
        "FstMuse",
        "ToyModel",
    ]


def test_what_goes_wrong_is_one_line(
    dialog: MeasureDialog, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    program = "import sys; sys.stderr.write('note: x\\nmusic: no song is labelled\\n'); sys.exit(2)"
    stand_in(dialog, monkeypatch, program)
    dialog.folder_button.click()
    with qtbot.waitSignal(dialog.ended, timeout=20_000):
        dialog.start_button.click()
    assert dialog.said == "music: no song is labelled"
    assert dialog.start_button.isEnabled()


def test_closing_ends_the_measuring(dialog: MeasureDialog, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(dialog, monkeypatch, "import time; time.sleep(600)")
    dialog.folder_button.click()
    dialog.start_button.click()
    dialog._process.waitForStarted()
    assert dialog.is_busy
    dialog.close()
    assert [dialog.is_busy] == [False]
