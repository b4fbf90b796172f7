"""Sentences about figures, defaults that match the core, and surveys."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.datasets.survey import SetCount, Surveyor, count
from fstmuse_core.datasets.track import Track
from fstmuse_core.runs.events import Done, parse_event
from fstmuse_core.runs.metrics import Metrics
from fstmuse_gui.plain import duration, time_left
from fstmuse_gui.train.form.options import free_name, next_name
from fstmuse_gui.train.form.recipe import MODEL_KINDS, default_recipe
from fstmuse_gui.train.words import (
    accuracy_sentences,
    calibration_sentence,
    recall_note,
    recall_text,
    thin_genres,
    worst_mistake,
)
from tests.gui_train.fakes import make_done


@pytest.mark.parametrize(
    ("model", "design", "base"),
    [
        *((model, design, "") for model, kind in MODEL_KINDS.items() for design in kind.designs),
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
    assert recall_text(math.nan, 0) == "\N{EN DASH}"


def test_a_recall_of_few_songs_is_a_count() -> None:
    assert recall_text(0.75, 4) == "3 of 4"
    assert recall_text(0.75, 40) == "75\N{NO-BREAK SPACE}%"


def test_a_trusted_model_is_called_so() -> None:
    metrics = dataclasses.replace(measured(), ece=0.06, confidence_gap=0.055)
    assert calibration_sentence(metrics) == "It is surer than it should be, by 6 points on average."
    assert "can be trusted" in calibration_sentence(dataclasses.replace(metrics, ece=0.02))
    assert "too few" in calibration_sentence(few())


def test_an_unsigned_error_gets_no_side_of_its_own() -> None:
    metrics = dataclasses.replace(measured(), ece=0.25, confidence_gap=-0.008)
    said = calibration_sentence(metrics)
    assert "off by 25 points on average, now too high, now too low" in said
    assert "less sure than it should be by 1 point" in said
    surer = calibration_sentence(dataclasses.replace(metrics, confidence_gap=0.2))
    assert surer == "It is surer than it should be, by 20 points on average."


def test_a_training_of_before_has_its_gap_in_its_groups() -> None:
    values = {
        "accuracy": 0.5,
        "macro_f1": 0.5,
        "recall": {"Rock": 0.5},
        "songs": {"Rock": 40},
        "artists": {"Rock": 9},
        "confusion": [[20]],
        "ece": 0.25,
        "reliability": [[0.9, 0.65, 20], [0.1, 0.35, 20]],
    }
    done = {"name": "n", "bundle": "", "stopped_early": False, "seconds": 1.0, "card": ""}
    event = parse_event(
        json.dumps({"event": "done", **done, "metrics": values, "resumable": False})
    )
    assert isinstance(event, Done)
    assert isinstance(event.metrics, Metrics)
    assert event.metrics.confidence_gap == pytest.approx(0.0)
    assert "now too high, now too low" in calibration_sentence(event.metrics)
    assert event.metrics.share.said() == "50 % right (95 %: 35 to 65 %)"


def measured() -> Metrics:
    """Figures of a classifier that was trained."""
    metrics = make_done().metrics
    assert isinstance(metrics, Metrics)
    return metrics


def few(**changes: Any) -> Metrics:
    """Four of six right."""
    metrics = Metrics(
        accuracy=4 / 6,
        macro_f1=0.66,
        recall={"Rock": 1.0, "Folk": 1 / 3},
        songs={"Rock": 3, "Folk": 3},
        artists={"Rock": 2, "Folk": 3},
        confusion=((3, 0), (2, 1)),
        ece=0.25,
        reliability=((0.5, 0.67, 6),),
        interval=(0.3, 0.9),
    )
    return dataclasses.replace(metrics, **changes)


def test_few_songs_are_counted_and_their_interval_is_said() -> None:
    said = accuracy_sentences(few())
    assert said[0].replace("\u00a0", " ") == (
        "It was tested on 6 songs by artists it has never heard. The genre it finds likeliest is "
        "right for 4 of 6 (95 %: 30 to 90 %); always saying Rock would get 3 of 6."
    )
    assert "6 songs are too few to say how good the whole model is" in said[1]
    assert "67" not in " ".join(said)


def test_a_cross_validation_is_told_beside_the_test() -> None:
    found = {
        "what": "head",
        "folds": 5,
        "songs": 40,
        "artists": 12,
        "of_unknown_artists": 0,
        "right": 30,
        "interval": [0.6, 0.86],
    }
    said = accuracy_sentences(few(cross_validation=found))
    assert said[1].replace("\u00a0", " ").startswith("In a 5-fold cross-validation over 12 artists")
    assert "without the network: 75 % right" in said[1].replace("\u00a0", " ")
    assert "too few" in said[2]
    whole = accuracy_sentences(few(cross_validation={**found, "what": "network"}))
    assert not any("too few to say how good" in sentence for sentence in whole)


def test_a_model_without_mistakes_has_no_commonest() -> None:
    metrics = dataclasses.replace(measured(), confusion=((3, 0), (0, 2)))
    assert not any("mistake" in sentence for sentence in accuracy_sentences(metrics))


def test_artists_that_nobody_knows_are_no_reason_for_doubt_and_none_for_trust() -> None:
    known = measured()
    assert "by artists it has never heard" in accuracy_sentences(known)[0]
    assert recall_note(known, "Rock").endswith("artists")
    unknown = dataclasses.replace(known, artists=dict.fromkeys(known.artists, 0))
    assert "whose artists are not known, so it may have heard" in accuracy_sentences(unknown)[0]
    assert "never heard" not in accuracy_sentences(unknown)[0]
    assert not any("fewer than" in sentence for sentence in accuracy_sentences(unknown))
    assert recall_note(unknown, "Rock").endswith("artists unknown")


def test_what_is_likeliest_is_not_yet_named() -> None:
    metrics = dataclasses.replace(measured(), named=0.5, named_accuracy=0.75)
    said = accuracy_sentences(metrics)
    assert "is right for 62 % of these (95 %: " in said[0].replace("\u00a0", " ")
    assert (
        said[1]
        .replace("\u00a0", " ")
        .startswith(
            "It is sure enough to name a genre for 50 % of them; of these names 75 % right (95 %:"
        )
    )
    none = dataclasses.replace(metrics, named=0.0, named_accuracy=math.nan)
    assert "names no genre" in accuracy_sentences(none)[1]


def test_some_artists_that_nobody_knows_are_said() -> None:
    metrics = dataclasses.replace(measured(), of_unknown_artists=20)
    assert (
        "of 20 the artist is not known, and it may have heard others"
        in accuracy_sentences(metrics)[0]
    )
    assert "never heard" not in accuracy_sentences(metrics)[0]


def test_the_commonest_mistake_is_the_most_frequent() -> None:
    said = worst_mistake(("Rock", "Jazz", "Punk"), ((60, 40, 0), (0, 100, 0), (1, 0, 0)))
    assert said == "Its commonest mistake is to take Rock for Jazz: 40 of 100 songs."


def test_a_genre_without_a_test_has_no_doubtful_figure() -> None:
    known = measured()
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
