"""Sounds whose tempo, key and loudness are known because they were made so."""

from __future__ import annotations

import numpy as np

from fstmuse_core.audio.key import Key, PitchStream, key_of
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, MelStream
from fstmuse_core.audio.tempo import OnsetStream, Tempo, tempo_of

RATE = DEFAULT_CONFIG.sample_rate
MAJOR, MINOR = 4, 3
# Semitones above the tonic; a third, "T", is that of the mode, "S" its sixth.
CADENCES = ("I IV V I", "I II V I", "I VI IV V I")


def clicks(bpm: float, seconds: float = 30.0, noise: float = 0.0) -> FloatArray:
    """A click track."""
    rng = np.random.default_rng(1)
    sound = noise * rng.normal(size=round(seconds * RATE))
    at = np.arange(round(0.03 * RATE))
    click = 0.5 * np.sin(2 * np.pi * 1000 * at / RATE) * np.exp(-at / (0.005 * RATE))
    for time in np.arange(0.1, seconds - 0.1, 60.0 / bpm):
        start = int(time * RATE)
        sound[start : start + len(click)] += click
    return sound.astype(np.float32)


def cadence(tonic: int, third: int, chords: str, cents: float = 0.0) -> FloatArray:
    """A cadence, twice, of tones with five harmonics that die away; C is 0."""
    seventh, sixth = 11, 8 if third == MINOR else 9
    fifth_of_second = 8 if third == MINOR else 9
    notes = {
        "I": (0, third, 7),
        "II": (2, 5, fifth_of_second),
        "IV": (5, 5 + third, 12),
        "V": (7, seventh, 14),
        "VI": (sixth, 12, 12 + third),
    }
    sounds = []
    for chord in chords.split() * 2:
        pitches = [48 + tonic + note for note in notes[chord]] + [36 + tonic + notes[chord][0]]
        sounds.append(np.sum([_tone(pitch + cents / 100) for pitch in pitches], axis=0))
    return (0.1 * np.concatenate(sounds)).astype(np.float32)


def _tone(pitch: float) -> FloatArray:
    t = np.arange(RATE) / RATE
    hertz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    wave = np.sum([a * np.sin(2 * np.pi * hertz * k * t) for k, a in _PARTIALS], axis=0)
    return np.asarray(np.minimum(1.0, t / 0.02) * np.exp(-1.5 * t) * wave, dtype=np.float32)


_PARTIALS = ((1, 1.0), (2, 0.5), (3, 0.3), (4, 0.2), (5, 0.1))


def tempo(sound: FloatArray) -> Tempo | None:
    """Tempo that is found."""
    onsets, mel = OnsetStream(), MelStream(DEFAULT_CONFIG)
    onsets.push(mel.push(sound))
    onsets.push(mel.flush())
    return tempo_of(onsets.finish())


def key(sound: FloatArray) -> Key | None:
    """Key that is found, of sound that comes in blocks."""
    pitches = PitchStream()
    for block in np.array_split(sound, 7):
        pitches.push(block)
    return key_of(pitches.histogram)
