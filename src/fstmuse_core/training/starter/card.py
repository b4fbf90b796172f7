"""The card of a starter model, from its cross-validation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fstmuse_core.system.wording import counted, guessing, percent, recorded_share
from fstmuse_core.training.card import (
    TERMS,
    Card,
    by_count,
    confusion_table,
    licence_family,
    licences_of,
    names,
    songs_and_artists,
    table,
)
from fstmuse_core.training.metrics import KNOWN_KEPT
from fstmuse_core.training.plan import Hyperparameters, ModelPlan
from fstmuse_core.training.starter.evaluation import Disputed, Evaluation, Rejection
from fstmuse_core.training.starter.experts import Experts

_THIN_ARTISTS = 10
_BAD_RECALL = 0.3
_HALF = 0.5


@dataclass(frozen=True)
class CardFacts:
    """Facts that a card is written from.

    ``outside_taught`` counts clips of other music by genre, ``licences`` all clips used by
    licence, ``collections`` by collection. ``elsewhere`` is what :func:`~..measure.measure` says
    of a collection that nothing was learned from or chosen by. ``litert_bytes`` is a size in
    bytes.
    """

    plan: ModelPlan
    hyperparameters: Hyperparameters
    folds: int
    command: str
    evaluation: Evaluation
    experts: Experts
    outside_taught: dict[str, int]
    licences: dict[str, int]
    collections: dict[str, int]
    elsewhere: Mapping[str, Any] | None
    parameters: int
    litert_bytes: int


def starter_card(facts: CardFacts) -> str:
    """The card of a starter model as Markdown."""
    plan, hyperparameters = facts.plan, facts.hyperparameters
    families: Counter[str] = Counter()
    for name, number in facts.licences.items():
        families[licence_family(name)] += number
    return Card(
        title=f"{plan.title}: starter weights",
        intro=[
            f"{names(plan.genres)} A convolutional network of {facts.parameters:,} parameters "
            f"({facts.litert_bytes / 1e6:.1f} MB) that hears 3 seconds at a time; a clip's answer "
            "is the mean over overlapping segments. Beside it a linear head weighs statistics of "
            "rhythm, timbre and loudness over 12 seconds; what the two say is added.",
            "Two experts more stand on a tagger that others trained on 200,000 songs (see "
            "models/tagger/CARD.md; musicnn by Jordi Pons, CC BY-NC-SA 4.0): one reads its tags, "
            "one was taught on its embeddings. Chances are mixed: "
            f"{_shares(facts.experts)}.",
            TERMS,
        ],
        limits=_limits(facts.evaluation),
        figures=_figures(facts),
        more={
            "Collections left out": _left_out(facts.experts),
            "Another collection": elsewhere_section(facts.elsewhere),
            "Music of other genres": _novelty(facts),
        },
        data=[
            f"Clips by collection: {by_count(facts.collections)}.",
            f'Other music, for "none of these": {by_count(facts.outside_taught) or "none"}.',
            licences_of(families),
        ],
        command=facts.command,
        training=[
            f"{hyperparameters.steps} steps of {hyperparameters.batch} crops, AdamW, "
            "warm-up and cosine schedule, mixup, masking, random tempo, pitch and equaliser; "
            "genres and artists balanced in the draw. The weights come from a last run on all "
            "the music."
        ],
    ).markdown()


def _shares(experts: Experts) -> str:
    trained, tags, network = (f"{float(share):.0%}" for share in experts.head.shares)
    return f"{tags} tags, {trained} embeddings, {network} network and patterns"


def _limits(result: Evaluation) -> list[str]:
    thin = [g for g in result.genres if g.artists < _THIN_ARTISTS]
    missed = [g.genre for g in result.genres if g.recall is not None and g.recall < _BAD_RECALL]
    limits = []
    if thin:
        named = ", ".join(songs_and_artists(g.genre, g.songs, g.artists) for g in thin)
        limits.append(
            f"**{named}**: far too little music to learn a genre from. Such an answer is "
            "a guess, and so is its recall below: one song more or less moves it by a lot."
        )
    if missed:
        limits.append(
            f"**{', '.join(missed)}** in new music goes mostly unrecognised: fewer than "
            f"{_BAD_RECALL:.0%} of the test songs were found."
        )
    unnoticed = [r.genre for r in result.outside if r.rejected < _HALF]
    if unnoticed:
        limits.append(
            f"Of **{', '.join(unnoticed)}**, none of them its genres, fewer than half of the "
            "songs were noticed as other music. The rest would get one of its genres' names."
        )
    limits.append(
        "The thin genres come from other recordings than the thick ones, so part of what sets "
        "them apart here may be the recording and not the music."
    )
    if result.disputed:
        limits.append(_disputed(result, result.disputed))
    limits.append(
        "Percentages were calibrated on music like the training music. On anything else they "
        "may be too sure of themselves."
    )
    return limits


def _disputed(result: Evaluation, disputed: Disputed) -> str:
    ordered = sorted(disputed.taken_for.items(), key=lambda item: (-item[1], item[0]))
    taken = ", ".join(f"{number} for {genre}" for genre, number in ordered)
    text = (
        f"{disputed.songs} clips labelled Pop call themselves something else in their tags, "
        "mostly alternative rock. They are in neither the training nor the figures. Networks "
        f"that had not heard their artists take {taken}."
    )
    if disputed.pop_recall is not None and disputed.rock_recall is not None:
        before = next(g.svm_recall for g in result.genres if g.genre == "Rock")
        text += (
            f" Why they are out: taught as Pop, they take the floor's recall of Rock from "
            f"{_share(before)} to {disputed.rock_recall:.2f}, for a recall of Pop of "
            f"{disputed.pop_recall:.2f}; across artists the two cannot be told apart."
        )
    return text


def _figures(facts: CardFacts) -> list[str]:
    result, genres = facts.evaluation, facts.plan.genres
    songs = sum(map(sum, result.confusion))
    named = recorded_share(result.named, songs)
    right = recorded_share(result.named_accuracy, named.right)
    found = [
        [g.genre, g.songs, g.artists, _found(g.recall, row), _found(g.svm_recall, row)]
        for g, row in zip(result.genres, result.confusion, strict=True)
    ]
    said = recorded_share(result.accuracy, songs, result.interval).said()
    tested = {g: sum(row) for g, row in zip(genres, result.confusion, strict=True)}
    return [
        f"{facts.folds}-fold cross-validation; no artist is ever on both sides. Every song is "
        "judged once, by a network that has not heard its artist. The floor is a support vector "
        "machine on MFCC statistics in the same folds. All this is of one seed "
        f"({facts.hyperparameters.seed}); others give a few points less or more, see "
        "benchmarks/how_good/figures.json.",
        table(
            ["", "this model", "its network alone", "floor"],
            [
                _row("accuracy", result.accuracy, result.network_accuracy, result.svm_accuracy),
                _row("macro-F1", result.macro_f1, result.network_macro_f1, result.svm_macro_f1),
            ],
        ),
        table(["genre", "songs", "artists", "recall", "floor's recall"], found),
        f"Of {counted(songs, 'song')} {said}; {guessing(tested)}.",
        confusion_table(genres, result.confusion),
        f"Calibration: expected error {result.calibration_error:.3f}. "
        f"With both thresholds a genre is named for {named.number} of these songs; of the names "
        f"{right.said()}. A temperature fitted here would make the chances far too sure "
        "elsewhere, so there is none; the thresholds come from collections left out.",
    ]


def _left_out(experts: Experts) -> list[str]:
    """A collection has a sound of its own; these figures are nearer to what a user meets."""
    if not experts.left_out:
        return []
    rows = [
        [row.collection, row.songs, f"{row.accuracy:.3f}", f"{row.recall:.3f}"]
        for row in experts.left_out
    ]
    return [
        "Experts (without the network) that were taught by the other collections alone. Both "
        "thresholds were chosen by these answers, and the shares by mean recall here and in the "
        "folds:",
        table(["collection", "songs", "accuracy", "mean recall of its genres"], rows),
    ]


def elsewhere_section(metrics: Mapping[str, Any] | None) -> list[str]:
    """Section on figures that nothing was fitted or chosen to improve; empty of none."""
    if metrics is None:
        return []
    tested: dict[str, int] = {g: n for g, n in metrics["songs"].items() if n}
    songs = sum(tested.values())
    said = recorded_share(metrics["accuracy"], songs, metrics["interval"]).said()
    named = recorded_share(metrics["named"], songs)
    right = recorded_share(metrics["named_accuracy"], named.right)
    rows = [
        [genre, n, metrics["artists"][genre], recorded_share(metrics["recall"][genre], n).number]
        for genre, n in tested.items()
    ]
    return [
        "The whole model on music by other people from other places. Nothing was learned from it "
        "and nothing chosen by it; some of its labels are no more than plausible. Of "
        f"{counted(songs, 'song')} the likeliest genre is {said}; {guessing(tested)}. A genre is "
        f"named for {named.number}; of the names {right.said()}. Expected calibration error "
        f"{metrics['ece']:.2f}.",
        table(["genre", "songs", "artists", "recall"], rows),
    ]


def _row(name: str, *values: float) -> list[str]:
    return [name, *(f"{value:.3f}" for value in values)]


def _found(recall: float | None, row: Sequence[int]) -> str:
    return "untestable" if recall is None else recorded_share(recall, sum(row)).number


def _share(value: float | None) -> str:
    return "untestable" if value is None else f"{value:.2f}"


def _novelty(facts: CardFacts) -> list[str]:
    result, undecidable = facts.evaluation, sorted(facts.plan.undecidable)
    texts = [
        'A "none of these" score, learned from other music, is to say "unlike the training '
        f'music". Its threshold is set so that {KNOWN_KEPT:.0%} of the known songs pass; of songs '
        f"in the fold left out {percent(1 - result.known_rejected)} do. Area under the ROC curve "
        f"{result.novelty_auc:.3f}. Rejected in the same folds:",
        _rejection_table(result.outside),
    ]
    if undecidable:
        texts.append(
            f"{', '.join(undecidable)} were not taught as other music: they are too close to one "
            "of its genres."
        )
    if facts.experts.unknown:
        texts += [
            "The same for experts (without the network) that were never taught that genre as "
            "other music, which is what to expect of music unlike anything here:",
            _rejection_table(facts.experts.unknown),
        ]
    return texts


def _rejection_table(rows: Iterable[Rejection]) -> str:
    return table(
        ["genre", "songs", "artists", "rejected"],
        [[r.genre, r.songs, r.artists, recorded_share(r.rejected, r.songs).number] for r in rows],
    )
