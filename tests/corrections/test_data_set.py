"""The corrections as a data set: loaded, joined with others, split, exported."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.datasets.corrections.tracks import export_manifest
from fstmuse_core.datasets.detect import data_path, detect_kind, load_tracks
from fstmuse_core.datasets.groups import connected_tracks
from fstmuse_core.datasets.track import Collection, Track, merged
from fstmuse_core.system.errors import FstMuseError

from .conftest import RATE, MakeSong, answer, tag, tone


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CorrectionStore:
    """The store that the reserved name stands for."""
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path / "data"))
    return CorrectionStore()


# -- bad input ---------------------------------------------------------------------------


def test_before_anything_is_corrected(own: CorrectionStore, make_song: MakeSong) -> None:
    with pytest.raises(FstMuseError, match="Your corrections: nothing has been corrected yet; cor"):
        load_tracks(data_path("corrections"))
    own.correct_file(make_song(), "Folk", answer())
    own.undo()
    with pytest.raises(FstMuseError, match="nothing has been corrected yet"):
        load_tracks(data_path("corrections"))


def test_a_genre_that_no_verdict_could_name_is_set_aside(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    """Also where it was said before such names were refused."""
    store.correct_file(make_song("a.flac"), "Not Sure", answer())
    store.correct_file(make_song("b.flac", pitch=300), "Folk", answer())
    collection = load_tracks(store.folder)
    assert [track.genre for track in collection.tracks] == ["Folk"]
    assert [aside.reason for aside in collection.set_aside] == ["'Not Sure' is no genre"]


def test_what_is_gone_or_another_song_is_set_aside(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    for name, pitch in (("kept", 200), ("moved", 300), ("other", 400), ("tagged", 500)):
        store.correct_file(make_song(f"{name}.flac", pitch=pitch), "Folk", answer())
    songs = make_song("kept.flac", pitch=200).parent
    (songs / "moved.flac").unlink()
    make_song("other.flac", pitch=900)
    tag(songs / "tagged.flac", title="Anew")

    collection = load_tracks(store.folder)

    assert [track.path.stem for track in collection.tracks] == ["kept", "tagged"]
    assert {aside.path.stem: aside.reason for aside in collection.set_aside} == {
        "moved": "it was moved or removed after it was corrected",
        "other": "its sound has changed since it was corrected",
    }


def test_if_all_is_gone_it_says_why(store: CorrectionStore, make_song: MakeSong) -> None:
    song = make_song()
    store.correct_file(song, "Folk", answer())
    song.unlink()
    with pytest.raises(FstMuseError, match="none of its files can be used; 1 of 1: it was moved"):
        load_tracks(store.folder)


def test_a_newer_file_is_refused(store: CorrectionStore) -> None:
    store.folder.mkdir()
    (store.folder / "corrections.jsonl").write_bytes(b'{"fstmuse_corrections": 9}\n')
    with pytest.raises(FstMuseError, match="a newer FstMuse wrote them"):
        load_tracks(store.folder)


def test_reading_can_be_given_up(store: CorrectionStore, make_song: MakeSong) -> None:
    for n in range(3):
        store.correct_file(make_song(f"{n}.flac", pitch=200 + n), "Folk", answer())
    steps: list[tuple[int, int]] = []
    collection = load_tracks(
        store.folder,
        progress=lambda done, total: steps.append((done, total)),
        cancelled=lambda: len(steps) == 2,
    )
    assert steps == [(1, 3), (2, 3)]
    assert len(collection.tracks) == 2


# -- as tracks ---------------------------------------------------------------------------


def test_the_reserved_name_means_the_corrections(
    own: CorrectionStore, make_song: MakeSong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corrections").mkdir()
    monkeypatch.chdir(tmp_path)
    assert data_path("corrections") == own.folder
    assert data_path("./corrections") == tmp_path / "corrections"
    assert data_path(os.fspath(own.folder)) == own.folder
    own.correct_file(make_song(), "Folk", answer())
    assert detect_kind(own.folder) == "corrections"


def test_tracks_have_what_the_tags_say(store: CorrectionStore, make_song: MakeSong) -> None:
    song = make_song(artist="Ana", title="Ferry", album="Boats")
    store.correct_file(song, "Folk", answer())
    store.correct_take(tone(440), RATE, "Recording", "Rock", answer())

    collection = load_tracks(store.folder)

    assert (collection.kind, collection.genres) == ("corrections", ("Folk", "Rock"))
    ferry, take = collection.tracks
    assert (ferry.path, ferry.artist, ferry.album) == (song, "Ana", "Boats")
    assert ferry.album_id
    assert (take.title, take.artist, take.album_id) == ("Recording", "", "")
    assert take.seconds == pytest.approx(4.0)


def test_songs_of_unknown_artists_stand_alone(store: CorrectionStore, make_song: MakeSong) -> None:
    for n, tags in enumerate([{}, {}, {"artist": "Ana"}, {"artist": "ANA"}]):
        store.correct_file(make_song(f"{n}.flac", pitch=200 + n, **tags), "Folk", answer())
    groups = connected_tracks(load_tracks(store.folder).tracks)
    assert groups == [[0], [1], [2, 3]]


@pytest.mark.parametrize("first", ["music", "corrections"])
def test_a_correction_wins_over_the_data_set_it_came_from(
    store: CorrectionStore, make_song: MakeSong, first: str
) -> None:
    song, other = make_song("rock/a.flac", pitch=220), make_song("rock/b.flac", pitch=330)
    store.correct_file(song, "Folk", answer())
    found = [load_tracks(song.parent.parent), load_tracks(store.folder)]
    if first == "corrections":
        found.reverse()
    genres = {track.path: track.genre for track in merged(found).tracks}
    assert genres == {song: "Folk", other: "Rock"}


def test_a_correction_leaves_what_only_the_data_set_knows() -> None:
    where = Path("music/a.mp3")
    placed = Track(
        where,
        "Rock",
        "Ana",
        "Ferry",
        30.0,
        artist_id="7",
        album_id="9",
        official_part="test",
    )
    corrected = Track(where, "Folk", "", "Ferry", 30.0, album_id="music/Boats")
    found = [
        Collection(Path("music"), "fma", (placed,)),
        Collection(Path("mine"), "corrections", (corrected,)),
    ]

    assert merged(found).tracks == (replace(placed, genre="Folk"),)


# -- export ------------------------------------------------------------------------------


def test_an_exported_manifest_is_a_data_set(
    store: CorrectionStore, make_song: MakeSong, tmp_path: Path
) -> None:
    store.correct_file(make_song("a, b.flac", artist="Ana", album="Boats"), "Folk", answer())
    store.correct_file(make_song("c.flac", pitch=330), "Rock", answer())
    store.correct_file(make_song("d.flac", pitch=340), "Hip-Hop", answer())
    collection = load_tracks(store.folder)

    left_out = export_manifest(collection, tmp_path / "music" / "manifest.csv")

    assert left_out == []
    text = (tmp_path / "music" / "manifest.csv").read_text("utf-8")
    assert '\n"a, b.flac",Folk,Ana,' in text, "relative to where it lies"
    again = load_tracks(tmp_path / "music")
    assert again.kind == "manifest"
    assert [(t.path, t.genre) for t in again.tracks] == [
        (t.path, t.genre) for t in collection.tracks
    ]
    assert len(connected_tracks(again.tracks)) == 3, "unknown artists are not one"
    assert [t.artist for t in again.tracks] == ["Ana", "", ""], "and not known either"
    export_manifest(collection, tmp_path / "elsewhere.csv")
    elsewhere = load_tracks(tmp_path / "elsewhere.csv")
    assert [t.path for t in elsewhere.tracks] == [t.path for t in collection.tracks]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_fit_into_no_table_are_left_out(
    store: CorrectionStore, make_song: MakeSong, tmp_path: Path
) -> None:
    for n, name in enumerate(["a\udcff.flac", " b.flac", "c.flac"]):
        song = make_song(pitch=200 + n)
        store.correct_file(song.rename(song.with_name(name)), "Folk", answer())
    left_out = export_manifest(load_tracks(store.folder), tmp_path / "music" / "out.csv")
    assert [aside.path.name for aside in left_out] == ["a\udcff.flac", " b.flac"]
    assert [t.path.name for t in load_tracks(tmp_path / "music" / "out.csv").tracks] == ["c.flac"]


def test_an_export_that_cannot_be_written_is_said(
    store: CorrectionStore, make_song: MakeSong, tmp_path: Path
) -> None:
    store.correct_file(make_song(), "Folk", answer())
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FstMuseError, match=re.escape("out.csv: it cannot be written")):
        export_manifest(load_tracks(store.folder), tmp_path / "file" / "out.csv")
