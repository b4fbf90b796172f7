"""Our FstMuse network: seven genres, five convolutions as in the report."""

from __future__ import annotations

from fstmuse_core.networks.blocks import (
    Classifier,
    additive_classifier,
    conv_unit,
    pool,
    residual_unit,
    segment_input,
)


def build_fst_muse(n_genres: int = 7) -> Classifier:
    """A VGG-like net with a residual end: 0.25 M parameters, 25 M multiply-adds a segment."""
    inputs = segment_input()
    x = pool(conv_unit(inputs, 16, "stem", size=5, strides=2), "stem")
    x = pool(conv_unit(x, 32, "low"), "low")
    x = pool(conv_unit(x, 64, "middle"), "middle")
    x = conv_unit(x, 128, "high")
    x = residual_unit(x, "top")
    return additive_classifier("fst_muse", inputs, x, n_genres, dropout=0.2)
