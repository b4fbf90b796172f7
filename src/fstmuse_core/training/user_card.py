"""The model card of a model that a user trained."""

from __future__ import annotations

from collections.abc import Mapping
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

_THIN_ARTISTS = 5


def write_user_card(report: Mapping[str, Any]) -> str:
    """The card as Markdown, from what ``report.json`` says."""
    sections = (
        _head(report),
        _figures(report),
        _design(report),
        _doubts(report),
        _training(report),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _head(report: Mapping[str, Any]) -> list[str]:
    epochs = f"the best of {len(report['history'])} epochs was number {report['best_epoch']}"
    if report["stopped_early"]:
        epochs += f"; it was stopped before all {report['settings']['epochs']}"
    return [
        f"# {report['name']}",
        "",
        f"Names {', '.join(report['genres'])}, or says that it is not sure. Trained with "
        f"`{report['command']}`; {epochs}.",
    ]


def _figures(report: Mapping[str, Any]) -> list[str]:
    metrics = report["metrics"]
    clips, artists = report["clips"], report["artists"]
    songs = sum(metrics["songs"].values())
    share = recorded_share(metrics["accuracy"], songs, metrics["interval"])
    lines = [
        "## Figures",
        "",
        f"On {counted(songs, 'clip')} {_strangers(report)} (it learned from "
        f"{clips['train']} clips by {artists['train'] or 'unknown'} artists).",
        "",
        f"{_first_upper(share.said())}; {guessing(metrics['songs'])}.{_precise(metrics, songs)}",
        "",
        *_cross_validated(metrics, songs),
        f"{certainty(songs, metrics['ece'], metrics['confidence_gap'])} {_named(metrics, songs)}",
    ]
    lines += ["", "| genre | found | songs | artists |", "|---|---|---|---|"]
    for number, genre in enumerate(metrics["recall"]):
        tested, players = metrics["songs"][genre], metrics["artists"][genre]
        found = counted_share(metrics["confusion"][number][number], tested)
        shown = found.number if tested else "not tested"
        lines.append(
            f"| {genre} | {shown} | {tested} | {players or ('unknown' if tested else 0)} |"
        )
    lines += ["", "Test clips by true genre (rows) and answer (columns):", ""]
    lines += [f"| | {' | '.join(report['genres'])} |", "|---" * (len(report["genres"]) + 1) + "|"]
    for genre, row in zip(report["genres"], metrics["confusion"], strict=True):
        lines.append(f"| {genre} | {' | '.join(map(str, row))} |")
    if metrics["others"]:
        lines += ["", "Music of other genres, and how often it is turned away:", ""]
        lines += ["| genre | turned away | songs | artists |", "|---|---|---|---|"]
        for genre, row in metrics["others"].items():
            players = row["artists"] or "unknown"
            turned = recorded_share(row["turned_away"], row["songs"]).number
            lines.append(f"| {genre} | {turned} | {row['songs']} | {players} |")
    return lines


def _strangers(report: Mapping[str, Any]) -> str:
    artists, unknown = report["artists"]["test"], report["of_unknown_artists"]["test"]
    if not artists:
        return "whose artists are not known, so it may have heard other music of theirs"
    if not unknown:
        return f"by {counted(artists, 'artist')} of whom it has heard nothing"
    return (
        f"of which {unknown} have no known artist, so it may have heard other music of theirs; "
        f"the others are by {counted(artists, 'artist')} of whom it has heard nothing"
    )


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _precise(metrics: Mapping[str, Any], songs: int) -> str:
    """Figures of three digits, where there are songs enough for that."""
    if songs < FEW:
        return ""
    return (
        f" Accuracy {metrics['accuracy']:.3f}, macro-F1 {metrics['macro_f1']:.3f}, expected "
        f"calibration error {metrics['ece']:.3f} at temperature {metrics['temperature']:.2f}, "
        "which was fitted on the validation clips."
    )


def _named(metrics: Mapping[str, Any], songs: int) -> str:
    if metrics["named_accuracy"] is None:
        return "It names no genre for any of them."
    named = recorded_share(metrics["named"], songs)
    right = recorded_share(metrics["named_accuracy"], named.right)
    return f"A genre is named for {named.number} of them; of the names {right.said()}."


def _cross_validated(metrics: Mapping[str, Any], songs: int) -> list[str]:
    """The paragraph on a cross-validation, or on what a test on so few songs is worth."""
    found = metrics.get("cross_validation")
    lines = [f"{_first_upper(cross_validation(found))}."] if found is not None else []
    if songs < FEW and (found is None or found["what"] != "network"):
        lines.append(
            f"The whole model was tested on {counted(songs, 'song')} only, which says little; "
            "`--cross-validate 5` would test network and head on all songs."
        )
    return [" ".join(lines), ""] if lines else []


def _doubts(report: Mapping[str, Any]) -> list[str]:
    metrics = report["metrics"]
    lines = [f"- {sentence}." for sentence in report["warnings"]]
    thin = [
        f"{genre} ({metrics['songs'][genre]} songs, {artists} artists)"
        for genre, artists in metrics["artists"].items()
        if 0 < artists < _THIN_ARTISTS
    ]
    if thin:
        lines.append(
            f"- So few artists stand behind {', '.join(thin)} that one more could change its "
            "recall a lot."
        )
    if metrics["set_aside"]:
        lines.append(f"- {len(metrics['set_aside'])} test clips could not be used.")
    return ["## What not to trust", "", *lines] if lines else []


def _design(report: Mapping[str, Any]) -> list[str]:
    """What the model is made of; the report's design has no pattern head."""
    head = report["metrics"].get("pattern_head")
    if head is None:
        return []
    loss = head["validation_loss"]
    sentence = (
        "A linear head on statistics of rhythm and timbre over 12 s "
        + ("is added to" if head["kept"] else "was tried beside")
        + f" the network: the loss on validation clips is {loss['with head']:.3f} with it and "
        f"{loss['network']:.3f} without, each clip at a temperature fitted on other artists. "
        "These clips chose; the test had no say."
    )
    return ["## Network and head", "", sentence]


def _training(report: Mapping[str, Any]) -> list[str]:
    shown = {k: v for k, v in report["settings"].items() if v not in ("", [], False)}
    lines = ["## How it was trained", "", "| setting | value |", "|---|---|"]
    for key, value in shown.items():
        # Of the music only the folders' names: a card may travel with its model.
        values = [Path(v).name for v in value] if key == "data" else value
        text = ", ".join(values) if isinstance(values, list) else values
        lines.append(f"| {key.replace('_', ' ')} | {text} |")
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return [*lines, "", f"{versions}."]
