"""Worth and cost of a third network of musicnn, MSD_musicnn, in the tagger.

    python -m benchmarks.how_good.third_network --wheel musicnn-0.1.0-py3-none-any.whl \\
        --music MUSIC --work FOLDER [--test OTHER_MUSIC]

It is built, checked and exported as the tagger's two are (``scripts/make_tagger.py``), with
weights of sixteen bits: eight break it. The classifiers' experts are then taught on three
taggers: the one that comes along, one with the third network beside it, and one with it instead
of MSD_vgg. What counts is the mean recall of the genres in artist-disjoint folds and on each
collection that was left out; the other music is only looked at.
"""

from __future__ import annotations

import argparse
import runpy
import tempfile
import time
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.audio.levels import HopLevels
from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.audio.tagger_mel import N_MELS, PATCH_FRAMES, tagger_patch
from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.bundle.manifest import TAGGER
from fstmuse_core.bundle.tagger import FIRST_PATCHES, Tagger, TaggerNetwork
from fstmuse_core.classify.tagger_session import audible_patches, spread
from fstmuse_core.datasets.groups import artist_folds
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.track import Track
from fstmuse_core.training import metrics
from fstmuse_core.training.mels import cached_array
from fstmuse_core.training.plan import IGNORED, PLANS, ModelPlan
from fstmuse_core.training.starter.experts import (
    TaggedData,
    by_collection,
    fit_on,
    joined_alone,
    left_out_scores,
)
from fstmuse_core.training.starter.wide import PLAN as WIDE_PLAN
from fstmuse_core.training.tagger_rows import tagger_rows

_NAME = "MSD_musicnn"
_OUTPUT = "model/dense_1/BiasAdd"
_FEATURES, _MSD_TAGS = 200, 50
# Of the head and the tags, as shipped but for the network, which is the same for all three.
_SHARES = (0.1, 0.9, 0.0)
_SEEDS, _FOLDS = (0, 1, 2), 5
_RESAMPLES = 300


def build_musicnn() -> Any:
    """Build the network; it gives logits of 50 tags and its last layer but one.

    Wide and high filters, a middle of three layers with residuals, mean and maximum over time.
    """
    import keras
    from keras import layers

    numbers = iter(range(11))

    def normalised(x: Any) -> Any:
        number = next(numbers)
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        return layers.BatchNormalization(epsilon=1e-3, name=name)(x)

    def block(x: Any, number: int, filters: int, size: tuple[int, int], padding: str) -> Any:
        name = f"conv2d_{number}" if number else "conv2d"
        conv = layers.Conv2D(filters, size, padding=padding, activation="relu", name=name)
        return normalised(conv(x))

    inputs = keras.Input((PATCH_FRAMES, N_MELS, 1))
    x = normalised(inputs)
    padded = layers.ZeroPadding2D(((3, 3), (0, 0)))(x)
    timbral = [(204, (7, 38)), (204, (7, 67))]
    temporal = [(51, (128, 1)), (51, (64, 1)), (51, (32, 1))]
    bands = [block(padded, i, n, size, "valid") for i, (n, size) in enumerate(timbral)]
    bands += [block(x, i, n, size, "same") for i, (n, size) in enumerate(temporal, 2)]
    pooled = [layers.MaxPooling2D((1, band.shape[2]))(band) for band in bands]
    front = layers.Permute((1, 3, 2))(layers.Concatenate(axis=3)(pooled))
    maps = [front]
    for number in (5, 6, 7):
        size = (7, maps[-1].shape[2])
        last = layers.ZeroPadding2D(((3, 3), (0, 0)))(maps[-1])
        found = layers.Permute((1, 3, 2))(block(last, number, 64, size, "valid"))
        maps.append(found if number == 5 else layers.Add()([found, maps[-1]]))
    joined = layers.Concatenate(axis=2)(maps)
    both = [keras.ops.max(joined, axis=1), keras.ops.mean(joined, axis=1)]
    flat = normalised(layers.Flatten()(layers.Concatenate(axis=2)(both)))
    embedding = normalised(layers.Dense(_FEATURES, activation="relu", name="dense")(flat))
    return keras.Model(inputs, [layers.Dense(_MSD_TAGS, name="dense_1")(embedding), embedding])


def checked_litert(wheel: Path) -> tuple[bytes, bytes]:
    """LiteRT files with weights of 16 and of 8 bits; raises SystemExit if the logits differ."""
    import tensorflow as tf

    script = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "make_tagger.py"))
    patches = np.abs(np.random.default_rng(0).normal(1.0, 1.0, (8, PATCH_FRAMES, N_MELS)))
    patches = patches.astype(np.float32)
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(wheel) as archive:
        checkpoint = str(Path(name) / _NAME)
        for ending in (".index", ".data-00000-of-00001", ".meta"):
            Path(checkpoint + ending).write_bytes(archive.read(f"musicnn/{_NAME}/{ending}"))
        network = build_musicnn()
        script["load_weights"](network, checkpoint)
        ours = np.asarray(network(patches[..., None], training=False)[0])
        error = float(np.abs(ours - script["own_logits"](checkpoint, patches, _OUTPUT)).max())
        print(f"{_NAME}: {network.count_params():,} parameters, logits within {error:.1e}")
        if not error < 1e-5 * max(1.0, float(np.abs(ours).max())):
            raise SystemExit(f"{_NAME}: logits differ by {error}")
        exported = str(Path(name) / "exported")
        network.export(exported, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(exported)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert()), script["litert_file"](network)


def third_rows(tracks: Sequence[Track], litert: bytes, work: Path, n_patches: int) -> FloatArray:
    """Embedding and tags of each clip, means over so many patches; NaN without any."""
    network = TaggerNetwork(litert, n_patches, 1)
    about = {"network": _NAME, "patches": n_patches}
    rows = [
        cached_array(t.path, work, about, partial(_row, t.path, network, n_patches)) for t in tracks
    ]
    return np.stack(rows)


def _row(path: Path, network: TaggerNetwork, n_patches: int) -> FloatArray:
    samples = load_audio(path, sample_rate=DEFAULT_CONFIG.sample_rate)
    levels = HopLevels(DEFAULT_CONFIG.hop_length)
    samples = samples[: 180 * DEFAULT_CONFIG.sample_rate]
    levels.push(samples)
    patches = spread(audible_patches(len(samples), levels.rms()), FIRST_PATCHES)
    if n_patches < FIRST_PATCHES:  # as the tagger's second network: not the edges
        patches = spread(patches[1:-1] if len(patches) > n_patches + 1 else patches, n_patches)
    if not patches.size:
        return np.full(_FEATURES + _MSD_TAGS, np.nan, dtype=np.float32)
    return network.run(np.stack([tagger_patch(samples, p) for p in patches])).mean().row()


def tagger_variants(two: FloatArray, third: FloatArray) -> dict[str, FloatArray]:
    """Rows of the three taggers, each with the tags in the shipped tagger's order."""
    features, tags, mtt = two[:, :-100], two[:, -100:-50], two[:, -50:]
    new_features, new_tags = third[:, :_FEATURES], third[:, _FEATURES:]
    both: list[FloatArray] = [features, new_features, np.float32(0.5) * (tags + new_tags), mtt]
    instead: list[FloatArray] = [features[:, 256:], new_features, new_tags, mtt]
    return {
        "as shipped: MSD_vgg, MTT_vgg": two,
        "all three": np.concatenate(both, axis=1),
        "MSD_musicnn, MTT_vgg": np.concatenate(instead, axis=1),
    }


def fold_answers(data: TaggedData, plan: ModelPlan, seed: int) -> metrics.Ints:
    """Likeliest genre of each clip by experts that have not learned from its artist."""
    folds = artist_folds(data.tracks, _FOLDS, seed=seed)
    said = np.full(len(folds), IGNORED, dtype=np.int64)
    for fold in range(_FOLDS):
        here = (folds == fold) & data.heard
        head = fit_on(data, plan, (folds != fold) & (data.roles != IGNORED), _SHARES)
        said[here] = joined_alone(head, data, here).logits.argmax(axis=1)
    return said


def recall_and_accuracy(
    roles: metrics.Ints, said: metrics.Ints, n_genres: int
) -> tuple[float, float]:
    """Mean recall of the genres, and share of the clips that are right."""
    known = (roles >= 0) & (roles < n_genres) & (said != IGNORED)
    confusion = metrics.confusion_matrix(roles[known], said[known], n_genres)
    right = float(np.mean(roles[known] == said[known]))
    return float(np.nanmean(metrics.recalls(confusion))), right


def compare(plan: ModelPlan, tracks: Sequence[Track], variants: dict[str, FloatArray]) -> None:
    """Print the figures of each tagger, and how far they may differ by the choice of artists."""
    tags = Tagger(find_bundle(TAGGER)).tags
    roles, n_genres = plan.roles(tracks), len(plan.genres)
    answers: dict[str, list[metrics.Ints]] = {}
    print(f"\n{plan.title}: mean recall (accuracy)")
    for name, rows in variants.items():
        data = TaggedData(tracks, roles, rows, tags)
        answers[name] = [fold_answers(data, plan, seed) for seed in _SEEDS]
        figures = [recall_and_accuracy(roles, said, n_genres) for said in answers[name]]
        recall, accuracy = np.mean(figures, axis=0)
        apart = by_collection(data, plan, *left_out_scores(data, plan, _SHARES))
        shown = [f"{row.collection} {row.recall:.3f} ({row.accuracy:.3f})" for row in apart]
        total = recall + sum(row.recall for row in apart)
        print(
            f"  {name}: folds {recall:.3f} ({accuracy:.3f}), left out "
            f"{', '.join(shown)}, sum {total:.3f}",
            flush=True,
        )
    shipped, *others = answers
    for name in others:
        low, high = _interval(tracks, roles, answers[name], answers[shipped], n_genres)
        print(f"  {name}, recall in folds against as shipped: {low:+.3f} to {high:+.3f}")


def _interval(
    tracks: Sequence[Track],
    roles: metrics.Ints,
    ones: list[metrics.Ints],
    others: list[metrics.Ints],
    n_genres: int,
) -> tuple[float, float]:
    """95 % interval of the difference in recall where other artists had been collected."""
    rng = np.random.default_rng(0)
    artists = np.array([track.artist for track in tracks], dtype=object)
    places = [np.flatnonzero(artists == artist) for artist in np.unique(artists)]
    found = []
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([places[i] for i in rng.integers(0, len(places), len(places))])
        one, other = (
            np.mean([recall_and_accuracy(roles[drawn], s[drawn], n_genres)[0] for s in said])
            for said in (ones, others)
        )
        found.append(one - other)
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def look_elsewhere(
    plan: ModelPlan,
    tracks: Sequence[Track],
    other: Sequence[Track],
    variants: dict[str, FloatArray],
    elsewhere: dict[str, FloatArray],
) -> None:
    """Print how many clips of another collection each tagger gets right."""
    tags = Tagger(find_bundle(TAGGER)).tags
    roles = plan.roles(tracks)
    labels = plan.roles(other)
    for name, rows in variants.items():
        head = fit_on(TaggedData(tracks, roles, rows, tags), plan, roles != IGNORED, _SHARES)
        data = TaggedData(other, labels, elsewhere[name], tags)
        here = data.heard & (labels >= 0) & (labels < len(plan.genres))
        said = joined_alone(head, data, here).logits.argmax(axis=1)
        right = int(np.sum(said == labels[here]))
        print(f"  {name}: {right} of {int(here.sum())} of the other collection", flush=True)


def cost(litert: bytes, n_patches: int) -> None:
    """Print the time of its patches, beside six of the tagger's first network, in turn."""
    networks = {
        "MSD_vgg": Tagger(find_bundle(TAGGER)).first,
        _NAME: TaggerNetwork(litert, n_patches, 1),
    }
    drawn = np.random.default_rng(0).random((FIRST_PATCHES, PATCH_FRAMES, N_MELS))
    patches = drawn.astype(np.float32)
    best = dict.fromkeys(networks, np.inf)
    for _ in range(20):
        for name, network in networks.items():
            begun = time.process_time()
            network.run(patches[: n_patches if name == _NAME else None])
            best[name] = min(best[name], time.process_time() - begun)
    print(", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in best.items()))


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--music", type=Path, required=True, help="folder with a manifest.csv")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is done")
    parser.add_argument(
        "--patches", type=int, default=FIRST_PATCHES, help="that it hears of a clip"
    )
    parser.add_argument("--test", type=Path, help="another collection, to be looked at once")
    options = parser.parse_args()
    litert, small = checked_litert(options.wheel)
    print(f"16 bits: {len(litert) / 1e6:.2f} MB, 8 bits: {len(small) / 1e6:.2f} MB")
    cost(litert, options.patches)
    tagger = Tagger(find_bundle(TAGGER))

    def heard(tracks: Sequence[Track]) -> dict[str, FloatArray]:
        two = tagger_rows([t.path for t in tracks], tagger, cache=options.work)
        return tagger_variants(two, third_rows(tracks, litert, options.work, options.patches))

    tracks = read_manifest(options.music)
    variants = heard(tracks)
    plans = [PLANS["fst-muse"], PLANS["toy-model"], WIDE_PLAN]
    for plan in plans:
        compare(plan, tracks, variants)
    if options.test:
        other = read_manifest(options.test)
        elsewhere = heard(other)
        for plan in plans:
            print(plan.title)
            look_elsewhere(plan, tracks, other, variants, elsewhere)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
