"""Training music on the beat grid: what has a beat is drawn by bars, the rest as it runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.bundle.bar_noise import Grid
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.toy_gan import CROP_FRAMES, N_MELS, SHAPE
from fstmuse_core.training.gan.evaluate import Made, ask
from fstmuse_core.training.gan.grid_music import (
    GridMusic,
    as_it_runs,
    bar_correlation,
    conditions,
    draw_tempos,
)
from fstmuse_core.training.mels import MelArray

GENRES = ("Rock", "Classical")
SCALING = FeatureScaling(np.zeros(N_MELS, np.float32), np.ones(N_MELS, np.float32))


def pulses(bpm: float, frames: int = 1300) -> MelArray:
    """Mel magnitudes that rise at each beat and fade."""
    rng = np.random.default_rng(0)
    beat = 60.0 * DEFAULT_CONFIG.frames_per_second / bpm
    phase = np.arange(frames) % beat
    shape = np.exp(-phase / 4.0)[:, None] * np.linspace(2.0, 0.5, N_MELS)
    return np.asarray(0.02 * rng.random((frames, N_MELS)) + shape, dtype=np.float16)


def noise(frames: int = 1300) -> MelArray:
    return np.random.default_rng(2).random((frames, N_MELS)).astype(np.float16)


def track(genre: str, artist: str) -> Track:
    return Track(path=Path(f"{artist}.wav"), genre=genre, artist=artist, title="", seconds=30.0)


@pytest.fixture
def music() -> GridMusic:
    tracks = [track("Rock", "a"), track("Rock", "b"), track("Classical", "c")]
    told: list[tuple[int, int]] = []
    made = GridMusic(
        tracks,
        [pulses(120.0), pulses(100.0), noise()],
        GENRES,
        SCALING,
        lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]
    return made


def test_the_survey_says_what_has_a_beat(music: GridMusic) -> None:
    assert music.grid.beat == {"Rock": 1.0, "Classical": 0.0}
    assert list(music.grid.tempos) == ["Rock"]
    assert music.grid.tempos["Rock"][0] == pytest.approx(102.0, abs=3.0)
    assert music.grid.has_beat("Rock")
    assert not music.grid.has_beat("Classical")
    steady, whole = music.minutes["Rock"]
    assert 0.7 * whole < steady <= whole
    assert music.minutes["Classical"][0] == 0.0
    assert music.steady_genres == [0]


def test_crops_of_a_beat_begin_with_a_bar_and_the_others_anywhere(music: GridMusic) -> None:
    rng = np.random.default_rng(3)
    labels = np.array([0, 1] * 6)
    drawn = music.draw(labels, rng)
    assert drawn.mels.shape == (12, CROP_FRAMES, N_MELS)
    assert (drawn.bpm[labels == 1] == 0.0).all()
    found = set(np.round(drawn.bpm[labels == 0]))
    assert found == {100.0, 120.0}
    assert set(drawn.songs[labels == 1]) == {2}
    # Every sixteenth cell an attack, at whatever tempo.
    envelope = drawn.mels[labels == 0].mean(axis=2).reshape(-1, 16, 16).mean(axis=(0, 1))
    assert envelope[:4].max() == envelope.max()
    assert envelope[:4].max() - envelope.min() > 1.0


def test_what_is_asked_has_the_tempos_of_the_music(music: GridMusic) -> None:
    labels = np.array([0, 1] * 50)
    tempos = draw_tempos(music.grid, GENRES, labels, np.random.default_rng(0))
    assert (tempos[1::2] == 0.0).all()
    assert tempos[::2].min() >= 99.0
    assert tempos[::2].max() <= 121.0
    asked = ask(SHAPE, music.grid, GENRES, labels[:4], np.random.default_rng(1))
    told, whole, local, beat = asked.inputs
    assert told.shape == (4, len(GENRES) + 2)
    assert len(whole) == len(local) == len(beat) == 4
    assert np.abs(beat[1]).max() == 0.0
    assert np.abs(beat[0]).max() > 0.0


def test_conditions_tell_genre_beat_and_tempo() -> None:
    told = conditions(np.array([0, 1, 0]), [113.0, 0.0, 160.0], 2)
    assert told.tolist()[:2] == [[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    assert told[2, 3] == pytest.approx(1.0, abs=0.01)


def test_windows_run_at_their_tempo() -> None:
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * np.arange(CROP_FRAMES) / 16)
    cells = np.tile(wave[None, :, None], (1, 1, N_MELS)).astype(np.float32)
    made = Made(cells, np.array([120.0]))
    frames = made.heard()[0].mean(axis=1)
    peaks = np.flatnonzero((frames[1:-1] > frames[:-2]) & (frames[1:-1] >= frames[2:])) + 1
    assert np.diff(peaks).mean() == pytest.approx(43.066 / 2, rel=0.02)
    free = as_it_runs(cells, [0.0])
    assert np.array_equal(free, cells)


def test_bars_that_return_are_alike_and_others_are_not() -> None:
    rng = np.random.default_rng(5)
    bar = rng.standard_normal((1, 64, N_MELS), dtype=np.float32)
    assert bar_correlation(np.tile(bar, (3, 4, 1))) == pytest.approx(1.0)
    assert abs(bar_correlation(rng.standard_normal((3, 256, N_MELS), dtype=np.float32))) < 0.05
    assert Made(np.zeros((1, 256, N_MELS), np.float32), np.zeros(1)).bars() is None


def test_music_without_any_beat_is_learned_as_it_runs() -> None:
    tracks = [track("Rock", "a"), track("Classical", "c")]
    music = GridMusic(tracks, [noise(), noise()], GENRES, SCALING)
    assert music.grid == Grid(tempos={}, beat={"Rock": 0.0, "Classical": 0.0})
    assert (music.draw(np.array([0, 1]), np.random.default_rng(0)).bpm == 0.0).all()
