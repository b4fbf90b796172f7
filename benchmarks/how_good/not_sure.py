"""Share of what is no music at all that is turned away: silence, noise, speech.

    python -m benchmarks.how_good.not_sure [--models fst-muse toy-model] [--json FILE]

The voices are espeak-ng's, in languages that the speech detector was not fitted on; without
espeak-ng there is no row for speech. Real voices may do worse.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.reading import SAMPLE_RATE, load_audio
from fstmuse_core.classify.classifier import GenreClassifier

Samples = npt.NDArray[np.float32]

_SECONDS = 10
_LANGUAGES = ("cy", "ga", "is", "mk", "sr", "sq", "ka", "hy", "az", "te", "ml", "gu", "pa", "ne")
_TEXT = (
    "the train that leaves at seven does not stop at the harbour, said the woman at the counter, "
    "so take the bus across the river and ask again on the other side"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["fst-muse", "toy-model"])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    clips = [*_silence(), *_noise(), *_speech()]
    found = {name: _measure(GenreClassifier.load(name), clips) for name in arguments.models}
    for name, rows in found.items():
        print(f"## {name}\n\n| input | clips | turned away | because |\n|---|---|---|---|")
        for kind, row in rows.items():
            reasons = ", ".join(f"{n} {reason}" for reason, n in row["because"].items())
            print(f"| {kind} | {row['clips']} | {row['turned_away']:.0%} | {reasons} |")
        print()
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def _measure(
    classifier: GenreClassifier, clips: list[tuple[str, Samples]]
) -> dict[str, dict[str, Any]]:
    doubts: dict[str, list[str]] = {}
    for kind, samples in clips:
        doubt = classifier.classify_samples(samples).verdict.doubt
        doubts.setdefault(kind, []).append(doubt.value if doubt else "")
    return {
        kind: {
            "clips": len(said),
            "turned_away": sum(map(bool, said)) / len(said),
            "because": dict(Counter(filter(None, said)).most_common()),
        }
        for kind, said in doubts.items()
    }


def _silence() -> Iterator[tuple[str, Samples]]:
    rng = np.random.default_rng(0)
    n = _SECONDS * SAMPLE_RATE
    for level_db in (-np.inf, -100.0, -80.0, -70.0):
        level = np.float32(10.0 ** (level_db / 20.0))
        yield "silence", level * rng.standard_normal(n).astype(np.float32)


def _noise() -> Iterator[tuple[str, Samples]]:
    """Noise falling by 0 to 6 dB an octave, hum and beeps, at different levels."""
    rng = np.random.default_rng(1)
    n = _SECONDS * SAMPLE_RATE
    seconds = np.arange(n) / SAMPLE_RATE
    hertz = np.maximum(np.fft.rfftfreq(n, 1 / SAMPLE_RATE), 20.0)
    for slope in (0.0, 0.25, 0.5, 0.75, 1.0):
        spectrum = np.fft.rfft(rng.standard_normal(n)) * hertz**-slope
        sound = np.fft.irfft(spectrum, n)
        for level in (0.01, 0.1):
            yield "noise", (level * sound / sound.std()).astype(np.float32)
    for pitch in (50.0, 60.0, 440.0, 1000.0):
        tones = sum(np.sin(2 * np.pi * pitch * k * seconds) / k for k in range(1, 6))
        yield "hum and beeps", (0.1 * np.asarray(tones)).astype(np.float32)


def _speech() -> Iterator[tuple[str, Samples]]:
    if not shutil.which("espeak-ng"):
        return
    with TemporaryDirectory() as folder:
        for number, language in enumerate(_LANGUAGES):
            file = Path(folder) / f"{language}.wav"
            options = ["-v", language, "-s", str(130 + 10 * (number % 5)), "-w", str(file)]
            subprocess.run(["espeak-ng", *options, _TEXT], check=True, capture_output=True)
            yield "speech", load_audio(file, sample_rate=SAMPLE_RATE)


if __name__ == "__main__":
    raise SystemExit(main())
