"""Write a LiteRT file from weights, in a process of its own that runs on TensorFlow."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from fstmuse_core.training.export import litert_bytes
from fstmuse_core.training.plan import PLANS


def main(model: str, n_genres: str, weights: str, target: str) -> None:
    """Build ``model`` for ``n_genres``, give it ``weights`` and write ``target``."""
    classifier = PLANS[model].build(int(n_genres))
    with np.load(weights, allow_pickle=False) as arrays:
        for variable in classifier.serving.weights:
            variable.assign(arrays[variable.path])
    Path(target).write_bytes(litert_bytes(classifier))


if __name__ == "__main__":
    main(*sys.argv[1:])
