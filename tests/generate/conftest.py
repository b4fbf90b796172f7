"""An untrained generator, and the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.bundle.bundle import Bundle, load_bundle, write_bundle
from fstmuse_core.bundle.manifest import GENERATOR, BundleManifest, Thresholds
from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_core.cli import main
from fstmuse_core.generate.generator import ClipGenerator

GENRES = ("Rock", "Jazz", "Hip-Hop")
SHAPE = NoiseShape(frames_per_step=16, margin_steps=2, global_noise=8, local_noise=4, beat_noise=5)
TINY = Path(__file__).parent / "tiny.tflite"


def tiny_manifest() -> BundleManifest:
    """What goes with the network that scripts/make_tiny_generator.py wrote."""
    tilt = np.linspace(0.0, -4.0, 128, dtype=np.float32)
    return BundleManifest(
        name="tiny-gan",
        title="TinyGan",
        kind=GENERATOR,
        genres=GENRES,
        spectrogram=DEFAULT_CONFIG,
        scaling=FeatureScaling(mean=tilt, std=np.ones(128, np.float32)),
        segment_frames=256,
        segment_hop_frames=128,
        temperature=1.0,
        thresholds=Thresholds(novelty=0.0, confidence=0.0),
        architecture=SHAPE.to_dict(),
    )


def write_tiny(folder: Path, manifest: BundleManifest | None = None) -> Path:
    """A generator bundle in ``folder``."""
    files = {"model.tflite": TINY.read_bytes(), "weights.npz": b"", "CARD.md": b"# TinyGan\n"}
    write_bundle(folder, manifest or tiny_manifest(), files)
    return folder


@pytest.fixture(autouse=True)
def no_models_of_the_user(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny generator is the only model of the user's own, also for child processes."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tiny.parents[2]))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an untrained generator of Rock, Jazz and Hip-Hop, one of the user's models."""
    return write_tiny(tmp_path_factory.mktemp("data") / "fstmuse" / "models" / "tiny-gan")


@pytest.fixture(scope="session")
def generator(tiny: Path) -> ClipGenerator:
    """The same, ready to make clips."""
    return ClipGenerator(load_bundle(tiny))


@pytest.fixture(scope="session")
def tiny_grid(tiny: Path) -> Path:
    """The folder of an untrained generator on the beat grid; see :mod:`tests.generate.grid`."""
    from tests.generate.grid import write_tiny_grid

    return write_tiny_grid(tiny.parent / "tiny-grid")


@pytest.fixture
def grid_generator(tiny_grid: Path) -> ClipGenerator:
    """The same, ready to make clips."""
    return ClipGenerator(load_bundle(tiny_grid))


@pytest.fixture
def spoilt(tmp_path: Path) -> Callable[..., Bundle]:
    """A generator bundle with other entries in its manifest: ``spoilt(scaling=...)``."""

    def make(**changes: Any) -> Bundle:
        return load_bundle(write_tiny(tmp_path / "spoilt", replace(tiny_manifest(), **changes)))

    return make


@dataclass(frozen=True)
class Outcome:
    """What a run of the command gave."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


class Run(Protocol):
    def __call__(self, *arguments: str | Path) -> Outcome: ...


@pytest.fixture
def generate(capsys: pytest.CaptureFixture[str], tiny: Path) -> Run:
    """Runs ``fstmuse generate`` with the tiny generator, unless another is named."""

    def run(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        named = [] if "--model" in arguments or "--recipe" in arguments else ["--model", tiny]
        code = main(["generate", *map(str, [*arguments, *named])])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


def in_another_process(*arguments: str | Path) -> None:
    """``fstmuse generate`` in a process of its own."""
    subprocess.run(
        [sys.executable, "-m", "fstmuse_core.cli", "generate", *map(str, arguments)],
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
