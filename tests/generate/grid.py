"""A small untrained generator on the beat grid, and patterns to put in its place."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from fstmuse_core.audio.beats import CELLS_A_BEAT, BeatRun, to_grid
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, mel_spectrogram
from fstmuse_core.bundle.bar_noise import Grid
from fstmuse_core.bundle.bundle import LIKENESS_NAME, write_bundle
from fstmuse_core.bundle.likeness import N_DIRECTIONS, Likeness, likeness_entry
from fstmuse_core.bundle.tagger import tagger_of_two
from tests.generate.conftest import SHAPE, TINY, tiny_manifest

# Values of the tagger's embedding.
N_FEATURES = 512
# With a beat; with one that has to be asked for; without one.
GENRES = ("Rock", "Electronic", "Jazz", "Classical")
GRID = Grid(
    shared_pattern=1,
    tempos={
        "Rock": [90.0, 110.0, 130.0],
        "Electronic": [118.0, 124.0, 130.0],
        "Jazz": [100.0, 120.0, 140.0],
    },
    beat={"Rock": 0.8, "Electronic": 0.9, "Jazz": 0.3, "Classical": 0.0},
)


def write_tiny_grid(folder: Path, name: str = "tiny-grid") -> Path:
    """Write a generator bundle that scripts/make_tiny_generator.py wrote the network of."""
    manifest = replace(
        tiny_manifest(),
        name=name,
        title="TinyGrid",
        genres=GENRES,
        architecture={**SHAPE.to_dict(), "grid": GRID.to_dict()},
    )
    network = TINY.with_name("tiny-grid.tflite").read_bytes()
    write_bundle(folder, manifest, {"model.tflite": network, "weights.npz": b"", "CARD.md": b"#\n"})
    return folder


def write_tiny_told(folder: Path, name: str = "tiny-told") -> Path:
    """Write the same, told of songs, with the network that can be."""
    manifest = replace(
        tiny_manifest(),
        name=name,
        title="TinyTold",
        genres=GENRES,
        architecture={
            **SHAPE.to_dict(),
            "grid": GRID.to_dict(),
            **likeness_entry(tagger_of_two().sha256),
        },
    )
    rng = np.random.default_rng(5)
    likeness = Likeness(
        mean=np.zeros(N_FEATURES, np.float32),
        axes=0.1 * rng.standard_normal((N_FEATURES, N_DIRECTIONS)).astype(np.float32),
        centres=rng.standard_normal((len(GENRES), N_DIRECTIONS)).astype(np.float32),
        songs=rng.standard_normal((8, N_DIRECTIONS)).astype(np.float32),
        labels=np.arange(8, dtype=np.float32) // 2,
    )
    files = {
        "model.tflite": TINY.with_name("tiny-told.tflite").read_bytes(),
        "weights.npz": b"",
        "CARD.md": b"#\n",
        LIKENESS_NAME: likeness.to_bytes(),
    }
    write_bundle(folder, manifest, files)
    return folder


@functools.cache
def _beat() -> FloatArray:
    """A stroke of a drum on the beat grid, scaled log-mel (16, 128)."""
    rate, beat_s = 22_050, 0.6
    rng = np.random.default_rng(0)
    samples = np.zeros(round(12 * beat_s * rate), np.float32)
    stroke = rng.standard_normal(4000) * np.exp(-np.arange(4000) / 900)
    for beat in range(1, 11):
        at = round(beat * beat_s * rate)
        samples[at : at + 4000] += 0.2 * stroke.astype(np.float32)
    mel = mel_spectrogram(samples)
    frames = np.arange(2, 11, dtype=np.float64) * beat_s * DEFAULT_CONFIG.frames_per_second - 4.0
    cells = to_grid(mel / mel.mean(), BeatRun(frames)).astype(np.float32)
    logs = np.log(cells + 1e-3).reshape(-1, CELLS_A_BEAT, 128).mean(axis=0)
    return np.asarray(logs - tiny_manifest().scaling.mean, dtype=np.float32)


def drums(told: FloatArray, noise: Mapping[str, FloatArray], n_cells: int) -> FloatArray:
    """A stroke on every beat, as a generator's network makes it."""
    return np.tile(_beat(), (n_cells // CELLS_A_BEAT, 1))
