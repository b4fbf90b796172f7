"""Places of songs, crops in other keys, and weights that are taken over by genre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, mel_spectrogram
from fstmuse_core.bundle.bar_noise import condition, filled
from fstmuse_core.bundle.likeness import (
    N_DIRECTIONS,
    N_LIKENESS_VALUES,
    Likeness,
    likeness_tagger,
    told_of,
)
from fstmuse_core.bundle.weights import read_weights
from fstmuse_core.datasets.split import split_tracks
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.gan.crops import draw_transposed, transposed
from fstmuse_core.training.gan.likeness import (
    balanced_songs,
    closeness,
    fit_likeness,
    told_of_songs,
)


def _songs(n: int = 90, d: int = 40) -> tuple[FloatArray, np.ndarray]:
    rng = np.random.default_rng(3)
    labels = np.arange(n) % 3
    middles = 4.0 * rng.standard_normal((3, d))
    return (middles[labels] + rng.standard_normal((n, d))).astype(np.float32), labels


def test_places_have_unit_variance_and_genres_lie_apart() -> None:
    rows, labels = _songs()
    rows[5] = np.nan
    found = fit_likeness(rows, labels, 3)
    assert found is not None
    places = found.place(np.delete(rows, 5, axis=0))
    assert places.shape == (89, N_DIRECTIONS)
    assert np.abs(places).max() <= 3.0
    np.testing.assert_allclose(places.std(axis=0), 1.0, atol=0.1)
    named = [found.nearest_genre(place) for place in places]
    assert np.mean(np.array(named) == np.delete(labels, 5)) > 0.95
    again = Likeness(**read_weights(found.to_bytes()))
    np.testing.assert_array_equal(again.place(rows[0]), found.place(rows[0]))
    with pytest.raises(ValueError, match="an embedding has 7 values, not 40"):
        found.place(np.zeros(7, np.float32))
    assert fit_likeness(rows[:20], labels[:20], 3) is None


def test_a_take_is_told_of_one_of_its_genres_songs_by_its_seed() -> None:
    rows, labels = _songs()
    found = fit_likeness(rows, labels, 4)
    assert found is not None
    drawn = np.stack([found.draw(1, seed) for seed in range(200)])
    assert {found.nearest_genre(place) for place in drawn} == {1}
    np.testing.assert_array_equal(found.draw(1, 7), drawn[7])
    nearest = np.abs(drawn[:, None] - found.songs[labels == 1]).max(axis=2).min(axis=1)
    assert 0.3 < nearest.mean() < 0.9
    assert len({int(np.abs(found.songs - place).sum(axis=1).argmin()) for place in drawn}) > 15
    # Of a genre that has none there is its middle.
    assert np.abs(found.draw(3, 0)).max() < 1.5


def test_half_of_the_pieces_are_told_of_a_song_and_a_place_near_it() -> None:
    rng = np.random.default_rng(0)
    places = np.zeros((4, N_DIRECTIONS), np.float32)
    places[2] = 2.0
    places[3] = np.nan
    songs = np.repeat([2, 3], 400)
    told = told_of_songs(places, songs, rng)
    assert told.shape == (800, N_LIKENESS_VALUES)
    is_told = told[:, 0] == 1.0
    assert 0.4 < is_told[:400].mean() < 0.6
    assert not is_told[400:].any()
    assert not told[~is_told].any()
    assert told[is_told, 1:].mean() == pytest.approx(2.0, abs=0.05)
    assert told[is_told, 1:].std() == pytest.approx(0.3, abs=0.05)
    assert told_of_songs(None, songs, rng).shape == (800, 0)


def test_what_is_not_said_is_zero() -> None:
    genre, place = np.array([1.0, 0.0], np.float32), np.ones(N_DIRECTIONS, np.float32)
    assert condition(genre, None).shape == (4,)
    told = condition(genre, 113.0, place)
    np.testing.assert_array_equal(told[4:], told_of(place))
    np.testing.assert_array_equal(filled(condition(genre, 113.0), 21)[4:], told_of(None))
    with pytest.raises(ValueError, match="negative"):
        filled(told, 4)


def test_the_record_of_the_tagger_is_checked() -> None:
    assert likeness_tagger({}) == ""
    assert likeness_tagger({"likeness": {"tagger": "ab"}}) == "ab"
    for wrong in ("ab", {"tagger": 3}, {}):
        with pytest.raises(ValueError, match="names no tagger"):
            likeness_tagger({"likeness": wrong})


def test_closeness_tells_a_copy_from_one_that_does_not_listen() -> None:
    rows, labels = _songs()
    found = fit_likeness(rows, labels, 3)
    assert found is not None
    songs = balanced_songs(rows, labels, 12)
    assert [genre for genre, _ in songs[:3]] == [0, 1, 2]

    def copy(genre: int, seed: int, place: FloatArray | None) -> FloatArray:
        return songs[seed][1] if place is not None else rows[labels == genre][20]

    said = closeness(found, songs, copy)
    assert said["asked"] == pytest.approx(1.0, abs=1e-5)
    assert said["genre"] < 0.95
    assert said["others"] < 0.95
    assert said["songs"] == 12


def _tone(hertz: float) -> FloatArray:
    time = np.arange(2 * DEFAULT_CONFIG.sample_rate) / DEFAULT_CONFIG.sample_rate
    noise = 0.01 * np.random.default_rng(0).standard_normal(time.size)
    partials = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in (1, 2, 3, 4))
    return mel_spectrogram((partials + noise).astype(np.float32))


@pytest.mark.parametrize("semitones", [-2, -1, 1, 2])
def test_a_crop_in_another_key_is_what_the_music_would_be(semitones: int) -> None:
    low, high = _tone(440.0), _tone(440.0 * 2.0 ** (semitones / 12.0))
    moved = transposed(low, semitones)

    def alike(one: FloatArray) -> float:
        logs = [np.log(mel[20:60] + 0.01).ravel() for mel in (one, high)]
        return float(np.corrcoef(*logs)[0, 1])

    assert alike(moved) > 0.95 > 0.6 > alike(low)
    assert moved.dtype == np.float32
    assert moved.min() >= 0.0


def test_half_of_the_crops_keep_their_key() -> None:
    rng = np.random.default_rng(1)
    mels = np.abs(rng.standard_normal((200, 4, 128))).astype(np.float32)
    moved = draw_transposed(mels, rng)
    kept = [np.array_equal(one, other) for one, other in zip(mels, moved, strict=True)]
    assert 0.4 < np.mean(kept) < 0.6


def test_what_judged_a_model_stays_where_it_was() -> None:
    tracks = [
        Track(Path(f"{genre}-{n}.wav"), genre, f"{genre} band {n}", f"song {n}", 30.0)
        for genre in ("Rock", "Folk")
        for n in range(12)
    ]
    aside = {3: "test", 4: "validation", 15: "test", 16: "validation"}
    for seed in range(5):
        split = split_tracks(tracks, seed=seed, known=range(3), aside=aside)
        parts = split.by_track(len(tracks))
        assert [parts[i] for i in aside] == list(aside.values())
        assert [parts[i] for i in range(3)] == ["train"] * 3
