"""``fstmuse generate --bpm --bars --form --variation --loop --renew``, and the worker's part."""

from __future__ import annotations

import json
import queue
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.reading import write_audio
from fstmuse_core.cli.generate import command
from fstmuse_core.generate.generator import BeatWish, ClipGenerator, GeneratedClip, read_recipe
from fstmuse_core.generate.groove import Groove
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.protocol import Done, Failed, MakeClip, Partial
from fstmuse_core.workers.tasks import sound

from .conftest import Run

FEW = ("--iterations", "2", "--seed", "5")


def test_all_that_can_be_asked(generate: Run, tiny_grid: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.wav"
    asked = ("--bpm", "124", "--bars", "6", "--form", "abab", "--variation", "0.5", "--loop")
    outcome = generate(
        *("--model", tiny_grid, "--genre", "rock", "--renew", "B:7", "-o", target), *asked, *FEW
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"{target}: Rock, 124 bpm, B from seed 7, seed 5, 11.6129 s\n"
    assert read_recipe(target).groove == Groove(124.0, 6, "ABAB", 0.5, True, {"B": 7})
    assert soundfile.info(target).frames == round(24 * 60 / 124 * 22_050)

    again = tmp_path / "again.wav"
    assert generate("--recipe", target, "--model", tiny_grid, "-o", again).code == 0
    for one, other in zip(soundfile.read(target), soundfile.read(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_json_holds_the_groove(generate: Run, tiny_grid: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.flac"
    outcome = generate(
        *("--model", tiny_grid, "--genre", "Rock", "--seconds", "4", "--json", "-o", target), *FEW
    )
    recipe = outcome.json()[0]["recipe"]
    assert recipe["format_version"] == 2
    assert sorted(recipe["groove"]) == ["bars", "bpm", "form", "loop", "renewed", "variation"]
    assert recipe["seconds"] == 4.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--bpm", "0"), "the tempo: 0 beats a minute cannot be made; 60 to 200 can"),
        (("--bpm", "10000"), "the tempo: 10000 beats a minute cannot be made; 60 to 200 can"),
        (("--form", "XYZ"), "the form: 'XYZ' is not understood; use letters from A to H"),
        (("--form", ""), "the form: '' is not understood"),
        (("--variation", "2"), "the variation: 2 is out of range; use a number from 0 to 1"),
        (("--bars", "0"), "the bars: 0 cannot be made; 1 to 512 can"),
        (("--bars", "100000"), "the bars: 100000 cannot be made; 1 to 512 can"),
        (("--bars", "500", "--bpm", "60"), "the bars: 500 of them last 2000 s at 60 beats"),
        (("--renew", "B"), "a new section: 'B' is not understood; write it as in B:7"),
        (("--renew", "7:B"), "a new section: '7:B' is not understood"),
        (("--renew", "Z:7"), "a new section: Z:7 is not understood"),
        (("--renew", "C:7", "--form", "AB"), "bars of AB; name one of A, B"),
        (("--genre", "Classical", "--bpm", "99"), "its music had no steady beat, so no tempo"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(
    generate: Run, tiny_grid: Path, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    named = () if "--genre" in options else ("--genre", "Rock")
    outcome = generate("--model", tiny_grid, *named, *options, "-o", tmp_path / "out.wav")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 1
    assert words in outcome.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options",
    [("--bpm", "99"), ("--bars", "4"), ("--form", "A"), ("--variation", "0"), ("--loop",)],
)
def test_a_model_without_a_beat_says_so(
    generate: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    outcome = generate("--genre", "Rock", *options, "-o", tmp_path / "out.wav")
    assert outcome.code == 2
    assert outcome.err == (
        "fstmuse: the model tiny-gan: it was trained without a beat, so no tempo, bars or form "
        "can be asked of it; leave them out, or use another model\n"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ("--genre", "Rock", "--bars", "4", "--seconds", "9"),
            "--seconds or --bars, not both",
        ),
        (("--genre", "Rock", "--bpm", "fast"), "--bpm"),
        (("--recipe", "old.wav", "--bpm", "99", "--loop"), "leave out --bpm, --loop"),
        (("--recipe", "old.wav", "--renew", "B:7"), "leave out --renew"),
    ],
)
def test_wrong_use(generate: Run, options: tuple[str, ...], words: str) -> None:
    outcome = generate(*options)
    assert outcome.code == 2
    assert words in outcome.err.splitlines()[-1]


def test_grooves_that_are_damaged(generate: Run, tiny_grid: Path, tmp_path: Path) -> None:
    target = tmp_path / "good.wav"
    made = generate("--model", tiny_grid, "--genre", "Rock", "--bars", "1", "--json", "-o", target)
    good: dict[str, Any] = made.json()[0]["recipe"]

    def complaint(**groove: Any) -> str:
        values = {**good, "groove": {**good["groove"], **groove}}
        write_audio(
            tmp_path / "odd.wav", np.zeros(9), 22_050, texts={"comment": json.dumps(values)}
        )
        outcome = generate(
            "--recipe", tmp_path / "odd.wav", "--model", tiny_grid, "-o", tmp_path / "new.wav"
        )
        assert outcome.code == 2
        assert len(outcome.err.splitlines()) == 1
        return outcome.err

    assert "the tempo: 0 beats a minute" in complaint(bpm=0.0)
    assert "the form: 'Q' is not understood" in complaint(form="Q")
    assert "the bars: 0 cannot be made" in complaint(bars=0)
    assert "a new section: AA:1" in complaint(renewed={"AA": 1})
    assert "its recipe is damaged (Expected `int`, got `str`" in complaint(bars="4")
    assert "its recipe is damaged (Expected `object`, got `array`" in complaint(renewed=[])
    assert "a loop of 1 bar at" in complaint(loop=True, bpm=61.0)


def test_forms_complete_themselves() -> None:
    (form,) = (option for option in command.params if option.name == "form")
    found = form.shell_complete(click.Context(command), "ab")
    assert [item.value for item in found] == ["ABAC", "ABAB", "ABCB"]


# The worker -----------------------------------------------------------------------------------


def test_the_worker_carries_the_wish(tiny_grid: Path, grid_generator: ClipGenerator) -> None:
    events: queue.Queue[Any] = queue.Queue()
    worker = WorkerClient(events.put, warm_model=str(tiny_grid), serve=sound.serve)
    worker.start()
    wish = BeatWish(bpm=120.0, bars=2, form="AB", loop=True)
    try:
        worker.submit(MakeClip(str(tiny_grid), "Rock", 30.0, 3, beat=wish))
        seen = [events.get(timeout=240)]
        while not isinstance(seen[-1], Done | Failed):
            seen.append(events.get(timeout=240))
        (clip,) = (
            event.payload
            for event in seen
            if isinstance(event, Partial) and isinstance(event.payload, GeneratedClip)
        )
        assert clip.recipe.groove == Groove(120.0, 2, "AB", 1.0, True)
        same = grid_generator.generate("Rock", seed=3, beat=wish)
        np.testing.assert_array_equal(clip.samples, same.samples)
        worker.submit(MakeClip(str(tiny_grid), "Classical", 9.0, 3, beat=wish))
        while not isinstance(seen[-1], Failed):
            seen.append(events.get(timeout=240))
        assert "its music had no steady beat" in seen[-1].sentence
    finally:
        worker.stop()
