"""Sentences about figures, defaults that match the core, and surveys."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from fstmuse_core.datasets.track import Track
from fstmuse_gui.train.events import parse_event
from fstmuse_gui.train.options import free_name, next_name
from fstmuse_gui.train.recipe import DESIGNS, MODEL_KINDS, MODELS, default_recipe
from fstmuse_gui.train.survey import SetCount, Surveyor, count
from fstmuse_gui.train.words import (
    duration,
    how_good,
    how_honest,
    recall_note,
    recall_text,
    thin_genres,
    time_left,
    worst_mistake,
)
from tests.gui_train.fakes import make_done


@pytest.mark.parametrize(
    ("model", "design", "base"),
    [
        *((model, design, "") for model in MODELS for design in DESIGNS),
        *((model, "ours", "mine") for model, kind in MODEL_KINDS.items() if kind.fine_tunes),
    ],
)
def test_the_form_and_the_command_line_have_the_same_defaults(
    model: str, design: str, base: str
) -> None:
    from fstmuse_core.training.settings import settings_from

    given = {"model": model, "design": design, "data": ["/music"], "fine_tune": base}
    theirs = settings_from(given)
    ours = default_recipe(model, design, fine_tunes=bool(base))
    assert ours == {key: getattr(theirs, key) for key in ours}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 second"), (41, "41 seconds"), (240, "4 minutes"), (7500, "2 h 05 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_nobody_knows_is_not_said() -> None:
    assert time_left(math.nan) == ""
    assert recall_text(math.nan) == "\N{EN DASH}"


def test_a_trusted_model_is_called_so() -> None:
    metrics = make_done().metrics
    assert how_honest(metrics).startswith("It is surer than it should be, by 6 points")
    assert "can be trusted" in how_honest(dataclasses.replace(metrics, ece=0.02))
    assert "too few" in how_honest(dataclasses.replace(metrics, reliability=()))


def test_a_model_without_mistakes_has_no_commonest() -> None:
    metrics = dataclasses.replace(make_done().metrics, confusion=((3, 0), (0, 2)))
    assert not any("mistake" in sentence for sentence in how_good(metrics))


def test_artists_that_nobody_knows_are_no_reason_for_doubt_and_none_for_trust() -> None:
    known = make_done().metrics
    assert "artists it has never heard" in how_good(known)[0]
    assert recall_note(known, "Rock").endswith("artists")
    unknown = dataclasses.replace(known, artists=dict.fromkeys(known.artists, 0))
    assert "by artists whom nobody knows" in how_good(unknown)[0]
    assert not any("fewer than" in sentence for sentence in how_good(unknown))
    assert recall_note(unknown, "Rock").endswith("artists unknown")


def test_what_is_likeliest_is_not_yet_named() -> None:
    metrics = dataclasses.replace(make_done().metrics, named=0.5, named_accuracy=0.75)
    said = how_good(metrics)
    assert "the genre it finds likeliest is right for about 62" in said[0]
    assert said[1].replace("\u00a0", " ") == (
        "It is sure enough to name a genre for 50 % of them, and 75 % of these names are right."
    )
    none = dataclasses.replace(metrics, named=0.0, named_accuracy=math.nan)
    assert "names no genre" in how_good(none)[1]


def test_some_artists_that_nobody_knows_are_said() -> None:
    metrics = dataclasses.replace(make_done().metrics, of_unknown_artists=20)
    assert "20 of them by artists whom nobody knows" in how_good(metrics)[0]


def test_the_commonest_mistake_is_the_most_frequent() -> None:
    said = worst_mistake(("Rock", "Jazz", "Punk"), ((60, 40, 0), (0, 100, 0), (1, 0, 0)))
    assert said == "Its commonest mistake is to take Rock for Jazz: 40 of 100 songs."


def test_a_genre_without_a_test_has_no_doubtful_figure() -> None:
    known = make_done().metrics
    untested = dataclasses.replace(
        known, songs={**known.songs, "Folk": 0}, artists={**known.artists, "Folk": 0}
    )
    assert "Folk" not in thin_genres(untested)
    assert recall_note(untested, "Folk") == "not tested"


def test_names_are_free() -> None:
    assert next_name("my-jazz", {"My_Jazz"}) == "my-jazz-2"
    assert free_name("/music/My Tapes", set()) == "my-tapes"
    assert free_name("Your corrections", set()) == "my-corrections"
    assert free_name("/music/jazz", {"my-jazz"}) == "my-jazz-2"
    assert next_name("my-jazz-2", {"my-jazz-2"}) == "my-jazz-3"
    assert free_name("/", set()) == "my-music"


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "3", "null", '{"event": 1}', '{"event": "epoch"}', '{"event": "done"}']
)
def test_what_is_no_event_is_none(line: str) -> None:
    assert parse_event(line) is None


HERE = (SetCount("/m", "Genre folders", 3),)


def track(genre: str, artist: str) -> Track:
    return Track(Path("/m/a.mp3"), genre, artist, "t", 30.0)


def test_a_survey_counts_clips_and_artists() -> None:
    found = count(HERE, [track("Rock", "A"), track("Rock", "B"), track("Pop", "")])
    assert [(c.genre, c.clips, c.artists) for c in found.genres] == [("Rock", 2, 2), ("Pop", 1, 0)]
    said = " ".join(found.findings)
    assert "Rock: fewer than 3 artists" in said
    assert "Pop: the artists are not known" in said


def test_one_genre_is_worth_knowing() -> None:
    assert "one genre only" in count(HERE, [track("Rock", "A")]).findings[0]


def test_real_music_is_surveyed(real_music: Path) -> None:
    found = Surveyor()((str(real_music),), lambda _n, _total: None, lambda: False)
    assert found.n_clips == 487
    assert {"Rock", "Jazz"} <= {c.genre for c in found.genres}
