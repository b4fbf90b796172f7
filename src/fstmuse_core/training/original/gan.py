"""Training the report's ToyGan, to compare with."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    JUDGE_NAME,
    LITERT_NAME,
    load_bundle,
    user_models_folder,
    write_bundle,
)
from fstmuse_core.bundle.known_networks import reported_network
from fstmuse_core.bundle.manifest import GENERATOR, WHOLE_CLIP, BundleManifest, Thresholds
from fstmuse_core.datasets.groups import count_unknown
from fstmuse_core.datasets.overlap import TRACKS_FILE
from fstmuse_core.networks.toy_gan import CROP_FRAMES
from fstmuse_core.original.networks import (
    DISCRIMINATOR_RATE,
    GENERATOR_RATE,
    LABEL_NOISE,
    N_FRAMES,
    NOISE,
    build_original_discriminator,
    build_original_generator,
    generate_original,
)
from fstmuse_core.runs.events import Done, Sample
from fstmuse_core.runs.spec import GAN
from fstmuse_core.runs.store import REPORT_FILE, write_bytes, write_json
from fstmuse_core.training.checkpoint import assign
from fstmuse_core.training.control import Control
from fstmuse_core.training.epochs import Validation, train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.gan.card import original_generator_card
from fstmuse_core.training.gan.evaluate import WINDOWS_A_GENRE, evaluate_generator
from fstmuse_core.training.gan.judges import Schooling, guide_plan, judge_bytes, train_judge
from fstmuse_core.training.gan.model import TwoOptimizers
from fstmuse_core.training.gan.through_sound import PIECES_A_GENRE
from fstmuse_core.training.mels import fit_scaling
from fstmuse_core.training.original.classifiers import check_memory, clips_of, forget_features
from fstmuse_core.training.original.export import NOISE_SHAPE, generator_litert
from fstmuse_core.training.packaging import FinishedRun, done_event, make_report, with_record
from fstmuse_core.training.plots import write_sample
from fstmuse_core.training.preparation import MelTable
from fstmuse_core.training.record import track_list
from fstmuse_core.training.run import Run, name_at_end

Tell = Callable[[str, int, int], None]

_TRIED = 2
# What a picture shows as black and white: logarithms of the sigmoid's range.
_DARK, _SPREAD = 4.0, 2.0


class Clips(Protocol):
    """Features of clips, shape ``(n, frames, 128, 1)``."""

    def __len__(self) -> int: ...

    def take(self, places: Sequence[int]) -> FloatArray:
        """Features of the clips at these places."""


class OriginalGan:
    """The report's two networks; speaks like one compiled Keras model.

    Parameters
    ----------
    frames : int
        Of a clip; another than the report's for tests alone.
    """

    def __init__(self, frames: int = N_FRAMES) -> None:
        self.generator = build_original_generator(-(-frames // 4))
        self.discriminator = build_original_discriminator(frames)
        self._learn = _compiled(self.discriminator, DISCRIMINATOR_RATE)
        self.discriminator.trainable = False
        noise = keras.Input((NOISE,))
        joined = keras.Model(noise, self.discriminator(self.generator(noise)))
        self._deceive = _compiled(joined, GENERATOR_RATE)
        self.optimizer = TwoOptimizers(
            self._deceive.optimizer, self._learn.optimizer, self._variables_learned
        )

    @property
    def variables(self) -> list[Any]:
        """Variables of both networks."""
        return [*self.generator.variables, *self.discriminator.variables]

    @property
    def trainable_variables(self) -> list[Any]:
        """Each optimizer knows its own."""
        return []

    def _variables_learned(self) -> tuple[list[Any], list[Any]]:
        self.discriminator.trainable = True
        return self.generator.trainable_variables, self.discriminator.trainable_variables

    def reset_metrics(self) -> None:
        """Keras adds a batch's figures to those before unless told otherwise."""
        self._learn.reset_metrics()
        self._deceive.reset_metrics()

    def train_on_batch(self, inputs: list[FloatArray], labels: FloatArray) -> tuple[float, float]:
        """A step of each: the discriminator's loss, and how often it is right.

        ``inputs`` are clips and noise for as many; ``labels`` of the real ones, then the made.
        """
        real, noise = inputs
        made = np.asarray(self.generator.predict_on_batch(noise))
        self.discriminator.trainable = True
        loss, right = self._learn.train_on_batch(np.concatenate([real, made]), labels)
        self.discriminator.trainable = False
        self._deceive.train_on_batch(noise, np.zeros((len(noise), 1), np.float32))
        return float(loss), float(right)


class OriginalGanTrainer:
    """The report's ToyGan with its clips.

    Parameters
    ----------
    genres : int
        Of the music; the network knows none.
    clips : Clips
    folder : Path
        The run's; samples go there.
    """

    def __init__(
        self, genres: int, clips: Clips, batch_size: int, seed: int, folder: Path, events: Events
    ) -> None:
        keras.utils.set_random_seed(seed)
        self._n_genres, self._clips = genres, clips
        self._folder, self._events = folder, events
        self._rng = np.random.default_rng([seed, 0])
        self._epoch = 0
        self.batch_size = batch_size
        self.steps_per_epoch = max(1, len(clips) // batch_size)
        frames = clips.take([0]).shape[1]
        self.model = OriginalGan(frames)

    def batch(self) -> tuple[list[FloatArray], FloatArray]:
        """Clips, noise, and labels: 0 for real, 1 for made, up to 0.15 off."""
        rng, size = self._rng, self.batch_size
        drawn = rng.integers(len(self._clips), size=size)
        noise = rng.standard_normal((size, NOISE), dtype=np.float32)
        off = LABEL_NOISE * rng.random((size, 1), dtype=np.float32)
        labels = np.concatenate([off, 1.0 - LABEL_NOISE * rng.random((size, 1), dtype=np.float32)])
        return [self._clips.take(drawn.tolist()), noise], labels

    def validate(self) -> Validation:
        """Show a clip. ``loss`` is such that the last epoch counts as the best, as in the report.

        ``accuracy`` is how far the discriminator takes made clips for real.
        """
        self._epoch += 1
        noise = np.random.default_rng(0).standard_normal((_TRIED, NOISE), dtype=np.float32)
        made = [np.asarray(self.model.generator.predict_on_batch(row[None])) for row in noise]
        taken = [np.asarray(self.model.discriminator.predict_on_batch(m)).item() for m in made]
        clip = generate_original(self.model.generator, 0)
        stem = self._folder / "samples" / f"epoch-{self._epoch:05d}"
        scaled = (np.log(clip + 1e-4) + _DARK) / _SPREAD
        files = write_sample(stem, scaled, clip)
        self._events.emit(Sample(self._epoch, "", **files))
        empty = np.zeros((self._n_genres, self._n_genres), np.int64)
        return Validation(1.0 / self._epoch, 1.0 - float(np.mean(taken)), empty)

    def state(self) -> dict[str, Any]:
        """RNG state and the number of epochs shown, JSON-serialisable."""
        return {"random": dict(self._rng.bit_generator.state), "epoch": self._epoch}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Inverse of :meth:`state`."""
        self._rng.bit_generator.state = dict(state["random"])
        self._epoch = int(state["epoch"])


def _compiled(model: Any, learning_rate: float) -> Any:
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="binary_crossentropy",
        metrics=[keras.metrics.MeanMetricWrapper(_right, name="accuracy")],
        jit_compile=False,
    )
    return model


def _right(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.cast((y_true > 0.5) == (y_pred > 0.5), "float32")


# Weights, gradients and moments of both networks; the outputs of the layers for a clip, of which
# the discriminator's last are 36.6 million values. Measured: 6.2 GiB with batches of one.
_WEIGHTS_BYTES = 7 * 2**29
_CLIP_BYTES = 3 * 2**30


# What it cannot do, for its card and for whoever trains it.
LACKS = (
    "it is of the report's design, to compare with: it knows no genre, so what it makes is the "
    "same whatever genre is asked for",
    "it knows no beat, so no tempo, bars or form can be asked of it",
    "what it makes lies between 0 and 1, and the magnitudes of the music it learns from do not: "
    "its discriminator can tell them apart without regard to the music",
    "its losses do not say how it sounds, so the last epoch is kept, not the best",
    "it makes 30 s at once; a longer clip is several, one after the other",
    "its weights are kept with eight bits, being too large otherwise, and it cannot be exported",
)
_JUDGE_STEPS = 400
# As many of each genre as of ours: by few clips it seemed as near to music through sound as ToyGan.
_WINDOWS, _PIECES = WINDOWS_A_GENRE, PIECES_A_GENRE


def train_original_gan(
    run: Run, mels: MelTable, events: Events, control: Control, begun: float
) -> Done:
    """Train, show, measure and write the bundle; return the last event.

    What it made after each epoch is in the run's folder, under ``samples``.
    """
    settings = run.settings
    check_memory(_WEIGHTS_BYTES + settings.batch_size * _CLIP_BYTES, events)
    run, clips = clips_of(run, events, control)
    events.preparing("building", 0, 1)
    trainer = OriginalGanTrainer(
        len(run.parts.genres),
        clips["train"],
        settings.batch_size,
        settings.seed,
        run.folder,
        events,
    )
    progress = train_epochs(run, trainer, events, control)
    control.check()
    assign(trainer.model.variables, progress.best)
    for sentence in LACKS:
        events.warn(sentence)
    finished = FinishedRun(
        run.folder,
        name_at_end(settings, run.folder.name, events.warn),
        guide_plan(run.parts.genres),
        run.parts,
        progress,
        (*run.warnings, *LACKS),
        progress.earlier_s + time.monotonic() - begun,
    )

    def tell(stage: str, done: int, total: int) -> None:
        control.check()
        events.preparing(stage, done, total)

    return package_original_gan(finished, trainer.model.generator, mels, tell)


def package_original_gan(run: FinishedRun, generator: Any, mels: MelTable, tell: Tell) -> Done:
    """Export and measure the generator, write everything, and return the last event.

    Parameters
    ----------
    run : FinishedRun
    generator : keras.Model
        With the weights that are kept.
    mels : MelTable
    tell : callable
        Told a stage, how much is done, of how much; may raise to give up.
    """
    tell("exporting", 0, 1)
    files = {LITERT_NAME: generator_litert(generator)}
    taught = run.parts.known("train")
    aside = [*run.parts.known("validation"), *run.parts.known("test")]
    judge = train_judge(
        Schooling(aside, mels.of(aside), run.parts.genres, run.settings.seed, _JUDGE_STEPS),
        run.folder / JUDGE_NAME,
        lambda done, total: tell("judge", done, total),
    )
    files[JUDGE_NAME] = judge_bytes(judge.classifier, judge.scaling)
    scaling = fit_scaling(mels.of(taught), CROP_FRAMES)
    manifest = _manifest(run, generator, scaling)
    with tempfile.TemporaryDirectory() as folder:
        measured = Path(folder) / manifest.name
        write_bundle(measured, manifest, {**files, CARD_NAME: b""})
        tell("testing", 0, 1)
        metrics = evaluate_generator(
            load_bundle(measured),
            taught,
            lambda done, total: tell("testing", done, total),
            count=_WINDOWS,
            sounds=_PIECES,
        )
    metrics = {key: value for key, value in metrics.items() if key not in ("set_aside", "note")}
    metrics["of_unknown_artists"] = count_unknown(aside)
    report = make_report(run, metrics)
    card = original_generator_card(report, generator.count_params()).encode()
    write_bytes(run.folder / CARD_NAME, card)
    files |= {
        CARD_NAME: card,
        TRACKS_FILE: track_list(run.parts, prints=mels.prints).encode(),
    }
    bundle = user_models_folder() / run.settings.out
    whole = with_record(manifest, report, manifest.architecture)
    sha256 = write_bundle(bundle, whole, files)
    write_json(run.folder / REPORT_FILE, {**report, "model_sha256": sha256})
    if not report["resumable"]:
        forget_features(run.folder)
    return done_event(run, report, [], str(bundle), sha256)


def _manifest(run: FinishedRun, generator: Any, scaling: FeatureScaling) -> BundleManifest:
    frames = generator.output_shape[1]
    return BundleManifest(
        name=run.settings.out,
        title=run.settings.title or run.settings.out,
        kind=GENERATOR,
        genres=run.parts.genres,
        spectrogram=DEFAULT_CONFIG,
        scaling=scaling,
        segment_frames=frames,
        segment_hop_frames=frames,
        temperature=1.0,
        thresholds=Thresholds(novelty=0.0, confidence=0.0),
        architecture={
            "network": reported_network(GAN),
            "parameters": generator.count_params(),
            "quantised": True,
            **NOISE_SHAPE.to_dict(),
        },
        input=WHOLE_CLIP,
    )
