"""Cards from made-up reports."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fstmuse_core.bundle.figures import GENERATOR_FIGURES
from fstmuse_core.training.card import classifier_card
from fstmuse_core.training.gan.card import generator_card, original_generator_card
from fstmuse_core.training.gan.starter import as_starter

HEADED = re.compile(r"^#+ .*$", re.MULTILINE)
HEAD_ALONE = {
    "what": "head",
    "folds": 2,
    "songs": 6,
    "artists": 4,
    "of_unknown_artists": 0,
    "right": 5,
    "interval": [0.4, 0.99],
}


def report(design: str = "ours", **metrics: Any) -> dict[str, Any]:
    """What a run on six songs of two genres says."""
    return {
        "name": "mine",
        "genres": ["Folk", "Rock"],
        "command": f"fstmuse train --design {design} --data music",
        "settings": {
            "design": design,
            "data": ["/home/ana/music"],
            "epochs": 4,
            "batch_size": 8,
            "genres": ["Folk", "Rock"],
            "balance": False,
        },
        "clips": {"train": 20, "validation": 6, "test": 6},
        "artists": {"train": 9, "validation": 4, "test": 4},
        "of_unknown_artists": {"train": 0, "validation": 0, "test": 0},
        "best_epoch": 2,
        "stopped_early": True,
        "history": [{}, {}, {}],
        "warnings": ["the music is thin"],
        "versions": {"fstmuse": "1.0", "keras": "3.0"},
        "metrics": {
            "accuracy": 4 / 6,
            "interval": [0.3, 0.9],
            "songs": {"Folk": 2, "Rock": 4},
            "artists": {"Folk": 0, "Rock": 4},
            "recall": {"Folk": 0.5, "Rock": 0.75},
            "confusion": [[1, 1], [1, 3]],
            "ece": 0.1,
            "confidence_gap": 0.1,
            "named": 0.5,
            "named_accuracy": 1.0,
            "others": {"Jazz": {"songs": 2, "artists": 0, "turned_away": 0.5}},
            "set_aside": ["one.wav: it cannot be read"],
            **metrics,
        },
    }


def generator_report() -> dict[str, Any]:
    figures = dict.fromkeys(GENERATOR_FIGURES, 1.0)
    return report() | {
        "metrics": {
            "figures": dict.fromkeys(("made", "real", "noise"), figures),
            "consistency": {"Folk": 0.25, "Rock": 0.5},
            "consistency_of_real": {"Folk": 0.75, "Rock": 1.0},
            "windows": 12,
            "nearest_of_unheard": 3.0,
        }
    }


def test_sections_of_a_classifier() -> None:
    loss = {"with head": 0.5, "network": 0.75}
    head = {"kept": True, "validation_loss": loss}
    card = classifier_card(report(pattern_head=head, cross_validation=HEAD_ALONE))
    assert HEADED.findall(card) == [
        "# mine",
        "## What not to trust",
        "## Figures",
        "## Network and head",
        "## How it was trained",
    ]
    for expected in (
        "Names Folk, Rock, or says that it is not sure. The best of 3 epochs was number 2; it was "
        "stopped before all 4.",
        "- the music is thin.\n- So few artists stand behind Rock (4 songs, 4 artists) that",
        "- 1 test clip could not be used.",
        "On 6 clips by 4 artists of whom it has heard nothing (it learned from 20 clips by 9",
        "4 of 6 right (95 %: 30 to 90 %); always saying Rock would get 4 of 6.",
        "| Folk | 1 of 2 | 2 | unknown |\n| Rock | 3 of 4 | 4 | 4 |",
        "(columns):\n\n|  | Folk | Rock |\n| --- | --- | --- |\n| Folk | 1 | 1 |\n| Rock | 1 | 3 |",
        "| Jazz | 1 of 2 | 2 | unknown |",
        "is 0.500 with it and 0.750 without",
        "```\nfstmuse train --design ours --data music\n```",
        "| data | music |",
        "| genres | Folk, Rock |",
        "fstmuse 1.0, keras 3.0.\n",
    ):
        assert expected in card
    assert "/home" not in card
    assert "balance" not in card


@pytest.mark.parametrize(
    ("design", "found", "is_advised"),
    [
        ("ours", HEAD_ALONE, True),
        ("ours", HEAD_ALONE | {"what": "network"}, False),
        # All of one artist: there would be nothing to divide.
        ("ours", None, False),
        # The command refuses it there.
        ("original", None, False),
    ],
)
def test_cross_validation_is_advised_where_it_can_be_had(
    design: str, found: dict[str, Any] | None, is_advised: bool
) -> None:
    card = classifier_card(report(design, cross_validation=found))
    assert ("--cross-validate" in card) is is_advised
    is_known = found is not None and found["what"] == "network"
    assert ("tested on 6 songs only, which says little" in card) is not is_known


def test_the_reports_design_is_never_unsure() -> None:
    assert "not sure" not in classifier_card(report("original"))


def test_sections_of_a_generator_and_its_starter() -> None:
    card = generator_card(generator_report(), 12_345, 7)
    headings = ["What not to trust", "What it sounds like", "Figures", "How it was trained"]
    assert HEADED.findall(card) == ["# mine", *(f"## {heading}" for heading in headings)]
    for expected in (
        "network of 12,345 parameters that learned from 20 clips by 9 artists.",
        "nearer to noise than to music",
        "- Folk: 25% of its windows are taken for Folk by the judge, and 75% of real ones.",
        "trained on other artists (12 clips)",
        "| Fréchet distance | 1.00 | 1.00 | 1.00 |",
        "Music by artists it never heard comes as near as 3.00",
        "3 epochs of 7 steps of 8 crops; number 2,",
    ):
        assert expected in card
    starter = as_starter(card, "ToyGan: starter weights", "Made by hand.", ["by Ana", "by Bo"])
    assert HEADED.findall(starter) == [
        "# ToyGan: starter weights",
        *(f"## {heading}" for heading in [*headings, "Trained on"]),
    ]
    assert starter.index("length: a") < starter.index("**Non-commercial.**")
    assert starter.index("**Non-commercial.**") < starter.index("## What not to trust")
    assert starter.endswith("Made by hand.\n\n## Trained on\n\n- by Ana\n- by Bo\n")


def test_the_judge_may_know_unknown_artists() -> None:
    values = generator_report() | {"of_unknown_artists": {"validation": 1, "test": 2}}
    card = generator_card(values, 1, 1)
    assert "trained on other clips, of 3 of which the artist is not known (12 clips)" in card
    assert "\nOther music comes as near as" in card


def test_the_reports_generator() -> None:
    values = generator_report()
    design = {**values["settings"], "design": "original"}
    card = original_generator_card({**values, "settings": design}, 172_014_081)
    assert HEADED.findall(card) == [
        "# mine",
        "## What not to trust",
        "## What it sounds like",
        "## Figures",
        "## How it was trained",
    ]
    assert "172,014,081 parameters" in card
    assert "It chose among the epochs" in generator_card(values, 1, 1)
    assert "It chose among the epochs" not in card
