"""The noise that music is made from: the same for a seed, and repeating with the bar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fstmuse_core.bundle.noise import NoiseShape, draw_noise

SHAPE = NoiseShape(frames_per_step=16, margin_steps=3, global_noise=12, local_noise=5, beat_noise=7)


def test_shapes_hold_the_margin() -> None:
    noise = draw_noise(SHAPE, 10, 1)
    assert {name: values.shape for name, values in noise.items()} == {
        "global_noise": (1, 12),
        "local_noise": (1, 16, 5),
        "beat_noise": (1, 256, 7),
    }
    assert all(values.dtype == np.float32 for values in noise.values())


def test_a_seed_is_a_piece_and_a_longer_one_begins_alike() -> None:
    short, again, long, other = (
        draw_noise(SHAPE, steps, seed) for steps, seed in [(8, 5), (8, 5), (80, 5), (8, 6)]
    )
    for name, values in short.items():
        assert np.array_equal(values, again[name])
        assert not np.array_equal(values, other[name])
        begin = long[name] if values.ndim == 2 else long[name][:, : values.shape[1]]
        assert np.array_equal(values, begin)


def test_the_pattern_repeats_with_the_bar() -> None:
    # 120 beats a minute at 40 frames a second: a bar is 80 frames.
    steady = replace(SHAPE, slowest_bpm=120.0, fastest_bpm=120.0)
    beat = draw_noise(steady, 40, 3, frames_per_second=40.0)["beat_noise"][0]
    assert np.allclose(beat[80:], beat[:-80], atol=1e-4)
    assert np.abs(beat[40:, :4] - beat[:-40, :4]).max() > 0.5
    beats = np.flatnonzero(np.diff(beat[:, 5]) > 0.3)
    assert set(np.diff(beats)) == {20}


def test_the_tempo_stays_in_its_range() -> None:
    lengths = []
    for seed in range(30):
        bars = draw_noise(SHAPE, 100, seed, frames_per_second=40.0)["beat_noise"][0, :, 4]
        lengths.append(np.diff(np.flatnonzero(np.diff(bars) > 0.3)).mean())
    slowest, fastest = 4 * 60 / 70 * 40, 4 * 60 / 150 * 40
    assert fastest - 1 < min(lengths) < max(lengths) < slowest + 1
    assert max(lengths) > 1.5 * min(lengths)


def test_a_record_gives_the_shape_back() -> None:
    record = {"network": "x", "parameters": 3, **SHAPE.to_dict()}
    assert NoiseShape.from_dict(record) == SHAPE
    assert SHAPE.steps(160) == 10
    assert SHAPE.steps(161) == 11


@pytest.mark.parametrize(
    "change",
    [
        {"frames_per_step": 0},
        {"margin_steps": -1},
        {"beat_noise": 3},
        {"slowest_bpm": 200.0},
        {"local_noise": 10**9},
    ],
)
def test_nonsense_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"is|tempos"):
        NoiseShape.from_dict({**SHAPE.to_dict(), **change})
