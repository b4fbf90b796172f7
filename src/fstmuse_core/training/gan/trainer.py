"""Training of ToyGan: built, fed with crops and noise, measured, shown, and written as a bundle."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.bundle import CARD_NAME, JUDGE_NAME, user_models_folder, write_bundle
from fstmuse_core.bundle.manifest import GENERATOR, BundleManifest, Thresholds
from fstmuse_core.bundle.noise import draw_noise
from fstmuse_core.datasets.groups import count_unknown
from fstmuse_core.datasets.track import PARTS, Track
from fstmuse_core.networks.toy_gan import CROP_FRAMES, SHAPE
from fstmuse_core.networks.toy_gan_critic import frozen_features
from fstmuse_core.runs.events import Done, Sample
from fstmuse_core.runs.store import REPORT_FILE, write_bytes, write_json
from fstmuse_core.training.checkpoint import assign
from fstmuse_core.training.control import Control
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.epochs import TrainingState, Validation, train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.gan.card import generator_card
from fstmuse_core.training.gan.crops import GanSampler, RealCrops, draw_noises
from fstmuse_core.training.gan.evaluate import WINDOWS_A_GENRE, Reference
from fstmuse_core.training.gan.export import generator_files
from fstmuse_core.training.gan.judges import (
    Judge,
    Schooling,
    guide_plan,
    judge_bytes,
    train_guide,
    train_judge,
    unscaled,
)
from fstmuse_core.training.gan.model import GanBatch, GanModel, GanSizes
from fstmuse_core.training.mels import fit_scaling
from fstmuse_core.training.metrics import confusion_matrix
from fstmuse_core.training.packaging import FinishedRun, done_event, make_report
from fstmuse_core.training.plots import curves_png, mel_png, write_sample
from fstmuse_core.training.preparation import MelTable
from fstmuse_core.training.record import track_list
from fstmuse_core.training.run import Run, name_at_end
from fstmuse_core.training.settings import TrainSettings

# Of a small collection an epoch has fewer steps: so many crops of each clip.
_CROPS_PER_CLIP = 64
_SCALING_CLIPS = 1_000
_MADE_AT_ONCE = 16
# What noise is drawn for: an epoch is chosen by other pieces than it is measured by.
_VALIDATION, _TEST = 404, 405


@dataclass(frozen=True)
class GanScale:
    """Amounts of work and sizes.

    Attributes
    ----------
    steps_per_epoch : int
        At most.
    judge_steps : int
        Of the training of guide and judge.
    windows : int
        Of each genre, to be measured.
    sample_s : float
        Length of the pieces that are shown.
    sizes : GanSizes
        Of the networks.
    """

    steps_per_epoch: int = 500
    judge_steps: int = 400
    windows: int = WINDOWS_A_GENRE
    sample_s: float = 10.0
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
    ) -> None:
        self.scale = SCALE
        self.genres = parts.genres
        self.plan = guide_plan(parts.genres)
        self._folder, self._events, self._check = folder, events, check
        tracks, aside = parts.known("train"), parts.known("validation") + parts.known("test")
        self.notes = _notes(parts.genres, {track.genre for track in aside})
        taught = mels.of(tracks)
        step = max(1, len(taught) // _SCALING_CLIPS)
        self.scaling = fit_scaling(taught[::step], CROP_FRAMES)
        guide = train_guide(
            Schooling(tracks, taught, parts.genres, settings.seed, self.scale.judge_steps),
            folder / "guide.npz",
            lambda done, total: tell("guide", done, total),
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
            unheard=self._unheard(aside, mels) if not self.notes else None,
        )
        self.batch_size = settings.batch_size
        most = max(1, _CROPS_PER_CLIP * len(tracks) // settings.batch_size)
        self.steps_per_epoch = min(self.scale.steps_per_epoch, most)
        self._sampler = GanSampler(
            crops, len(parts.genres), settings.batch_size, (settings.seed, 0)
        )
        self._seed = settings.seed
        self._noise = self._draw(_VALIDATION)
        keras.utils.set_random_seed(settings.seed)
        self.model = GanModel(
            len(parts.genres),
            frozen_features(guide.classifier.training),
            learning_rate=settings.learning_rate,
            steps=settings.epochs * self.steps_per_epoch,
            sizes=self.scale.sizes,
        )
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
        found, named = self.reference.measure(self._make(self._noise))
        self._show()
        return Validation(
            found.frechet,
            found.consistency,
            confusion_matrix(self.reference.labels, named, len(self.genres)),
            {"figures": found.to_dict(), **self.model.mean_losses()},
        )

    def make_for_test(self) -> FloatArray:
        """Windows from noise that had no say in which epoch is the best; scaled log-mel."""
        return self._make(self._draw(_TEST))

    def _draw(self, purpose: int) -> list[FloatArray]:
        rng = np.random.default_rng([self._seed, purpose])
        return draw_noises(SHAPE, self.reference.labels.size, rng)

    def _make(self, noise: list[FloatArray]) -> FloatArray:
        labels = self.reference.labels
        genres = np.eye(len(self.genres), dtype=np.float32)[labels]
        inputs = [genres, *noise]
        made = []
        for start in range(0, len(labels), _MADE_AT_ONCE):
            self._check()
            part = [values[start : start + _MADE_AT_ONCE] for values in inputs]
            made.append(np.asarray(self.model.averaged.predict_on_batch(part)))
        return np.concatenate(made)

    def piece(self, genre: str, seconds: float, seed: int) -> FloatArray:
        """Scaled log-mel of one piece, shape ``(frames, 128)``."""
        self._check()
        frames = round(seconds * DEFAULT_CONFIG.frames_per_second)
        noise = draw_noise(SHAPE, SHAPE.steps(frames), seed)
        weights = np.eye(len(self.genres), dtype=np.float32)[[self.genres.index(genre)]]
        inputs = [weights, noise["global_noise"], noise["local_noise"], noise["beat_noise"]]
        return np.asarray(self.model.averaged.predict_on_batch(inputs))[0, :frames]

    def _unheard(self, aside: list[Track], mels: MelTable) -> RealCrops:
        return RealCrops(aside, mels.of(aside), self.genres, self.scaling)

    def _show(self) -> None:
        for number, genre in enumerate(self.genres):
            piece = self.piece(genre, self.scale.sample_s, number)
            stem = self._folder / "samples" / f"epoch-{self._epoch:05d}-{genre}"
            files = write_sample(stem, piece, unscaled(piece, self.scaling))
            self._events.emit(Sample(self._epoch, genre, **files))


def _notes(genres: tuple[str, ...], judged: set[str]) -> list[str]:
    unjudged = [genre for genre in genres if genre not in judged]
    if not unjudged:
        return []
    return [
        f"there are too few artists of {', '.join(unjudged)} for the judge to know it: how often "
        "it is taken for what it was asked to be says nothing"
    ]


_SHOWN_S = 20.0


def package_generator(
    run: Run,
    trainer: GanTrainer,
    progress: TrainingState,
    seconds: float,
    warn: Callable[[str], None],
) -> Done:
    """Measure the best generator, write everything, and give the values of ``done``."""
    assign(trainer.model.variables, progress.best)
    files = generator_files(trainer.model.averaged, trainer.scale.sizes)
    metrics = trainer.reference.compare(trainer.make_for_test(), trainer.genres)
    aside = [*run.parts.known("validation"), *run.parts.known("test")]
    metrics["of_unknown_artists"] = count_unknown(aside)
    # As late as can be: measuring takes minutes.
    run = replace(run, settings=name_at_end(run.settings, run.folder.name, warn))
    finished = FinishedRun(
        run.folder, run.settings, trainer.plan, run.parts, progress, run.warnings, seconds
    )
    report = make_report(finished, metrics)
    figures = _write_figures(finished, trainer)
    parameters = trainer.model.generator.count_params()
    card = generator_card(report, parameters, trainer.steps_per_epoch).encode()
    files |= {
        CARD_NAME: card,
        "TRACKS.csv": track_list(_of_genres(run.parts)).encode(),
        JUDGE_NAME: judge_bytes(trainer.judge.classifier, trainer.judge.scaling),
    }
    write_bytes(run.folder / CARD_NAME, card)
    bundle = user_models_folder() / run.settings.out
    sha256 = write_bundle(bundle, _manifest(run.settings.out, trainer, report), files)
    write_json(run.folder / REPORT_FILE, {**report, "model_sha256": sha256})
    return done_event(finished, report, figures, str(bundle), sha256)


def _of_genres(parts: Parts) -> Parts:
    """Parts without the music of other genres, which nothing was done with."""
    train, validation, test = (tuple(parts.known(part)) for part in PARTS)
    return replace(parts, train=train, validation=validation, test=test)


def _write_figures(run: FinishedRun, trainer: GanTrainer) -> list[str]:
    folder = run.folder / "figures"
    folder.mkdir(exist_ok=True)
    pictures = {"curves.png": curves_png(run.progress.history)}
    for genre in trainer.genres:
        pictures[f"{genre}.png"] = mel_png(trainer.piece(genre, _SHOWN_S, 0))
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    return [str(folder / name) for name in pictures]


def _manifest(name: str, trainer: GanTrainer, report: Mapping[str, Any]) -> BundleManifest:
    return BundleManifest(
        name=name,
        title="ToyGan" if name == "toy-gan" else name,
        kind=GENERATOR,
        genres=trainer.genres,
        spectrogram=DEFAULT_CONFIG,
        scaling=trainer.scaling,
        segment_frames=CROP_FRAMES,
        segment_hop_frames=CROP_FRAMES,
        temperature=1.0,
        thresholds=Thresholds(novelty=0.0, confidence=0.0),
        architecture={
            "network": "fstmuse_core.networks.toy_gan",
            "parameters": trainer.model.generator.count_params(),
            "width": trainer.scale.sizes.width,
            "plane": trainer.scale.sizes.plane,
            **SHAPE.to_dict(),
        },
        training={key: report[key] for key in ("run", "command", "clips", "artists", "best_epoch")},
        metrics=report["metrics"],
        versions=report["versions"],
    )


def train_gan(run: Run, mels: MelTable, events: Events, control: Control, begun: float) -> Done:
    """Train, measure and write the bundle; return the last event.

    Parameters
    ----------
    begun : float
        Time at which the command began, on the monotonic clock.
    """

    def tell(stage: str, done: int, total: int) -> None:
        control.check_start()
        events.preparing(stage, done, total)

    trainer = GanTrainer(run.settings, run.parts, mels, run.folder, events, tell, control.check)
    events.preparing("building", 0, 1)
    progress = train_epochs(run, trainer, events, control)
    control.check()
    events.preparing("testing", 0, 1)
    warnings = (*run.warnings, *trainer.notes)
    seconds = time.monotonic() - begun
    return package_generator(
        replace(run, warnings=warnings), trainer, progress, seconds, events.warn
    )
