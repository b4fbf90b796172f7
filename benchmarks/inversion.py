"""From mel spectrogram to sound against librosa's way, in turns in one process on real clips."""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.rows import Row, mp3_clips, python

_MUSIC = Path(__file__).parents[2] / "shared" / "music"
_GENRES = ("Classical", "Electronic", "Rock")
_TARGET_ERROR, _TARGET_S = 0.09, 1.5
_FASTER, _ERROR_RATIO = 4.0, 1.15
_MOST_MIB = 500.0

_CODE = """
import json, statistics, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
import librosa
from librosa.feature.inverse import mel_to_audio
from fstmuse_core.audio.reading import load_audio
from fstmuse_core.inversion import invert_mel, spectral_convergence
from fstmuse_core.audio.spectrogram import mel_spectrogram

stft = dict(sr=22050, n_fft=2048, hop_length=512, win_length=2048, center=False, power=1.0)
basis = dict(fmin=0.0, fmax=8000.0, htk=True, norm=None)
seconds, errors = {"ours": [], "librosa": []}, {"ours": [], "librosa": []}
clips = [load_audio(path, duration_s=30.0) for path in sys.argv[1:]]
invert_mel(mel_spectrogram(clips[0])[:100])
for clip in clips:
    mel = mel_spectrogram(clip)
    theirs = librosa.feature.melspectrogram(y=clip, n_mels=128, **stft, **basis)
    begun = time.perf_counter()
    sound = invert_mel(mel, iterations=32)
    seconds["ours"].append(time.perf_counter() - begun)
    errors["ours"].append(spectral_convergence(mel_spectrogram(sound[:clip.size]), mel))
    begun = time.perf_counter()
    sound = mel_to_audio(theirs, n_iter=32, length=clip.size, **stft, **basis)
    seconds["librosa"].append(time.perf_counter() - begun)
    again = librosa.feature.melspectrogram(y=sound, n_mels=128, **stft, **basis)
    errors["librosa"].append(spectral_convergence(again, theirs))
print(json.dumps({
    "seconds": {name: statistics.median(values) for name, values in seconds.items()},
    "errors": {name: statistics.mean(values) for name, values in errors.items()},
    "worst": max(errors["ours"]),
}))
"""

_MEMORY = """
import json, resource
import numpy as np
from fstmuse_core.inversion import invert_mel
begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
mel = np.abs(np.random.default_rng(0).normal(size=(25_840, 128))).astype(np.float32)
invert_mel(mel, iterations=1)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"mib": (peak - begin) / 1024}))
"""


def measure(repeats: int) -> list[Row]:
    """Errors and times; ``repeats`` does not matter, as several clips are inverted."""
    clips = _real_clips()
    if clips:
        taken, of = python(_CODE, *map(str, clips)), f"{len(clips)} real clips"
    else:
        with mp3_clips(3) as made:
            taken, of = python(_CODE, *map(str, made)), "made clips: no real music here"
    seconds, errors = taken["seconds"], taken["errors"]
    return [
        Row(
            "mel to sound, 32 iterations: mel spectral convergence",
            errors["ours"],
            "",
            _TARGET_ERROR,
            note=f"mean of {of}; worst {taken['worst']:.3f}",
        ),
        Row("mel to sound, 30 s", seconds["ours"], "s", _TARGET_S),
        Row("  librosa.feature.inverse.mel_to_audio", seconds["librosa"], "s"),
        Row(
            "  times faster",
            seconds["librosa"] / seconds["ours"],
            "x",
            _FASTER,
            at_least=True,
        ),
        Row(
            "  our error by theirs",
            errors["ours"] / errors["librosa"],
            "x",
            _ERROR_RATIO,
            note=f"theirs is {errors['librosa']:.3f}",
        ),
        Row("  memory for ten minutes", python(_MEMORY)["mib"], "MiB", _MOST_MIB),
    ]


def _real_clips() -> list[Path]:
    manifest = _MUSIC / "manifest.csv"
    if not manifest.is_file():
        return []
    with manifest.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if float(row["seconds"]) >= 30.0]
    first = {row["genre"]: _MUSIC / row["path"] for row in reversed(rows)}
    return [first[genre] for genre in _GENRES if genre in first]
