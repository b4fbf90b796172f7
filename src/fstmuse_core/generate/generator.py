"""Genre and seed in, a clip out: the generator makes a mel spectrogram, inversion its sound."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fstmuse_core.audio.levels import set_loudness
from fstmuse_core.audio.reading import write_audio
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle, find_bundle
from fstmuse_core.bundle.litert import GeneratorNetwork
from fstmuse_core.bundle.noise import draw_noise
from fstmuse_core.generate.recipe import (
    MAX_SECONDS,
    MAX_SEED,
    MIN_SECONDS,
    Blend,
    Recipe,
    parse_blend,
    read_recipe,
)
from fstmuse_core.inversion import ITERATIONS, InversionCancelledError, invert_mel
from fstmuse_core.system.errors import GenerateError
from fstmuse_core.tags.genres import genre_among

__all__ = [
    "DEFAULT_GENERATOR",
    "MAX_SECONDS",
    "MAX_SEED",
    "MIN_SECONDS",
    "Blend",
    "ClipGenerator",
    "GeneratedClip",
    "GenerationCancelledError",
    "Recipe",
    "parse_blend",
    "read_recipe",
    "save_clip",
]

DEFAULT_GENERATOR = "toy-gan"
# A log-mel spectrogram above this is no music: e^12 times the mean magnitude.
_LARGEST_LOG = 12.0
# Magnitudes of music that is played as loudly as ours have about this mean.
_SHOWN_MEAN = 6.0
# Of the work, making the mel spectrogram is about this share.
_MAKING = 0.2


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
    samples : ndarray of float32, shape ``(n,)``
        Within [-1, 1].
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


class ClipGenerator:
    """A generator bundle, ready to make clips.

    Parameters
    ----------
    bundle : Bundle

    Raises
    ------
    BundleError
        If the bundle is no generator, or its network cannot be run.

    Examples
    --------
    >>> clip = ClipGenerator.load("toy-gan").generate("Rock", seconds=2.0, seed=7)
    >>> bool(np.abs(clip.samples).max() <= 1.0)
    True
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._network = GeneratorNetwork(bundle)

    @classmethod
    def load(cls, name: str = DEFAULT_GENERATOR, *, installed_only: bool = False) -> ClipGenerator:
        """Load a model.

        Parameters
        ----------
        name : str
            A name of :func:`list_models`, or the path of a folder that holds a model.
        installed_only : bool, optional
            Take no paths.

        Raises
        ------
        BundleError
            If there is none of this name, or it is no generator or damaged.

        Examples
        --------
        >>> ClipGenerator.load("toy-gan").bundle.name
        'toy-gan'
        """
        return cls(find_bundle(name, installed_only=installed_only))

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres that it can make.

        Examples
        --------
        >>> "Rock" in ClipGenerator.load().genres
        True
        """
        return self.bundle.manifest.genres

    def recipe(
        self,
        genre: str,
        seconds: float = 30.0,
        seed: int = 0,
        blend: Blend | None = None,
        iterations: int = ITERATIONS,
    ) -> Recipe:
        """The recipe of a clip to be made with this model.

        Parameters
        ----------
        genre : str
            One of ``genres``, in any spelling.
        seconds : float
            Length of the clip.
        seed : int
            Of all that is random: the same recipe gives the same samples.
        blend : Blend, optional
            Another genre and its share.
        iterations : int
            Of Griffin-Lim; past 60 nothing audible is gained.

        Raises
        ------
        FstMuseError
            If the model does not know a genre (those it knows are named), or a value is out of
            range.

        Examples
        --------
        >>> recipe = ClipGenerator.load().recipe("rock", seconds=5.0)
        >>> recipe.genre, recipe.seconds
        ('Rock', 5.0)
        """
        if blend is not None:
            blend = replace(blend, genre=genre_among(blend.genre, self.genres))
        return Recipe(
            model=self.bundle.name,
            model_sha256=self.bundle.sha256,
            genre=genre_among(genre, self.genres),
            seed=seed,
            seconds=float(seconds),
            blend=blend,
            iterations=iterations,
        )

    def generate(
        self,
        genre: str,
        seconds: float = 30.0,
        seed: int = 0,
        blend: Blend | None = None,
        iterations: int = ITERATIONS,
        *,
        on_mel: Callable[[FloatArray], None] | None = None,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> GeneratedClip:
        """Make a clip.

        Parameters
        ----------
        genre, seconds, seed, blend, iterations
            As of :meth:`recipe`.
        on_mel, progress, cancelled
            As of :meth:`make`; the mel spectrogram has shape ``(n_frames, n_mels)``.

        Returns
        -------
        GeneratedClip
            ``round(seconds * sample_rate)`` samples.

        Raises
        ------
        FstMuseError
            As :meth:`recipe` and :meth:`make` do.

        Examples
        --------
        >>> clip = ClipGenerator.load().generate("Rock", seconds=1.5, seed=3)
        >>> clip.samples.size / clip.sample_rate, clip.recipe.seed
        (1.5, 3)
        """
        recipe = self.recipe(genre, seconds, seed, blend, iterations)
        return self.make(recipe, on_mel=on_mel, progress=progress, cancelled=cancelled)

    def make(
        self,
        recipe: Recipe,
        *,
        on_mel: Callable[[FloatArray], None] | None = None,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> GeneratedClip:
        """Make the clip of a recipe: the same recipe and model give the same samples.

        Parameters
        ----------
        recipe : Recipe
            Its genres must be this model's.
        on_mel : callable, optional
            Given the mel magnitudes, shape ``(n_frames, n_mels)``, before they are made sound;
            about as loud as they will be.
        progress : callable, optional
            Told the fraction done, from 0 to 1.
        cancelled : callable, optional
            Asked before each step.

        Raises
        ------
        GenerateError
            If what the network makes is silence, or holds NaN or infinity.
        GenerationCancelledError
            If ``cancelled()`` returned true.

        Examples
        --------
        >>> generator = ClipGenerator.load()
        >>> clip = generator.make(generator.recipe("Rock", seconds=1.0))
        >>> clip.log_mel.shape
        (44, 128)
        """
        config = self.bundle.manifest.spectrogram
        n_samples = round(recipe.seconds * config.sample_rate)

        def inverting(fraction: float) -> None:
            if progress:
                progress(_MAKING + (1.0 - _MAKING) * fraction)

        if cancelled and cancelled():
            raise GenerationCancelledError
        log_mel = self._log_mel(recipe, config.n_frames(n_samples))
        mel = self._magnitudes(log_mel)
        if on_mel:
            on_mel(mel)
        inverting(0.0)
        try:
            samples = invert_mel(
                mel,
                config,
                iterations=recipe.iterations,
                seed=recipe.seed,
                progress=inverting,
                cancelled=cancelled,
            )
        except InversionCancelledError:
            raise GenerationCancelledError from None
        loud = set_loudness(samples[:n_samples])
        return GeneratedClip(loud, config.sample_rate, log_mel, recipe)

    def _log_mel(self, recipe: Recipe, n_frames: int) -> FloatArray:
        manifest = self.bundle.manifest
        weights = np.zeros(len(self.genres), dtype=np.float32)
        share = 0.0 if recipe.blend is None else recipe.blend.share
        weights[self.genres.index(recipe.genre)] = 1.0 - share
        if recipe.blend is not None:
            weights[self.genres.index(recipe.blend.genre)] = share
        noise = draw_noise(
            self._network.shape,
            self._network.shape.steps(n_frames),
            recipe.seed,
            frames_per_second=manifest.spectrogram.frames_per_second,
        )
        made = self._network.run(weights, noise, n_frames)
        if not np.isfinite(made).all():
            raise GenerateError(self.bundle.name, "it made NaN or infinity", "retrain it")
        return np.asarray(made * manifest.scaling.std + manifest.scaling.mean)

    def _magnitudes(self, log_mel: FloatArray) -> FloatArray:
        offset = np.float32(self.bundle.manifest.scaling.offset)
        mel = np.exp(np.minimum(log_mel, np.float32(_LARGEST_LOG))) - offset
        np.maximum(mel, 0.0, out=mel)
        mean = float(mel.mean())
        if mean <= offset:
            raise GenerateError(
                self.bundle.name, "what it made is silence", "try another seed or genre"
            )
        mel *= np.float32(_SHOWN_MEAN / mean)
        return np.asarray(mel)

    def check_made(self, recipe: Recipe) -> None:
        """Refuse a recipe of another model, whose clip this cannot make.

        Parameters
        ----------
        recipe : Recipe

        Raises
        ------
        GenerateError
            If another model made it.

        Examples
        --------
        >>> generator = ClipGenerator.load()
        >>> generator.check_made(generator.recipe("Rock"))
        """
        if recipe.model_sha256 != self.bundle.sha256:
            raise GenerateError(
                f"the model {recipe.model}",
                f"the clip was made with another one ({recipe.model_sha256[:12]}) "
                f"than there is here ({self.bundle.sha256[:12]})",
                "name one with --model to make the like of it",
            )


def save_clip(path: str | os.PathLike[str], clip: GeneratedClip) -> None:
    """Write a clip as WAV, FLAC or Ogg Vorbis, with its recipe in the file's comment.

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
    write_audio(Path(path), clip.samples, clip.sample_rate, texts=texts)
