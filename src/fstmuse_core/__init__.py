"""FstMuse as a library: decode, draw, classify, make and learn music, without a window.

The names below are the public interface, stable by semantic versioning; everything else may
change with any version::

    from fstmuse_core import GenreClassifier, load_audio, mel_spectrogram

    result = GenreClassifier.load("fst-muse").classify_file("song.mp3")
    print(result.verdict.genre, result.probabilities)
    print(result.tagged.embedding, result.traits)
    mel = mel_spectrogram(load_audio("song.mp3"))

All that can go wrong with a file, a model or a clip is an ``FstMuseError`` whose text says what,
why and what to do. The examples in the docstrings take ``import numpy as np``, the public names
and ten seconds of music in ``song.wav`` for granted, and are run by the tests.

Each name is imported when it is first asked for. Nothing in this package imports Qt or sounddevice,
and TensorFlow is only imported inside ``networks``, ``original`` and ``training``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fstmuse_core.audio.reading import load_audio
    from fstmuse_core.audio.spectrogram import SpectrogramConfig, mel_spectrogram
    from fstmuse_core.bundle.model_list import list_models
    from fstmuse_core.classify.classifier import (
        ClassificationCancelledError,
        GenreClassifier,
        Session,
    )
    from fstmuse_core.classify.result import (
        ActivationMap,
        Classification,
        Tagged,
        Timeline,
        Verdict,
    )
    from fstmuse_core.classify.traits import Trait
    from fstmuse_core.generate.generator import (
        ClipGenerator,
        GeneratedClip,
        GenerationCancelledError,
        save_clip,
    )
    from fstmuse_core.generate.groove import BeatWish
    from fstmuse_core.inversion import InversionCancelledError, invert_mel
    from fstmuse_core.system.errors import (
        AudioError,
        BundleError,
        FstMuseError,
        GenerateError,
        InversionError,
    )
    from fstmuse_core.training.session import learn

__version__ = "0.1.0"

__all__ = [
    "ActivationMap",
    "AudioError",
    "BeatWish",
    "BundleError",
    "Classification",
    "ClassificationCancelledError",
    "ClipGenerator",
    "FstMuseError",
    "GenerateError",
    "GeneratedClip",
    "GenerationCancelledError",
    "GenreClassifier",
    "InversionCancelledError",
    "InversionError",
    "Session",
    "SpectrogramConfig",
    "Tagged",
    "Timeline",
    "Trait",
    "Verdict",
    "__version__",
    "invert_mel",
    "learn",
    "list_models",
    "load_audio",
    "mel_spectrogram",
    "save_clip",
]

_HOMES = {
    "ActivationMap": "classify.result",
    "AudioError": "system.errors",
    "BeatWish": "generate.groove",
    "BundleError": "system.errors",
    "Classification": "classify.result",
    "ClassificationCancelledError": "classify.classifier",
    "ClipGenerator": "generate.generator",
    "FstMuseError": "system.errors",
    "GenerateError": "system.errors",
    "GeneratedClip": "generate.generator",
    "GenerationCancelledError": "generate.generator",
    "GenreClassifier": "classify.classifier",
    "InversionCancelledError": "inversion",
    "InversionError": "system.errors",
    "Session": "classify.classifier",
    "SpectrogramConfig": "audio.spectrogram",
    "Tagged": "classify.result",
    "Timeline": "classify.result",
    "Trait": "classify.traits",
    "Verdict": "classify.result",
    "invert_mel": "inversion",
    "learn": "training.session",
    "list_models": "bundle.model_list",
    "load_audio": "audio.reading",
    "mel_spectrogram": "audio.spectrogram",
    "save_clip": "generate.generator",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for (PEP 562); ``AttributeError`` for any other."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
