"""Model cards: what a model is, how good it is, and what not to trust."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fstmuse_core.system.wording import (
    FEW,
    certainty,
    counted,
    counted_share,
    cross_validation,
    guessing,
    recorded_share,
)

TERMS = (
    "**Non-commercial.** The weights were trained on music that may be used for research "
    "and non-commercial purposes only, and so may they. TRACKS.csv beside this card names "
    "every recording, its artist and its licence. Train your own before you rely on it."
)


@dataclass(frozen=True)
class Card:
    """Contents of a card. Each text is a paragraph, a table or a list, in Markdown.

    Attributes
    ----------
    title : str
    intro : sequence of str
        Sentences on what the model does.
    command : str
        Command that trains it again.
    training : sequence of str
        Facts of its training, besides the command.
    limits : sequence of str
        Items on what not to trust.
    sound : sequence of str
        Of a generator.
    figures : sequence of str
    more : mapping of str to sequence of str
        Sections of this kind of model alone, by their headings.
    data : sequence of str
        Items on the music it learned from.
    """

    title: str
    intro: Sequence[str]
    command: str
    training: Sequence[str]
    limits: Sequence[str] = ()
    sound: Sequence[str] = ()
    figures: Sequence[str] = ()
    more: Mapping[str, Sequence[str]] | None = None
    data: Sequence[str] = ()

    def markdown(self) -> str:
        """The card's text; sections without contents are left out."""
        sections: dict[str, Sequence[str]] = {
            "What not to trust": items(self.limits),
            "What it sounds like": self.sound,
            "Figures": self.figures,
            **(self.more or {}),
            "Trained on": items(self.data),
            "How it was trained": [f"```\n{self.command}\n```", *self.training],
        }
        texts = [f"# {self.title}", *self.intro]
        for heading, found in sections.items():
            texts += [f"## {heading}", *found] if found else []
        return "\n\n".join(texts) + "\n"


def items(texts: Sequence[str]) -> list[str]:
    """A list in Markdown; nothing of no texts."""
    return ["\n".join(f"- {text}" for text in texts)] if texts else []


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def confusion_table(genres: Sequence[str], confusion: Iterable[Sequence[int]]) -> str:
    """Songs by true genre and answer, with a line that says so."""
    rows = [[genre, *row] for genre, row in zip(genres, confusion, strict=True)]
    said = "Songs by true genre (rows) and answer (columns):"
    return f"{said}\n\n{table(['', *genres], rows)}"


def names(genres: Iterable[str], *, is_sure: bool = False) -> str:
    """Sentence on what a classifier answers; ``is_sure`` if it gives every clip a name."""
    return f"Names {', '.join(genres)}{'' if is_sure else ', or says that it is not sure'}."


def songs_and_artists(genre: str, songs: int, artists: int) -> str:
    """``Jazz (12 songs, 3 artists)``."""
    return f"{genre} ({counted(songs, 'song')}, {counted(artists, 'artist')})"


def by_count(counts: Mapping[str, int], between: str = " ", after: str = ", ") -> str:
    """Names with their numbers, the largest first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return after.join(f"{name}{between}{number}" for name, number in ordered)


def licence_family(licence: str) -> str:
    """The licence without version, country and source: "CC BY-NC-SA 3.0 US" is CC BY-NC-SA."""
    family = re.match(r"CC0|CC BY(-[A-Z]{2})*|CC(?=,)|Public domain", licence)
    return family.group() if family else licence


def licences_of(counts: Mapping[str, int]) -> str:
    """Clips by licence; names of licences have commas in them."""
    return f"Licences: {by_count(counts, ': ', '; ')}. TRACKS.csv has each in full."


_THIN_ARTISTS = 5
Report = Mapping[str, Any]


def classifier_card(report: Report, more: Mapping[str, Sequence[str]] | None = None) -> str:
    """The card of a classifier that a user trained, from what ``report.json`` says.

    ``more`` are sections of its own, by their headings.
    """
    epochs = f"The best of {len(report['history'])} epochs was number {report['best_epoch']}"
    if report["stopped_early"]:
        epochs += f"; it was stopped before all {report['settings']['epochs']}"
    named = names(report["genres"], is_sure=report["settings"]["design"] == "original")
    return Card(
        title=report["name"],
        intro=[f"{named} {epochs}."],
        limits=_limits(report),
        figures=_classifier_figures(report),
        more={**_head(report["metrics"].get("pattern_head")), **(more or {})},
        command=report["command"],
        training=[settings_table(report["settings"]), versions_of(report)],
    ).markdown()


def _limits(report: Report) -> list[str]:
    metrics = report["metrics"]
    thin = [
        songs_and_artists(genre, metrics["songs"][genre], artists)
        for genre, artists in metrics["artists"].items()
        if 0 < artists < _THIN_ARTISTS
    ]
    limits = warnings_of(report)
    if thin:
        limits.append(
            f"So few artists stand behind {', '.join(thin)} that one more could change its "
            "recall a lot."
        )
    if metrics["set_aside"]:
        limits.append(f"{counted(len(metrics['set_aside']), 'test clip')} could not be used.")
    return limits


def _classifier_figures(report: Report) -> list[str]:
    metrics = report["metrics"]
    songs = sum(metrics["songs"].values())
    right = recorded_share(metrics["accuracy"], songs, metrics["interval"]).said()
    texts = [
        f"On {counted(songs, 'clip')} {_strangers(report)} (it learned from {taught(report)}).",
        f"{first_upper(right)}; {guessing(metrics['songs'])}.{_precise(metrics, songs)}",
        _cross_validated(metrics, songs),
        f"{certainty(songs, metrics['ece'], metrics['confidence_gap'])} "
        f"{how_often_named(metrics, songs)}",
        table(["genre", "found", "songs", "artists"], genre_rows(metrics)),
        confusion_table(report["genres"], metrics["confusion"]),
    ]
    return [text for text in [*texts, *other_genres(metrics)] if text]


def other_genres(metrics: Mapping[str, Any]) -> list[str]:
    """Texts on music of other genres, if any was tested."""
    texts: list[str] = []
    if metrics["others"]:
        rows = [
            [
                genre,
                recorded_share(row["turned_away"], row["songs"]).number,
                row["songs"],
                row["artists"] or "unknown",
            ]
            for genre, row in metrics["others"].items()
        ]
        texts += ["Music of other genres, and how often it is turned away:"]
        texts += [table(["genre", "turned away", "songs", "artists"], rows)]
    return texts


def genre_rows(metrics: Mapping[str, Any]) -> list[list[object]]:
    """Cells of a table of genres: name, share found, songs and artists."""
    rows: list[list[object]] = []
    for number, (genre, songs) in enumerate(metrics["songs"].items()):
        found = counted_share(metrics["confusion"][number][number], songs)
        artists = metrics["artists"][genre]
        shown = found.number if songs else "not tested"
        rows.append([genre, shown, songs, artists or ("unknown" if songs else 0)])
    return rows


def taught(report: Report) -> str:
    """Music that was learned from, by clips and artists."""
    artists = report["artists"]["train"] or "unknown"
    return f"{report['clips']['train']} clips by {artists} artists"


def _strangers(report: Report) -> str:
    artists, unknown = report["artists"]["test"], report["of_unknown_artists"]["test"]
    if not artists:
        return "whose artists are not known, so it may have heard other music of theirs"
    if not unknown:
        return f"by {counted(artists, 'artist')} of whom it has heard nothing"
    return (
        f"of which {unknown} have no known artist, so it may have heard other music of theirs; "
        f"the others are by {counted(artists, 'artist')} of whom it has heard nothing"
    )


def first_upper(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _precise(metrics: Mapping[str, Any], songs: int) -> str:
    """Figures of three digits, where there are songs enough for that."""
    if songs < FEW:
        return ""
    return (
        f" Accuracy {metrics['accuracy']:.3f}, macro-F1 {metrics['macro_f1']:.3f}, expected "
        f"calibration error {metrics['ece']:.3f} at temperature {metrics['temperature']:.2f}"
        # The report's design has neither a head nor a calibration.
        + (", which was fitted on the validation clips." if "pattern_head" in metrics else ".")
    )


def how_often_named(metrics: Mapping[str, Any], songs: int) -> str:
    """Sentence on how often a genre is named."""
    if metrics["named_accuracy"] is None:
        return "It names no genre for any of them."
    named = recorded_share(metrics["named"], songs)
    right = recorded_share(metrics["named_accuracy"], named.right)
    return f"A genre is named for {named.number} of them; of the names {right.said()}."


def _cross_validated(metrics: Mapping[str, Any], songs: int) -> str:
    """A paragraph on the cross-validation, or on what a test on so few songs is worth."""
    found = metrics.get("cross_validation")
    said = [f"{first_upper(cross_validation(found))}."] if found is not None else []
    if songs < FEW and (found is None or found["what"] != "network"):
        tested = f"The whole model was tested on {counted(songs, 'song')} only, which says little"
        # No cross-validation of the head: the design has none, or there are too few artists.
        if found is None:
            said.append(f"{tested}.")
        else:
            advice = "`--cross-validate 5` would test network and head on all songs"
            said.append(f"{tested}; {advice}.")
    return " ".join(said)


def _head(head: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """A section on the pattern head; the report's design has none."""
    if head is None:
        return {}
    loss = head["validation_loss"]
    text = (
        "A linear head on statistics of rhythm and timbre over 12 s "
        + ("is added to" if head["kept"] else "was tried beside")
        + f" the network: the loss on validation clips is {loss['with head']:.3f} with it and "
        f"{loss['network']:.3f} without, each clip at a temperature fitted on other artists. "
        "These clips chose; the test had no say."
    )
    return {"Network and head": [text]}


def settings_table(settings: Mapping[str, Any]) -> str:
    """Settings as a table, but for empty ones."""
    # Of the music only the folders' names: a card may travel with its model.
    shown = {**settings, "data": [Path(folder).name for folder in settings["data"]]}
    rows = [
        [key.replace("_", " "), ", ".join(value) if isinstance(value, list) else value]
        for key, value in shown.items()
        if value not in ("", [], False)
    ]
    return table(["setting", "value"], rows)


def warnings_of(report: Report) -> list[str]:
    """Warnings of a training as sentences."""
    return [f"{sentence}." for sentence in report["warnings"]]


def versions_of(report: Report) -> str:
    """Versions of what it was trained with."""
    return ", ".join(f"{name} {version}" for name, version in report["versions"].items()) + "."
