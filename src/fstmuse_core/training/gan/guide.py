"""The guide of a generator's training: a small network on our mel that a tagger has taught.

The discriminator sees its features. A network that knows music in general makes a better
discriminator than one that knows a few genres of a few songs: J.-W. Yeh et al., "Exploiting
pre-trained feature networks for generative adversarial networks in audio-domain loop generation",
ISMIR 2022. The tagger itself has another mel, so a network on ours learns to say what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.blocks import SEGMENT_FRAMES
from fstmuse_core.networks.toy_gan import CROP_FRAMES
from fstmuse_core.runs.store import write_bytes
from fstmuse_core.training.fit import train_steps, warm_cosine
from fstmuse_core.training.gan.crops import draw_disguise
from fstmuse_core.training.gan.grid_music import GridMusic
from fstmuse_core.training.gan.judges import Judge, guide_plan, judge_bytes, read_judge

_BATCH = 32
_RATE = 2e-3
_WARM_UP = 0.1
_SMOOTHING = 0.1
# Weight of what the tagger says beside the genre.
_TAUGHT = 2.0
_REPORT_EVERY = 25

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class HeardSongs:
    """Outputs of a tagger for some songs.

    Attributes
    ----------
    tagger : str
        Its hash.
    rows : ndarray of float32, shape ``(n, n_features + n_tags)``
        Embedding and tags of each; NaN where there are none.
    n_features : int
        Length of an embedding.
    """

    tagger: str
    rows: FloatArray
    n_features: int

    @property
    def embeddings(self) -> FloatArray:
        """Embeddings, shape ``(n, n_features)``."""
        return self.rows[:, : self.n_features]

    def standardised(self) -> FloatArray:
        """Rows of mean zero and variance one."""
        table = self.rows - np.nanmean(self.rows, axis=0)
        return np.asarray(table / np.maximum(np.nanstd(table, axis=0), 1e-3), dtype=np.float32)

    def of(self, part: slice) -> HeardSongs:
        """The same of some of the songs."""
        return replace(self, rows=self.rows[part])


def heard_by_tagger(
    tracks: Sequence[Track], tell: Tell, check: Callable[[], None]
) -> HeardSongs | None:
    """Outputs of the installed tagger for each track; ``None`` if there is no tagger."""
    from fstmuse_core.bundle.tagger import tagger_of_two
    from fstmuse_core.system.errors import BundleError
    from fstmuse_core.training.quick.rows import read_rows

    try:
        bundle = tagger_of_two()
    except BundleError:
        return None
    paths = [track.path for track in tracks]

    def told(done: int, total: int) -> None:
        check()
        tell(done, total)

    rows = read_rows(paths, bundle.sha256, told, named=paths).by_path
    if not rows:
        return None
    empty = np.full_like(next(iter(rows.values())), np.nan)
    table = np.stack([rows.get(path, empty) for path in paths])
    return HeardSongs(bundle.sha256, table, table.shape[1] - len(bundle.manifest.genres))


def train_guide(
    music: GridMusic,
    scaling: FeatureScaling,
    taught: FloatArray | None,
    *,
    seed: int,
    steps: int,
    file: Path,
    tell: Tell,
) -> Judge:
    """Train the guide, or take it from ``file`` if it was trained before.

    Parameters
    ----------
    music : GridMusic
    scaling : FeatureScaling
        Of the music's crops.
    taught : ndarray, shape ``(songs, d)``, optional
        Outputs of the tagger for each song of the music, see :func:`heard_by_tagger`; without
        them it learns the genres alone.
    seed, steps : int
    file : Path
    tell : callable
        Told steps done, of how many.
    """
    plan = guide_plan(music.genres)
    if file.is_file():
        return read_judge(plan, file)
    keras.utils.set_random_seed(seed + 101)
    classifier = plan.build(len(music.genres))
    model = _pupil(classifier.training, 0 if taught is None else taught.shape[1], steps)
    rng = np.random.default_rng([seed, 101])

    def batch() -> tuple[FloatArray, FloatArray]:
        return _batch(music, taught, rng)

    for step, _ in enumerate(train_steps(model, batch, steps), 1):
        if step % _REPORT_EVERY == 0 or step == steps:
            tell(step, steps)
    write_bytes(file, judge_bytes(classifier, scaling))
    return Judge(classifier, scaling)


def _pupil(classifier: Any, n_taught: int, steps: int) -> Any:
    """The classifier with a second output; both are one vector, as Keras is given one target."""
    outputs = [classifier.output]
    if n_taught:
        pooled = layers.GlobalAveragePooling2D()(classifier.get_layer("dropout").output)
        outputs.append(layers.Dense(n_taught, name="taught")(pooled))
    n_logits = classifier.output.shape[-1]
    joined = layers.Concatenate()(outputs) if n_taught else outputs[0]
    model = keras.Model(classifier.input, joined, name="pupil")

    def loss(target: Any, found: Any) -> Any:
        genre = keras.losses.categorical_crossentropy(
            target[:, :n_logits], found[:, :n_logits], from_logits=True, label_smoothing=_SMOOTHING
        )
        if not n_taught:
            return genre
        # The last column of the target says for which songs there is an answer of the tagger.
        wrong = keras.ops.mean(
            keras.ops.square(target[:, n_logits:-1] - found[:, n_logits:]), axis=1
        )
        return genre + _TAUGHT * target[:, -1] * wrong

    def accuracy(target: Any, found: Any) -> Any:
        return keras.metrics.categorical_accuracy(target[:, :n_logits], found[:, :n_logits])

    model.compile(
        optimizer=keras.optimizers.AdamW(
            warm_cosine(_RATE, steps, _WARM_UP), weight_decay=0.01, clipnorm=1.0
        ),
        loss=loss,
        metrics=[keras.metrics.MeanMetricWrapper(accuracy, name="accuracy")],
        jit_compile="auto" if keras.backend.backend() == "jax" else False,
    )
    # Made in the first step, variables, a metric's too, would have TensorFlow trace it twice.
    model.optimizer.build(model.trainable_variables)
    return model


def _batch(
    music: GridMusic, taught: FloatArray | None, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    n_genres = len(music.genres)
    labels = rng.integers(n_genres, size=_BATCH)
    drawn = music.draw(labels, rng)
    disguise = draw_disguise(_BATCH, rng)
    mels = (drawn.mels + disguise.colour[:, None, :]) * disguise.bands[:, None, :]
    start = int(rng.integers(CROP_FRAMES - SEGMENT_FRAMES + 1))
    segments = mels[:, start : start + SEGMENT_FRAMES, :, None].astype(np.float32)
    genre = np.eye(n_genres + 1, dtype=np.float32)[labels]
    if taught is None:
        return segments, genre
    rows = taught[drawn.songs]
    known = np.isfinite(rows).all(axis=1, keepdims=True)
    target = np.concatenate([genre, np.where(known, rows, 0.0), known], axis=1)
    return segments, target.astype(np.float32)
