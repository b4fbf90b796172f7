"""The report's designs train too, and their needs are said first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.runs.store import list_runs
from fstmuse_core.training.original import classifiers
from tests.training_system.conftest import Home

OPTIONS: dict[str, Any] = {
    "model": "fst-muse",
    "design": "original",
    "genres": ["Folk", "Rock", "Hip-Hop"],
    "epochs": 1,
    "batch_size": 2,
    "out": "report",
}


def test_it_trains_and_is_measured(home: Home, tones: Path) -> None:
    assert home.train(**OPTIONS, data=[str(tones)]) == 0
    said = [event["sentence"] for event in home.of_kind("warning")]
    assert any("GiB of memory" in sentence for sentence in said)
    assert said[0].startswith("not learned: Classical (4)")
    (epoch,) = home.of_kind("epoch")
    assert epoch["loss"] > 0
    done = home.last
    assert done["event"] == "done"
    assert done["bundle"] == ""
    assert sum(done["metrics"]["songs"].values()) == home.of_kind("started")[0]["clips"]["test"]
    assert "cannot be used to classify" in Path(done["card"]).read_text(encoding="utf-8")
    report = json.loads(Path(done["card"]).with_name("report.json").read_text())
    assert report["settings"]["design"] == "original"
    assert not Path(done["card"]).with_name("features.npy").exists()


@pytest.mark.parametrize("model", ["toy-model", "fst-muse"])
def test_too_little_memory_is_said(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr(classifiers, "_free_memory", lambda: 2**29)
    assert home.train(**{**OPTIONS, "model": model}, data=[str(tones)]) == 1
    assert "0.5 GiB are free" in home.last["sentence"]
    assert list_runs() == []


def test_the_toy_model_needs_what_was_measured() -> None:
    assert classifiers.memory_need("toy-model", 8) == pytest.approx(5 * 2**30, rel=0.1)
