"""Our ToyModel network: three genres, little music, so a small net."""

from __future__ import annotations

from fstmuse_core.networks.blocks import (
    Classifier,
    additive_classifier,
    conv_unit,
    pool,
    segment_input,
)


def build_toy_model(n_genres: int = 3) -> Classifier:
    """A VGG-like net: 0.1 M parameters, 16 M multiply-adds a segment."""
    inputs = segment_input()
    x = pool(conv_unit(inputs, 16, "stem", size=5, strides=2), "stem")
    x = pool(conv_unit(x, 32, "low"), "low")
    x = pool(conv_unit(x, 64, "middle"), "middle")
    x = conv_unit(x, 128, "high")
    return additive_classifier("toy_model", inputs, x, n_genres, dropout=0.2)
