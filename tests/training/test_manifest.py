from __future__ import annotations

from pathlib import Path

import pytest

from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.errors import FstMuseError

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
        ("path,genre,artist\nx,Rock,A\n", "seconds is missing"),
        (HEAD, "lists no tracks"),
        (HEAD + "x.ogg,polka,A,T,3,,,\n", "line 2 has the unknown genre 'polka'"),
        (HEAD + "x.ogg,Rock,A,T,3,,,\nx.ogg,Rock, ,T,3,,,\n", "line 3 has no artist"),
        (HEAD + ",Rock,A,T,3,,,\n", "line 2 has no path"),
        (HEAD + "x.ogg,Rock,A,T,long,,,\n", "'long' seconds"),
        (HEAD + "x.ogg,Rock,A,T,inf,,,\n", "'inf' seconds"),
        (HEAD + "x.ogg,Rock,A,T,-1,,,\n", "'-1' seconds"),
        (HEAD + "x.ogg,Rock\n", "line 2 has no artist"),
        (HEAD.encode() + b"\xff\xfe,Rock,A,T,3,,,\n", "not a CSV table in UTF-8"),
        (HEAD + 'x.ogg,Rock,"A,T,3,,,\n', "not a CSV table"),
    ],
)
def test_bad_manifest_is_one_clear_line(tmp_path: Path, text: str | bytes, expected: str) -> None:
    write(tmp_path, text)
    with pytest.raises(FstMuseError) as caught:
        read_manifest(tmp_path)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FstMuseError, match="cannot be read"):
        read_manifest(tmp_path / "nowhere")
