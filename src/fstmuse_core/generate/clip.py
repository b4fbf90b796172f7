"""A clip that was made, and its file."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fstmuse_core.audio.reading import write_audio
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.audio.wav_tempo import Tempo
from fstmuse_core.generate.groove import Groove
from fstmuse_core.generate.recipe import Recipe

_FADE = 64


class GenerationCancelledError(Exception):
    """Raised by :meth:`ClipGenerator.make` where ``cancelled()`` said so.

    Examples
    --------
    >>> ClipGenerator.load().generate("Rock", cancelled=lambda: True)
    Traceback (most recent call last):
    fstmuse_core.generate.generator.GenerationCancelledError
    """


@dataclass(frozen=True, eq=False)
class GeneratedClip:
    """A clip that was made.

    Attributes
    ----------
    samples : ndarray of float32, shape ``(n,)`` or ``(n, 2)``
        Within [-1, 1]; in stereo left and right.
    sample_rate : int
        In hertz.
    log_mel : ndarray of float32, shape ``(n_frames, n_mels)``
        Output of the generator: natural logarithm of magnitudes that have mean one, plus the
        offset of the bundle's scaling.
    recipe : Recipe
        All that it takes to make the same clip again.

    Examples
    --------
    >>> clip = ClipGenerator.load().generate("Rock", seconds=1.0, iterations=4)
    >>> clip.samples.shape, clip.sample_rate
    ((22050,), 22050)
    """

    samples: FloatArray
    sample_rate: int
    log_mel: FloatArray
    recipe: Recipe

    @property
    def mono(self) -> FloatArray:
        """Samples of one channel, the mean of two; shape ``(n,)``.

        Examples
        --------
        >>> ClipGenerator.load().generate("Rock", seconds=1.0, stereo=True).mono.shape
        (22050,)
        """
        return self.samples if self.samples.ndim == 1 else self.samples.mean(axis=1)


def save_clip(path: str | os.PathLike[str], clip: GeneratedClip) -> None:
    """Write a clip as WAV, FLAC or Ogg Vorbis, with its recipe in the file's comment.

    A WAV file of a clip with a beat also says its tempo, and where a loop begins and ends.

    Parameters
    ----------
    path : str or path-like
        Ends in ``.wav``, ``.flac`` or ``.ogg``.
    clip : GeneratedClip

    Raises
    ------
    AudioError
        If the suffix is another or the file cannot be written; nothing half-written is left.

    Examples
    --------
    >>> save_clip("rock.flac", ClipGenerator.load().generate("Rock", seconds=1.0))
    >>> load_audio("rock.flac").shape
    (22050,)
    """
    texts = {
        "title": clip.recipe.title,
        "artist": f"FstMuse, model {clip.recipe.model}",
        "comment": clip.recipe.to_text(),
    }
    tempo = None if clip.recipe.groove is None else _tempo(clip.recipe.groove, clip.recipe.seconds)
    write_audio(Path(path), clip.samples, clip.sample_rate, texts=texts, tempo=tempo)


def save_part(
    path: str | os.PathLike[str], clip: GeneratedClip, start_s: float, end_s: float
) -> None:
    """Write a part of a clip, such as a section, as WAV, FLAC or Ogg Vorbis.

    Its ends are faded over 3 ms, and the file holds no recipe: that would make all of the clip.

    Parameters
    ----------
    path : str or path-like
        Ends in ``.wav``, ``.flac`` or ``.ogg``.
    clip : GeneratedClip
    start_s, end_s : float
        The part, in seconds.

    Raises
    ------
    AudioError
        As :func:`save_clip` does.

    Examples
    --------
    >>> save_part("a.flac", ClipGenerator.load().generate("Rock", seconds=2.0), 0.5, 1.5)
    >>> load_audio("a.flac").shape
    (22050,)
    """
    rate = clip.sample_rate
    part = clip.samples[round(start_s * rate) : round(end_s * rate)].copy()
    fade = np.linspace(0.0, 1.0, min(_FADE, len(part)), dtype=np.float32)
    # Transposed, so that time comes last in stereo too.
    part.T[..., : fade.size] *= fade
    part.T[..., len(part) - fade.size :] *= fade[::-1]
    texts = {"title": clip.recipe.title, "artist": f"FstMuse, model {clip.recipe.model}"}
    groove = clip.recipe.groove
    tempo = None if groove is None else _tempo(replace(groove, loop=False), end_s - start_s)
    write_audio(Path(path), part, rate, texts=texts, tempo=tempo)


def _tempo(groove: Groove, seconds: float) -> Tempo:
    return Tempo(groove.bpm, max(1, round(seconds * groove.bpm / 60.0)), groove.loop)
