"""Small networks that take whole clips, in the place of the report's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.manifest import WHOLE_CLIP, BundleManifest, Thresholds
from tests.conftest import make_music

Samples = npt.NDArray[np.float32]
RATE = 22_050
# A clip of the stand-in: five seconds.
N_FRAMES = 215
LOW, HIGH = 0, 1


@pytest.fixture(scope="session")
def litert(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A network that tells bass from treble, by their mean magnitudes over the clip."""
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((N_FRAMES, 128, 1)),
            layers.AveragePooling2D((N_FRAMES, 64)),
            layers.Flatten(),
            layers.Dense(2, activation="softmax", use_bias=False),
        ]
    )
    model.layers[-1].set_weights([np.eye(2, dtype=np.float32)])
    path = tmp_path_factory.mktemp("whole-clip") / "model.tflite"
    model.export(str(path), format="litert", verbose=False)
    return path.read_bytes()


def whole_clip_manifest(genres: tuple[str, ...] = ("Low", "High")) -> BundleManifest:
    """The description of a model that takes whole clips."""
    return BundleManifest(
        name="report",
        title="Report",
        kind="classifier",
        genres=genres,
        spectrogram=DEFAULT_CONFIG,
        scaling=FeatureScaling(np.zeros(128, np.float32), np.ones(128, np.float32)),
        segment_frames=N_FRAMES,
        segment_hop_frames=N_FRAMES,
        temperature=1.0,
        thresholds=Thresholds(novelty=float("inf"), confidence=0.0),
        input=WHOLE_CLIP,
    )


@pytest.fixture
def bundle(litert: bytes) -> Bundle:
    """The stand-in as a bundle in memory."""
    return Bundle(Path("report"), whole_clip_manifest(), "sha", litert)


@pytest.fixture(scope="session")
def sound() -> Callable[..., Samples]:
    """Make ``seconds`` of music, with much bass or much treble."""

    def make(seconds: float, which: int) -> Samples:
        times = np.arange(round(seconds * RATE)) / RATE
        hits = (0.0, 2.0)[which] * np.exp(-6.0 * (times % 0.5))
        treble = hits * np.sin(2 * np.pi * 5000.0 * times)
        band = make_music(seconds + 1.0)[: times.size] * (1.0, 0.1)[which]
        return np.asarray(0.1 * (band + treble), np.float32)

    return make
