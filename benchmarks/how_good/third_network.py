"""Worth and cost of the tagger's third network, MSD_musicnn.

    python -m benchmarks.how_good.third_network --music MUSIC --work FOLDER [--test OTHER_MUSIC]

The classifiers' experts are taught on the tagger's first two networks, and on all three. What
counts is the mean recall of the genres in artist-disjoint folds and on each collection that was
left out; the other music is only looked at.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.audio.tagger_mel import N_MELS, PATCH_FRAMES
from fstmuse_core.bundle.tagger import (
    FIRST_PATCHES,
    SECOND_PATCHES,
    THIRD_PATCHES,
    Tagger,
    installed_tagger,
    tagger_of_two,
)
from fstmuse_core.datasets.groups import artist_folds
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.track import Track
from fstmuse_core.training import metrics
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

# Of the head and the tags, as shipped but for the network, which is the same for both taggers.
_SHARES = (0.1, 0.9, 0.0)
_SEEDS, _FOLDS = (0, 1, 2), 5
_RESAMPLES = 300

Rows = Mapping[str, FloatArray]


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


def compare(plan: ModelPlan, tracks: Sequence[Track], variants: Rows, tags: Sequence[str]) -> None:
    """Print the figures of each tagger, and how far they may differ by the choice of artists."""
    roles, n_genres = plan.roles(tracks), len(plan.genres)
    answers: dict[str, list[metrics.Ints]] = {}
    print(f"\n{plan.title}: mean recall (accuracy)")
    for name, rows in variants.items():
        data = TaggedData(tracks, roles, rows, tuple(tags))
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
    two, three = answers.values()
    low, high = _interval(tracks, roles, three, two, n_genres)
    print(f"  recall in folds, three against two: {low:+.3f} to {high:+.3f}")


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
    variants: Rows,
    elsewhere: Rows,
    tags: tuple[str, ...],
) -> None:
    """Print how many clips of another collection each tagger gets right."""
    roles = plan.roles(tracks)
    labels = plan.roles(other)
    for name, rows in variants.items():
        head = fit_on(TaggedData(tracks, roles, rows, tags), plan, roles != IGNORED, _SHARES)
        data = TaggedData(other, labels, elsewhere[name], tags)
        here = data.heard & (labels >= 0) & (labels < len(plan.genres))
        said = joined_alone(head, data, here).logits.argmax(axis=1)
        right = int(np.sum(said == labels[here]))
        print(f"  {name}: {right} of {int(here.sum())} of the other collection", flush=True)


def cost(tagger: Tagger) -> None:
    """Print the time that each network takes for its patches of a clip, in turn."""
    asked = {
        "MSD_vgg": (tagger.first, FIRST_PATCHES),
        "MTT_vgg": (tagger.second, SECOND_PATCHES),
        "MSD_musicnn": (tagger.third, THIRD_PATCHES),
    }
    drawn = np.random.default_rng(0).random((FIRST_PATCHES, PATCH_FRAMES, N_MELS))
    patches = drawn.astype(np.float32)
    best = dict.fromkeys(asked, np.inf)
    for _ in range(20):
        for name, (network, count) in asked.items():
            if network:
                begun = time.process_time()
                network.run(patches[:count])
                best[name] = min(best[name], time.process_time() - begun)
    print(", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in best.items()))


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--music", type=Path, required=True, help="folder with a manifest.csv")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is done")
    parser.add_argument("--test", type=Path, help="another collection, to be looked at once")
    options = parser.parse_args()
    taggers = {"two": Tagger(tagger_of_two()), "three": Tagger(installed_tagger())}
    tags = taggers["three"].tags
    cost(taggers["three"])

    def heard(tracks: Sequence[Track]) -> Rows:
        paths = [track.path for track in tracks]
        return {n: tagger_rows(paths, tagger, cache=options.work) for n, tagger in taggers.items()}

    tracks = read_manifest(options.music)
    variants = heard(tracks)
    plans = [PLANS["fst-muse"], PLANS["toy-model"], WIDE_PLAN]
    for plan in plans:
        compare(plan, tracks, variants, tags)
    if options.test:
        other = read_manifest(options.test)
        elsewhere = heard(other)
        for plan in plans:
            print(plan.title)
            look_elsewhere(plan, tracks, other, variants, elsewhere, tags)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
