"""Clips with a beat: tempos asked and measured, the joint of loops, what returns, and stereo.

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
