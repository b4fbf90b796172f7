"""FstMuse as a library: decode, draw, classify and generate music, without a window.

The names below are the public interface; everything else may change with any version::

    from fstmuse_core import GenreClassifier, load_audio, mel_spectrogram

    result = GenreClassifier.load("fst-muse").classify_file("song.mp3")
    print(result.verdict.genre, result.probabilities)
    mel = mel_spectrogram(load_audio("song.mp3"))

Each is imported when it is first asked for. Nothing in this package imports Qt or sounddevice,
and TensorFlow is only imported inside ``networks``, ``original`` and ``training``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fstmuse_core.audio.reading import load_audio
    from fstmuse_core.audio.spectrogram import SpectrogramConfig, mel_spectrogram
    from fstmuse_core.bundle.model_list import list_models
    from fstmuse_core.classify.classifier import GenreClassifier
    from fstmuse_core.classify.result import Classification
    from fstmuse_core.generate.generator import ClipGenerator, GeneratedClip
    from fstmuse_core.inversion import invert_mel
    from fstmuse_core.system.errors import FstMuseError

__version__ = "0.1.0"

__all__ = [
    "Classification",
    "ClipGenerator",
    "FstMuseError",
    "GeneratedClip",
    "GenreClassifier",
    "SpectrogramConfig",
    "__version__",
    "invert_mel",
    "list_models",
    "load_audio",
    "mel_spectrogram",
]

_HOMES = {
    "Classification": "classify.result",
    "ClipGenerator": "generate.generator",
    "FstMuseError": "system.errors",
    "GeneratedClip": "generate.generator",
    "GenreClassifier": "classify.classifier",
    "SpectrogramConfig": "audio.spectrogram",
    "invert_mel": "inversion",
    "list_models": "bundle.model_list",
    "load_audio": "audio.reading",
    "mel_spectrogram": "audio.spectrogram",
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
