"""What a training makes of a data set before it begins."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.datasets.track import Track
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.data_split import (
    Parts,
    choose_genres,
    divide,
    in_wanted_genres,
    left_out,
    plan_for,
    without_disputed,
)
from fstmuse_core.training.plan import IGNORED, is_disputed
from fstmuse_core.training.settings import TrainSettings, settings_from


def tracks_of(**counts: int) -> list[Track]:
    return [
        Track(Path(f"{genre}-{n}.wav"), genre, f"{genre} player {n}", f"{n}", 30.0)
        for genre, count in counts.items()
        for n in range(count)
    ]


def settings(**options: Any) -> TrainSettings:
    return settings_from({"model": "toy-model", "data": ["music"], **options})


@pytest.mark.parametrize("model", ["toy-model", "fst-muse", "toy-gan"])
def test_the_genres_of_the_music_are_what_is_learned(model: str) -> None:
    tracks = tracks_of(Rock=9, Classical=9, Zouk=9)
    found = choose_genres(settings(model=model), tracks)
    assert found == ("Classical", "Rock", "Zouk")
    assert left_out(settings(model=model), tracks, found) == ()


def test_music_that_was_all_left_out_is_said() -> None:
    with pytest.raises(FstMuseError, match="all of it was left out, see above"):
        choose_genres(settings(), [])


def test_what_is_left_out_is_named_with_how_to_include_it() -> None:
    asked = settings(genres=["zouk", "Rock"])
    tracks = in_wanted_genres(asked, tracks_of(Rock=9, Classical=4, Zouk=9))
    genres = choose_genres(asked, tracks)
    assert genres == ("zouk", "Rock")
    (sentence,) = left_out(asked, tracks, genres)
    assert sentence.startswith("not learned: Classical (4), since they are not among --genres")
    assert sentence.endswith("add them to --genres to learn them")


def test_a_generator_says_which_genres_are_too_few() -> None:
    asked = settings(model="toy-gan")
    many = [replace(t, seconds=300.0) for t in tracks_of(Rock=12, Zouk=12)]
    tracks = [*many, *tracks_of(Jazz=4)]
    genres = choose_genres(asked, tracks)
    assert genres == ("Rock", "Zouk")
    (sentence,) = left_out(asked, tracks, genres)
    assert sentence.startswith("not learned: Jazz (4), since they have fewer than 10 artists")
    assert "--genres" in sentence


def test_a_kind_of_a_genre_is_found_by_the_genre() -> None:
    asked = settings(genres=["Electronic", "Rock"])
    tracks = in_wanted_genres(asked, tracks_of(Rock=9, Techno=9))
    assert choose_genres(asked, tracks) == ("Electronic", "Rock")
    assert choose_genres(settings(), tracks_of(Rock=9, Techno=9)) == ("Rock", "Techno")


def test_parts_survive_json() -> None:
    tracks = tracks_of(Rock=12, Folk=12, Jazz=5)
    parts = divide(settings(), tracks, ("Folk", "Rock"), {})
    assert Parts.from_dict(parts.to_dict()) == parts
    assert sum(parts.counts()["clips"].values()) == 24
    assert len(parts.tracks()) == 29


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"genres": "Rock"}, "Expected `array`, got `str` - at `$.genres`"),
        ({"train": [{"path": 1}]}, "Expected `str`, got int - at `$.train[0].path`"),
        ({"test": [{"path": "a.wav"}]}, "missing required field `genre` - at `$.test[0]`"),
    ],
)
def test_parts_that_a_record_has_wrongly_are_named(change: dict[str, Any], told: str) -> None:
    kept = divide(settings(), tracks_of(Rock=12, Folk=12), ("Folk", "Rock"), {}).to_dict()
    with pytest.raises(ValueError, match=re.escape(told)):
        Parts.from_dict({**kept, **change})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"epochs": "9"}, "Expected `int`, got `str` - at `$.epochs`"),
        ({"learning_rate": [0.1]}, "Expected `float`, got `array` - at `$.learning_rate`"),
        ({"data": "music"}, "Expected `array`, got `str` - at `$.data`"),
        ({"balance": 1}, "Expected `bool`, got `int` - at `$.balance`"),
    ],
)
def test_settings_that_a_record_has_wrongly_are_named(change: dict[str, Any], told: str) -> None:
    kept = settings().to_dict()
    with pytest.raises(ValueError, match=re.escape(told)):
        TrainSettings.from_dict({**kept, **change})
    assert TrainSettings.from_dict({**kept, "of_a_later_version": 1, "seed": None}) == replace(
        settings(), seed=TrainSettings().seed
    )


def test_balance_takes_as_many_of_each_genre_and_no_other_music() -> None:
    parts = divide(
        settings(balance=True), tracks_of(Rock=40, Folk=12, Jazz=5), ("Folk", "Rock"), {}
    )
    for part in ("train", "validation", "test"):
        counts = Counter(track.genre for track in getattr(parts, part))
        assert counts["Rock"] == counts["Folk"] > 0
        assert not counts["Jazz"]


def test_duplicates_stay_on_one_side() -> None:
    tracks = tracks_of(Rock=20, Folk=20)
    sounds = {track.path: "the same" for track in tracks[:4]}
    parts = divide(settings(), tracks, ("Folk", "Rock"), sounds)
    sides = [
        part
        for part in ("train", "validation", "test")
        if sounds.keys() & {track.path for track in getattr(parts, part)}
    ]
    assert len(sides) == 1


def test_nothing_to_test_on_is_a_sentence() -> None:
    tracks = [Track(Path(f"{n}"), g, g, f"{n}", 30.0) for n in range(8) for g in ("Rock", "Folk")]
    with pytest.raises(FstMuseError, match="too few artists"):
        divide(settings(), tracks, ("Folk", "Rock"), {})


def test_disputed_labels_are_left_out_unless_genres_are_named() -> None:
    pop = Track(Path("p.wav"), "Pop", "a", "t", 30.0, tag_genre="Alternative Rock")
    assert without_disputed(settings(), [pop]) == ([], [pop])
    used, left_out = without_disputed(settings(genres=["Pop", "Rock"]), [pop])
    assert left_out == []
    assert plan_for(settings(), ("Pop", "Rock")).roles(used).tolist() == [0]
    assert plan_for(settings(), ("Folk", "Rock")).roles(used).tolist() == [IGNORED]


@pytest.mark.parametrize(
    ("tag", "disputed"),
    [
        ("", False),
        ("Pop", False),
        ("Pop; Dance", False),
        ("Pop/Rock", False),
        ("Folk, Pop", False),
        ("Indie Pop", False),
        ("K-Pop", False),
        ("Something new", False),
        ("Electro Rock", True),
        ("Rock; Metal", True),
        ("Ambient", True),
    ],
)
def test_pop_is_disputed_where_its_tag_names_another_genre_only(tag: str, disputed: bool) -> None:
    assert is_disputed(Track(Path("p.wav"), "Pop", "a", "t", 30.0, tag_genre=tag)) is disputed


@pytest.mark.parametrize(("clips", "is_said"), [(20, True), (60, False)])
def test_few_clips_to_calibrate_on_are_said(clips: int, is_said: bool) -> None:
    parts = divide(settings(), tracks_of(Rock=clips, Folk=clips), ("Folk", "Rock"), {})
    count = len(parts.known("validation"))
    assert (count < 10) is is_said
    note = f"only {count} clips chose the best epoch and how sure it may be"
    assert any(found.startswith(note) for found in parts.notes) is is_said


def test_notes_are_about_the_model_s_genres_whatever_others_are_called() -> None:
    one_band = [Track(Path(f"p{n}.wav"), "Post-Rock", "One Band", f"{n}", 30.0) for n in range(12)]
    tracks = [*one_band, *tracks_of(Jazz=20, Rock=20)]
    expected = "Post-Rock is by one artist"
    parts = divide(settings(), tracks, ("Post-Rock", "Jazz"), {})
    assert any(note.startswith(expected) for note in parts.notes)
    parts = divide(settings(), tracks, ("Rock", "Jazz"), {})
    assert not any("Post-Rock" in note for note in parts.notes)


def test_records_of_other_music_that_are_not_kept_together_are_said() -> None:
    tracks = [
        Track(Path(f"{g}{n}.wav"), g, f"{g} {n}", f"{n}", 30.0, album_id="" if g == "Folk" else "s")
        for g in ("Rock", "Folk", "Electronic")
        for n in range(20)
    ]
    note, *_ = divide(settings(), tracks, ("Rock", "Folk"), {}).notes
    assert note.startswith("records with several artists would join more than half of Rock: only")
