"""Genre folders, tags, manifests, and telling them apart."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import mutagen
import pytest
import soundfile

from fstmuse_core.datasets import folders
from fstmuse_core.datasets.detect import detect_kind, load_tracks
from fstmuse_core.datasets.folders import named_genre, read_folders, read_tagged
from fstmuse_core.datasets.groups import connected_tracks
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.reading import read_tags

from .conftest import RATE, tone, write_clip


def tagged(path: Path, **tags: str) -> Path:
    write_clip(path)
    file = mutagen.File(path, easy=True)
    assert file is not None
    if file.tags is None:
        file.add_tags()
    for name, value in tags.items():
        file[name] = [value]
    file.save()
    return path


def m4a(path: Path) -> Path:
    """AAC in MP4, made by FFmpeg."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(2.0)[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def test_genre_folders_with_the_artist_from_the_folder_between(genre_folders: Path) -> None:
    collection = read_folders(genre_folders)

    assert collection.genres == ("Hip-Hop", "Rock")
    assert len(collection.tracks) == 6
    assert {track.artist for track in collection.tracks if track.genre == "Rock"} == {
        f"rock artist {n}" for n in range(3)
    }
    assert collection.tracks[0].seconds == pytest.approx(4.0, abs=0.01)


def test_a_folder_of_unknown_artists_is_no_artist(tmp_path: Path) -> None:
    for genre in ("rock", "jazz"):
        for who in ("Unknown Artist", "Various Artists", "The Band"):
            write_clip(tmp_path / genre / who / "a.wav")

    tracks = read_folders(tmp_path).tracks

    assert sorted(track.artist for track in tracks) == ["", "", "", "", "The Band", "The Band"]
    assert len(connected_tracks(tracks)) == 5


def test_music_beside_the_genre_folders_is_set_aside(tmp_path: Path) -> None:
    for name in ("rock/a.wav", "jazz/b.wav", "loose.wav"):
        write_clip(tmp_path / name)
    (tmp_path / "notes.txt").write_text("of mine")

    (aside,) = read_folders(tmp_path).set_aside

    assert (aside.path.name, aside.reason) == ("loose.wav", "it is in no genre's folder")


@pytest.mark.parametrize("inner", ["genres", "genres_original"])
def test_gtzan(tmp_path: Path, inner: str) -> None:
    for genre in ("blues", "hiphop", "metal"):
        for n in range(2):
            write_clip(tmp_path / inner / genre / f"{genre}.{n:05d}.au")
    (tmp_path / inner / "blues" / "blues.00007.wav").write_bytes(b"not a sound")

    collection = load_tracks(tmp_path)

    assert collection.kind == "folders"
    assert collection.genres == ("Blues", "Hip-Hop", "Metal")
    assert len(collection.tracks) == 6
    assert {track.artist for track in collection.tracks} == {""}
    assert [aside.path.name for aside in collection.set_aside] == ["blues.00007.wav"]


def test_an_unknown_folder_among_known_ones_keeps_its_name(tmp_path: Path) -> None:
    for genre in ("rock", "jazz", "Polka"):
        write_clip(tmp_path / genre / "a.wav")
    (tmp_path / "covers").mkdir()

    assert read_folders(tmp_path).genres == ("Jazz", "Polka", "Rock")


def test_folders_of_artists_are_read_by_tags(tmp_path: Path) -> None:
    for artist in ("Queen", "Abba", "Rock"):
        tagged(tmp_path / artist / "a.ogg", genre="Pop", artist=artist)

    assert detect_kind(tmp_path) == "tags"


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".flac"])
def test_id3_and_vorbis_tags(tmp_path: Path, suffix: str) -> None:
    tagged(tmp_path / f"a{suffix}", genre="hip hop", artist="Emcee", album="First", title="Song")

    (track,) = read_tagged(tmp_path).tracks

    assert (track.genre, track.tag_genre) == ("Hip-Hop", "hip hop")
    assert (track.artist, track.album, track.title) == ("Emcee", "First", "Song")
    assert track.seconds == pytest.approx(4.0, abs=0.1)


def test_id3_genre_by_number(tmp_path: Path) -> None:
    tagged(tmp_path / "a.mp3", genre="(17)")

    assert read_tagged(tmp_path).tracks[0].genre == "Rock"


def test_mp4_tags(tmp_path: Path) -> None:
    file = mutagen.File(m4a(tmp_path / "a.m4a"), easy=True)
    assert file is not None
    file["genre"], file["artist"], file["album"] = "Jazz", "Player", "Standards"
    file.save()

    (track,) = read_tagged(tmp_path).tracks

    assert (track.genre, track.artist, track.album) == ("Jazz", "Player", "Standards")


def test_wav_with_id3(tmp_path: Path) -> None:
    from mutagen.id3 import TCON, TPE1
    from mutagen.wave import WAVE

    file = WAVE(write_clip(tmp_path / "a.wav"))
    file.add_tags()
    tags: Any = file.tags
    tags.add(TCON(encoding=3, text=["Folk"]))
    tags.add(TPE1(encoding=3, text=["Bard"]))
    file.save()

    (track,) = read_tagged(tmp_path).tracks

    assert (track.genre, track.artist) == ("Folk", "Bard")


def test_untagged_and_unknown_genres(tmp_path: Path) -> None:
    tagged(tmp_path / "known.mp3", genre="Rock")
    tagged(tmp_path / "other.mp3", genre="Polka")
    write_clip(tmp_path / "none.mp3")

    assert read_tagged(tmp_path).genres == ("Polka", "Rock")
    strict = read_tagged(tmp_path, keep_unknown=False)
    assert {aside.path.name: aside.reason for aside in strict.set_aside} == {
        "none.mp3": "its tags name no genre",
        "other.mp3": "the genre 'Polka' is not known",
    }


def test_various_artists_are_nobody(tmp_path: Path) -> None:
    assert read_tags(tagged(tmp_path / "a.ogg", artist="Various Artists")).artist == ""


def test_damaged_tags_are_no_tags(tmp_path: Path) -> None:
    file = tagged(tmp_path / "a.mp3", genre="Rock", artist="Someone")
    raw = bytearray(file.read_bytes())
    raw[4:60] = b"\xff" * 56
    file.write_bytes(raw)

    assert read_tags(file).artist == ""


@pytest.mark.parametrize(
    ("names", "genre"),
    [
        (["Rock; Pop"], "Rock"),
        (["Polka", "Jazz"], "Jazz"),
        (["Old-Time / Historic"], "Old-Time / Historic"),
        (["Hip Hop/Rap"], "Hip-Hop"),
        (["Polka"], "Polka"),
        ([" "], None),
    ],
)
def test_genre_names(names: list[str], genre: str | None) -> None:
    assert named_genre(names) == genre


def test_each_kind_is_recognised(fma: Path, genre_folders: Path, tmp_path: Path) -> None:
    listed = tmp_path / "listed"
    write_clip(listed / "a.wav")
    (listed / "manifest.csv").write_text(
        "path,genre,artist,seconds,album,split\na.wav,Rock,A,4,First,training\n"
    )
    loose = tmp_path / "loose"
    tagged(loose / "a.mp3", genre="Rock")

    kinds = {path: load_tracks(path).kind for path in (fma, genre_folders, listed, loose)}

    assert list(kinds.values()) == ["fma", "folders", "manifest", "tags"]
    (track,) = load_tracks(listed / "manifest.csv").tracks
    assert (track.album, track.official_part) == ("First", "train")


def test_the_kind_may_be_given(genre_folders: Path) -> None:
    tagged(genre_folders / "rock" / "x.mp3", genre="Jazz", artist="J")

    assert load_tracks(genre_folders, "tags").genres == ("Jazz",)
    with pytest.raises(FstMuseError, match="'csv' is not one of fma, folders"):
        load_tracks(genre_folders, "csv")


def test_no_music(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")

    with pytest.raises(FstMuseError, match="no music was found"):
        load_tracks(tmp_path)
    with pytest.raises(FstMuseError, match="there is no such folder"):
        load_tracks(tmp_path / "nowhere")
    with pytest.raises(FstMuseError, match="not a data set"):
        load_tracks(tmp_path / "notes.txt")


def test_only_useless_files_say_why(tmp_path: Path) -> None:
    for n in range(3):
        write_clip(tmp_path / f"{n}.mp3")

    with pytest.raises(FstMuseError, match="3 of 3: its tags name no genre"):
        load_tracks(tmp_path)


def test_loading_can_be_cancelled_and_tells_how_far_it_is(genre_folders: Path) -> None:
    seen: list[tuple[int, int]] = []

    collection = load_tracks(
        genre_folders,
        progress=lambda done, total: seen.append((done, total)),
        cancelled=lambda: len(seen) == 2,
    )

    assert seen == [(1, 6), (2, 6)]
    assert len(collection.tracks) == 2


def test_files_that_vanish_while_they_are_listed_are_set_aside(genre_folders: Path) -> None:
    files = sorted(genre_folders.rglob("*.wav"))

    def vanish(done: int, total: int) -> None:
        if done == 1:
            files[-1].unlink()
            files[-2].write_bytes(b"RIFF")

    collection = load_tracks(genre_folders, progress=vanish)

    assert len(collection.tracks) == len(files) - 2
    assert {aside.path for aside in collection.set_aside} == set(files[-2:])


def test_a_genre_folder_that_vanishes_while_it_is_listed_is_set_aside(
    genre_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = folders.genre_folders(genre_folders)
    gone = next(iter(found))
    shutil.rmtree(gone)
    monkeypatch.setattr(folders, "genre_folders", lambda _path: found)

    collection = read_folders(genre_folders)

    assert collection.tracks
    assert [aside.path for aside in collection.set_aside] == [gone]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("path,gen", "column genre is missing"),
        ("path,genre,artist,seconds\nb.wav,rock", "1 of 1: line 2 has no seconds"),
        ('path,genre\n"b.wav,rock,X', "1 of 1: line 2 has a quotation mark that is not"),
        ("", "column path, genre is missing"),
    ],
)
def test_a_manifest_that_is_cut_says_where(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(FstMuseError, match=sentence):
        load_tracks(tmp_path)


def test_real_music(real_music: Path) -> None:
    collection = load_tracks(real_music)

    assert collection.kind == "manifest"
    assert len(collection.tracks) > 400
    assert len(connected_tracks(collection.tracks)) > 150
    assert soundfile.info(collection.tracks[0].path).samplerate == RATE
