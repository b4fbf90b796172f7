"""Clips with a beat: tempos asked and measured, the joint of loops, what returns, and stereo.

Tempos are measured by librosa, which had no part in the making, in takes of twelve seconds of
every genre with a beat, at tempos that are drawn between 80 and 160; a tempo an octave off counts
as missed, and is counted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.rows import Row

Take = Callable[[str, float, int], np.ndarray]

_MUSIC = Path(os.environ.get("FSTMUSE_TEST_MUSIC", "../shared/music"))
_TAKES = 100
_TAKE_S, _ITERATIONS = 12.0, 12
_RATE = 22_050
_OFFSET = 1e-3
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

    def take(genre: str, bpm: float, number: int) -> np.ndarray:
        wish = BeatWish(bpm=bpm)
        return generator.generate(genre, _TAKE_S, number, iterations=_ITERATIONS, beat=wish).samples

    right, octaves, near, pulses = _right(take, genres)
    joints, wide = [], []
    for seed in range(_LOOPS):
        wish = BeatWish(bpm=120.0, bars=4, loop=True)
        genre, asked = genres[seed % len(genres)], list[np.ndarray]()
        clip = generator.generate(genre, 8.0, seed, beat=wish, stereo=True, on_mel=asked.append)
        # Both channels together are the clip in mono.
        joints.append([_joint(channel) for channel in (clip.mono, *clip.samples.T)])
        wide.append(_stereo(clip.samples, clip.mono, asked[0]))
    mono, *channels = np.median(joints, axis=0)
    below, above, mono_miss, miss, colour, level, _ = np.median(wide, axis=0)
    return [
        Row(f"tempo within 2 % of what was asked, of {_TAKES}", right, "takes", 95, at_least=True),
        Row("  an octave off", octaves, "takes"),
        Row("  with the prior at the tempo asked", near, "takes", 95, at_least=True),
        Row("  strongest period near it within 2 %", pulses, "takes", 95, at_least=True),
        *_of_real(genres),
        Row("flux at a loop's joint, over its median elsewhere", float(mono), "", 2.0),
        Row("  in stereo, the worse channel", float(max(channels)), "", 2.0),
        Row("stereo: correlation of the channels below 150 Hz", float(below), ""),
        Row("  from 300 Hz to 8 kHz", float(above), "", 0.6),
        Row("  log-mel distance of mono to what was made", float(mono_miss), ""),
        Row("    of the worse channel", float(miss), "", 0.12),
        Row("  colour of a channel beside mono, over all bands", float(colour), "dB", 0.6),
        Row("  level of a channel beside mono", float(level), "dB"),
        Row("  highest peak", float(max(row[-1] for row in wide)), "", 1.0),
    ]


def _right(take: Take, genres: Sequence[str]) -> tuple[int, int, int, int]:
    """Takes at the tempo asked, an octave off, at it where the tracker expects it, and in period.

    The last leaves the choice among beat, half and double out: of periods near the one asked, how
    often the strongest is it. In noise it would be in one of five.
    """
    rng = np.random.default_rng(0)
    right = octaves = near = pulses = 0
    for number in range(_TAKES):
        bpm = float(rng.integers(80, 161))
        samples = take(genres[number % len(genres)], bpm, number)
        found = _tempo(samples, 120.0)
        near += abs(_tempo(samples, bpm) / bpm - 1.0) <= _NEAR
        right += abs(found / bpm - 1.0) <= _NEAR
        octaves += any(abs(found / (bpm * times) - 1.0) <= _NEAR for times in (0.5, 2.0))
        pulses += abs(_period(samples, bpm) / bpm - 1.0) <= _NEAR
    return right, octaves, near, pulses


def _of_real(genres: Sequence[str]) -> list[Row]:
    """The same of real songs, whose steady bars are moved to the tempo and made sound alike."""
    from fstmuse_core.audio.beats import CELLS_A_BAR, CELLS_A_BEAT, from_grid, steady_beats, to_grid
    from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
    from fstmuse_core.datasets.detect import load_tracks
    from fstmuse_core.inversion import invert_mel
    from fstmuse_core.training.preparation import read_features

    if not _MUSIC.is_dir():
        return []
    tracks = [track for track in load_tracks(_MUSIC).tracks if track.genre in genres]
    table, _ = read_features(tracks, lambda done, total: None, lambda: False)
    usable = [track for track in tracks if track.path in table.usable]
    steady: dict[str, list[np.ndarray]] = {}
    for track, mel in zip(usable, table.of(usable), strict=True):
        grids = [to_grid(mel, run) for run in steady_beats(mel)]
        steady.setdefault(track.genre, []).extend(g for g in grids if len(g) >= 8 * CELLS_A_BAR)
    there = [genre for genre in genres if steady.get(genre)]

    def take(genre: str, bpm: float, number: int) -> np.ndarray:
        grid = steady[genre][number % len(steady[genre])][: 8 * CELLS_A_BAR].astype(np.float32)
        frames_a_beat = 60.0 * DEFAULT_CONFIG.frames_per_second / bpm
        wanted = round(_TAKE_S * DEFAULT_CONFIG.frames_per_second)
        most = int((len(grid) - 1) / CELLS_A_BEAT * frames_a_beat)
        logs = from_grid(np.log(grid + _OFFSET), frames_a_beat, min(wanted, most))
        mel = np.exp(logs).astype(np.float32)
        return invert_mel(mel * np.float32(6.0 / mel.mean()), iterations=_ITERATIONS)

    right, octaves, near, pulses = _right(take, there)
    return [
        Row("  real songs moved to the tempo, within 2 %", right, "takes"),
        Row("    an octave off", octaves, "takes"),
        Row("    with the prior at the tempo asked", near, "takes"),
        Row("    strongest period near it within 2 %", pulses, "takes"),
    ]


def _stereo(samples: np.ndarray, mono: np.ndarray, asked: np.ndarray) -> list[float]:
    """Correlations, distances to the spectrogram of mono and channels, colour, level and peak."""
    from fstmuse_core.audio.spectrogram import mel_spectrogram

    rate = 22_050
    spectra = np.fft.rfft(samples, axis=0)
    frequency = np.fft.rfftfreq(len(samples), 1.0 / rate)
    likeness = []
    for low, high in ((20.0, 150.0), (300.0, 8000.0)):
        left, right = spectra[(frequency >= low) & (frequency < high)].T
        power = np.sqrt(np.sum(np.abs(left) ** 2) * np.sum(np.abs(right) ** 2))
        likeness.append(float(np.sum(left * right.conj()).real / power))
    mels = [mel_spectrogram(channel) for channel in (mono, *samples.T)]
    far, once, twice = (_distance(mel, asked) for mel in mels)
    tilts = [20.0 * np.log10(mel.mean(axis=0) / mels[0].mean(axis=0)) for mel in mels[1:]]
    colour = max(float(np.std(tilt)) for tilt in tilts)
    level = float(10.0 * np.log10(np.mean(samples**2) / np.mean(mono**2)))
    return [*likeness, far, max(once, twice), colour, level, float(np.abs(samples).max())]


def _distance(mel: np.ndarray, asked: np.ndarray) -> float:
    """Root mean square difference of two log-mel spectrograms, each at a level of its own."""
    one, other = (np.log(m / m.mean() + 1e-2) for m in (mel, asked))
    # A clip with a beat begins with its third frame; see `arrange.LEAD_FRAMES`.
    n_frames = min(len(one), len(other)) - 8
    return float(np.sqrt(np.mean((one[4:n_frames] - other[4:n_frames]) ** 2)))


def _tempo(samples: np.ndarray, prior: float) -> float:
    """Tempo by the intervals of librosa's beats, in beats a minute."""
    import librosa

    _, beats = librosa.beat.beat_track(y=samples, sr=_RATE, units="time", start_bpm=prior)
    if len(beats) < 3:
        return 0.0
    # The slope of a line through the beats; whole frames would cost a per cent.
    return float(60.0 / np.polyfit(np.arange(len(beats)), beats, 1)[0])


def _period(samples: np.ndarray, bpm: float) -> float:
    """The strongest period of the onsets within a tenth of a tempo, in beats a minute."""
    import librosa

    hop = 64
    onsets = librosa.onset.onset_strength(y=samples, sr=_RATE, hop_length=hop)
    alike = librosa.autocorrelate(onsets - onsets.mean())
    # Longer lags have fewer frames to be alike in.
    alike = alike / np.arange(len(alike), 0, -1)
    lags = np.arange(1, len(alike))
    tempos = 60.0 * _RATE / hop / lags
    near = lags[np.abs(tempos / bpm - 1.0) <= 0.1]
    return float(60.0 * _RATE / hop / near[int(np.argmax(alike[near]))])


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
