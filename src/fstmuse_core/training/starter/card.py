"""The model card: what a starter model is, how good it is, and what not to trust."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fstmuse_core.system.wording import guessing, percent, recorded_share
from fstmuse_core.training.calibration import KNOWN_KEPT
from fstmuse_core.training.plan import ModelPlan, Recipe
from fstmuse_core.training.starter.disputed import Disputed
from fstmuse_core.training.starter.evaluation import Evaluation, Rejection
from fstmuse_core.training.starter.unseen import UnseenProbe

_THIN_ARTISTS = 10
_BAD_RECALL = 0.3
_HALF = 0.5


@dataclass(frozen=True)
class CardFacts:
    """What a card is written from.

    ``outside_taught`` counts clips of other music by genre, ``licences`` all clips used by
    licence, ``collections`` by collection. ``litert_bytes`` is a size in bytes.
    """

    plan: ModelPlan
    recipe: Recipe
    folds: int
    command: str
    evaluation: Evaluation
    probes: tuple[UnseenProbe, ...]
    outside_taught: dict[str, int]
    licences: dict[str, int]
    collections: dict[str, int]
    parameters: int
    litert_bytes: int


def write_card(facts: CardFacts) -> str:
    """The card as Markdown."""
    sections = (
        _what_it_is(facts),
        _doubts(facts),
        _figures(facts),
        _novelty(facts),
        _music(facts),
        _origin(facts),
    )
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _what_it_is(facts: CardFacts) -> list[str]:
    plan = facts.plan
    return [
        f"# {plan.title}: starter weights",
        "",
        f"Names {', '.join(plan.genres)}, or says that it is not sure. A convolutional network "
        f"of {facts.parameters:,} parameters ({facts.litert_bytes / 1e6:.1f} MB) that hears "
        "3 seconds at a time; a clip's answer is the mean over overlapping segments. Beside it a "
        "linear head weighs statistics of rhythm, timbre and loudness over 12 seconds; what the "
        "two say is added.",
        "",
        "**Non-commercial.** The weights were trained on music that may be used for research "
        "and non-commercial purposes only, and so may they. TRACKS.csv beside this card names "
        "every recording, its artist and its licence. Train your own before you rely on it.",
    ]


def _doubts(facts: CardFacts) -> list[str]:
    result = facts.evaluation
    thin = [g for g in result.genres if g.artists < _THIN_ARTISTS]
    missed = [g.genre for g in result.genres if g.recall is not None and g.recall < _BAD_RECALL]
    lines = ["## What not to trust", ""]
    if thin:
        named = ", ".join(f"{g.genre} ({g.songs} songs, {g.artists} artists)" for g in thin)
        lines.append(
            f"- **{named}**: far too little music to learn a genre from. Such an answer is "
            "a guess, and so is its recall below: one song more or less moves it by a lot."
        )
    if missed:
        lines.append(
            f"- **{', '.join(missed)}** in new music goes mostly unrecognised: fewer than "
            f"{_BAD_RECALL:.0%} of the test songs were found."
        )
    unnoticed = [r.genre for r in result.outside if r.rejected < _HALF]
    if unnoticed:
        lines.append(
            f"- Of **{', '.join(unnoticed)}**, none of them its genres, fewer than half of the "
            "songs were noticed as other music. The rest would get one of its genres' names."
        )
    lines.append(
        "- The thin genres come from other recordings than the thick ones, so part of what sets "
        "them apart here may be the recording and not the music."
    )
    if result.disputed:
        lines.append(_disputed(result, result.disputed))
    lines.append(
        "- Percentages were calibrated on music like the training music. On anything else they "
        "may be too sure of themselves."
    )
    return lines


def _disputed(result: Evaluation, disputed: Disputed) -> str:
    taken = ", ".join(f"{n} for {g}" for g, n in _by_count(disputed.taken_for))
    text = (
        f"- {disputed.songs} clips labelled Pop call themselves something else in their tags, "
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
    result = facts.evaluation
    songs = sum(map(sum, result.confusion))
    named = recorded_share(result.named, songs)
    right = recorded_share(result.named_accuracy, named.right)
    lines = [
        "## Figures",
        "",
        f"{facts.folds}-fold cross-validation; no artist is ever on both sides. Every song is "
        "judged once, by a network that has not heard its artist. The floor is a support vector "
        "machine on MFCC statistics in the same folds. All this is of one seed "
        f"({facts.recipe.seed}); others give a few points less or more, see "
        "benchmarks/how_good/figures.json.",
        "",
        "| | this model | its network alone | floor |",
        "|---|---|---|---|",
        f"| accuracy | {result.accuracy:.3f} | {result.network_accuracy:.3f} | "
        f"{result.svm_accuracy:.3f} |",
        f"| macro-F1 | {result.macro_f1:.3f} | {result.network_macro_f1:.3f} | "
        f"{result.svm_macro_f1:.3f} |",
        "",
        "| genre | songs | artists | recall | floor's recall |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {g.genre} | {g.songs} | {g.artists} | {_found(g.recall, row)} | "
        f"{_found(g.svm_recall, row)} |"
        for g, row in zip(result.genres, result.confusion, strict=True)
    ]
    said = recorded_share(result.accuracy, songs, result.interval).said()
    lines += ["", f"Of {songs} songs {said}; {guessing(_tested(result))}."]
    lines += ["", "Songs by true genre (rows) and answer (columns):", ""]
    lines += _table(
        ["", *facts.plan.genres],
        [[g, *map(str, row)] for g, row in zip(facts.plan.genres, result.confusion, strict=True)],
    )
    lines += [
        "",
        f"Calibration: expected error {result.calibration_error:.3f} "
        f"({result.calibration_error_raw:.3f} before; temperature {result.temperature:.2f}). "
        f"With both thresholds a genre is named for {named.number} of these songs; of the names "
        f"{right.said()}. Each song is judged with the temperature and the thresholds that were "
        "fitted on the other folds; those of the model are fitted on all.",
    ]
    return lines


def _tested(result: Evaluation) -> dict[str, int]:
    """Songs of each genre that could be tested."""
    return {g.genre: sum(row) for g, row in zip(result.genres, result.confusion, strict=True)}


def _found(recall: float | None, row: Sequence[int]) -> str:
    return "untestable" if recall is None else recorded_share(recall, sum(row)).number


def _novelty(facts: CardFacts) -> list[str]:
    result = facts.evaluation
    lines = [
        "## Music of other genres",
        "",
        'A "none of these" score, learned from other music, is to say "unlike the training '
        f'music". Its threshold is set so that {KNOWN_KEPT:.0%} of the known songs pass; of songs '
        f"in the fold left out {percent(1 - result.known_rejected)} do. Area under the ROC curve "
        f"{result.novelty_auc:.3f}. Rejected in the same folds:",
        "",
        *_rejection_table(result.outside),
    ]
    if facts.plan.undecidable:
        lines += [
            "",
            f"{', '.join(sorted(facts.plan.undecidable))} were not taught as other music: they are "
            "too close to one of its genres.",
        ]
    if facts.probes:
        lines += [
            "",
            "The same for networks that were never taught that genre as other music, which is "
            "what to expect of music unlike anything here:",
            "",
            *_rejection_table([row for probe in facts.probes for row in probe.outside]),
        ]
    return lines


def _music(facts: CardFacts) -> list[str]:
    def counted(counts: dict[str, int]) -> str:
        return ", ".join(f"{name} {n}" for name, n in _by_count(counts))

    families: Counter[str] = Counter()
    for name, n in facts.licences.items():
        families[licence_family(name)] += n
    return [
        "## Trained on",
        "",
        f"- Clips by collection: {counted(facts.collections)}.",
        f'- Other music, for "none of these": {counted(facts.outside_taught) or "none"}.',
        f"- Licences: {'; '.join(f'{name}: {n}' for name, n in _by_count(families))}. "
        "TRACKS.csv has each in full.",
    ]


def licence_family(licence: str) -> str:
    """The licence without version, country and source: "CC BY-NC-SA 3.0 US" is CC BY-NC-SA."""
    family = re.match(r"CC0|CC BY(-[A-Z]{2})*|CC(?=,)|Public domain", licence)
    return family.group() if family else licence


def _origin(facts: CardFacts) -> list[str]:
    recipe = facts.recipe
    return [
        "## How it was made",
        "",
        "```",
        facts.command,
        "```",
        "",
        f"{recipe.steps} steps of {recipe.batch} crops, AdamW, warm-up and cosine schedule, "
        "mixup, masking, random tempo, pitch and equaliser; genres and artists balanced in the "
        "draw. Calibration and thresholds come from the cross-validation, the weights from a "
        "last run on all the music.",
    ]


def _by_count(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _share(value: float | None) -> str:
    return "untestable" if value is None else f"{value:.2f}"


def _rejection_table(rows: Iterable[Rejection]) -> list[str]:
    return _table(
        ["genre", "songs", "artists", "rejected"],
        [
            [r.genre, str(r.songs), str(r.artists), recorded_share(r.rejected, r.songs).number]
            for r in rows
        ],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
