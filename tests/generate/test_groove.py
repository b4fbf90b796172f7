"""What is asked of a clip's beat, and what cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.bar_noise import (
    FORMS,
    MAX_BARS,
    Arrangement,
    Grid,
    condition,
    draw_bar_noise,
    draw_form,
    draw_free_noise,
)
from fstmuse_core.generate.arrange import bars_for
from fstmuse_core.generate.groove import BeatWish, Groove, groove_for, parse_renewed
from fstmuse_core.system.errors import GenerateError
from tests.generate.conftest import SHAPE
from tests.generate.grid import GRID


def groove(wish: BeatWish | None = None, genre: str = "Rock", seconds: float = 20.0) -> Groove:
    made = groove_for(wish or BeatWish(), GRID, genre, seconds, 5, "tiny-grid")
    assert made is not None
    return made


def noise(seed: int = 5, **arrangement: Any) -> dict[str, np.ndarray]:
    return draw_bar_noise(SHAPE, GRID, Arrangement(**arrangement), seed)


def bars_of(made: dict[str, np.ndarray], bars: int) -> tuple[np.ndarray, np.ndarray]:
    """Local noise (bars, 4, L) and pattern (bars, 64, P) without the margins."""
    margin = SHAPE.margin_steps
    local = made["local_noise"][0, margin : margin + 4 * bars]
    beat = made["beat_noise"][0, 16 * margin : 16 * (margin + 4 * bars)]
    return local.reshape(bars, 4, -1), beat.reshape(bars, 64, -1)


# Wishes ---------------------------------------------------------------------------------------


def test_what_is_not_wished_comes_from_the_seed() -> None:
    made = groove()
    assert 90 <= made.bpm <= 130
    assert made.form in FORMS
    assert made.bars == bars_for(20.0, made.bpm)
    assert (made.variation, made.loop, made.renewed) == (1.0, False, {})
    assert made == groove()
    tempos = {groove_for(BeatWish(), GRID, "Rock", 9.0, seed, "m").bpm for seed in range(20)}  # type: ignore[union-attr]
    assert len(tempos) > 5
    assert {draw_form(seed) for seed in range(60)} == set(FORMS)


def test_what_is_wished_is_kept() -> None:
    wish = BeatWish(bpm=97.5, bars=7, form="ABCB", variation=0.25, loop=True, renewed={"B": 3})
    made = groove(wish)
    assert made == Groove(97.5, 7, "ABCB", 0.25, True, {"B": 3})
    assert made.seconds == pytest.approx(7 * 4 * 60 / 97.5)
    assert made.letters == "AB"


def test_a_loop_has_whole_bars_of_about_the_length() -> None:
    made = groove(BeatWish(bpm=120.0, loop=True), seconds=9.2)
    assert (made.bars, made.seconds) == (5, 10.0)
    longest = groove(BeatWish(bpm=123.0, loop=True), seconds=600.0)
    assert 598.0 < longest.seconds <= 600.0
    assert groove(BeatWish(bpm=60.0, loop=True), seconds=1.0).bars == 1


def test_sections_tile_the_piece() -> None:
    sections = groove(BeatWish(bpm=120.0, bars=10, form="AB")).sections()
    assert sections == [("A", 0.0, 8.0), ("B", 8.0, 16.0), ("A", 16.0, 20.0)]


def test_a_genre_without_a_beat_has_none_unless_it_is_asked_for() -> None:
    assert groove_for(BeatWish(), GRID, "Classical", 9.0, 1, "m") is None
    assert groove_for(BeatWish(), GRID, "Jazz", 9.0, 1, "m") is None
    assert groove(BeatWish(bars=4), "Jazz").bars == 4
    with pytest.raises(GenerateError, match=r"^Classical of m: its music had no steady beat"):
        groove_for(BeatWish(bpm=100.0), GRID, "Classical", 9.0, 1, "m")
    assert groove_for(BeatWish(), None, "Rock", 9.0, 1, "m") is None
    with pytest.raises(GenerateError, match=r"^the model m: it was trained without a beat, so"):
        groove_for(BeatWish(loop=True), None, "Rock", 9.0, 1, "m")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"bpm": 0.0}, "the tempo: 0 beats a minute cannot be made; 60 to 200 can"),
        ({"bpm": 10_000.0}, "the tempo: 10000 beats a minute"),
        ({"bpm": float("nan")}, "the tempo: nan beats a minute"),
        ({"bars": 0}, f"the bars: 0 cannot be made; 1 to {MAX_BARS} can"),
        ({"bars": 100_000}, "the bars: 100000 cannot be made"),
        ({"form": "XYZ"}, "the form: 'XYZ' is not understood; use letters from A to H"),
        ({"form": ""}, "the form: '' is not understood"),
        ({"form": "A" * 33}, "is not understood"),
        ({"form": "A\n"}, "is not understood"),
        ({"variation": 2.0}, "the variation: 2 is out of range; use a number from 0 to 1"),
        ({"variation": float("nan")}, "the variation: nan is out of range"),
        ({"renewed": {"Z": 1}}, "a new section: Z:1 is not understood; name a section"),
        ({"renewed": {"A": -1}}, "a new section: A:-1 is not understood"),
    ],
)
def test_wishes_that_cannot_be(values: dict[str, Any], words: str) -> None:
    with pytest.raises(GenerateError) as caught:
        BeatWish(**values)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(GenerateError):
        Groove(**{"bpm": 120.0, "bars": 4, "form": "A", **values})


def test_bars_that_last_too_long_and_sections_that_there_are_not() -> None:
    with pytest.raises(GenerateError, match=r"^the bars: 512 of them last 2048 s at 60 beats"):
        groove(BeatWish(bpm=60.0, bars=512))
    with pytest.raises(GenerateError, match=r"B is no section of 8 bars of AABA; name one of A$"):
        groove(BeatWish(bars=8, form="AABA", renewed={"B": 1}))


@pytest.mark.parametrize(
    "text", ["", "B", "B:", ":7", "B:x", "B:-1", "B:7:8", "BB:7", "B:" + "9" * 10]
)
def test_renewals_that_are_not_understood(text: str) -> None:
    with pytest.raises(GenerateError, match=r"^a new section: .*is not understood; "):
        parse_renewed((text,))


def test_renewals_are_read() -> None:
    assert parse_renewed((" b:7", "C:0")) == {"B": 7, "C": 0}


# Noise ----------------------------------------------------------------------------------------


def test_bars_are_alike_without_variation_and_new_with_it() -> None:
    local, pattern = bars_of(noise(bars=16, form="AABA", variation=0.0), 16)
    for bar in (*range(8), *range(12, 16)):
        np.testing.assert_array_equal(local[bar], local[0])
        np.testing.assert_array_equal(pattern[bar], pattern[0])
    assert np.abs(local[8] - local[0]).max() > 0.1
    local, _ = bars_of(noise(bars=4, form="A"), 4)
    assert np.abs(local[1] - local[0]).max() > 0.1


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_a_section_returns_and_another_does_not() -> None:
    wide = SHAPE.__class__(**{**SHAPE.to_dict(), "local_noise": 256})
    made = draw_bar_noise(wide, GRID, Arrangement(16, "AABA"), 5)
    margin = wide.margin_steps
    bars = made["local_noise"][0, margin : margin + 64].reshape(16, 4, -1)
    for place in range(4):
        assert likeness(bars[place], bars[4 + place]) == pytest.approx(0.94, abs=0.04)
        assert likeness(bars[place], bars[12 + place]) == pytest.approx(0.94, abs=0.04)
        assert abs(likeness(bars[place], bars[8 + place])) < 0.25
    # The form begins again with the very same.
    again = draw_bar_noise(wide, GRID, Arrangement(20, "AABA"), 5)["local_noise"][0, margin:]
    np.testing.assert_array_equal(again[64:80], again[:16])


def test_noise_is_of_unit_variance_whatever_the_variation() -> None:
    wide = SHAPE.__class__(**{**SHAPE.to_dict(), "local_noise": 512, "beat_noise": 67})
    for variation in (0.0, 0.4, 1.0):
        made = draw_bar_noise(wide, GRID, Arrangement(32, "ABCDEFGH", variation), 1)
        assert made["local_noise"].std() == pytest.approx(1.0, abs=0.05)
        assert made["beat_noise"][..., :-3].std() == pytest.approx(1.0, abs=0.05)


def test_a_longer_piece_begins_as_the_shorter() -> None:
    short, long = noise(bars=6, form="ABAC"), noise(bars=11, form="ABAC")
    np.testing.assert_array_equal(short["global_noise"], long["global_noise"])
    for name in ("local_noise", "beat_noise"):
        np.testing.assert_array_equal(short[name], long[name][:, : short[name].shape[1]])


def test_the_noise_of_a_loop_wraps() -> None:
    bars, margin = 6, SHAPE.margin_steps
    made = noise(bars=bars, form="AB", loop=True)
    local, beat = made["local_noise"][0], made["beat_noise"][0]
    np.testing.assert_array_equal(local[:margin], local[4 * bars : 4 * bars + margin])
    np.testing.assert_array_equal(local[-margin:], local[margin : 2 * margin])
    np.testing.assert_allclose(beat[: 16 * margin], beat[-32 * margin : -16 * margin], atol=1e-6)


def test_a_renewed_section_leaves_the_others_as_they_were() -> None:
    before, _ = bars_of(noise(bars=16, form="AABA"), 16)
    after, _ = bars_of(noise(bars=16, form="AABA", renewed={"B": 77}), 16)
    changed = [bool(np.any(after[bar] != before[bar])) for bar in range(16)]
    assert changed == [8 <= bar < 12 for bar in range(16)]


def test_pulses_are_at_the_beats() -> None:
    _, beat = bars_of(noise(bars=2), 2)
    bar, quarter, sixteenth = beat[0, :, -3:].T
    assert np.flatnonzero(bar == 1.0).tolist() == [0]
    assert np.flatnonzero(quarter == 1.0).tolist() == [0, 16, 32, 48]
    assert np.flatnonzero(sixteenth == 1.0).tolist() == list(range(0, 64, 4))


def test_music_without_a_beat_has_no_pattern() -> None:
    made = draw_free_noise(SHAPE, 9, 3)
    assert made["local_noise"].shape == (1, 9 + 2 * SHAPE.margin_steps, SHAPE.local_noise)
    assert not made["beat_noise"].any()
    told = condition(np.eye(4, dtype=np.float32)[1], None)
    np.testing.assert_array_equal(told, [0, 1, 0, 0, 0, 0])
    assert condition(np.ones(1, np.float32), 113.0).tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "change",
    [
        {"shared_pattern": -1},
        {"shared_pattern": 3},
        {"shared_pattern": "1"},
        {"tempos": {"Rock": [0.0]}},
        {"tempos": {"Rock": ["fast"]}},
        {"beat": None},
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    good = {**SHAPE.to_dict(), "grid": GRID.to_dict()}
    assert Grid.from_dict(good) == GRID
    assert Grid.from_dict(SHAPE.to_dict()) is None
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        Grid.from_dict({**good, "grid": {**GRID.to_dict(), **change}})
    odd: tuple[object, ...] = (5, "grid", [], True)
    for grid in odd:
        with pytest.raises(ValueError, match="the beat grid is no object"):
            Grid.from_dict({**good, "grid": grid})
    with pytest.raises(ValueError, match="8 frames, not 16"):
        Grid.from_dict({**good, "frames_per_step": 8})
