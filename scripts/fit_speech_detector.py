"""Fit the speech detector of ``fstmuse_core.classify.speech`` and print its constants.

Speech is spoken by espeak-ng: many languages, voices, speeds and pitches, some of it in a room,
over noise, or through a telephone band. That is synthetic speech, so the figures flatter the
detector on real voices; the music is real. Folds hold languages and artists together.

    python scripts/fit_speech_detector.py --music FOLDER_WITH_MANIFEST
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.signal
from sklearn.linear_model import LogisticRegression

from fstmuse_core.audio.reading import SAMPLE_RATE, load_audio
from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.classify.speech import FEATURES, segment_features

LANGUAGES = (
    "en-gb en-us de fr es it pt nl sv da nb fi pl cs sk hu ro ru uk bg el tr ar fa hi bn ta "
    "ja ko cmn vi id sw af eo la lv lt et hr"
).split()
WORDS = (
    "radio morning people and the weather of a long evening we talk about music without playing "
    "any listen slowly what is a number when nobody counts it perhaps tomorrow or never again"
).split()
KEPT_MUSIC = 0.99


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--music", type=Path, required=True)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    music, artists = music_features(arguments.music)
    speech, languages = speech_features(rng)
    x = np.concatenate([music, speech])
    y = np.repeat([0, 1], [len(music), len(speech)])
    scores = cross_validate(x, y, np.array(artists + languages))
    threshold = float(np.quantile(scores[y == 0], KEPT_MUSIC))
    print(f"music {len(music)}, speech {len(speech)}")
    for t in (0.5, threshold):
        print(
            f"threshold {t:.3f}: music kept {np.mean(scores[y == 0] <= t):.3f}, "
            f"speech turned away {np.mean(scores[y == 1] > t):.3f}"
        )
    mean, std = x.mean(axis=0), x.std(axis=0)
    model = LogisticRegression(C=1.0, class_weight="balanced").fit((x - mean) / std, y)
    for name, values in (("_MEAN", mean), ("_STD", std), ("_WEIGHTS", model.coef_[0])):
        print(f"{name} = np.array([{', '.join(f'{v:.4f}' for v in values)}])")
    print(f"_BIAS = {model.intercept_[0]:.4f}\nTHRESHOLD = {threshold:.3f}")
    for name, weight in zip(FEATURES, model.coef_[0], strict=True):
        print(f"  {weight:+.2f} {name}")


def clip_features(samples: np.ndarray) -> np.ndarray:
    """Mean features over half-overlapping segments, as ``ClassifySession`` takes them."""
    mel = mel_spectrogram(samples)
    starts = range(0, len(mel) - 127, 64)
    return segment_features(np.stack([mel[s : s + 128] for s in starts])).mean(axis=0)


def music_features(folder: Path) -> tuple[np.ndarray, list[str]]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    features = [clip_features(load_audio(folder / row["path"], duration_s=30)) for row in rows]
    return np.stack(features), [row["artist"] for row in rows]


def speech_features(rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
    features, groups = [], []
    with tempfile.TemporaryDirectory() as folder:
        for language in LANGUAGES:
            for number in range(12):
                wav = Path(folder) / "speech.wav"
                speak(wav, language, number, rng)
                features.append(clip_features(disturb(load_audio(wav, duration_s=20), rng)))
                groups.append(f"language {language}")
    return np.stack(features), groups


def speak(wav: Path, language: str, number: int, rng: np.random.Generator) -> None:
    pieces = [
        str(rng.integers(10, 9999)) if rng.random() < 0.4 else str(rng.choice(WORDS))
        for _ in range(70)
    ]
    for i in range(9, len(pieces), 10):
        pieces[i] += str(rng.choice([".", ",", "?"]))
    voice = f"{language}+{rng.choice(['m1', 'm3', 'm7', 'f1', 'f2', 'f4', 'croak', 'whisper'])}"
    options = ["-s", str(rng.integers(110, 230)), "-p", str(rng.integers(15, 85))]
    text = " ".join(pieces)
    subprocess.run(["espeak-ng", "-v", voice, *options, "-w", str(wav), text], check=True)


def disturb(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A room, noise, or a telephone, each now and then."""
    out = samples.astype(np.float64)
    if rng.random() < 0.4:
        length = int(SAMPLE_RATE * rng.uniform(0.1, 0.5))
        room = rng.normal(size=length) * np.exp(-np.arange(length) * 6.9 / length)
        room[0] = rng.uniform(3, 10)
        out = scipy.signal.fftconvolve(out, room / np.linalg.norm(room))[: out.size]
    if rng.random() < 0.3:
        sos = scipy.signal.butter(2, [300, 3400], "bandpass", fs=SAMPLE_RATE, output="sos")
        out = scipy.signal.sosfilt(sos, out)
    if rng.random() < 0.6:
        noise = (
            np.cumsum(rng.normal(size=out.size))
            if rng.random() < 0.5
            else rng.normal(size=out.size)
        )
        noise = scipy.signal.sosfilt(
            scipy.signal.butter(1, 60, "highpass", fs=SAMPLE_RATE, output="sos"), noise
        )
        level = out.std() * 10 ** (-rng.uniform(10, 40) / 20)
        out = out + noise / noise.std() * level
    return out.astype(np.float32)


def cross_validate(x: np.ndarray, y: np.ndarray, groups: np.ndarray, folds: int = 5) -> np.ndarray:
    names = np.random.default_rng(1).permutation(np.unique(groups))
    fold_of = {name: i % folds for i, name in enumerate(names)}
    fold = np.array([fold_of[g] for g in groups])
    scores = np.zeros(len(y))
    for k in range(folds):
        train = fold != k
        mean, std = x[train].mean(axis=0), x[train].std(axis=0)
        model = LogisticRegression(C=1.0, class_weight="balanced")
        model.fit((x[train] - mean) / std, y[train])
        scores[~train] = model.predict_proba((x[~train] - mean) / std)[:, 1]
    return scores


if __name__ == "__main__":
    main()
