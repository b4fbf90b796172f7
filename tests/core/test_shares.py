"""How figures are written."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from fstmuse_core.system.wording import (
    FEW,
    certainty,
    counted_share,
    cross_validation,
    guessing,
    percent,
    recorded_share,
    share_by_artist,
    wilson,
)


@pytest.mark.parametrize(("right", "of"), [(0, 1), (4, 6), (6, 6), (0, 9), (41, 50), (267, 300)])
def test_the_interval_is_that_of_wilson(right: int, of: int) -> None:
    theirs = binomtest(right, of).proportion_ci(0.95, "wilson")
    assert wilson(right, of) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_few_songs_are_counted_and_many_are_a_percentage() -> None:
    assert counted_share(4, 6).said() == "4 of 6 right (95 %: 30 to 90 %)"
    assert counted_share(FEW - 1, FEW - 1).number == "29 of 29"
    assert counted_share(15, FEW).number == "50 %"
    assert counted_share(246, 300).said() == "82 % right (95 %: 77 to 86 %)"
    assert counted_share(0, 0).said() == "not tested"
    with pytest.raises(ValueError, match="7 of 6"):
        counted_share(7, 6)


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0 %"), (0.001, "< 1 %"), (0.125, "13 %"), (0.996, "> 99 %"), (1.0, "100 %")],
)
def test_percentages(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_songs_of_an_artist_stand_and_fall_together() -> None:
    right = [True] * 20 + [False] * 20
    alone = share_by_artist(right, [f"artist {i}" for i in range(40)])
    together = share_by_artist(right, [f"artist {i // 5}" for i in range(40)])
    assert (alone.right, alone.of) == (together.right, together.of) == (20, 40)
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_one_artist_is_one_observation() -> None:
    only = share_by_artist([True] * 20, ["Ana"] * 20)
    assert only.low == pytest.approx(wilson(1, 1)[0])
    unknown = share_by_artist([True] * 20, [""] * 20)
    assert unknown.low == pytest.approx(wilson(20, 20)[0])


def test_all_right_is_not_certain() -> None:
    share = share_by_artist([True] * 28, [f"artist {i // 2}" for i in range(28)])
    assert share.low == pytest.approx(wilson(28, 28)[0])
    assert share.high == 1.0


@pytest.mark.parametrize(
    "interval", [None, "high", [0.9, 0.95], [0.7], [0.1, float("nan")], ["a", "b"], [0.5, 1.5]]
)
def test_a_recorded_interval_that_makes_no_sense_is_replaced(interval: object) -> None:
    assert recorded_share(2 / 3, 6, interval) == counted_share(4, 6)


def test_a_recorded_interval_is_taken() -> None:
    assert recorded_share(2 / 3, 6, [0.2, 0.95]).said() == "4 of 6 right (95 %: 20 to 95 %)"


def test_guessing_names_the_commonest_genre() -> None:
    assert guessing({"Rock": 40, "Folk": 30, "Pop": 30}) == "always saying Rock would get 40 %"
    assert guessing({"Folk": 2, "Rock": 3, "Pop": 0}) == "always saying Rock would get 3 of 5"
    assert guessing({"Rock": 0}) == guessing({}) == ""


def calibration(confidence: list[float], right: list[bool]) -> str:
    """The sentence of clips that each are a tenth of all, 20 times over."""
    from fstmuse_core.training.metrics import expected_calibration_error

    best, hits = np.repeat(confidence, 20), np.repeat(right, 20)
    error = expected_calibration_error(best, hits)
    return certainty(len(best), error, float(best.mean() - hits.mean()))


@pytest.mark.parametrize(
    ("confidence", "right", "said"),
    [
        ([0.95, 0.95], [True, False], "It is surer than it should be, by 45 points on average."),
        ([0.55, 0.55], [True, True], "It is less sure than it should be, by 45 points on average."),
        (
            [0.75, 0.25],
            [True, False],
            "Its certainty is off by 25 points on average, now too high, now too low; all in all "
            "the two cancel out.",
        ),
        (
            # As reported: an error of 25 points, of which 0.8 are left.
            [0.746, 0.246],
            [True, False],
            "Its certainty is off by 25 points on average, now too high, now too low; all in all "
            "the two cancel out.",
        ),
        (
            [0.65, 0.25],
            [True, False],
            "Its certainty is off by 30 points on average, now too high, now too low; all in all "
            "it is less sure than it should be by 5 points.",
        ),
        ([0.98, 0.98], [True, True], "Its certainty can be trusted: it is off by 2 points"),
        ([0.999, 0.999], [True, True], "Its certainty can be trusted: it is off by 1 point on"),
    ],
)
def test_words_and_signs_of_the_calibration_agree(
    confidence: list[float], right: list[bool], said: str
) -> None:
    assert calibration(confidence, right).startswith(said)


def test_of_few_songs_no_certainty_is_said() -> None:
    assert "too few songs" in certainty(FEW - 1, 0.02, 0.01)
    assert "can be trusted" in certainty(FEW, 0.02, 0.01)
    assert "too few songs" in certainty(100, float("nan"), 0.0)


def test_a_cross_validation_says_what_was_tested() -> None:
    found = {
        "what": "head",
        "folds": 5,
        "songs": 42,
        "artists": 14,
        "of_unknown_artists": 0,
        "right": 31,
        "interval": [0.55, 0.88],
    }
    assert cross_validation(found) == (
        "in a 5-fold cross-validation over 14 artists, the linear head on rhythm and timbre alone, "
        "without the network: 74 % right (95 %: 55 to 88 %) of 42 songs"
    )
    network = cross_validation({**found, "what": "network", "of_unknown_artists": 3})
    assert "over 14 artists and 3 songs of unknown ones, network and linear head" in network
    nobody = cross_validation({**found, "artists": 0, "of_unknown_artists": 42})
    assert "artists are not known, so some may be on both sides" in nobody
