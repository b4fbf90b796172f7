"""Search for copies by sound: ``python -m benchmarks.near_copies MUSIC... --songs 20``.

All pairs of files of the data sets are compared, which must not match unless they are the same
recording; then copies of some of them, each of which must match its original alone.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from fstmuse_core.audio.reading import SAMPLE_RATE, load_audio
from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.duplicates import Print, print_of, same_recordings

Samples = npt.NDArray[np.float32]


def mp3(folder: Path, samples: Samples, bit_rate: int) -> Samples:
    """Pass samples through an MP3 of this many bits a second."""
    path = folder / "copy.mp3"
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = bit_rate
        size = stream.codec_context.frame_size or 576
        pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
        for start in range(0, len(pcm) - size + 1, size):
            part = np.ascontiguousarray(pcm[start : start + size])[None]
            frame = av.AudioFrame.from_ndarray(part, format="s16p", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return load_audio(path)


def written(folder: Path, suffix: str, samples: Samples, rate: int = SAMPLE_RATE) -> Samples:
    """Pass samples through a file of this kind."""
    path = folder / f"copy{suffix}"
    # libsndfile's Vorbis encoder crashes when it is given minutes at once.
    with soundfile.SoundFile(path, "w", rate, 1) as file:
        for start in range(0, len(samples), rate):
            file.write(samples[start : start + rate])
    return load_audio(path)


def faded(samples: Samples) -> Samples:
    """Faded in and out over 5 s, with more treble, at another level."""
    gain = np.ones(len(samples), dtype=np.float32)
    edge = min(5 * SAMPLE_RATE, len(samples) // 2)
    gain[:edge] = np.linspace(0, 1, edge)
    gain[len(gain) - edge :] = np.linspace(1, 0, edge)
    brighter = samples * gain
    brighter[1:] -= 0.6 * brighter[:-1].copy()
    return np.asarray(0.9 * brighter / max(1e-9, np.abs(brighter).max()), dtype=np.float32)


COPIES: dict[str, Callable[[Path, Samples], Samples]] = {
    "mp3 128k": lambda d, x: mp3(d, x, 128_000),
    "mp3 64k": lambda d, x: mp3(d, x, 64_000),
    "ogg": lambda d, x: written(d, ".ogg", x),
    "-12 dB": lambda d, x: written(d, ".flac", 10 ** (-12 / 20) * x),
    "10 s cut": lambda d, x: x[10 * SAMPLE_RATE + 137 :],
    "48 kHz": lambda d, x: written(d, ".flac", soxr.resample(x, SAMPLE_RATE, 48_000), 48_000),
    "16 kHz": lambda d, x: written(d, ".flac", soxr.resample(x, SAMPLE_RATE, 16_000), 16_000),
    "2 s cut": lambda d, x: x[2 * SAMPLE_RATE + 137 :],
    "faded, more treble": lambda d, x: faded(x),
    "middle 20 s": lambda d, x: x[20 * SAMPLE_RATE + 77 : 40 * SAMPLE_RATE],
}


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("music", nargs="+", type=Path)
    parser.add_argument("--songs", type=int, default=20, help="How many are copied.")
    parser.add_argument("--kinds", nargs="+", choices=COPIES, default=list(COPIES))
    options = parser.parse_args(arguments)
    paths = [track.path for folder in options.music for track in load_tracks(folder).tracks]
    prints, cost = _prints(paths)
    begun = time.perf_counter()
    pairs = same_recordings({str(path): words for path, words in prints.items()})
    took = time.perf_counter() - begun
    print(f"{len(prints)} files, {cost:.1f} ms each to make a fingerprint, {took:.1f} s to compare")
    print(f"pairs that match: {len(pairs)}")
    for pair in pairs:
        print(f"  {pair.wrong:.3f} {pair.first} = {pair.second}")
    chosen = random.Random(0).sample(paths, min(options.songs, len(paths)))
    _copies(prints, chosen, {name: COPIES[name] for name in options.kinds})
    return 0


def _prints(paths: list[Path]) -> tuple[dict[Path, Print], float]:
    prints, seconds = {}, 0.0
    for path in paths:
        mel = mel_spectrogram(load_audio(path))
        begun = time.perf_counter()
        prints[path] = print_of(mel)
        seconds += time.perf_counter() - begun
    return prints, 1000.0 * seconds / max(1, len(paths))


def _copies(
    prints: dict[Path, Print],
    chosen: list[Path],
    kinds: dict[str, Callable[[Path, Samples], Samples]],
) -> None:
    found, wrong = Counter[str](), 0
    originals = {str(path): words for path, words in prints.items()}
    with tempfile.TemporaryDirectory() as folder:
        for path in chosen:
            samples = load_audio(path)
            for name, make in kinds.items():
                words = print_of(mel_spectrogram(make(Path(folder), samples)))
                names = {pair.second for pair in same_recordings({name: words}, originals)}
                found[name] += str(path) in names
                twins = {p.second for p in same_recordings({name: prints[path]}, originals)}
                wrong += len(names - twins)
    for name in kinds:
        print(f"{name:<18} {found[name]} of {len(chosen)} found")
    print(f"matches with what the original does not match: {wrong}")


if __name__ == "__main__":
    sys.exit(main())
