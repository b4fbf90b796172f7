"""Copies in other formats, levels and excerpts are found; other music is not."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.datasets.check import check_collection
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.duplicates import (
    Print,
    as_text,
    from_text,
    joined,
    pairs_sentence,
    print_of,
    same_recordings,
    without_near_copies,
)
from fstmuse_core.datasets.track import Track

RATE = 22_050
Samples = np.ndarray


@lru_cache
def song(seed: int, seconds: float = 24.0) -> Samples:
    """Random chords of random lengths: no two seeds play alike."""
    rng = np.random.default_rng(seed)
    sound = 0.01 * rng.standard_normal(int(seconds * RATE)).astype(np.float32)
    at = 0
    while at < sound.size:
        n = min(int(rng.uniform(0.2, 0.7) * RATE), sound.size - at)
        times = np.arange(n, dtype=np.float32) / RATE
        for pitch in 110.0 * 2.0 ** (rng.integers(0, 48, 4) / 12):
            for harmonic in (1, 2, 3):
                tone = np.sin(2 * np.pi * pitch * harmonic * times)
                sound[at : at + n] += rng.uniform(0.2, 1.0) / harmonic * np.exp(-3 * times) * tone
        at += n
    return np.asarray(0.5 * sound / np.abs(sound).max(), dtype=np.float32)


@lru_cache
def words_of(seed: int) -> Print:
    return words(song(seed))


def words(samples: Samples, rate: int = RATE) -> Print:
    if rate != RATE:
        samples = np.asarray(soxr.resample(samples, rate, RATE), dtype=np.float32)
    return print_of(mel_spectrogram(samples))


def through(suffix: str, folder: Path, samples: Samples, rate: int = RATE) -> Samples:
    path = folder / f"copy{suffix}"
    soundfile.write(path, samples, rate)
    return load_audio(path)


COPIES: dict[str, Callable[[Samples, Path], Samples]] = {
    "mp3": lambda x, d: through(".mp3", d, x),
    "ogg": lambda x, d: through(".ogg", d, x),
    "level": lambda x, d: x * 10 ** (-12 / 20),
    "cut at the start": lambda x, d: x[10 * RATE + 137 :],
    "excerpt": lambda x, d: x[int(7.3 * RATE) : int(18.1 * RATE)],
    "resampled": lambda x, d: through(".flac", d, soxr.resample(x, RATE, 48_000), 48_000),
    "telephone": lambda x, d: through(".flac", d, soxr.resample(x, RATE, 8_000), 8_000),
    "small trim": lambda x, d: x[77:-1000],
    "upside down": lambda x, d: -x,
}


@pytest.mark.parametrize("how", COPIES)
def test_copies_are_found_among_other_music(how: str, tmp_path: Path) -> None:
    prints = {f"song {seed}": words_of(seed) for seed in range(6)}
    prints["copy"] = words(COPIES[how](song(3), tmp_path))
    assert [(p.first, p.second) for p in same_recordings(prints)] == [("song 3", "copy")]


def test_excerpts_that_overlap_are_the_same_recording() -> None:
    whole = song(1, 40.0)
    prints = {
        "a": words(whole[: 25 * RATE]),
        "b": words(whole[15 * RATE + 51 :]),
        "c": words(song(2)),
    }
    assert [(p.first, p.second) for p in same_recordings(prints)] == [("a", "b")]


def test_silence_tones_and_noise_are_nobody_s_copies() -> None:
    times = np.arange(20 * RATE, dtype=np.float32) / RATE
    rng = np.random.default_rng(0)
    prints = {
        "silence": words(np.zeros(20 * RATE, np.float32)),
        "other silence": words(np.zeros(15 * RATE, np.float32)),
        "short": words(song(0, 0.5)),
    }
    for pitch in (440, 444, 880):
        prints[f"{pitch} Hz"] = words(0.3 * np.sin(2 * np.pi * pitch * times))
    for number in range(3):
        prints[f"noise {number}"] = words(0.1 * rng.standard_normal(times.size, np.float32))
    assert same_recordings(prints) == []


def test_prints_survive_a_table() -> None:
    found = words(song(0))
    assert np.array_equal(from_text(as_text(found)), found)
    assert len(from_text(as_text(np.arange(9000, dtype=np.uint32)))) == 1720
    assert len(from_text("\N{SNOWMAN} no print")) == 0
    assert len(from_text("")) == 0


def test_copies_are_one_sound_over_others_too() -> None:
    whole = song(1, 40.0)
    prints = {
        "a": words(whole[: 16 * RATE]),
        "b": words(whole[10 * RATE : 30 * RATE]),
        "c": words(whole[24 * RATE :]),
        "d": words(song(5)),
    }
    sounds = joined({name: name for name in prints}, same_recordings(prints))
    assert len({sounds[name] for name in "abc"}) == 1
    assert sounds["d"] == "d"


def test_other_prints_are_compared_with_alone() -> None:
    mine = {"x": words(song(0)), "y": words(song(0)[RATE:])}
    theirs = {"z": words(song(0)[2 * RATE :]), "w": words(song(1))}
    found = {(p.first, p.second) for p in same_recordings(mine, theirs)}
    assert found == {("x", "z"), ("y", "z")}


def test_prints_are_made_from_kept_features_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / "a.flac", tmp_path / "b.wav"]
    for file in files:
        soundfile.write(file, song(0, 12.0) * (0.3 if file.suffix == ".wav" else 1.0), RATE)
    with FeatureCache(tmp_path / "cache") as cache:
        cache.fill(files, processes=1)
        first = cache.prints(files)
        assert len(same_recordings(first)) == 1
        monkeypatch.setattr("fstmuse_core.datasets.cache.print_of", None)
        again = cache.prints(files)
    assert all(np.array_equal(first[file], again[file]) for file in files)


def test_each_recording_counts_once_and_it_is_said() -> None:
    names = ("a.flac", "b.mp3", "c.ogg")
    tracks = [Track(Path(name), "Zouk", name, name, 24.0) for name in names]
    prints = dict(zip((t.path for t in tracks), map(words_of, (0, 0, 1)), strict=True))
    kept, pairs = without_near_copies(tracks, prints)
    assert [track.path.name for track in kept] == ["a.flac", "c.ogg"]
    assert pairs_sentence(pairs).startswith("2 files sound the same as another (a.flac = b.mp3):")
    assert pairs_sentence([]) == ""


def test_the_check_names_copies_under_other_artists(tmp_path: Path) -> None:
    for seed, genre in enumerate(("Zouk", "Salsa") * 3):
        path = tmp_path / genre / f"Artist {seed}" / f"{seed}.wav"
        path.parent.mkdir(parents=True)
        soundfile.write(path, song(seed, 8.0), RATE)
    copy = tmp_path / "Zouk" / "Somebody else" / "copy.mp3"
    copy.parent.mkdir()
    soundfile.write(copy, 0.3 * soxr.resample(song(1, 8.0)[100:], RATE, 44_100), 44_100)
    report = check_collection(load_tracks(tmp_path), processes=1)
    (found,) = report.duplicates
    assert {path.name for path in found.paths} == {"1.wav", "copy.mp3"}
    assert found.genres == ("Salsa", "Zouk")
    assert any("copies under different genres of 1 sound" in note for note in report.notes)
