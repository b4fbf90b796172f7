"""The script that makes the tagger leaves out what says nothing, and nothing else."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return importlib.import_module("scripts.make_tagger")


def fill(network: Any, rng: np.random.Generator, dead: dict[str, int]) -> None:
    """Weights at random; ``dead`` filters of a layer are zero, and what follows them is too."""
    after = {name: n for n, name in enumerate(dead, 1)}
    for layer in network.layers:
        weights = [rng.normal(0.0, 0.3, w.shape).astype(np.float32) for w in layer.get_weights()]
        if layer.name in dead:
            for each in weights:
                each[..., :: dead[layer.name]] = 0.0
        if "batch_normalization" in layer.name:
            weights[3] = np.abs(weights[3]) + 0.5
            number = layer.name.removeprefix("batch_normalization").lstrip("_")
            name = next((name for name, n in after.items() if str(n) == number), "")
            if name:
                for each in weights[1:3]:
                    each[:: dead[name]] = 0.0
        if weights:
            layer.set_weights(weights)


@pytest.mark.parametrize("design", ["MTT_vgg", "MSD_musicnn"])
def test_a_network_without_its_dead_filters_says_the_same(
    script: ModuleType, design: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (source,) = [source for source in script._SOURCES if source.folder == design]
    names = (
        ["conv2d", "conv2d_1", "conv2d_2", "conv2d_3", "conv2d_4"]
        if design == "MSD_musicnn"
        else ["1CNN", "2CNN", "3CNN", "4CNN"]
    )
    whole = source.build()
    fill(whole, np.random.default_rng(3), dict.fromkeys(names, 2))
    slim = script.without_dead_filters(source, whole)
    assert "parameters live, logits within" in capsys.readouterr().out
    for name in names:
        n_filters = whole.get_layer(name).get_weights()[1].size
        assert slim.get_layer(name).get_weights()[1].size == n_filters // 2


def test_a_filter_that_says_something_is_missed(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = [source for source in script._SOURCES if source.folder == "MSD_vgg"]
    whole = source.build()
    fill(whole, np.random.default_rng(3), {})
    monkeypatch.setattr(script, "living", lambda layer: np.arange(100))
    with pytest.raises(SystemExit, match="not all dead"):
        script.without_dead_filters(source, whole)
