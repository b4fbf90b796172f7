"""Folders of any names are classes, artists' folders are a library, and either can be said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest

from fstmuse_core.datasets.detect import detect_kind, how_chosen, kinds_of, load_tracks
from fstmuse_core.datasets.folders import genre_folders
from fstmuse_core.datasets.track import merged
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.genres import LONGEST_NAME, broader_genre, class_name, genre_among, genre_key

from .conftest import write_clip

Make = Callable[..., Path]


@pytest.fixture
def clip(tmp_path: Path) -> Make:
    """Writes a clip below the music's folder, with tags if any are given."""

    def make(name: str, **tags: str) -> Path:
        path = write_clip(tmp_path / "music" / name)
        if tags:
            file = mutagen.File(path, easy=True)
            assert file is not None
            if file.tags is None:
                file.add_tags()
            file.update({key: [value] for key, value in tags.items()})
            file.save()
        return path

    return make


@pytest.mark.parametrize(
    "names",
    [
        ("Kizomba", "Schlager", "Zouk"),
        ("Polka", "Waltz"),
        ("Rock", "Salsa", "Waltz"),
        ("Шансон", "演歌", "हिंदी", "موسيقى"),
        ("Con", "aux", "..."),
        ("House", "Techno", "Trance"),
        ("1980s", "Classical music"),
    ],
)
@pytest.mark.parametrize("inside", ["{}", "{}/Artist", "{}/Artist/Album"])
def test_names_of_folders_are_classes(tmp_path: Path, names: tuple[str, ...], inside: str) -> None:
    visible = [name for name in names if not name.startswith(".")]
    for name in visible:
        write_clip(tmp_path / inside.format(name) / "song.wav")
    found = load_tracks(tmp_path)
    assert found.kind == "folders"
    assert set(found.genres) == {class_name(name) for name in visible}
    assert len(found.genres) == len(visible)
    assert "--kind tags" in how_chosen(found)


@pytest.mark.parametrize("above", ["all", "all/of it", "genres"])
def test_they_may_lie_deeper(clip: Make, tmp_path: Path, above: str) -> None:
    for name in ("Zouk", "Kizomba"):
        clip(f"{above}/{name}/a.wav")
    assert load_tracks(tmp_path / "music").genres == ("Kizomba", "Zouk")


def test_parts_of_a_data_set_are_no_classes(clip: Make, tmp_path: Path) -> None:
    for part in ("train", "Val", "test"):
        for name in ("Zouk", "Kizomba"):
            clip(f"{part}/{name}/a.wav")
    found = load_tracks(tmp_path / "music")
    assert found.genres == ("Kizomba", "Zouk")
    assert {track.official_part for track in found.tracks} == {"train", "validation", "test"}


def test_artists_folders_with_tagged_genres_are_a_library(clip: Make, tmp_path: Path) -> None:
    for artist, genre in (("The Beatles", "Rock"), ("AC_DC", "Metal"), ("Nina Simone", "Jazz")):
        tags = {"genre": genre, "artist": artist.replace("_", "/").removeprefix("The ")}
        clip(f"{artist}/An Album/song.flac", **tags)
    found = load_tracks(tmp_path / "music")
    assert (found.kind, found.genres) == ("tags", ("Jazz", "Metal", "Rock"))
    assert "--kind folders" in how_chosen(found)
    by_folder = load_tracks(tmp_path / "music", "folders")
    assert by_folder.genres == ("AC_DC", "Nina Simone", "The Beatles")


@pytest.mark.parametrize("names", [("A", "N"), ("1969", "1970"), ("Abbey Road", "2000 - Pastel")])
def test_other_ways_to_sort_a_library(clip: Make, tmp_path: Path, names: tuple[str, ...]) -> None:
    who = {"A": "Abba", "N": "Nena"}
    for name in names:
        album = name.removeprefix("2000 - ")
        clip(f"{name}/x.flac", genre="Rock", artist=who.get(name, "X"), album=album)
    assert detect_kind(tmp_path / "music") == "tags"


def test_classes_whose_files_are_tagged_stay_classes(clip: Make, tmp_path: Path) -> None:
    for name in ("Zouk", "Kizomba"):
        clip(f"{name}/a.flac", genre="World", artist="Kassav")
        clip(f"{name}/b.flac", genre="Other", artist="Zouk Machine")
    assert load_tracks(tmp_path / "music").genres == ("Kizomba", "Zouk")


def test_artists_without_tags_are_classes_as_nothing_says_otherwise(
    clip: Make, tmp_path: Path
) -> None:
    for artist in ("Queen", "Abba"):
        clip(f"{artist}/Album/a.wav")
    assert load_tracks(tmp_path / "music").genres == ("Abba", "Queen")


def test_spellings_are_one_class_and_it_is_said(clip: Make, tmp_path: Path) -> None:
    for name in ("hip hop", "Hip-Hop", "HipHop", "rap", "Zouk", "ZOUK"):
        clip(f"{name}/{name}.wav")
    clip("Zouk/another.wav")
    found = load_tracks(tmp_path / "music")
    assert found.genres == ("Hip-Hop", "Zouk")
    assert found.notes == (
        "Hip-Hop, HipHop, hip hop and rap are taken as one genre, Hip-Hop",
        "ZOUK and Zouk are taken as one genre, Zouk",
    )


def test_spellings_of_two_data_sets_are_one_class(tmp_path: Path) -> None:
    for folder, name in (("one", "Zouk"), ("one", "Salsa"), ("two", "zouk"), ("two", "salsa ")):
        write_clip(tmp_path / folder / name / f"{folder}.wav")
    both = merged([load_tracks(tmp_path / name) for name in ("one", "two")])
    assert both.genres == ("Salsa", "Zouk")
    assert len(both.tracks) == 4


def test_empty_folders_are_said(clip: Make, tmp_path: Path) -> None:
    clip("Zouk/a.wav")
    clip("Kizomba/a.wav")
    (tmp_path / "music" / "Salsa").mkdir()
    (note,) = load_tracks(tmp_path / "music").notes
    assert note == "the folder Salsa holds no music, so there is no such genre"


def test_a_single_folder_is_a_class_unless_tags_say_otherwise(clip: Make, tmp_path: Path) -> None:
    clip("Zouk/a.wav")
    assert load_tracks(tmp_path / "music").genres == ("Zouk",)
    clip("Zouk/b.flac", genre="World")
    assert detect_kind(tmp_path / "music") == "tags"


def test_loose_music_with_a_few_folders_is_no_set_of_classes(clip: Make, tmp_path: Path) -> None:
    for name in ("a", "b", "c", "Live/d", "Studio/e"):
        clip(f"{name}.flac", genre="Rock")
    assert detect_kind(tmp_path / "music") == "tags"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Zouk\x1b[31m\tLove", "Zouk [31m Love"),
        ("Zo\udcfck", "Zoük"),  # a byte of Latin-1
        ("Cafe\u0301", "Café"),
        ("a\u202eb", "a b"),
        ("<img src=x>", "\u2039img src=x\u203a"),
    ],
)
def test_names_are_shown_on_one_line(tmp_path: Path, name: str, shown: str) -> None:
    for folder in ("1", "Other"):
        write_clip(tmp_path / "music" / folder / "a.wav")
    (tmp_path / "music" / "1").rename(tmp_path / "music" / name)
    assert set(load_tracks(tmp_path / "music").genres) == {shown, "Other"}


def test_a_name_too_long_to_show_is_set_aside_with_what_to_do(tmp_path: Path) -> None:
    for name in ("x" * 200, " ", "Zouk", "Salsa"):
        write_clip(tmp_path / name / "a.wav")
    found = load_tracks(tmp_path)
    assert found.genres == ("Salsa", "Zouk")
    assert sorted(aside.reason for aside in found.set_aside) == [
        "its name has 200 letters; shorten it to 80 or fewer to use its music",
        "its name is blank; rename it to use its music",
    ]


def test_names_in_other_scripts_are_told_apart() -> None:
    assert (
        len({genre_key(name) for name in ("演歌", "歌謡", "Шансон", "Рок", "🎸", "🎷", "?!")}) == 7
    )
    assert genre_among("演歌", ("Rock", "演歌")) == "演歌"
    with pytest.raises(FstMuseError):
        genre_among("歌謡", ("Rock", "演歌"))
    assert len(class_name("x" * 300)) > LONGEST_NAME


def test_a_kind_of_a_genre_is_its_own_class_until_the_genre_is_asked_for() -> None:
    assert class_name("techno") == "techno"
    assert broader_genre("techno", ("Electronic",)) == "Electronic"
    assert broader_genre("Techno", ("Electronic", "Techno")) == "Techno"
    assert broader_genre("Zouk", ("Electronic",)) == "Zouk"


def test_how_kinds_are_given(tmp_path: Path) -> None:
    data = [str(tmp_path / "a"), "corrections"]
    assert kinds_of(data, ()) == [None, None]
    assert kinds_of(data, ("tags",)) == ["tags", None]
    assert kinds_of(data, ("folders", "auto")) == ["folders", None]
    assert kinds_of([data[0]] * 3, ("tags", "auto", "fma")) == ["tags", None, "fma"]
    with pytest.raises(FstMuseError, match="it is given 3 times for 2 data sets; give it once"):
        kinds_of(data, ("tags", "tags", "tags"))
    with pytest.raises(FstMuseError, match="'csv' is not one of auto, folders"):
        kinds_of(data, ("csv",))


def test_folders_named_after_nothing(tmp_path: Path) -> None:
    assert genre_folders(tmp_path) == {}
    with pytest.raises(FstMuseError, match=r"say, Zouk/\*.mp3"):
        load_tracks(tmp_path, "folders")
