"""Clips with a beat: tempos asked and measured, the joint of loops, and what returns.

Tempos are measured by librosa, which had no part in the making, in takes of twelve seconds of
every genre with a beat, at tempos that are drawn between 80 and 160; a tempo an octave off counts
as missed, and is counted.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.rows import Row

_TAKES = 100
_LOOPS = 10
_NEAR = 0.02


def measure(repeats: int) -> list[Row]:
    """Figures of the generator that ships; no rows if it knows no beat."""
    from fstmuse_core.generate.generator import BeatWish, ClipGenerator

    generator = ClipGenerator.load()
    genres = [genre for genre in generator.genres if generator.has_beat(genre)]
    if not genres:
        print("the generator knows no beat", file=sys.stderr)
        return []
    rng = np.random.default_rng(0)
    right = octaves = near = 0
    for take in range(_TAKES):
        bpm = float(rng.integers(80, 161))
        clip = generator.generate(
            genres[take % len(genres)], 12.0, take, iterations=12, beat=BeatWish(bpm=bpm)
        )
        found = _tempo(clip.samples, clip.sample_rate, 120.0)
        near += abs(_tempo(clip.samples, clip.sample_rate, bpm) / bpm - 1.0) <= _NEAR
        right += abs(found / bpm - 1.0) <= _NEAR
        octaves += any(abs(found / (bpm * times) - 1.0) <= _NEAR for times in (0.5, 2.0))
    joints = []
    for seed in range(_LOOPS):
        wish = BeatWish(bpm=120.0, bars=4, loop=True)
        clip = generator.generate(genres[seed % len(genres)], 8.0, seed, beat=wish)
        joints.append(_joint(clip.samples))
    return [
        Row(f"tempo within 2 % of what was asked, of {_TAKES}", right, "takes", 95, at_least=True),
        Row("  an octave off", octaves, "takes"),
        Row("  with the prior at the tempo asked", near, "takes", 95, at_least=True),
        Row("flux at a loop's joint, over its median elsewhere", float(np.median(joints)), "", 2.0),
    ]


def _tempo(samples: np.ndarray, rate: int, prior: float) -> float:
    """Tempo by the intervals of librosa's beats, in beats a minute."""
    import librosa

    _, beats = librosa.beat.beat_track(y=samples, sr=rate, units="time", start_bpm=prior)
    if len(beats) < 3:
        return 0.0
    # The slope of a line through the beats; whole frames would cost a per cent.
    return float(60.0 / np.polyfit(np.arange(len(beats)), beats, 1)[0])


def _joint(loop: np.ndarray) -> float:
    """Spectral change where the loop begins again, over that at its other bars."""
    twice = np.concatenate([loop, loop])
    bar = len(loop) // 4
    changes = [_change(twice, bar * number) for number in range(1, 8)]
    return changes[3] / max(float(np.median(changes[:3] + changes[4:])), 1e-9)


def _change(samples: np.ndarray, at: int) -> float:
    """Power above 4 kHz in the 3 ms around a place: clicks are broad."""
    around = samples[max(0, at - 32) : at + 32]
    power = np.abs(np.fft.rfft(around * np.hanning(len(around)))) ** 2
    return float(power[len(power) // 3 :].sum())
