"""Training of ToyGan: built, fed with crops and noise, measured, shown, and written as a bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.bar_noise import filled
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.likeness import N_LIKENESS_VALUES, Likeness
from fstmuse_core.bundle.litert import read_likeness
from fstmuse_core.datasets.track import Track
from fstmuse_core.generate.arrange import make_piece, plan_piece
from fstmuse_core.networks.toy_gan import CROP_FRAMES, SHAPE
from fstmuse_core.networks.toy_gan_critic import frozen_features
from fstmuse_core.runs.events import Sample
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.epochs import Validation
from fstmuse_core.training.events import Events
from fstmuse_core.training.gan.base import sizes_of, start_from
from fstmuse_core.training.gan.crops import RealCrops
from fstmuse_core.training.gan.evaluate import (
    WINDOWS_A_GENRE,
    Asked,
    Made,
    Reference,
    ask,
)
from fstmuse_core.training.gan.grid_music import NOISES, GridMusic
from fstmuse_core.training.gan.guide import HeardSongs, heard_by_tagger, train_guide
from fstmuse_core.training.gan.judges import (
    Judge,
    Schooling,
    guide_plan,
    train_judge,
    unscaled,
)
from fstmuse_core.training.gan.likeness import balanced_songs, closeness, fit_likeness
from fstmuse_core.training.gan.model import GanBatch, GanModel, GanSizes
from fstmuse_core.training.gan.sampler import GanSampler
from fstmuse_core.training.gan.through_sound import (
    PIECES_A_GENRE,
    SECONDS,
    frames_of_a_piece,
    heard_piece,
    judge_sound,
    pieces_of,
    tagger_there,
)
from fstmuse_core.training.mels import fit_scaling
from fstmuse_core.training.metrics import confusion_matrix
from fstmuse_core.training.plots import write_sample
from fstmuse_core.training.preparation import MelTable
from fstmuse_core.training.settings import TrainSettings

# Of a small collection an epoch has fewer steps: so many crops of each clip.
_CROPS_PER_CLIP = 64
_SCALING_CLIPS = 1_000
_MADE_AT_ONCE = 16
# Songs that it is asked to be like, to be measured.
_LIKED_SONGS = 36
# What noise is drawn for: an epoch is chosen by other pieces than it is measured by.
_VALIDATION, _TEST = 404, 405


@dataclass(frozen=True)
class GanScale:
    """Amounts of work and sizes.

    Attributes
    ----------
    steps_per_epoch : int
        At most.
    judge_steps, guide_steps : int
        Of the training of judge and guide.
    windows : int
        Of each genre, to be measured.
    sample_s : float
        Length of the pieces that are shown.
    sounds : int
        Pieces of each genre that the tagger listens to.
    sizes : GanSizes
        Of the networks.
    """

    steps_per_epoch: int = 500
    judge_steps: int = 400
    guide_steps: int = 1200
    windows: int = WINDOWS_A_GENRE
    sample_s: float = 10.0
    sounds: int = PIECES_A_GENRE
    sizes: GanSizes = field(default_factory=GanSizes)


SCALE = GanScale()

Tell = Callable[[str, int, int], None]


class GanTrainer:
    """ToyGan with its music and its judges.

    Parameters
    ----------
    settings : TrainSettings
    parts : Parts
    mels : MelTable
    folder : Path
        The run's: the judges are kept there, and samples go there.
    events : Events
    tell : callable
        Told what is being prepared, how far it is, of how much; may raise to give up.
    check : callable
        Called again and again while it makes music to be measured and shown, which takes
        minutes; may raise to give up.
    base : Bundle, optional
        Generator that it starts from.

    Attributes
    ----------
    notes : list of str
        Cautions about the figures.
    """

    def __init__(
        self,
        settings: TrainSettings,
        parts: Parts,
        mels: MelTable,
        folder: Path,
        events: Events,
        tell: Tell,
        check: Callable[[], None],
        base: Bundle | None = None,
    ) -> None:
        self.scale = SCALE if base is None else replace(SCALE, sizes=sizes_of(base, SCALE.sizes))
        self.genres = parts.genres
        self.plan = guide_plan(parts.genres)
        self._folder, self._events, self._check = folder, events, check
        self._tracks = tracks = parts.known("train")
        aside = parts.known("validation") + parts.known("test")
        unjudged = _notes(parts.genres, {track.genre for track in aside})
        self.notes = list(unjudged)
        self._taught = taught = mels.of(tracks)
        step = max(1, len(taught) // _SCALING_CLIPS)
        # Of the base, so that what it learned keeps its place.
        scaling = base.manifest.scaling if base else fit_scaling(taught[::step], CROP_FRAMES)
        self.scaling = scaling
        self.music = GridMusic(
            tracks, taught, parts.genres, self.scaling, lambda done, n: tell("beats", done, n)
        )
        events.note(survey_sentence(self.music))
        if not self.music.steady_genres:
            self.notes.append(_NO_BEAT)
        everything = heard_by_tagger(
            [*tracks, *aside], lambda done, n: tell("tagger", done, n), check
        )
        heard = everything.of(slice(len(tracks))) if everything else None
        self.likeness = _likeness(base, heard, tracks, parts.genres)
        self._unheard_songs = _songs(everything, aside, len(tracks), parts.genres)
        guide = train_guide(
            self.music,
            self.scaling,
            heard.standardised() if heard else None,
            seed=settings.seed,
            steps=self.scale.guide_steps,
            file=folder / "guide.npz",
            tell=lambda done, total: tell("guide", done, total),
        )
        self.judge: Judge = train_judge(
            Schooling(aside, mels.of(aside), parts.genres, settings.seed, self.scale.judge_steps),
            folder / "judge.npz",
            lambda done, total: tell("judge", done, total),
        )
        crops = RealCrops(tracks, taught, parts.genres, self.scaling)
        self.reference = Reference(
            self.judge,
            self.scaling,
            crops,
            taught,
            range(len(parts.genres)),
            settings.seed,
            count=self.scale.windows,
            unheard=self._unheard(aside, mels) if not unjudged else None,
        )
        self.batch_size = settings.batch_size
        most = max(1, _CROPS_PER_CLIP * len(tracks) // settings.batch_size)
        self.steps_per_epoch = min(self.scale.steps_per_epoch, most)
        self.tagger = heard.tagger if heard and self.likeness else ""
        places = self.likeness.place(heard.embeddings) if heard and self.likeness else None
        self._sampler = GanSampler(
            self.music, len(parts.genres), settings.batch_size, (settings.seed, 0), places
        )
        self._seed = settings.seed
        self._asked = self._draw(_VALIDATION)
        keras.utils.set_random_seed(settings.seed)
        self.model = GanModel(
            len(parts.genres),
            frozen_features(guide.classifier.training),
            learning_rate=settings.learning_rate,
            steps=settings.epochs * self.steps_per_epoch,
            sizes=self.scale.sizes,
            n_likeness=N_LIKENESS_VALUES if self.likeness else 0,
        )
        if base is not None:
            start_from(self.model, base, parts.genres)
        self._epoch = 0

    def batch(self) -> tuple[GanBatch, None]:
        """Inputs of the next step."""
        return self._sampler.batch(), None

    def state(self) -> dict[str, Any]:
        """RNG state and the number of epochs shown, JSON-serialisable."""
        return {"random": self._sampler.state(), "epoch": self._epoch}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Inverse of :meth:`state`."""
        self._sampler.restore(state["random"])
        self._epoch = int(state["epoch"])

    def validate(self) -> Validation:
        """Measure what the averaged generator makes, and let it be seen and heard.

        ``loss`` is the Fréchet distance and ``accuracy`` the share of windows that the judge
        takes for what they were asked to be, so that the epoch with the least distance is kept.
        """
        self._epoch += 1
        found, named = self.reference.measure(self._make(self._asked).heard())
        self._show()
        return Validation(
            found.frechet,
            found.consistency,
            confusion_matrix(self.reference.labels, named, len(self.genres)),
            {"figures": found.to_dict(), **self.model.mean_losses()},
        )

    def make_for_test(self) -> Made:
        """Windows from noise that had no say in which epoch is the best."""
        return self._make(self._draw(_TEST))

    def _draw(self, purpose: int) -> Asked:
        rng = np.random.default_rng([self._seed, purpose])
        labels = self.reference.labels
        return ask(SHAPE, self.music.grid, self.genres, labels, rng, self.likeness)

    def _make(self, asked: Asked) -> Made:
        made = []
        for start in range(0, len(asked.tempos), _MADE_AT_ONCE):
            self._check()
            part = [values[start : start + _MADE_AT_ONCE] for values in asked.inputs]
            part[0] = filled(part[0], self.model.n_told)
            made.append(np.asarray(self.model.averaged.predict_on_batch(part)))
        return Made(np.concatenate(made), asked.tempos)

    def piece(self, genre: str, seconds: float, seed: int) -> FloatArray:
        """Scaled log-mel of one piece, shape ``(frames, 128)``."""
        self._check()
        frames = round(seconds * DEFAULT_CONFIG.frames_per_second)
        number = self.genres.index(genre)
        weights = np.eye(len(self.genres), dtype=np.float32)[number]
        place = self.likeness.draw(number, seed) if self.likeness else None
        plan = plan_piece(self.music.grid, genre, seconds, seed, place)
        return make_piece(self._run, SHAPE, self.music.grid, weights, plan, range(frames))

    def _run(self, told: FloatArray, noise: Mapping[str, FloatArray], count: int) -> FloatArray:
        inputs = [filled(told, self.model.n_told)[None], *(noise[name] for name in NOISES)]
        return np.asarray(self.model.averaged.predict_on_batch(inputs))[0, :count]

    def through_sound(self) -> dict[str, Any] | None:
        """Figures of its pieces as sound, by a tagger; ``None`` without one."""
        tagger = tagger_there()
        if tagger is None:
            return None
        labels = np.array([self.genres.index(t.genre) for t in self._tracks], dtype=np.int64)
        return judge_sound(
            pieces_of(self._run, SHAPE, self.music.grid, self.genres, self.likeness),
            self.scaling,
            self._taught,
            labels,
            self.genres,
            tagger,
            seed=self._seed,
            count=self.scale.sounds,
            check=self._check,
        )

    def closeness(self) -> dict[str, Any] | None:
        """Likeness of its pieces to songs of other artists; ``None`` if it is told of no songs."""
        tagger, likeness = tagger_there(), self.likeness
        if tagger is None or likeness is None or not self._unheard_songs:
            return None
        weights = np.eye(len(self.genres), dtype=np.float32)
        frames = range(frames_of_a_piece())

        def hear(genre: int, seed: int, place: FloatArray | None) -> FloatArray:
            self._check()
            told = likeness.draw(genre, seed) if place is None else place
            plan = plan_piece(self.music.grid, self.genres[genre], SECONDS, seed, told)
            made = make_piece(self._run, SHAPE, self.music.grid, weights[genre], plan, frames)
            embedding, _ = heard_piece(unscaled(made, self.scaling), tagger)
            return embedding.astype(np.float32)

        return closeness(likeness, self._unheard_songs, hear)

    def _unheard(self, aside: list[Track], mels: MelTable) -> RealCrops:
        return RealCrops(aside, mels.of(aside), self.genres, self.scaling)

    def _show(self) -> None:
        for number, genre in enumerate(self.genres):
            piece = self.piece(genre, self.scale.sample_s, number)
            stem = self._folder / "samples" / f"epoch-{self._epoch:05d}-{genre}"
            files = write_sample(stem, piece, unscaled(piece, self.scaling))
            self._events.emit(Sample(self._epoch, genre, **files))


def _likeness(
    base: Bundle | None,
    heard: HeardSongs | None,
    tracks: Sequence[Track],
    genres: tuple[str, ...],
) -> Likeness | None:
    """Directions of the songs, or those that the base knows them by."""
    if heard is None:
        return None
    known = read_likeness(base) if base is not None else None
    if known is not None and known.mean.size == heard.n_features and known.genres == len(genres):
        return known
    labels = np.array([genres.index(track.genre) for track in tracks], dtype=np.int64)
    return fit_likeness(heard.embeddings, labels, len(genres))


def _songs(
    heard: HeardSongs | None, aside: Sequence[Track], first: int, genres: tuple[str, ...]
) -> list[tuple[int, FloatArray]]:
    """Songs with embeddings that nothing is learned from."""
    if heard is None or not aside:
        return []
    labels = np.array([genres.index(track.genre) for track in aside], dtype=np.int64)
    return balanced_songs(heard.of(slice(first, None)).embeddings, labels, _LIKED_SONGS)


_NO_BEAT = (
    "no steady beat was found in the music, so it is learned as it runs, and no tempo, bars or "
    "form can be asked of the model"
)


def survey_sentence(music: GridMusic) -> str:
    """Minutes of each genre that have a steady beat, for people."""
    found = (
        f"{genre} {steady:.0f} of {whole:.0f} minutes"
        for genre, (steady, whole) in music.minutes.items()
    )
    return f"with a steady beat: {', '.join(found)}"


def _notes(genres: tuple[str, ...], judged: set[str]) -> list[str]:
    unjudged = [genre for genre in genres if genre not in judged]
    if not unjudged:
        return []
    return [
        f"there are too few artists of {', '.join(unjudged)} for the judge to know it: how often "
        "it is taken for what it was asked to be says nothing"
    ]
