"""One genre for an album: by all songs together, shown where they disagree, written on request."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.cli import main
from fstmuse_core.library.rows import ReviewKind
from fstmuse_core.library.tagging import Album, by_album, file_genres, find_albums
from fstmuse_core.tags.formats import open_tags
from tests.library_out.conftest import MODEL, Shelf, answer

Fstmuse = Callable[..., tuple[int, str, str]]
NAME = ("--model", MODEL.sha256[:8])


@pytest.fixture
def shelf(library_store: Shelf) -> Shelf:
    """An album of three Rock songs and one Jazz, one that is split, and a single song."""
    library_store.put("a/1.mp3", "a/2.mp3", "a/3.mp3", "a/4.mp3", "b/1.mp3", "b/2.mp3", "c/1.mp3")
    rock = {f"a/{n}.mp3": answer("Rock", 0.9) for n in (1, 2, 3)}
    library_store.hear(
        MODEL, {**rock, "a/4.mp3": answer("Jazz", 0.6)}, album="First", artist="Someone"
    )
    split = {"b/1.mp3": answer("Rock", 0.5), "b/2.mp3": answer("Jazz", 0.45, sure=False)}
    library_store.hear(MODEL, split, album="Second")
    library_store.hear(MODEL, {"c/1.mp3": answer("Folk", 0.9)}, album="Third")
    return library_store


def albums_of(shelf: Shelf) -> dict[str, Album]:
    rows = shelf.library.rows(MODEL.sha256)
    return {album.title: album for album in find_albums(shelf.library, MODEL, rows)}


def test_an_album_has_the_genre_of_its_songs_together(shelf: Shelf) -> None:
    albums = albums_of(shelf)
    assert set(albums) == {"First", "Second"}, "one song is no album"
    first = albums["First"]
    assert (first.genre, first.artist, first.n_agreeing, first.others) == (
        "Rock",
        "Someone",
        3,
        {"Jazz": 1},
    )
    assert first.scores["Rock"] == pytest.approx((3 * 0.9 + 0.2) / 4)
    assert albums["Second"].genre is None


def test_what_the_user_said_counts_as_certain(shelf: Shelf) -> None:
    shelf.library.review(shelf.ids("b/1.mp3", "b/2.mp3"), "Folk", ReviewKind.CORRECTED)
    second = albums_of(shelf)["Second"]
    assert (second.genre, second.scores) == ("Folk", {"Folk": 1.0})


def test_songs_get_their_albums_genre_unless_the_user_said_otherwise(shelf: Shelf) -> None:
    albums = list(albums_of(shelf).values())
    shelf.library.review(shelf.ids("a/3.mp3"), "Folk", ReviewKind.CORRECTED)
    rows = shelf.library.rows(MODEL.sha256)
    said = {
        file.path.relative_to(shelf.folder).as_posix(): file.said
        or max((score, genre) for genre, score in file.scores.items())[1]
        for file in by_album(file_genres(shelf.library, MODEL, rows), albums)
    }
    assert [said[f"a/{n}.mp3"] for n in (1, 2, 3, 4)] == ["Rock", "Rock", "Folk", "Rock"]
    assert said["b/2.mp3"] == "Jazz"


def test_the_command_shows_where_songs_disagree(shelf: Shelf, fstmuse: Fstmuse) -> None:
    code, out, err = fstmuse("albums", *NAME)
    assert code == 0
    second, first = out.splitlines()
    assert first.split() == "72 % Rock 3 of 4 songs Someone - First; others: Jazz 1".split()
    assert second.split()[2] in ("(Rock)", "(Jazz)")
    assert err == "fstmuse: 2 albums, in 1 of them songs disagree\n"

    _, out, _ = fstmuse("albums", *NAME, "--disagreeing", "--format", "json")
    (record,) = json.loads(out)
    assert (record["album"], record["genre"], record["songs_by_genre"]) == (
        "First",
        "Rock",
        {"Rock": 3, "Jazz": 1},
    )


def test_tags_are_written_by_album(
    library_store: Shelf, fstmuse: Fstmuse, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{n}.flac" for n in range(3)]
    library_store.put(*names)
    paths = [library_store.folder / name for name in names]
    for seed, path in enumerate(paths):
        noise = np.random.default_rng(seed).uniform(-0.3, 0.3, 22_050)
        soundfile.write(path, noise, 22_050)
    library_store.put()
    rock, jazz = answer("Rock", 0.9), answer("Jazz", 0.6)
    said = {names[0]: rock, names[1]: rock, names[2]: jazz}
    library_store.hear(MODEL, said, album="One")

    assert main(["tag", "write", "--by-album", *NAME]) == 0

    assert [open_tags(path).genres for path in paths] == [("Rock",)] * 3
    results = library_store.folder / "results.jsonl"
    Path(results).write_text("{}")
    capsys.readouterr()
    assert main(["tag", "preview", str(results), "--by-album"]) == 2
    assert "results hold genres of songs only" in capsys.readouterr().err
