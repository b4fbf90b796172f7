"""What would be written, and why some files are left alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.plan import Change, FileGenres, Mode, Policy, plan_changes
from tests.tags.conftest import SHA, plan, rock, symlink

Take = Callable[..., Path]


def only(heard: FileGenres, policy: Policy) -> Change:
    (change,) = plan_changes([heard], policy)
    return change


def with_genres(path: Path, *genres: str) -> Path:
    open_tags(path).change(genres, "")
    return path


def test_the_modes(take: Take) -> None:
    path = take("song.flac")
    assert "it has a genre: Polka" in plan([path], Mode.ONLY_IF_EMPTY)[0].skipped
    assert plan([path], Mode.REPLACE)[0].new == ("Rock",)
    assert plan([path], Mode.APPEND)[0].new == ("Polka", "Rock")
    with_genres(path, "Unknown")
    assert plan([path], Mode.ONLY_IF_EMPTY)[0].new == ("Rock",)
    assert plan([path], Mode.APPEND)[0].new == ("Rock",)
    with_genres(path, "rock music; Blues")
    assert plan([path], Mode.APPEND)[0].skipped == "it says so already"
    with_genres(path, "Rock")
    assert plan([path], Mode.REPLACE)[0].skipped == "it says so already"


def test_several_genres_and_thresholds(take: Take) -> None:
    heard = FileGenres(take("song.ogg"), {"Folk": 0.3, "Rock": 0.5, "Pop": 0.2}, True, "m", SHA)
    policy = Policy(Mode.REPLACE, most=3, also_at_least=0.25)
    change = only(heard, policy)
    assert change.new == ("Rock", "Folk")
    assert change.note.startswith("Rock 0.50, Folk 0.30; m 1a2b3c4d; FstMuse ")
    assert only(heard, replace(policy, note=False)).note == ""
    assert only(heard, replace(policy, most=1)).new == ("Rock",)
    assert "only 50 % sure, less than 60 %" in only(heard, replace(policy, at_least=0.6)).skipped


def test_doubt_and_what_the_listener_said(take: Take) -> None:
    path = take("song.ogg")
    unsure = FileGenres(path, {"Rock": 0.5, "Pop": 0.45}, False, "m", SHA)
    policy = Policy(Mode.REPLACE, at_least=0.4)
    assert only(unsure, policy).skipped == "the model is not sure"
    assert only(unsure, replace(policy, unsure=True)).new == ("Rock",)
    said = only(replace(unsure, said="Jazz"), replace(policy, at_least=0.9, most=2))
    assert said.new == ("Jazz", "Rock")
    assert said.note.startswith("Jazz, Rock 0.50; said by the listener; m 1a2b3c4d")
    silent = FileGenres(path, {"Rock": 0.0}, False, "m", SHA)
    assert only(silent, replace(policy, unsure=True)).skipped == "nothing was heard in it"
    assert only(replace(silent, scores={}, said="Jazz"), policy).new == ("Jazz",)


def test_what_cannot_be_written_is_said_in_the_preview(take: Take, tmp_path: Path) -> None:
    locked, gone, other = take("song.flac"), tmp_path / "gone.mp3", tmp_path / "notes.txt"
    locked.chmod(0o444)
    other.write_text("words")
    folder = tmp_path / "folder.mp3"
    folder.mkdir()
    whys = [change.skipped for change in plan([locked, gone, other, folder])]
    for why, said in zip(whys, ("read-only", "gone", "mp3, flac", "no ordinary"), strict=True):
        assert said in why
        assert "\n" not in why


def test_two_names_of_one_file_are_changed_once(take: Take) -> None:
    path, other = take("song.flac"), take("song.ogg")
    hard, soft = path.with_name("hard.flac"), path.with_name("soft.flac")
    os.link(path, hard)
    os.link(path, path.with_name("elsewhere.flac"))
    symlink(soft, path)
    first, second, third, fourth = plan([soft, hard, path, other])
    assert (first.path, first.target, first.links) == (soft, path, (hard,))
    assert first.remark == "it has another name elsewhere (hard links); there the old tags stay"
    for change in (second, third):
        assert change.skipped == f"it is the same file as {soft}, and is changed there"
    assert not fourth.skipped
    assert not fourth.remark


def test_it_counts_and_can_be_cancelled(take: Take) -> None:
    paths = [take("song.flac"), take("song.ogg")]
    told: list[tuple[int, int]] = []
    plan_changes(rock(*paths), Policy(), progress=lambda *n: told.append(n))
    assert told == [(1, 2), (2, 2)]
    assert plan_changes(rock(*paths), Policy(), cancelled=lambda: True) == []


@pytest.mark.parametrize("name", ["id3v24.mp3", "song.m4a"])
def test_a_plan_as_plain_values(take: Take, name: str) -> None:
    path = take(name)
    values = plan([path])[0].to_dict()
    assert (values["path"], values["old"], values["new"]) == (str(path), ["Polka"], ["Rock"])
    assert values["skipped"] is None
