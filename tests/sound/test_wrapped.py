"""A loop at another rate than the device's joins without a tick."""

from __future__ import annotations

import numpy as np
import pytest

from fstmuse_gui.sound.sources import LoopedSource, SampleSource


@pytest.mark.parametrize("rate", [48_000, 44_100, 22_050])
def test_a_loop_joins_at_any_rate(rate: int) -> None:
    own, n = 22_050, 10_000
    # A cosine is at its peak where the loop joins.
    wave = np.cos(2 * np.pi * 40 * np.arange(n) / n).astype(np.float32)
    source = LoopedSource(SampleSource(wave[:, None], own, wraps=True), 0.0, n / own)
    source.open(0.0, rate, 1)
    blocks: list[np.ndarray] = []
    while sum(block.size for block in blocks) < 3 * n * rate / own:
        read = source.read(0.0)
        assert read is not None
        assert not read.end
        blocks.append(read.samples[:, 0])
    heard = np.concatenate(blocks)
    assert np.abs(np.diff(heard, 2)).max() < 1.2 * (2 * np.pi * 40 / n * own / rate) ** 2 + 1e-4


def test_what_does_not_wrap_ends_as_it_did() -> None:
    wave = np.linspace(0.0, 1.0, 5000, dtype=np.float32)
    source = SampleSource(wave[:, None], 22_050)
    source.open(0.0, 22_050, 2)
    block = source.read(0.0)
    assert block is not None
    np.testing.assert_array_equal(block.samples[:, 1], wave)
