"""Beats of synthesised music: found where they are, and none where there is none."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from fstmuse_core.audio.beats import (
    BEATS_A_BAR,
    CELLS_A_BEAT,
    BeatRun,
    from_grid,
    onset_strength,
    steady_beats,
    to_grid,
)
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, mel_spectrogram

RATE = DEFAULT_CONFIG.sample_rate
FPS = DEFAULT_CONFIG.frames_per_second
FIRST_S = 0.5


def drums(bpm: float, seconds: float = 30.0) -> FloatArray:
    """A low drum on the first beat of four, a higher one on the others; mel magnitudes."""
    rng = np.random.default_rng(0)
    sound = 0.003 * rng.standard_normal(round(seconds * RATE))
    time = np.arange(4000) / RATE
    for beat, start in enumerate(np.arange(FIRST_S, seconds - 0.3, 60.0 / bpm)):
        tone = 90.0 if beat % BEATS_A_BAR == 0 else 900.0
        first = round(start * RATE)
        sound[first : first + 4000] += 0.5 * np.exp(-time * 25.0) * np.sin(2 * np.pi * tone * time)
    return mel_spectrogram(sound.astype(np.float32))


@pytest.mark.parametrize("bpm", [84.0, 97.0, 120.0, 133.0, 152.0])
def test_a_drum_is_found_at_its_tempo(bpm: float) -> None:
    (run,) = steady_beats(drums(bpm))
    assert run.bpm() == pytest.approx(bpm, rel=0.005)
    assert run.n_beats > 0.7 * 29.0 * bpm / 60.0


@pytest.mark.parametrize(("bpm", "folded"), [(66.0, 132.0), (190.0, 95.0)])
def test_the_tempo_is_folded(bpm: float, folded: float) -> None:
    runs = steady_beats(drums(bpm))
    assert runs
    assert runs[0].bpm() == pytest.approx(folded, rel=0.01)


def test_a_beat_lies_where_its_attack_first_shows() -> None:
    bpm = 120.0
    (run,) = steady_beats(drums(bpm))
    # A frame of 2048 samples holds an attack from four frames before it on.
    attacks = np.arange(FIRST_S, 29.7, 60.0 / bpm) * FPS - 4.0
    inside = run.frames[run.frames > attacks[0] - 2.0]
    distance = np.abs(inside[:, None] - attacks).min(axis=1)
    assert np.median(distance) < 0.5


def test_a_bar_begins_with_the_bass() -> None:
    bpm = 120.0
    (run,) = steady_beats(drums(bpm))
    attacks = np.arange(FIRST_S, 29.7, 60.0 / bpm) * FPS - 4.0
    beat = int(np.abs(attacks - run.frames[BEATS_A_BAR]).argmin())
    assert beat % BEATS_A_BAR == 0


@pytest.mark.parametrize("kind", ["noise", "tone", "silence", "rubato", "short"])
def test_no_beat_is_found_where_there_is_none(kind: str) -> None:
    rng = np.random.default_rng(1)
    n = 20 * RATE
    if kind == "noise":
        sound = 0.1 * rng.standard_normal(n)
    elif kind == "tone":
        sound = 0.3 * np.sin(2 * np.pi * 220 * np.arange(n) / RATE)
    elif kind == "silence":
        sound = np.zeros(n)
    elif kind == "short":
        sound = 0.1 * rng.standard_normal(RATE)
    else:
        sound = 0.003 * rng.standard_normal(n)
        starts = np.cumsum(rng.uniform(0.25, 1.3, 40))
        for start in starts[starts < 19.0]:
            first = round(start * RATE)
            sound[first : first + 4000] += 0.5 * np.exp(-np.arange(4000) / 800)
    assert steady_beats(mel_spectrogram(sound.astype(np.float32))) == []


def test_on_the_grid_every_beat_is_at_the_same_place() -> None:
    mel = drums(107.0)
    (run,) = steady_beats(mel)
    grid = to_grid(mel, run)
    assert grid.shape == (CELLS_A_BEAT * run.n_beats, DEFAULT_CONFIG.n_mels)
    onsets, bass = onset_strength(grid)
    inner = slice(CELLS_A_BEAT * BEATS_A_BAR, -CELLS_A_BEAT)
    peaks = np.flatnonzero(onsets[inner] > 0.5 * onsets[inner].max())
    # Each attack rises within a few cells of its beat, and never in the middle of one.
    phases = (peaks + CELLS_A_BEAT // 2) % CELLS_A_BEAT - CELLS_A_BEAT // 2
    assert phases.min() >= -2
    assert phases.max() <= 3
    first_beats = bass[inner].reshape(-1)[: len(bass[inner]) // 64 * 64].reshape(-1, 4, 16)
    assert (first_beats.max(axis=2).argmax(axis=1) == 0).mean() > 0.9


def test_the_grid_and_back_is_the_same_music() -> None:
    mel = drums(118.0)
    (run,) = steady_beats(mel)
    begin = int(run.frames[0])
    # An even pulse, so that the way back is known.
    even = BeatRun(begin + np.arange(run.n_beats + 1, dtype=np.float64) * (60.0 * FPS / 118.0))
    even = BeatRun(even.frames[even.frames < len(mel) - 10])
    grid = to_grid(mel, even).astype(np.float32)
    logs = np.log(grid + 1e-2)
    back = np.exp(from_grid(logs, 60.0 * FPS / 118.0, 400))
    wanted = mel[begin : begin + 400]
    error = np.linalg.norm(back - wanted) / np.linalg.norm(wanted)
    # Drums on silence are the hardest there is; music is 0.08 after inversion.
    assert error < 0.25


def test_nothing_is_compiled_to_find_beats() -> None:
    # numba keeps what it compiled; two first processes at once left code there that crashed all.
    code = (
        "import sys, numpy as np; from fstmuse_core.audio.beats import steady_beats;"
        "rows = np.tile((np.arange(1300) % 22 < 3)[:, None], (1, 128)) + 0.01;"
        "assert steady_beats(rows); assert not {'numba', 'librosa'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
