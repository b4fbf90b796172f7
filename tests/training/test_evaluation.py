from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fstmuse_core.bundle.tagger_head import TaggerHead
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.metrics import ClipScores
from fstmuse_core.training.plan import PLANS, Hyperparameters
from fstmuse_core.training.starter.card import CardFacts, starter_card
from fstmuse_core.training.starter.cross_validation import DataSet, OutOfFold
from fstmuse_core.training.starter.evaluation import Rejection, evaluate
from fstmuse_core.training.starter.experts import Experts, LeftOut

PLAN = PLANS["fst-muse"]
GENRES = ["Rock"] * 6 + ["Jazz"] * 4 + ["Classical"] * 4 + ["Country"] * 2

LICENCES = {"CC BY-NC-SA 3.0 US": 1, "CC BY-NC-SA 4.0": 2, "CC0 1.0": 2, "Ask first": 1}


@pytest.fixture
def case(make_track: Callable[..., Track]) -> tuple[DataSet, OutOfFold]:
    """Rock is right 5 times in 6, Jazz 1 in 4; Classical looks new, Country does not."""
    tracks = [make_track(g, f"{g} {i % 3}", str(i)) for i, g in enumerate(GENRES)]
    tracks += [make_track("Pop", f"star {i}", tag_genre="Alternative Rock") for i in range(4)]
    rng = np.random.default_rng(0)
    mels = [rng.random((200, 128)).astype(np.float16) for _ in tracks]
    data = DataSet(tracks, mels, PLAN.roles(tracks))
    rock, jazz, folk = (PLAN.genres.index(g) for g in ("Rock", "Jazz", "Folk"))
    answers = [rock] * 5 + [jazz] + [jazz] + [rock] * 3 + [folk] * 6 + [rock] * 3 + [folk]
    logits = 3.0 * np.eye(7)[answers]
    novelty = np.array([-2.0] * 10 + [5.0] * 4 + [-3.0] * 2 + [0.0] * 4)
    folds = np.arange(len(tracks)) % 3 % 2
    everything = np.ones(len(tracks), dtype=np.bool_)
    svm = np.full(len(tracks), rock)
    network = np.array(answers)
    network[0] = jazz
    return data, OutOfFold(folds, ClipScores(logits, novelty), network, svm, everything)


def test_figures(case: tuple[DataSet, OutOfFold]) -> None:
    result = evaluate(case[0], PLAN, case[1])
    assert result.accuracy == pytest.approx(6 / 10)
    assert result.svm_accuracy == pytest.approx(6 / 10)
    assert result.network_accuracy == pytest.approx(5 / 10)
    recall = {g.genre: g.recall for g in result.genres}
    assert recall["Rock"] == pytest.approx(5 / 6)
    assert recall["Jazz"] == pytest.approx(1 / 4)
    assert recall["Folk"] is None
    assert {g.genre: g.artists for g in result.genres if g.songs} == {"Rock": 3, "Jazz": 3}
    assert {r.genre: r.rejected for r in result.outside} == {"Classical": 1.0, "Country": 0.0}
    assert result.novelty_auc == pytest.approx(4 / 6)
    # Two of three are right in one fold and four of seven in the other, at the same confidence:
    # each is judged by what the other suggests.
    assert result.calibration_error == pytest.approx(2 / 3 - 4 / 7, abs=0.01)
    assert result.interval[0] < 0.6 < result.interval[1]


def test_nothing_is_judged_by_what_was_fitted_on_it(case: tuple[DataSet, OutOfFold]) -> None:
    """Were thresholds fitted on all songs, no song of fold 0 would be called unlike them."""
    data, predictions = case
    novelty = predictions.scores.novelty.copy()
    novelty[(predictions.folds == 0) & (np.arange(len(novelty)) < 10)] = 3.0
    scores = ClipScores(predictions.scores.logits, novelty)
    result = evaluate(data, PLAN, replace(predictions, scores=scores))
    assert result.thresholds.novelty == pytest.approx(3.0)
    assert result.known_rejected == pytest.approx(0.7)
    assert result.named <= 0.3


def test_a_genre_that_could_not_be_learned_does_not_count(
    case: tuple[DataSet, OutOfFold],
) -> None:
    data, predictions = case
    taught = np.array([t.genre != "Jazz" for t in data.tracks])
    result = evaluate(data, PLAN, replace(predictions, taught=taught))
    assert result.accuracy == pytest.approx(5 / 6)
    assert {g.genre: g.recall for g in result.genres}["Jazz"] is None


def test_disputed_clips_are_looked_at_apart(case: tuple[DataSet, OutOfFold]) -> None:
    result = evaluate(case[0], PLAN, case[1])
    assert result.disputed is not None
    assert result.disputed.songs == 4
    assert result.disputed.taken_for == {"Rock": 3, "Folk": 1}
    assert result.disputed.pop_recall is not None
    toy = PLANS["toy-model"]
    data = DataSet(case[0].tracks, case[0].mels, toy.roles(case[0].tracks))
    scores = ClipScores(case[1].scores.logits[:, :3], case[1].scores.novelty)
    smaller = replace(case[1], scores=scores, svm=np.zeros_like(case[1].svm))
    assert evaluate(data, toy, smaller).disputed.pop_recall is None  # type: ignore[union-attr]


def test_card_says_what_not_to_trust(case: tuple[DataSet, OutOfFold]) -> None:
    result = evaluate(case[0], PLAN, case[1])
    shares = np.array([0.25, 0.75, 0.0], np.float32)
    nothing = np.zeros(3, np.float32)
    head = TaggerHead(
        np.zeros((3, 1), np.int64),
        nothing,
        nothing,
        nothing + 1,
        np.zeros((3, 3), np.float32),
        nothing,
        shares,
    )
    left_out = LeftOut("elsewhere", 20, 0.5, 0.4)
    unknown = Rejection("Blues", 4, 2, 0.25)
    elsewhere = {
        "accuracy": 0.75,
        "interval": [0.2, 0.9],
        "recall": {"Folk": 0.75, "Rock": None, "Jazz": None},
        "songs": {"Folk": 4, "Rock": 0, "Jazz": 0},
        "artists": {"Folk": 2, "Rock": 0, "Jazz": 0},
        "named": 0.5,
        "named_accuracy": 0.5,
        "ece": 0.1,
    }
    facts = CardFacts(
        PLAN,
        Hyperparameters(),
        2,
        "train it",
        result,
        Experts(head, (left_out,), (unknown,)),
        {"Classical": 4},
        LICENCES,
        {},
        elsewhere,
        1,
        1,
    )
    card = starter_card(facts)
    assert "Of 4 songs the likeliest genre is 3 of 4 right" in card
    assert "A genre is named for 2 of 4; of the names 1 of 2 right" in card
    assert "| Folk | 4 | 2 | 3 of 4 |" in card
    assert "Another collection" not in starter_card(replace(facts, elsewhere=None))
    assert "**Jazz** in new music goes mostly unrecognised" in card
    assert "Of **Country**, none of them its genres" in card
    assert "4 clips labelled Pop call themselves something else" in card
    assert "| Folk | 0 | 0 | untestable | untestable |" in card
    assert "| Classical | 4 | 3 | 4 of 4 |" in card
    assert "| Rock | 6 | 3 | 5 of 6 | 6 of 6 |" in card
    assert "Of 10 songs 6 of 10 right (95 %: " in card
    assert "always saying Rock would get 6 of 10" in card
    assert "75% tags, 25% embeddings, 0% network" in card
    assert "| elsewhere | 20 | 0.500 | 0.400 |" in card
    assert "| Blues | 4 | 2 | 1 of 4 |" in card
    assert (
        "%"
        not in card.partition("| genre |")[2].partition("Songs by true")[0].partition("Of 10")[0]
    )
    assert "Licences: CC BY-NC-SA: 3; CC0: 2; Ask first: 1." in card
