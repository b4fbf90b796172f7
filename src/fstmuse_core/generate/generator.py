"""Genre and seed in, a clip out: the generator makes a mel spectrogram, inversion its sound."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle, find_bundle
from fstmuse_core.bundle.litert import GeneratorNetwork
from fstmuse_core.bundle.noise import draw_noise
from fstmuse_core.generate.arrange import (
    LEAD_FRAMES,
    LOOP_EDGE,
    cut_out,
    magnitudes,
    make_piece,
    widen,
)
from fstmuse_core.generate.clip import GeneratedClip, GenerationCancelledError, save_clip, save_part
from fstmuse_core.generate.groove import BeatWish, groove_for
from fstmuse_core.generate.like import Like, LikedSong, check_told_of_songs, like_song
from fstmuse_core.generate.recipe import Blend, Recipe, parse_blend, read_recipe
from fstmuse_core.inversion import ITERATIONS, InversionCancelledError, invert_mel
from fstmuse_core.system.errors import GenerateError
from fstmuse_core.tags.genres import genre_among

__all__ = [
    "DEFAULT_GENERATOR",
    "BeatWish",
    "Blend",
    "ClipGenerator",
    "GeneratedClip",
    "GenerationCancelledError",
    "Like",
    "LikedSong",
    "Recipe",
    "parse_blend",
    "read_recipe",
    "save_clip",
    "save_part",
]

DEFAULT_GENERATOR = "toy-gan"
# Of the work, making the mel spectrogram is about this share.
_MAKING = 0.2


class ClipGenerator:
    """A generator bundle, ready to make clips.

    Parameters
    ----------
    bundle : Bundle
        Of a generator, as :meth:`load` reads it by its name.

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

    def has_beat(self, genre: str) -> bool:
        """True if tempo, bars and form can be asked of a genre.

        Parameters
        ----------
        genre : str

        Examples
        --------
        >>> ClipGenerator.load().has_beat("Rock")
        True
        """
        grid = self._network.grid
        return grid is not None and bool(grid.tempos.get(genre))

    def listen_to(self, path: str | os.PathLike[str]) -> LikedSong:
        """Find the place of a song among those that the model knows, its genre and its tempo.

        Parameters
        ----------
        path : str or path-like

        Raises
        ------
        FstMuseError
            If the model was not told of songs as it learned, or the file cannot be heard.

        Examples
        --------
        >>> save_clip("song.wav", ClipGenerator.load().generate("Rock", seconds=6.0))
        >>> len(ClipGenerator.load().listen_to("song.wav").like.place)
        16
        """
        return like_song(self.bundle, path)

    def recipe(
        self,
        genre: str,
        seconds: float = 30.0,
        seed: int = 0,
        blend: Blend | None = None,
        iterations: int = ITERATIONS,
        *,
        beat: BeatWish | None = None,
        like: Like | None = None,
        stereo: bool = False,
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
        beat : BeatWish, optional
            Tempo, bars, form; what is not wished is drawn from the seed. With bars, or for a
            loop, ``seconds`` becomes the length of the whole bars.
        like : Like, optional
            A song that the clip is to be like, see :meth:`listen_to`.
        stereo : bool, optional
            Two channels whose mean is the clip without.

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
        wish, name = beat or BeatWish(), genre_among(genre, self.genres)
        recipe = Recipe(
            model=self.bundle.name,
            model_sha256=self.bundle.sha256,
            genre=name,
            seed=seed,
            seconds=float(seconds),
            blend=blend,
            iterations=iterations,
            like=like,
            stereo=stereo,
        )
        if like is not None:
            check_told_of_songs(self.bundle)
        groove = groove_for(wish, self._network.grid, name, recipe.seconds, seed, recipe.model)
        if groove is not None and (groove.loop or wish.bars is not None):
            return replace(recipe, groove=groove, seconds=groove.seconds)
        return replace(recipe, groove=groove)

    def again(self, recipe: Recipe) -> Recipe:
        """The recipe for this model of a clip that another may have made.

        Parameters
        ----------
        recipe : Recipe

        Raises
        ------
        FstMuseError
            As :meth:`recipe` does.

        Examples
        --------
        >>> (generator := ClipGenerator.load()).again(generator.recipe("Rock", seed=5)).seed
        5
        """
        made = self.recipe(
            *(recipe.genre, recipe.seconds, recipe.seed, recipe.blend, recipe.iterations),
            like=recipe.like,
            stereo=recipe.stereo,
        )
        if recipe.groove is not None:
            wish = BeatWish(bpm=recipe.groove.bpm)
            groove_for(wish, self._network.grid, made.genre, 1.0, 0, made.model)
        elif recipe.model_sha256 != self.bundle.sha256:
            return made
        return replace(made, groove=recipe.groove)

    def generate(
        self,
        genre: str,
        seconds: float = 30.0,
        seed: int = 0,
        blend: Blend | None = None,
        iterations: int = ITERATIONS,
        *,
        beat: BeatWish | None = None,
        like: Like | None = None,
        stereo: bool = False,
        on_mel: Callable[[FloatArray], None] | None = None,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> GeneratedClip:
        """Make a clip.

        ``genre``, ``seconds``, ``seed``, ``blend``, ``iterations``, ``beat``, ``like`` and
        ``stereo`` are those of :meth:`recipe`; ``on_mel``, which is given magnitudes of shape
        ``(n_frames, n_mels)``, ``progress`` and ``cancelled`` those of :meth:`make`.

        Returns
        -------
        GeneratedClip
            ``round(seconds * sample_rate)`` samples of each channel.

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
        recipe = self.recipe(
            genre, seconds, seed, blend, iterations, beat=beat, like=like, stereo=stereo
        )
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
        is_loop = recipe.groove is not None and recipe.groove.loop
        edge = LOOP_EDGE if is_loop else 0
        # With a beat it begins on the first one.
        begin = edge if recipe.groove is None else edge + LEAD_FRAMES
        n_frames = config.n_frames(n_samples)
        inside = slice(begin, begin + n_frames)
        log_mel = self._log_mel(recipe, begin + n_frames + edge, -edge)
        mel = magnitudes(log_mel, self.bundle.manifest.scaling.offset, self.bundle.name)
        if on_mel:
            on_mel(mel[inside])
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
        loud = cut_out(samples, begin * config.hop_length, n_samples, is_loop=is_loop)
        if recipe.stereo:
            loud = widen(loud, config.sample_rate, wraps=is_loop)
        return GeneratedClip(loud, config.sample_rate, log_mel[inside], recipe)

    def _log_mel(self, recipe: Recipe, n_frames: int, first: int) -> FloatArray:
        grid, manifest = self._network.grid, self.bundle.manifest
        weights = recipe.weights(self.genres)
        if grid is None:
            steps = self._network.shape.steps(n_frames)
            fps = manifest.spectrogram.frames_per_second
            noise = draw_noise(self._network.shape, steps, recipe.seed, frames_per_second=fps)
            made = self._run(weights, noise, n_frames)
        else:
            frames = range(first, first + n_frames)
            plan = recipe.plan(self.genres, self._network.likeness)
            made = make_piece(self._run, self._network.shape, grid, weights, plan, frames)
        return np.asarray(made * manifest.scaling.std + manifest.scaling.mean)

    def _run(self, told: FloatArray, noise: Mapping[str, FloatArray], count: int) -> FloatArray:
        made = self._network.run(told, noise, count)
        if not np.isfinite(made).all():
            raise GenerateError(self.bundle.name, "it made NaN or infinity", "retrain it")
        return made

    def check_made(self, recipe: Recipe) -> None:
        """Refuse a recipe of another model, whose clip this cannot make.

        Parameters
        ----------
        recipe : Recipe

        Raises
        ------
        GenerateError

        Examples
        --------
        >>> generator = ClipGenerator.load()
        >>> generator.check_made(generator.recipe("Rock"))
        """
        theirs, mine = recipe.model_sha256[:12], self.bundle.sha256[:12]
        if recipe.model_sha256 != self.bundle.sha256:
            raise GenerateError(
                f"the model {recipe.model}",
                f"the clip was made with another one ({theirs}) than there is here ({mine})",
                "name one with --model to make the like of it",
            )
