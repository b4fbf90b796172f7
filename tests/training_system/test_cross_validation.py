"""Trainings with few test songs: what is cross-validated, and that it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training_system.conftest import Home


def test_the_linear_head_is_cross_validated_where_the_test_is_small(trained: Home) -> None:
    found = trained.last["metrics"]["cross_validation"]
    assert (found["what"], found["folds"]) == ("head", 5)
    assert found["songs"] == found["artists"] == 12
    card = Path(trained.last["card"]).read_text(encoding="utf-8")
    assert "In a 5-fold cross-validation over 12 artists, the linear head" in card
    assert "The whole model was tested on 3 songs only" in card
    assert "reliability.png" not in " ".join(trained.last["figures"])
    assert trained.last["model_sha256"]


@pytest.mark.slow
def test_the_network_is_cross_validated_on_request(home: Home, tones: Path) -> None:
    code = home.train(
        model="toy-model",
        data=[str(tones)],
        epochs=1,
        batch_size=8,
        out="tones",
        genres=["Folk", "Hip-Hop", "Rock"],
        cross_validate=2,
    )
    assert code == 0, home.said
    found = home.last["metrics"]["cross_validation"]
    assert (found["what"], found["folds"], found["songs"]) == ("network", 2, 12)
    assert 0 <= found["right"] <= 12
    card = Path(home.last["card"]).read_text(encoding="utf-8")
    assert "network and linear head, trained anew for each fold" in card
    assert "says little" not in card
