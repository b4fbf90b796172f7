"""Training, validation and test: disjoint, fair, repeatable, and honest about what is thin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.datasets.groups import artist_folds, connected_tracks, same_sounds
from fstmuse_core.datasets.partition import Split
from fstmuse_core.datasets.split import split_tracks
from fstmuse_core.datasets.track import PARTS, Track
from fstmuse_core.system.errors import FstMuseError

MakeTrack = Callable[..., Track]


@pytest.fixture
def tracks(make_track: MakeTrack) -> list[Track]:
    """60 artists of Rock, 20 of Jazz, 4 of Folk; one plays Rock and Folk."""
    rng = np.random.default_rng(5)
    made = [
        make_track(genre, f"{genre} {a}", str(n))
        for genre, artists in (("Rock", 60), ("Jazz", 20), ("Folk", 4))
        for a in range(artists)
        for n in range(rng.integers(1, 8))
    ]
    return [*made, make_track("Rock", "Folk 0", "rocks")]


def artists_of(tracks: list[Track], split: Split, part: str) -> set[str]:
    return {tracks[i].artist for i in split.part(part)}


@pytest.mark.parametrize("seed", range(5))
def test_every_track_has_one_part_and_no_artist_two(tracks: list[Track], seed: int) -> None:
    split = split_tracks(tracks, seed=seed)

    assert sorted(split.train + split.validation + split.test) == list(range(len(tracks)))
    train, validation, test = (artists_of(tracks, split, part) for part in PARTS)
    assert len(train | validation | test) == len(train) + len(validation) + len(test)


@pytest.mark.parametrize("seed", range(5))
def test_each_genre_is_divided_as_asked(tracks: list[Track], seed: int) -> None:
    split = split_tracks(tracks, validation=0.2, test=0.3, seed=seed)

    totals = Counter(track.genre for track in tracks)
    for part, share in (("train", 0.5), ("validation", 0.2), ("test", 0.3)):
        found = Counter(tracks[i].genre for i in split.part(part))
        assert found["Folk"] > 0
        for genre in ("Rock", "Jazz"):
            assert found[genre] / totals[genre] == pytest.approx(share, abs=0.06)


def test_same_seed_same_split_in_any_order(tracks: list[Track]) -> None:
    split = split_tracks(tracks, seed=3)
    backwards = split_tracks(tracks[::-1], seed=3)
    other = split_tracks(tracks, seed=4)

    last = len(tracks) - 1
    assert split.test == tuple(sorted(last - i for i in backwards.test))
    assert split == split_tracks(tracks, seed=3)
    assert split.test != other.test


def test_records_and_duplicates_join_artists(make_track: MakeTrack) -> None:
    a1 = make_track("Rock", "A", "1")
    a2 = make_track("Rock", "a ", "2", album_id="sampler")
    b1 = make_track("Jazz", "B", "1", album_id="sampler")
    c1 = make_track("Rock", "C", "1")
    unknown = make_track("Jazz", "", "copy of c1")
    alone = make_track("Jazz", "", "alone")
    tracks = [a1, a2, b1, c1, unknown, alone]
    sounds = {c1.path: "x", unknown.path: "x", alone.path: "y"}

    groups = connected_tracks(tracks, sounds)

    assert sorted(map(sorted, groups)) == [[0, 1, 2], [3, 4], [5]]
    assert same_sounds(tracks, sounds) == [(c1.path, unknown.path)]


def test_artists_of_one_name_with_different_numbers_stay_together(make_track: MakeTrack) -> None:
    tracks = [make_track("Rock", "Nirvana", str(n), artist_id=str(n)) for n in range(2)]

    assert len(connected_tracks(tracks)) == 1


def test_a_genre_by_one_artist_is_for_training_and_said(make_track: MakeTrack) -> None:
    tracks = [make_track("Rock", f"R{n}") for n in range(10)]
    tracks += [make_track("Folk", "Only One", str(n)) for n in range(4)]

    split = split_tracks(tracks)

    assert {10, 11, 12, 13} <= set(split.train)
    assert any("the test says nothing about Folk" in note for note in split.notes)


def test_a_genre_that_copies_join_is_said(make_track: MakeTrack) -> None:
    tracks = [make_track("Rock", f"R{n}") for n in range(10)]
    tracks += [make_track("Folk", f"F{n}") for n in range(3)]

    split = split_tracks(tracks, sounds={track.path: "same" for track in tracks[10:]})

    assert {10, 11, 12} <= set(split.train)
    assert any("Folk cannot be divided, since shared records or copies" in n for n in split.notes)


def test_samplers_that_would_join_everybody_join_nobody(make_track: MakeTrack) -> None:
    tracks = [
        make_track(genre, f"{genre} {n}", str(part), album_id=f"{genre} sampler {(n + part) // 2}")
        for genre in ("Rock", "Jazz")
        for n in range(20)
        for part in range(2)
    ]

    split = split_tracks(tracks)

    assert len(connected_tracks(tracks)) == 2
    assert 4 <= len(split.test) <= 16
    assert not artists_of(tracks, split, "train") & artists_of(tracks, split, "test")
    assert split.notes[0].startswith("records with several artists would join more than half of")


def test_a_genre_by_two_artists_has_no_validation(make_track: MakeTrack) -> None:
    tracks = [make_track("Rock", f"R{n}") for n in range(10)]
    tracks += [make_track("Folk", f"F{n}") for n in range(2)]

    split = split_tracks(tracks)

    assert {split.by_track(12)[i] for i in (10, 11)} == {"train", "test"}
    assert any(note.startswith("Folk has no clips for validation") for note in split.notes)


def test_unknown_artists_are_said(make_track: MakeTrack) -> None:
    tracks = [make_track(genre, "", str(n)) for genre in ("Rock", "Jazz") for n in range(10)]

    split = split_tracks(tracks)

    assert len(split.test) >= 2
    assert any("of 20 of 20 clips the artist is not known" in note for note in split.notes)
    assert len(set(artist_folds(tracks, 5))) == 5


def test_one_artist_with_most_of_a_genre_is_said(make_track: MakeTrack) -> None:
    tracks = [make_track("Rock", f"R{n}") for n in range(10)]
    tracks += [make_track("Folk", "Much", str(n)) for n in range(8)]
    tracks += [make_track("Folk", f"F{n}") for n in range(2)]

    assert any("8 of 10 Folk clips are by one artist" in n for n in split_tracks(tracks).notes)


def official(make_track: MakeTrack) -> list[Track]:
    return [
        make_track(genre, f"{genre} {part} {n}", official_part=part)
        for genre in ("Rock", "Jazz")
        for part, count in (("train", 6), ("validation", 2), ("test", 2))
        for n in range(count)
    ]


def test_the_official_split_is_kept(make_track: MakeTrack) -> None:
    tracks = official(make_track)

    split = split_tracks(tracks)

    assert split.method == "official"
    assert split.by_track(20) == [track.official_part for track in tracks]
    assert split.left_out == ()
    assert split_tracks(tracks, official=False).method == "artists"


@pytest.mark.parametrize("missing", ["validation", "test"])
def test_where_an_official_part_is_missing_the_others_stay(
    make_track: MakeTrack, missing: str
) -> None:
    tracks = [track for track in official(make_track) if track.official_part != missing]

    split = split_tracks(tracks)

    held_back = {t.path for t in tracks if t.official_part != "train"}
    assert split.method == "official"
    assert {tracks[i].path for i in split.test} == held_back
    drawn = [tracks[i] for i in split.validation]
    assert {track.genre for track in drawn} == {"Rock", "Jazz"}
    assert {track.official_part for track in drawn} == {"train"}
    assert not {t.artist for t in drawn} & {tracks[i].artist for i in split.train}
    said = any("the validation is the test" in note for note in split.notes)
    assert said == (missing == "test")


def test_leaks_of_the_official_split_leave_the_training(make_track: MakeTrack) -> None:
    tracks = official(make_track)
    tracks[0] = replace(tracks[0], artist=tracks[9].artist)
    copy = {tracks[6].path: "same", tracks[1].path: "same"}

    split = split_tracks(tracks, sounds=copy)

    assert dict(split.left_out) == {
        0: "its artist is also in test",
        1: "its sound is also in validation",
    }
    assert any("2 clips with an artist or a sound" in note for note in split.notes)


def test_music_beside_an_official_split_is_divided_too(make_track: MakeTrack) -> None:
    placed = official(make_track)
    own = [make_track(genre, f"{genre} {n}") for genre in ("Rock", "Folk") for n in range(20)]

    split = split_tracks(placed + own)

    assert split.method == "official"
    assert split.by_track(60)[:20] == [track.official_part for track in placed]
    assert split.left_out == ()
    for genre in ("Rock", "Folk"):
        counts = Counter(
            part
            for track, part in zip(own, split.by_track(60)[20:], strict=True)
            if track.genre == genre
        )
        assert counts == {"train": 14, "validation": 3, "test": 3}
    assert any("of 60 clips the official split places 20" in note for note in split.notes)


def test_music_beside_an_official_split_goes_where_its_artist_is(make_track: MakeTrack) -> None:
    placed = official(make_track)
    tests = next(track for track in placed if track.official_part == "test")
    trains = next(track for track in placed if track.official_part == "train")
    mine = [make_track("Folk", tests.artist, "corrected"), make_track("Folk", trains.artist, "new")]
    copy = make_track("Folk", trains.artist, "a copy of a test clip")

    split = split_tracks([*placed, *mine, copy], sounds={tests.path: "one", copy.path: "one"})

    assert split.by_track(23)[20:] == ["test", "train", ""]
    assert dict(split.left_out) == {22: "its artist is also in train"}
    assert any("of the other music 1 clip with an artist or" in note for note in split.notes)
    assert not any("of the official split 1 clip" in note for note in split.notes)


def test_an_artist_whose_copies_are_on_both_sides_is_on_one(make_track: MakeTrack) -> None:
    placed = official(make_track)
    sides = [
        next(track for track in placed if track.official_part == part) for part in ("train", "test")
    ]
    mine = [make_track("Folk", "Somebody", str(n)) for n in range(3)]
    sounds = {sides[0].path: "a", mine[0].path: "a", sides[1].path: "b", mine[1].path: "b"}

    split = split_tracks([*placed, *mine], sounds=sounds)

    assert split.by_track(23)[20:] == ["", "test", "test"]


def test_no_official_split_to_take(tracks: list[Track]) -> None:
    with pytest.raises(FstMuseError, match="no official split"):
        split_tracks(tracks, official=True)


def test_balanced_parts_hold_as_many_of_each_genre(tracks: list[Track]) -> None:
    split = split_tracks(tracks, balance=True)

    for part in PARTS:
        counts = Counter(tracks[i].genre for i in split.part(part))
        assert len(counts) == 3
        assert len(set(counts.values())) == 1
    placed = len(split.train) + len(split.validation) + len(split.test)
    assert placed + len(split.left_out) == len(tracks)
    assert {reason for _, reason in split.left_out} == {"left out to balance the genres"}
    rock = [i for i in split.train if tracks[i].genre == "Rock"]
    assert len({tracks[i].artist for i in rock}) == len(rock)


def test_too_little_music(make_track: MakeTrack) -> None:
    with pytest.raises(FstMuseError, match="no music was found"):
        split_tracks([])
    with pytest.raises(FstMuseError, match=r"clips \(8\) are Rock; add music of another genre"):
        split_tracks([make_track("Rock", str(n)) for n in range(8)])
    with pytest.raises(FstMuseError, match="3 clips are too few to train and to test"):
        split_tracks([make_track(g, g) for g in ("Rock", "Jazz", "Pop")])


# -- what the model knows already, copies, guests ----------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_what_was_heard_before_is_for_training(tracks: list[Track], seed: int) -> None:
    heard = {i for i, track in enumerate(tracks) if track.artist.startswith(("Rock 1", "Folk 1"))}

    split = split_tracks(tracks, seed=seed, known=heard)

    assert heard <= set(split.train)
    for part in PARTS:
        assert {tracks[i].genre for i in split.part(part)} == {"Rock", "Jazz", "Folk"}


def test_an_official_test_that_was_heard_before_is_left_out(make_track: MakeTrack) -> None:
    tracks = official(make_track)
    heard = [split_tracks(tracks).test[0], split_tracks(tracks).train[0]]

    split = split_tracks(tracks, known=heard)

    assert heard[1] in split.train
    assert dict(split.left_out) == {
        heard[0]: "the model that the training starts from knows its artist"
    }
    assert any("1 clip of the official validation and test" in note for note in split.notes)


def test_a_sound_is_tested_once(make_track: MakeTrack) -> None:
    tracks = [make_track(g, f"{g} {n}", "x") for g in ("Rock", "Folk") for n in range(20)]
    copies = [replace(tracks[0], path=Path(f"copy {n}.wav")) for n in range(3)]
    # The largest artist is learned from, and so the next largest is tested on.
    more = [make_track("Rock", "Rock 1", str(n)) for n in range(7)]
    sounds = {track.path: "same" for track in (tracks[0], *copies)}

    tested = split_tracks([*tracks, *copies, *more], sounds=sounds, validation=0.1, test=0.6)
    learned = split_tracks([*tracks, *copies], sounds=sounds)

    assert 0 in tested.test
    assert dict(tested.left_out) == dict.fromkeys((40, 41, 42), "a copy of Rock-Rock 0-x.wav")
    assert {0, 40, 41, 42} <= {*learned.train}
    assert learned.left_out == ()


def test_guests_are_no_other_artist(make_track: MakeTrack) -> None:
    tracks = [
        make_track(genre, f"{genre} {n}{guest}", "x")
        for genre in ("Rock", "Hip-Hop")
        for n in range(10)
        for guest in ("", " feat. Guest", " (ft. Guest)", " Featuring Guest")
    ]
    parts = split_tracks(tracks).by_track(len(tracks))
    assert all(len({*parts[i : i + 4]}) == 1 for i in range(0, len(tracks), 4))
    assert len({*parts}) == 3
