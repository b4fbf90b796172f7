"""Tempo, key and loudness of sounds that were made to have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.key import NAMES, key_name, key_of
from fstmuse_core.audio.measures import (
    Loudness,
    LoudnessMeter,
    Measures,
    SongMeter,
    measure_file,
    track_gain,
)
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.audio.tempo import tempo_of
from tests.measures.sounds import CADENCES, MAJOR, MINOR, RATE, cadence, clicks, key, tempo


@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_click_tracks_of_60_to_200_have_their_tempo(noise: float) -> None:
    wrong = {}
    for bpm in range(60, 201, 7):
        found = tempo(clicks(bpm, noise=noise))
        if found is None or abs(found.bpm / bpm - 1.0) > 0.01:
            wrong[bpm] = found
    assert wrong == {}


def test_a_click_track_is_steady_and_one_that_changes_is_less_so() -> None:
    steady = tempo(clicks(100, seconds=60.0))
    changing = tempo(np.concatenate([clicks(90, 40.0), clicks(131, 20.0), clicks(163, 20.0)]))
    assert steady is not None
    assert changing is not None
    assert steady.steadiness == 1.0
    assert changing.steadiness < 0.7
    assert changing.bpm == pytest.approx(90, rel=0.02)


def test_what_has_no_beat_has_no_tempo() -> None:
    t = np.arange(20 * RATE) / RATE
    assert tempo((0.2 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)) is None
    assert tempo(np.zeros(20 * RATE, np.float32)) is None
    noise = np.random.default_rng(2).normal(size=20 * RATE)
    assert tempo((0.1 * noise).astype(np.float32)) is None
    assert tempo(clicks(120, seconds=2.0)) is None
    assert tempo_of(np.zeros(0, np.float32)) is None


@pytest.mark.parametrize("seconds", [4, 6, 8, 12, 16])
def test_short_noise_has_no_tempo_and_a_short_click_track_has(seconds: int) -> None:
    rng = np.random.default_rng(1)
    noise = [0.1 * rng.normal(size=seconds * RATE).astype(np.float32) for _ in range(12)]
    found = [tempo(one) for one in noise]
    # By chance one in ten resembles itself; it was more than half.
    assert sum(one is not None for one in found) <= 3
    clear = tempo(clicks(120, seconds=float(seconds)))
    assert clear is not None
    assert clear.bpm == pytest.approx(120.0, abs=1.5)


@pytest.mark.parametrize("cents", [0.0, -35.0])
@pytest.mark.parametrize("chords", CADENCES)
def test_cadences_in_24_keys_have_their_key(chords: str, cents: float) -> None:
    wrong = {}
    for third, mode in ((MAJOR, ""), (MINOR, "m")):
        for tonic, name in enumerate(NAMES):
            found = key(cadence(tonic, third, chords, cents))
            if found is None or found.name != name + mode:
                wrong[name + mode] = found
    assert wrong == {}


def test_a_cadence_is_surer_of_its_key_than_all_notes_at_once() -> None:
    clear = key(cadence(0, MAJOR, CADENCES[0]))
    scale = np.concatenate([cadence(tonic, MAJOR, "I") for tonic in range(12)])
    vague = key(scale)
    assert clear is not None
    assert vague is not None
    assert clear.margin > 0.1
    assert vague.margin < 0.05


def test_silence_and_a_click_have_no_key() -> None:
    assert key(np.zeros(5 * RATE, np.float32)) is None
    assert key(np.zeros(100, np.float32)) is None
    assert key_of(np.ones(120)) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [("c", "Cm"), ("C", "C"), ("a# minor", "Bbm"), ("Db", "C#"), ("E♭m", "Ebm"), ("H", None)],
)
def test_keys_are_read_as_people_write_them(text: str, name: str | None) -> None:
    assert key_name(text) == name


def tone(
    level_db: float, rate: int = 48_000, channels: int = 2, seconds: float = 20.0
) -> FloatArray:
    """A sine of 1 kHz with its peak at ``level_db``, alike in all channels."""
    t = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * 1000 * t)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def loudness(sound: FloatArray, rate: int = 48_000) -> Loudness | None:
    """Loudness of sound that comes in blocks."""
    meter = LoudnessMeter()
    for block in np.array_split(sound, 9):
        meter.push(block, rate)
    return meter.finish()


# EBU Tech 3341, "Loudness metering: EBU mode", minimum requirements 1 to 4, to 0.1 LU.
@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_tones_of_r128_have_their_loudness(level: float, rate: int) -> None:
    found = loudness(tone(level, rate), rate)
    assert found is not None
    assert found.lufs == pytest.approx(level, abs=0.1)
    assert found.peak == pytest.approx(10 ** (level / 20), rel=0.01)


@pytest.mark.parametrize("n_samples", [441_000, 441_001, 443_210, 445_409])
def test_sound_of_any_length_has_its_loudness(n_samples: int) -> None:
    found = loudness(tone(-23.0, 44_100)[:n_samples], 44_100)
    assert found is not None
    assert found.lufs == pytest.approx(-23.0, abs=0.1)


def test_quiet_parts_do_not_count() -> None:
    parts = [tone(-36.0, seconds=10.0), tone(-23.0, seconds=60.0), tone(-36.0, seconds=10.0)]
    found = loudness(np.concatenate(parts))
    assert found is not None
    assert found.lufs == pytest.approx(-23.0, abs=0.1)
    parts = [tone(-72.0, seconds=10.0), *parts, tone(-72.0, seconds=10.0)]
    found = loudness(np.concatenate(parts))
    assert found is not None
    assert found.lufs == pytest.approx(-23.0, abs=0.1)


def test_one_channel_counts_half_as_much_and_many_channels_are_known() -> None:
    mono, many = loudness(tone(-23.0, channels=1)), loudness(tone(-30.0, channels=6))
    assert mono is not None
    assert mono.lufs == pytest.approx(-26.0, abs=0.1)
    assert many is not None
    assert -30.0 < many.lufs < -20.0
    assert loudness(tone(-30.0, channels=11, seconds=1.0)) is None


def test_silence_has_no_loudness() -> None:
    assert loudness(np.zeros((48_000, 2), np.float32)) is None
    assert loudness(tone(-23.0, seconds=0.1)) is None
    assert LoudnessMeter().finish() is None


def test_a_file_has_all_measures(tmp_path: Path) -> None:
    song = np.tile(cadence(9, MINOR, CADENCES[0]), 4)
    song[: 30 * RATE] += clicks(120)[: len(song)]
    soundfile.write(tmp_path / "song.wav", np.stack([song, song], axis=1), RATE)

    found = measure_file(tmp_path / "song.wav")

    assert found.bpm == pytest.approx(120, rel=0.01)
    assert found.key == "Am"
    assert found.steadiness is not None
    assert found.margin is not None
    assert found.loudness is not None
    assert track_gain(found.loudness) == pytest.approx(-18.0 - found.loudness)
    assert found.peak == pytest.approx(float(np.abs(song).max()), abs=1e-3)
    assert found.energy is not None
    assert 0.0 < found.energy < 1.0


def test_silence_has_no_measures() -> None:
    meter = SongMeter()
    meter.push_channels(np.zeros((RATE, 1), np.float32), RATE)
    assert meter.finish() == Measures()
