"""Teaching experts on the tagger's outputs, on made-up rows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.toy_model import build_toy_model
from fstmuse_core.training.metrics import ClipScores, Ints
from fstmuse_core.training.plan import IGNORED, ModelPlan
from fstmuse_core.training.starter.experts import (
    TaggedData,
    by_collection,
    fit_on,
    joined_scores,
    left_out_scores,
    thresholds_for,
    unknown_genres,
)
from fstmuse_core.training.tagger_head import artist_weights, fit_tagger_head, tag_table
from fstmuse_core.training.tagger_rows import outputs_of

TAGS = tuple(find_bundle("tagger").manifest.genres)
PLAN = ModelPlan("p", "P", ("Rock", "Jazz"), build_toy_model, 0.5)
N = 60


@pytest.fixture(scope="module")
def data() -> TaggedData:
    """Rock and Jazz with the tags to match, and Blues, in two collections of other levels."""
    rng = np.random.default_rng(0)
    genres = np.array(["Rock", "Jazz", "Blues"])[np.arange(N) % 3]
    rows = rng.normal(0.0, 0.5, (N, 20 + len(TAGS))).astype(np.float32)
    for index, genre in enumerate(genres):
        rows[index, 20 + TAGS.index(genre.lower())] += 4.0
    rows[: N // 2] += 0.3
    tracks = [
        Track(
            path=Path(f"{i}.wav"),
            genre=str(genre),
            artist=f"artist {i // 2}",
            title=str(i),
            seconds=30.0,
            collection="here" if i < N // 2 else "there",
        )
        for i, genre in enumerate(genres)
    ]
    return TaggedData(tracks, PLAN.roles(tracks), rows, TAGS)


def test_what_a_genre_is_a_kind_of_is_no_other_music() -> None:
    def others(*genres: str) -> set[str]:
        table = tag_table(genres, TAGS)[len(genres) :]
        return {TAGS[number] for number in table[table >= 0]}

    assert {"electronic", "jazz"} <= others("Rock", "Folk")
    assert "electronic" not in others("House", "Folk")
    assert "jazz" in others("House", "Folk")


def test_each_genre_reads_its_own_tag_and_other_music_the_rest() -> None:
    table = tag_table(("Metal", "Zouk", "Rock"), TAGS)
    named = [[TAGS[i] for i in row if i >= 0] for row in table]
    assert named[0] == ["metal", "heavy metal"]
    assert named[1] == []
    assert named[2] == ["rock"]
    others = [tag for row in named[3:] for tag in row]
    assert "MTT classical" in others
    assert "blues" in others
    assert "metal" not in others


def test_artists_of_a_class_count_alike() -> None:
    weights = artist_weights(np.array([0, 0, 0, 1]), ["a", "a", "b", "c"])
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] + weights[1] == pytest.approx(weights[2])


def test_few_songs_do_not_make_it_forget_the_tags(data: TaggedData) -> None:
    """One Jazz song among many Rock songs: the head forgets Jazz, the mixture does not."""
    classes = data.roles.copy()
    classes[np.flatnonzero(data.roles == 1)[1:]] = IGNORED
    artists = [track.artist for track in data.tracks]
    head = fit_tagger_head(data.rows, classes, artists, PLAN.genres, TAGS, (0.2, 0.8, 0.0))
    jazz = outputs_of(data.rows[data.roles == 1], len(TAGS))
    said = head.join(jazz, np.zeros((20, 2), np.float32), np.zeros(20, np.float32))
    assert (said.logits.argmax(axis=1) == 1).mean() > 0.9


def test_a_plan_says_how_much_of_a_tag_s_mean_is_taken_off(data: TaggedData) -> None:
    """Music that is Rock by most tags: less is called Jazz where less is taken off Rock's."""
    rows = data.rows.copy()
    rows[:, 20 + TAGS.index("rock")] += 3.0
    data = TaggedData(data.tracks, data.roles, rows, TAGS)
    heads = [
        fit_on(data, replace(PLAN, tag_offset=offset), data.roles != IGNORED)
        for offset in (0.65, 0.85)
    ]
    less, more = (head.offsets[0] for head in heads)
    assert less == pytest.approx(more * 0.65 / 0.85, rel=1e-5)
    outputs = outputs_of(rows, len(TAGS))
    rock = [head.read_tags(outputs.tags)[:, 0].mean() for head in heads]
    assert rock[0] > rock[1]


def test_the_same_clips_give_the_same_head(data: TaggedData) -> None:
    artists = [track.artist for track in data.tracks]
    heads = [
        fit_tagger_head(data.rows, data.roles, artists, PLAN.genres, TAGS, (0.2, 0.8, 0.0))
        for _ in range(2)
    ]
    assert heads[0].to_bytes() == heads[1].to_bytes()


def test_clips_that_could_not_be_heard_keep_the_network_s_answer(data: TaggedData) -> None:
    rows = data.rows.copy()
    rows[5] = np.nan
    network = ClipScores(np.zeros((N, 2)), np.full(N, -3.0))
    folds = np.arange(N) // 2 % 5
    scores = joined_scores(TaggedData(data.tracks, data.roles, rows, TAGS), PLAN, network, folds)
    assert scores.novelty[5] == -3.0
    known = data.roles < 2
    known[5] = False
    assert (scores.logits.argmax(axis=1) == data.roles)[known].mean() > 0.9


def test_a_collection_is_judged_by_what_the_others_taught(
    data: TaggedData, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fstmuse_core.training.starter import experts

    taught: list[set[str]] = []
    fit = fit_tagger_head

    def spy(
        rows: FloatArray, classes: Ints, artists: list[str], *rest: Any, **options: Any
    ) -> object:
        taught.append({a for a, c in zip(artists, classes, strict=True) if c != IGNORED})
        return fit(rows, classes, artists, *rest, **options)

    monkeypatch.setattr(experts, "fit_tagger_head", spy)
    judged, scores = left_out_scores(data, PLAN)
    assert judged.all()
    here = {track.artist for track in data.tracks if track.collection == "here"}
    assert [bool(names & here) for names in taught] == [False, True]
    rows = by_collection(data, PLAN, judged, scores)
    assert [row.collection for row in rows] == ["here", "there"]
    assert min(row.recall for row in rows) > 0.9


def test_an_unknown_genre_is_hidden_from_those_who_judge_it(data: TaggedData) -> None:
    (blues,) = unknown_genres(data, PLAN, np.arange(N) // 2 % 5)
    assert blues.genre == "Blues"
    assert blues.songs == 20
    assert blues.rejected > 0.8


def test_names_for_other_music_raise_the_threshold(data: TaggedData) -> None:
    """Rows of Blues that look like weak Jazz must not be named."""
    rows = data.rows.copy()
    other = data.roles == 2
    rows[other, 20 + TAGS.index("blues")] = 0.0
    rows[other, 20 + TAGS.index("jazz")] += 1.0
    mixed = TaggedData(data.tracks, data.roles, rows, TAGS)
    none = TaggedData(data.tracks, np.where(other, IGNORED, data.roles), rows, TAGS)
    limits = [thresholds_for(each, PLAN, None) for each in (mixed, none)]  # type: ignore[arg-type]
    assert limits[0].confidence > limits[1].confidence
