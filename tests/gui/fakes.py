"""Stand-ins for the worker process and the sound card, and results to show."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from fstmuse_core.audio.images import SpectrogramImage, to_levels
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, mel_spectrogram, mel_to_hz
from fstmuse_core.classify.result import ActivationMap, Classification, Doubt, Timeline, Verdict
from fstmuse_core.classify.traits import Trait
from fstmuse_core.workers.protocol import ClipResult
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.sound.devices import SoundDevice

GENRES = ("Pop", "Jazz", "Rock", "Folk", "Hip-Hop", "Electronic", "Punk")
MODELS = [
    ModelInfo("fst-muse", "FstMuse", GENRES),
    ModelInfo("toy-model", "ToyModel", ("Folk", "Hip-Hop", "Rock")),
]
_HOP_S = 64 * 512 / 22_050


class FakeWorker:
    """Takes requests; the test says when and how they are answered."""

    def __init__(self, on_event: Callable[[Any], None]) -> None:
        self.tell = on_event
        self.submitted: list[tuple[int, Any]] = []
        self.live: dict[int, list[FloatArray]] = {}
        self.ended: list[int] = []
        self.cancelled: list[int] = []
        self.is_running = False
        self._numbers = itertools.count(1)

    def start(self) -> None:
        self.is_running = True

    def submit(self, request: Any) -> int:
        job = next(self._numbers)
        self.submitted.append((job, request))
        return job

    def send_live(self, job: int, samples: FloatArray) -> None:
        self.live.setdefault(job, []).append(samples)

    def end_live(self, job: int) -> None:
        self.ended.append(job)

    def cancel(self, job: int) -> None:
        self.cancelled.append(job)

    def stop(self) -> None:
        self.is_running = False

    @property
    def last(self) -> int:
        """Number of the job submitted last."""
        return self.submitted[-1][0]


class FakePlayer(QObject):
    """Plays nothing and remembers what it was told."""

    position_changed = Signal(float)
    level_changed = Signal(float)
    state_changed = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.position = 0.0
        self.duration_s = 0.0
        self.state = "stopped"
        self.loaded: Any = None
        self.device: Any = None
        self.gain = 1.0
        self.loop: tuple[float, float] | None = None
        self.wraps = False
        self.is_closed = False

    def load_file(self, path: str, duration_s: float) -> None:
        self.loaded, self.duration_s = path, duration_s
        self._reset()

    def load_samples(self, samples: FloatArray, sample_rate: int, *, wraps: bool = False) -> None:
        self.wraps = wraps
        self.loaded, self.duration_s = samples, len(samples) / sample_rate
        self._reset()

    def unload(self) -> None:
        self.loaded = None
        self._reset()

    def _reset(self) -> None:
        self.position = 0.0
        self.loop = None
        self._become("stopped")

    def _become(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)

    def toggle(self) -> None:
        self._become("paused" if self.state == "playing" else "playing")

    def pause(self) -> None:
        self._become("paused")

    def seek(self, seconds: float) -> None:
        self.position = min(seconds, self.duration_s)
        self.position_changed.emit(self.position)

    def set_loop(self, part: tuple[float, float] | None) -> None:
        self.loop = part

    def set_device(self, device: object) -> None:
        self.device = device

    def set_gain(self, gain: float) -> None:
        self.gain = gain

    def close(self) -> None:
        self.is_closed = True


class FakeLister(QObject):
    """Lists what the test gave it."""

    listed = Signal(object, object)
    failed = Signal(str)
    outputs: tuple[SoundDevice, ...] = ()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_released = False

    def refresh(self) -> None:
        self.listed.emit((), self.outputs)

    def release(self) -> None:
        self.is_released = True


class FakeRecording(QObject):
    """Records nothing; the test brings the take."""

    started = Signal()
    frames_ready = Signal(object)
    samples_ready = Signal(object)
    sound_ready = Signal(object, int)
    state_changed = Signal(str)
    finished = Signal(object)
    message = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.toggled = 0
        self.is_paused = False
        self.take: Take | None = None
        self.is_closed = False

    def toggle(self) -> None:
        self.toggled += 1

    def toggle_pause(self) -> None:
        self.is_paused = not self.is_paused
        self.state_changed.emit("paused" if self.is_paused else "recording")

    def stop(self) -> None:
        if self.take is not None:
            self.finished.emit(self.take)

    def close(self) -> None:
        self.is_closed = True


def make_classification(
    probabilities: dict[str, float] | None = None,
    *,
    duration_s: float = 30.0,
    doubt: Doubt | None = None,
    sentence: str = "",
    warnings: tuple[str, ...] = (),
    seed: int = 0,
    traits: tuple[Trait, ...] = (),
) -> Classification:
    """A result of the shape the worker gives; Rock wins unless told otherwise."""
    wanted = probabilities or {
        "Rock": 0.84,
        "Punk": 0.09,
        "Pop": 0.04,
        "Electronic": 0.015,
        "Folk": 0.01,
        "Jazz": 0.003,
        "Hip-Hop": 0.002,
    }
    genres = GENRES if set(wanted) == set(GENRES) else tuple(wanted)
    p = np.array([wanted[name] for name in genres], dtype=np.float32)
    rng = np.random.default_rng(seed)
    n = max(1, int((duration_s - 2.97) / _HOP_S) + 1)
    start = _HOP_S * np.arange(n, dtype=np.float64)
    drift = np.cumsum(rng.normal(0, 0.5, (n, len(genres))), axis=0)
    drift -= drift.mean(axis=0)
    scores = np.log(p + 0.02) + drift
    rows = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    timeline = Timeline(start, start + 2.97, rows.astype(np.float32), np.zeros(n, dtype=bool))
    best = genres[int(np.argmax(p))]
    said = sentence or f"{best}, {100 * p.max():.0f} % sure."
    verdict = Verdict(None if doubt else best, doubt, said)
    return Classification(
        model="fst-muse",
        model_sha256="0" * 64,
        genres=genres,
        duration_s=duration_s,
        probabilities=p,
        timeline=timeline,
        verdict=verdict,
        warnings=warnings,
        activation=make_activation(len(genres), duration_s, seed),
        traits=traits,
    )


def make_activation(n_genres: int, duration_s: float, seed: int = 0) -> ActivationMap:
    """Soft blobs in time and frequency."""
    rng = np.random.default_rng(seed)
    columns, rows = max(2, round(duration_s * 43.07 / 8)), 16
    time, band = np.mgrid[0:columns, 0:rows]
    values = np.zeros((n_genres, columns, rows))
    for genre in range(n_genres):
        for _ in range(round(duration_s)):
            t, f = rng.uniform(0, columns), rng.uniform(0, rows)
            size = rng.normal() * 2
            values[genre] += size * np.exp(-(((time - t) / 4) ** 2) - ((band - f) / 2) ** 2)
    edges = mel_to_hz(np.linspace(0, 2840.0, rows + 1))
    return ActivationMap(values.astype(np.float16), 8 * 512 / 22_050, edges)


def make_image(samples: FloatArray) -> SpectrogramImage:
    """The picture of a sound."""
    levels = to_levels(mel_spectrogram(samples), DEFAULT_CONFIG)
    return SpectrogramImage(levels, 512 / 22_050)


def make_result(samples: FloatArray, classification: Classification | None = None) -> ClipResult:
    """A finished clip."""
    known = classification or make_classification(duration_s=len(samples) / 22_050)
    return ClipResult(known, make_image(samples))
