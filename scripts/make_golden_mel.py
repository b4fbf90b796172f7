"""Write tests/core/golden/mel.npz: what tensorflow-io says of a sound that a formula makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fstmuse_core.original.networks import tfio_mel

GOLDEN = Path(__file__).parents[1] / "tests/core/golden/mel.npz"


def sweep() -> np.ndarray:
    """One second: a sweep from 50 Hz to 9 kHz with a click and a low hum."""
    t = np.arange(22_050) / 22_050
    phase = 2 * np.pi * 50 * t * (180**t - 1) / (np.log(180) * np.maximum(t, 1e-9))
    samples = 0.5 * np.sin(phase) + 0.1 * np.sin(2 * np.pi * 60 * t)
    samples[11_000] = 1.0
    return samples.astype(np.float32)


if __name__ == "__main__":
    samples = sweep()
    np.savez_compressed(GOLDEN, samples=samples, mel=np.asarray(tfio_mel(samples)))
