"""Files as thirty years of programs have left them: written, otherwise the same, given back."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.tags.batch import apply, undo
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.outcome import Fate
from fstmuse_core.tags.plan import SEPARATORS, FileGenres, Mode, Policy, plan_changes
from fstmuse_core.tags.reading import read_tags
from fstmuse_core.tags.tag_file import same_genres
from tests.tags.layouts import make

Take = Callable[..., Path]
SOUNDS = ("bare.mp3", "song.flac", "song.wav", "song.aiff", "song.m4a")


def check(path: Path, seed: int, journal: Path) -> str:
    """Write and take back one layout; why it was left alone, if it was."""
    chance = random.Random(seed)
    old, sound, before = path.read_bytes(), load_audio(path), read_tags(path)
    policy = Policy(
        chance.choice(list(Mode)),
        most=chance.choice((1, 2)),
        separator=chance.choice(SEPARATORS),
        note=chance.random() < 0.7,
    )
    (change,) = plan_changes([FileGenres(path, {"Rock": 0.8, "Höhle": 0.3}, True, "m")], policy)
    assert path.read_bytes() == old
    if change.skipped:
        return change.skipped
    batch = apply([change], folder=journal)
    assert batch.outcomes[0].fate is Fate.WRITTEN, (seed, batch.outcomes[0].why)
    # Another decoder may step in where tags are damaged, and rounds otherwise.
    np.testing.assert_allclose(load_audio(path), sound, atol=1e-4)
    tags = read_tags(path)
    assert same_genres(tags.genres, change.new), seed
    assert open_tags(path).says(change.new), seed
    assert (tags.title, tags.artist, tags.album) == (before.title, before.artist, before.album)
    assert undo(batch.id, folder=journal).outcomes[0].fate is Fate.UNDONE
    assert path.read_bytes() == old, seed
    return ""


@pytest.mark.parametrize("name", SOUNDS)
def test_random_layouts_are_written_and_given_back(take: Take, journal: Path, name: str) -> None:
    run(take, journal, name, range(12))


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUNDS)
def test_many_random_layouts(take: Take, journal: Path, name: str) -> None:
    run(take, journal, name, range(100, 250))


def run(take: Take, journal: Path, name: str, seeds: range) -> None:
    sound = take(name).read_bytes()
    written = 0
    for seed in seeds:
        path = take(name)
        make(path, sound, seed)
        why = check(path, seed, journal)
        assert not why or "it has a genre" in why or "it says so already" in why, (seed, why)
        written += not why
    assert written >= len(seeds) // 2
