"""The model card of a model that a user trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    lines = [
        "## Figures",
        "",
        f"On {sum(metrics['songs'].values())} clips by {_strangers(report)} (it learned from "
        f"{clips['train']} clips by {artists['train'] or 'unknown'} artists).",
        "",
        f"Accuracy {metrics['accuracy']:.3f}, macro-F1 {metrics['macro_f1']:.3f}, expected "
        f"calibration error {metrics['ece']:.3f} at temperature {metrics['temperature']:.2f}. ",
    ]
    if metrics["named_accuracy"] is not None:
        lines[-1] += (
            f"A genre is named for {metrics['named']:.0%} of the clips, and "
            f"{metrics['named_accuracy']:.0%} of the names are right."
        )
    lines += ["", "| genre | recall | songs | artists |", "|---|---|---|---|"]
    for genre, recall in metrics["recall"].items():
        shown = "not tested" if recall is None else f"{recall:.2f}"
        songs, players = metrics["songs"][genre], metrics["artists"][genre]
        lines.append(f"| {genre} | {shown} | {songs} | {players or ('unknown' if songs else 0)} |")
    lines += ["", "Test clips by true genre (rows) and answer (columns):", ""]
    lines += [f"| | {' | '.join(report['genres'])} |", "|---" * (len(report["genres"]) + 1) + "|"]
    for genre, row in zip(report["genres"], metrics["confusion"], strict=True):
        lines.append(f"| {genre} | {' | '.join(map(str, row))} |")
    if metrics["others"]:
        lines += ["", "Music of other genres, and how often it is turned away:", ""]
        lines += ["| genre | turned away | songs | artists |", "|---|---|---|---|"]
        for genre, row in metrics["others"].items():
            players = row["artists"] or "unknown"
            lines.append(f"| {genre} | {row['turned_away']:.0%} | {row['songs']} | {players} |")
    return lines


def _strangers(report: Mapping[str, Any]) -> str:
    artists, unknown = report["artists"]["test"], report["of_unknown_artists"]["test"]
    if not artists:
        return "artists whom nobody knows, so some of them it may have heard"
    known = f"{artists} artist{'s' if artists > 1 else ''} of whom it has heard nothing"
    if not unknown:
        return known
    return f"{known}, and {unknown} of these clips by artists whom nobody knows"


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
        f"{loss['network']:.3f} without."
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
