"""Make FstMuse Wide: ``python -m fstmuse_core.training.starter.wide --help``.

It has no network: more genres than there is music here to teach them, read from the tagger's
tags, and a linear head for those of which there is some.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    TAGGER_HEAD_NAME,
    Bundle,
    find_bundle,
    write_bundle,
)
from fstmuse_core.bundle.manifest import TAGGER, BundleManifest
from fstmuse_core.bundle.tagger import Tagger
from fstmuse_core.datasets.groups import artist_folds, count_artists
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import counted, guessing, recorded_share
from fstmuse_core.training import metrics
from fstmuse_core.training.card import (
    TERMS,
    Card,
    by_count,
    confusion_table,
    licence_family,
    licences_of,
    names,
    table,
)
from fstmuse_core.training.export import library_versions
from fstmuse_core.training.measure import Answers, measure
from fstmuse_core.training.metrics import ClipScores, Ints
from fstmuse_core.training.plan import IGNORED, ModelPlan
from fstmuse_core.training.quick.packaging import tagged_manifest
from fstmuse_core.training.starter.card import elsewhere_section
from fstmuse_core.training.starter.evaluation import figures_elsewhere, rows_of, say, track_list
from fstmuse_core.training.starter.experts import (
    LeftOut,
    TaggedData,
    by_collection,
    fit_on,
    joined_alone,
    left_out_scores,
    limits_for,
)

WIDE = (
    *("Pop", "Jazz", "Rock", "Folk", "Hip-Hop", "Electronic", "Punk"),
    *("Classical", "Metal", "Blues", "Country", "Soul-RnB", "Funk", "Ambient"),
)
# Of the linear head and the tags. It knows nothing of the genres without music here, and takes
# their songs for others; no figure on this music could show that.
SHARES = (0.1, 0.9, 0.0)
# Artists that a genre needs to be taught; of fewer the tags alone tell it.
_LEAST_ARTISTS = 2
_FOLDS = 5


class WidePlan(ModelPlan):
    """The wide classifier's roles: nothing is taught as other music."""

    def role(self, track: Track) -> int:
        """Index of the track's genre, or ``IGNORED``."""
        role = super().role(track)
        return role if role < len(self.genres) else IGNORED


def _no_network(n_genres: int) -> Any:
    raise FstMuseError("FstMuse Wide", f"it has no network for {n_genres} genres")


PLAN = WidePlan("fst-muse-wide", "FstMuse Wide", WIDE, _no_network, 0.5)


@dataclass(frozen=True)
class WideFacts:
    """Facts that the card is written from.

    ``folds`` and ``elsewhere`` are figures as :func:`~..measure.measure` gives them, ``taught``
    songs and artists of each genre that the head learned.
    """

    folds: Mapping[str, Any]
    left_out: Sequence[LeftOut]
    elsewhere: Mapping[str, Any] | None
    taught: Mapping[str, tuple[int, int]]
    licences: Mapping[str, int]
    collections: Mapping[str, int]


def make_wide(tracks: Sequence[Track], tagger: Tagger, options: argparse.Namespace) -> Path:
    """Fit, judge on artists and collections left out, and write the bundle with its card."""
    roles = _taught_roles(tracks, PLAN.roles(tracks))
    data = TaggedData(tracks, roles, rows_of(tracks, tagger, options.work), tagger.tags)
    head = fit_on(data, PLAN, roles != IGNORED, SHARES)
    judged, left_out = left_out_scores(data, PLAN, SHARES)
    # Nothing is other music here, so nobody can say what is unlike all of it.
    thresholds = replace(limits_for(data, PLAN, judged, left_out), novelty=float("inf"))
    manifest = tagged_manifest(PLAN.name, WIDE, tagger.sha256, head)
    manifest = replace(manifest, title=PLAN.title, thresholds=thresholds)
    bundle = Bundle(Path(PLAN.name), manifest, "", b"", None, head.to_bytes())
    folds = _fold_scores(data)
    known = [t for t, role in zip(tracks, roles, strict=True) if role != IGNORED]
    facts = WideFacts(
        folds=_figures(data, folds, bundle),
        left_out=by_collection(data, PLAN, judged, left_out),
        elsewhere=figures_elsewhere(bundle, options.test) if options.test else None,
        taught={
            genre: (sum(t.genre == genre for t in known), _artists(known, genre))
            for genre in dict.fromkeys(t.genre for t in known)
        },
        licences=dict(Counter(t.licence or "not stated" for t in known)),
        collections=dict(Counter(t.collection or "not stated" for t in known)),
    )
    say(f"accuracy {facts.folds['accuracy']:.3f}, macro-F1 {facts.folds['macro_f1']:.3f}")
    files = {
        TAGGER_HEAD_NAME: head.to_bytes(),
        CARD_NAME: wide_card(facts).encode(),
        "TRACKS.csv": track_list(known, PLAN).encode(),
    }
    out = options.out or Path("models") / PLAN.name
    write_bundle(out, _with_record(manifest, facts), files)
    return Path(out)


def _artists(tracks: Sequence[Track], genre: str) -> int:
    return count_artists(track for track in tracks if track.genre == genre)


def _taught_roles(tracks: Sequence[Track], roles: Ints) -> Ints:
    """The roles without those of genres that too few artists play."""
    kept = roles.copy()
    for role in np.unique(roles[roles >= 0]):
        mine = [t for t, r in zip(tracks, roles, strict=True) if r == role]
        if count_artists(mine) < _LEAST_ARTISTS:
            kept[roles == role] = IGNORED
    return kept


def _fold_scores(data: TaggedData) -> ClipScores:
    """Scores of heads that have not learned from a clip's artist."""
    folds = artist_folds(data.tracks, _FOLDS)
    logits, novelty = np.zeros((len(folds), len(WIDE))), np.zeros(len(folds))
    for fold in np.unique(folds):
        taught = (data.roles != IGNORED) & (folds != fold)
        here = (folds == fold) & data.heard
        joined = joined_alone(fit_on(data, PLAN, taught, SHARES), data, here)
        logits[here], novelty[here] = joined.logits, joined.novelty
    return ClipScores(logits, novelty)


def _figures(data: TaggedData, scores: ClipScores, bundle: Bundle) -> dict[str, Any]:
    chances = metrics.probabilities(scores.logits, 1.0)
    limits = bundle.manifest.thresholds
    is_named = (scores.novelty <= limits.novelty) & (chances.max(axis=1) >= limits.confidence)
    where = np.flatnonzero(data.heard & (PLAN.roles(data.tracks) != IGNORED)).tolist()
    return measure(
        Answers(
            WIDE,
            tuple(data.tracks[i] for i in where),
            chances[where],
            tuple(WIDE[chances[i].argmax()] if is_named[i] else None for i in where),
            (),
        )
    )


def wide_card(facts: WideFacts) -> str:
    """The card as Markdown."""
    families: Counter[str] = Counter()
    for name, number in facts.licences.items():
        families[licence_family(name)] += number
    by_tags = [genre for genre in WIDE if genre not in facts.taught]
    tested = {g: n for g, n in facts.folds["songs"].items() if n}
    songs = sum(tested.values())
    said = recorded_share(facts.folds["accuracy"], songs, facts.folds["interval"]).said()
    rows = [
        [g, n, facts.folds["artists"][g], recorded_share(facts.folds["recall"][g], n).number]
        for g, n in tested.items()
    ]
    return Card(
        title="FstMuse Wide: starter weights",
        intro=[
            f"{names(WIDE)} Besides, it says styles, moods, eras, voices and instruments. It has "
            "no network of its own: all stands on a tagger that others trained on 200,000 songs "
            "(see models/tagger/CARD.md; musicnn by Jordi Pons, CC BY-NC-SA 4.0). "
            f"{SHARES[1]:.0%} of an answer are the tagger's own tags, {SHARES[0]:.0%} a linear "
            "head that was taught on its outputs here.",
            "One genre is its answer; several may be true, and the styles say which else: a song "
            "is Rock, and Hard Rock and Blues.",
            TERMS,
        ],
        limits=[
            f"**{', '.join(by_tags)}** rest on the tagger's tags alone: there was no music, or "
            "too little, to teach or to test them here.",
            "Styles, moods, eras, voices and instruments are what the tagger says more of a song "
            "than of most music. None of them was tested here.",
            "It cannot say that music is unlike all it knows; it says that it is not sure where no "
            "genre stands out.",
            "It has no map of what spoke for a genre, and the timeline goes by steps of three "
            "seconds of which some were listened to.",
            "With more genres to choose from it is wrong more often than FstMuse about the seven.",
        ],
        figures=[
            f"{_FOLDS}-fold cross-validation; no artist is ever on both sides. Of "
            f"{counted(songs, 'song')} {said}; {guessing(tested)}. Macro-F1 "
            f"{facts.folds['macro_f1']:.3f}.",
            table(["genre", "songs", "artists", "recall"], rows),
            confusion_table(WIDE, facts.folds["confusion"]),
        ],
        more={
            "Collections left out": [
                "Taught by the other collections alone; both thresholds come from these answers.",
                table(
                    ["collection", "songs", "accuracy", "mean recall of its genres"],
                    [
                        [r.collection, r.songs, f"{r.accuracy:.3f}", f"{r.recall:.3f}"]
                        for r in facts.left_out
                    ],
                ),
            ],
            "Another collection": elsewhere_section(facts.elsewhere),
        },
        data=[
            f"Songs by collection: {by_count(facts.collections)}.",
            f"Songs by genre: {by_count({g: n for g, (n, _) in facts.taught.items()})}.",
            licences_of(families),
        ],
        command="python -m fstmuse_core.training.starter.wide --music MUSIC --test OTHER_MUSIC",
        training=["Softmax regression on the tagger's outputs, artists alike within a genre."],
    ).markdown()


def _with_record(manifest: BundleManifest, facts: WideFacts) -> BundleManifest:
    return replace(
        manifest,
        training={
            "command": "python -m fstmuse_core.training.starter.wide --music MUSIC",
            "songs": {genre: songs for genre, (songs, _) in facts.taught.items()},
            "artists": {genre: artists for genre, (_, artists) in facts.taught.items()},
            "collections": dict(facts.collections),
            "licences": dict(facts.licences),
            "use": "non-commercial",
        },
        metrics={
            **facts.folds,
            "left_out": [vars(row) for row in facts.left_out],
            **({"elsewhere": facts.elsewhere} if facts.elsewhere else {}),
        },
        versions=library_versions(),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fstmuse_core.training.starter.wide", description="Make FstMuse Wide."
    )
    parser.add_argument("--music", required=True, type=Path, help="folder with a manifest.csv")
    parser.add_argument("--test", type=Path, help="the same of another collection, for the card")
    parser.add_argument("--work", type=Path, help="folder that keeps the tagger's outputs")
    parser.add_argument("--out", type=Path, help=f"the bundle's folder; models/{PLAN.name}")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 if the bundle was written, 1 if not."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = _parser().parse_args(arguments)
    try:
        tracks = read_manifest(options.music)
        folder = make_wide(tracks, Tagger(find_bundle(TAGGER)), options)
    except FstMuseError as error:
        print(error, file=sys.stderr)
        return 1
    say(f"written: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
