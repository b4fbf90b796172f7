"""Tempo, key and loudness: on sounds made to have them, and on recordings whose titles tell.

Baroque music is often played a semitone lower than today's; such keys are counted apart.
"""

from __future__ import annotations

import csv
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.rows import Row, mp3_clips
from fstmuse_core.audio.key import NAMES, PitchStream, key_name, key_of
from fstmuse_core.audio.measures import SongMeter
from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.classify.runner import ClassifierRunner
from tests.measures.sounds import CADENCES, MAJOR, MINOR, cadence, clicks, key, tempo

_MUSIC = Path(os.environ.get("FSTMUSE_TEST_MUSIC", "../shared/music"))
_TITLE = re.compile(r"\bin (Fa|Re|[A-G])[ -]?(sharp|flat)? ?(major|minor|minore)\b", re.IGNORECASE)
_WORDS = {"Fa": "F", "Re": "D", "sharp": "#", "flat": "b", "major": "", "minor": "m", "minore": "m"}
_WORDS[""] = ""


def measure(repeats: int) -> list[Row]:
    """Shares that are right, and what it costs."""
    return [*_tempi(), *_cadences(), *_titles(), *_cost(repeats)]


def _tempi() -> list[Row]:
    found = Counter[str]()
    for bpm in range(60, 201):
        is_what = tempo(clicks(bpm))
        ratio = is_what.bpm / bpm if is_what else 0.0
        near = [what for what in (0.5, 1.0, 2.0) if abs(ratio / what - 1.0) < 0.01]
        found["wrong" if not near else "right" if near == [1.0] else "octave"] += 1
    return [
        Row(
            "click tracks of 60 to 200 with their tempo",
            found["right"] / 1.41,
            "%",
            100.0,
            at_least=True,
        ),
        Row("  an octave off", found["octave"] / 1.41, "%", 0.0),
    ]


def _cadences() -> list[Row]:
    right = [
        getattr(key(cadence(tonic, third, chords, cents)), "name", "") == name + mode
        for chords in CADENCES
        for cents in (-40.0, 0.0, 30.0)
        for third, mode in ((MAJOR, ""), (MINOR, "m"))
        for tonic, name in enumerate(NAMES)
    ]
    return [
        Row(
            "cadences in 24 keys with their key",
            100 * sum(right) / len(right),
            "%",
            95.0,
            at_least=True,
        )
    ]


def _titles() -> list[Row]:
    if not (_MUSIC / "manifest.csv").exists():
        return []
    found = Counter[int]()
    with (_MUSIC / "manifest.csv").open(encoding="utf-8") as stream:
        for song in csv.DictReader(stream):
            if wanted := _key_of_title(song["title"]):
                found[_semitones(wanted, _heard(_MUSIC / song["path"]))] += 1
    n, exact, low = sum(found.values()), found[0], found[11]
    return [
        Row(f"{n} classical recordings with the key of their title", 100 * exact / n, "%"),
        Row("  a semitone lower", 100 * low / n, "%"),
    ]


def _key_of_title(title: str) -> str | None:
    found = _TITLE.search(title)
    if found is None:
        return None
    note = _WORDS.get(found[1].capitalize(), found[1]).upper()
    return key_name(note + _WORDS[(found[2] or "").lower()] + _WORDS[found[3].lower()])


def _heard(path: Path) -> str:
    pitches = PitchStream()
    with AudioStream(path, block_s=6.0) as stream:
        for block in stream:
            pitches.push(block)
    found = key_of(pitches.histogram)
    return found.name if found else ""


def _semitones(wanted: str, found: str) -> int:
    """Semitones from one key up to another of the same mode; -1 for any other."""
    if not found or wanted.endswith("m") != found.endswith("m"):
        return -1
    return (NAMES.index(found.rstrip("m")) - NAMES.index(wanted.rstrip("m"))) % 12


def _cost(repeats: int) -> list[Row]:
    bundle = find_bundle("fst-muse")
    runner = ClassifierRunner(str(bundle.path), bundle.sha256)

    def measured(clip: Path) -> None:
        meter = SongMeter()
        runner.classify(str(clip), meter=meter)
        meter.finish()

    def plain(clip: Path) -> None:
        runner.classify(str(clip))

    with mp3_clips(6) as clips:
        measured(clips[0])
        taken = {
            work: min(_cpu_ms(work, clips) for _ in range(repeats)) for work in (plain, measured)
        }
    more = taken[measured] - taken[plain]
    return [
        Row("a clip of 30 s, classified", taken[plain], "ms"),
        Row("  what measuring it adds", 100.0 * more / taken[plain], "%", 20.0),
    ]


def _cpu_ms(work: Callable[[Path], object], clips: Sequence[Path]) -> float:
    start = time.process_time()
    for clip in clips:
        work(clip)
    return 1000.0 * (time.process_time() - start) / len(clips)
