"""The user's own names of genres: read, applied before tags are written, and said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.my_genres import genres_file, parse_genres, read_text, save_text
from fstmuse_core.tags.plan import Change, FileGenres, Policy, plan_changes

Take = Callable[..., Path]
TEXT = """
# mine
house -> Electronic
Electronic -> Dance   # all of it
Hip-Hop \N{RIGHTWARDS ARROW} Rap, or so
"""


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave the list of whoever runs the tests alone."""
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path / "data"))


def plan(path: Path, text: str, said: str = "", **scores: float) -> Change:
    """The plan for a file without a genre."""
    file = FileGenres(path, scores, said=said, model="m")
    (change,) = plan_changes([file], Policy(mine=parse_genres(text)))
    return change


def test_the_last_of_a_chain_counts() -> None:
    mine = parse_genres(TEXT)

    names = [mine.name(name) for name in ("HOUSE", "Electronic", "Rock", "hip hop")]
    assert names == ["Dance", "Dance", "Rock", "Rap, or so"]
    assert parse_genres("Hip-Hop -> Rap").name("Hip-Hop") == "Rap", "as it is typed"


def test_with_a_whitelist_the_first_that_is_on_it_counts() -> None:
    mine = parse_genres(TEXT + 'only Electronic, "Drum & Bass", rock')

    names = [mine.name(name) for name in ("House", "Rock", "Dance", "drum & bass")]
    assert names == ["Electronic", "rock", None, "Drum & Bass"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Rock", r"line 1: 'Rock' says nothing; write"),
        ("\nRock ->", "line 2: a name is missing"),
        ("only", "line 1: a name is missing"),
        ("a -> b\nb -> c\nc -> A", "line 3: c would be a kind of itself"),
        ("a -> a", "a would be a kind of itself"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, why: str) -> None:
    with pytest.raises(FstMuseError, match=why):
        parse_genres(text)


def test_it_is_kept_and_a_broken_one_is_not() -> None:
    assert read_text() == ""
    save_text(TEXT)
    with pytest.raises(FstMuseError):
        save_text("nonsense")

    assert read_text() == TEXT
    genres_file().write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FstMuseError, match="no text in UTF-8"):
        read_text()


def test_it_is_written_and_said(take: Take) -> None:
    path = take("bare.mp3")
    change = plan(path, "Folk -> Singer", Rock=0.2, Folk=0.7)

    assert (change.new, change.remark) == (("Singer",), "Folk is Singer by your genres")
    assert change.note.startswith("Singer 0.70")


def test_probabilities_of_one_name_count_together(take: Take) -> None:
    change = plan(take("bare.mp3"), "Pop -> Hits\nPunk -> Hits", Rock=0.4, Pop=0.35, Punk=0.25)

    assert change.new == ("Hits",)
    assert change.note.startswith("Hits 0.60")


def test_a_genre_that_is_not_mine_is_left_out(take: Take) -> None:
    change = plan(take("bare.mp3"), "only Jazz", Rock=0.7, Jazz=0.3)

    assert change.skipped == "Rock is not among your genres"
    said = plan(take("bare.mp3"), "only Jazz", said="Rock", Jazz=0.9)
    assert said.skipped == "Rock is not among your genres"


def test_the_users_word_is_called_so_too(take: Take) -> None:
    assert plan(take("bare.mp3"), "Zouk -> World", said="Zouk", Rock=0.9).new == ("World",)
