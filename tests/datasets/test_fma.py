"""FMA as its authors ship it, and as it must not be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fstmuse_core.datasets.fma import read_fma
from fstmuse_core.system.errors import FstMuseError

from .conftest import COLUMNS, ROWS, write_clip, write_tracks_csv


def test_reads_tracks_with_artists_albums_and_official_parts(fma: Path) -> None:
    tracks = {int(track.path.stem): track for track in read_fma(fma).tracks}

    assert sorted(tracks) == [2, 5, 10, 1141, 1142, 1300, 1301]
    first = tracks[2]
    assert first.path == fma / "fma_small" / "000" / "000002.mp3"
    assert (first.artist, first.album, first.title) == ("Rapper", "Album", "Track 2")
    assert first.artist_id != tracks[5].artist_id
    assert first.seconds == 30.0
    assert first.licence == "CC BY"
    assert [tracks[n].official_part for n in (2, 5, 1142)] == ["train", "test", "validation"]


def test_punk_is_what_has_punk_or_a_kind_of_it_among_all_genres(fma: Path) -> None:
    genres = {int(track.path.stem): track.genre for track in read_fma(fma).tracks}

    assert genres[1141] == genres[1142] == "Punk"
    assert genres[10] == "Rock"


def test_missing_unlisted_and_unlabelled_files_are_set_aside(fma: Path) -> None:
    write_clip(fma / "fma_small" / "009" / "009999.mp3")

    reasons = {aside.path.name: aside.reason for aside in read_fma(fma).set_aside}

    # 1500 is of the medium subset, which nobody has here.
    assert reasons == {
        "001400.mp3": "the file is missing",
        "001302.mp3": "FMA gives it no main genre",
        "009999.mp3": "tracks.csv does not list it",
    }


@pytest.mark.parametrize("name", ["", "fma_small", "fma_metadata"])
def test_any_of_its_folders_may_be_named(fma: Path, name: str) -> None:
    assert len(read_fma(fma / name).tracks) == 7


def test_a_larger_subset_adds_its_tracks(fma: Path) -> None:
    write_clip(fma / "fma_medium" / "001" / "001500.mp3")

    collection = read_fma(fma)

    assert len(collection.tracks) == 8
    assert collection.tracks[-1].path.parts[-3:] == ("fma_medium", "001", "001500.mp3")


def metadata_of(fma: Path, name: str = "tracks.csv") -> Path:
    return fma / "fma_metadata" / name


def test_a_cut_table_is_said(fma: Path) -> None:
    file = metadata_of(fma)
    whole = file.read_bytes()
    for cut in (len(whole) // 2, whole.rindex(b"[12, 17]"), whole.index(b"raised"), 40, 0):
        file.write_bytes(whole[:cut])
        with pytest.raises(FstMuseError) as caught:
            read_fma(fma)
        assert str(caught.value).startswith("tracks.csv: it")
        assert "fetch fma_metadata.zip again" in str(caught.value)


def test_other_columns_are_named(fma: Path) -> None:
    columns = [column for column in COLUMNS if column != ("track", "genres_all")]
    write_tracks_csv(metadata_of(fma), ROWS, columns)

    with pytest.raises(FstMuseError, match=r"not those of FMA \(without track.genres_all\)"):
        read_fma(fma)


def test_a_table_of_something_else(fma: Path) -> None:
    metadata_of(fma).write_text("path,genre\na.mp3,Rock\nb.mp3,Jazz\n")

    with pytest.raises(FstMuseError, match="columns are not those of FMA"):
        read_fma(fma)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"genre_id,title\n1,Avant-Garde\n"])
def test_a_bad_table_of_genres(fma: Path, content: bytes) -> None:
    metadata_of(fma, "genres.csv").write_bytes(content)

    with pytest.raises(FstMuseError, match=r"^genres.csv: .*fetch fma_metadata.zip again"):
        read_fma(fma)


def test_no_table_of_genres(fma: Path) -> None:
    metadata_of(fma, "genres.csv").unlink()

    with pytest.raises(FstMuseError, match=r"genres.csv: it cannot be read"):
        read_fma(fma)


def test_metadata_without_sound_says_how_to_get_it(fma: Path) -> None:
    shutil.rmtree(fma / "fma_small")

    with pytest.raises(FstMuseError, match="fstmuse data fetch fma-small"):
        read_fma(fma)


def test_sound_without_metadata(fma: Path) -> None:
    shutil.rmtree(fma / "fma_metadata")

    with pytest.raises(FstMuseError, match=r"there is no fma_metadata/tracks.csv"):
        read_fma(fma)
