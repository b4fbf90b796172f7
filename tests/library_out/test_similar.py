"""Songs that sound alike, and journeys between them: found, listed and written as playlists."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bundle import (
    TAGGER_HEAD_NAME,
    find_bundle,
    user_models_folder,
    write_bundle,
)
from fstmuse_core.bundle.tagger import Tagger
from fstmuse_core.classify.tagger_session import file_embedding
from fstmuse_core.library.copies import known_copies, read_prints, without_copies
from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import State
from fstmuse_core.library.similar import SongFinder, SongIndex, journey, load_index
from fstmuse_core.library.sounds import (
    StoredSound,
    keep_print,
    keep_sound,
    packed_print,
    register_tagger,
)
from fstmuse_core.system.errors import FstMuseError
from tests.library_out.conftest import MODEL, Shelf, answer, make_row

Run = Callable[..., tuple[int, str, str]]
RATE = 22_050
FIRST, SECOND = "1" * 64, "2" * 64


def give(library: Library, content: str, embedding: Sequence[float], tagger: str = FIRST) -> None:
    """Let a tagger have said this of a sound."""
    data = np.asarray(embedding, "<f2").tobytes()
    with library.writing() as connection:
        number = register_tagger(connection, tagger)
        keep_sound(connection, content, number, StoredSound(data, data, "[]", b""))


def angle(degrees: float) -> tuple[float, float]:
    """A direction; its cosine with that of 0 degrees is known."""
    return float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))


@pytest.fixture
def circle(library_store: Shelf) -> Shelf:
    """Eleven songs whose sounds lie 9 degrees from one another, in turn by two artists."""
    names = [f"song {n:02}.mp3" for n in range(11)]
    library_store.put(*names)
    for n, name in enumerate(names):
        said = {name: answer("Rock" if n < 6 else "Jazz", 0.9)}
        library_store.hear(MODEL, said, artist="AB"[n % 2], title=f"Title {n}")
        give(library_store.library, name, angle(9 * n))
    return library_store


def path_of(shelf: Shelf, n: int) -> str:
    return str(shelf.folder / f"song {n:02}.mp3")


def test_the_nearest_come_first_and_the_song_itself_not(circle: Shelf, fstmuse: Run) -> None:
    code, out, err = fstmuse("similar", path_of(circle, 3), "-n", "4", "--format", "json")

    assert (code, err) == (0, "")
    found = json.loads(out)
    numbers = [int(one["title"].removeprefix("Title ")) for one in found]
    assert (set(numbers[:2]), set(numbers[2:])) == ({2, 4}, {1, 5})
    assert found[0]["nearness"] == pytest.approx(np.cos(np.radians(9)), abs=1e-3)
    assert (found[0]["genre"], found[0]["artist"]) == ("Rock", "A")


def test_a_song_is_known_by_its_title_too(circle: Shelf, fstmuse: Run) -> None:
    by_path = fstmuse("similar", path_of(circle, 0))
    assert fstmuse("similar", "title 0") == by_path
    assert fstmuse("similar", "a - Title 0") == by_path
    assert fstmuse("similar", "song 00") == by_path
    assert len(by_path[1].splitlines()) == 10
    assert by_path[1].splitlines()[0].split() == [
        "99",
        "Rock",
        *path_of(circle, 1).split(),
    ]


def test_several_songs_are_taken_together(circle: Shelf, fstmuse: Run) -> None:
    _, out, _ = fstmuse(
        *("similar", path_of(circle, 2), path_of(circle, 8)), *("-n", "1", "--format", "csv")
    )
    (found,) = csv.DictReader(io.StringIO(out))
    assert Path(found["path"]).name == "song 05.mp3"


def test_a_playlist_like_a_song_begins_with_it(circle: Shelf, fstmuse: Run, tmp_path: Path) -> None:
    file = tmp_path / "like.m3u8"
    code, out, err = fstmuse("similar", path_of(circle, 9), "-n", "2", "-o", file)

    assert (code, out, err) == (0, "", f"3 songs in {file}\n")
    lines = file.read_text().splitlines()
    assert lines[:3] == [
        "#EXTM3U",
        "# Made by FstMuse, which may replace it",
        "#PLAYLIST:Like Title 9",
    ]
    assert lines[4] == "music/song 09.mp3"
    assert set(lines[6::2]) == {"music/song 08.mp3", "music/song 10.mp3"}
    fstmuse("similar", path_of(circle, 9), "-n", "2", "-o", file, "--absolute")
    assert file.read_text().splitlines()[4] == path_of(circle, 9)


def test_a_list_of_somebody_else_is_not_replaced(
    circle: Shelf, fstmuse: Run, tmp_path: Path
) -> None:
    file = tmp_path / "mine.m3u8"
    file.write_text("#EXTM3U\nmy own\n")
    code, _, err = fstmuse("similar", path_of(circle, 1), "-o", file)
    assert (code, file.read_text()) == (1, "#EXTM3U\nmy own\n")
    assert err == f"fstmuse: {file.name}: there is one of this name that FstMuse did not make; " + (
        "choose another place\n"
    )


@pytest.mark.parametrize("name", ["list.txt", "list.m3u"])
def test_an_unknown_ending_is_refused(
    circle: Shelf, fstmuse: Run, tmp_path: Path, name: str
) -> None:
    code, _, err = fstmuse("similar", path_of(circle, 1), "-o", tmp_path / name)
    assert code == 1
    assert "let it end in .m3u8, .csv or .json" in err


def test_an_index_finds_what_all_distances_say() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 16))
    index = SongIndex(FIRST, [str(n) for n in range(500)], rows)
    wanted = index.wanted([rows[7].astype(np.float32)])
    cosines = rows @ rows[7] / np.linalg.norm(rows, axis=1) / np.linalg.norm(rows[7])
    order = [n for n in np.argsort(-cosines).tolist() if n not in (7, 9)]
    found = index.nearest(wanted, 30, among=~np.isin(np.arange(500), [7, 9]))
    assert [place for place, _ in found] == order[:30]
    assert [cosine for _, cosine in found] == pytest.approx(cosines[order[:30]], abs=1e-5)
    assert len(index.nearest(wanted, 1000)) == 500


# -- journeys ------------------------------------------------------------------------------


def test_a_journey_goes_from_song_to_song(circle: Shelf, fstmuse: Run) -> None:
    code, out, err = fstmuse("journey", "Title 0", "Title 10", "--songs", "6", "--format", "json")

    assert (code, err) == (0, "")
    names = [int(one["title"].removeprefix("Title ")) for one in json.loads(out)]
    assert (names[0], names[-1], len(names)) == (0, 10, 6)
    assert names == sorted(names)
    artists = [n % 2 for n in names]
    assert sum(one == other for one, other in pairwise(artists)) <= 1
    assert max(np.diff(names)) <= 3


def test_a_journey_is_shorter_where_little_lies_between(circle: Shelf, fstmuse: Run) -> None:
    code, out, err = fstmuse("journey", "Title 2", "Title 5", "--songs", "12")
    assert (code, len(out.splitlines())) == (0, 4)
    assert err == "fstmuse: 4 songs, not 12: no more of the library lie on the way\n"
    _, out, err = fstmuse("journey", "Title 2", "Title 3", "--songs", "2")
    assert (len(out.splitlines()), err) == (2, "")


def test_no_artist_twice_in_a_row_where_that_can_be() -> None:
    """The nearest way leads through one artist's songs alone."""
    degrees = [0, 20, 21, 40, 41, 60, 61, 80]
    artists = ["A", "A", "B", "A", "B", "A", "C", "D"]
    index = SongIndex(FIRST, [str(d) for d in degrees], np.array([angle(d) for d in degrees]))
    rows = [
        make_row(f"/{d}.mp3", content=str(d), artist=artist)
        for d, artist in zip(degrees, artists, strict=True)
    ]
    steps = journey(SongFinder(index, rows), rows[0], rows[-1], 5)
    found = [step.row.artist for step in steps]
    assert len(found) == 5
    assert all(one != other for one, other in pairwise(found))
    # Unknown artists are distinct.
    nameless = [row._replace(artist="") for row in rows]
    assert len(journey(SongFinder(index, nameless), nameless[0], nameless[-1], 8)) == 8


def test_a_journey_to_the_same_sound_is_refused(circle: Shelf, fstmuse: Run) -> None:
    code, _, err = fstmuse("journey", path_of(circle, 1), path_of(circle, 1))
    assert code == 1
    assert "so nothing lies between; name another song" in err


def test_a_journey_as_a_playlist(circle: Shelf, fstmuse: Run, tmp_path: Path) -> None:
    file = tmp_path / "way.m3u8"
    assert fstmuse("journey", "Title 0", "Title 4", "--songs", "5", "-o", file)[0] == 0
    lines = file.read_text().splitlines()
    assert lines[2] == "#PLAYLIST:Title 0 to Title 4"
    assert lines[4::2] == [f"music/song {n:02}.mp3" for n in range(5)]


# -- what cannot be ------------------------------------------------------------------------


def test_an_empty_library(library_store: Shelf, fstmuse: Run) -> None:
    code, _, err = fstmuse("similar", "whatever")
    assert code == 1
    assert err == (
        "fstmuse: Your library: of no song is kept what it sounds like; let a model listen that "
        "stands on a tagger: fstmuse library classify\n"
    )


def test_a_library_of_one_song(library_store: Shelf, fstmuse: Run) -> None:
    library_store.put("one.mp3")
    library_store.hear(MODEL, {"one.mp3": answer("Rock", 0.9)})
    give(library_store.library, "one.mp3", angle(0))
    code, _, err = fstmuse("similar", library_store.folder / "one.mp3")
    assert code == 1
    assert "it holds no other song to compare with; add more" in err


def test_a_song_that_is_nowhere(circle: Shelf, fstmuse: Run) -> None:
    code, _, err = fstmuse("similar", "nowhere.mp3")
    assert code == 1
    assert err == (
        "fstmuse: nowhere.mp3: the library has no such song, and there is no such file; "
        "check the name\n"
    )
    code, _, err = fstmuse("journey", "Title 1", "nowhere.mp3")
    assert code == 1
    assert "nowhere.mp3: the library has no such song; add its folder" in err


def test_a_file_s_name_is_enough_also_beside_a_folder_of_that_name(
    circle: Shelf, fstmuse: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fstmuse("similar", "song 00.mp3")[0] == 0
    (tmp_path / "here" / "Title 1").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert fstmuse("similar", "Title 1")[0] == 0


def test_a_title_that_several_songs_have(circle: Shelf, fstmuse: Run) -> None:
    with circle.library.writing() as connection:
        connection.execute("UPDATE files SET title = 'Intro' WHERE id < 4")
    code, _, err = fstmuse("similar", "intro")
    assert code == 1
    assert "intro: 3 songs are called so (" in err
    assert "name a path" in err


def test_songs_without_embedding_are_counted(circle: Shelf, fstmuse: Run) -> None:
    with circle.library.writing() as connection:
        connection.execute("DELETE FROM embeddings WHERE content > 'song 08'")
    _, out, err = fstmuse("similar", path_of(circle, 0))
    assert len(out.splitlines()) == 7
    assert err.startswith("fstmuse: 3 songs left out, whose sound is not kept")
    code, _, err = fstmuse("journey", path_of(circle, 0), path_of(circle, 10))
    assert code == 1
    assert "what it sounds like is not kept; let it be heard: fstmuse library classify" in err


def test_taggers_are_not_mixed(circle: Shelf, fstmuse: Run) -> None:
    """Numbers of two taggers have nothing to do with each other."""
    for n in range(3):
        give(circle.library, f"song {n:02}.mp3", (1.0, 0.0, 0.0), tagger=SECOND)
    index = load_index(circle.library)
    assert (index.tagger_sha256, len(index)) == (FIRST, 11)
    assert len(load_index(circle.library, SECOND)) == 3
    assert len(fstmuse("similar", path_of(circle, 0))[1].splitlines()) == 10


def test_a_tagger_that_is_not_installed(circle: Shelf, fstmuse: Run, tmp_path: Path) -> None:
    """Only a song from outside needs it."""
    soundfile.write(tmp_path / "new.wav", np.ones(100), RATE)
    code, _, err = fstmuse("similar", tmp_path / "new.wav")
    assert code == 2
    assert "the one with the hash 111111111111, which the model stands on, is missing" in err


def test_a_model_without_a_tagger_keeps_nothing(circle: Shelf, fstmuse: Run) -> None:
    bundle = find_bundle("toy-model")
    names = [name for name in bundle.manifest.files if name != TAGGER_HEAD_NAME]
    files = {name: (bundle.path / name).read_bytes() for name in names}
    manifest = replace(bundle.manifest, name="plain", tagger="")
    write_bundle(user_models_folder() / "plain", manifest, files)
    code, _, err = fstmuse("similar", path_of(circle, 0), "--model", "plain")
    assert code == 1
    assert "plain: it stands on no tagger, so nothing is kept of how songs sound" in err


def test_files_that_are_gone_are_not_found(circle: Shelf) -> None:
    index = load_index(circle.library)
    rows = circle.library.rows(MODEL.sha256)
    there = [*rows[:2], *(row._replace(state=State.GONE) for row in rows[2:])]
    found = SongFinder(index, there).near([index.units[0]], 5, without=rows[:1])
    assert [near.row.path for near in found] == [rows[1].path]
    with pytest.raises(FstMuseError, match="no other song"):
        SongFinder(index, rows[:1]).near([index.units[0]], 5, without=rows[:1])


# -- songs from outside --------------------------------------------------------------------


def chord(pitch: float, seconds: float = 6.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(sum(0.1 * np.sin(2 * np.pi * pitch * k * t) / k for k in (1, 2, 3, 5)))


def test_a_file_from_outside_is_listened_to(
    library_store: Shelf, fstmuse: Run, tmp_path: Path
) -> None:
    tagger = Tagger(find_bundle("tagger"))
    names = ["low.wav", "high.wav", "noise.wav"]
    library_store.put(*names)
    library_store.hear(MODEL, {name: answer("Rock", 0.9) for name in names})
    sounds = [chord(110), chord(880), 0.1 * np.random.default_rng(0).normal(size=6 * RATE)]
    for name, sound in zip(names, sounds, strict=True):
        file = tmp_path / name
        soundfile.write(file, sound, RATE)
        give(library_store.library, name, file_embedding(str(file), tagger).tolist(), tagger.sha256)

    code, out, _ = fstmuse("similar", tmp_path / "high.wav", "-n", "1", "--format", "json")

    assert code == 0
    (found,) = json.loads(out)
    assert Path(found["path"]).name == "high.wav"
    assert found["nearness"] > 0.999
    soundfile.write(tmp_path / "silence.wav", np.zeros(5 * RATE), RATE)
    code, _, err = fstmuse("similar", tmp_path / "silence.wav")
    assert code == 1
    assert err.startswith("fstmuse: silence.wav: it is silent or shorter than 3 s, so nothing ")
    (tmp_path / "text.mp3").write_text("no sound")
    code, _, err = fstmuse("similar", tmp_path / "text.mp3")
    assert code == 1
    assert "text.mp3: " in err


def same_recording(shelf: Shelf, *songs: int) -> None:
    """Give songs one fingerprint, as copies of a recording have, and all others their own."""
    rng = np.random.default_rng(1)
    shared = rng.integers(0, 2**32, 400, dtype=np.uint32)
    with shelf.library.writing() as connection:
        for n in range(11):
            own = rng.integers(0, 2**32, 400, dtype=np.uint32)
            words = shared if n in songs else own
            keep_print(connection, f"song {n:02}.mp3", packed_print(words))


def test_copies_of_a_recording_are_listed_once(circle: Shelf, fstmuse: Run) -> None:
    same_recording(circle, 1, 2, 4)

    code, out, err = fstmuse("similar", path_of(circle, 0), "-n", "4")

    assert code == 0
    assert [Path(line.split("  ")[-1]).stem[-2:] for line in out.splitlines()] == [
        *("01", "03", "05", "06")
    ]
    assert "fstmuse: 2 copies of these left out; see: fstmuse library copies" in err


def test_copies_of_the_song_itself_are_not_like_it(circle: Shelf, fstmuse: Run) -> None:
    same_recording(circle, 0, 1, 3)
    _, out, _ = fstmuse("similar", path_of(circle, 0), "-n", "3")
    assert [Path(line.split("  ")[-1]).stem[-2:] for line in out.splitlines()] == ["02", "04", "05"]


def test_what_sounds_the_same_and_is_longer_is_no_copy(circle: Shelf) -> None:
    same_recording(circle, 1, 2)
    rows = circle.library.rows(MODEL.sha256)
    rows[2] = rows[2]._replace(seconds=400.0)
    prints = read_prints(circle.library, [row.content or "" for row in rows[:3]])
    assert len(prints) == 3
    assert [n for _, n in without_copies(rows[:3], prints)] == [0, 0, 0]
    rows[2] = rows[2]._replace(seconds=rows[1].seconds)
    assert [n for _, n in without_copies(rows[:3], prints)] == [0, 1]


def test_copies_by_what_the_library_knows(circle: Shelf) -> None:
    same_recording(circle, 1, 2)
    rows = circle.library.rows(MODEL.sha256)
    rows[1] = rows[1]._replace(format="MP3", bit_rate=128_000)
    rows[2] = rows[2]._replace(format="ALAC", bit_rate=900_000)
    ((group,),) = [found.groups for found in known_copies(rows, read_prints(circle.library))]
    assert [copy.row for copy in group] == [rows[2], rows[1]]
    assert [copy.why for copy in group] == ["lossless", "MP3 loses what ALAC keeps"]
