from __future__ import annotations

from pathlib import Path

import pytest

from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.system.errors import FstMuseError

HEAD = "path,genre,artist,title,seconds,licence,collection,tag_genre\n"


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "manifest.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_reads_tracks_with_canonical_genres(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "a/b.ogg,hip hop,Someone,Song,12.5,CC0,mine,Rap\n")
    (track,) = read_manifest(tmp_path)
    assert track.path == tmp_path / "a/b.ogg"
    assert (track.genre, track.artist, track.title) == ("Hip-Hop", "Someone", "Song")
    assert (track.seconds, track.licence) == (12.5, "CC0")
    assert (track.collection, track.tag_genre) == ("mine", "Rap")


def test_optional_columns_and_byte_order_mark(tmp_path: Path) -> None:
    file = write(tmp_path, "\ufeffpath,genre,artist,seconds\nx.wav,Jazz,A,3\n")
    (track,) = read_manifest(file)
    assert (track.genre, track.title, track.licence) == ("Jazz", "", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "column"),
        ("path,artist,seconds\nx,A,3\n", "column genre is missing; its headings are path, artist"),
        ("path,genre,artist\nx,Rock,A\n", "line 2 has no seconds, and the file is missing"),
        (HEAD, "lists no tracks"),
        (HEAD + "x.ogg,Rock,A,T,3,,,\nx.ogg, ,A,T,3,,,\n", "line 3 has no genre"),
        (HEAD + ",Rock,A,T,3,,,\n", "line 2 has no path"),
        (HEAD + "x.ogg,Rock,A,T,long,,,\n", "'long' seconds"),
        (HEAD + "x.ogg,Rock,A,T,inf,,,\n", "'inf' seconds"),
        (HEAD + "x.ogg,Rock,A,T,-1,,,\n", "'-1' seconds"),
        (HEAD + "x.ogg,Rock\n", "line 2 has no seconds"),
        (HEAD + 'x.ogg,Rock,"A,T,3,,,\n', "line 2 has a quotation mark that is not closed"),
        (HEAD + "x.ogg,Rock,A,T,3,,,,B,C\n", "line 2 has 10 cells for 8 columns"),
        (HEAD + f"x.ogg,{300 * 'x'},A,T,3,,,\n", "line 2 has a genre of 300 letters"),
        (b"PK\x03\x04\x14\x00\xff", "it is a spreadsheet's own file; save it as CSV"),
    ],
)
def test_bad_manifest_is_one_clear_line(tmp_path: Path, text: str | bytes, expected: str) -> None:
    write(tmp_path, text)
    with pytest.raises(FstMuseError) as caught:
        read_manifest(tmp_path)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_of_a_file_listed_twice_the_last_line_counts(tmp_path: Path) -> None:
    rows = "a.ogg,Rock,A,T,3,,,\nb.ogg,Jazz,B,T,3,,,\na.ogg,Folk,A,T,3,,,\n"
    write(tmp_path, HEAD + rows)
    collection = load_tracks(tmp_path)
    assert [(t.path.name, t.genre) for t in collection.tracks] == [
        ("a.ogg", "Folk"),
        ("b.ogg", "Jazz"),
    ]
    (aside,) = collection.set_aside
    assert (aside.path.name, aside.reason) == (
        "a.ogg",
        "it is listed again, as Folk, and the last line counts",
    )


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FstMuseError, match="cannot be read"):
        read_manifest(tmp_path / "nowhere")


def test_a_bad_row_leaves_the_others(tmp_path: Path) -> None:
    rows = ["x.ogg,Rock,A,T,3,,,", "y.ogg,Rock,A,T,long,,,", "z.ogg,Jazz,A,T,3,,,"]
    write(tmp_path, HEAD + "\n".join(rows) + "\n")

    collection = load_tracks(tmp_path)

    assert [track.path.name for track in collection.tracks] == ["x.ogg", "z.ogg"]
    (aside,) = collection.set_aside
    assert aside.path == tmp_path / "y.ogg"
    assert aside.reason == "line 3 has 'long' seconds, not a duration, and the file is missing"


def test_only_bad_rows(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "x.ogg,Rock,A,T,0,,,\n")
    with pytest.raises(FstMuseError, match="none of its files can be used"):
        load_tracks(tmp_path)


def test_an_unknown_genre_keeps_its_name_and_an_unknown_artist_has_none(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "x.ogg,Polka,,T,3,,,\n")
    (track,) = read_manifest(tmp_path)
    assert (track.genre, track.artist) == ("Polka", "")
