"""``fstmuse classify --shard``: the parts of a whole, for several machines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.cli import classify
from fstmuse_core.system.errors import AudioError

from .conftest import Run

ARABIC_ONE = "\N{ARABIC-INDIC DIGIT ONE}"
MakeFile = Callable[..., Path]


@pytest.fixture
def folder(make_file: MakeFile, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Seven songs, one of which is damaged, in two folders, and an empty one."""
    song = make_file("song.wav")
    folder = song.with_name("music")
    for name in ("b/1", "b/2", "B/1", "a/10", "a/9", "é/1"):
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(song, path)
    (folder / "a" / "damaged.mp3").write_bytes(b"ID3 nothing of worth" * 50)
    (folder / "empty").mkdir()
    monkeypatch.chdir(folder)
    return folder


def lines(fstmuse: Run, *arguments: str) -> list[str]:
    return fstmuse("classify", *arguments, "--format", "jsonl").out.splitlines()


def test_all_parts_together_are_exactly_the_whole(fstmuse: Run, folder: Path) -> None:
    arguments = (".", "empty", "b/1.wav")
    whole = lines(fstmuse, *arguments)
    assert len(whole) == 9

    parts = [lines(fstmuse, *arguments, "--shard", f"{part}/3") for part in (1, 2, 3)]

    assert sorted(line for part in parts for line in part) == sorted(whole)
    assert [len(part) for part in parts] == [3, 3, 3]


@pytest.mark.parametrize("count", [1, 2, 7, 16, 30])
def test_parts_of_any_number_keep_the_order_given(count: int) -> None:
    names = [str(number) for number in np.random.default_rng(count).integers(0, 20, 16)]
    found: list[tuple[str, AudioError | None]] = [
        (name, AudioError(name, str(place))) for place, name in enumerate(names)
    ]

    parts = [classify.of_shard(found, (part, count)) for part in range(1, count + 1)]

    assert sorted(map(found.index, (item for part in parts for item in part))) == [*range(16)]
    assert {len(part) for part in parts} <= {16 // count, -(-16 // count)}
    assert all(part == sorted(part, key=found.index) for part in parts)


def test_a_part_is_the_same_however_the_paths_are_named(fstmuse: Run, folder: Path) -> None:
    one = lines(fstmuse, "a", "b", "B", "--shard", "2/3")
    other = lines(fstmuse, "B", "b", "a", "--shard", "2/3")

    assert one
    assert sorted(one) == sorted(other)


def test_a_part_goes_on_after_a_kill(fstmuse: Run, folder: Path) -> None:
    arguments = ("classify", "b", "B", "--shard", "1/2", "-o", "part.jsonl", "--resume")
    assert fstmuse(*arguments).code == 0
    (first, second) = Path("part.jsonl").read_text().splitlines()
    Path("part.jsonl").write_text(f"{first}\n{second[:20]}")

    assert fstmuse(*arguments).code == 0

    again = [json.loads(line) for line in Path("part.jsonl").read_text().splitlines()]
    assert again == [json.loads(first), json.loads(second)]


@pytest.mark.parametrize(
    "value",
    [
        "0/3",
        "4/3",
        "3",
        "a/b",
        "1/0",
        "-1/3",
        "1/-3",
        "\N{ARABIC-INDIC DIGIT ONE}/3",
        "1/3/5",
        "",
        "1 / 3",
        "1.0/3",
    ],
)
def test_what_is_no_part_is_refused_in_one_line(fstmuse: Run, folder: Path, value: str) -> None:
    outcome = fstmuse("classify", ".", f"--shard={value}")

    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.complaints[-1] == (
        f"Error: Invalid value for '--shard': {value!r} is no part of a whole; "
        "write 3/16 for the third of 16"
    )
